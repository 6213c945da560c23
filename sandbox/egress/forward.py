"""Runs inside: a port of the sandbox's own loopback that leads to the proxy's socket, then the command.

Invariant: needs nothing but an old Python and has no rights of its own; all that is checked is checked by the
proxy. It is never imported, only sent in: ``python3 -c SOURCE SOCKET PORT COMMAND...``.
"""

import os
import socket
import sys
import threading


def copy(source: socket.socket, target: socket.socket) -> None:
    """Pass on everything, then say that nothing more comes."""
    try:
        while True:
            chunk = source.recv(65536)
            if not chunk:
                break
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


def join(near: socket.socket, path: str) -> None:
    """Join one connection with one to the proxy, until both have ended."""
    with near, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as far:
        try:
            far.connect(path)
        except OSError:
            return
        upward = threading.Thread(target=copy, args=(near, far), daemon=True)
        upward.start()
        copy(far, near)
        upward.join()


def serve(listener: socket.socket, path: str) -> None:
    """Take connections for as long as the sandbox lives."""
    while True:
        near, _ = listener.accept()
        threading.Thread(target=join, args=(near, path), daemon=True).start()


def main(path: str, port: str, command: "list[str]") -> None:
    """Serve in a process that nobody waits for, and become the command."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", int(port)))
    listener.listen(64)
    child = os.fork()
    if child == 0:
        if os.fork() == 0:
            nothing = os.open(os.devnull, os.O_RDWR)
            for number in (0, 1, 2):
                os.dup2(nothing, number)
            serve(listener, path)
        os._exit(0)
    os.waitpid(child, 0)
    listener.close()
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.stderr.write("%s: %s\n" % (command[0], error.strerror))  # noqa: UP031
        os._exit(127 if isinstance(error, FileNotFoundError) else 126)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
