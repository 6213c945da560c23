"""A run as a notebook for Google Colab: the same order on a GPU that is lent, with all of it on one's Drive.

Invariant: it holds no secret and none of the data; what it trains follows from the same settings as here. A
runtime that is taken away costs what came after the last checkpoint: run again, it goes on.
"""

from typing import Any

from training.finetune.order import Order
from training.finetune.package import package_elsewhere
from training.jobs.base import JobError
from training.models.catalogue import EMBEDDED, catalogue

_DRIVE = "/content/drive"
FOLDER = f"{_DRIVE}/MyDrive/apprentice"
DATA = f"{FOLDER}/data"


def notebook(asked: Order, package: str = "") -> dict[str, Any]:
    """As JSON of format 4. ``package`` is the program there: a wheel on the Drive, a URL, or a commit.

    Raises JobError where the base or the program cannot be had there.
    """
    try:
        requirement = package_elsewhere(package, wheels=FOLDER)
    except JobError as error:
        raise JobError(f"--package: {error}") from None
    if asked.base != EMBEDDED and asked.base not in catalogue():
        raise JobError(
            f"{asked.base} cannot be pulled there; take a base that `apprentice models list` shows"
        )
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "accelerator": "GPU",
            "colab": {"name": f"{asked.name}.ipynb"},
            "kernelspec": {"name": "python3", "display_name": "Python 3"},
        },
        "cells": [
            _cell(number, kind, text) for number, (kind, text) in enumerate(_cells(asked, requirement))
        ],
    }


def _cells(asked: Order, requirement: str) -> list[tuple[str, str]]:
    wheel = requirement.removeprefix(f"{FOLDER}/").removesuffix("[train]")
    put = f", `{wheel}` into `apprentice`" if requirement.startswith(FOLDER) else ""
    return [
        (
            "markdown",
            f"# {asked.name}: tune {asked.base}\n\n"
            f"Choose a runtime with a GPU, put `{asked.training.name}` into `apprentice/data` on your Drive"
            f"{put}, and run all cells. A runtime that is taken away: run all cells again.",
        ),
        ("code", f"from google.colab import drive\n\ndrive.mount({_DRIVE!r})"),
        ("code", _install(requirement)),
        ("code", _prepare(asked)),
        ("code", _train(asked)),
        ("code", _export()),
    ]


def _install(requirement: str) -> str:
    return (
        "import subprocess\nimport sys\n\n"
        "def run(*command):\n"
        "    subprocess.run([sys.executable, '-m', *command], check=True)\n\n"
        f"run('pip', 'install', '-q', {requirement!r}, 'bitsandbytes')"
    )


def _prepare(asked: Order) -> str:
    return (
        "import os\nfrom pathlib import Path\n\n"
        f"folder = Path({FOLDER!r})\n"
        "folder.mkdir(parents=True, exist_ok=True)\n"
        "os.environ['APPRENTICE_DATA_DIR'] = str(folder / 'apprentice')\n"
        f"(folder / 'prompt.toml').write_text({asked.prompt!r})"
        + ("" if asked.base == EMBEDDED else f"\nrun('assistant', 'models', 'pull', {asked.base!r})")
    )


def _train(asked: Order) -> str:
    changed = asked.settings.model_dump(mode="json", exclude_defaults=True)
    options = [f"--set={name}={value}" for name, value in sorted(changed.items())]
    return (
        "import json\n\n"
        "known = subprocess.run([sys.executable, '-m', 'assistant', 'jobs', 'list', '--json'],\n"
        "                       capture_output=True, text=True, check=True)\n"
        "runs = [job for job in json.loads(known.stdout) if job['spec']['kind'] == 'finetune']\n"
        "if runs and runs[0]['state'] != 'done':\n"
        "    run('assistant', 'jobs', 'resume', runs[0]['id'])\n"
        "    run('assistant', 'jobs', 'watch', runs[0]['id'])\n"
        "elif not runs:\n"
        f"    run('assistant', 'train', 'run', '--data', {DATA!r}, '--base', {asked.base!r}, '--yes',\n"
        f"        '--name', {asked.name!r}, '--prompt', str(folder / 'prompt.toml'), *{options!r})"
    )


def _export() -> str:
    return "run('assistant', 'train', 'export', 'last')"


def _cell(number: int, kind: str, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": kind,
        "id": f"cell-{number}",
        "metadata": {},
        "source": text.splitlines(keepends=True),
    }
    return {**cell, "outputs": [], "execution_count": None} if kind == "code" else cell
