"""The history of requests: walked, searched, kept over runs, shared with the plain interface."""

from pathlib import Path

from prompt_toolkit.history import FileHistory

from assistant.tui.history import PromptHistory


def filled(*entries: str) -> PromptHistory:
    history = PromptHistory()
    for entry in entries:
        history.add(entry)
    return history


def test_older_and_newer_come_back_to_the_draft() -> None:
    history = filled("one", "two")
    assert history.older("draft") == "two"
    assert history.older("two") == "one"
    assert history.older("one") is None
    assert history.newer() == "two"
    assert history.newer() == "draft"
    assert history.newer() is None


def test_nothing_to_walk_in_an_empty_history() -> None:
    assert PromptHistory().older("x") is None


def test_a_repeat_and_an_empty_request_are_not_kept() -> None:
    assert filled("one", "one", "  ").entries == ("one",)


def test_adding_returns_to_the_end() -> None:
    history = filled("one", "two")
    history.older("")
    history.add("three")
    assert history.older("") == "three"


def test_search_finds_every_word_newest_first_without_repeats() -> None:
    history = filled("run tests", "edit config", "run the tests now", "edit config")
    assert history.search("run tests") == ["run the tests now", "run tests"]
    assert history.search("CONFIG") == ["edit config"]
    assert history.search("absent") == []
    assert len(filled(*map(str, range(50))).search("", limit=5)) == 5


def test_requests_are_kept_over_runs(tmp_path: Path) -> None:
    file = tmp_path / "state" / "history"
    history = PromptHistory(file)
    history.add("first\nwith a second line")
    history.add("+plus # hash")
    assert PromptHistory(file).entries == ("first\nwith a second line", "+plus # hash")
    assert file.stat().st_mode & 0o077 == 0


def test_prompt_toolkit_reads_the_same_file(tmp_path: Path) -> None:
    file = tmp_path / "history"
    PromptHistory(file).add("two\nlines")
    assert list(FileHistory(str(file)).load_history_strings()) == ["two\nlines"]


def test_what_prompt_toolkit_wrote_is_read(tmp_path: Path) -> None:
    file = tmp_path / "history"
    FileHistory(str(file)).store_string("from the\nplain interface")
    assert PromptHistory(file).entries == ("from the\nplain interface",)


def test_E04_a_damaged_file_and_lone_surrogates_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "history"
    file.write_bytes(b"garbage\xff\x00\n\n+kept\nmore garbage")
    history = PromptHistory(file)
    assert history.entries == ("kept",)
    assert history.add("lone \udc80") == ""
    assert PromptHistory(file).entries == ("kept", "lone ?")


def test_a_history_that_cannot_be_written_is_said_once(tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    history = PromptHistory(blocked / "history")
    assert "not kept" in history.add("one")
    assert history.add("two") == ""
    assert history.entries == ("one", "two")
