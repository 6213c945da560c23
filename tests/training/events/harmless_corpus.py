"""Lines without a secret that look as if they had one, and the text of this project."""
# ruff: noqa: E501  (patterns and samples are read as one line)

import base64
import hashlib
import random
import string
import uuid
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def own_lines() -> Iterator[str]:
    """Every fourth line of the packages and pages of this project."""
    files = [*(ROOT / "docs").glob("**/*.md"), ROOT / "README.md", ROOT / "pyproject.toml"]
    for package in ("assistant", "sandbox", "tools", "training"):
        files += (ROOT / package).glob("**/*.py")
    number = 0
    for path in sorted(files):
        for line in path.read_text(encoding="utf-8").splitlines():
            number += 1
            if line.strip() and number % 4 == 0:
                yield line


def made_lines() -> Iterator[str]:
    """Hashes, identifiers, encoded files, lock files, minified code, reports of tests: 60 of each kind."""
    dice = random.Random(21)
    for number in range(60):
        data = dice.randbytes(48)
        sha1, sha256 = hashlib.sha1(data).hexdigest(), hashlib.sha256(data).hexdigest()
        sha512 = base64.b64encode(hashlib.sha512(data).digest()).decode()
        some, other = str(uuid.UUID(bytes=data[:16], version=4)), str(uuid.UUID(bytes=data[16:32], version=4))
        word = "".join(dice.choice(string.ascii_lowercase) for _ in range(7))
        version = f"{dice.randrange(9)}.{dice.randrange(30)}.{dice.randrange(30)}"
        image = base64.b64encode(b"\x89PNG\r\n\x1a\n" + data * 3).decode()
        letters = "".join(dice.choice(string.ascii_lowercase) for _ in range(9))
        yield from (
            f"commit {sha1}",
            f"{sha1[:7]} Fix the {word} of the parser",
            f"index {sha1[:10]}..{sha256[:10]} 100644",
            f"    --hash=sha256:{sha256} \\",
            f'    "integrity": "sha512-{sha512}",',
            f'  resolved "https://registry.yarnpkg.com/@{word}/{word}/-/{word}-{version}.tgz#{sha1}"',
            f'checksum = "{sha256}"',
            f"github.com/{word}/{word} v{version} h1:{base64.b64encode(data[:32]).decode()}",
            f'{{"id": "{some}", "parent_id": "{other}", "key": "{word}-{number}"}}',
            f"request_id={some} trace_id={sha256[:32]} span_id={sha256[32:48]} status=200",
            f'<img src="data:image/png;base64,{image}" alt="{word}">',
            f"!function(e,t){{var n=t.{word};e.exports={{key:n.{letters},token:e.t{number},a:{number}}}}}({letters[0]},{letters[1]});",
            f"tests/{word}/test_{letters}.py::test_{word}_{number}[param-{number}-{sha1[:6]}] PASSED",
            f"drwxr-xr-x 2 {word} {word} 4096 Jan {number % 28 + 1} 10:0{number % 10} {letters}_{version}",
            f"pull: docker.io/library/{word}@sha256:{sha256}",
            f"https://{word}.example.org:8080/{letters}/{some}?page={number}&sort=name",
            f"def {word}(token: str, password: str | None = None, key: int = {number}) -> Token:",
            f"    {word}_token = self.tokenizer.next_{letters}({number})",
            f'"prompt_tokens": {number * 31}, "completion_tokens": {number}, "max_tokens": 4096',
            f'etag: W/"{sha1[:16]}"',
            f"cache-key: {word}-{version}-{sha256[:20]}",
            f"{sha256}  {word}-{version}.tar.gz",
            f"Collecting {word}=={version} (from -r requirements.txt (line {number}))",
            f"-{letters} = os.environ['{word.upper()}_TOKEN']",
            f"password = input('Password of {word}: ')",
            f"error: invalid password for user {word} ({number} tries left)",
            f"  - uses: actions/checkout@{sha1}",
            f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{base64.b64encode(data[:32]).decode()[:43]} {word}@{letters}",
            f"    {word}Key: z.string().min({number}), {word}Token: z.string().optional(),",
            f"    secretName: {word}-tls",
            f"          key: {letters}",
            f"tokenizer.json: 100%|{'#' * 10}| {number}.{number}M/{number}.{number}M [00:0{number % 10}<00:00]",
            f"WARNING: {word}.py:{number}:{number % 80}: E501 line too long ({number + 100} > 99 characters)",
            f"\x1b[32m+    {word} = {letters}(key={number})\x1b[0m",
            f"user {word}@{letters}.example.org signed in from 10.0.{number}.7",
            f'nonce="{sha1[:12]}" algorithm=MD5 qop=auth realm="{word}"',
        )
