"""Pieces of the standard library's sources, with questions that their syntax trees answer.

Invariant: the line that a question points at is the only one in the piece that could answer it: a function is
asked for what it raises or returns where it does so once, and a name that is defined twice is not asked for.
"""

import ast
import importlib.util
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from training.generation.data_files import data, words_of
from training.generation.reading.pages import Page, Question, without_last_blanks
from training.generation.reading.templates import expanded

_LONGEST = 50
_WIDEST = 160
_DEFINITIONS = 0.15
"""Share of the functions whose definition is asked for, which is easy to point at."""
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class _Fact:
    sort: str
    name: str
    line: int
    """From 1, in the file."""
    answer: str
    arg: str = ""


@dataclass(frozen=True)
class _Module:
    path: str
    lines: list[str]
    facts: list[_Fact]
    absent: list[_Fact]
    """What might be asked of a definition and is not so, with the line where it begins."""
    starts: list[int] = field(default_factory=list)


def module_page(dice: random.Random) -> Page | None:
    """A piece of a module, from the beginning of a definition; None where there is no source."""
    name = dice.choice(words_of("reading/real", "modules"))
    module = _module(name)
    if module is None:
        return None
    start = dice.choice([1, *module.starts])
    end = min(len(module.lines), start + dice.randint(4, _LONGEST) - 1)
    lines = without_last_blanks(module.lines[start - 1 : end])
    if max(map(len, lines), default=_WIDEST) >= _WIDEST:
        return None
    page = Page("python-library", f"read {module.path}", lines, window=(start, len(module.lines)))
    inside = [fact for fact in module.facts if fact.sort != "method" or dice.random() < _DEFINITIONS]
    inside = [fact for fact in inside if start <= fact.line < start + len(lines)]
    names = Counter((fact.sort, fact.name, fact.arg) for fact in inside)
    for fact in inside:
        if names[fact.sort, fact.name, fact.arg] == 1:
            at = fact.line - start
            page.answered += [Question(text, (fact.name,), at, fact.answer) for text in _asked(fact)]
    for fact in module.absent:
        if start <= fact.line < start + len(lines):
            page.unanswered += [Question(text, (fact.name,), None, "", fact.sort) for text in _asked(fact)]
    return page


def _asked(fact: _Fact) -> Iterator[str]:
    for form in expanded(str(data("reading/real")["code"][fact.sort])):
        yield form.replace("{name}", fact.name).replace("{arg}", fact.arg)


@cache
def _module(name: str) -> _Module | None:
    found = importlib.util.find_spec(name)
    if found is None or not found.origin or not found.origin.endswith(".py"):
        return None
    text = Path(found.origin).read_text("utf-8")
    lines = text.splitlines()
    tree = ast.parse(text)
    facts = [fact for fact in _facts(tree) if fact.answer in lines[fact.line - 1]]
    starts = [node.lineno for node in ast.walk(tree) if isinstance(node, _Function | ast.ClassDef)]
    path = "/".join(Path(found.origin).parts[-1 - name.count(".") :])
    return _Module(path, lines, facts, list(_absent(tree)), starts)


def _facts(tree: ast.Module) -> Iterator[_Fact]:
    for node in ast.walk(tree):
        if isinstance(node, _Function):
            yield from _of_function(node)
        elif isinstance(node, ast.ClassDef):
            if len(node.bases) == 1:
                yield _Fact("parent", node.name, node.lineno, ast.unparse(node.bases[0]))
            yield from _documented(node)
        elif isinstance(node, ast.ImportFrom) and node.module and node.lineno == node.end_lineno:
            for alias in node.names:
                yield _Fact("imported", alias.asname or alias.name, node.lineno, node.module)
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, ast.Name) and node.value.value is not None:
                yield _Fact("constant", target.id, node.lineno, ast.unparse(node.value))


def _of_function(node: _Function) -> Iterator[_Fact]:
    if node.name.startswith("__"):
        return
    yield _Fact("method", node.name, node.lineno, node.name)
    yield from _documented(node)
    known = [*node.args.posonlyargs, *node.args.args]
    arguments = known[len(known) - len(node.args.defaults) :]
    for argument, default in zip(arguments, node.args.defaults, strict=True):
        if default.lineno == argument.lineno:
            yield _Fact("default", node.name, argument.lineno, ast.unparse(default), argument.arg)
    inner = list(_own(node))
    raised = [one for one in inner if isinstance(one, ast.Raise) and one.exc is not None]
    if len(raised) == 1 and isinstance(raised[0].exc, ast.Call | ast.Name):
        made = raised[0].exc
        error = ast.unparse(made.func if isinstance(made, ast.Call) else made)
        if error[0].isupper():
            yield _Fact("raises", node.name, raised[0].lineno, error)
    returned = [one for one in inner if isinstance(one, ast.Return) and one.value is not None]
    if len(returned) == 1 and returned[0].value is not None:
        yield _Fact("returns", node.name, returned[0].lineno, ast.unparse(returned[0].value))


def _documented(node: _Function | ast.ClassDef) -> Iterator[_Fact]:
    first = node.body[0]
    text = ast.get_docstring(node)
    if text and isinstance(first, ast.Expr) and not node.name.startswith("_"):
        summary = text.splitlines()[0].strip()
        if summary and summary in ast.unparse(first).splitlines()[0]:
            yield _Fact("does", node.name, first.lineno, summary)


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """What is inside, without the functions and classes in it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, _Function | ast.ClassDef | ast.Lambda):
            yield child
            yield from _own(child)


def _absent(tree: ast.Module) -> Iterator[_Fact]:
    for node in ast.walk(tree):
        if not isinstance(node, _Function) or node.name.startswith("__"):
            continue
        inner = list(_own(node))
        if not any(isinstance(one, ast.Raise | ast.Call) for one in inner):
            yield _Fact("raises", node.name, node.lineno, "")
        known = [*node.args.posonlyargs, *node.args.args]
        plain = known[: len(known) - len(node.args.defaults)]
        for argument in plain:
            if argument.arg not in ("self", "cls"):
                yield _Fact("default", node.name, node.lineno, "", argument.arg)
