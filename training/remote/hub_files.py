"""What a run on Hugging Face is sent: the examples as they are, the prompt, what to do, and the program that
does it. And back again: what it gave, as if it had been trained here.

Invariant: nothing of it is secret. A run that came back names the files of this machine, with the digests
that the other machine found, so that an export notices if they are not the same.
"""

import shutil
from importlib import resources
from pathlib import Path
from typing import Any

import orjson

from training.finetune.package import package_elsewhere
from training.finetune.preparation import examples, readable
from training.jobs.base import JobError
from training.models.catalogue import EMBEDDED, catalogue
from training.remote.base import Sent
from training.remote.order import RemoteOrder
from training.student.gguf import ModelFileError, check_model_file, model_path

ORDER, PROGRAM, RUN = "order.json", "run.py", "run.json"
_TRAINING, _VALIDATION = "train.jsonl", "validation.jsonl"


def base_path(base: str) -> Path:
    """The file of a base that can be had there and is here. Raises JobError."""
    if base != EMBEDDED and base not in catalogue():
        raise JobError(f"{base} cannot be pulled there; take a base that `apprentice models list` shows")
    try:
        path = model_path(base)
        check_model_file(path)
    except ModelFileError as error:
        raise JobError(f"{error}; what comes back is proven on it: apprentice models pull {base}") from None
    return path


def write_hub_files(order: RemoteOrder, folder: Path) -> Sent:
    """Raises JobError, OSError."""
    base_path(order.base)
    training, validation = map(readable, examples(order.files, order.settings))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = {"training": folder / _TRAINING, "prompt": folder / "prompt.toml", "order": folder / ORDER}
    shutil.copyfile(order.training, files["training"])
    if order.validation is not None:
        files["validation"] = folder / _VALIDATION
        shutil.copyfile(order.validation, files["validation"])
    files["prompt"].write_text(order.prompt, "utf-8")
    files["program"] = folder / PROGRAM
    files["program"].write_text(resources.files("training.remote").joinpath("on_hub.py").read_text("utf-8"))
    _write_order(order, files["order"])
    return Sent(files, len(training), len(validation))


def _write_order(order: RemoteOrder, path: Path) -> None:
    document = {
        "name": order.name,
        "base": order.base,
        "settings": order.settings.model_dump(mode="json", exclude_unset=True),
        "package": _package(order.place.package),
    }
    path.write_bytes(orjson.dumps(document))


def _package(given: str) -> str:
    try:
        return package_elsewhere(given)
    except JobError as error:
        raise JobError(f"remote.package: {error}") from None


def name_repo(path: Path, repo: str) -> None:
    """Where the program pushes to, once that is known."""
    document = orjson.loads(path.read_bytes())
    path.write_bytes(orjson.dumps({**document, "repo": repo}))


def bring_home(order: RemoteOrder, folder: Path) -> None:
    """Let ``run.json`` name the files of this machine. Raises JobError where it is no run."""
    path = folder / RUN
    try:
        document: dict[str, Any] = orjson.loads(path.read_bytes())
        asked, digests = document["order"], document["order"]["digests"]
        here = {
            "training": order.training,
            "validation": order.validation,
            "base_path": base_path(order.base),
        }
        for name, local in here.items():
            there = asked.get(name)
            asked[name] = None if local is None else str(local)
            if there is not None and local is not None:
                digests[str(local)] = digests.pop(there)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise JobError(f"what came back is no run: {path.name}: {type(error).__name__} {error}") from None
    path.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")
