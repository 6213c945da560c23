"""What a fine-tuning run is told; all of it stands in the run's specification."""

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Method = Literal["lora", "qlora", "full"]
METHODS: dict[Method, str] = {"lora": "LoRA", "qlora": "QLoRA", "full": "all weights"}
"""What each is called where a run is shown."""


class FinetuneSettings(BaseModel):
    """The defaults are those that a student of 135 million parameters was tuned with on two cores."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Method = "lora"
    """Train an adapter; an adapter over a base that is held in 4 bits, on a GPU; or all weights."""
    rank: int = Field(default=32, ge=1, le=256)
    """Rank of the adapter; its scale is twice that."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Of the adapter's input."""
    learning_rate: float = Field(default=6e-4, gt=0, lt=1)
    """At its peak, after the warm-up; falls as a cosine."""
    warmup: float = Field(default=0.03, ge=0, le=0.5)
    """Share of the steps in which the rate rises."""
    weight_decay: float = Field(default=0.0, ge=0, le=1)
    """Of the trained weights."""
    epochs: float = Field(default=1.0, ge=0, le=1000)
    """Passes over the examples; 0 hands over the weights that the run goes on from, as they are."""
    batch: int = Field(default=16, ge=1, le=4096)
    """Examples per step."""
    micro_batch: int = Field(default=16, ge=1, le=1024)
    """Examples evaluated at once; a step may take several such."""
    micro_tokens: int = Field(default=2048, ge=64)
    """Tokens evaluated at once, padding included, unless a single example has more."""
    max_tokens: int = Field(default=2048, ge=64)
    """A longer example is dropped, and said; none is cut."""
    shuffle_tools: bool = True
    """Offer the tools in another order in every batch."""
    precision: Literal["bfloat16", "float32"] = "bfloat16"
    """Of the frozen weights and the products; what is trained is kept in float32."""
    clip: float = Field(default=1.0, gt=0)
    """Largest norm of the gradient."""
    choice_weight: float = Field(default=2.0, gt=0, le=100)
    """Of the first token of a decision, which says whether to call, and what; those of arguments weigh 1."""
    text_weight: float = Field(default=0.2, gt=0, le=100)
    """Of a token of an answer's text: there are many, and none of them makes a call right or wrong."""
    temperature: float = Field(default=2.0, gt=0)
    """Of the distillation from a teacher's shares."""
    soft: float = Field(default=0.5, ge=0, le=1)
    """Weight of the distillation against the plain loss, where an example has shares."""
    validate_every: int = Field(default=100, ge=1)
    """Steps between looks at the validation examples; a checkpoint is written at each."""
    checkpoint_every: int = Field(default=25, ge=1)
    """Steps between other checkpoints: what a kill can cost."""
    validation_share: float = Field(default=0.05, ge=0, le=0.5)
    """Share of the sessions that is kept for validation, where the data has no validation examples."""
    validation_most: int = Field(default=300, ge=0)
    """Validation examples at a look; of more, the same ones are drawn each time."""
    keep: Literal["best", "last"] = "best"
    """Which weights are handed over: those of the best look, or the last, settled by a falling rate."""
    patience: int = Field(default=5, ge=1)
    """Looks without improvement after which the run ends early."""
    seed: int = Field(default=1, ge=0)
    """Of the weights, the order and the tools."""
    threads: int = Field(default=0, ge=0)
    """Threads of torch; 0 for all cores."""
    processes: int = Field(default=1, ge=1, le=64)
    """Processes that train together on this machine, one for each GPU."""
    machines: int = Field(default=1, ge=1, le=256)
    """Machines that train together; each is started with the same command, but for ``machine``."""
    machine: int = Field(default=0, ge=0)
    """Which of them this is; 0 leads, and writes the result."""
    meet: str = ""
    """``HOST:PORT`` of machine 0, at which they meet."""
    sharded: bool = False
    """Spread the frozen base over all processes (FSDP), where it does not fit into one GPU."""

    def steps(self, per_epoch: int) -> int:
        """All steps, of so many in a pass: none for no pass, else at least one."""
        return max(1, round(per_epoch * self.epochs)) if self.epochs else 0

    @property
    def ranks(self) -> int:
        """All processes, on all machines."""
        return self.processes * self.machines

    @model_validator(mode="after")
    def _together(self) -> "FinetuneSettings":
        if self.machine >= self.machines:
            raise ValueError(f"machine {self.machine} of {self.machines}: the first is 0")
        if self.machines > 1 and not re.fullmatch(r"\S+:\d+", self.meet):
            raise ValueError("several machines need meet: HOST:PORT of machine 0")
        if self.sharded and self.method != "lora":
            raise ValueError(f"sharded is for method lora, not for {self.method}")
        if self.sharded and self.ranks == 1:
            raise ValueError("sharded needs several processes")
        return self
