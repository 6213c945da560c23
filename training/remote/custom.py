"""An endpoint of one's own: ``docs/remote-fine-tuning.md`` says what it has to answer.

Invariant: the name of a run is chosen here, so that asking for it twice begins it once. A file is taken under
a plain name, and only with the bytes that its digest says.
"""

import asyncio
import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from training.api_errors import parsed_error
from training.remote.base import News, Result, Sent, Standing, State
from training.remote.calls import CREATE_S, SEND_S, guarded
from training.remote.order import RemoteOrder
from training.teachers.base import Passing, ProviderConfig, TeacherError
from training.teachers.connection import address, connection
from training.teachers.failures import Refused, Where
from training.teachers.keys import find_key

Json = dict[str, Any]
NOT_FOUND = 404
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}")
_FIGURES = ("step", "loss", "validation_loss")


class CustomEndpoint:
    """Fulfils ``Remote``. Raises TeacherError where no address is set, or it is none."""

    def __init__(self, order: RemoteOrder) -> None:
        place = order.place
        if not place.custom_url:
            raise TeacherError("set remote.custom_url to the address of your endpoint")
        config = ProviderConfig(
            "openai", order.base, place.custom_url, place.custom_key_variable, concurrency=2, timeout_s=SEND_S
        )
        self._order = order
        self._url = address(config, "")
        key = find_key(config)
        self.name = self._url
        self._where = Where(self.name, order.base, key)
        self._client = connection(config, self._url)
        if key:
            self._client.headers["authorization"] = f"Bearer {key.reveal()}"

    async def upload(self, sent: Sent, tag: str) -> dict[str, str]:
        for what, path in sent.files.items():
            content = await asyncio.to_thread(path.read_bytes)
            await self._ask("PUT", f"/runs/{tag}/{what}", SEND_S, content=content)
        return {what: what for what in sent.files}

    async def find(self, tag: str) -> str:
        try:
            standing = await self._standing(tag)
        except _NotThere:
            return ""
        return "" if standing.get("state") == "new" else tag

    async def create(self, tag: str, uploaded: Mapping[str, str]) -> str:
        order = self._order
        body = {
            "name": order.name,
            "base": order.base,
            "settings": order.settings.model_dump(mode="json"),
            "files": sorted(uploaded),
        }
        await self._ask("POST", f"/runs/{tag}", CREATE_S, json=body)
        return tag

    async def look(self, run: str) -> Standing:
        found = await self._standing(run)
        total = found.get("total")
        return Standing(
            _state(found.get("state")),
            _number(found.get("done")) or 0,
            _number(total),
            self._where.line(found.get("unit")),
            self._where.line(found.get("message")),
        )

    async def news(self, run: str, after: str) -> Sequence[News]:
        found = await self._standing(run)
        text, given = self._where.line(found.get("message")), found.get("metrics")
        given = given if isinstance(given, dict) else {}
        metrics = {name: value for name in _FIGURES if (value := _number(given.get(name))) is not None}
        mark = hashlib.sha256(orjson.dumps([text, metrics])).hexdigest()[:16]
        return () if mark == after or not (text or metrics) else (News(mark, text, metrics),)

    async def cancel(self, run: str) -> None:
        await self._ask("DELETE", f"/runs/{run}", CREATE_S)

    async def fetch(self, run: str, folder: Path) -> Result:
        found = await self._json(f"/runs/{run}/result")
        for file in found.get("files") or ():
            await self._take(run, file, folder)
        names = sorted(path.name for path in folder.iterdir())
        return Result(
            str(found.get("model") or ""),
            str(found.get("url") or ""),
            _number((await self._standing(run)).get("cost_usd")),
            facts={"job": run, "files": names},
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def _take(self, run: str, file: Any, folder: Path) -> None:
        """Raises TeacherError where it is not the file that the endpoint described."""
        name, digest = (file.get("name"), file.get("sha256")) if isinstance(file, dict) else (None, None)
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise TeacherError(f"{self.name} names a file {self._where.line(name)!r}, which is no plain name")
        got = await guarded(self._where, lambda: self._download(run, name, folder / name), SEND_S)
        if got != digest:
            (folder / name).unlink()
            raise TeacherError(
                f"{self.name} sent {name} with other bytes than its sha256 says; resume the job"
            )

    async def _download(self, run: str, name: str, path: Path) -> str:
        """Its SHA-256. The name of the address ends so that the connection lets large files pass."""
        digest = hashlib.sha256()
        address = f"{self._url}/runs/{run}/files/{name}/content"
        async with self._client.stream("GET", address) as response:
            await self._check(response)
            with path.open("wb") as opened:
                async for chunk in response.aiter_bytes():
                    digest.update(chunk)
                    opened.write(chunk)
        return digest.hexdigest()

    async def _standing(self, run: str) -> Json:
        return await self._json(f"/runs/{run}")

    async def _json(self, path: str) -> Json:
        try:
            found = orjson.loads(await self._ask("GET", path))
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            raise TeacherError(f"{self.name}{path} does not answer with a JSON object; is the address right?")
        return found

    async def _ask(self, method: str, path: str, limit_s: float = 30.0, **given: Any) -> bytes:
        async def once() -> bytes:
            response = await self._client.request(method, f"{self._url}{path}", **given)
            await self._check(response)
            content: bytes = response.content
            return content

        return await guarded(self._where, once, limit_s)

    async def _check(self, response: Any) -> None:
        """Raises Refused over a status that is none of success."""
        status = int(response.status_code)
        if 200 <= status < 300:
            return
        said = self._where.line(
            parsed_error((await response.aread()).decode("utf-8", "replace")).get("message")
        )
        if status == NOT_FOUND:
            raise _NotThere(f"{self.name} knows no such run (404): {said}")
        raise Refused(status, said, response.headers)


class _NotThere(TeacherError):
    """The endpoint does not know the run."""


def _state(value: object) -> State:
    try:
        return State(str(value))
    except ValueError:
        raise Passing(f"the endpoint gives no state that is known: {str(value)[:40]!r}") from None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
