"""The process that ``bounded_search`` starts: one query on stdin, what it found on stdout, as JSON.

Invariant: it limits itself before it reads the query, and ends with the program that started it.
"""

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from sandbox.death_signal import die_with
from tools.builtin.bounded_search import bound
from tools.builtin.paths import located
from tools.builtin.searching import Query, search_with_python
from tools.builtin.tree import Ignores
from tools.calls import ToolError


def main() -> None:
    """Answer one query."""
    bound(os.getpid())
    die_with(int(sys.argv[1]))
    asked = json.loads(sys.stdin.buffer.read().decode("utf-8", "surrogatepass"))
    try:
        answer = _answer(asked)
    except ToolError as error:
        answer = {"error": str(error)}
    except MemoryError:
        answer = {"error": "the search takes too much memory; give a simpler pattern"}
    sys.stdout.buffer.write(json.dumps(answer).encode("ascii"))


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    workspace = Path(asked["workspace"])
    with located(workspace, "/".join((".", *asked["parts"]))) as place:
        query = Query.of(asked["pattern"], place, Ignores(workspace, place.parts), threading.Event())
        query.literal, query.lenient = asked["literal"], asked["lenient"]
        found = search_with_python(query)
    return {"matches": found.matches, "cut": found.cut, "literal": found.literal, "notes": query.notes}


if __name__ == "__main__":
    main()
