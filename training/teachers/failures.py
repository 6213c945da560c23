"""What went wrong between here and an API, as one line without the key, and what to do about it.

Invariant: every way in which the SDKs fail ends in one of the errors of ``base``: ``Passing`` (ask again),
``Unanswered`` (this request will not do), ``TeacherError`` (no request will).
"""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from training.api_errors import PASSING, parsed_error, retry_after
from training.teachers.base import Passing, TeacherError, Unanswered
from training.teachers.keys import Key

_NO_CREDIT = ("insufficient_quota", "credit balance", "billing", "exceeded your current quota")
_LONGEST_LINE = 300


class Refused(Exception):
    """The server said no: the status, its message in one line, and its headers."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str]) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers


@dataclass(frozen=True)
class Where:
    """Who is asked, for the lines that a person reads: ``name`` is the provider's and its address."""

    name: str
    model: str
    key: Key

    def line(self, text: object) -> str:
        """Foreign text as one short line without the key."""
        shown = self.key.hide(" ".join(str(text or "").split()))
        return shown if len(shown) <= _LONGEST_LINE else shown[: _LONGEST_LINE - 1] + "…"


def _refused(where: Where, status: int, body: str, headers: Mapping[str, str]) -> Refused:
    """A status other than 200, with what the server says of it."""
    error = parsed_error(body)
    code = str(error.get("code") or error.get("type") or "")
    said = where.line(error.get("message"))
    return Refused(status, said if code not in _NO_CREDIT else f"{code}: {said}", headers)


@contextmanager
def refusals(where: Where) -> Iterator[None]:
    """Within the block, what an SDK raises over a status becomes a Refused."""
    try:
        yield
    except Exception as error:
        status, response = getattr(error, "status_code", None), getattr(error, "response", None)
        if status is None or response is None:
            raise
        raise _refused(where, status, response.text, response.headers) from None


def meaning(where: Where, problem: Refused) -> TeacherError:
    """What a refusal means."""
    status, said = problem.status, f": {problem.message}" if problem.message else ""
    if any(word in problem.message.lower() for word in _NO_CREDIT) and status in (400, 402, 403, 429):
        return TeacherError(f"{where.name}: the account has no credit left ({status}){said}")
    if status in (401, 403):
        return TeacherError(
            f"{where.name} does not accept the key ({status}); check {where.key.origin or 'it'}{said}"
        )
    if 300 <= status < 400:
        target = where.line(urlsplit(problem.headers.get("location", "")).hostname or "another address")
        return TeacherError(f"{where.name} redirects ({status}) to {target}, which is not followed")
    if status == 404:
        return TeacherError(f"{where.name} knows no model {where.model!r}, or nothing there (404){said}")
    if status in PASSING or status >= 500:
        return Passing(
            f"{where.name} is busy ({status}){said}", retry_after(problem.headers.get("retry-after", ""))
        )
    return Unanswered(f"{where.name} refuses the request ({status}){said}")


def lost(where: Where, error: BaseException, timeout_s: float) -> TeacherError:
    """No answer, or only a part of one. What was sent whole may have been billed."""
    import httpx2

    causes = list(_causes(error))
    if any(isinstance(one, ssl.SSLError) for one in causes):
        return TeacherError(f"{where.name} shows no valid certificate: {where.line(causes[-1])}")
    if any(isinstance(one, httpx2.ConnectError | httpx2.ConnectTimeout) for one in causes):
        return Passing(f"{where.name} cannot be reached: {where.line(causes[-1]) or 'no connection'}")
    if any(isinstance(one, TimeoutError | httpx2.TimeoutException) for one in causes):
        return Passing(f"{where.name} gave no whole answer within {timeout_s:g} s", billed=True)
    if any(isinstance(one, httpx2.HTTPError) for one in causes):
        return Passing(f"{where.name} closed the connection before its answer was whole", billed=True)
    return TeacherError(f"{where.name}: {type(error).__name__}: {where.line(error)}")


def _causes(error: BaseException | None) -> "list[BaseException]":
    """The error and what it came from, the first cause last."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
