"""Settings of the teachers: the ``[teachers]`` table. Keys are no settings: the environment has them."""

from pydantic import BaseModel, ConfigDict, Field


class TeacherSettings(BaseModel):
    """Which models teach, how they are asked, and from which cost on a person is asked first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    anthropic_model: str = ""
    """Model of the provider ``anthropic`` where a command names none."""
    openai_model: str = ""
    """Model of the provider ``openai`` where a command names none."""
    local_model: str = "embedded"
    """Path of a GGUF for the provider ``local``, or ``embedded``."""
    anthropic_url: str = ""
    """Address that speaks Anthropic's protocol; empty for Anthropic's own."""
    openai_url: str = ""
    """Address that speaks OpenAI's protocol, such as a local vLLM; empty for OpenAI's own."""
    prices: str = ""
    """Path of a TOML file with ``[[model]]`` prices of your own, which go before the shipped ones."""
    confirm_usd: float = Field(default=1.0, ge=0, allow_inf_nan=False)
    """Estimated cost in dollars above which a command asks before it begins."""
    max_cost_usd: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """Budget in dollars of a run where a command names none; 0 for none."""
    concurrency: int = Field(default=8, ge=1, le=256)
    """Requests to one provider at the same time."""
    timeout_s: float = Field(default=120.0, ge=1, le=3600)
    """Seconds that one attempt may take."""
