"""What the web says in generated examples: written here, the same for the same query or address."""

import random

from training.generation.catalogue import words


def page(url: str) -> str:
    """The text of a page."""
    dice = random.Random(f"page/{url}")
    title = dice.choice(words("nouns")).capitalize()
    said = [sentence.capitalize() + "." for sentence in dice.sample(words("sentences"), 2)]
    return "\n".join((title, *said))


def results(query: str) -> str:
    """Two hits, as ``web_search`` lists them."""
    dice = random.Random(f"results/{query}")
    hits = []
    for _ in range(2):
        host, sentence = dice.choice(words("nouns")), dice.choice(words("sentences"))
        hits.append(
            f"{query}: {dice.choice(words('nouns'))}\nhttps://{host}.example.org\n{sentence.capitalize()}."
        )
    return "\n\n".join(hits)
