"""Settings of the student: the ``[student]`` table."""

from pydantic import BaseModel, ConfigDict, Field

NO_ADAPTER = "none"


class StudentSettings(BaseModel):
    """Which model serves and how it decides."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    model: str = "embedded"
    """``embedded`` (SmolLM2-135M-Instruct), an id that ``apprentice models list`` shows, a GGUF's path, or an
    OpenAI-compatible ``http(s)://`` URL (``URL#NAME`` for one of its models). The trained student that is
    deployed serves where its base is named."""
    adapter: str = ""
    """Path of a LoRA adapter GGUF; empty takes that of the deployed student, ``none`` takes none."""
    name: str = ""
    """The model's name at an OpenAI-compatible endpoint; empty takes the first it lists."""
    context_tokens: int = Field(default=8192, ge=512, le=1 << 20)
    """Window of the conversation; never more than the model was trained with."""
    threads: int = Field(default=0, ge=0, le=512)
    """CPU threads; 0 takes as many as were quickest when the model was measured, or the cores."""
    answer_tokens: int = Field(default=512, ge=16, le=1 << 16)
    """Longest answer."""
    call_tokens: int = Field(default=768, ge=16, le=1 << 16)
    """Longest arguments of one call; a call cut there is not executed."""
    silence_seconds: float = Field(default=300.0, ge=10, le=86400)
    """Longest silence of a student that is asked something, without a token and without a sign of life; then
    its process is ended and started again, or its endpoint given up. A long prompt is no silence on this
    machine; an endpoint may need that long to read one."""
    cache_mb: int = Field(default=256, ge=0, le=1 << 20)
    """Most memory for saved states of each kind of prompt, and most disk for those kept over runs; 0 keeps
    none."""
    prompt: str = ""
    """Path of a prompt TOML; empty takes that of the deployed student, or the one that fits the model."""
    ask_below: float = Field(default=0.0, ge=0, le=1)
    """Confidence below which the student asks you instead of calling a tool; 0 never asks. Best set after
    ``apprentice eval calibrate``."""

    @property
    def remote(self) -> bool:
        """True where the student is behind an endpoint, which is sent the tools as JSON Schemas."""
        return self.model.startswith(("http://", "https://"))

    @property
    def adapter_path(self) -> str:
        """The adapter's file, empty where there is none."""
        return "" if self.adapter == NO_ADAPTER else self.adapter

    def room_for_reply(self, window: int) -> int:
        """The tokens of a window that a prompt leaves free: for the longest reply, at most a quarter."""
        return min(max(self.call_tokens, self.answer_tokens), window // 4)
