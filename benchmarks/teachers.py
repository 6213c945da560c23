"""How near a run of teachers comes to what the API allows, and whether its memory stays flat.

A server on loopback, in a process of its own, answers each chat completion after a fixed latency. Ideal is
``requests * latency / concurrency``. The run is the real one: SDK, budget, journal on disk.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from measuring import ROOT, parser, report

sys.path.insert(0, str(ROOT))

from tools.protocol.messages import Message
from training.teachers.base import ProviderConfig, TeacherRequest
from training.teachers.create import create_provider
from training.teachers.prices import price_list
from training.teachers.run import TeacherRun

MODEL = {"openai": "gpt-4o-mini", "anthropic": "claude-haiku-4-5"}
SYSTEM = "You write requests that a person could put to a coding assistant. " * 30


def requests(count: int) -> Iterator[TeacherRequest]:
    """Prompts of about 2 KB, all different."""
    for number in range(count):
        text = f"Paraphrase request {number}: " + "show me where the cache is emptied " * 5
        yield TeacherRequest(str(number), (Message("user", text=text),), system=SYSTEM)


def reply(provider: str) -> bytes:
    """About 1 KB, as the API writes it."""
    said = "Where does this project empty its cache? " * 20
    if provider == "openai":
        choice = {"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 500, "completion_tokens": 180}
        whole: dict[str, Any] = {"id": "c", "object": "chat.completion", "created": 1, "model": "m"}
        return json.dumps({**whole, "choices": [choice], "usage": usage}).encode()
    usage = {"input_tokens": 500, "output_tokens": 180}
    whole = {"id": "m", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn"}
    return json.dumps({**whole, "content": [{"type": "text", "text": said}], "usage": usage}).encode()


Replying = Callable[[bytes], bytes]
"""The body of a reply to the body of a request."""


async def serve(replying: Replying, latency_s: float) -> None:
    """Until the process is ended. Prints its port."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                asked = (await reader.readuntil(b"\r\n\r\n")).lower()
                size = int(asked.partition(b"content-length:")[2].split(b"\r\n")[0])
                body = replying(await reader.readexactly(size))
                await asyncio.sleep(latency_s)
                writer.write(head % (len(body), body))
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@asynccontextmanager
async def served(*arguments: str) -> AsyncIterator[int]:
    """The port of a server in a process of its own: this interpreter with ``arguments``, which ``serve``."""
    server = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE)
    try:
        assert server.stdout is not None
        yield int(await server.stdout.readline())
    finally:
        server.kill()
        await server.wait()


async def bare(url: str, count: int, concurrency: int) -> None:
    """The same bodies without SDK, budget and journal: what this machine allows right now."""
    import httpx2

    room = asyncio.Semaphore(concurrency)
    limits = httpx2.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    async with httpx2.AsyncClient(limits=limits, timeout=60, trust_env=False) as client:

        async def one(request: TeacherRequest) -> None:
            async with room:
                turns = [{"role": "user", "content": SYSTEM + request.messages[0].text}]
                await client.post(f"{url}/chat/completions", json={"model": "m", "messages": turns})

        await asyncio.gather(*(one(request) for request in requests(count)))


async def measure(provider: str, count: int, concurrency: int, latency_s: float) -> dict[str, Any]:
    arguments = (str(Path(__file__)), "--serve", provider, "--latency-ms", str(latency_s * 1000))
    async with served(*arguments) as port:
        url = f"http://127.0.0.1:{port}" + ("/v1" if provider == "openai" else "")
        return await measure_at(url, provider, count, concurrency, latency_s)


async def measure_at(
    url: str, provider: str, count: int, concurrency: int, latency_s: float
) -> dict[str, Any]:
    config = ProviderConfig(provider, MODEL[provider], url, concurrency=concurrency, max_tokens=200)  # type: ignore[arg-type]
    teacher = create_provider(config)
    memory: list[float] = []
    try:
        with tempfile.TemporaryDirectory() as folder, TeacherRun(Path(folder), price_list(), 1e6) as run:
            started, processor = time.perf_counter(), time.process_time()
            done = 0
            async for _ in run.replies(teacher, requests(count)):
                done += 1
                if done % max(count // 20, 1) == 0:
                    memory.append(resident_mb())
            took, processor = time.perf_counter() - started, time.process_time() - processor
            journal = run.books.journal.path.stat().st_size
        part = min(count, 20 * concurrency)
        started = time.perf_counter()
        await bare(url, part, concurrency)
        bare_share = part * latency_s / concurrency / (time.perf_counter() - started)
    finally:
        await teacher.close()
    ideal = count * latency_s / concurrency
    half = len(memory) // 2
    grown = memory[-1] - memory[half - 1]
    return {
        "provider": provider,
        "requests": count,
        "seconds": round(took, 2),
        "ideal": round(ideal, 2),
        "share %": round(100 * ideal / took, 1),
        "bare httpx2 %": round(100 * bare_share, 1),
        "processor ms/request": round(1000 * processor / count, 2),
        "MB at 5 %": round(memory[0], 1),
        "MB at the end": round(memory[-1], 1),
        "bytes/request, last half": round(grown * 1e6 / (count / 2)),
        "journal MB": round(journal / 1e6, 1),
    }


async def main() -> None:
    made = parser(__doc__ or "")
    made.add_argument("--requests", type=int, default=2000)
    made.add_argument("--concurrency", type=int, default=32)
    made.add_argument("--latency-ms", type=float, default=500.0)
    made.add_argument("--provider", choices=["openai", "anthropic", "both"], default="both")
    made.add_argument("--serve", choices=["openai", "anthropic"], help="be the server")
    chosen = made.parse_args()
    if chosen.serve:
        said = reply(chosen.serve)
        await serve(lambda _: said, chosen.latency_ms / 1000)
        return
    providers = ["openai", "anthropic"] if chosen.provider == "both" else [chosen.provider]
    rows = [
        await measure(one, chosen.requests, chosen.concurrency, chosen.latency_ms / 1000) for one in providers
    ]
    report("teachers against an API on loopback", rows, {"target": "share of at least 90 %"}, chosen.json)


if __name__ == "__main__":
    os.environ.setdefault("OPENAI_API_KEY", "none")
    os.environ.setdefault("ANTHROPIC_API_KEY", "none")
    asyncio.run(main())
