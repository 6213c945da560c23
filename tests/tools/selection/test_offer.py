"""What is offered: what is likely or named, everything where nothing is sure, each unknown tool in turn."""

import pytest

from tools.protocol.messages import Signature
from tools.registry import builtin_registry
from tools.selection.bundles import bundles, choose_bundle
from tools.selection.model import shipped_model
from tools.selection.offer import Offers, everything
from tools.selection.ranker import Ranker
from tools.selection.tokens import schema_tokens, signature_tokens

BUILTIN = builtin_registry().signatures()
NAMES = tuple(tool.name for tool in BUILTIN)
UNKNOWN = [Signature(f"gadget_{number}", "Turn a knob", {"type": "object"}) for number in range(4)]


@pytest.fixture
def offers() -> Offers:
    return Offers(Ranker(shipped_model()))


def test_a_clear_request_gets_a_short_list_with_the_same_prompt(offers: Offers) -> None:
    offer = offers.offer("read src/app.py", BUILTIN, "shortlist")
    assert (offer.way, offer.names, offer.shown) == ("shortlist", ("read_file",), BUILTIN)
    assert offer.narrowed and offer.expects_call and offer.first(1) == ["read_file"]


def test_two_likely_tools_are_both_offered_in_the_order_of_the_whole(offers: Offers) -> None:
    offer = offers.offer("install the tests", BUILTIN, "shortlist")
    assert set(offer.names) >= {"run_shell", "run_tests"}
    assert [name for name in NAMES if name in offer.names] == list(offer.names)


@pytest.mark.parametrize("way", ["shortlist", "bundles"])
@pytest.mark.parametrize("request_text", ["zxcv qwop", "", "помоги"])
def test_everything_is_offered_where_nothing_is_sure(offers: Offers, request_text: str, way: str) -> None:
    offer = offers.offer(request_text, BUILTIN, way)  # type: ignore[arg-type]
    assert (offer.way, offer.names, offer.narrowed) == ("all", NAMES, False)


@pytest.mark.parametrize("tool", NAMES)
@pytest.mark.parametrize("way", ["shortlist", "bundles"])
def test_a_tool_that_is_asked_for_by_name_is_never_hidden(offers: Offers, tool: str, way: str) -> None:
    for request_text in (f"run the tests with {tool}", f"what is {tool.replace('_', ' ')} in a.py"):
        assert tool in offers.offer(request_text, BUILTIN, way).names  # type: ignore[arg-type]


def test_all_is_all_and_still_ranked(offers: Offers) -> None:
    offer = offers.offer("run the tests", BUILTIN, "all")
    assert (offer.names, offer.way, offer.first(1)) == (NAMES, "all", ["run_tests"])


def test_small_talk_expects_no_call(offers: Offers) -> None:
    offer = offers.offer("thank you!", BUILTIN, "shortlist")
    assert "answer" in offer.names and not offer.expects_call


def test_every_tool_without_evidence_has_its_turn(offers: Offers) -> None:
    tools = [*BUILTIN, *UNKNOWN]
    seen: list[str] = []
    for _ in UNKNOWN:
        names = offers.offer("read src/app.py", tools, "shortlist").names
        seen += [name for name in names if name.startswith("gadget")]
    assert sorted(seen) == sorted(tool.name for tool in UNKNOWN)


def test_an_unknown_tool_that_fits_is_offered_at_once(offers: Offers) -> None:
    offer = offers.offer("turn the knob", [*BUILTIN, UNKNOWN[0]], "shortlist")
    assert "gadget_0" in offer.names


def test_a_bundle_holds_what_is_likely_and_is_the_same_every_time(offers: Offers) -> None:
    first = offers.offer("fetch https://a.org/x", BUILTIN, "bundles")
    second = offers.offer("search the web for otters online", BUILTIN, "bundles")
    assert first.way == second.way == "web"
    assert first.shown == second.shown
    assert first.names == ("read_file", "search_docs", "web_search", "fetch_url", "answer")


def test_a_request_that_no_bundle_holds_gets_everything() -> None:
    name, shown = choose_bundle({"fetch_url", "run_tests"}, BUILTIN)
    assert (name, shown) == ("all", BUILTIN)


def test_small_talk_keeps_the_whole_prompt(offers: Offers) -> None:
    assert offers.offer("hi", BUILTIN, "bundles").shown == BUILTIN


def test_a_tool_from_elsewhere_and_the_answer_are_in_every_bundle() -> None:
    for held in bundles().values():
        name, shown = choose_bundle(held, [*BUILTIN, *UNKNOWN])
        names = [tool.name for tool in shown]
        assert name != "all" and names[-4:] == [tool.name for tool in UNKNOWN] and "answer" in names


def test_the_bundles_name_known_tools_and_each_tool_has_one() -> None:
    assert frozenset().union(*bundles().values()) == set(builtin_registry().names())
    assert 2 <= len(bundles()) <= 6


def test_nothing_to_offer(offers: Offers) -> None:
    assert offers.offer("read a.py", [], "shortlist") == everything([])


def test_short_signatures_take_a_sixth_of_the_schemas() -> None:
    assert schema_tokens(BUILTIN) >= 6 * signature_tokens(BUILTIN, describe=False)
