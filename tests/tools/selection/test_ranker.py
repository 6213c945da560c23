"""Ranking: the right tool among the first, a named one first, an unknown one by what it says of itself."""

from collections.abc import Sequence

import pytest

from tools.protocol.messages import Signature
from tools.registry import builtin_registry
from tools.selection.model import shipped_model
from tools.selection.named import named
from tools.selection.ranker import WISHED, Ranker
from tools.selection.similarity import Embedded, told

BUILTIN = builtin_registry().signatures()
FORECAST = Signature(
    "get_forecast",
    "Forecast the weather of the coming days",
    {"type": "object", "properties": {"city": {"type": "string", "description": "name of a town"}}},
)
QUERY = Signature("query_db", "Run a SQL query on a database", {"type": "object", "properties": {}})


@pytest.fixture(scope="module")
def ranker() -> Ranker:
    return Ranker(shipped_model())


# None of these is among the seed's templates or fillings.
@pytest.mark.parametrize(
    ("request_text", "tool"),
    [
        ("could you print out billing/invoice.py", "read_file"),
        ("what sort of files live below the assets folder", "list_files"),
        ("in which modules do we mention ShoppingCart", "search_files"),
        ("please create hello.go that prints a greeting", "write_file"),
        ("change retries from 3 to 5 in worker.py", "edit_file"),
        ("run npm audit in the terminal", "run_shell"),
        ("multiply 12 by 13.5 for me with python", "run_python"),
        ("please run all the unit tests now", "run_tests"),
        ("what did I alter since my last commit", "git_diff"),
        ("which arguments does zipfile.ZipFile.write accept", "search_docs"),
        ("search the internet for good espresso machines", "web_search"),
        ("please download https://shop.example/list.html", "fetch_url"),
        ("hello, nice to meet you", "answer"),
        ("whre is ShopingCart defnied", "search_files"),
    ],
)
def test_the_right_tool_is_among_the_first_three(ranker: Ranker, request_text: str, tool: str) -> None:
    assert tool in [one.tool for one in ranker.rank(request_text, BUILTIN)[:3]]


def test_every_tool_is_ranked_once(ranker: Ranker) -> None:
    ranked = ranker.rank("do something", [QUERY, *BUILTIN, FORECAST])
    assert sorted(one.tool for one in ranked) == sorted(one.name for one in [QUERY, *BUILTIN, FORECAST])
    assert all(0 <= one.probability <= 1 for one in ranked)
    assert {one.tool for one in ranked if not one.learned} == {"query_db", "get_forecast"}


def test_nothing_to_rank_is_an_empty_ranking(ranker: Ranker) -> None:
    assert ranker.rank("do something", []) == ()


def test_an_empty_request_is_ranked(ranker: Ranker) -> None:
    assert len(ranker.rank("", BUILTIN)) == len(BUILTIN)


def test_ranking_again_gives_the_same(ranker: Ranker) -> None:
    first = ranker.rank("show the diff of main.py", BUILTIN)
    assert Ranker(shipped_model()).rank("show the diff of main.py", BUILTIN) == first


def test_a_tool_that_is_wished_by_name_comes_first(ranker: Ranker) -> None:
    first = ranker.rank("use web_search and tell me what main.py is", BUILTIN)[0]
    assert (first.tool, first.named) == ("web_search", True) and first.probability >= WISHED


def test_an_unknown_tool_is_ranked_by_its_description(ranker: Ranker) -> None:
    def first(request_text: str) -> str:
        return ranker.rank(request_text, [QUERY, FORECAST])[0].tool

    assert first("will the weather be fine in the town of Oslo?") == "get_forecast"
    assert first("count the customers in our SQL database") == "query_db"


def test_likeness_may_come_from_embeddings() -> None:
    asked: list[list[str]] = []

    def embed(texts: Sequence[str]) -> list[list[float]]:
        asked.append(list(texts))
        return [[float("rain" in text), float("weather" in text or "rain" in text), 1.0] for text in texts]

    ranker = Ranker(shipped_model(), Embedded(embed, slope=8.0, offset=-4.0))
    ranked = ranker.rank("will it rain?", [QUERY, FORECAST])
    assert [one.tool for one in ranked] == ["get_forecast", "query_db"]
    ranker.rank("is it dry?", [QUERY, FORECAST])
    assert asked == [["will it rain?", told(QUERY), told(FORECAST)], ["is it dry?"]]


@pytest.mark.parametrize(
    ("request_text", "mentioned", "wished"),
    [
        ("please call read_file on a.py", {"read_file"}, {"read_file"}),
        ("READ_FILE a.py", {"read_file"}, {"read_file"}),
        ("use `read_file`", {"read_file"}, {"read_file"}),
        ("a git diff would help", {"git_diff"}, set()),
        ("try readPage or read page", {"readPage"}, {"readPage"}),
        ("please fetch it", {"fetch"}, set()),
        ("my_read_file_2 is a function", {"read_file"}, set()),
        ("prefetch nothing", set(), set()),
        ("db.query it", {"db.query"}, {"db.query"}),
    ],
)
def test_which_tools_a_request_names(request_text: str, mentioned: set[str], wished: set[str]) -> None:
    found = named(request_text, ("read_file", "git_diff", "readPage", "fetch", "db.query"))
    assert (found.mentioned, found.wished) == (mentioned, wished)
