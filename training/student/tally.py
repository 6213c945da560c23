"""What a student's decisions have cost together."""

from training.student.base import Stats, Usage


class Tally:
    """Sums of tokens and of the time they took."""

    def __init__(self) -> None:
        self._requests = 0
        self._prompt = self._cached = self._completion = 0
        self._prefilled = self._decoded = 0
        self._prefill_s = self._decode_s = 0.0

    def add(self, usage: Usage) -> None:
        """Count one request. Where a speed is not known, it says nothing about speed."""
        self._requests += 1
        self._prompt += usage.prompt_tokens
        self._cached += usage.cached_tokens
        self._completion += usage.completion_tokens
        if usage.prefill_tokens_per_s:
            evaluated = usage.prompt_tokens - usage.cached_tokens
            self._prefilled += evaluated
            self._prefill_s += evaluated / usage.prefill_tokens_per_s
        if usage.decode_tokens_per_s:
            self._decoded += usage.completion_tokens
            self._decode_s += usage.completion_tokens / usage.decode_tokens_per_s

    def stats(self) -> Stats:
        """The sums as they are now; what the process holds is left at 0."""
        return Stats(
            requests=self._requests,
            prompt_tokens=self._prompt,
            cached_tokens=self._cached,
            completion_tokens=self._completion,
            prefill_tokens_per_s=self._prefilled / self._prefill_s if self._prefill_s else 0.0,
            decode_tokens_per_s=self._decoded / self._decode_s if self._decode_s else 0.0,
        )
