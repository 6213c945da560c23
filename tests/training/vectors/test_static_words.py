"""The table of word pieces that comes with the program: whose pieces they are, and what it tells apart."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.curation.embedding import embedder_of, normal
from training.vectors.static_words import TABLE, StaticWords
from training.vectors.word_pieces import WordPieces

VOCABULARY = ["[PAD]", "[UNK]", "un", "##able", "##aff", "cafe", "!", "a", "##b", "中"]


def cosine(one: str, other: str) -> float:
    first, second = StaticWords().embed([one, other])
    return float(first @ second)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Unaffable", ["un", "##aff", "##able"]),
        ("CAFÉ!", ["cafe", "!"]),
        ("a\u00adb a\tb", ["a", "##b", "a", "[UNK]"]),
        ("a中a", ["a", "中", "a"]),
        ("\0a\ufffd", ["a"]),
        ("a" * 101, ["[UNK]"]),
        (" \n ", []),
    ],
)
def test_a_word_is_cut_into_the_longest_pieces(text: str, pieces: list[str]) -> None:
    assert [VOCABULARY[one] for one in WordPieces(VOCABULARY).ids(text)] == pieces


def test_what_says_the_same_is_near_and_what_does_not_is_far() -> None:
    assert cosine("how do I undo my last commit in git", "how can I undo the latest git commit?") > 0.7
    assert cosine("delete the old log files", "what does the parser return?") < 0.4


def test_texts_in_a_writing_that_the_model_never_saw_differ() -> None:
    assert cosine("ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ", "ꕙꔤ ꕢꕌ") < 0.5
    assert cosine("ᏣᎳᎩ", "ᏣᎳᎩ") == pytest.approx(1)


@given(st.lists(st.text(max_size=40), max_size=8))
def test_a_vector_is_of_its_text_alone_and_has_length_one_or_none(texts: list[str]) -> None:
    words = embedder_of("static")
    together = words.embed(texts)
    lengths = np.linalg.norm(together, axis=1)
    assert together.shape == (len(texts), words.size)
    assert all(one == 0 or one == pytest.approx(1, abs=1e-5) for one in lengths)
    for row, text in zip(together, texts, strict=True):
        assert np.array_equal(row, words.embed([text])[0])


@pytest.fixture(scope="module")
def library() -> Any:
    """The tokenizer of MiniLM itself."""
    from tokenizers import Tokenizer

    from training.curation.sentences import Sentences

    made = Tokenizer.from_file(str(Path(Sentences.minilm_path()) / "tokenizer.json"))
    made.no_truncation()
    made.no_padding()
    return made


@pytest.mark.train
@given(text=st.text(st.characters(max_codepoint=0x7FF, exclude_categories=["Cn", "Cs", "Co"]), max_size=40))
def test_the_pieces_are_those_of_tokenizers(library: Any, text: str) -> None:
    ours = WordPieces(sorted(library.get_vocab(), key=library.get_vocab().__getitem__))
    assert ours.ids(text) == library.encode(text, add_special_tokens=False).ids


@pytest.mark.train
def test_the_table_that_comes_with_the_program_is_what_the_model_gives() -> None:
    """A sample of its rows; ``python -m training.curation.distilling`` makes all of them anew."""
    from training.curation.sentences import Sentences

    model = Sentences.minilm()
    vocabulary = model.vocabulary()
    rows = np.arange(2000, 30000, 100)
    said = model.embed([vocabulary[row].removeprefix("##") for row in rows])
    with np.load(TABLE) as shipped:
        assert bytes(shipped["vocabulary"]).decode().split("\n") == list(vocabulary)
        old, new = normal(shipped["vectors"][rows]), normal(said - said.mean(axis=0))
    upper = np.triu_indices(len(rows), 1)
    assert np.corrcoef((old @ old.T)[upper], (new @ new.T)[upper])[0, 1] > 0.9
    shuffled = np.random.default_rng(1).permutation(len(rows))
    assert abs(np.corrcoef((old @ old.T)[shuffled][:, shuffled][upper], (new @ new.T)[upper])[0, 1]) < 0.1
