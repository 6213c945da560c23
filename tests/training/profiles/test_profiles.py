"""Profiles: the shipped ones, and what is refused."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from tools.registry import builtin_registry
from training.profiles import Profile, ProfileError, builtin_profiles, example_profiles, load_profiles

CODING = {"coder", "debugger", "tester", "reviewer", "documenter", "explorer", "operator"}
BUSINESS = {
    "customer",
    "risk",
    "loan",
    "investment",
    "compliance",
    "fraud",
    "payment",
    "transaction",
    "account",
    "portfolio",
    "analytics",
    "reporting",
    "notification",
    "audit",
    "system",
}
CATEGORIES = {
    "core_security",
    "ai_intelligence",
    "ecommerce",
    "marketing_brand",
    "wordpress_cms",
    "customer_service",
    "specialized",
}
WHOLE = 'name = "a"\ncategory = "c"\ninstructions = "Do it."\ntools = ["x", "y"]\n'


def write(folder: Path, text: str, name: str = "a.toml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_the_coding_agents_use_the_programs_own_tools():
    profiles = builtin_profiles()
    assert set(profiles) == CODING
    known = {tool.name for tool in builtin_registry()}
    for profile in profiles.values():
        assert profile.category == "coding"
        assert set(profile.tools) <= known
    assert {tool for profile in profiles.values() for tool in profile.tools} == known


def test_who_only_looks_is_offered_nothing_that_writes():
    risks = {tool.name: tool.risk.value for tool in builtin_registry()}
    profiles = builtin_profiles()
    assert {risks[tool] for tool in profiles["explorer"].tools} <= {"read", "network"}
    assert "write" not in {risks[tool] for tool in profiles["reviewer"].tools}


def test_the_business_agents_cover_every_category():
    profiles = example_profiles()
    assert set(profiles) == BUSINESS
    assert {profile.category for profile in profiles.values()} == CATEGORIES


@pytest.mark.parametrize(
    "profile", [*builtin_profiles().values(), *example_profiles().values()], ids=lambda profile: profile.name
)
def test_instructions_are_short_and_of_their_own(profile):
    assert 80 <= len(profile.instructions) <= 500
    everyone = [*builtin_profiles().values(), *example_profiles().values()]
    assert sum(one.instructions == profile.instructions for one in everyone) == 1


@pytest.mark.parametrize("profile", example_profiles().values(), ids=lambda profile: profile.name)
def test_a_file_is_named_like_its_profile(profile):
    folder = Path(__file__).parents[3] / "training" / "profiles" / "business"
    assert f'name = "{profile.name}"' in (folder / f"{profile.name}.toml").read_text(encoding="utf-8")


def test_a_folder_of_ones_own(tmp_path):
    write(tmp_path, WHOLE)
    write(tmp_path, WHOLE.replace('"a"', '"b"'), "b.toml")
    (tmp_path / "notes.txt").write_text("no profile", encoding="utf-8")
    found = load_profiles(tmp_path)
    assert list(found) == ["a", "b"]
    assert found["a"] == Profile(name="a", category="c", instructions="Do it.", tools=("x", "y"))


def test_a_profile_does_not_change(tmp_path):
    profile = load_profiles(write(tmp_path, WHOLE))["a"]
    with pytest.raises(ValidationError):
        profile.name = "b"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (WHOLE + 'colour = "red"\n', "colour"),
        (WHOLE.replace('name = "a"\n', ""), "name"),
        (WHOLE.replace('"a"', '"Big Name"'), "name"),
        (WHOLE.replace('"Do it."', '"  "'), "instructions"),
        (WHOLE.replace('"Do it."', "7"), "instructions"),
        (WHOLE.replace('["x", "y"]', "[]"), "tools"),
        (WHOLE.replace('["x", "y"]', '["x", "x"]'), "x stands in it twice"),
        (WHOLE.replace('["x", "y"]', '"x"'), "tools"),
        ("name = \nx", "line 1"),
        ("\udcff", "a.toml"),
    ],
)
def test_what_cannot_be_used_is_said_with_its_file_in_one_line(tmp_path, text, says):
    (tmp_path / "a.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ProfileError, match=r"a\.toml") as refused:
        load_profiles(tmp_path)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_name_is_given_once(tmp_path):
    write(tmp_path, WHOLE)
    write(tmp_path, WHOLE, "b.toml")
    with pytest.raises(ProfileError, match=r"b\.toml"):
        load_profiles(tmp_path)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(ProfileError, match="no folder"):
        load_profiles(tmp_path / "nowhere")
