"""How many labels of a poisoned log are right: 1,000 simulated turns of which the truth is known.

Its users say good and bad, correct and edit calls, refuse them with and without a reason, undo, ask again in
other words, object, shrug, or leave. Its student loops, claims what was not done, and reads the wrong file;
tests are flaky, calls time out, and sometimes there is no terminal to ask.
"""

import argparse
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from training.labels.following import followed
from training.labels.label import label_of
from training.labels.reviews import merged

Row = dict[str, Any]
TURNS, SEED = 1_000, 22
ONE_SHOT = 0.1
"""Share of the sessions that have no terminal to ask."""
RIGHT = 0.66
"""Share of the turns in which the student chooses the right call."""

FILES = (
    "parser.py",
    "config.toml",
    "server.py",
    "README.md",
    "cli/main.py",
    "store.py",
    "auth.py",
    "Makefile",
)
NAMES = ("load_config", "parse_line", "retry_count", "Session", "to_json", "max_size", "open_store", "verify")


@dataclass(frozen=True)
class Intent:
    """What a user wants, in several words; the call that does it, and a call that does not."""

    tool: str
    words: tuple[str, ...]
    right: Callable[[str, str], dict[str, Any]]
    wrong: Callable[[str, str], tuple[str, dict[str, Any]]]


def _other(file: str) -> str:
    return FILES[(FILES.index(file) + 3) % len(FILES)]


INTENTS = (
    Intent(
        "read_file",
        (
            "show me {file}",
            "what does {file} contain",
            "print the contents of {file}",
            "open {file} and read it",
        ),
        lambda file, name: {"path": file},
        lambda file, name: ("read_file", {"path": _other(file)}),
    ),
    Intent(
        "search_files",
        (
            "where is {name} used",
            "find the uses of {name}",
            "which files mention {name}",
            "search for {name}",
        ),
        lambda file, name: {"pattern": name},
        lambda file, name: ("search_files", {"pattern": name[:3], "path": "docs"}),
    ),
    Intent(
        "edit_file",
        (
            "rename {name} in {file}",
            "give {name} in {file} a better name",
            "change the name of {name} in {file}",
            "{name} in {file} should be called something else",
        ),
        lambda file, name: {"path": file, "old_text": name, "new_text": f"{name}_v2"},
        lambda file, name: ("edit_file", {"path": file, "old_text": name, "new_text": "x"}),
    ),
    Intent(
        "edit_file",
        (
            "add a docstring to {name} in {file}",
            "document {name} in {file}",
            "write a docstring for {name}, it is in {file}",
            "{name} in {file} has no documentation, write it",
        ),
        lambda file, name: {"path": file, "old_text": f"def {name}", "new_text": f'def {name}: "Do it."'},
        lambda file, name: ("write_file", {"path": file, "content": "# documented\n"}),
    ),
    Intent(
        "write_file",
        (
            "write a test for {name} in {file}",
            "create a test that covers {name} of {file}",
            "{name} in {file} needs a test, add one",
            "cover {name} from {file} by a test",
        ),
        lambda file, name: {"path": f"tests/test_{name}.py", "content": f"def test_{name}(): ...\n"},
        lambda file, name: ("write_file", {"path": f"{name}.py", "content": "pass\n"}),
    ),
    Intent(
        "run_shell",
        ("run the tests", "execute the test suite", "do the tests pass", "check that all tests are green"),
        lambda file, name: {"command": "make check"},
        lambda file, name: ("run_shell", {"command": "python -m unittest discover docs"}),
    ),
    Intent(
        "run_shell",
        (
            "what changed since the last commit",
            "show the diff of the working copy",
            "which changes are not committed yet",
            "print my uncommitted changes",
        ),
        lambda file, name: {"command": "jj diff"},
        lambda file, name: ("run_shell", {"command": "git status"}),
    ),
    Intent(
        "list_files",
        ("which files are there", "list the folder", "what is in this directory", "show all files here"),
        lambda file, name: {},
        lambda file, name: ("list_files", {"path": "docs"}),
    ),
)
OBJECTIONS = (
    "no, that is not it",
    "that's wrong",
    "not what I asked for",
    "I meant the other one",
    "why did you do that",
)
CLAIMS = ("Done, I wrote {file}.", "I have updated {file} as you asked.", "All tests pass now.")
REASONS = ("that is the wrong file", "we use another command here", "do not touch that", "use make check")


@dataclass
class Simulation:
    """Makes sessions until there are enough turns. ``truth`` says of each decision whether it was right."""

    dice: random.Random
    turns: int
    rows: list[Row] = field(default_factory=list)
    truth: dict[str, bool] = field(default_factory=dict)
    happened: Counter[str] = field(default_factory=Counter)
    made: int = 0

    def run(self) -> None:
        session = 0
        while self.made < self.turns:
            session += 1
            self._session(f"s{session}", terminal=self.dice.random() >= ONE_SHOT)

    def _session(self, session: str, *, terminal: bool) -> None:
        at, length = 0, self.dice.randint(4, 14)
        again: tuple[Intent, str, str, str] | None = None
        objection = ""
        for _ in range(length):
            if again:
                intent, file, name, before = again
                request = self.dice.choice(
                    [one for one in intent.words if one.format(file=file, name=name) != before]
                )
                request = request.format(file=file, name=name)
            else:
                intent, file, name = (
                    self.dice.choice(INTENTS),
                    self.dice.choice(FILES),
                    self.dice.choice(NAMES),
                )
                request = self.dice.choice(intent.words).format(file=file, name=name)
            request = (
                f"{objection}: {request}" if objection and self.dice.random() < 0.5 else objection or request
            )
            turn = _Turn(self, session, request, at)
            reaction = self._turn(turn, intent, file, name, terminal=terminal)
            at += 2 + 2 * len(turn.rows)
            self.made += 1
            self.happened[reaction] += 1
            again = (intent, file, name, request) if reaction in ("asks again", "objects") else None
            objection = self.dice.choice(OBJECTIONS) if reaction == "objects" else ""
            if reaction == "leaves":
                return

    def _turn(self, turn: "_Turn", intent: Intent, file: str, name: str, *, terminal: bool) -> str:
        """Act, and let the user react: how they did."""
        dice, right = self.dice, self.dice.random() < RIGHT
        tool, arguments = (intent.tool, intent.right(file, name)) if right else intent.wrong(file, name)
        changes = tool in ("edit_file", "write_file", "run_shell")
        if changes and dice.random() < 0.3:
            turn.call("read_file", {"path": file}, True, result=f"1 {name}")
        if not right and dice.random() < 0.12:
            for _ in range(dice.randint(2, 5)):
                turn.call(tool, arguments, False)
            return "loops"
        if changes and not terminal:
            turn.call(tool, arguments, right, success=False, result="not run: no terminal to ask")
            if dice.random() < 0.5:  # as logs of older versions have it
                turn.review("refused", reason="no terminal to ask")
            return self._claim(turn, file, "no terminal")
        if dice.random() < 0.05:
            turn.call(
                tool,
                arguments,
                right,
                success=False,
                result=dice.choice(("timed out after 60 s", "interrupted by the person")),
            )
            return self._claim(turn, file, "times out")
        reaction = self._reaction(right=right, changes=changes)
        if reaction.startswith("refuses"):
            turn.call(tool, arguments, right, success=False, result="the person refused this call")
            turn.review("refused", reason=dice.choice(REASONS) if reaction == "refuses with a reason" else "")
            return self._claim(turn, file, reaction)
        turn.call(tool, arguments, right, result=f"1 {name}")
        if reaction == "edits the call":
            turn.review("corrected", intent.tool, intent.right(file, name))
        elif changes:
            turn.review("approved")
        if tool in ("edit_file", "write_file") and dice.random() < 0.4:
            self._tests(turn, right=right)
        turn.answer("It is done.", right)
        if reaction == "undoes" and changes:
            turn.undo()
        elif reaction in ("good", "bad"):
            turn.review(reason="", verdict=reaction, of=tool)
        elif reaction == "corrects":
            turn.review("corrected", intent.tool, intent.right(file, name), of=tool)
        return reaction

    def _reaction(self, *, right: bool, changes: bool) -> str:
        """What the user does about a call. Weights in per cent."""
        if right:
            odds = {"goes on": 84, "good": 4, "asks again": 3, "leaves": 5}
            odds |= {"undoes": 2, "refuses without a reason": 2} if changes else {}
        else:
            odds = {"asks again": 26, "objects": 22, "corrects": 14, "bad": 8, "leaves": 8, "goes on": 1.5}
            odds |= {"undoes": 16, "refuses with a reason": 12} if changes else {}
            odds |= {"refuses without a reason": 4, "edits the call": 8} if changes else {}
        return self.dice.choices(list(odds), list(odds.values()))[0]

    def _claim(self, turn: "_Turn", file: str, reaction: str) -> str:
        """Nothing was done; half of the students claim that it was, and half of that the host finds out."""
        if self.dice.random() < 0.5:
            known = self.dice.random() < 0.5
            turn.answer(self.dice.choice(CLAIMS).format(file=file), False, contradicted=known)
        return reaction

    def _tests(self, turn: "_Turn", *, right: bool) -> None:
        """Tests after a change: right about it in nine of ten cases, else flaky."""
        passes = right if self.dice.random() < 0.9 else not right
        turn.call("run_tests", {}, True, success=passes)
        if not passes and self.dice.random() < 0.5:
            turn.call("run_tests", {}, True, success=passes if right is passes else right)


@dataclass
class _Turn:
    """One turn's decisions, as the loop records them."""

    simulation: Simulation
    session: str
    request: str
    at: int
    rows: list[Row] = field(default_factory=list)
    said: list[dict[str, Any]] = field(default_factory=list)

    def call(
        self, tool: str, arguments: dict[str, Any], right: bool, *, success: bool = True, result: str = ""
    ) -> None:
        sim = self.simulation
        self.said = self.said or [{"role": "user", "text": self.request}]
        row = {
            "event_id": f"e{len(sim.rows):06}",
            "session_id": self.session,
            "context": {
                "request": self.request,
                "turn": list(self.said),
                "message_index": self.at + len(self.said),
            },
            "tool_selected": tool,
            "tool_parameters": arguments,
            "tools_available": [{"name": one.tool} for one in INTENTS],
            "model": "student",
            "confidence": 0.9,
            "outcome": {"success": success, "result": result, "execution_time_ms": 5.0},
            "reviews": [],
        }
        self.said = [*self.said, {"role": "assistant", "calls": [{"tool": tool, "arguments": arguments}]}]
        self.said.append({"role": "tool", "text": result})
        self.rows.append(row)
        sim.rows.append(row)
        sim.truth[row["event_id"]] = right

    def answer(self, text: str, right: bool, *, contradicted: bool = False) -> None:
        self.call("answer", {"text": text}, right, success=not contradicted)
        if contradicted:
            self.rows[-1]["outcome"]["contradicted"] = [text]
        elif right and self.simulation.dice.random() < 0.2:
            self.rows[-1]["outcome"]["grounded"] = True

    def review(
        self, verdict: str, tool: str | None = None, arguments: Any = None, reason: str = "", of: str = ""
    ) -> None:
        """Of the last decision, or of the last with the tool ``of``."""
        row = next(one for one in reversed(self.rows) if not of or one["tool_selected"] == of)
        said = {
            "verdict": verdict,
            "corrected_tool": tool,
            "corrected_parameters": arguments,
            "reason": reason,
        }
        row["reviews"].insert(0, said)

    def undo(self) -> None:
        for row in self.rows:
            if row["tool_selected"] in ("edit_file", "write_file", "run_shell"):
                said = {
                    "verdict": "undone",
                    "corrected_tool": None,
                    "corrected_parameters": None,
                    "reason": "",
                }
                row["reviews"].insert(0, said)


def simulated(seed: int = SEED, turns: int = TURNS) -> Simulation:
    """A log with its truth: rows oldest first, with what was said and what followed."""
    made = Simulation(random.Random(seed), turns)
    made.run()
    rows = [{**row, "review": merged(row["reviews"])} for row in made.rows]
    made.rows = followed(rows[::-1])[::-1]
    return made


def positive_before(row: Mapping[str, Any]) -> bool:
    """The rule before there were labels: what was allowed or rated good, corrected, or had a good outcome."""
    verdicts = [one["verdict"] for one in row["reviews"]]
    telling = [one for one in verdicts if one in ("good", "approved", "bad", "refused", "corrected")]
    if "corrected" in telling:
        return True
    if telling:
        return telling[0] in ("good", "approved")
    return row["outcome"]["success"] is True


def positive_now(row: Mapping[str, Any]) -> bool:
    return bool(label_of(row).tool)


def figures(made: Simulation, positive: Callable[[Mapping[str, Any]], bool]) -> dict[str, Any]:
    """Precision of the positives, recall of what was right. A call that a user wrote is right."""
    taken = [row for row in made.rows if positive(row)]
    right = [
        row for row in taken if (row["review"] or {}).get("corrected_tool") or made.truth[row["event_id"]]
    ]
    all_right = [row for row in made.rows if made.truth[row["event_id"]]]
    calls = [row for row in all_right if row["tool_selected"] != "answer"]
    found = {row["event_id"] for row in right}
    return {
        "positives": len(taken),
        "wrong": len(taken) - len(right),
        "precision": len(right) / len(taken),
        "recall": sum(row["event_id"] in found for row in all_right) / len(all_right),
        "recall_of_calls": sum(row["event_id"] in found for row in calls) / len(calls),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--json", type=Path, metavar="FILE")
    asked = parser.parse_args()
    found = []
    for seed in range(SEED, SEED + asked.seeds):
        made = simulated(seed, asked.turns)
        found.append(
            {"seed": seed, "before": figures(made, positive_before), "now": figures(made, positive_now)}
        )
        found[-1]["decisions"] = len(made.rows)
    print(f"{'SEED':>4}  {'DECISIONS':>9}  RULE    POSITIVES  WRONG  PRECISION  RECALL  OF CALLS")
    for one in found:
        for rule in ("before", "now"):
            said = one[rule]
            shares = f"{said['precision']:>9.1%}  {said['recall']:>6.1%}  {said['recall_of_calls']:>8.1%}"
            counts = f"{one['decisions']:>9,}  {rule:<6}  {said['positives']:>9,}  {said['wrong']:>5}"
            print(f"{one['seed']:>4}  {counts}  {shares}")
    if asked.json:
        asked.json.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")


if __name__ == "__main__":
    main()
