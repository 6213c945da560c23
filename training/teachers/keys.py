"""Keys of APIs: read from the environment, else from the keyring of the operating system.

Invariant: a key is never written anywhere by this project. A ``Key`` shows its origin and not itself, in
text, in a repr and in a pickle; only ``reveal`` gives it away, to the client that sends it.
"""

import os
from collections.abc import Mapping
from typing import NoReturn

from training.teachers.base import NoKey, ProviderConfig, TeacherError

USUAL = {"anthropic": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY"}
SERVICE = "apprentice"
HIDDEN = "[key]"


class Key:
    """A secret and where it came from."""

    __slots__ = ("_secret", "origin")

    def __init__(self, secret: str, origin: str) -> None:
        self._secret = secret
        self.origin = origin

    def reveal(self) -> str:
        return self._secret

    def hide(self, text: str) -> str:
        """``text`` without the key."""
        return text.replace(self._secret, HIDDEN) if self._secret else text

    def __bool__(self) -> bool:
        return bool(self._secret)

    def __repr__(self) -> str:
        return f"Key({self.origin!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not written anywhere")


def find_key(config: ProviderConfig, environ: Mapping[str, str] = os.environ) -> Key:
    """The key for ``config``; an empty one where its own address may do without. Raises TeacherError."""
    variable = config.key_variable or USUAL.get(config.provider, "")
    secret = environ.get(variable, "").strip()
    origin = variable
    if not secret:
        secret, origin = _from_keyring(variable), f"{variable} in the keyring"
    if not secret and not config.base_url:
        raise NoKey(
            f"{config.provider} needs a key: export {variable}=..., or keyring set {SERVICE} {variable}"
        )
    if not (secret.isascii() and secret.isprintable()):
        raise TeacherError(f"{origin} holds characters that no key has; set it again")
    return Key(secret, origin if secret else variable)


def _from_keyring(variable: str) -> str:
    """What the keyring has under ``variable``; nothing where there is no keyring, or it is locked."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return ""
    try:
        return (keyring.get_password(SERVICE, variable) or "").strip()
    except (KeyringError, OSError):
        return ""
