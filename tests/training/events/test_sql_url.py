"""Where a log on PostgreSQL is, and what is said when it cannot be reached. No server is needed."""

import socket
import subprocess
import sys

import pytest

from sandbox.packages import install_extra
from training.events import EventLogError, is_postgres, open_log


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("postgresql+psycopg://me@host/x", True),
        ("postgresql://me@host/x", True),
        ("postgresql", False),
        ("tinydb:///folder", False),
        ("", False),
        (None, False),
    ],
)
def test_which_urls_name_a_database(url, answer):
    assert is_postgres(url) is answer


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
def test_a_server_that_does_not_answer_is_one_line_without_its_password(closed_port, scheme):
    url = f"{scheme}://me:hunter2@127.0.0.1:{closed_port}/decisions?application_name=x"
    with pytest.raises(EventLogError) as refused:
        open_log(url)
    said = str(refused.value)
    assert said.startswith(f"postgresql://me@127.0.0.1:{closed_port}/decisions does not answer")
    assert "refused" in said and "hunter2" not in said and "\n" not in said


@pytest.mark.parametrize("url", ["postgresql://me:hunter2@host:port/x", "postgresql://me:hunter2@[::1/x"])
def test_a_url_that_cannot_be_read(url):
    with pytest.raises(EventLogError, match="cannot be read; write postgresql\\+psycopg://") as refused:
        open_log(url)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("package", ["sqlalchemy", "psycopg"])
@pytest.mark.slow
def test_a_missing_package_is_one_line_with_the_command(package):
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from training.events import EventLogError, open_log\n"
        "try: open_log('postgresql+psycopg://me@127.0.0.1/x')\n"
        "except EventLogError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == (
        f"a log on PostgreSQL needs the package {package}: {install_extra('postgres')}"
    )


def test_a_folder_loads_no_driver(tmp_path):
    code = (
        "import sys; from training.events import open_log\n"
        "open_log(sys.argv[1]).close()\n"
        "sys.exit(str({'sqlalchemy', 'psycopg'} & set(sys.modules) or ''))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True)
    assert done.stderr.strip() == ""
