"""Passwords that begin with a sign, and names of shells that hold a folder."""

import pytest

from training.events.redaction import redact_text

PASSWORD = "Qaz2wsx" + "-9k"


@pytest.mark.parametrize("sign", "!@$%")
@pytest.mark.parametrize("form", ['password: "{}"', "DB_PASSWORD={}", '{{"dbPassword": "{}"}}'])
def test_password_may_begin_with_a_sign(sign: str, form: str) -> None:
    assert PASSWORD not in redact_text(form.format(sign + PASSWORD))


@pytest.mark.parametrize("line", ["PWD=/home/a", "OLDPWD=/tmp/x", 'declare -x PWD="/a/b"', "pwd: ./src"])
def test_current_folder_stays(line: str) -> None:
    assert redact_text(line) == line


@pytest.mark.parametrize(
    "line", ["password: !vault |", "password: $config.pw", 'password="{pw}"', "password=$this->pw"]
)
def test_reference_stays(line: str) -> None:
    assert redact_text(line) == line


def test_encoded_key_and_role() -> None:
    begin = "LS0tLS1CRUdJTi" + "BSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlFcEFJQkFB"
    assert begin not in redact_text(f"client-key-data: {begin}")
    assert PASSWORD not in redact_text(f"ALTER ROLE app WITH LOGIN PASSWORD '{PASSWORD}';")
