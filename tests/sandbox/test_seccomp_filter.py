"""The seccomp program, run by a small interpreter of the three instructions it uses."""

import struct

import pytest

from sandbox import seccomp

ALLOW, KILL, NOT_PERMITTED, NO_SUCH_CALL = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
SOCKET = {"x86_64": 41, "aarch64": 198}
KEYCTL = {"x86_64": 250, "aarch64": 219}


def verdict(program: bytes, number: int, machine: int, argument: int = 0) -> int:
    lines = list(struct.iter_unpack("=HBBI", program))
    data = struct.pack("=IIQ6Q", number, machine, 0, argument, 0, 0, 0, 0, 0)
    position, value = 0, 0
    while True:
        code, jump_true, jump_false, operand = lines[position]
        position += 1
        if code == 0x06:
            return int(operand)
        if code == 0x20:
            (value,) = struct.unpack_from("=I", data, operand)
        else:
            taken = {0x15: value == operand, 0x35: value >= operand}[code]
            position += jump_true if taken else jump_false


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_ordinary_calls_pass(machine: str) -> None:
    program = seccomp.program(machine)
    for number in (0, 1, 59, 57, 220, 221, 435):
        assert verdict(program, number, MACHINES[machine]) == ALLOW


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_keyrings_and_io_uring_are_refused(machine: str) -> None:
    program = seccomp.program(machine)
    assert verdict(program, KEYCTL[machine], MACHINES[machine]) == NOT_PERMITTED
    assert verdict(program, 425, MACHINES[machine]) == NO_SUCH_CALL


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize(
    ("family", "expected"),
    [(1, ALLOW), (2, ALLOW), (10, ALLOW), (16, ALLOW), (40, NOT_PERMITTED), (38, NOT_PERMITTED)],
)
def test_A03_only_sockets_that_namespaces_hold_back_can_be_made(
    machine: str, family: int, expected: int
) -> None:
    assert verdict(seccomp.program(machine), SOCKET[machine], MACHINES[machine], family) == expected


def test_foreign_machine_codes_kill_and_x32_is_absent() -> None:
    program = seccomp.program("x86_64")
    assert verdict(program, 1, 0x40000003) == KILL
    assert verdict(program, 0x40000000 + 250, MACHINES["x86_64"]) == NO_SUCH_CALL


def test_unknown_machine_has_no_filter() -> None:
    assert seccomp.program("riscv64") == b""
