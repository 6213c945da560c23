"""The arrows between the packages point down, and nothing heavy is imported to open a chat."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = [
    "torch",
    "transformers",
    "peft",
    "accelerate",
    "sentence_transformers",
    "sklearn",
    "dspy",
    "docker",
    "openai",
    "anthropic",
    "llama_cpp",
    "huggingface_hub",
]

# Run by name or handed to an interpreter as they are, never imported.
PROGRAMS = ["assistant.__main__", "sandbox.image.__main__", "sandbox.probe"]


def run(
    body: str, *arguments: str, folder: Path = ROOT, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", body, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=environment,
        timeout=100,
    )


LINT = "import sys; sys.path.insert(0, ''); from importlinter.cli import lint_imports_command as c; c()"


@pytest.mark.slow
def test_imports_only_go_down() -> None:
    linted = run(LINT, "--no-cache")
    assert linted.returncode == 0, linted.stdout
    assert "Contracts: 1 kept, 0 broken." in linted.stdout


def test_the_contract_covers_the_four_packages_in_their_order() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = ["assistant", "training", "tools", "sandbox"]
    assert declared["root_packages"] == layers
    (contract,) = declared["contracts"]
    assert (contract["type"], contract["layers"]) == ("layers", layers)
    assert "ignore_imports" not in contract


def test_the_contract_sees_an_import_that_goes_up(tmp_path: Path) -> None:
    for package in ("assistant", "training", "tools", "sandbox"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    (tmp_path / "tools" / "__init__.py").write_text("import training\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    linted = run(LINT, "--no-cache", folder=tmp_path)
    assert linted.returncode == 1
    assert "0 kept, 1 broken" in linted.stdout


@pytest.mark.parametrize("module", ["assistant.tui.app", "assistant.repl", "assistant.oneshot"])
@pytest.mark.slow
def test_an_interface_imports_nothing_heavy(module: str) -> None:
    done = run(f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])")
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.slow
def test_building_a_chat_imports_nothing_heavy(tmp_path: Path) -> None:
    body = f"""
import sys
from pathlib import Path
from assistant.settings import load_settings
from assistant.wiring import build_chat

workspace = Path(sys.argv[1])
chat = build_chat(load_settings(workspace), workspace)
print(chat.status().student_state, [name for name in {HEAVY!r} if name in sys.modules])
"""
    done = run(body, str(tmp_path))
    assert done.stdout.strip() == "starting []", done.stderr


@pytest.mark.slow
def test_importing_every_module_does_no_work(tmp_path: Path) -> None:
    body = f"""
import importlib, pkgutil, sys, threading
sys.path.insert(0, {str(ROOT)!r})
number = 0
for package in ("sandbox", "tools", "training", "assistant"):
    for found in pkgutil.walk_packages(importlib.import_module(package).__path__, package + "."):
        if found.name not in {PROGRAMS!r}:
            importlib.import_module(found.name)
            number += 1
assert number > 100, number
assert threading.active_count() == 1
"""
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    done = run(body, folder=tmp_path, environment=environment)
    assert done.returncode == 0, done.stderr
    assert (done.stdout, done.stderr) == ("", "")
    assert list(tmp_path.iterdir()) == []
