"""Servers on loopback that tune: OpenAI's fine-tuning protocol, and the protocol of a custom endpoint.

They count what would be paid: ``created`` has every run. A run ends after ``ends_after`` looks.
"""

import hashlib
import json
import re
from collections import deque
from urllib.parse import parse_qs, urlsplit

from tests.training.teachers.servers.http import HttpServer, Json, Reply, Request, reply

MODEL = "ft:gpt-4.1-mini-2025-04-14:org:mine:abc"
ADAPTER = b"GGUF" + bytes(range(256))


class Server:
    """What both have in common. ``faults`` are given by route, such as ``"POST jobs"``, one at a time."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.created: dict[str, Json] = {}
        self.uploaded: dict[str, bytes] = {}
        self.faults: dict[str, deque[Reply]] = {}
        self.ends_after = 2
        self.ends_as = ""
        self.cancels = True
        self.http = HttpServer(self._answer)

    async def __aenter__(self) -> "Server":
        await self.http.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.__aexit__()

    @property
    def url(self) -> str:
        return f"{self.http.url}/v1"

    def fault(self, route: str, *replies: Reply) -> None:
        self.faults.setdefault(route, deque()).extend(replies)

    def _answer(self, request: Request) -> Reply:
        self.requests.append(request)
        route, answer = self.route(request)
        waiting = self.faults.get(route)
        return waiting.popleft() if waiting else answer

    def route(self, request: Request) -> tuple[str, Reply]:
        raise NotImplementedError

    def asked(self, route: str) -> int:
        return sum(self.route_name(one) == route for one in self.requests)

    def route_name(self, request: Request) -> str:
        raise NotImplementedError


class OpenAITuner(Server):
    """Files, jobs, events. A creation takes effect also where its answer is a fault."""

    def route_name(self, request: Request) -> str:
        path = urlsplit(request.path).path.removeprefix("/v1/").removeprefix("fine_tuning/")
        return f"{request.method} {re.sub(r'(ftjob|file)-[0-9]+', 'ID', path)}"

    def route(self, request: Request) -> tuple[str, Reply]:
        name, url = self.route_name(request), urlsplit(request.path)
        found = re.search(r"(ftjob|file)-[0-9]+", url.path)
        known = found[0] if found else ""
        match name:
            case "POST files":
                return name, self._upload(request)
            case "POST jobs":
                return name, self._create(request.json)
            case "GET jobs":
                wanted = parse_qs(url.query).get("metadata[apprentice_run]", [""])[0]
                listed = [job for job in self.created.values() if job["metadata"]["apprentice_run"] == wanted]
                return name, reply(200, {"object": "list", "data": listed, "has_more": False})
            case "GET files/ID/content":
                return name, reply(200, "step,train_loss\n1,0.5\n", content_type="text/csv")
            case "GET jobs/ID" if known in self.created:
                return name, reply(200, self._looked_at(self.created[known]))
            case "GET jobs/ID/events" if known in self.created:
                return name, reply(200, {"object": "list", "data": EVENTS[::-1], "has_more": False})
            case "POST jobs/ID/cancel" if known in self.created:
                return name, self._cancel(self.created[known])
        return name, reply(404, {"error": {"message": "nothing here"}})

    def _upload(self, request: Request) -> Reply:
        boundary = request.headers["content-type"].partition("boundary=")[2].encode()
        parts = {}
        for part in request.body.split(b"--" + boundary)[1:-1]:
            head, _, body = part.strip(b"\r\n").partition(b"\r\n\r\n")
            parts[head.partition(b'name="')[2].partition(b'"')[0].decode()] = body
        assert parts["purpose"] == b"fine-tune"
        name = f"file-{len(self.uploaded) + 1}"
        self.uploaded[name] = parts["file"]
        return reply(200, {"id": name, "object": "file", "bytes": len(parts["file"])})

    def _create(self, body: Json) -> Reply:
        name = f"ftjob-{len(self.created) + 1}"
        self.created[name] = {
            **body,
            "id": name,
            "object": "fine_tuning.job",
            "status": "validating_files",
            "looks": 0,
            "error": None,
            "fine_tuned_model": None,
            "trained_tokens": None,
            "result_files": [],
        }
        return reply(200, self.created[name])

    def _looked_at(self, job: Json) -> Json:
        job["looks"] += 1
        if job["status"] in ("validating_files", "running"):
            job["status"] = "running"
            if job["looks"] >= self.ends_after:
                self._end(job)
        return job

    def _end(self, job: Json) -> None:
        if self.ends_as:
            job |= {"status": "failed", "error": {"code": "x", "message": self.ends_as, "param": None}}
        else:
            ended = {"fine_tuned_model": MODEL, "trained_tokens": 2_000_000, "result_files": ["file-99"]}
            job |= {"status": "succeeded", **ended}

    def _cancel(self, job: Json) -> Reply:
        if not self.cancels:
            return reply(500, {"error": {"message": "overloaded"}})
        if job["status"] in ("succeeded", "failed", "cancelled"):
            return reply(400, {"error": {"message": "Job has already completed"}})
        job["status"] = "cancelled"
        return reply(200, job)


def _event(number: int, message: str, **data: object) -> Json:
    return {
        "id": f"ftevent-{number}",
        "object": "fine_tuning.job.event",
        "created_at": number,
        "level": "info",
        "message": message,
        "type": "metrics" if data else "message",
        "data": data or None,
    }


EVENTS = [
    _event(1, "Validating training file"),
    _event(2, "Step 5/10", step=5, total_steps=10, train_loss=0.75, valid_loss=0.8),
    _event(3, "Step 10/10", step=10, total_steps=10, train_loss=0.5),
]


class CustomTuner(Server):
    """Runs by the names that the client gives them."""

    file_name = "adapter.gguf"
    file_content = ADAPTER

    def route_name(self, request: Request) -> str:
        path = urlsplit(request.path).path.removeprefix("/v1/")
        return f"{request.method} {re.sub(r'apprentice-[0-9a-f]+', 'RUN', path)}"

    def route(self, request: Request) -> tuple[str, Reply]:
        name = self.route_name(request)
        tag, _, what = urlsplit(request.path).path.removeprefix("/v1/runs/").partition("/")
        run = self.created.get(tag)
        if request.method == "PUT":
            self.uploaded[what] = request.body
            return name, reply(204, "")
        if name == "POST runs/RUN":
            self.created.setdefault(tag, {**request.json, "state": "waiting", "looks": 0})
            return name, reply(201, {})
        if run is None:
            return name, reply(404, {"error": "no such run"})
        match name:
            case "GET runs/RUN":
                return name, reply(200, self._looked_at(run))
            case "DELETE runs/RUN":
                run["state"] = "cancelled"
                return name, reply(204, "")
            case "GET runs/RUN/result":
                digest = hashlib.sha256(ADAPTER).hexdigest()
                files = [{"name": self.file_name, "sha256": digest}]
                return name, reply(200, {"model": "mine", "url": "http://127.0.0.1:9/v1", "files": files})
            case "GET runs/RUN/files/adapter.gguf/content":
                return name, reply(200, self.file_content)
        return name, reply(404, {"error": "nothing here"})

    def _looked_at(self, run: Json) -> Json:
        run["looks"] += 1
        if run["state"] in ("waiting", "running"):
            ended = run["looks"] >= self.ends_after
            run["state"] = ("failed" if self.ends_as else "done") if ended else "running"
        shown = {"state": run["state"], "done": 5, "total": 10, "unit": "steps", "cost_usd": 0.25}
        return {**shown, "message": self.ends_as, "metrics": {"step": 5, "loss": 0.75}}


def lines(content: bytes) -> list[Json]:
    return [json.loads(line) for line in content.splitlines()]
