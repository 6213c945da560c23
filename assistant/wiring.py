"""Where the concrete classes meet: settings in, a chat out. Nothing else knows them all."""

from pathlib import Path

from assistant import paths
from assistant.agent.chat import Chat
from assistant.agent.confinement import Confinement
from assistant.agent.hosting import Hosting, MakeStudent
from assistant.agent.sessions import Session, SessionError, SessionStore
from assistant.agent.talk import Parts
from assistant.rule_book import the_book
from assistant.rule_words import nameless
from assistant.settings import Settings, SettingsError
from assistant.telling import mended
from assistant.workspaces import remember
from sandbox.installation import exposure
from sandbox.snapshots.store import SnapshotStore
from tools.base import ToolContext
from tools.builtin.reads import FileReads
from tools.executor import Executor
from tools.permissions.book import Permissions
from tools.permissions.rules import RuleError
from tools.registry import builtin_registry
from tools.selection.ranker import open_ranker
from training.corrections.book import Corrections
from training.events import open_log
from training.models.naming import addressed
from training.registry.serving import own_registry
from training.student.base import Student
from training.student.settings import StudentSettings

LATEST = "latest"


def make_student(settings: StudentSettings) -> Student:
    """The student that the settings name."""
    if settings.remote:
        from training.student.remote import RemoteStudent

        return RemoteStudent(addressed(settings))
    from training.models.choice import first_load
    from training.student.local import LocalStudent

    return LocalStudent(
        settings, paths.logs_dir() / "student.log", prepare=first_load, cache=paths.student_cache()
    )


def build_chat(
    settings: Settings,
    workspace: Path,
    session: Session | str | None = None,
    *,
    make: MakeStudent = make_student,
    records: Path | None = None,
    once: bool = False,
) -> Chat:
    """A chat that is not started yet.

    ``session`` is one that is open, an id, the beginning of one, a title, ``latest`` (of this workspace),
    or None for a new one. ``records`` is a folder that takes sessions and events instead of the person's
    own. ``once`` says that the chat is one of ``-p``. Raises SessionError, EventLogError, SettingsError or
    StudentError.
    """
    workspace = workspace.resolve()
    if records is None:
        remember(workspace)
    store = SessionStore(paths.ensure_folder(records / "sessions") if records else paths.sessions_dir())
    log = open_log(
        records / "events" if records else settings.events.url or paths.events_dir(),
        redact_email=settings.events.redact_email,
        sync=settings.events.sync,
        segment_mb=settings.events.segment_mb,
    )
    context = ToolContext(
        workspace=workspace,
        limits=settings.sandbox.limits(),
        reads=FileReads(),
        settings=settings.tools,
        network=settings.sandbox.network,
    )
    ranker, problem = open_ranker(paths.ranker_file())
    notices = [
        *_exposed(workspace),
        *mended(own_registry(), log),
        *([problem] if problem else []),
    ]
    permissions, registry = _permissions(settings, workspace), builtin_registry()
    parts = Parts(
        settings=settings,
        workspace=workspace,
        store=store,
        log=log,
        permissions=permissions,
        executor=Executor(registry, context),
        hosting=Hosting(settings.student, make),
        confinement=Confinement(settings.sandbox, workspace, context),
        ranker=ranker,
        corrections=Corrections(log),
        notices=(*notices, *nameless(permissions.rules(), registry.names())),
        snapshots=_snapshots(settings, workspace, records),
    )
    return Chat(parts, _session(store, workspace, session, once=once))


def _exposed(workspace: Path) -> list[str]:
    exposed = exposure(workspace)
    if not exposed:
        return []
    from sandbox.packages import install_apart  # reads what is installed, which most starts do without

    return [f"{exposed}; {install_apart()}"]


def _snapshots(settings: Settings, workspace: Path, records: Path | None) -> SnapshotStore | None:
    if not settings.snapshots.enabled:
        return None
    folder = records / "snapshots" if records else paths.snapshots_dir()
    return SnapshotStore(folder, workspace, settings.snapshots)


def _permissions(settings: Settings, workspace: Path) -> Permissions:
    book = the_book(workspace)
    try:
        return Permissions(settings.mode, settings.permissions, workspace, book, book.kept())
    except RuleError as error:
        raise SettingsError(f"permissions: {error}") from error


def _session(store: SessionStore, workspace: Path, wanted: Session | str | None, *, once: bool) -> Session:
    if isinstance(wanted, Session):
        return wanted
    if wanted == LATEST:
        latest = store.latest(workspace, once=once)
        if latest is None:
            unread = "".join(f"; {problem}" for problem in store.problems()[:1])
            raise SessionError(
                f"there is no earlier session in {workspace}; start one with: apprentice{unread}"
            )
        return latest
    return store.load(wanted, once=once) if wanted else store.create(workspace, once=once)
