"""The export job: from a run that ended to a student that was proved, with its report and card.

Outputs: ``adapter.gguf`` or ``model.gguf``, ``prompt.toml``, ``report.json``, ``report.txt``, ``card.md``. A
file that does not pass the gate is an output too, with a report that says so.
"""

import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson

from training.export.adapter import Q8_BLOCK, AdapterType, write_adapter
from training.export.card import card
from training.export.evidence import Evidence, gather
from training.export.gate import Gate, Verdict
from training.export.ladder import climb, suited
from training.export.merge import merged, whole, write_model
from training.export.naming import ExportError
from training.export.order import ExportOrder
from training.export.registering import register
from training.export.report import page, report
from training.export.source import Run, read_run
from training.export.template import Template
from training.jobs.base import JobError, Reporter
from training.registry import RegistryError
from training.registry.base import ADAPTER, CARD, MODEL, PROMPT, REPORT
from training.student.engine import EngineError, hush
from training.student.vocabulary import VocabularyError

REPORT_PAGE = "report.txt"
WORKSHOP = "work"

Judged = tuple[Path, list[Verdict]]


def work(reporter: Reporter) -> Mapping[str, Any]:
    """Carry out the ``ExportOrder`` in the arguments. Raises JobError, training.jobs.base.Cancelled."""
    asked = ExportOrder.model_validate(reporter.arguments)
    hush()
    workshop = reporter.folder / WORKSHOP
    shutil.rmtree(workshop, ignore_errors=True)
    try:
        workshop.mkdir(mode=0o700)
        return _exported(asked, workshop, reporter)
    except (ExportError, EngineError, VocabularyError, RegistryError) as error:
        raise JobError(str(error)) from None
    except OSError as error:
        raise JobError(f"{error.filename or workshop}: {error.strerror}; make room, then resume") from error
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _exported(asked: ExportOrder, workshop: Path, reporter: Reporter) -> dict[str, Any]:
    started = time.monotonic()
    run = read_run(asked.run)
    gate = Gate(
        _gathered(run, asked, asked.most_ids // 2, reporter),
        _told(reporter, "examples, as exported"),
        more=lambda: _gathered(run, asked, asked.most_ids, reporter),
    )
    kept, verdicts = (_adapter if asked.form == "adapter" else _merged)(run, asked, gate, workshop, reporter)
    found = report(verdicts, gate.evidence, asked, time.monotonic() - started)
    if found["missing"]:
        reporter.note(found["missing"])
    written = _write(asked, run, kept, found, reporter)
    result = {
        "passed": found["passed"],
        "gate": found["gate"],
        "quantisation": found["quantisation"],
        "weights": written.name,
    }
    if asked.registry is not None:
        result["student"] = register(asked.registry, asked, run, found, written.parent).id
    return result


def _gathered(run: Run, asked: ExportOrder, most_ids: int, reporter: Reporter) -> Evidence:
    reporter.note("evaluating the held-out examples with the weights as they were trained")
    return gather(run, _told(reporter, "examples, as trained"), most_ids, asked.least_decisions)


def _adapter(run: Run, asked: ExportOrder, gate: Gate, workshop: Path, reporter: Reporter) -> Judged:
    """In 8 bits, which halves the file, or in 16 where the rank forbids that or too much would be lost."""
    path, rank = workshop / ADAPTER, run.order.settings.rank
    weights, base = run.load_weights(), Template(run.order.base_path)
    forms: tuple[AdapterType, ...] = ("f16",) if rank % Q8_BLOCK else ("Q8_0", "f16")
    verdicts: list[Verdict] = []
    for stored in forms:
        reporter.note("writing the adapter")
        write_adapter(weights, 2.0 * rank, base, path, {"general.name": asked.name}, stored)
        verdicts.append(_noted(gate.adapter(path, stored), reporter))
        if verdicts[-1].passed:
            break
    return path, verdicts


def _merged(run: Run, asked: ExportOrder, gate: Gate, workshop: Path, reporter: Reporter) -> Judged:
    """In 16 bits first, so that what is lost there is told from what a quantisation loses."""
    base, f16 = Template(run.order.base_path), workshop / "f16.gguf"
    weights = run.load_weights()
    changed = whole(weights, base) if run.whole else merged(weights, 2.0, base)
    reporter.note("writing the model in 16 bits")
    write_model(changed, base, f16, {"general.name": asked.name}, _told(reporter, "tensors"))
    verdicts = [_noted(gate.model(f16, "f16"), reporter)]
    start = asked.quantisation or suited(run.order.base_path)
    kept = f16
    if start != "f16" and verdicts[0].passed:
        for path, verdict in climb(f16, start, gate, workshop):
            kept = path
            verdicts.append(_noted(verdict, reporter))
    return kept, verdicts


def _write(asked: ExportOrder, run: Run, kept: Path, found: dict[str, Any], reporter: Reporter) -> Path:
    """All outputs; where the weights are."""
    name = ADAPTER if asked.form == "adapter" else MODEL
    text = card(asked.name, run, found, kept)
    contents: dict[str, Callable[[Path], Any]] = {
        name: lambda path: shutil.copyfile(kept, path),
        PROMPT: lambda path: shutil.copyfile(run.prompt, path),
        REPORT: lambda path: path.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n"),
        REPORT_PAGE: lambda path: path.write_text(page(found, asked.name), "utf-8"),
        CARD: lambda path: path.write_text(text, "utf-8"),
    }
    for file, put in contents.items():
        with reporter.output(file) as path:
            put(path)
    return reporter.folder / "outputs" / name


def _noted(verdict: Verdict, reporter: Reporter) -> Verdict:
    failed = f"did not pass the gate: {', '.join(verdict.failed)}"
    reporter.note(f"{verdict.quantisation}: {'passed the gate' if verdict.passed else failed}")
    return verdict


def _told(reporter: Reporter, unit: str) -> Callable[[int, int], None]:
    return lambda done, total: reporter.progress(done, total, unit)
