"""No test touches the home folder of whoever runs it, nor their settings; CI counts a skip as a failure.

Properties are tried on the same examples at every run; ``--hypothesis-profile search`` looks for new ones.
"""

import itertools
import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import settings

from sandbox.clean_start import PATH_VARIABLES
from sandbox.installation import KEPT
from sandbox.programs import RECORD, WRITABLE
from tests.budgets import Budgets, kind_of

POSTGRES = os.environ.get("APPRENTICE_TEST_POSTGRES", "")

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("search", derandomize=False, deadline=None)
settings.load_profile("repeatable")

# A shell that starts a run in the background ignores Ctrl+C for it and all that it starts: tests send it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_NUMBERS = itertools.count()


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the test's own; pytest's fixture lists all earlier ones to find a name for each."""
    name = re.sub(r"\W", "_", request.node.name)[:30]
    path = tmp_path_factory.getbasetemp() / f"{name}{next(_NUMBERS)}"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture(autouse=True)
def private_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of the test's own."""
    home = tmp_path_factory.getbasetemp() / f"home{next(_NUMBERS)}"
    home.mkdir(mode=0o700)
    for name in list(os.environ):
        if name.startswith("APPRENTICE_"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(sys, "path", [*sys.path])
    for name in (
        *PATH_VARIABLES,
        "PYTHONSAFEPATH",
        WRITABLE,
        RECORD,
        KEPT,
    ):  # the command line cleans them for good
        before = os.environ.get(name)
        monkeypatch.setenv(name, before or "")
        if before is None:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(home / kind.lower()))
    return home


@pytest.fixture
def nothing_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No trained student comes along: the base serves as it is."""
    monkeypatch.setattr("training.registry.store.SHIPPED", tmp_path / "no-students")


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """The URL of an empty schema of the test's own on the server that APPRENTICE_TEST_POSTGRES names."""
    from sqlalchemy import create_engine, make_url, text

    if not POSTGRES:
        pytest.skip("APPRENTICE_TEST_POSTGRES names no server; see .ci/postgres.sh")
    schema = f"test_{uuid4().hex}"
    engine = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
        own = make_url(POSTGRES).update_query_dict({"options": f"-csearch_path={schema}"})
        yield own.render_as_string(hide_password=False)
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fail-on-skip", action="store_true", help="a skipped test fails the run")
    parser.addoption(
        "--budgets", action="store_true", help="a kind of test far above its budget fails the run"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Budgets(enforced=config.getoption("--budgets")))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With ``--dist loadgroup`` a file is one group, and all that shares the Docker engine another."""
    if config.getoption("dist", "no") == "loadgroup":
        for item in items:
            name = "docker" if kind_of(item) == "docker" else item.path.name
            item.add_marker(pytest.mark.xdist_group(name))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Where every component is installed, a skip hides a broken one."""
    report = yield
    if report.skipped and item.config.getoption("--fail-on-skip") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be: {report.longrepr}"
    return report
