"""The scenes of the snapshots and of the README's picture: fixed words, fixed times."""

from assistant.agent.steps import Step, Thought
from tests.assistant.tui.fake_chat import answer, call, confirmation, observed, selected
from tools.calls import Risk

QUESTION = "where is parse_config defined, and who calls it?"
ANSWER = """`parse_config` is defined in **src/config.py**, line 41, and called twice:

```python
def parse_config(path: Path) -> Config:
    \"\"\"Read the settings, or say which line is wrong.\"\"\"
    return Config(**tomllib.loads(path.read_text()))
```

1. `main` reads it once at the start.
2. `reload` reads it again on SIGHUP."""

DIFF = '''--- a/src/config.py
+++ b/src/config.py
@@ -39,5 +39,6 @@
 import tomllib
 
-def parse_config(path):
-    return tomllib.loads(open(path).read())
+def parse_config(path: Path) -> Config:
+    """Read the settings, or say which line is wrong."""
+    return Config(**tomllib.loads(path.read_text()))
 
'''

SOURCE = """import tomllib


def parse_config(path):
    return tomllib.loads(open(path).read())


def main():
    config = parse_config(PATH)
    serve(config)
"""

SEARCH = call("search_files", "c1", pattern="parse_config", path="src")
READ = call("read_file", "c2", path="src/config.py", start_line=38, end_line=52)
SHELL = call("run_shell", "c3", command="rm -rf build && git status --short")
EDIT = call("edit_file", "c4", path="src/config.py", old_text="def parse_config", new_text="...")
TESTS = call("run_tests", "c5", target="tests/test_config.py")


def search() -> list[Step]:
    """A turn that looks and answers."""
    hits = "src/config.py:41:def parse_config(path):\nsrc/main.py:12:    config = parse_config(path)\n"
    lines = "\n".join(f"{number}  {line}" for number, line in enumerate(SOURCE.splitlines(), 38))
    return [
        Thought("The name is exact, so a search is enough."),
        selected(SEARCH),
        observed(SEARCH, hits + "src/main.py:57:    return parse_config(path)"),
        selected(READ, confidence=0.41),
        observed(READ, lines),
        *answer(ANSWER),
    ]


def command() -> list[Step]:
    """A turn that waits for the person to allow a command."""
    reasons = ("rm -rf build: no rule allows it", "git status --short: allowed")
    return [selected(SHELL, Risk.EXECUTE, 0.71), confirmation(SHELL, reasons=reasons)]


def write() -> list[Step]:
    """A turn that waits for the person to allow a write."""
    reasons = ("mode ask confirms every write",)
    rule = "edit_file(src/**)"
    asked = confirmation(EDIT, Risk.WRITE, preview=DIFF, rule=rule, reasons=reasons)
    return [selected(EDIT, Risk.WRITE), asked]


def work() -> list[Step]:
    """A turn of an edit that was allowed and tests that fail."""
    done = observed(EDIT, "edited", by="person", diff=DIFF)
    failed = observed(
        TESTS, "FAILED test_config.py::test_path\n1 failed, 3 passed", success=False, exit_code=1
    )
    return [
        selected(EDIT, Risk.WRITE),
        done,
        selected(TESTS, Risk.EXECUTE),
        failed,
        *answer("One test fails."),
    ]
