"""What the written pages point at is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "docs" / "design.md", *(ROOT / "docs" / "decisions").glob("*.md")])
# A page about one package names its files without the folders above.
FOLDERS = [
    "",
    "assistant",
    "assistant/agent",
    "training/student",
    "training/student/prompts",
    "training/events",
    "tools/permissions",
    "docs",
]


def found(name: str) -> bool:
    return any((ROOT / folder / name).exists() for folder in FOLDERS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    code = re.findall(r"`([\w./-]+\.(?:py|toml))`", text)
    named = [name for name in code if not name.startswith(".apprentice/")]
    named = [name for name in named if name != "settings.toml"]
    linked = re.findall(r"\]\(([^)#]+)\)", text)
    assert [name for name in (*named, *linked) if not found(name)] == []


def test_the_decisions_are_numbered_without_gaps_and_say_what_they_cost() -> None:
    decisions = [page for page in PAGES if page.parent.name == "decisions"]
    assert [int(page.name[:4]) for page in decisions] == list(range(1, len(decisions) + 1))
    for page in decisions:
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(page.name[:4])}. ")
        for part in ("Context.", "Decision.", "Why.", "What it costs."):
            assert f"**{part}**" in text, f"{page.name} has no part {part}"


def test_the_map_names_every_package_that_there_is() -> None:
    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    for package in ("assistant", "training", "tools", "sandbox"):
        assert f"{package}/" in text
        for folder in (ROOT / package).iterdir():
            if (folder / "__init__.py").exists() and folder.name != "image":
                assert folder.name in text, f"docs/design.md does not name {package}/{folder.name}"


@pytest.mark.parametrize("script", sorted((ROOT / "benchmarks").glob("*.py")), ids=lambda path: path.name)
def test_every_benchmark_is_explained(script: Path) -> None:
    if "__main__" in script.read_text(encoding="utf-8"):
        assert f"benchmarks/{script.name}" in (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
