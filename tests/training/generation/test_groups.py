"""The seven groups of templates, and their counts in the metadata."""

from training.generation.catalogue import Template, templates
from training.generation.groups import GROUPS, OTHERS, group_counts, group_of


def test_there_are_at_least_150_templates_in_seven_groups_and_none_is_small() -> None:
    counts = group_counts({})
    assert [*counts] == [*GROUPS, OTHERS] and len(GROUPS) == 7
    sizes = {group: counts[group]["templates"] for group in GROUPS}
    assert sum(sizes.values()) == len(templates()) >= 150
    assert min(sizes.values()) >= 15, sizes
    english = [group_of(one) for one in templates().values() if one.language == "en"]
    assert len(english) >= 150 and {*english} == {*GROUPS}


def test_a_template_is_grouped_by_its_file_and_else_by_what_it_calls() -> None:
    def of(file: str, kind: str = "call", *tools: str) -> str:
        steps = tuple(({"tool": tool, "arguments": {}},) for tool in tools)
        return group_of(Template("x", file, kind, ("a", "b"), steps))  # type: ignore[arg-type]

    assert of("debugging", "several", "read_file") == "debugging and error handling"
    assert of("indirect", "several", "read_file", "edit_file") == "multi-step reasoning"
    assert of("tasks_files", "call", "edit_file") == "multi-step reasoning"
    assert of("styles", "call", "edit_file") == "file operations"
    assert of("de", "call", "run_tests") == "code execution"
    assert of("followups", "call", "search_docs") == "documentation"
    assert of("indirect", "call", "git_diff") == of("de", "no_tool") == "tool use"


def test_examples_are_counted_by_group_and_those_without_a_template_beside() -> None:
    read, debug = (
        next(id_ for id_, one in templates().items() if one.group == file)
        for file in ("file_operations", "debugging")
    )
    counts = group_counts({read: 3, debug: 2, "banking.transfer": 4, "talk.jokes": 1})
    assert (counts["file operations"]["used"], counts["file operations"]["examples"]) == (1, 3)
    assert counts["debugging and error handling"]["examples"] == 2
    assert counts[OTHERS] == {"examples": 5} and counts["documentation"]["used"] == 0
