"""A small seccomp filter for bubblewrap, which brings none of its own.

Invariant: a call that is not named here behaves as without the filter. Covered: key rings of the host
session, kernel interfaces with a history of escapes, and sockets that network namespaces do not hold back
(vsock above all). Not covered: machines other than x86-64 and 64-bit ARM, where there is no filter and the
namespaces stand alone.
"""

import platform
import struct

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _MACHINE, _FIRST_ARGUMENT = 0, 4, 16
_ALLOW, _KILL, _NOT_PERMITTED, _NO_SUCH_CALL = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
_X32 = 0x40000000

_MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SOCKET = {"x86_64": 41, "aarch64": 198}
_DENIED = {
    # add_key request_key keyctl, kexec_load kexec_file_load, init_module finit_module delete_module,
    # perf_event_open, open_by_handle_at, userfaultfd, bpf
    "x86_64": (248, 249, 250, 246, 320, 175, 313, 176, 298, 304, 323, 321),
    "aarch64": (217, 218, 219, 104, 294, 105, 273, 106, 241, 265, 282, 280),
}
_IO_URING = (425, 426, 427)
"""Equal on all machines; answered as an absent call, which programs are ready for."""
_FAMILIES = (1, 2, 10, 16)
"""AF_UNIX, AF_INET, AF_INET6, AF_NETLINK: each lives in the network namespace or in the file system."""


def program(machine: str = "") -> bytes:
    """The filter for ``machine`` (default: this one) as the kernel takes it, or empty where there is none."""
    machine = machine or platform.machine()
    if machine not in _MACHINES:
        return b""
    code = [
        (_LOAD, 0, 0, _MACHINE),
        (_EQUAL, 1, 0, _MACHINES[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if machine == "x86_64":
        code += [(_AT_LEAST, 0, 1, _X32), (_RETURN, 0, 0, _NO_SUCH_CALL)]
    for number in _DENIED[machine]:
        code += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _NOT_PERMITTED)]
    for number in _IO_URING:
        code += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _NO_SUCH_CALL)]
    code += [(_EQUAL, 1, 0, _SOCKET[machine]), (_RETURN, 0, 0, _ALLOW), (_LOAD, 0, 0, _FIRST_ARGUMENT)]
    for family in _FAMILIES:
        code += [(_EQUAL, 0, 1, family), (_RETURN, 0, 0, _ALLOW)]
    code.append((_RETURN, 0, 0, _NOT_PERMITTED))
    return b"".join(struct.pack("=HBBI", *line) for line in code)
