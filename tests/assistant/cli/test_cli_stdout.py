"""Rows that come as bytes: whole for a program, inert for a person."""

import io
import sys

from assistant.cli.stdout import binary_stdout

HOSTILE = '{"request":"\x9b31m\u202e"}\n=\x1b[2J\x1b]52;c;AAAA\x07\n'


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_nothing_that_it_could_act_upon(monkeypatch):
    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    binary_stdout().writelines([HOSTILE.encode(), b"caf\xc3\xa9 \xff\n"])
    assert screen.getvalue() == '{"request":"\\u202e"}\n=\\x1b]52;c;AAAA\\x07\ncafé \ufffd\n'


def test_a_pipe_gets_every_byte(capfdbinary):
    binary_stdout().write(HOSTILE.encode())
    sys.stdout.flush()
    assert capfdbinary.readouterr().out == HOSTILE.encode()
