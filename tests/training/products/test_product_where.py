"""The grammar of filters that a person types."""

import pytest

from training.products import ProductError
from training.products.where import parse_where


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("confidence>=0.8", {"confidence": {"gte": 0.8}}),
        ("confidence > 0.8", {"confidence": {"gt": 0.8}}),
        (" confidence<=1 ", {"confidence": {"lte": 1}}),
        ("confidence<-1", {"confidence": {"lt": -1}}),
        ("agent_id=coder", {"agent_id": "coder"}),
        ("agent_id==coder", {"agent_id": "coder"}),
        ('agent_id="7"', {"agent_id": "7"}),
        ("decisions=7", {"decisions": 7}),
        ("outcome.success=true", {"outcome.success": True}),
        ("outcome=null", {"outcome": None}),
        ("context.request=fix the test", {"context.request": "fix the test"}),
        ("context.request=a>=b", {"context.request": "a>=b"}),
        ("timestamp>=2026-03-04T12:00:00+00:00", {"timestamp": {"gte": "2026-03-04T12:00:00+00:00"}}),
        ("timestamp>=2026-03-04", {"timestamp": {"gte": "2026-03-04"}}),
        ("tool in read_file", {"tool": {"in": ["read_file"]}}),
        ("tool in read_file, run_shell", {"tool": {"in": ["read_file", "run_shell"]}}),
        ('tool in ["a", "b,c"]', {"tool": {"in": ["a", "b,c"]}}),
        ("tool in[1, 2]", {"tool": {"in": [1, 2]}}),
        ("n in 1,2", {"n": {"in": [1, 2]}}),
        ("index=1", {"index": 1}),
        ("in in in", {"in": {"in": ["in"]}}),
        ("x=NaN", {"x": "NaN"}),
    ],
)
def test_one_filter(text, filters):
    assert parse_where([text]) == filters


def test_several_filters_must_all_hold():
    assert parse_where(["a>=1", "a<3", "b=x", "a in 1,2"]) == {
        "a": {"gte": 1, "lt": 3, "in": [1, 2]},
        "b": "x",
    }
    assert parse_where([]) == {}


@pytest.mark.parametrize(
    "text", ["", "confidence", ">=1", "a=", "a b=1", "a!=1", "a in", "a in ", "a inside"]
)
def test_what_cannot_be_read_is_refused_with_an_example(text):
    with pytest.raises(ProductError, match=r"confidence>=0\.8"):
        parse_where([text])


@pytest.mark.parametrize("texts", [("a=1", "a=2"), ("a>=1", "a>=2"), ("a=1", "a>0"), ("a>0", "a=1")])
def test_two_filters_that_would_overwrite_each_other_are_refused(texts):
    with pytest.raises(ProductError, match="on top of another"):
        parse_where(texts)
