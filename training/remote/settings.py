"""Settings of fine-tuning elsewhere: the ``[remote]`` table. Keys are no settings."""

from pydantic import BaseModel, ConfigDict, Field


class RemoteSettings(BaseModel):
    """Where models are tuned that are not tuned on this machine. Costs are bounded as those of teachers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    openai_url: str = ""
    """Address that speaks OpenAI's fine-tuning protocol; empty for OpenAI's own."""
    custom_url: str = ""
    """Address of an endpoint of your own, for the provider ``custom``; docs/remote-fine-tuning.md says what
    it has to answer."""
    custom_key_variable: str = "FINETUNE_API_KEY"
    """Environment variable with the key for that endpoint, which may do without one."""
    hardware: str = "t4-small"
    """Machine that a run on Hugging Face rents, by the hub's name of it."""
    minutes: int = Field(default=60, ge=1, le=7 * 24 * 60)
    """Minutes after which the hub ends a run, which bounds what it costs."""
    namespace: str = ""
    """User or organisation on the hub that owns and pays the run; empty for the token's own."""
    package: str = ""
    """What is installed there: the URL of a wheel, or ``git+https://HOST/PROJECT@COMMIT``; empty for the
    program that runs here, where it came from a URL, a commit or a package index."""
    poll_s: float = Field(default=10.0, ge=0.05, le=3600)
    """Seconds between two looks at a run."""
