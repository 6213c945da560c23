"""Processor time of each kind of test, and the budget that it has to stay in.

The unit is processor seconds, of the test and of all processes that it waited for, so that a busy machine
changes little. docs/testing.md says what each kind is for and what it may take.
"""

import resource
import time
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

BUDGETS = Path(__file__).with_name("budgets.toml")
KINDS = ("train", "gguf", "docker", "tmux", "pty", "postgres", "bubblewrap", "slow")
"""A test belongs to the first of these that marks it, else to ``default``."""
TOLERANCE = 1.5
IDLE = 0.2
"""Share of the machine that other programs may use for the budgets to be enforced."""
SLOWEST = 10


def kind_of(item: pytest.Item) -> str:
    marks = {mark.name for mark in item.iter_markers()}
    return next((kind for kind in KINDS if kind in marks), "default")


class Budgets:
    """Measures each phase of each test; with ``--budgets`` a kind far above its budget fails the run."""

    def __init__(self, enforced: bool) -> None:
        self.enforced = enforced
        self.spent: dict[str, float] = defaultdict(float)
        self.tests: dict[str, float] = defaultdict(float)
        self._last = processor_seconds()
        self._started = time.monotonic(), busy_seconds()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Iterator[None]:
        report = yield
        now = processor_seconds()
        report.user_properties.append(("processor", (kind_of(item), now - self._last)))
        self._last = now
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # A report carries what the phases before it were given; its own figure is the last.
        found = [value for name, value in report.user_properties if name == "processor"]
        if found:
            kind, seconds = found[-1]
            self.spent[kind] += seconds
            self.tests[report.nodeid] += seconds

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.enforced:
            return
        write = terminalreporter.write_line
        terminalreporter.section("processor time")
        for name, seconds in sorted(self.tests.items(), key=lambda each: -each[1])[:SLOWEST]:
            write(f"{seconds:8.1f} s  {name}")
        budgets = tomllib.loads(BUDGETS.read_text())
        for kind, seconds in sorted(self.spent.items()):
            write(f"{seconds:8.1f} s  of {budgets[kind]:g} s for the kind {kind}")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if not self.enforced or hasattr(session.config, "workerinput"):
            return
        budgets = tomllib.loads(BUDGETS.read_text())
        above = [kind for kind, spent in self.spent.items() if spent > TOLERANCE * budgets[kind]]
        if not above or self._others() > IDLE:
            return
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.write_line(f"over budget by more than half (tests/budgets.toml): {', '.join(above)}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _others(self) -> float:
        """Share of the machine's processor time that other programs took since the start."""
        import os

        began, busy = self._started
        spent = busy_seconds() - busy - sum(self.spent.values())
        return spent / max((time.monotonic() - began) * (os.cpu_count() or 1), 1.0)


def processor_seconds() -> float:
    """Seconds that this process and the children that it waited for have used."""
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in uses)


def busy_seconds() -> float:
    """Seconds that all processors of the machine were not idle since it started."""
    import os

    user, nice, system, _idle, _waiting, *rest = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    )
    return (user + nice + system + sum(rest[:3])) / os.sysconf("SC_CLK_TCK")
