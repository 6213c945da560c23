"""Redaction over real formats and over what only looks like them. Secrets are put together at run time."""

import base64
import hashlib
import json
import random
import string
import uuid

import pytest

from training.events.redaction import redact

DICE = random.Random(5)
ALNUM = string.ascii_letters + string.digits


def letters(count: int, alphabet: str = ALNUM) -> str:
    return "".join(DICE.choice(alphabet) for _ in range(count - 2)) + "a1"


def segment(value: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


JWT = ".".join([segment({"alg": "HS256", "typ": "JWT"}), segment({"sub": "1234567890"}), letters(43)])
PEM_BODY = "\n".join(letters(64) for _ in range(4))

SECRETS: list[tuple[str, str]] = [
    ("openai-key", "sk-" + letters(48)),
    ("openai-key", "sk-proj-" + letters(20) + "_" + letters(20) + "-" + letters(60)),
    ("openai-key", "sk-svcacct-" + letters(60)),
    ("anthropic-key", "sk-ant-api03-" + letters(40) + "-" + letters(50) + "AA"),
    ("openrouter-key", "sk-or-v1-" + hashlib.sha256(b"x").hexdigest()),
    ("github-token", "ghp_" + letters(36)),
    ("github-token", "gho_" + letters(36)),
    ("github-token", "github_pat_" + letters(22) + "_" + letters(59)),
    ("gitlab-token", "glpat-" + letters(20)),
    ("aws-key", "AKIA" + "IOSFODNN7EXAMPLE"),
    ("aws-key", "ASIA" + "QWERTYUIOPASDF23"),
    ("google-key", "AIza" + letters(35)),
    ("google-token", "ya29." + letters(60)),
    ("google-secret", "GOCSPX-" + letters(28)),
    ("slack-token", "xoxb-" + "123456789012-123456789012-" + letters(24)),
    ("stripe-key", "sk_live_" + letters(24)),
    ("stripe-key", "rk_test_" + letters(24)),
    ("stripe-secret", "whsec_" + letters(32)),
    ("huggingface-token", "hf_" + letters(34)),
    ("npm-token", "npm_" + letters(36)),
    ("pypi-token", "pypi-AgEIcHlwaS5vcmc" + letters(100)),
    ("docker-token", "dckr_pat_" + letters(27)),
    ("sendgrid-key", "SG." + letters(22) + "." + letters(43)),
    ("jwt", JWT),
    *(
        ("private-key", f"-----BEGIN {kind}PRIVATE KEY-----\n{PEM_BODY}\n-----END {kind}PRIVATE KEY-----")
        for kind in ("", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED ")
    ),
]


@pytest.mark.parametrize(("kind", "secret"), SECRETS, ids=[kind for kind, _ in SECRETS])
@pytest.mark.parametrize(
    "around", ["{}", "see {} here", "x = '{}'", '{{"v": "{}"}}', "({})", "a\n{}\nb", "v={};"]
)
def test_I19_known_formats_are_taken_out_wherever_they_stand(kind, secret, around):
    text = around.format(secret)
    cleaned, counts = redact(text)
    assert cleaned == around.format(f"[redacted:{kind}]")
    assert counts == {kind: 1}


PASSWORD = "hunter2" + "Zq"
RANDOM = letters(32)

ASSIGNED: list[tuple[str, str, str]] = [
    ("password=" + PASSWORD, "password=[redacted:password]", "password"),
    ('password = "' + PASSWORD + '"', 'password = "[redacted:password]"', "password"),
    ("DB_PASSWORD=letmein", "DB_PASSWORD=[redacted:password]", "password"),
    ("export PGPASSWORD='let me' PGPASSWORD=letmein", "PGPASSWORD=[redacted:password]", "password"),
    ("host=db user=app password=correcthorse dbname=x", "password=[redacted:password] dbname=x", "password"),
    ("  password: " + PASSWORD + "!", "password: [redacted:password]", "password"),
    ('{"passwd": "' + PASSWORD + '"}', '{"passwd": "[redacted:password]"}', "password"),
    ('{\\"password\\": \\"' + PASSWORD + '\\"}', '{\\"password\\": \\"[redacted:password]\\"}', "password"),
    ("mysql --password " + PASSWORD, "mysql --password [redacted:password]", "password"),
    ("tool --token " + RANDOM, "tool --token [redacted:assigned-secret]", "assigned-secret"),
    ("API_KEY=" + RANDOM, "API_KEY=[redacted:assigned-secret]", "assigned-secret"),
    ("MY_SERVICE_TOKEN=" + RANDOM, "MY_SERVICE_TOKEN=[redacted:assigned-secret]", "assigned-secret"),
    ('client_secret: "' + RANDOM + '"', 'client_secret: "[redacted:assigned-secret]"', "assigned-secret"),
    ('const apiKey = "' + RANDOM + '";', 'const apiKey = "[redacted:assigned-secret]";', "assigned-secret"),
    ("url?api_key=" + RANDOM + "&page=2", "url?api_key=[redacted:assigned-secret]&page=2", "assigned-secret"),
    ("aws_secret_access_key = " + letters(40), "aws_secret_access_key = [redacted:aws-secret]", "aws-secret"),
    ('"SecretAccessKey": "' + letters(40) + '"', '"SecretAccessKey": "[redacted:aws-secret]"', "aws-secret"),
    (
        "Authorization: Bearer " + letters(30),
        "Authorization: Bearer [redacted:authorization]",
        "authorization",
    ),
    ("authorization: basic " + letters(20), "authorization: basic [redacted:authorization]", "authorization"),
    ("-H 'Authorization: token " + letters(20) + "'", "token [redacted:authorization]'", "authorization"),
    ('{"Authorization": "Bearer ' + letters(30) + '"}', 'Bearer [redacted:authorization]"}', "authorization"),
    (
        "postgresql://app:" + PASSWORD + "@db:5432/x",
        "postgresql://app:[redacted:password]@db:5432/x",
        "password",
    ),
    ("redis://:" + PASSWORD + "@cache/0", "redis://:[redacted:password]@cache/0", "password"),
    ("https://me:" + PASSWORD + "@git.example.org/r.git", "https://me:[redacted:password]@git", "password"),
    (
        "https://hooks.slack.com/services/" + "T0AB12CD3/B0AB12CD3/" + letters(24),
        "https://hooks.slack.com/services/[redacted:slack-webhook]",
        "slack-webhook",
    ),
]


@pytest.mark.parametrize(("text", "expected", "kind"), ASSIGNED, ids=[text[:24] for text, *_ in ASSIGNED])
def test_I19_values_given_to_the_name_of_a_secret_are_taken_out(text, expected, kind):
    cleaned, counts = redact(text)
    assert expected in cleaned
    assert set(counts) == {kind}


HARMLESS = [
    "commit " + hashlib.sha1(b"x").hexdigest(),
    "sha256:" + hashlib.sha256(b"x").hexdigest(),
    hashlib.sha512(b"x").hexdigest(),
    str(uuid.UUID(int=1234567890123456789)),
    base64.b64encode(
        b"def main():\n    return 'some code that is long enough to look random' * 3\n"
    ).decode(),
    "integrity sha512-" + base64.b64encode(hashlib.sha512(b"x").digest()).decode(),
    "data:image/png;base64," + base64.b64encode(bytes(range(200))).decode(),
    "/usr/lib/python3.11/site-packages/tokenizers/implementations/base_tokenizer.py",
    "src/components/PasswordResetForm2/TokenKeyProvider.tsx:120",
    "def login(user: str, password: str) -> Token:",
    "password: str | None = None",
    "password: Optional[str]",
    "token = next(lexer)",
    "token = tokens[position]",
    "token = self.tokenizer.next_token",
    "api_key=settings.api_key",
    'api_key = os.environ["API_KEY"]',
    "api_key=api_key, timeout=30",
    "connect(user=user, password=password)",
    "connect(\n    user=user,\n    password=secret_value,\n)",
    "password = getpass.getpass()",
    "PASSWORD=$DB_PASSWORD",
    "PASSWORD=${DB_PASSWORD}",
    'password = "<your password>"',
    'API_KEY="your-api-key-here"',
    'token: "Token"',
    'secret = "my_secret_name"',
    'key = "context_tokens"',
    "if key == 'python-version-3.11-linux-x86':",
    "max_tokens=2048",
    '"prompt_tokens": 123456, "completion_tokens": 20',
    "sorted(rows, key=lambda row: row.sequence_number_1)",
    'class="sk-top-container sk-estimator-doc-link-fitted-1"',
    "import sklearn  # pip install scikit-learn",
    "hf_hub_download(repo_id='HuggingFaceTB/SmolLM2-135M-Instruct-GGUF')",
    "npm_config_registry and npm_package_version",
    "pypi-publish@release/v1",
    "AKIA is the prefix of an access key",
    "the bearer token of the request",
    'headers = {"Authorization": f"Bearer {token}"}',
    "curl -H 'Authorization: Bearer $TOKEN'",
    "BEGIN = '-----BEGIN PRIVATE KEY-----'\nEND = '-----END PRIVATE KEY-----'\nprint('kept')",
    "git@github.com:owner/name.git",
    "https://example.org:8080/path?x=1@2",
    "http://localhost:8000/v1/chat/completions",
    "sqlite:///folder/file.db",
    "me@example.org",
    "error: token expired\nkey: value",
    "ghost ghp_short sk-short eyJhbGciOi.short",
    "x" * 100_000,
]


@pytest.mark.parametrize("text", HARMLESS, ids=[text[:30] for text in HARMLESS])
def test_what_only_looks_like_a_secret_stays(text):
    assert redact(text) == (text, {})


def test_this_project_s_own_code_is_not_taken_for_secrets():
    from pathlib import Path

    import training.events

    rules = (
        "rules.py",
        "token_formats.py",
        "blocks.py",
        "links.py",
        "command_lines.py",
        "tables.py",
    )  # they are made of what they look for
    for path in Path(training.events.__file__).parent.glob("*.py"):
        if path.name in rules:
            continue
        text = path.read_text()
        assert redact(text) == (text, {}), path.name


def test_deep_values_keep_their_shape():
    key = "ghp_" + letters(36)
    value = {"a": [{"b": f"x {key}"}, 1, None, True, 2.5], "text": "plain", key: "as a key"}
    cleaned, counts = redact(value)
    assert cleaned == {
        "a": [{"b": "x [redacted:github-token]"}, 1, None, True, 2.5],
        "text": "plain",
        "[redacted:github-token]": "as a key",
    }
    assert counts == {"github-token": 2}
    assert value["a"][0]["b"].endswith(key)


def test_the_key_of_a_dict_may_name_a_secret():
    value = {
        "password": "abc",
        "db_password": "",
        "token": RANDOM,
        "api-key": RANDOM,
        "tokens": 5,
        "key": "name",
    }
    cleaned, counts = redact(value)
    assert cleaned == {
        "password": "[redacted:password]",
        "db_password": "",
        "token": "[redacted:assigned-secret]",
        "api-key": "[redacted:assigned-secret]",
        "tokens": 5,
        "key": "name",
    }
    assert counts == {"password": 1, "assigned-secret": 2}


def test_a_known_format_under_a_secret_s_name_keeps_its_kind():
    assert redact({"token": "ghp_" + letters(36)}) == (
        {"token": "[redacted:github-token]"},
        {"github-token": 1},
    )


def test_redacting_twice_changes_nothing():
    everything = {
        "texts": [text for text, *_ in ASSIGNED] + [secret for _, secret in SECRETS],
        "password": "abc",
    }
    once, counts = redact(everything)
    assert counts
    assert redact(once) == (once, {})


def test_email_is_taken_out_only_where_it_is_asked_for():
    text = "write to jane.doe+x@mail.example.org, not to git@host"
    assert redact(text) == (text, {})
    assert redact(text, email=True) == ("write to [redacted:email], not to git@host", {"email": 1})


def test_a_key_cut_short_is_taken_out_as_far_as_it_goes():
    text = f"-----BEGIN PRIVATE KEY-----\n{PEM_BODY}\nand so on"
    assert redact(text) == ("[redacted:private-key]and so on", {"private-key": 1})


@pytest.mark.parametrize("tail", ["ab", "abcd", "=aB3d"])
@pytest.mark.parametrize("newline", ["\n", "\\n", "\r\n"])
def test_keys_in_json_and_with_a_short_last_line(tail, newline):
    lines = ["-----BEGIN PGP PRIVATE KEY BLOCK-----", "Version: 1", "", *PEM_BODY.split("\n"), tail]
    text = newline.join([*lines, "-----END PGP PRIVATE KEY BLOCK-----", "after"])
    assert redact(text) == (f"[redacted:private-key]{newline}after", {"private-key": 1})


@pytest.mark.timeout(60)
@pytest.mark.slow
def test_long_hostile_text_takes_no_long_time():
    for piece in (
        "password=",
        "://a:",
        "sk-",
        "-----BEGIN PRIVATE KEY-----",
        "eyJ.",
        "a@",
        "token = 'x",
        "key ",
        "token=",
        "curl -u ",
        "mysql ",
        "password: |\n",
        "AKIA",
        "cookie: a=",
        "kind: Secret\ndata:\n a: bbbb\n",
        "-----END PRIVATE KEY-----\n",
        "a" * 40 + "\n",
        "\x1b[",
        "\x1b]x",
        "\x00a",
        "name: DB_PASSWORD\n",
        "<password>x",
        "login a ",
        "https://a:b/c@",
        "echo a|",
        "sudo -S ",
        "passwords: ['a', ",
        "passwords:\n  - abcd\n",
        "| password ",
        "password,token\na,b\n",
        "<input name='password' ",
        "INSERT INTO u (password) VALUES ('a',",
        "password for ",
        "password%3D",
        "&quot;",
        "gh" + "p_a\n",
        "config http-basic.a b ",
        ">password</td><td>",
    ):
        text = piece * (50_000 // len(piece))
        redact(text, email=True)
