"""Settings of the models: the ``[models]`` table."""

from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

LEAST_DECISIONS = 30
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
USUAL = (
    "http://127.0.0.1:8080/v1",  # llama-server
    "http://127.0.0.1:11434/v1",  # Ollama
    "http://127.0.0.1:8000/v1",  # vLLM
    "http://127.0.0.1:1234/v1",  # LM Studio
)


class ModelSettings(BaseModel):
    """Where models are looked for, and how much has to be shown before one serves."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    endpoints: tuple[str, ...] = USUAL
    """OpenAI-compatible servers that are asked for their models when models are listed, loopback addresses
    only; by default where llama-server, Ollama, vLLM and LM Studio usually listen."""

    least_decisions: int = Field(default=LEAST_DECISIONS, ge=1)
    """Held-out decisions that the conversion gate and a comparison need at least; with fewer, a student is
    not proved and is deployed by force only."""

    @field_validator("endpoints")
    @classmethod
    def _on_this_machine(cls, endpoints: tuple[str, ...]) -> tuple[str, ...]:
        for endpoint in endpoints:
            parts = urlsplit(endpoint)
            if parts.scheme not in ("http", "https") or parts.hostname not in LOOPBACK:
                raise ValueError(
                    f"{endpoint} is no http address of this machine, such as http://127.0.0.1:8080/v1"
                )
        return endpoints
