"""A deleted file is gone, and looking at git commits nothing."""

from assistant.agent.facts.check import check
from assistant.agent.facts.diffs import Changed
from assistant.agent.facts.record import Facts, Ran


def test_deleted_file_is_gone() -> None:
    facts = Facts(
        ran=(Ran("run_shell", "rm old.py", True, 0),), changed=(Changed("old.py", 0, 20, "deleted"),)
    )
    assert not check("old.py is gone.", facts)
    assert not check("old.py is now gone.", facts)


def test_status_is_no_commit() -> None:
    facts = Facts(ran=(Ran("run_shell", "git status", True, 0),))
    assert check("I pushed the branch.", facts)
    assert not check("I committed it.", Facts(ran=(Ran("run_shell", "git commit -m x", True, 0),)))
