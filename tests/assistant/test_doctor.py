"""What the doctor finds, and that one failing examination never hides another."""

import http.server
import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import doctor
from assistant.cli.main import main
from assistant.doctor import ESSENTIAL, chat_works, examine, gathered
from assistant.settings import Settings
from sandbox.base import Check, Mount, SandboxError
from sandbox.packages import install_extra
from sandbox.settings import SandboxSettings
from sandbox.workspace import check_mount
from tests.training.registry.students import parts
from training.models.calibration import Calibration, Trial, calibrations_dir, cores, keep, runtime
from training.models.files import sha256
from training.registry import Base
from training.registry.serving import own_registry
from training.student.settings import StudentSettings

OFF = SandboxSettings(engine="off")


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"APPRENTICE_{kind}_DIR", str(tmp_path / kind.lower()))
    monkeypatch.setenv("TERM", "xterm-256color")
    folder = tmp_path / "workspace"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF" + b"\0" * 4096)
    return path


async def examined(settings: Settings, workspace: Path) -> dict[str, Check]:
    checks = await examine(settings, workspace)
    assert len({check.name for check in checks}) == len(checks)
    for check in checks:
        assert check.ok or check.fix, check
        assert "\n" not in check.detail + check.fix
    return {check.name: check for check in checks}


def local(model: object = "embedded", adapter: object = "") -> Settings:
    return Settings(student=StudentSettings(model=str(model), adapter=str(adapter)), sandbox=OFF)


@pytest.mark.slow
async def test_the_embedded_student_is_found(workspace: Path) -> None:
    checks = await examined(local(), workspace)
    assert checks["student runtime"].ok
    assert checks["student runtime"].detail.startswith("llama-cpp-python 0.")
    assert checks["student model"].ok
    assert "MiB" in checks["student model"].detail
    assert chat_works(list(checks.values()))


@pytest.mark.slow
async def test_a_model_of_the_person_is_looked_at(workspace: Path, gguf: Path) -> None:
    checks = await examined(local(gguf, gguf), workspace)
    assert checks["student model"] == Check("student model", True, "model.gguf, 0 MiB")
    assert checks["student adapter"].ok


@pytest.mark.slow
async def test_G11_what_the_first_load_found_out_is_said(workspace: Path, gguf: Path) -> None:
    folder = calibrations_dir()
    known = Calibration(
        sha256=sha256(gguf, folder),
        measured_at="2026-11-20T12:00:00+00:00",
        cores=cores(),
        runtime=runtime(),
        model_context_tokens=40_960,
        fitting_tokens=40_960,
        context_tokens=8192,
        kv_bytes_per_token=1000,
        weights_bytes=1000,
        memory_bytes=1000,
        load_s=1.0,
        busy=False,
        quick=True,
        trials=(Trial(threads=1, batch=64, prefill_tokens_per_s=90, decode_tokens_per_s=30),),
    )
    keep(known)
    checks = await examined(local(gguf), workspace)
    assert checks["student model"].detail == (
        "model.gguf, 0 MiB; a context of 8,192 tokens of the model's 40,960; "
        "student.context_tokens sets it; writes 30 tokens/s"
    )


@pytest.mark.slow
async def test_the_student_that_is_deployed_is_looked_at(workspace: Path, gguf: Path, tmp_path: Path) -> None:
    base = Base(model=str(gguf), sha256=sha256(gguf, calibrations_dir()))
    student = own_registry().add(parts(tmp_path, "one", base=base))
    own_registry().deploy(student.id)
    checks = await examined(local(gguf), workspace)
    assert checks["student model"].ok
    assert checks["student adapter"].detail == f"adapter.gguf, 0 MiB, of the student {student.id}"
    (student.folder / "prompt.toml").write_text("")
    model = (await examined(local(gguf), workspace))["student model"]
    assert not model.ok and model.fix == "apprentice models rollback"
    assert model.detail.startswith(f"student {student.id} (one) is damaged: prompt.toml is not what was")


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "No such file"), (b"", "empty"), (b"<html>" * 20, "web page"), (b"GGUF\0", "cut off")],
)
@pytest.mark.slow
async def test_H1_a_model_file_that_cannot_serve(
    workspace: Path, tmp_path: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "broken.gguf"
    if content is not None:
        path.write_bytes(content)
    checks = await examined(local(path), workspace)
    check = checks["student model"]
    assert not check.ok
    assert said in check.detail
    assert check.detail.endswith("(set by: built-in)")
    assert check.fix == "apprentice config set student.model embedded"
    assert not chat_works(list(checks.values()))


async def test_a_broken_adapter_names_its_own_setting(workspace: Path, tmp_path: Path) -> None:
    checks = await examined(local(adapter=tmp_path / "none.gguf"), workspace)
    assert not checks["student adapter"].ok
    assert checks["student adapter"].fix == "apprentice config set student.adapter ''"


class Endpoint(http.server.BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/v1/models" else 404)
        self.end_headers()
        self.wfile.write(b'{"data": [{"id": "tiny", "max_model_len": 4096}]}')

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def endpoint() -> Iterator[http.server.HTTPServer]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("path", ["/v1/", "/v1", ""])
async def test_a_remote_student_is_asked_who_it_is(
    workspace: Path, endpoint: http.server.HTTPServer, path: str
) -> None:
    checks = await examined(local(f"http://127.0.0.1:{endpoint.server_port}{path}"), workspace)
    assert checks["student model"].ok
    assert checks["student model"].detail.startswith("tiny at http://127.0.0.1:")
    assert "4,096 tokens" in checks["student model"].detail
    assert "student runtime" not in checks


@pytest.mark.parametrize(("status", "fix"), [(401, "OPENAI_API_KEY"), (503, "log of that server")])
async def test_a_remote_student_that_refuses(
    workspace: Path, endpoint: http.server.HTTPServer, monkeypatch: pytest.MonkeyPatch, status: int, fix: str
) -> None:
    monkeypatch.setattr(Endpoint, "status", status)
    checks = await examined(local(f"http://127.0.0.1:{endpoint.server_port}/v1/"), workspace)
    assert not checks["student model"].ok
    assert f"({status})" in checks["student model"].detail
    assert fix in checks["student model"].fix


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v1", "http://[::1", "http://"])
async def test_a_remote_student_that_is_not_there(workspace: Path, url: str) -> None:
    checks = await examined(local(url), workspace)
    assert not checks["student model"].ok
    assert "cannot be reached" in (said := checks["student model"].detail) or "not an address" in said
    assert "apprentice config set student.model embedded" in checks["student model"].fix


async def test_a_runtime_that_aborts_takes_nothing_along(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'Illegal instruction'\nkill -ILL $$\n")
    python.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(python))
    checks = await examined(local(), workspace)
    assert not checks["student runtime"].ok
    assert "Illegal instruction" in checks["student runtime"].detail
    assert "pip install --force-reinstall" in checks["student runtime"].fix
    assert not chat_works(list(checks.values()))


async def test_a_program_that_hangs_is_ended(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    for name in ("rg", "git"):
        program = tmp_path / "bin" / name
        program.write_text("#!/bin/sh\nexec sleep 60\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setattr(doctor, "PROGRAM_WAIT_S", 0.1)
    checks = {check.name: check for check in await doctor._programs(workspace)}
    assert "gave no answer" in checks["ripgrep"].detail
    assert not checks["git"].ok


@pytest.mark.slow
async def test_programs_that_are_missing_have_their_command(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    checks = await examined(local(), workspace)
    assert checks["ripgrep"].fix == "apt-get install -y ripgrep"
    assert checks["git"].fix == "apt-get install -y git"
    assert "slower search" in checks["ripgrep"].detail
    assert chat_works(list(checks.values()))


@pytest.mark.slow
async def test_a_sandbox_that_is_switched_off_is_said_and_not_fatal(workspace: Path) -> None:
    checks = await examined(local(), workspace)
    assert checks["sandbox"].detail == "off by built-in: the student cannot run anything"
    assert chat_works(list(checks.values()))


@pytest.mark.slow
async def test_a_sandbox_that_cannot_start_is_said_with_its_command_and_not_fatal(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    checks = await examined(Settings(sandbox=SandboxSettings(engine="bubblewrap")), workspace)
    assert not checks["sandbox"].ok
    assert checks["sandbox"].detail.startswith("no sandbox is proven: ")
    assert "apt-get install" in checks["sandbox"].fix
    assert not checks["bubblewrap: start"].ok
    assert chat_works(list(checks.values()))


@pytest.mark.bubblewrap
async def test_a_proven_sandbox_is_shown_with_every_line_of_its_canary(workspace: Path) -> None:
    checks = await examined(Settings(sandbox=SandboxSettings(engine="bubblewrap")), workspace)
    assert checks["sandbox"] == Check("sandbox", True, "bubblewrap, proven by its canary")
    assert len([name for name in checks if name.startswith("bubblewrap: ")]) > 5


@pytest.mark.parametrize("term", ["", "dumb"])
@pytest.mark.slow
async def test_M6_a_terminal_without_a_kind(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, term: str
) -> None:
    monkeypatch.setenv("TERM", term)
    checks = await examined(local(), workspace)
    assert not checks["terminal"].ok
    assert "--plain" in checks["terminal"].fix


@pytest.mark.parametrize(
    ("variables", "colours"),
    [
        ({"NO_COLOR": "1", "COLORTERM": "truecolor"}, "off by NO_COLOR"),
        ({"COLORTERM": "truecolor"}, "16 million"),
        ({"COLORTERM": "", "TERM": "screen-256color"}, "256"),
        ({"COLORTERM": "", "TERM": "vt220"}, "16"),
    ],
)
async def test_colours(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], colours: str
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert {check.name: check.detail for check in await doctor._terminal()}["terminal colours"] == colours


@pytest.mark.parametrize(("columns", "rows", "ok"), [(80, 24, True), (79, 24, False), (200, 23, False)])
async def test_the_size_of_the_window(
    monkeypatch: pytest.MonkeyPatch, columns: int, rows: int, ok: bool
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("LINES", str(rows))
    size = {check.name: check for check in await doctor._terminal()}["terminal size"]
    assert (size.ok, size.detail) == (ok, f"{columns}x{rows}")


@pytest.mark.slow
async def test_a_data_folder_that_cannot_be_written_is_fatal(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("APPRENTICE_DATA_DIR", str(tmp_path / "file" / "data"))
    checks = await examined(local(), workspace)
    assert not checks["data folders"].ok
    assert "APPRENTICE_DATA_DIR" in checks["data folders"].detail
    assert not chat_works(list(checks.values()))


async def test_a_full_disk_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "DISK_BYTES", 1 << 60)
    checks = {check.name: check for check in await doctor._folders()}
    assert checks["data folders"].ok
    assert not checks["disk"].ok
    assert checks["disk"].detail.endswith("GiB free")


async def test_the_training_extra_has_its_command(workspace: Path) -> None:
    (check,) = await doctor._training()
    if not check.ok:
        assert check.fix == install_extra("train")
        assert "fine-tuning does not" in check.detail


async def test_one_part_that_raises_does_not_stop_the_others() -> None:
    async def works() -> list[Check]:
        return [Check("a", True), Check("b", True)]

    async def raises() -> list[Check]:
        raise RuntimeError("no such luck")

    checks = await gathered({"first": raises, "second": works})
    assert checks == [
        Check("first", False, "cannot be examined: RuntimeError: no such luck"),
        Check("a", True),
        Check("b", True),
    ]


def test_only_what_is_essential_is_fatal() -> None:
    assert chat_works([Check("sandbox", False), Check("git", False), Check("student model", True)])
    for name in ESSENTIAL:
        assert not chat_works([Check(name, False)])


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runtime is loaded in a process of its own, which takes a second."""

    async def runtime() -> Check:
        return Check("student runtime", True)

    monkeypatch.setattr(doctor, "_runtime", runtime)


def reported(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    assert main(["--sandbox", "off", "doctor", "--json"]) == 1
    captured = capsys.readouterr()
    assert captured.err == ""
    report = json.loads(captured.out)
    assert report["ok"] is False
    checks: list[dict[str, object]] = report["checks"]
    assert {"student model", "terminal", "data folders"} <= {check["name"] for check in checks}
    return [check for check in checks if not check["ok"]]


@pytest.mark.parametrize(
    ("content", "said", "fix"),
    [
        ("mode = [broken", "settings.toml:1: not valid TOML", "correct line 1, or start without it: mv "),
        ("\nnosuch = 1", "settings.toml:2: unknown key 'nosuch'", "correct line 2, or "),
        ("mode = 'auto'\n[loop]\nmax_steps = 0", "settings.toml:3: loop.max_steps", "correct line 3, or "),
    ],
)
@pytest.mark.usefixtures("quick")
def test_broken_settings_are_a_check_that_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, said: str, fix: str
) -> None:
    (tmp_path / "config").mkdir(mode=0o700)
    file = tmp_path / "config" / "settings.toml"
    file.write_text(content)
    file.chmod(0o600)
    failed = {check["name"]: check for check in reported(capsys)}
    assert said in str(failed["settings"]["detail"])
    assert str(failed["settings"]["fix"]).startswith(fix)


@pytest.mark.usefixtures("quick")
def test_every_damaged_source_is_named_and_the_others_are_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").mkdir(mode=0o700)
    (tmp_path / "config" / "settings.toml").write_bytes(b"\xff")
    monkeypatch.setenv("APPRENTICE_PERMISSIONS__ALLOW", "no list")
    settings = [check for check in reported(capsys) if check["name"] == "settings"]
    assert "not UTF-8" in str(settings[0]["detail"])
    assert settings[1]["fix"] == "unset APPRENTICE_PERMISSIONS__ALLOW"
    assert "off by command line" in str(doctor_sandbox(capsys)["detail"])


def doctor_sandbox(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    return next(check for check in reported(capsys) if check["name"] == "sandbox")


@pytest.mark.parametrize("kind", ["CONFIG", "DATA", "STATE", "CACHE"])
@pytest.mark.usefixtures("quick")
def test_a_folder_that_cannot_be_used_is_named_with_its_variable(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv(f"APPRENTICE_{kind}_DIR", "relative")
    folders = next(check for check in reported(capsys) if check["name"] == "data folders")
    assert folders["detail"] == f"APPRENTICE_{kind}_DIR is 'relative': give an absolute path"
    assert folders["fix"] == f"unset APPRENTICE_{kind}_DIR"


@pytest.mark.usefixtures("quick")
def test_a_home_that_is_a_file_is_not_taken_for_a_damaged_student(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"APPRENTICE_{kind}_DIR", str(tmp_path / "file" / kind))
    failed = {str(check["name"]): check for check in reported(capsys)}
    assert failed["data folders"]["fix"] == "export HOME=/a/folder/you/own"
    assert "student model" not in failed


def test_without_a_home_the_sandbox_says_so(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", unknown)
    with pytest.raises(SandboxError, match=r"your home folder is not known.*; export HOME="):
        check_mount(Mount(root=workspace))


@pytest.mark.slow
def test_the_command_prints_a_line_per_check_and_what_mends_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--sandbox", "off", "doctor"]) == 0
    out = capsys.readouterr().out
    assert "ok    student model" in out
    assert "FAIL  sandbox" in out
    assert "-> apprentice config set sandbox.engine auto" in out
    assert out.endswith("The chat works here.\n")


@pytest.mark.slow
def test_the_command_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--sandbox", "off", "doctor", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is True
    assert {"name", "ok", "detail", "fix"} == set(report["checks"][0])


@pytest.mark.parametrize("flags", [[], ["--json"]])
@pytest.mark.slow
def test_a_chat_that_cannot_work_is_exit_code_1(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, flags: list[str]
) -> None:
    arguments = ["--sandbox", "off", "-m", str(tmp_path / "none.gguf"), "doctor", *flags]
    assert main(arguments) == 1
    assert "none.gguf" in capsys.readouterr().out


async def test_the_terminal_is_seen_behind_what_the_chat_captures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    captured = object()  # as the full-screen chat puts it there: without an encoding
    monkeypatch.setattr(doctor.sys, "stdout", captured)
    found = {check.name: check for check in await doctor._terminal()}
    assert found["UTF-8"].detail == (sys.__stdout__.encoding if sys.__stdout__ else "unknown")
