"""A hub on loopback: repositories, small commits, downloads, and its jobs API with prices of machines."""

import base64
import hashlib
import json
import re
from urllib.parse import parse_qs, unquote, urlsplit

from tests.training.remote.servers import Server
from tests.training.teachers.servers.http import Json, Reply, Request, reply

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TOKEN = "hf_canary5c1d2f"
HARDWARE = [
    {
        "name": name,
        "prettyName": name,
        "cpu": "4 vCPU",
        "ram": "15 GB",
        "accelerator": None,
        "unitCostMicroUSD": round(usd * 1e6),
        "unitCostUSD": usd,
        "unitLabel": "minute",
    }
    for name, usd in (("cpu-basic", 0.0002), ("t4-small", 0.0067))
]


class HubServer(Server):
    """``files`` by ``TYPE/REPO:PATH``. A run that ends gives ``gives``, put into its model's repository."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}
        self.private: set[str] = set()
        self.gives: dict[str, bytes] = {}

    @property
    def url(self) -> str:
        return self.http.url

    def route_name(self, request: Request) -> str:
        path = re.sub(r"apprentice-[0-9a-f]{16}", "TAG", urlsplit(request.path).path)
        return f"{request.method} {re.sub(r'job-[0-9]+', 'JOB', path)}"

    def route(self, request: Request) -> tuple[str, Reply]:
        name, url = self.route_name(request), urlsplit(request.path)
        path = unquote(url.path)
        parts = path.strip("/").split("/")
        if name == "GET /api/whoami-v2":
            return name, reply(200, {"type": "user", "name": "mine", "auth": {}})
        if name == "POST /api/repos/create":
            return name, self._create_repo(request.json)
        if name == "GET /api/jobs/hardware":
            return name, reply(200, HARDWARE)
        if path.startswith("/api/jobs/"):
            return name, self._jobs(request, parts[2:], parse_qs(url.query))
        if "preupload" in parts:
            modes = [
                {"path": one["path"], "uploadMode": "regular", "shouldIgnore": False, "oid": None}
                for one in request.json["files"]
            ]
            return name, reply(200, {"files": modes})
        if "commit" in parts:
            return name, self._commit(f"{parts[1]}/{'/'.join(parts[2:4])}", request.body)
        if "tree" in parts:
            return name, self._tree(f"models/{'/'.join(parts[2:4])}:")
        if path.startswith("/api/models/"):
            return name, self._info(f"models/{'/'.join(parts[2:4])}")
        if "resolve" in parts:
            return name, self._file(f"models/{'/'.join(parts[:2])}:{'/'.join(parts[4:])}", request)
        return name, reply(404, {"error": "nothing here"})

    def _create_repo(self, body: Json) -> Reply:
        kind = body.get("type") or "model"
        name = f"{body.get('organization') or 'mine'}/{body['name']}"
        if body.get("private") or body.get("visibility") == "private":
            self.private.add(f"{kind}s/{name}")
        return reply(200, {"url": f"{self.url}/{'datasets/' if kind == 'dataset' else ''}{name}"})

    def _commit(self, repo: str, body: bytes) -> Reply:
        for line in body.splitlines():
            entry = json.loads(line)
            if entry["key"] == "file":
                value = entry["value"]
                self.files[f"{repo}:{value['path']}"] = base64.b64decode(value["content"])
        return reply(200, {"commitOid": COMMIT, "commitUrl": f"{self.url}/{repo}/commit/{COMMIT}"})

    def _jobs(self, request: Request, parts: list[str], query: dict[str, list[str]]) -> Reply:
        if request.method == "POST" and len(parts) == 1:
            return self._create(request.json)
        if len(parts) == 1:
            wanted = query.get("label", [""])[0].partition("=")[2]
            found = [job for job in self.created.values() if wanted in job["labels"].values()]
            return reply(200, [self._shown(job) for job in found])
        job = self.created.get(parts[1])
        if job is None:
            return reply(404, {"error": "no such job"})
        if parts[2:] == ["cancel"]:
            job["stage"] = "CANCELED"
            return reply(200, {})
        if parts[2:] == ["logs"]:
            lines = [
                f'data: {{"data": "line {number}", "timestamp": "2026-11-20T00:00:00Z"}}\n\n'
                for number in (1, 2)
            ]
            return reply(200, "".join(lines), content_type="text/event-stream")
        return reply(200, self._looked_at(job))

    def _create(self, body: Json) -> Reply:
        name = f"job-{len(self.created) + 1}"
        self.created[name] = {**body, "id": name, "stage": "SCHEDULING", "looks": 0}
        return reply(200, self._shown(self.created[name]))

    def _looked_at(self, job: Json) -> Json:
        job["looks"] += 1
        if job["stage"] in ("SCHEDULING", "RUNNING"):
            job["stage"] = "RUNNING"
            if job["looks"] >= self.ends_after:
                job["stage"] = "ERROR" if self.ends_as else "COMPLETED"
                repo = f"models/{job['volumes'][0]['source']}"
                self.files |= {f"{repo}:{path}": content for path, content in self.gives.items()}
        return self._shown(job)

    def _shown(self, job: Json) -> Json:
        owner = {"id": "1", "name": "mine", "type": "user"}
        return {
            "id": job["id"],
            "labels": job["labels"],
            "flavor": job["flavor"],
            "status": {"stage": job["stage"], "message": self.ends_as or None},
            "durations": {"runningSecs": 600},
            "owner": owner,
        }

    def _info(self, repo: str) -> Reply:
        names = [name.partition(":")[2] for name in self.files if name.startswith(f"{repo}:")]
        siblings = [{"rfilename": name} for name in names]
        return reply(200, {"id": repo.partition("/")[2], "sha": COMMIT, "siblings": siblings, "tags": []})

    def _tree(self, prefix: str) -> Reply:
        listed = [
            {
                "type": "file",
                "path": name.removeprefix(prefix),
                "size": len(content),
                "oid": hashlib.sha1(content).hexdigest(),
            }
            for name, content in self.files.items()
            if name.startswith(prefix)
        ]
        return reply(200, listed)

    def _file(self, name: str, request: Request) -> Reply:
        content = self.files[name]
        described = {"x_repo_commit": COMMIT, "etag": f'"{hashlib.sha1(content).hexdigest()}"'}
        if request.method == "HEAD":
            return _head(content, described)
        return reply(200, content, **described)


def _head(content: bytes, described: dict[str, str]) -> Reply:
    """As of a file, without it."""
    import asyncio

    async def write(writer: asyncio.StreamWriter) -> bool:
        lines = [f"{key.replace('_', '-')}: {value}" for key, value in described.items()]
        head = ["HTTP/1.1 200 OK", f"content-length: {len(content)}", *lines]
        writer.write(("\r\n".join(head) + "\r\n\r\n").encode())
        await writer.drain()
        return True

    return write
