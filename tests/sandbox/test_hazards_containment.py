"""Hazards A1 to A20 that belong to the sandbox, on every back end: one property per test."""

import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.base import Limits, Mount, SandboxError

REFUSED = (
    "import sys\ntry:\n    {body}\nexcept OSError as e:\n    print('refused', e)\nelse:\n    print('reached')"
)


@pytest.fixture
def outside() -> Iterator[Path]:
    """A folder of the host, readable by all, that no sandbox should see."""
    with tempfile.TemporaryDirectory(prefix="outside-") as name:
        Path(name).chmod(0o777)
        (Path(name) / "secret").write_text("the secret")
        yield Path(name)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        made.setblocking(False)
        yield made


def untouched(listener: socket.socket) -> bool:
    try:
        listener.accept()
    except BlockingIOError:
        return True
    return False


async def test_A01_write_outside_the_workspace(shell, outside: Path, workspace: Path) -> None:
    sibling = workspace.parent / "sibling"
    done = await shell(
        f"echo x > {outside}/new; echo x > {sibling}; echo x > /usr/bin/new; echo x > /etc/new"
    )
    assert done.exit_code != 0
    assert not (outside / "new").exists() and not sibling.exists()
    assert not Path("/usr/bin/new").exists() and not Path("/etc/new").exists()


async def test_A01_link_to_outside_is_no_way_out(shell, outside: Path) -> None:
    await shell(f"ln -s {outside} out; echo x > out/new; cat out/secret")
    assert not (outside / "new").exists()


async def test_A02_secrets_of_the_host_are_not_there(shell, outside: Path) -> None:
    done = await shell(f"hostname; ls /root/.ssh; cat ~/.ssh/id_rsa {outside}/secret")
    assert done.exit_code != 0
    assert "the secret" not in done.output
    assert done.output.startswith("sandbox\n")


@pytest.mark.bubblewrap
async def test_A02_accounts_of_the_host_are_not_there(make_sandbox, workspace: Path) -> None:
    sandbox = make_sandbox("bubblewrap", Mount(workspace))
    await sandbox.start()
    done = await sandbox.run(
        ["sh", "-c", "cut -d: -f1 /etc/passwd; ls /etc/shadow /etc/ssl/private /etc/gitconfig"]
    )
    await sandbox.close()
    assert done.output.startswith("sandbox\nnobody\n")
    assert done.exit_code != 0


@pytest.mark.parametrize(
    ("tool", "command"),
    [
        ("bash", "timeout 3 bash -c 'echo > /dev/tcp/127.0.0.1/{port}'"),
        ("python3", "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", {port}), 2)'"),
        ("git", "git ls-remote git://127.0.0.1:{port}/x"),
    ],
    ids=["bash", "python", "git"],
)
async def test_A03_A05_no_tool_reaches_the_hosts_loopback(
    shell, listener: socket.socket, tool: str, command: str
) -> None:
    assert (await shell(f"command -v {tool}")).exit_code == 0, (
        f"{tool} is absent: the test would prove nothing"
    )
    done = await shell(command.format(port=listener.getsockname()[1]))
    assert done.exit_code != 0
    assert untouched(listener)


@pytest.mark.parametrize(
    ("family", "address"),
    [
        ("AF_INET", "('1.1.1.1', 53)"),
        ("AF_INET6", "('2606:4700:4700::1111', 53)"),
        ("AF_INET", "('169.254.169.254', 80)"),
    ],
    ids=["ipv4", "ipv6", "metadata"],
)
async def test_A03_A05_no_network(python, family: str, address: str) -> None:
    body = f"import socket; s = socket.socket(socket.{family}); s.settimeout(3); s.connect({address})"
    assert (await python(REFUSED.format(body=body))).output.startswith("refused")


async def test_A03_only_the_loopback_device_exists(shell) -> None:
    done = await shell("tail -n +3 /proc/net/dev | cut -d: -f1")
    assert done.output.split() == ["lo"]


async def test_A04_names_do_not_resolve(python) -> None:
    body = "import socket; socket.getaddrinfo('example.com', 80)"
    assert (await python(REFUSED.format(body=body))).output.startswith("refused")


async def test_A06_sockets_of_the_host_are_not_there(shell, python) -> None:
    done = await shell("ls /run/docker.sock /var/run/docker.sock /run/dbus /run/user; env | grep -c _SOCK")
    assert done.output.strip().endswith("0")
    assert "system_bus" not in done.output


async def test_A06_abstract_sockets_of_the_host_are_not_reached(python) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        name = f"apprentice-test-{os.getpid()}"
        listener.bind("\0" + name)
        listener.listen()
        body = f"import socket; socket.socket(socket.AF_UNIX).connect(chr(0) + {name!r})"
        assert (await python(REFUSED.format(body=body))).output.startswith("refused")


@pytest.mark.parametrize(
    "command",
    [
        "echo evil > .git/hooks/pre-commit",
        "echo evil >> .git/config",
        "git config core.hooksPath /tmp",
        "rm -f .git/config",
        "mv .git elsewhere",
        "mv .git/hooks .git/old",
        "rm -rf .git/hooks; ln -s /tmp .git/hooks",
        "mv .git/config .git/x; ln -s ../main.py .git/config",
        "chmod 777 .git/hooks && echo evil > .git/hooks/x",
        "ln .git/config linked && echo evil >> linked",
    ],
)
async def test_A08_A10_git_settings_stay_as_they_were(shell, workspace: Path, command: str) -> None:
    before = (workspace / ".git/config").read_bytes()
    hooks = sorted((workspace / ".git/hooks").iterdir())
    done = await shell(command)
    assert done.exit_code != 0
    assert (workspace / ".git/config").read_bytes() == before
    assert not (workspace / ".git/hooks").is_symlink()
    assert sorted((workspace / ".git/hooks").iterdir()) == hooks


async def test_A08_nested_repository_and_worktree_file(back_end, make_sandbox, workspace: Path) -> None:
    subprocess.run(["git", "init", "-q", str(workspace / "vendor/dep")], check=True)
    (workspace / "tree").mkdir()
    (workspace / "tree/.git").write_text("gitdir: ../.git/worktrees/tree\n")
    sandbox = make_sandbox(back_end, Mount(workspace))
    await sandbox.start()
    try:
        for command in (
            "echo evil >> vendor/dep/.git/config",
            "echo evil > vendor/dep/.git/hooks/x",
            "mv vendor/dep/.git vendor/dep/y",
            "echo 'gitdir: evil' > tree/.git",
            "rm tree/.git",
        ):
            assert (await sandbox.run(["sh", "-c", command])).exit_code != 0, command
    finally:
        await sandbox.close()
    assert (workspace / "tree/.git").read_text() == "gitdir: ../.git/worktrees/tree\n"


@pytest.mark.parametrize(
    "command",
    ["git init", "mkdir -p .git/hooks", "mkdir -p .apprentice/x", "ln -s /tmp .apprentice", "echo x > .git"],
)
async def test_A09_protected_paths_cannot_be_made(
    back_end, make_sandbox, plain_folder: Path, command: str
) -> None:
    sandbox = make_sandbox(back_end, Mount(plain_folder))
    await sandbox.start()
    await sandbox.run(["sh", "-c", command])
    await sandbox.close()
    assert list(plain_folder.iterdir()) == []


async def test_A09_repository_made_deeper_is_set_aside_and_said(shell, workspace: Path) -> None:
    done = await shell("git init -q sub && mkdir -p deep/er/.apprentice")
    assert "set aside" in done.output
    assert not (workspace / "sub/.git").exists()
    assert not (workspace / "deep/er/.apprentice").exists()


async def test_A11_no_way_through_proc(shell, outside: Path) -> None:
    done = await shell(f"cat /proc/1/root{outside}/secret /proc/*/root{outside}/secret; cat /proc/1/environ")
    assert "the secret" not in done.output


async def test_A11_foreign_processes_are_not_seen(shell) -> None:
    done = await shell(f"cat /proc/*/cmdline | tr '\\0' ' '; kill -9 {os.getpid()}")
    assert "pytest" not in done.output


async def test_A11_kernel_settings_are_not_writable(shell) -> None:
    before = Path("/proc/sys/vm/swappiness").read_text()
    done = await shell(
        "cd /proc/sys; echo 1 > vm/swappiness; echo x > kernel/core_pattern; echo h > ../sysrq-trigger"
    )
    assert done.exit_code != 0
    assert Path("/proc/sys/vm/swappiness").read_text() == before


async def test_A12_no_descriptor_is_inherited(python, outside: Path) -> None:
    with (outside / "secret").open() as held:
        os.set_inheritable(held.fileno(), True)
        done = await python("import os; print(sorted(int(fd) for fd in os.listdir('/proc/self/fd'))[:-1])")
    assert done.output == "[0, 1, 2]\n"


async def test_A13_keystrokes_cannot_be_injected(python) -> None:
    source = (
        "import fcntl, os, termios\n"
        "print(os.getsid(0) != 0 or 'foreign session')\n"
        "try: fcntl.ioctl(os.open('/dev/tty', os.O_RDWR), termios.TIOCSTI, b'x')\n"
        "except OSError: print('refused')"
    )
    assert (await python(source)).output.endswith("refused\n")


@pytest.mark.parametrize(
    "command",
    [
        "mount -t tmpfs none /tmp",
        "mount -o remount,rw /usr",
        "umount .git/hooks",
        "mknod dev b 8 0",
        "unshare -Ur true",
        "unshare -m true",
        "chroot / true",
    ],
)
async def test_A14_privileged_calls_are_refused(shell, command: str) -> None:
    tool = command.split()[0]
    assert (await shell(f"command -v {tool} || command -v /usr/sbin/{tool}")).exit_code == 0
    assert (await shell(command)).exit_code != 0


async def test_A14_setuid_programs_gain_nothing(python) -> None:
    source = "print(next(line for line in open('/proc/self/status') if line.startswith('NoNewPrivs')))"
    assert (await python(source)).output.split() == ["NoNewPrivs:", "1"]


@pytest.mark.parametrize(
    "command",
    [
        "setsid sleep {mark} &",
        "(setsid sh -c 'sleep {mark} & exit' &) ; exit 0",
        "nohup sleep {mark} >/dev/null 2>&1 & disown 2>/dev/null; true",
        "trap '' TERM HUP INT; sleep {mark} &",
    ],
)
async def test_A15_nothing_outlives_its_call(shell, mark: str, none_left, command: str) -> None:
    done = await shell(command.format(mark=mark))
    assert done.exit_code == 0
    await none_left(mark)


async def test_A15_child_that_kills_its_launcher_is_dead_too(sandbox, mark: str, none_left) -> None:
    command = f"setsid sleep {mark} & kill -9 $PPID; sleep 1; exit 0"
    try:
        await sandbox.run(["sh", "-c", command], limits=Limits(wall_s=4))
    except SandboxError as error:
        assert "\n" not in str(error)
    await none_left(mark)
    assert (await sandbox.run(["echo", "next"])).output == "next\n"


async def test_A20_keys_of_the_parent_are_not_in_the_environment(
    back_end, make_sandbox, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY", "SSH_AUTH_SOCK", "HTTP_PROXY"):
        monkeypatch.setenv(name, "planted-value")
    sandbox = make_sandbox(back_end, Mount(workspace))
    await sandbox.start()
    done = await sandbox.run(["sh", "-c", "env; cat /proc/*/environ | tr '\\0' '\\n'"])
    await sandbox.close()
    assert "PATH=" in done.output
    assert "planted-value" not in done.output


@pytest.mark.bubblewrap
async def test_A03_vsock_and_keyrings_are_refused(make_sandbox, workspace: Path) -> None:
    sandbox = make_sandbox("bubblewrap", Mount(workspace))
    await sandbox.start()
    body = "import socket; socket.socket(40, socket.SOCK_STREAM)"
    done = await sandbox.run(["python3", "-c", REFUSED.format(body=body)])
    await sandbox.close()
    assert done.output.startswith("refused [Errno 1]")


@pytest.mark.bubblewrap
async def test_A19_forbidden_user_namespaces_are_said(make_sandbox, workspace: Path, tmp_path: Path) -> None:
    from sandbox.bubblewrap import BubblewrapSandbox

    wrapper = tmp_path / "bwrap-in-bwrap"
    wrapper.write_text(
        '#!/bin/sh\nexec bwrap --dev-bind / / --unshare-user --uid 7 --gid 7 --disable-userns -- bwrap "$@"\n'
    )
    wrapper.chmod(0o755)
    with pytest.raises(SandboxError, match="user namespaces") as caught:
        await BubblewrapSandbox(Mount(workspace), program=str(wrapper)).start()
    assert "\n" not in str(caught.value)


async def test_A19_absent_bubblewrap_names_the_package(workspace: Path) -> None:
    from sandbox.bubblewrap import BubblewrapSandbox

    with pytest.raises(SandboxError, match="apt-get install bubblewrap"):
        await BubblewrapSandbox(Mount(workspace), program="no-such-bwrap").start()


ARCHIVES = """
import io, sys, tarfile, zipfile
outside, hook = sys.argv[1:]
with tarfile.open("evil.tar", "w") as tar:
    for name in (outside, "../" * 20 + outside.lstrip("/"), "../escaped", hook):
        member = tarfile.TarInfo(name)
        member.size = 4
        tar.addfile(member, io.BytesIO(b"evil"))
    for name, kind in (("way", tarfile.SYMTYPE), ("same", tarfile.LNKTYPE)):
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, outside.rpartition("/")[0]
        tar.addfile(member)
    member = tarfile.TarInfo("way/through")
    member.size = 4
    tar.addfile(member, io.BytesIO(b"evil"))
with zipfile.ZipFile("evil.zip", "w") as archive:
    for name in (outside, "../escaped", hook):
        archive.writestr(name, "evil")
"""
UNPACKED = """
import shutil, tarfile, zipfile
for member in tarfile.open("evil.tar"):
    try:
        tarfile.open("evil.tar").extract(member, ".", filter="fully_trusted")
    except Exception as error:
        print(member.name, type(error).__name__)
try:
    zipfile.ZipFile("evil.zip").extractall(".")
except OSError as error:
    print("zip", error)
"""


@pytest.mark.parametrize(
    "unpack", [["tar", "-xPf", "evil.tar"], ["python3", "-c", UNPACKED]], ids=["tar", "python"]
)
async def test_C10_members_of_an_archive_do_not_leave_the_workspace(
    sandbox, workspace: Path, tmp_path: Path, unpack: list[str]
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    made = await sandbox.run(["python3", "-c", ARCHIVES, str(outside / "written"), ".git/hooks/pre-commit"])
    assert made.exit_code == 0, made.output

    await sandbox.run(unpack)

    assert list(outside.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outside", "project"]
    assert not (workspace / ".git/hooks/pre-commit").exists()
    assert (await sandbox.run(["echo", "fine"])).output == "fine\n"
