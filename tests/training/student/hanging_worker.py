"""A student's process that loads at once, counts, and hangs after the first word of anything else."""

import json
import sys
import time

HELD = {"memory_bytes": 0, "states_bytes": 0, "notices": []}


def reply(**values: object) -> None:
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


for line in sys.stdin:
    request = json.loads(line)
    if request["op"] == "load":
        result = {"context_tokens": 2048, "memory_bytes": 0}
        reply(id=request["id"], event="done", result=result, **HELD)
    elif request["op"] == "count":
        result = {"tokens": [1 for _ in request["texts"]]}
        reply(id=request["id"], event="done", result=result, **HELD)
    elif request["op"] != "cancel":
        reply(id=request["id"], event="text", text="word")
        time.sleep(1000)
