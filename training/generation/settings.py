"""Settings of generation: the ``[generation]`` table."""

from pydantic import BaseModel, ConfigDict, Field


class GenerationSettings(BaseModel):
    """What generated examples are like, and which of them are kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    variants: int = Field(default=4, ge=1, le=20)
    """Wordings of a request that a teacher is asked for at once."""
    languages: tuple[str, ...] = ("en", "en", "en", "de", "fr", "es")
    """Languages of requests that teachers write, each as often as it stands here."""
    near: float = Field(default=0.9, gt=0, le=1)
    """Jaccard similarity from which on two examples are duplicates; at 1 only equal ones are."""
    same_meaning: float = Field(default=1.0, gt=0, le=1)
    """Cosine of embeddings from which on two examples are duplicates; at 1 they are not compared."""
    embedder: str = "sentence-transformers/all-MiniLM-L6-v2"
    """Model of sentence-transformers for ``same_meaning``: a name on the hub, or a folder."""
    evaluation_sets: tuple[str, ...] = ()
    """Files of evaluation cases whose requests are kept out of what is generated."""
    unsure_below: float = Field(default=0.5, ge=0, le=1)
    """Confidence below which a decision of the log is one that the student was unsure of."""
