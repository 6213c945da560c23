"""Folders that are the person's alone."""

from pathlib import Path


def private_folder(folder: Path) -> Path:
    """``folder``, made with those above it that are missing, mode 0700. Raises OSError."""
    for one in reversed([folder, *folder.parents]):
        if not one.exists():
            one.mkdir(mode=0o700, exist_ok=True)
    return folder
