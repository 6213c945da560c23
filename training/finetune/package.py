"""What installs this program, with its extra for training, on a machine elsewhere.

Invariant: it is the program that runs here, or what the user named. The bare name is used only where this
program came from a package index under that name: elsewhere it may be somebody else's.
"""

import re
from pathlib import PurePosixPath

from sandbox.packages import NAME, origin
from training.jobs.base import JobError

FORMS = "a wheel (FILE.whl), the URL of one, or a commit (git+https://HOST/PROJECT@COMMIT)"
_EXTRA = f"{NAME}[train]"
_ADDRESS = re.compile(r"(?:git\+)?https?://\S+")
_COMMIT = re.compile(r"[0-9a-fA-F]{7,40}")


def package_elsewhere(given: str, wheels: str = "") -> str:
    """The requirement for pip there. ``given`` may be empty; ``wheels`` is the folder there for a wheel.

    Raises JobError where nothing says which program to install.
    """
    here = origin()
    if not given:
        if not (here.url or here.release):
            raise JobError(f"no other machine can install this program from where it is here; give {FORMS}")
        return here.requirement(["train"])
    if _ADDRESS.fullmatch(given):
        return f"{_EXTRA} @ {given}"
    if _COMMIT.fullmatch(given) and here.url.startswith("git+"):
        return f"{_EXTRA} @ {here.url.rpartition('@')[0]}@{given}"
    if wheels and given.endswith(".whl"):
        return f"{wheels}/{PurePosixPath(given).name}[train]"
    if given.startswith(_EXTRA):
        return given  # a whole requirement
    raise JobError(f"{given}: give {FORMS}")
