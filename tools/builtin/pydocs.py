"""What Python sources say of themselves: names, signatures, docstrings.

Invariant: sources are parsed with ``ast``, never imported or run. The exception is a module of the standard
library that a query names: much of it is compiled or taken from elsewhere (``os.path``, ``math``), so it is
imported, from the standard library's own folders only. What was parsed is kept for the process, by path and
time.
"""

import ast
import functools
import inspect
import site
import sys
import sysconfig
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

_LARGEST_SOURCE = 1 << 20
_DEEPEST_IMPORT = 3
_NOT_INDEXED = frozenset({"test", "idlelib", "lib2to3", "turtledemo", "ensurepip", "this", "antigravity"})
_NOT_IMPORTED = _NOT_INDEXED | {"readline", "rlcompleter", "site", "sitecustomize", "usercustomize"}
"""Modules that act when they are imported: on the terminal, with a browser, on the import path."""


@dataclass(frozen=True)
class Topic:
    """One documented name. ``signature`` is as one would call it; ``doc`` the cleaned docstring."""

    name: str
    signature: str
    doc: str


@dataclass(frozen=True)
class _Source:
    """One parsed module. ``imports`` are (local name or ``*``, module with leading dots, name there)."""

    topics: tuple[Topic, ...]
    imports: tuple[tuple[str, str, str], ...]
    is_package: bool


@dataclass(frozen=True)
class Library:
    """The folders that Python modules are found in, in order."""

    folders: tuple[Path, ...]

    @classmethod
    def of(cls, workspace: Path) -> "Library":
        """The workspace's own environment first, then this program's, then the standard library."""
        own = [
            folder
            for name in (".venv", "venv")
            for folder in sorted(workspace.glob(f"{name}/lib/python3*/site-packages"))
            if not (workspace / name).is_symlink()
        ]
        paths = sysconfig.get_paths()
        installed = [Path(paths["purelib"]), Path(paths["platlib"]), *map(Path, site.getsitepackages())]
        return cls(tuple(dict.fromkeys([*own, *installed, Path(paths["stdlib"])])))

    def named(self, names: list[str], deadline: float) -> list[Topic]:
        """All topics of the modules that a query names, such as ``json.dumps`` or ``pathlib``."""
        topics: list[Topic] = []
        for name in names:
            parts = name.split(".")
            for count in range(len(parts), 0, -1):
                module = ".".join(parts[:count])
                found = self.module(module, deadline)
                known = {topic.name for topic in found}
                found = (*found, *(topic for topic in _imported(module) if topic.name not in known))
                if found:
                    topics += found
                    break
            if hasattr(sys.modules["builtins"], parts[0]):
                topics += _loaded("builtins")
        return topics

    def standard(self, deadline: float) -> list[Topic]:
        """All topics of the standard library's plain modules, as far as the time reaches."""
        topics: list[Topic] = list(_loaded("builtins"))
        for name in sorted(sys.stdlib_module_names):
            if time.monotonic() > deadline:
                break
            if not name.startswith("_") and name not in _NOT_INDEXED:
                topics += self.module(name, deadline)
        return topics

    def module(self, name: str, deadline: float, depth: int = 0) -> tuple[Topic, ...]:
        """The topics of one module with what it takes over from its own package; empty where unknown."""
        path = self._file(name)
        if path is None:
            return _loaded(name) if name in sys.stdlib_module_names else ()
        source = _parsed(path, name, path.stat().st_mtime_ns)
        if depth == _DEEPEST_IMPORT:
            return source.topics
        taken = (
            replace(
                topic,
                name=f"{name}.{rest}",
                signature=topic.signature.replace(topic.name, f"{name}.{rest}", 1),
            )
            for topic, rest in self._taken_over(name, source, deadline, depth)
        )
        return (*source.topics, *taken)

    def _taken_over(
        self, name: str, source: _Source, deadline: float, depth: int
    ) -> Iterator[tuple[Topic, str]]:
        package = name if source.is_package else name.rpartition(".")[0]
        for local, module, original in source.imports:
            if time.monotonic() > deadline:
                return
            origin = _absolute(module, package)
            if not origin or origin.split(".")[0] != name.split(".")[0] or origin == name:
                continue
            wanted = f"{origin}.{original}"
            for topic in self.module(origin, deadline, depth + 1):
                rest = topic.name.removeprefix(f"{origin}.")
                if original == "*":
                    yield topic, rest
                elif topic.name == wanted or topic.name.startswith(f"{wanted}."):
                    yield topic, local + topic.name[len(wanted) :]

    def _file(self, name: str) -> Path | None:
        relative = name.replace(".", "/")
        for folder in self.folders:
            for path in (folder / relative / "__init__.py", folder / f"{relative}.py"):
                if path.is_file():
                    return path
        return None


@functools.lru_cache(maxsize=1024)
def _parsed(path: Path, module: str, modified_ns: int) -> _Source:
    """``modified_ns`` makes a changed file another entry of the cache."""
    is_package = path.name == "__init__.py"
    with path.open("rb") as file:
        content = file.read(_LARGEST_SOURCE + 1)
    try:
        tree = ast.parse(content if len(content) <= _LARGEST_SOURCE else b"")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _Source((), (), is_package)
    topics = [Topic(module, f"module {module}", ast.get_docstring(tree) or "")]
    imports: list[tuple[str, str, str]] = []
    for node in _top_level(tree.body):
        if isinstance(node, ast.ImportFrom):
            source = "." * node.level + (node.module or "")
            imports += [(alias.asname or alias.name, source, alias.name) for alias in node.names]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            topics.append(_function(node, f"{module}.{node.name}"))
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            topics += _class(node, f"{module}.{node.name}")
    return _Source(tuple(topics), tuple(imports), is_package)


def _top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements of a module, those under ``if`` and ``try`` too."""
    for node in body:
        if isinstance(node, ast.If | ast.Try):
            yield from _top_level([*node.body, *node.orelse])
        else:
            yield node


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> Topic:
    result = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    prefix = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
    return Topic(name, f"{prefix}{name}({ast.unparse(node.args)}){result}", ast.get_docstring(node) or "")


def _class(node: ast.ClassDef, name: str) -> Iterator[Topic]:
    methods = [child for child in node.body if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)]
    made = next((child for child in methods if child.name == "__init__"), None)
    arguments = ast.unparse(made.args).removeprefix("self, ").removeprefix("self") if made else ""
    doc = ast.get_docstring(node) or (ast.get_docstring(made) if made else None) or ""
    yield Topic(name, f"class {name}({arguments})", doc)
    for child in methods:
        if not child.name.startswith("_"):
            yield _function(child, f"{name}.{child.name}")


def _imported(name: str) -> tuple[Topic, ...]:
    """The topics of a module of the standard library, imported where it is not loaded yet."""
    parts = name.split(".")
    if parts[0] not in sys.stdlib_module_names or parts[0] in _NOT_IMPORTED:
        return ()
    for count in range(1, len(parts) + 1):
        module = ".".join(parts[:count])
        if module in sys.modules:
            continue
        if parts[count - 1].startswith("_"):  # such as `unittest.__main__`, which runs
            return ()
        try:
            if not _lies_in_standard(getattr(find_spec(module), "origin", None)):
                return ()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                import_module(module)
        except (ImportError, ValueError):
            return ()
    return _loaded(name)


@functools.lru_cache(maxsize=64)
def _loaded(name: str) -> tuple[Topic, ...]:
    """The topics of a module of the standard library as it is loaded; none where it is not."""
    module = sys.modules.get(name)
    if module is None or not _is_standard(module):
        return ()
    topics = [Topic(name, f"module {name}", inspect.getdoc(module) or "")]
    prefix = "" if name == "builtins" else f"{name}."
    listed = getattr(module, "__all__", ())  # what some modules load only when it is asked for
    lazily = {key: getattr(module, key, None) for key in listed}
    for public, value in {**lazily, **vars(module)}.items():
        if public.startswith("_") or isinstance(value, ModuleType):
            continue
        if not callable(value):
            topics.append(Topic(f"{prefix}{public}", f"{prefix}{public}: {type(value).__name__}", ""))
            continue
        topics.append(_said(value, f"{prefix}{public}"))
        if isinstance(value, type) and not issubclass(value, BaseException):
            members = ((key, member) for key, member in vars(value).items() if not key.startswith("_"))
            topics += [
                _said(member, f"{prefix}{public}.{key}") for key, member in members if callable(member)
            ]
    return tuple(topics)


def _said(value: object, name: str) -> Topic:
    try:
        signature = f"{name}{inspect.signature(value)}"  # type: ignore[arg-type]
    except (TypeError, ValueError):
        signature = name
    return Topic(name, signature, inspect.getdoc(value) or "")


def _is_standard(module: ModuleType) -> bool:
    return _lies_in_standard(getattr(module.__spec__, "origin", None))


def _lies_in_standard(origin: str | None) -> bool:
    paths = sysconfig.get_paths()
    if origin is None or Path(paths["purelib"]) in Path(origin).parents:
        return False
    return origin in ("built-in", "frozen") or any(
        Path(paths[one]) in Path(origin).parents for one in ("stdlib", "platstdlib")
    )


def _absolute(module: str, package: str) -> str:
    """``module`` of a ``from`` import without leading dots; empty where it leaves the package."""
    level = len(module) - len(module.lstrip("."))
    if not level:
        return module
    parts = package.split(".")
    if level > len(parts):
        return ""
    return ".".join([*parts[: len(parts) - level + 1], *filter(None, [module[level:]])])
