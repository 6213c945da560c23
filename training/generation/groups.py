"""The seven groups of templates, and how many of each are known and were used.

Invariant: every template is in one group. A file of templates is of one group where its name says so; those
of files by another order (voices, languages, follow-ups) belong to the group of what they call first.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from training.generation.catalogue import Template, templates
from training.generation.scripted import TASKS

FILES, CODE, TOOLS = "file operations", "code execution", "tool use"
STEPS, DEBUGGING = "multi-step reasoning", "debugging and error handling"
TESTS, DOCUMENTATION = "test generation", "documentation"
GROUPS = (FILES, CODE, TOOLS, STEPS, DEBUGGING, TESTS, DOCUMENTATION)
OTHERS = "without a template"
_BY_FILE = {
    "file_operations": FILES,
    "editing": FILES,
    "everyday_files": FILES,
    "everyday_changes": FILES,
    "code_execution": CODE,
    "everyday_commands": CODE,
    "tool_use": TOOLS,
    "missing": TOOLS,
    "restraint": TOOLS,
    "multi_step": STEPS,
    "debugging": DEBUGGING,
    "recovery_edits": DEBUGGING,
    "test_generation": TESTS,
    "documentation": DOCUMENTATION,
}
_BY_TOOL = {
    **dict.fromkeys(("read_file", "list_files", "search_files", "write_file", "edit_file"), FILES),
    **dict.fromkeys(("run_shell", "run_python", "run_tests"), CODE),
    "search_docs": DOCUMENTATION,
}


def group_of(template: Template) -> str:
    """One of ``GROUPS``. What calls no tool, or one of the web or of git, teaches which to use, if any."""
    if found := _BY_FILE.get(template.group):
        return found
    if template.kind == "several" or template.group.startswith(TASKS):
        return STEPS
    return _BY_TOOL.get(template.steps[0][0]["tool"], TOOLS) if template.steps else TOOLS


def group_counts(examples: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """For each group its templates, how many were used and for how many examples; JSON-ready.

    ``examples`` counts them by the id of their template; ``OTHERS`` are those of other domains, of talk and
    of the log, which have none.
    """
    known = {id_: group_of(template) for id_, template in templates().items()}
    used = Counter(known[id_] for id_ in examples if id_ in known)
    made = Counter[str]()
    for id_, count in examples.items():
        made[known.get(id_, OTHERS)] += count
    totals = Counter(known.values())
    counts = {
        group: {"templates": totals[group], "used": used[group], "examples": made[group]} for group in GROUPS
    }
    return {**counts, OTHERS: {"examples": made[OTHERS]}}
