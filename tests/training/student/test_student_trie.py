"""The token trie: what is forced, where names branch, and names that begin with one another."""

from training.student.trie import END, build, ended, forced, label

A, B, C, D = 10, 11, 12, 13


def test_a_single_name_is_forced_to_its_end() -> None:
    tokens, node = forced(build({"one": [A, B]}))
    assert tokens == [A, B]
    assert ended(node)
    assert node.names == ["one"]


def test_names_branch_where_their_tokens_differ() -> None:
    tokens, node = forced(build({"x": [A, B, C], "y": [A, B, D], "z": [A, C]}))
    assert tokens == [A]
    assert set(node.children) == {B, C}
    assert node.children[B].names == ["x", "y"]
    assert not ended(node)


def test_the_end_of_a_name_is_a_branch_where_a_longer_one_goes_on() -> None:
    tokens, node = forced(build({"read": [A], "read_all": [A, B]}))
    assert tokens == [A]
    assert set(node.children) == {END, B}
    assert node.children[END].names == ["read"]


def test_a_branch_is_named_by_what_its_names_share() -> None:
    assert label(["run_shell"]) == "run_shell"
    assert label(["run_shell", "run_tests", "run_python"]) == "run_*"
    assert label(["read", "read_all"]) == "read*"
