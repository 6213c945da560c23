"""Which sandbox a session uses: the first one that its canary has just proven.

Invariant: what is returned has been started and proven in this process, and is proven again after its engine
was lost; what failed is closed. Nothing falls back to the host.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from sandbox.base import Check, Mount, Sandbox, SandboxError
from sandbox.canary import prove
from sandbox.proven import ProvenSandbox
from sandbox.settings import SandboxSettings

Maker = Callable[[], Sandbox]
_INSTALL = "sudo apt-get install bubblewrap"


@dataclass(frozen=True)
class Chosen:
    """The proven sandbox, or None and ``problem``: one line that names the fix.

    ``checks`` holds the report of each back end that was tried, by its name.
    """

    sandbox: Sandbox | None
    checks: dict[str, list[Check]] = field(default_factory=dict)
    problem: str = ""


def makers(settings: SandboxSettings, mount: Mount) -> dict[str, Maker]:
    """The back ends that ``settings`` allow, in the order in which they are tried."""
    from sandbox.bubblewrap import BubblewrapSandbox
    from sandbox.docker import DockerSandbox

    known: dict[str, Callable[[Mount], Sandbox]] = {
        "bubblewrap": BubblewrapSandbox,
        "docker": lambda mount: DockerSandbox(mount, settings.image),
    }
    allowed = {name: make for name, make in known.items() if settings.engine in ("auto", name)}
    return {name: partial(_made, make, mount, settings.network) for name, make in allowed.items()}


def _made(make: Callable[[Mount], Sandbox], mount: Mount, domains: tuple[str, ...]) -> Sandbox:
    if not domains:
        return make(mount)
    from sandbox.egress.networked import NetworkedSandbox
    from sandbox.egress.proxy import EgressProxy

    return NetworkedSandbox(make, mount, EgressProxy(domains))


async def choose(
    settings: SandboxSettings, mount: Mount, candidates: Mapping[str, Maker] | None = None
) -> Chosen:
    """Start and prove one back end after the other, and return the first that holds."""
    if settings.engine == "off":
        return Chosen(None, problem='the sandbox is off; to run code set [sandbox] engine = "auto"')
    checks: dict[str, list[Check]] = {}
    for name, make in (makers(settings, mount) if candidates is None else candidates).items():
        sandbox = make()
        proven = False
        try:
            checks[name] = await _tried(sandbox, settings, mount)
            proven = all(check.ok for check in checks[name])
        finally:
            if not proven:
                await sandbox.close()
        if proven:
            again = partial(prove, sandbox, mount.root, settings.limits(), mount)
            return Chosen(ProvenSandbox(sandbox, again), checks)
    return Chosen(None, checks, _problem(checks))


async def _tried(sandbox: Sandbox, settings: SandboxSettings, mount: Mount) -> list[Check]:
    try:
        await sandbox.start()
    except SandboxError as error:
        return [Check("start", False, str(error))]
    return [Check("start", True), *await prove(sandbox, mount.root, settings.limits(), mount)]


def _problem(checks: Mapping[str, list[Check]]) -> str:
    """One line: why each back end failed, and the fix."""
    reasons = list(dict.fromkeys(_reason(name, report) for name, report in checks.items()))
    line = "; or ".join(reasons) or f"no back end is configured; install one: {_INSTALL}"
    return " ".join(f"no sandbox is proven: {line}".split())


def _reason(name: str, report: list[Check]) -> str:
    failed = next(check for check in report if not check.ok)
    if failed.name == "start":
        return failed.detail
    return f"{name}: {failed.name}: {failed.detail or 'failed'}; {failed.fix}"
