"""Bringing a model from the hub to this machine.

Invariant: a model that cannot be had, does not fit on the disk, or is not the one that is pinned, leaves what
was here as it was.
"""

from pathlib import Path

from training.models.base import ModelError, Said, Told
from training.models.catalogue import Source
from training.models.download import Free, download, free_bytes
from training.models.hub import HubFile, look_up
from training.models.patience import ORDINARY, Patience
from training.models.store import PART, Installed, ModelStore
from training.student.gguf import ModelFileError, check_model_file


class Pull:
    """One pull. ``look_up`` asks what there is, ``run`` brings it; a run that ended goes on in the next."""

    def __init__(
        self,
        store: ModelStore,
        source: Source,
        *,
        patience: Patience = ORDINARY,
        said: Said = lambda line: None,
    ) -> None:
        self._store = store
        self._source = source
        self._patience = patience
        self._said = said

    def installed(self) -> Installed | None:
        """The model, where it is here already and whole. Raises ModelError where its file is damaged, or
        where another model has its id."""
        found = self._store.find(self._source.id)
        if found is None:
            return None
        if (found.repo, found.file) != (self._source.repo, self._source.file):
            raise ModelError(
                f"{found.id} is {found.repo}:{found.file} here; remove that first: "
                f"apprentice models rm {found.id} --yes"
            )
        self._store.checked_path(found)
        return found

    def look_up(self) -> HubFile:
        """What is to be pulled. Raises ModelError."""
        return look_up(self._source, self._patience, self._said)

    def run(self, file: HubFile, told: Told = lambda done: None, free: Free = free_bytes) -> Path:
        """Bring ``file`` and return where it is. Raises ModelError."""
        source = self._source
        with self._store.pulling(source.id) as folder:
            part = folder / f"{file.sha256}{PART}"
            for other in folder.glob(f"*{PART}"):
                if other != part:
                    other.unlink()
            download(source, file, part, patience=self._patience, told=told, said=self._said, free=free)
            try:
                check_model_file(part)
            except ModelFileError as error:
                part.unlink()
                raise ModelError(str(error)) from None
            model = Installed(
                id=source.id,
                name=source.name,
                base=file.base,
                repo=source.repo,
                file=source.file,
                revision=file.revision,
                sha256=file.sha256,
                bytes=file.bytes,
                license=file.license,
            )
            return self._store.publish(model, part)
