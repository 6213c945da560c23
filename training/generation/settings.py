"""Settings of generation: the ``[generation]`` table."""

from pydantic import BaseModel, ConfigDict, Field


class Parts(BaseModel):
    """Shares of what the scripted teacher makes; they are weights, and need not add up to one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    call: float = Field(default=0.20, ge=0)
    """Requests over all that the tools can do."""
    everyday: float = Field(default=0.20, ge=0)
    """Short plain requests, as most are."""
    several: float = Field(default=0.06, ge=0)
    """Several calls, together or one after the other."""
    task: float = Field(default=0.10, ge=0)
    """Whole tasks in a small repository."""
    follow_up: float = Field(default=0.07, ge=0)
    """Later turns of a conversation."""
    language: float = Field(default=0.08, ge=0)
    """Other languages than English."""
    ask: float = Field(default=0.04, ge=0)
    """Requests that lack something."""
    talk: float = Field(default=0.08, ge=0)
    """Requests that need no tool."""
    absent: float = Field(default=0.02, ge=0)
    """Requests whose tool is not on offer."""
    foreign: float = Field(default=0.22, ge=0)
    """Tools of other domains."""
    reading: float = Field(default=0.0, ge=0)
    """Results that are read: for students whose prompt has ``[reading]``."""
    whole: float = Field(default=0.4, ge=0, le=1)
    """Of the examples with one round of calls, how many go on to the observation and the answer."""


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
    embedder: str = "minilm"
    """For ``same_meaning``: ``minilm`` or another model of sentence-transformers, ``letters`` without one."""
    evaluation_sets: tuple[str, ...] = ()
    """Files of evaluation cases whose requests are kept out of what is generated."""
    parts: Parts = Parts()
    """What the scripted teacher makes more or less of."""
    unsure_below: float = Field(default=0.5, ge=0, le=1)
    """Confidence below which a decision of the log is one that the student was unsure of."""
