"""What the Hugging Face hub knows of a file: its bytes, their sha256, the licence; by ``huggingface_hub``.

Invariant: the token goes where the library sends it, to the hub and not to where the hub redirects, and no
error text holds it, nor an address that was signed with it. ``HF_ENDPOINT``, ``HF_TOKEN`` and
``HF_HUB_OFFLINE`` mean what they mean to the library.
"""

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from training.models.base import ModelError, Said
from training.models.catalogue import Source
from training.models.patience import ORDINARY, Patience

if TYPE_CHECKING:
    import httpx2
    from huggingface_hub.hf_api import ModelInfo

DEFAULT_ENDPOINT = "https://huggingface.co"
BUSY = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses that may be gone a moment later."""
LISTED = 8
OFFLINE_WAY = "a GGUF file on this machine works without a network: apprentice models use PATH"
Result = TypeVar("Result")


class Passing(Exception):
    """A failure that may be gone a moment later. ``asked_s`` is how long the hub asks to wait, if it does."""

    def __init__(self, line: str, asked_s: float | None = None) -> None:
        super().__init__(line)
        self.asked_s = asked_s


@dataclass(frozen=True)
class HubFile:
    """One file at one commit. ``sha256`` is what the bytes must have."""

    url: str
    revision: str
    sha256: str
    bytes: int
    license: str
    base: str


def endpoint() -> str:
    """The address of the hub, as it is set now. Raises ModelError."""
    address = (os.environ.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).rstrip("/")
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        usable = False
    if not usable:
        raise ModelError(f"HF_ENDPOINT is {address!r}: give an address such as {DEFAULT_ENDPOINT}")
    return address


def look_up(source: Source, patience: Patience = ORDINARY, said: Said = lambda line: None) -> HubFile:
    """What the hub says of ``source``, which is what the catalogue says. Raises ModelError."""
    address = endpoint()  # the library cannot even be imported with one that it cannot read
    from huggingface_hub import HfApi, hf_hub_url

    # It advises on stderr, in the middle of a bar; what matters of it is in the errors here.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    api = HfApi(endpoint=address, library_name="apprentice")
    found = patiently(
        lambda: asked(
            source,
            lambda: api.model_info(
                source.repo,
                revision=source.revision or None,
                files_metadata=True,
                timeout=patience.connect_s,
            ),
        ),
        patience,
        said,
    )
    entry = next((one for one in found.siblings or [] if one.rfilename == source.file), None)
    if entry is None:
        raise ModelError(f"{source.repo} has no {source.file}; it has {_ggufs(found)}")
    if entry.lfs is None or entry.lfs.size is None or not found.sha:
        raise ModelError(f"{source.repo}: the hub gives no sha256 for {source.file}, so it cannot be checked")
    card = found.card_data
    file = HubFile(
        url=hf_hub_url(source.repo, source.file, revision=found.sha, endpoint=address),
        revision=found.sha,
        sha256=entry.lfs.sha256,
        bytes=entry.lfs.size,
        license=source.license or str(getattr(card, "license", "") or "not said"),
        base=source.base or _first(getattr(card, "base_model", "")),
    )
    _check_pin(source, file)
    return file


def _check_pin(source: Source, file: HubFile) -> None:
    """Raises ModelError where the hub offers other bytes than those that are pinned (H8)."""
    if source.sha256 and file.sha256 != source.sha256:
        raise ModelError(
            f"{source.repo}: {source.file} is not the file that is known here (its sha256 is "
            f"{file.sha256[:16]}…, {source.sha256[:16]}… is pinned); nothing was pulled"
        )


def patiently(attempt: Callable[[], Result], patience: Patience, said: Said) -> Result:
    """``attempt`` again and again while what fails is passing. Raises ModelError."""
    number = 0
    while True:
        number += 1
        try:
            return attempt()
        except Passing as problem:
            wait = patience.wait_s(number, problem.asked_s)
            if wait is None:
                later = f" in {problem.asked_s:.0f} s" if problem.asked_s else " later"
                raise ModelError(f"{problem}; pull again{later}") from None
            said(f"{problem}; trying again in {wait:.0f} s")
            time.sleep(wait)


def asked(source: Source, request: Callable[[], Result]) -> Result:
    """``request``, with what the library raises as a Passing or a ModelError."""
    import httpx2
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        OfflineModeIsEnabled,
        RemoteEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    hub, token = endpoint(), "export HF_TOKEN=hf_..."
    try:
        return request()
    except OfflineModeIsEnabled:
        raise ModelError(f"HF_HUB_OFFLINE is set, so nothing is pulled; {OFFLINE_WAY}") from None
    except GatedRepoError:
        raise ModelError(
            f"{source.repo} is gated: accept its licence at {hub}/{source.repo}, then {token}"
        ) from None
    except RepositoryNotFoundError:
        raise ModelError(
            f"the hub knows no {source.repo}, or it is private; check the name, or {token}"
        ) from None
    except RevisionNotFoundError:
        raise ModelError(f"{source.repo} has no revision {source.revision}; nothing was pulled") from None
    except RemoteEntryNotFoundError:
        raise ModelError(f"{source.repo} has no {source.file}; nothing was pulled") from None
    except HfHubHTTPError as error:
        raise _refused(source, error.response) from None
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise _lost(error) from None
    except (ValueError, TypeError, KeyError):
        raise ModelError(f"{hub} does not answer like a hub; check HF_ENDPOINT") from None


def _refused(source: Source, response: "httpx2.Response") -> Exception:
    status = response.status_code
    if status in BUSY:
        after = response.headers.get("retry-after", "").strip()
        return Passing(f"the hub is busy ({status})", float(after) if after.isdigit() else None)
    if status in (401, 403):
        return ModelError(
            f"the hub refuses {source.repo} ({status}): check HF_TOKEN, and accept the licence at "
            f"{endpoint()}/{source.repo}"
        )
    return ModelError(f"the hub refuses {source.repo} ({status}); check HF_ENDPOINT, or try another model")


def _lost(error: Exception) -> Exception:
    """No connection at all is final, one that was lost is passing."""
    import httpx2

    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.InvalidURL):
        return ModelError(f"the hub at {endpoint()} cannot be reached; {OFFLINE_WAY}")
    kind = "gave no answer in time" if isinstance(error, httpx2.TimeoutException) else "closed the connection"
    return Passing(f"the hub {kind}")


def _ggufs(found: "ModelInfo") -> str:
    names = sorted(one.rfilename for one in found.siblings or [] if one.rfilename.endswith(".gguf"))
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return (", ".join(names[:LISTED]) + more) if names else "no GGUF file"


def _first(value: object) -> str:
    """A model card names one base model or a list of them."""
    if isinstance(value, list):
        value = value[0] if value else ""
    return value if isinstance(value, str) else ""
