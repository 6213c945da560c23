"""A server on loopback that speaks OpenAI's protocol: chat completions, files and batches.

It bills what it answers: ``billed`` has the id of each request (the last user message) with how often it was
paid for. ``faults`` are given in turn to chat completions before it answers by ``rule``.
"""

import json
import re
from collections import Counter, deque
from collections.abc import Callable

from tests.training.teachers.servers.http import HttpServer, Json, Reply, Request, reply

Rule = Callable[[Json], Json]
USAGE = {"prompt_tokens": 100, "completion_tokens": 10, "prompt_tokens_details": {"cached_tokens": 40}}


def completion(
    text: str | None = "done",
    *,
    calls: tuple[tuple[str, object], ...] = (),
    finish: str = "",
    usage: object = USAGE,
    logprobs: object = None,
    refusal: str | None = None,
) -> Json:
    """A whole chat completion. Arguments that are text are sent as they are."""
    message: Json = {"role": "assistant", "content": text, "refusal": refusal}
    if calls:
        message["tool_calls"] = [
            {
                "id": f"call_{number}",
                "type": "function",
                "function": {
                    "name": name,
                    "arguments": given if isinstance(given, str) else json.dumps(given),
                },
            }
            for number, (name, given) in enumerate(calls, 1)
        ]
    ended = finish or ("tool_calls" if calls else "stop")
    choice = {"index": 0, "message": message, "finish_reason": ended, "logprobs": logprobs}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [choice],
        "usage": usage,
    }


def echo(body: Json) -> Json:
    """Answers with what was asked."""
    return completion(f"echo {body['messages'][-1]['content']}")


class OpenAIServer:
    """Routes, files and batches. ``finish_after`` is how often a batch is looked at before it is done."""

    def __init__(self, *faults: Reply, rule: Rule = echo, delay_s: float = 0.0) -> None:
        self.faults = deque(faults)
        self.rule = rule
        self.delay_s = delay_s
        self.requests: list[Request] = []
        self.billed: Counter[str] = Counter()
        self.known: dict[str, Json] = {}
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, Json] = {}
        self.finish_after = 1
        self.final_status = "completed"
        self.not_done: set[str] = set()
        self.batch_faults: deque[Reply] = deque()
        self.download_faults: deque[Reply] = deque()
        self.http = HttpServer(self._answer)

    async def __aenter__(self) -> "OpenAIServer":
        await self.http.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.__aexit__()

    @property
    def url(self) -> str:
        return f"{self.http.url}/v1"

    @property
    def chats(self) -> list[Request]:
        return [one for one in self.requests if one.path.endswith("/chat/completions")]

    def _answer(self, request: Request) -> Reply:
        self.requests.append(request)
        path = request.path.partition("?")[0]
        if path.endswith("/chat/completions"):
            return self.faults.popleft() if self.faults else self._chat(request)
        if path.endswith("/files"):
            return self._upload(request)
        if path.endswith("/content"):
            return self._download(path)
        if path.endswith("/batches") and request.method == "POST":
            return self._create(request.json)
        if path.endswith("/batches"):
            return reply(200, {"object": "list", "data": list(self.batches.values()), "has_more": False})
        if path.endswith("/cancel"):
            batch = self.batches[path.split("/")[-2]]
            batch["status"] = "cancelled"
            return reply(200, batch)
        return self._look(path.rsplit("/", 1)[-1])

    def _chat(self, request: Request) -> Reply:
        """Billed once for each idempotency key."""
        key = request.headers["idempotency-key"]
        if key not in self.known:
            self._bill(request.json)
            self.known[key] = self.rule(request.json)
        return reply(200, self.known[key], delay_s=self.delay_s)

    def _bill(self, body: Json) -> None:
        self.billed[str(body["messages"][-1]["content"])] += 1

    def _upload(self, request: Request) -> Reply:
        content = re.search(rb"\r\n\r\n(\{.*\}\n)\r\n--", request.body, re.DOTALL)
        assert content is not None, "a file was uploaded without a line"
        name = f"file-{len(self.files) + 1}"
        self.files[name] = content[1]
        return reply(200, {"id": name, "object": "file", "bytes": 1, "created_at": 1, "filename": "a.jsonl",
                           "purpose": "batch", "status": "processed"})  # fmt: skip

    def _create(self, body: Json) -> Reply:
        name = f"batch_{len(self.batches) + 1}"
        lines = [json.loads(line) for line in self.files[body["input_file_id"]].splitlines()]
        for line in lines:
            if line["body"]["messages"][-1]["content"] not in self.not_done:
                self._bill(line["body"])
        counts = {"total": len(lines), "completed": 0, "failed": 0}
        self.batches[name] = {
            "id": name,
            "object": "batch",
            "endpoint": body["endpoint"],
            "input_file_id": body["input_file_id"],
            "completion_window": "24h",
            "created_at": 1,
            "status": "in_progress",
            "metadata": body.get("metadata"),
            "request_counts": counts,
            "looks": 0,
        }
        return self.batch_faults.popleft() if self.batch_faults else reply(200, self.batches[name])

    def _look(self, name: str) -> Reply:
        batch = self.batches[name]
        batch["looks"] += 1
        if batch["status"] == "in_progress" and batch["looks"] >= self.finish_after:
            self._finish(name, batch)
        return reply(200, batch)

    def _finish(self, name: str, batch: Json) -> None:
        batch["status"] = self.final_status
        if self.final_status == "failed":
            batch["errors"] = {
                "object": "list",
                "data": [{"code": "bad", "message": "line 1 is wrong", "line": 1}],
            }
            return
        done, failed = [], []
        for line in self.files[batch["input_file_id"]].splitlines():
            asked = json.loads(line)
            if asked["body"]["messages"][-1]["content"] in self.not_done:
                error = {"code": "batch_expired", "message": "This request could not be executed in time."}
                failed.append({"custom_id": asked["custom_id"], "response": None, "error": error})
            else:
                response = {"status_code": 200, "request_id": "r", "body": self.rule(asked["body"])}
                done.append({"custom_id": asked["custom_id"], "response": response, "error": None})
        for kind, lines in (("output", reversed(done)), ("error", failed)):
            content = "".join(json.dumps(one) + "\n" for one in lines).encode()
            if content:
                self.files[f"{kind}-{name}"] = content
                batch[f"{kind}_file_id"] = f"{kind}-{name}"
        batch["request_counts"] |= {"completed": len(done), "failed": len(failed)}

    def _download(self, path: str) -> Reply:
        if self.download_faults:
            return self.download_faults.popleft()
        return reply(200, self.files[path.split("/")[-2]], content_type="application/octet-stream")
