"""A hub on the loopback interface: model info, files by range, redirects to a store, and faults on demand.

It speaks what ``huggingface_hub`` speaks: ``/api/models/REPO[/revision/REV]`` and ``/REPO/resolve/REV/FILE``
with ``X-Repo-Commit``, ``X-Linked-Etag`` and ``X-Linked-Size``; and ``/v1/models``, as servers of models do.
"""

import hashlib
import json
import re
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass(frozen=True)
class Fault:
    """One reply that is not as it should be. ``cut`` closes the connection after so many bytes."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: int | None = None
    ignore_range: bool = False
    content: bytes | None = None


@dataclass(frozen=True)
class Asked:
    method: str
    host: str
    path: str
    headers: Mapping[str, str]


class LoopbackHub:
    """``files`` by ``REPO:FILE``. ``faults`` are used up by downloads, ``info_faults`` by questions."""

    def __init__(self, files: Mapping[str, bytes], *, license: str = "apache-2.0") -> None:
        self.files = dict(files)
        self.license = license
        self.commit = COMMIT
        self.faults: deque[Fault] = deque()
        self.info_faults: deque[Fault] = deque()
        self.requests: list[Asked] = []
        self.redirect_to_store = False
        self.served_models: list[str] = []
        self.served = threading.Semaphore(0)
        hub = self

        class Handler(_Handler):
            owner = hub

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> "LoopbackHub":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def downloads(self) -> list[Asked]:
        """The requests that asked for bytes."""
        return [one for one in self.requests if "/api/" not in one.path and one.method == "GET"]

    def repo_files(self, repo: str) -> dict[str, bytes]:
        return {
            name.partition(":")[2]: content
            for name, content in self.files.items()
            if name.startswith(f"{repo}:")
        }


class _Handler(BaseHTTPRequestHandler):
    owner: LoopbackHub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        path = unquote(url.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.owner.requests.append(Asked(self.command, headers.get("host", ""), path, headers))
        if match := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/([^/]+))?", path):
            self._info(match[1], match[2])
        elif match := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            if self.owner.redirect_to_store:
                self._redirect(match[1], match[3])
            else:
                self._file(match[1], match[3])
        elif path == "/v1/models":
            listed = [{"id": name} for name in self.owner.served_models]
            self._reply(200, {"content-type": "application/json"}, json.dumps({"data": listed}).encode())
        elif match := re.fullmatch(r"/store/([^/]+/[^/]+)/(.+)", path):
            self._file(match[1], match[2])
        else:
            self._reply(404, {}, b"")

    do_HEAD = do_GET

    def _info(self, repo: str, revision: str | None) -> None:
        owner = self.owner
        if owner.info_faults:
            fault = owner.info_faults.popleft()
            self._reply(fault.status, fault.headers, fault.body)
            return
        files = owner.repo_files(repo)
        if not files:
            self._reply(401, {"X-Error-Code": "RepoNotFound"}, b"")
            return
        if revision not in (None, owner.commit):
            self._reply(404, {"X-Error-Code": "RevisionNotFound"}, b"")
            return
        siblings = [
            {
                "rfilename": name,
                "size": len(content),
                "blobId": "b" * 40,
                "lfs": {
                    "sha256": hashlib.sha256(content).hexdigest(),
                    "size": len(content),
                    "pointerSize": 134,
                },
            }
            for name, content in files.items()
        ]
        card = {"license": owner.license, "base_model": ["maker/base-model"]}
        info = {"id": repo, "sha": owner.commit, "siblings": siblings, "cardData": card, "tags": []}
        self._reply(200, {"content-type": "application/json"}, json.dumps(info).encode())

    def _redirect(self, repo: str, file: str) -> None:
        target = f"http://localhost:{self.owner.port}/store/{repo}/{file}?signature=s3cret"
        self._reply(302, {"location": target, **self._described(repo, file)}, b"")

    def _described(self, repo: str, file: str) -> dict[str, str]:
        content = self.owner.repo_files(repo).get(file, b"")
        digest = hashlib.sha256(content).hexdigest()
        return {
            "X-Repo-Commit": self.owner.commit,
            "X-Linked-Etag": f'"{digest}"',
            "X-Linked-Size": str(len(content)),
        }

    def _file(self, repo: str, file: str) -> None:
        fault = self.owner.faults.popleft() if self.owner.faults else Fault()
        if fault.status:
            self._reply(fault.status, fault.headers, fault.body)
            return
        content = self.owner.repo_files(repo).get(file)
        if content is None:
            self._reply(404, {"X-Error-Code": "EntryNotFound"}, b"")
            return
        content = fault.content if fault.content is not None else content
        start, status = 0, 200
        headers = self._described(repo, file) | {"ETag": '"abc"', "Accept-Ranges": "bytes"}
        asked = self.headers.get("Range")
        if asked and not fault.ignore_range:
            start, status = int(asked.removeprefix("bytes=").rstrip("-")), 206
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self._reply(status, headers, content[start:], cut=fault.cut)

    def _reply(self, status: int, headers: Mapping[str, str], body: bytes, cut: int | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[:cut])
        if cut is not None:
            self.wfile.flush()
            self.close_connection = True
        self.owner.served.release()

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing on the screen."""
