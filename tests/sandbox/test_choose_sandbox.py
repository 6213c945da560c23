"""choose() and its canary: what is not proven is not used, and the canary can fail."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from sandbox.base import Check, Completed, Limits, Mount, Sandbox, SandboxError, SandboxLost
from sandbox.canary import prove
from sandbox.choose import choose, makers
from sandbox.proven import ProvenSandbox
from sandbox.scripted import ScriptedSandbox
from sandbox.settings import SandboxSettings

SMALL = Limits(memory_bytes=64 << 20, processes=6, file_bytes=1 << 20)


def load_unsafe() -> ModuleType:
    path = Path(__file__).with_name("unsafe_sandbox.py")
    spec = importlib.util.spec_from_file_location("unsafe_sandbox", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


UnsafeSandbox = load_unsafe().UnsafeSandbox


def failed(checks: list[Check]) -> set[str]:
    return {check.name for check in checks if not check.ok}


async def test_canary_catches_a_sandbox_that_contains_nothing(
    plain_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    checks = await prove(UnsafeSandbox(plain_folder), plain_folder, SMALL)
    assert {
        "no write outside",
        "no read outside",
        "no host loopback",
        "no abstract socket",
        "no inherited environment",
        "protected: hooks",
        "protected: .apprentice",
        "memory is limited",
        "file size is limited",
        "processes are limited",
    } <= failed(checks)
    assert all(check.fix for check in checks if not check.ok)


async def test_canary_removes_what_it_wrote(plain_folder: Path) -> None:
    await prove(UnsafeSandbox(plain_folder), plain_folder, SMALL)
    assert not list(plain_folder.glob(".canary*"))
    assert not list(plain_folder.parent.glob(".canary*"))


async def test_canary_sees_limits_that_took_effect(plain_folder: Path) -> None:
    checks = await prove(UnsafeSandbox(plain_folder, with_limits=True), plain_folder, SMALL)
    assert not {"memory is limited", "file size is limited"} & failed(checks)


@pytest.mark.parametrize("output", ["", "nonsense", "[1, 2]"])
async def test_canary_fails_where_it_gets_no_answer(plain_folder: Path, output: str) -> None:
    sandbox = ScriptedSandbox([Completed(0, output, 1.0)])
    checks = await prove(sandbox, plain_folder)
    assert failed(checks)


async def test_canary_fails_where_the_sandbox_fails(plain_folder: Path) -> None:
    checks = await prove(ScriptedSandbox([SandboxError("engine gone")]), plain_folder)
    assert [check.detail for check in checks] == ["engine gone"]


async def test_A17_without_any_back_end_there_is_one_line_with_the_fix(plain_folder: Path) -> None:
    first = ScriptedSandbox(start_error=SandboxError("no bwrap; sudo apt-get install bubblewrap"))
    second = ScriptedSandbox(start_error=SandboxError("no engine; sudo systemctl start docker"))
    chosen = await choose(
        SandboxSettings(), Mount(plain_folder), {"bubblewrap": lambda: first, "docker": lambda: second}
    )
    assert chosen.sandbox is None
    assert "apt-get install bubblewrap" in chosen.problem and "start docker" in chosen.problem
    assert "\n" not in chosen.problem
    assert set(chosen.checks) == {"bubblewrap", "docker"}
    assert first.closed and second.closed


async def test_unproven_sandbox_is_closed_and_not_used(plain_folder: Path) -> None:
    unsafe = UnsafeSandbox(plain_folder)
    chosen = await choose(
        SandboxSettings(memory_mb=64, processes=6, file_mb=1), Mount(plain_folder), {"unsafe": lambda: unsafe}
    )
    assert chosen.sandbox is None
    assert unsafe.closed
    assert "unsafe: no write outside" in chosen.problem


async def test_off_starts_nothing(plain_folder: Path) -> None:
    chosen = await choose(SandboxSettings(engine="off"), Mount(plain_folder), {})
    assert chosen.sandbox is None
    assert 'engine = "auto"' in chosen.problem


async def test_A07_home_is_refused_by_every_back_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    chosen = await choose(SandboxSettings(), Mount(tmp_path.resolve()))
    assert chosen.sandbox is None
    assert chosen.problem.count("home folder") == 1


def test_order_and_choice_of_back_ends(plain_folder: Path) -> None:
    mount = Mount(plain_folder)
    assert list(makers(SandboxSettings(), mount)) == ["bubblewrap", "docker"]
    assert list(makers(SandboxSettings(engine="docker"), mount)) == ["docker"]
    for name, make in makers(SandboxSettings(), mount).items():
        made: Sandbox = make()
        assert made.name == name


async def test_A18_a_sandbox_that_was_lost_runs_nothing_until_it_is_proven_again() -> None:
    inner = ScriptedSandbox(
        [SandboxLost("gone"), Completed(0, "ran", 1.0), SandboxError("died"), Completed(0, "", 1.0)]
    )
    proofs: list[list[Check]] = [[Check("no network", False, "reached 1.1.1.1")], [Check("all", True)]]
    asked: list[int] = []

    async def prove_again() -> list[Check]:
        asked.append(len(inner.asked))
        return proofs.pop()

    sandbox = ProvenSandbox(inner, prove_again)
    assert (await sandbox.run(["a"])).output == "ran"
    assert asked == [1], "proven between the loss and the call"
    with pytest.raises(SandboxError, match="died"):
        await sandbox.run(["b"])
    for _ in range(2):
        proofs.append([Check("no network", False, "reached 1.1.1.1")])
        with pytest.raises(SandboxError, match=r"not proven again: no network: reached 1\.1\.1\.1"):
            await sandbox.run(["c"])
    assert [call.argv for call in inner.asked] == [("a",), ("a",), ("b",)]


async def test_scripted_sandbox_answers_in_order_and_remembers() -> None:
    heard: list[str] = []
    sandbox = ScriptedSandbox([Completed(3, "out", 1.0), SandboxError("gone")])
    await sandbox.start()
    first = await sandbox.run(["a", "b"], stdin=b"in", on_output=heard.append)
    assert (first.exit_code, heard) == (3, ["out"])
    assert sandbox.asked[0].argv == ("a", "b") and sandbox.asked[0].stdin == b"in"
    with pytest.raises(SandboxError):
        await sandbox.run(["c"])
    assert (await sandbox.run(["d"])).exit_code == 0
    await sandbox.close()
    assert sandbox.started and sandbox.closed


@pytest.mark.parametrize(
    "engine", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("bubblewrap", "docker")]
)
async def test_real_back_end_is_proven(
    engine: str, workspace: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if engine == "docker" and (host := request.getfixturevalue("docker_engine")):
        monkeypatch.setenv("DOCKER_HOST", host)
    chosen = await choose(SandboxSettings(engine=engine), Mount(workspace))
    assert chosen.problem == ""
    assert chosen.sandbox is not None and chosen.sandbox.name == engine
    assert len(chosen.checks[engine]) > 12
    await chosen.sandbox.close()
    assert sorted(path.name for path in workspace.iterdir()) == [".git", "main.py"]
