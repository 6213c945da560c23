"""``apprentice models`` over a hub on the loopback interface."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.cli.main import main
from tests.training.models.loopback_hub import COMMIT, Fault, LoopbackHub
from training.models import fitting
from training.models.catalogue import catalogue
from training.models.discovery import discover
from training.student.gguf import embedded_model

NAME = "maker/Tiny-GGUF:tiny-q8_0.gguf"
CONTENT = b"GGUF" + b"\0" * 100_000
KEYS = ["id", "name", "base", "adapter", "state", "path", "license", "memory_bytes", "fits", "recommended"]


pytestmark = pytest.mark.usefixtures("nothing_shipped")


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"APPRENTICE_{kind}_DIR", str(tmp_path / kind.lower()))
    monkeypatch.setenv("APPRENTICE_MODELS__ENDPOINTS", "[]")
    for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "OLLAMA_HOST", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "workspace"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    with LoopbackHub({NAME: CONTENT}) as started:
        monkeypatch.setenv("HF_ENDPOINT", started.url)
        yield started


def listed(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    capsys.readouterr()
    assert main(["models", "list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert all(list(one) == KEYS for one in found)
    return {one["id"]: one for one in found}


def settings(tmp_path: Path) -> dict[str, Any]:
    return tomllib.loads((tmp_path / "config" / "settings.toml").read_text())


def test_the_list_is_the_contract_and_readable(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "available_bytes", lambda: 3_000_000_000)
    monkeypatch.setattr(fitting, "cores", lambda: 2)
    found = listed(capsys)
    fits = [one["fits"] for one in found.values()]
    assert set(found) == set(catalogue()) and fits == sorted(fits, reverse=True)
    assert list(found)[:2] == ["embedded", "qwen2.5-coder-1.5b"]
    assert found["embedded"] == {
        "id": "embedded",
        "name": "SmolLM2-135M-Instruct",
        "base": "HuggingFaceTB/SmolLM2-135M-Instruct",
        "adapter": "",
        "state": "in use",
        "path": str(embedded_model()),
        "license": "Apache-2.0",
        "memory_bytes": 98_362_432 + 8192 * 23_040,
        "fits": True,
        "recommended": False,
    }
    assert main(["models", "list"]) == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[0].split() == ["ID", "STATE", "SIZE", "MEMORY", "FITS", "LICENCE"]
    assert lines[1].startswith("embedded            in use     98 MB   287 MB  yes   Apache-2.0")
    assert "RECOMMENDED HERE; code" in lines[2]
    assert lines[-2].startswith(
        "recommended: qwen2.5-coder-1.5b takes about 1.2 GB; this machine has 2 cores"
    )
    assert lines[-1].startswith("  apprentice models pull qwen2.5-coder-1.5b && apprentice models use")
    assert main(["models"]) == 0
    assert capsys.readouterr().out == out


def test_a_pull_without_a_name_needs_one_that_fits(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "available_bytes", lambda: 300_000_000)
    assert main(["models", "pull"]) == 2
    assert "no model of the catalogue is recommended" in capsys.readouterr().err


@pytest.mark.slow
def test_pull_list_info_and_rm(hub: LoopbackHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "pull", NAME]) == 0
    out, err = capsys.readouterr()
    path = tmp_path / "data" / "models" / "tiny-q8_0" / "tiny-q8_0.gguf"
    assert path.read_bytes() == CONTENT
    assert out == f"tiny-q8_0 is here: {path}\nto use it: apprentice models use tiny-q8_0\n"
    assert err == (
        "tiny-q8_0: 0 MB, licence apache-2.0 (https://huggingface.co/maker/base-model), "
        "from maker/Tiny-GGUF at 01234567\n"
    )
    assert listed(capsys)["tiny-q8_0"]["state"] == "installed"

    asked = len(hub.requests)
    assert main(["models", "pull", NAME, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["revision"] == COMMIT
    assert len(hub.requests) == asked

    assert main(["models", "rm", "tiny-q8_0"]) == 1
    assert "tiny-q8_0 was not removed; give --yes" in capsys.readouterr().err
    assert main(["models", "rm", "tiny-q8_0", "--yes"]) == 0
    assert not path.parent.exists() and "tiny-q8_0" not in listed(capsys)


def test_the_model_in_use_is_not_removed_without_force(
    hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "pull", NAME]) == 0
    monkeypatch.setenv("APPRENTICE_STUDENT__MODEL", "tiny-q8_0")
    assert main(["models", "rm", "tiny-q8_0", "--yes"]) == 1
    assert "APPRENTICE_STUDENT__MODEL" in capsys.readouterr().err
    assert listed(capsys)["tiny-q8_0"]["state"] == "in use"
    assert main(["models", "rm", "tiny-q8_0", "--yes", "--force"]) == 0
    assert listed(capsys)["tiny-q8_0"]["state"] == "missing"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("embedded", "is part of the installed program"),
        ("qwen3-4b", "is no model that was pulled"),
        ("own.gguf", "is no model that was pulled; a file of your own is yours to remove"),
        ("../../config", "is no model that was pulled"),
    ],
)
def test_what_was_not_pulled_is_not_removed(
    workspace: Path, capsys: pytest.CaptureFixture[str], name: str, said: str
) -> None:
    (workspace / "own.gguf").write_bytes(CONTENT)
    assert main(["models", "rm", name, "--yes", "--force"]) == 1
    assert said in capsys.readouterr().err
    assert (workspace / "own.gguf").exists()


def test_an_interrupt_says_how_to_go_on(
    hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from training.models import download

    def interrupted(self: object, chunk: bytes) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(download._Transfer, "_keep", interrupted)
        assert main(["models", "pull", NAME]) == 130
    assert f"stopped; `apprentice models pull {NAME}` goes on" in capsys.readouterr().err
    assert main(["models", "pull", NAME]) == 0


def test_J4_a_refusal_is_one_line_and_shows_no_token(
    hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_s3cretToken")
    hub.faults.append(Fault(status=403, headers={"X-Error-Code": "GatedRepo"}))
    assert main(["models", "pull", NAME]) == 1
    out, err = capsys.readouterr()
    assert out == "" and "s3cret" not in err
    assert err.splitlines()[-1].startswith("apprentice: maker/Tiny-GGUF is gated: accept its licence at http")


def test_E1_what_the_hub_says_does_not_reach_the_terminal(
    hub: LoopbackHub, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.license = "mit\x1b]52;c;x\x07"
    assert main(["models", "pull", NAME]) == 0
    assert main(["models", "list"]) == 0
    assert "\x1b" not in "".join(capsys.readouterr())


def test_info_of_what_is_not_here_is_the_catalogues(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "info", "qwen3-4b", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["license"], found["bytes"], found["path"]) == ("Apache-2.0", 2_497_280_256, "")
    assert found["memory_bytes"] == 2_497_280_256 + 8192 * 147_456
    assert main(["models", "info", "qwen3-4b"]) == 0
    assert "not here; apprentice models pull qwen3-4b" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["info", "use", "calibrate"])
def test_an_unknown_model_is_one_line(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert main(["models", command, "nonsense"]) == 1
    assert "'nonsense' is no model here" in capsys.readouterr().err


def test_a_server_is_found_and_used(
    hub: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.served_models = ["first", "second:1b"]
    monkeypatch.setenv("APPRENTICE_MODELS__ENDPOINTS", f'["{hub.url}/v1"]')
    monkeypatch.setattr(discover, "__defaults__", (30.0,))  # seconds of patience
    address = f"{hub.url}/v1#second:1b"
    assert listed(capsys)[address]["state"] == "endpoint"
    assert main(["models", "use", address]) == 0
    assert capsys.readouterr().out.startswith("the student is second:1b")
    assert settings(tmp_path)["student"] == {"model": address}
    assert listed(capsys)[address]["state"] == "in use"
    assert main(["models", "info"]) == 1
    assert "is a server" in capsys.readouterr().err


def test_a_server_that_is_not_there_is_not_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "use", "http://127.0.0.1:1/v1"]) == 1
    assert "cannot be reached" in capsys.readouterr().err
    assert not (tmp_path / "config" / "settings.toml").exists()


def test_what_belonged_to_the_model_before_is_emptied_and_said(
    hub: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.served_models = ["first"]
    (tmp_path / "config").mkdir(mode=0o700)
    (tmp_path / "config" / "settings.toml").write_text(
        '[student]\nadapter = "/a.gguf" # mine\nname = "old"\n'
    )
    monkeypatch.setenv("APPRENTICE_STUDENT__MODEL", "elsewhere")
    assert main(["models", "use", f"{hub.url}/v1"]) == 0
    err = capsys.readouterr().err
    assert "student.adapter was /a.gguf and is empty now" in err
    assert "the student here is still elsewhere, set by environment variable APPRENTICE_STUDENT__MODEL" in err
    assert settings(tmp_path)["student"] == {"adapter": "", "name": "", "model": f"{hub.url}/v1"}


@pytest.mark.gguf
def test_the_real_thing_is_pulled_used_and_looked_into(
    hub: LoopbackHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.files = {"maker/Real-GGUF:real-q4_1.gguf": embedded_model().read_bytes()}
    hub.faults.append(Fault(cut=30_000_000))
    assert main(["models", "pull", "maker/Real-GGUF:real-q4_1.gguf"]) == 0
    assert main(["models", "use", "real-q4_1"]) == 0
    assert "the student is real-q4_1, a window of 8,192 tokens" in capsys.readouterr().out
    assert settings(tmp_path)["student"]["model"] == "real-q4_1"
    assert main(["models", "info", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["id"], found["architecture"], found["quantization"]) == ("real-q4_1", "llama", "Q4_1")
    assert found["sha256"] == catalogue()["embedded"].sha256
    # The base alone may propose a write, which nobody is there to allow.
    assert main(["-p", "hello", "--max-steps", "1", "--json"]) in (0, 3)
    assert json.loads(capsys.readouterr().out)["answer"]


@pytest.mark.gguf
def test_a_damaged_model_is_not_set(
    hub: LoopbackHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "pull", NAME]) == 0
    assert main(["models", "use", "tiny-q8_0"]) == 1
    assert "cannot load this file" in capsys.readouterr().err
    assert not (tmp_path / "config" / "settings.toml").exists()


@pytest.mark.gguf
def test_calibrate_shows_what_was_tried(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "calibrate", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["best"] in found["trials"]
    assert main(["models", "info"]) == 0
    shown = capsys.readouterr().out
    assert "tokens/s" in shown and "8,192 tokens" in shown
