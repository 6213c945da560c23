"""Secrets of many kinds in the places where they are met. Every one is made when the tests run.

Invariant: no text here is a key, or looks like one; prefixes are put together, the rest comes from a
generator with a fixed seed, so that the corpus is the same each time.
"""
# ruff: noqa: E501  (patterns and samples are read as one line)

import base64
import hashlib
import json
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass

ALNUM = string.ascii_letters + string.digits
LOWER = string.ascii_lowercase + string.digits
HEX = "0123456789abcdef"
WORD = ALNUM + "_-"
BASE32 = string.ascii_uppercase + "234567"
BASE64 = ALNUM + "+/"


@dataclass(frozen=True)
class Planted:
    """``text`` holds ``secret``; what stands around it is ``before`` and ``after``, and has to stay."""

    kind: str
    text: str
    secret: str

    @property
    def before(self) -> str:
        return self.text[: self.text.index(self.secret)]

    @property
    def after(self) -> str:
        return self.text[self.text.index(self.secret) + len(self.secret) :]


class Maker:
    """Random parts of secrets."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)

    def of(self, alphabet: str, count: int) -> str:
        while True:
            made = "".join(self.dice.choice(alphabet) for _ in range(count))
            mixed = any(c.isdigit() for c in made) and any(c.isalpha() for c in made)
            if mixed or count < 12 or alphabet.isdigit() or alphabet.isalpha():
                return made

    def password(self) -> str:
        """What people choose: a word with digits, a generated one, one with signs."""
        signs = self.dice.choice("!#%^*_-+=.?~")
        word = self.dice.choice(
            ["hunter", "Sommer", "tr0ub4dor", "kitten", "Winter", "dragon", "qwertz", "Falcon"]
        )
        return self.dice.choice(
            [
                word + self.of("0123456789", 3),
                word + signs + self.of("0123456789", 4),
                self.of(ALNUM, 12),
                self.of(WORD, 20) + signs + "9x",
            ]
        )

    def base64(self, count: int) -> str:
        return base64.b64encode(self.dice.randbytes(count)).decode()

    def segment(self, value: dict[str, object]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _tokens() -> dict[str, Callable[[Maker], str]]:
    """A maker for each kind of key that is known by its shape."""
    return {
        "anthropic": lambda m: "sk-" + "ant-api03-" + m.of(WORD, 92) + "A" + "A",
        "openai": lambda m: "sk-" + m.of(ALNUM, 48),
        "openai-project": lambda m: "sk-" + "proj-" + m.of(WORD, 140) + "xQ",
        "openrouter": lambda m: "sk-" + "or-v1-" + m.of(HEX, 64),
        "groq": lambda m: "gs" + "k_" + m.of(ALNUM, 52),
        "xai": lambda m: "xa" + "i-" + m.of(ALNUM, 80),
        "replicate": lambda m: "r" + "8_" + m.of(ALNUM, 37),
        "tavily": lambda m: "tv" + "ly-" + m.of(ALNUM, 32),
        "tavily-dev": lambda m: "tv" + "ly-dev-" + m.of(ALNUM, 32),
        "perplexity": lambda m: "pp" + "lx-" + m.of(ALNUM, 48),
        "huggingface": lambda m: "h" + "f_" + m.of(string.ascii_letters, 30) + "aBcD",
        "langsmith": lambda m: "lsv2" + "_pt_" + m.of(HEX, 32) + "_" + m.of(HEX, 10),
        "nvidia": lambda m: "nv" + "api-" + m.of(WORD, 63) + "k",
        "github": lambda m: "gh" + m.dice.choice("pousr") + "_" + m.of(ALNUM, 36),
        "github-fine": lambda m: "github" + "_pat_" + m.of(ALNUM, 22) + "_" + m.of(ALNUM, 59),
        "gitlab": lambda m: "gl" + "pat-" + m.of(ALNUM, 20),
        "gitlab-runner": lambda m: "gl" + "rt-" + m.of(ALNUM, 20),
        "npm": lambda m: "np" + "m_" + m.of(ALNUM, 36),
        "pypi": lambda m: "py" + "pi-AgEIcHlwaS5vcmc" + m.of(WORD, 120) + "g",
        "rubygems": lambda m: "ruby" + "gems_" + m.of(HEX, 48),
        "docker": lambda m: "dckr" + "_pat_" + m.of(WORD, 26) + "w",
        "aws-id": lambda m: "AK" + "IA" + m.of(BASE32, 16),
        "google": lambda m: "AI" + "za" + m.of(WORD, 34) + "Z",
        "google-oauth": lambda m: "ya" + "29." + m.of(WORD, 80) + "d",
        "google-client": lambda m: "GOC" + "SPX-" + m.of(WORD, 27) + "h",
        "azure-client": lambda m: m.of(ALNUM, 3) + "8" + "Q~" + m.of(ALNUM, 34),
        "digitalocean": lambda m: "do" + "p_v1_" + m.of(HEX, 64),
        "vault": lambda m: "hv" + "s." + m.of(WORD, 94) + "Q",
        "doppler": lambda m: "dp" + ".pt." + m.of(ALNUM, 43),
        "terraform": lambda m: m.of(ALNUM, 14) + ".atlas" + "v1." + m.of(ALNUM, 67),
        "planetscale": lambda m: "pscale" + "_tkn_" + m.of(ALNUM, 43),
        "databricks": lambda m: "da" + "pi" + m.of(HEX, 32),
        "tailscale": lambda m: "ts" + "key-auth-" + m.of(ALNUM, 12) + "-" + m.of(ALNUM, 32),
        "slack-bot": lambda m: (
            "xo" + "xb-" + m.of("0123456789", 11) + "-" + m.of("0123456789", 12) + "-" + m.of(ALNUM, 24)
        ),
        "slack-app": lambda m: (
            "xa" + "pp-1-A" + m.of(BASE32, 10) + "-" + m.of("0123456789", 11) + "-" + m.of(HEX, 64)
        ),
        "stripe": lambda m: "sk" + "_live_" + m.of(ALNUM, 24),
        "stripe-hook": lambda m: "wh" + "sec_" + m.of(ALNUM, 32),
        "square": lambda m: "sq0" + "atp-" + m.of(WORD, 21) + "b",
        "shopify": lambda m: "sh" + "pat_" + m.of(HEX, 32),
        "sendgrid": lambda m: "S" + "G." + m.of(ALNUM, 22) + "." + m.of(ALNUM, 43),
        "mailgun": lambda m: "ke" + "y-" + m.of(HEX, 32),
        "mailchimp": lambda m: m.of(HEX, 32) + "-u" + "s" + m.of("123456789", 2),
        "twilio": lambda m: "S" + "K" + m.of(HEX, 32),
        "telegram": lambda m: m.of("123456789", 10) + ":A" + "A" + m.of(ALNUM, 33),
        "newrelic": lambda m: "NR" + "AK-" + m.of(BASE32, 27),
        "grafana": lambda m: "gl" + "sa_" + m.of(ALNUM, 32) + "_" + m.of(HEX, 8),
        "sentry": lambda m: "snt" + "ryu_" + m.of(HEX, 64),
        "postman": lambda m: "PM" + "AK-" + m.of(HEX, 24) + "-" + m.of(HEX, 34),
        "notion": lambda m: "nt" + "n_" + m.of("0123456789", 11) + m.of(ALNUM, 35),
        "linear": lambda m: "lin" + "_api_" + m.of(ALNUM, 40),
        "figma": lambda m: "fi" + "gd_" + m.of(WORD, 39) + "4",
        "airtable": lambda m: "pa" + "t" + m.of(ALNUM, 14) + "." + m.of(HEX, 64),
        "atlassian": lambda m: "ATA" + "TT3xFfGF0" + m.of(WORD, 180) + "=" + m.of(HEX.upper(), 8),
        "age": lambda m: "AGE-SECRET" + "-KEY-1" + m.of(BASE32, 58),
        "supabase": lambda m: "sb" + "p_" + m.of(HEX, 40),
        "jwt": lambda m: ".".join(
            [m.segment({"alg": "HS256", "typ": "JWT"}), m.segment({"sub": m.of(LOWER, 9)}), m.of(WORD, 43)]
        ),
    }


TOKEN_PLACES = [
    "the answer was {}",
    "export MY_VALUE={}",
    "value: {}",
    '{{"result": "{}", "ok": true}}',
    "2030-01-02T03:04:05Z INFO client started with {} on worker 3",
    "client = Client('{}', timeout=3)",
    "> {}\r\n< HTTP/1.1 200 OK",
    "GET /v1/items?page=2&k={}&x=1 HTTP/1.1",
    "X-Custom: {}",
    '"{{\\"inner\\": \\"{}\\"}}"',
    "\x1b[32m{}\x1b[0m ok",
    "first line\\n{}\\nlast line",
]

PASSWORD_PLACES = [
    ("yaml camel", "database:\n  host: db\n  dbPassword: {}\n  port: 5432"),
    ("yaml plain", "  password: {}\n  user: app"),
    ("yaml quoted", '  adminPassword: "{}"  # of the admin'),
    ("yaml kebab", "spring:\n  datasource-password: {}\n"),
    ("json camel", '{{"user": "app", "dbPassword": "{}", "port": 1}}'),
    ("json pretty", '{{\n  "smtp_password": "{}",\n  "tls": true\n}}'),
    ("json escaped", '"{{\\"userPassword\\": \\"{}\\"}}"'),
    ("env", "DEBUG=1\nDB_PASSWORD={}\nPORT=80"),
    ("env quoted", "MYSQL_ROOT_PASSWORD='{}'"),
    ("env pass", "SMTP_PASS={}\n"),
    ("exported", "export PGPASSWORD={}"),
    ("ini", "[client]\nuser = root\npassword = {}\n"),
    ("toml", 'password = "{}"'),
    ("properties", "spring.datasource.password={}\n"),
    ("python", "connect(host='db', password='{}', port=5)"),
    ("compare", 'if password == "{}":'),
    ("php", "define('DB_PASSWORD', '{}');"),
    ("js", "const dbPassword = `{}`;"),
    ("go", 'dbPassword := "{}"'),
    ("xml", "<server><id>x</id><password>{}</password></server>"),
    ("dotnet", "Server=db;Database=x;User Id=sa;Password={};Encrypt=True"),
    ("dockerfile", "FROM x\nENV DB_PASSWORD {}\nRUN make"),
    ("compose", "    environment:\n      - POSTGRES_PASSWORD={}\n      - A=b"),
    ("kubernetes env", "        - name: DB_PASSWORD\n          value: {}\n"),
    ("ecs env", '{{"name": "DB_PASSWORD", "value": "{}"}}'),
    ("flag", "tool --password {} --verbose"),
    ("flag equals", "tool --db-password={} --verbose"),
    ("curl", "curl -sS -u admin:{} https://example.org/api"),
    ("curl quoted", "curl --user 'admin:{}' https://example.org/api"),
    ("netrc", "machine example.org login me password {}"),
    ("netrc lines", "machine example.org\n  login me\n  password {}\n"),
    ("pgpass", "db.example.org:5432:shop:app:{}"),
    ("mysql", "mysql -h db -u root -p{} shop"),
    ("sshpass", "sshpass -p {} ssh me@host"),
    ("redis", "redis-cli -h cache -a {} ping"),
    ("dsn", "postgresql://app:{}@db.example.org:5432/shop?sslmode=require"),
    ("dsn env", "DATABASE_URL=mysql://app:{}@db/shop"),
    ("redis dsn", "redis://:{}@cache:6379/0"),
    ("mongo dsn", "mongodb+srv://app:{}@cluster0.example.net/shop"),
    ("go dsn", "app:{}@tcp(db:3306)/shop"),
    ("web", "git clone https://me:{}@git.example.org/x.git"),
    ("log", "2030-01-02 03:04 DEBUG login user=me password={} from 10.0.0.7"),
    ("diff", "-  password: {}\n+  password: ${{DB_PASSWORD}}"),
    ("terraform", '  master_password      = "{}"\n  username = "x"'),
    ("ansible", "ansible_become_password: {}\n"),
    ("openssl", "openssl rsa -in k.pem -passin pass:{} -noout"),
    ("requests", "requests.get(url, auth=('me', '{}'))"),
    ("split", "password: \x1b[31m{}\x1b[0m\n"),
]

SECRET_PLACES = [
    ("yaml accessToken", "auth:\n  accessToken: {}\n"),
    ("yaml list", "- apiKey: {}"),
    ("json accessToken", '{{"accessToken": "{}", "expiresIn": 3600}}'),
    ("json refresh", '{{"refresh_token":"{}"}}'),
    ("env", "SESSION_SECRET={}\n"),
    ("header", "X-Api-Key: {}"),
    ("header curl", "curl -H 'X-Auth-Token: {}' https://example.org"),
    ("private-token", "Private-Token: {}\r\n"),
    ("bearer", "Authorization: Bearer {}"),
    ("authorization", "authorization: {}"),
    ("python", 'client = Client(api_key="{}")'),
    ("js", "headers: {{ 'x-access-token': '{}' }},"),
    ("env php", "$config['app_secret'] = '{}';"),
    ("yaml client", "client-secret: {}"),
    ("toml", 'secret_key = "{}"'),
    ("xml", "<apiKey>{}</apiKey>"),
    ("query", "https://example.org/x?access_token={}&v=2"),
    ("user in url", "https://{}@git.example.org/x.git"),
    ("user in url with colon", "https://{}:x-oauth-basic@git.example.org/x.git"),
    ("cookie", "Cookie: theme=dark; sessionid={}; lang=en"),
    ("set-cookie", "Set-Cookie: sid={}; Path=/; HttpOnly; Secure"),
    ("signed url", "https://x.example.org/f?Expires=1700000000&Signature={}&Key-Pair-Id=K2"),
    ("azure", "https://acc.blob.core.windows.net/c/f?sv=2021-08-06&se=2030-01-01&sr=b&sp=r&sig={}"),
    ("npmrc", "//registry.example.org/:_authToken={}"),
    ("rails", "secret_key_base: {}"),
    ("rust", 'let api_secret: &str = "{}";'),
    ("csharp", 'var clientSecret = "{}";'),
    ("shell", 'API_TOKEN="{}" ./run.sh'),
    ("cli", "tool --api-key {} list"),
    ("gh actions", "        GH_TOKEN: {}\n"),
    ("jar", "example.org\tTRUE\t/\tTRUE\t1900000000\tsession\t{}"),
    ("wireguard", "PresharedKey = {}"),
]


def planted() -> Iterator[Planted]:
    """The whole corpus."""
    maker = Maker(20)
    for kind, make in _tokens().items():
        places = maker.dice.sample(TOKEN_PLACES, 4)
        for place in places:
            secret = make(maker)
            yield Planted(f"token {kind}", place.format(secret), secret)
    for name, place in PASSWORD_PLACES:
        for _ in range(3):
            secret = maker.password()
            yield Planted(f"password {name}", place.format(secret), secret)
    for name, place in SECRET_PLACES:
        for alphabet, count in ((ALNUM, 32), (HEX, 40), (ALNUM, 64)):
            secret = maker.of(alphabet, count)
            yield Planted(f"secret {name}", place.format(secret), secret)
    yield from _others(maker)


def _others(maker: Maker) -> Iterator[Planted]:
    for _ in range(4):
        whole = base64.b64encode(f"user:{maker.password()}".encode()).decode()
        yield Planted(
            "docker auth", '{"auths": {"https://index.docker.io/v1/": {"auth": "' + whole + '"}}}', whole
        )
        yield Planted("basic", f"Authorization: Basic {whole}", whole)
        yield Planted("npm auth", f"_auth={whole}", whole)
        pair = maker.of(BASE64, 38) + "x7"
        key_id = "AK" + "IA" + maker.of(BASE32, 16)
        yield Planted("aws named", f"aws_secret_access_key = {pair}", pair)
        yield Planted("aws json", f'"SecretAccessKey": "{pair}"', pair)
        yield Planted("aws beside", f"me,{key_id},{pair}", pair)
        yield Planted("aws below", f"id {key_id}\n   {pair}\n", pair)
        signature = hashlib.sha256(maker.dice.randbytes(9)).hexdigest()
        yield Planted(
            "aws signature",
            f"https://b.s3.amazonaws.com/f?X-Amz-Date=20300101T000000Z&X-Amz-Signature={signature}",
            signature,
        )
        yield Planted(
            "aws4",
            f"AWS4-HMAC-SHA256 Credential=x/20300101/us-east-1/s3/aws4_request, Signature={signature}",
            signature,
        )
        slashed = maker.of(ALNUM, 5) + "/" + maker.of(ALNUM, 6)
        yield Planted("slash in url", f"https://me:{slashed}@git.example.org/x.git", slashed)
        yield Planted("slash in dsn", f"postgres://app:{slashed}@db:5432/shop", slashed)
        hook = f"T{maker.of(BASE32, 9)}/B{maker.of(BASE32, 9)}/{maker.of(ALNUM, 24)}"
        yield Planted("slack hook", f"https://hooks.slack.com/services/{hook}", hook)
        hook = maker.of(WORD, 67) + "a"
        yield Planted(
            "discord hook", f"https://discord.com/api/webhooks/{maker.of('123456789', 18)}/{hook}", hook
        )
        azure = maker.base64(64)
        yield Planted(
            "azure storage", f"AccountName=x;AccountKey={azure};EndpointSuffix=core.windows.net", azure
        )
        encoded = base64.b64encode(maker.password().encode() + b"-xx1").decode()
        yield Planted(
            "kubernetes secret",
            f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\ndata:\n  value-of-x: {encoded}\ntype: Opaque\n",
            encoded,
        )
        yield from _keys(maker)
        yield from _split(maker)


def _keys(maker: Maker) -> Iterator[Planted]:
    begin, end = "-----BEGIN {}PRIVATE" + " KEY-----", "-----END {}PRIVATE" + " KEY-----"
    kind = maker.dice.choice(["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "])
    lines = [maker.of(BASE64, 64) for _ in range(5)] + [maker.of(BASE64, 22) + "=="]
    body = "\n".join(lines)
    whole = f"{begin.format(kind)}\n{body}\n{end.format(kind)}"
    yield Planted("pem", f"$ cat key\n{whole}\n$ ", whole)
    escaped = whole.replace("\n", "\\n")
    yield Planted("pem in json", '{"type": "service_account", "private_key": "' + escaped + '"}', escaped)
    indented = body.replace("\n", "\n    ")
    yield Planted(
        "pem in yaml",
        f"  key: |\n    {begin.format(kind)}\n    {indented}\n    {end.format(kind)}\n",
        lines[1],
    )
    yield Planted(
        "pem in a diff",
        f"+{begin.format(kind)}\n+" + body.replace("\n", "\n+") + f"\n+{end.format(kind)}\n",
        lines[2],
    )
    numbered = "\n".join(
        f"{n:6}\t{line}" for n, line in enumerate([begin.format(kind), *lines, end.format(kind)], 1)
    )
    yield Planted("pem with numbers", numbered, lines[3])
    yield Planted("pem cut at the end", f"{begin.format(kind)}\n" + "\n".join(lines[:3]), lines[2])
    yield Planted("pem cut at the start", "\n".join(lines[2:]) + f"\n{end.format(kind)}\n", lines[3])


def _split(maker: Maker) -> Iterator[Planted]:
    for hidden in (
        "\x00",
        "\u200b",
        "\x1b[1m",
        "\u2060",
        "\ufeff",
        "\u00ad",
        "\x1b[0m\x1b[31m",
        "\u200d",
        "\x1b]8;;x\x07",
        "\x7f",
    ):
        secret = "gh" + "p_" + maker.of(ALNUM, 36)
        place = maker.dice.randrange(1, 39)
        split = secret[:place] + hidden + secret[place:]
        yield Planted(f"split by {hidden!r}", f"see {split} there", split)
