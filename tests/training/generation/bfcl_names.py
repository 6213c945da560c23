"""``python tests/training/generation/bfcl_names.py FOLDER``: writes bfcl_names.txt beside this file, the
digests of the names of all functions in a folder of the leaderboard's data. Its texts are held out: none is
kept."""

import json
import sys
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

DIGESTS = Path(__file__).with_name("bfcl_names.txt")


def normalised(name: str) -> str:
    """What of a name is compared: its last dotted part, in lower case, without underscores."""
    return name.rpartition(".")[2].lower().replace("_", "")


def digest(name: str) -> str:
    return blake2b(normalised(name).encode(), digest_size=8).hexdigest()


def names_in(value: Any) -> Iterator[str]:
    """Every `name` that stands beside `parameters`."""
    if isinstance(value, dict):
        if isinstance(value.get("name"), str) and "parameters" in value:
            yield value["name"]
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from names_in(one)


def documents(text: str) -> list[Any]:
    """A file of the leaderboard holds one document, or one a line."""
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except json.JSONDecodeError:
        return [json.loads(text)]


def main(folder: Path) -> None:
    files = [*folder.glob("BFCL_v*.json"), *folder.glob("multi_turn_func_doc/*.json")]
    texts = (file.read_text("utf-8") for file in files)
    found = {digest(name) for text in texts for one in documents(text) for name in names_in(one)}
    DIGESTS.write_text("\n".join(sorted(found)) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
