"""Work in a process of its own, beside that of an export."""

import os

import pytest

from training.export.beside import Beside
from training.export.naming import ExportError


def halves(number: int) -> tuple[int, int]:
    return number // 2, os.getpid()


def refuses(why: str) -> None:
    raise ExportError(why)


def dies() -> None:
    os._exit(7)


def test_it_is_done_elsewhere() -> None:
    found, process = Beside(halves, 84).result()
    assert found == 42 and process != os.getpid()


def test_its_error_is_that_of_the_work() -> None:
    with pytest.raises(ExportError, match="no tokenizer"):
        Beside(refuses, "no tokenizer").result()


def test_a_process_that_was_ended_is_one_line() -> None:
    with pytest.raises(ExportError, match="dies ended with 7; export once more"):
        Beside(dies).result()
