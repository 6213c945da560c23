"""Sessions: conversations that are appended to disk as they happen, and never deleted by the program.

Invariant: a message that ``Session.append`` took is on disk. A session comes to be on disk with its
first message, so that opening and leaving the program makes no file.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant.agent.facts.record import Facts
from assistant.agent.session_export import export_json, export_markdown
from assistant.agent.session_file import SessionFile, read_ends, read_session
from assistant.agent.session_records import SCHEMA, Compaction, SessionError, Transcript, title_of
from tools.protocol.messages import Message, message_to_dict

__all__ = [
    "Session",
    "SessionError",
    "SessionStore",
    "SessionSummary",
    "export_json",
    "export_markdown",
]

SUFFIX = ".jsonl"


@dataclass(frozen=True)
class SessionSummary:
    """One line of the list of sessions. ``problem`` says why the session cannot be opened; ``once`` that it
    was made by ``-p``, and is offered only where that is asked for."""

    id: str
    title: str
    workspace: str
    updated: str
    turns: int
    problem: str = ""
    once: bool = False


class Session:
    """A conversation that can be appended to. Made by ``SessionStore``; one program writes it at a time."""

    def __init__(
        self,
        path: Path,
        transcript: Transcript,
        file: SessionFile | None = None,
        *,
        notices: tuple[str, ...] = (),
        read_only: bool = False,
        once: bool = False,
    ) -> None:
        self.path = path
        self.notices = notices
        self._transcript = transcript
        self._file = file
        self._on_disk = bool(transcript.messages) or file is not None
        self._read_only = read_only
        self._once = once

    @property
    def id(self) -> str:
        return self._transcript.id

    @property
    def title(self) -> str:
        return self._transcript.title

    @property
    def workspace(self) -> str:
        return self._transcript.workspace

    @property
    def created(self) -> str:
        return self._transcript.created

    @property
    def updated(self) -> str:
        return self._transcript.updated

    @property
    def messages(self) -> list[Message]:
        """The conversation; change it through the methods only."""
        return self._transcript.messages

    @property
    def turns(self) -> int:
        return self._transcript.turns

    @property
    def facts(self) -> Mapping[int, Facts]:
        """What the host recorded of each turn, by the place of its request."""
        return self._transcript.facts

    @property
    def compaction(self) -> Compaction | None:
        """What the student is shown in place of the first messages, or None."""
        return self._transcript.compaction

    @property
    def compactions(self) -> int:
        """How often the conversation was compacted."""
        return self._transcript.compactions

    def how_to_resume(self) -> str:
        """The command that opens the session again; empty where nothing was said."""
        return f"apprentice -r {self.id}" if self.messages else ""

    def append(self, message: Message) -> None:
        """Add ``message`` durably. The first request gives the session its title. Raises SessionError."""
        asked = message.role == "user" and not message.tool
        title = self.title or (title_of(message.text) if asked else "")
        turns = self.turns + (message.role == "user")
        self._write({"kind": "message", "title": title, "turns": turns, "message": message_to_dict(message)})

    def rename(self, title: str) -> None:
        """Raises SessionError."""
        title = " ".join(title.split())
        if not self._on_disk and not self._read_only:
            self._transcript.title = title
            return
        self._write({"kind": "title", "title": title, "turns": self.turns})

    def truncate(self, keep: int) -> None:
        """Forget all messages after the first ``keep``; the file keeps them. Raises SessionError."""
        keep = max(0, keep)
        if keep >= len(self.messages):
            return
        turns = sum(message.role == "user" for message in self.messages[:keep])
        self._write({"kind": "truncate", "title": self.title, "turns": turns, "keep": keep})

    def compact(self, compaction: Compaction) -> None:
        """Show the student ``compaction`` from now on; the messages stay. Raises SessionError."""
        self._write({"kind": "compact", "title": self.title, "turns": self.turns, **compaction.to_dict()})

    def keep_facts(self, index: int, facts: Facts) -> None:
        """Keep what the host recorded of the turn whose request stands at ``index``. Raises SessionError."""
        kept = {"index": index, "facts": facts.to_dict()}
        self._write({"kind": "facts", "title": self.title, "turns": self.turns, **kept})

    def clear(self) -> None:
        """Forget all messages; the file keeps them. Raises SessionError."""
        self.truncate(0)

    def close(self) -> None:
        """Let other programs open the session. Safe to call twice."""
        self._read_only = True
        if self._file is not None:
            self._file.close()
            self._file = None

    def reopen(self) -> None:
        """Write again after ``close``. Raises SessionError where another program took it meanwhile."""
        if self._on_disk:
            self._file = SessionFile.reopen(self.path)
        self._read_only = False

    def _write(self, record: dict[str, Any]) -> None:
        if self._read_only:
            raise SessionError(f"session {self.id} is open for reading only")
        once = {"once": True} if self._once else {}
        records: list[Mapping[str, Any]] = [record | once | {"at": _now()}]
        if not self._on_disk:
            header = {"schema": SCHEMA, "id": self.id, "workspace": self.workspace, "created": self.created}
            records.insert(0, {"kind": "header", **header, **once})
        if self._file is None:
            self._file = SessionFile.create(self.path)
        self._file.append(records)
        self._on_disk = True
        self._transcript.apply(records[-1])


class SessionStore:
    """The sessions in one folder, a file each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def create(self, workspace: Path, *, once: bool = False) -> Session:
        """A new session; on disk with its first message. ``once`` says that it is written by ``-p``."""
        moment = datetime.now(UTC)
        identifier = f"{moment:%Y%m%d-%H%M%S}-{moment.microsecond // 1000:03d}{secrets.token_hex(4)}"
        path = self.folder / f"{identifier}{SUFFIX}"
        transcript = Transcript(identifier, str(workspace.resolve()), _iso(moment), once)
        return Session(path, transcript, once=once)

    def load(self, key: str, *, read_only: bool = False, once: bool = False) -> Session:
        """The session with this id, the only one whose id starts so, or the one with this title.

        With ``read_only`` it may be open in another program. Raises SessionError.
        """
        path = self._find(key)
        if read_only:
            transcript, notices, _ = read_session(path)
            return Session(path, transcript, notices=tuple(notices), read_only=True)
        file = SessionFile.reopen(path)
        try:
            transcript, notices, whole = read_session(path)
            file.cut_to(whole)
        except SessionError:
            file.close()
            raise
        return Session(path, transcript, file, notices=tuple(notices), once=once)

    def latest(self, workspace: Path, *, once: bool = False) -> Session | None:
        """The session of ``workspace`` that was written last, or None. Raises SessionError.

        One that ``-p`` made counts only for another ``-p``, which says ``once``. Notices name later ones that
        cannot be read: whose folder they are is not known.
        """
        summary = self.latest_summary(workspace, once=once)
        if summary is None:
            return None
        session = self.load(summary.id, once=once)
        session.notices += tuple(f"{one}; it is passed over" for one in self.problems(since=session.path))
        return session

    def problems(self, since: Path | None = None) -> Sequence[str]:
        """Why sessions cannot be read, a line each, the last written first; those after ``since`` only."""
        after = _written_at(since) if since else -1
        later = [path for path in self._paths() if _written_at(path) > after]
        found = (_summary(path).problem for path in sorted(later, key=_written_at, reverse=True))
        return [problem for problem in found if problem]

    def latest_summary(self, workspace: Path, *, once: bool = False) -> SessionSummary | None:
        """Like ``latest``, without opening it."""
        wanted = str(workspace.resolve())
        for path in sorted(self._paths(), key=_written_at, reverse=True):
            summary = _summary(path)
            if summary.workspace == wanted and not summary.problem and (once or not summary.once):
                return summary
        return None

    def list(self, workspace: Path | None = None, *, once: bool = False) -> Sequence[SessionSummary]:
        """All sessions (of ``workspace``), the last written first; with ``once`` those of ``-p`` as well.

        Reads the ends of each file only.
        """
        wanted = str(workspace.resolve()) if workspace else None
        summaries = [_summary(path) for path in self._paths()]
        kept = [
            one for one in summaries if (wanted is None or one.workspace == wanted) and (once or not one.once)
        ]
        return sorted(kept, key=lambda one: (one.updated, one.id), reverse=True)

    def path_of(self, summary: SessionSummary) -> Path:
        """The file of a session."""
        return self.folder / f"{summary.id}{SUFFIX}"

    def _paths(self) -> Sequence[Path]:
        return [path for path in self.folder.glob(f"*{SUFFIX}") if not _is_empty(path)]

    def _find(self, key: str) -> Path:
        paths = self._paths()
        if (exact := self.folder / f"{key}{SUFFIX}") in paths:
            return exact
        matches = [path for path in paths if key and path.stem.startswith(key)]
        if not matches:
            wanted = key.casefold().strip()
            titled = [one.id for one in self.list(once=True) if one.title.casefold() == wanted]
            matches = [self.folder / f"{identifier}{SUFFIX}" for identifier in titled]
        if len(matches) == 1:
            return matches[0]
        if matches:
            ids = ", ".join(sorted(path.stem for path in matches)[-3:])
            raise SessionError(f"{key!r} fits {len(matches)} sessions, such as {ids}; give more of the id")
        raise SessionError(f"there is no session {key!r}; `apprentice sessions list` shows them")


def _is_empty(path: Path) -> bool:
    """Whether nothing was written yet; what cannot be looked at is left to whoever reads it."""
    try:
        return path.stat().st_size == 0
    except OSError:
        return False


def _written_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _summary(path: Path) -> SessionSummary:
    try:
        ends, turns = read_ends(path)
    except SessionError as error:
        return SessionSummary(path.stem, "(cannot be read)", "", "", 0, str(error))
    return SessionSummary(path.stem, ends.title, ends.workspace, ends.updated, turns, once=ends.once)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def _now() -> str:
    return _iso(datetime.now(UTC))
