"""Secrets in forms that an attacker found to pass, and harmless texts that resemble them."""
# ruff: noqa: E501  (samples are read as one line)

import base64
import hashlib
import random
import string
from collections.abc import Iterator
from dataclasses import dataclass

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

_FORMS = {
    "powershell": (
        "$env:API_TOKEN = '{key}'", "$Env:DB_PASSWORD = \"{password}\"", "$env:TOKEN='{key}'; .\\run.ps1",
        "$global:password = '{password}'", "$script:ApiKey = \"{key}\"",
        "[Environment]::SetEnvironmentVariable('DB_PASSWORD', '{word}')",
    ),
    "dockerfile": (
        "FROM debian\nENV DB_PASSWORD {password}\n", "ENV API_KEY {key}", "  ENV MYSQL_ROOT_PASSWORD {word}\n",
        "ARG NPM_TOKEN {key}", "7: ENV DB_PASSWORD {password}\n", "Step 3/9 : ENV DB_PASSWORD {password}",
    ),
    "elixir": (
        "config :app, App.Repo, :password, \"{password}\"", "Keyword.put(opts, :password, \"{password}\")",
        "Application.put_env(:app, :secret_key, \"{key}\")", "put_in(conf, [:db, :password], \"{password}\")",
    ),
    "calls": (
        "define('DB_PASSWORD', '{word}');", "setenv('DB_PASSWORD','{word}', 1);", "define(\"AUTH_KEY\", \"{key}\");",
        "os.environ.setdefault('DB_PASSWORD','{word}')", "os.Setenv(\"API_TOKEN\", \"{key}\")",
        "System.setProperty(\"db.password\", \"{word}\");", "monkeypatch.setenv(\"SMTP_PASSWORD\", \"{word}\")",
        "std::env::set_var(\"PGPASSWORD\", \"{word}\");", "props.put(\"db.password\", \"{password}\")",
        "config.set('database_password', '{password}')", "putenv('API_TOKEN', '{key}')",
    ),
    "quoting": (
        "TOKEN='{part}'\\''{key}'", "PASSWORD='it''s me {digits}'", "password: 'ab''{password}'",
        "export DB_PASSWORD='{part}'\\''{password}'", "password = \"it\"\"{password}\"", "token: 'x''{key}'",
    ),
    "lists": (
        "password:\n  - {password}\n", "passwords:\n- '{password}'\n- {password2}\n", "db:\n  password:\n    - \"{word}x\"\n",
        "api_keys:\n  - {key}\n  - {key2}\n",
    ),
    "commands": (
        "wandb login {hex40}", "wandb login --relogin {hex40}", "vault login s.{letters24}", "$ vault login {key}",
        "npm config set //registry.example.org/:_authToken {uuid}", "npm config set //r/:_password={key}",
        "gcloud services api-keys lookup --key {key}", "gcloud alpha maps --api-key={key}",
        "echo -n 'admin:{password}' | base64", "printf 'deploy:%s' x; echo -n \"root:{word}\" | base64 -w0",
    ),
    "short names": (
        "{{'pw': '{short}'}}", "{{\"pw\": \"{password}\", \"user\": \"a\"}}", "login({{'user': 'a', 'pw': '{short}'}})",
        "conf = {{'pass': '{short}'}}",
    ),
    "columns": (
        "sessionToken\t{key}", "accessKey\t{key}\nsessionToken\t{long}\n", "user\tbob\npassword\t{password}\n",
        "TOKEN\tsessionToken\t{key}", "secretKey    {long}\n",
    ),
    "prose": (
        "the password is \"{password}\"", "The password is '{password}'.", "Passwort: \"{password}\"",
        "Das Passwort lautet \"{password}\"", "la contraseña es \"{password}\"", "contraseña: {password}",
        "le mot de passe est « {password} »", "mot de passe : {password}", "пароль: {password}",
        "Пароль — \"{password}\"", "Das Passwort ist {password}.", "password is “{password}”",
        "a senha é {password}", "your new password is: \"{password}\", change it",
    ),
    "links": (
        "DATABASE_URL=postgresql://u:{part} {word}@db.example.org/app", "mysql://root:my {password}@db:3306/x",
        "redis://default:{word} {word2}@cache:6379",
    ),
    "databases": (
        "PRAGMA key='{word}';", "PRAGMA key = \"{password}\"", "pragma rekey = '{password}'", "conn.execute(\"PRAGMA key='{word}'\")",
        "PRAGMA key = \"x'{hex64}'\"",
    ),
    "encoded": (
        "    client-key-data: {base64}", "client-key-data: {long}", "X-Amz-Signature={hex64}", "sig: X-Amz-Signature={hex64}&x",
        "'X-Goog-Signature': x\nX-Goog-Signature={hex64}",
    ),
    "wallets": (
        "importprivkey {wif}", "wallet wif: {wif}", "bitcoin-cli importprivkey \"{wif}\" label", "{xprv}", "master {xprv} depth 0",
    ),
    "tokens": ("{discord}", "client.run('{discord}')", "  token {discord}  "),
}  # fmt: skip

HARMLESS = (
    "$env:PATH = 'C:\\bin'", "$env:TOKEN = $token", "$env:TOKEN = ''", "ENV PASSWORD_FILE /run/secrets/db", "ENV KEY_SIZE 2048",
    "field :password, :string", "cast(attrs, [:password, :email])", "validate_length(:password, min: 8)",
    "add :password, \"text\"", "define('TOKEN', 'token')", "define('PASSWORD_MIN', 'length')", "setenv('HOME', '/root')",
    "os.environ.setdefault('DJANGO_SETTINGS_MODULE','app.settings')", "password = ''\nuser = ''\n", "x = f('password', '')",
    "if password == '' or user == '':", "password: ''\nname: 'x'\n", "password:\n  - required\n  - min:8\n",
    "token:\n  - identifier\n", "wandb login", "vault login -method=userpass", "npm config set //r/:_authToken ${NPM_TOKEN}",
    "gcloud kms encrypt --key my-key --keyring ring", "gcloud kms encrypt --key=projects/p/locations/l", "{'pw': ''}",
    "{'pw': 'password'}", "{'pw': pw}", "sessionToken\tstring", "token\tthe token of the session", "the password is wrong",
    "the password is \"required\"", "the password is 'too short'", "password is 'wrong': try again", "Passwort vergessen?",
    "Das Passwort ist falsch.", "la contraseña es obligatoria", "le mot de passe est requis", "пароль неверный",
    "mot de passe oublié : cliquez ici", "postgresql://localhost:5432 and bob@example.org",
    "redis://cache:6379 as me@host", "see postgres://u:$PASS word@h", "echo hello | base64", "echo 'http://example.org' | base64",
    "echo $USER:$PASS | base64", "PRAGMA foreign_keys = ON", "PRAGMA key = ?", "PRAGMA table_info('key')",
    "client-key-data: REDACTED", "X-Amz-Signature=<sig>", "X-Amz-Algorithm=AWS4-HMAC-SHA256", "wallet balance of KwDiBf89QgGbjEhKnhXJuH7",
    "xprv is a prefix", "MTIz.abc.def", "module.method.attribute_with_a_long_name_in_it", "TOKEN=''\necho 'done'\n",
    "print('it''s')", "SELECT 'it''s' AS password", "password must be 'a''b'", "key: 'it''s a name'",
    "put('password', 'string')", "props.put(\"password\", \"password\")", "set('token', 'none')", "t('password', 'Your password')",
    "getenv('DB_PASSWORD', 'default')",
)  # fmt: skip


@dataclass(frozen=True)
class Sample:
    kind: str
    value: str
    secrets: tuple[str, ...]


def samples(seed: int = 3) -> Iterator[Sample]:
    """Each form, with secrets made anew."""
    made = random.Random(seed)
    for kind, forms in _FORMS.items():
        for form in forms:
            values = _values(made)
            used = tuple(value for name, value in values.items() if f"{{{name}}}" in form and name != "part")
            yield Sample(kind, form.format(**values), used)


def _values(made: random.Random) -> dict[str, str]:
    def drawn(letters: str, length: int) -> str:
        return "".join(made.choices(letters, k=length))

    def key() -> str:
        return drawn(string.ascii_letters + string.digits, 30) + "4xQ7"

    def password() -> str:
        return drawn(string.ascii_lowercase, 6) + drawn(string.digits, 3) + drawn("!#%+", 1) + drawn("XYZ", 2)

    user = drawn("123456789", 18)
    return {
        "key": key(), "key2": key(), "password": password(), "password2": password(), "word": drawn("bcdfgaeiou", 10),
        "word2": drawn("bcdfgaeiou", 9), "short": drawn(string.ascii_lowercase, 4) + drawn(string.digits, 2), "part": drawn("bcd", 3),
        "digits": drawn("123456789", 5), "hex40": drawn("0123456789abcdef", 40), "hex64": drawn("0123456789abcdef", 64),
        "letters24": drawn(string.ascii_letters, 24), "uuid": "-".join(drawn("0123456789abcdef", n) for n in (8, 4, 4, 4, 12)),
        "long": drawn(string.ascii_letters + string.digits, 400), "base64": "LS0tLS1CRUdJTiBQUklW" + drawn(string.ascii_letters, 80),
        "wif": _checked(b"\x80" + made.randbytes(32) + b"\x01"), "xprv": _checked(b"\x04\x88\xad\xe4" + made.randbytes(74)),
        "discord": _discord(user) + "." + drawn(string.ascii_letters, 6) + "." + drawn(string.ascii_letters + string.digits, 38),
    }  # fmt: skip


def _discord(user: str) -> str:
    return base64.b64encode(user.encode()).decode()


def _checked(data: bytes) -> str:
    """Base58 with the checksum of wallets."""
    data += hashlib.sha256(hashlib.sha256(data).digest()).digest()[:4]
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = _BASE58[rest] + text
    return text
