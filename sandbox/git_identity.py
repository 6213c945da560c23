"""Who commits in the sandbox: the person, as their own git would say.

Invariant: of the person's git settings only name and address reach the sandbox. Git only reads settings for
it, which starts no program, and a git that lies in the workspace is never run.
"""

import subprocess
from pathlib import Path

from sandbox.programs import ProgramError, host_command

_SECONDS = 5.0
_LOOK_UP = ("config", "-z", "--get-regexp", r"^user\.(name|email)$")
_ROLES = ("AUTHOR", "COMMITTER")


def git_identity(workspace: Path) -> dict[str, str]:
    """Variables by which git in ``workspace`` commits as the person; empty where they set no name there."""
    try:
        done = subprocess.run(
            host_command("git", "--no-pager", *_LOOK_UP, workspace=workspace),
            cwd=workspace,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired, ProgramError):
        return {}
    pairs = (one.partition("\n") for one in done.stdout.decode("utf-8", "replace").split("\0") if one)
    found = {key.removeprefix("user.").upper(): value for key, _, value in pairs if value.strip()}
    return {f"GIT_{role}_{kind}": value for role in _ROLES for kind, value in found.items()}
