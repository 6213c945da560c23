"""A server on loopback that speaks Anthropic's protocol: messages, their count, and message batches."""

import json
from collections import Counter, deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tests.training.teachers.servers.http import HttpServer, Json, Reply, Request, reply

USAGE = {
    "input_tokens": 60,
    "cache_read_input_tokens": 30,
    "cache_creation_input_tokens": 10,
    "output_tokens": 10,
}


def message(*content: Json, stop: str = "end_turn", usage: object = USAGE) -> Json:
    """A whole message of blocks."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-4-5-20251001",
        "content": list(content),
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": usage,
    }


def text(said: str) -> Json:
    return {"type": "text", "text": said}


def use(name: str, given: object, call_id: str = "toolu_1") -> Json:
    return {"type": "tool_use", "id": call_id, "name": name, "input": given}


def asked_last(body: Json) -> str:
    """The text of the last turn."""
    return str(body["messages"][-1]["content"][-1].get("text", ""))


def echo(body: Json) -> Json:
    """Answers with what was asked."""
    return message(text(f"echo {asked_last(body)}"))


class AnthropicServer:
    """``billed`` counts what was paid for, by the last turn. ``not_done`` get ``outcome`` in a batch."""

    def __init__(self, *faults: Reply, rule: Callable[[Json], Json] = echo, delay_s: float = 0.0) -> None:
        self.faults = deque(faults)
        self.rule = rule
        self.delay_s = delay_s
        self.requests: list[Request] = []
        self.billed: Counter[str] = Counter()
        self.known: dict[str, Json] = {}
        self.batches: dict[str, Json] = {}
        self.lines: dict[str, list[Json]] = {}
        self.finish_after = 1
        self.counts = True
        self.outcome: Json = {"type": "expired"}
        self.not_done: set[str] = set()
        self.batch_faults: deque[Reply] = deque()
        self.download_faults: deque[Reply] = deque()
        self.http = HttpServer(self._answer)

    async def __aenter__(self) -> "AnthropicServer":
        await self.http.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.__aexit__()

    @property
    def url(self) -> str:
        return self.http.url

    @property
    def chats(self) -> list[Request]:
        return [one for one in self.requests if one.path == "/v1/messages"]

    def _answer(self, request: Request) -> Reply:
        self.requests.append(request)
        path = request.path.partition("?")[0]
        if path == "/v1/messages":
            return self.faults.popleft() if self.faults else self._message(request)
        if path.endswith("/count_tokens"):
            return reply(200, {"input_tokens": 123}) if self.counts else reply(404, "nothing here")
        if path.endswith("/results"):
            return self._results(path.split("/")[-2])
        if path.endswith("/batches") and request.method == "POST":
            return self._create(request.json)
        if path.endswith("/batches"):
            return reply(200, {"data": list(self.batches.values()), "has_more": False})
        return self._look(path.rsplit("/", 1)[-1])

    def _message(self, request: Request) -> Reply:
        """Billed once for each idempotency key."""
        key = request.headers["idempotency-key"]
        if key not in self.known:
            self.billed[asked_last(request.json)] += 1
            self.known[key] = self.rule(request.json)
        return reply(200, self.known[key], delay_s=self.delay_s)

    def _create(self, body: Json) -> Reply:
        name = f"msgbatch_{len(self.batches) + 1}"
        self.lines[name] = body["requests"]
        for one in body["requests"]:
            if asked_last(one["params"]) not in self.not_done:
                self.billed[asked_last(one["params"])] += 1
        now = datetime.now(UTC)
        counts = {
            "processing": len(body["requests"]),
            "succeeded": 0,
            "errored": 0,
            "canceled": 0,
            "expired": 0,
        }
        self.batches[name] = {
            "id": name,
            "type": "message_batch",
            "processing_status": "in_progress",
            "request_counts": counts,
            "created_at": now.isoformat(),
            "expires_at": (now + timedelta(days=1)).isoformat(),
            "results_url": None,
            "looks": 0,
        }
        return self.batch_faults.popleft() if self.batch_faults else reply(200, self.batches[name])

    def _look(self, name: str) -> Reply:
        batch = self.batches[name]
        batch["looks"] += 1
        if batch["looks"] >= self.finish_after:
            left = sum(asked_last(one["params"]) in self.not_done for one in self.lines[name])
            done = len(self.lines[name]) - left
            batch["processing_status"] = "ended"
            batch["results_url"] = f"{self.url}/v1/messages/batches/{name}/results"
            batch["request_counts"] |= {"processing": 0, "succeeded": done, "expired": left}
        return reply(200, batch)

    def _results(self, name: str) -> Reply:
        if self.download_faults:
            return self.download_faults.popleft()
        lines = []
        for one in reversed(self.lines[name]):
            done = asked_last(one["params"]) not in self.not_done
            result = {"type": "succeeded", "message": self.rule(one["params"])} if done else self.outcome
            lines.append({"custom_id": one["custom_id"], "result": result})
        content = "".join(json.dumps(line) + "\n" for line in lines)
        return reply(200, content, content_type="application/x-jsonl")
