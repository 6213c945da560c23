"""From the outputs of an export to a candidate in the registry."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.export.card import data_id, start_id
from training.export.naming import ExportError
from training.export.order import ExportOrder
from training.export.source import Run
from training.models.catalogue import catalogue
from training.registry import Base, Lineage, Parts, Registered, Registry
from training.registry.base import ADAPTER, CARD, MODEL, PROMPT, REPORT


def register(
    folder: Path, asked: ExportOrder, run: Run, report: Mapping[str, Any], outputs: Path
) -> Registered:
    """The student in the registry in ``folder``; its weights are those that the gate judged.

    Raises RegistryError, or ExportError where they changed since.
    """
    is_adapter = asked.form == "adapter"
    student = Registry(folder).add(
        Parts(
            name=asked.name,
            base=_base(run),
            prompt=outputs / PROMPT,
            adapter=outputs / ADAPTER if is_adapter else None,
            model=None if is_adapter else outputs / MODEL,
            quantisation="" if is_adapter else report["quantisation"],
            beside={name: outputs / name for name in (CARD, REPORT)},
            lineage=_lineage(run),
            metrics=dict(run.facts.get("figures", {})),
            gate=report["gate"],
        )
    )
    if student.manifest.files[ADAPTER if is_adapter else MODEL].sha256 != report["sha256"]:
        raise ExportError(f"{outputs}: the weights are not those that the gate judged; resume the export")
    return student


def _base(run: Run) -> Base:
    known, path = catalogue().get(run.order.base), run.order.base_path
    return Base(
        model=run.order.base,
        sha256=run.order.digests[str(path)],
        name=known.name if known else path.stem,
        license=known.license if known else "",
    )


def _lineage(run: Run) -> Lineage:
    return Lineage(
        dataset_id=data_id(run),
        run_id=run.id,
        start=start_id(run),
        commit=str(run.facts.get("commit", "")),
        seed=run.order.settings.seed,
        settings=run.order.settings.model_dump(exclude_defaults=True),
    )
