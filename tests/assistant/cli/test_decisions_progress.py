"""What takes long shows a bar where a person watches stderr, and nothing where nobody does."""

import io
import sys
import time

import pytest

from assistant.cli import progress as module
from assistant.cli.decision_options import reading
from assistant.cli.progress import progress, waiting
from training.events import open_log
from training.events.ids import new_event


class Screen(io.StringIO):
    """A terminal that keeps what was written."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def watched(monkeypatch):
    """Called in the test itself: stderr as a terminal from then on, and no work too short to be shown."""

    def begin(after_s: float = 0) -> Screen:
        made = Screen()
        monkeypatch.setattr(sys, "stderr", made)
        monkeypatch.setattr(module, "AFTER_S", after_s)
        monkeypatch.setattr(module, "_DRAWN_S", 0)
        return made

    return begin


def test_a_bar_tells_how_far_it_is_and_is_gone_at_the_end(watched):
    screen = watched()
    with progress("reading", 4) as told:
        for done in range(5):
            told(done)
        assert "reading" in screen.getvalue() and "100%" in screen.getvalue()
    assert screen.getvalue().endswith("\r\x1b[K\x1b[?25h")


def test_a_bar_of_a_work_that_fails_is_gone_too(watched):
    screen = watched()
    with pytest.raises(RuntimeError), progress("reading", 4) as told:
        told(1)
        raise RuntimeError
    assert screen.getvalue().endswith("\r\x1b[K\x1b[?25h")


def test_what_is_done_in_a_moment_shows_nothing(watched):
    screen = watched(60)
    with progress("reading", 10) as told:
        told(5)
    assert screen.getvalue() == ""


def test_work_of_no_known_size_shows_nothing(watched):
    screen = watched()
    with progress("reading", 0) as told:
        told(5)
    assert screen.getvalue() == ""


def test_what_cannot_be_counted_tells_how_long_it_has_taken(watched):
    screen = watched()
    with waiting("verifying"):
        end = time.monotonic() + 10
        while "verifying: 0 s" not in screen.getvalue() and time.monotonic() < end:
            time.sleep(0.001)
    assert "verifying: 0 s" in screen.getvalue()
    assert screen.getvalue().endswith("\r\x1b[K\x1b[?25h")


def test_a_moment_of_waiting_shows_nothing(watched):
    screen = watched(60)
    with waiting("verifying"):
        pass
    assert screen.getvalue() == ""


def test_reading_a_log_tells_of_every_event(watched, tmp_path):
    screen = watched()
    log = open_log(tmp_path / "log")
    log.append_many([new_event("T", "a", "x", {"n": number}) for number in range(20)])
    with reading(log) as view:
        assert view is not None and len(list(view.read())) == 20
    log.close()
    assert "reading" in screen.getvalue() and "95%" in screen.getvalue()


def test_without_a_terminal_nothing_is_shown(capfd, monkeypatch):
    monkeypatch.setattr(module, "AFTER_S", 0)
    with progress("reading", 10) as told, waiting("verifying"):
        told(5)
    assert capfd.readouterr() == ("", "")
