"""Anthropic's messages, over the official SDK."""

from typing import TYPE_CHECKING

from training.teachers import messages_form
from training.teachers.base import ProviderConfig, TeacherReply, TeacherRequest, Unusable
from training.teachers.connection import address, connection
from training.teachers.failures import Where, refusals
from training.teachers.keys import find_key
from training.teachers.replies import Json

if TYPE_CHECKING:
    pass

USUAL_ADDRESS = "https://api.anthropic.com"
NO_KEY = "none"


class AnthropicApi:
    """Fulfils ``Api``."""

    optional = messages_form.OPTIONAL

    def __init__(self, config: ProviderConfig) -> None:
        from anthropic import AsyncAnthropic

        from training.teachers.batches.anthropic_batches import AnthropicBatches

        base_url = address(config, USUAL_ADDRESS)
        key = find_key(config)
        self._config = config
        self.where = Where(config.base_url or "Anthropic", config.model, key)
        self.client: AsyncAnthropic = AsyncAnthropic(
            api_key=key.reveal() or NO_KEY,
            base_url=base_url,
            max_retries=0,
            http_client=connection(config, base_url),
        )
        # Here, because the SDK imports what it needs for it at the first look.
        self._create = self.client.messages.with_raw_response.create
        self.batches = AnthropicBatches(self)

    def body(self, request: TeacherRequest) -> Json:
        return messages_form.body(self._config, request)

    async def post(self, body: Json, key: str) -> bytes:
        with refusals(self.where):
            # The SDK no longer has names for all that older models and other servers take.
            response = await self._create(
                model=body["model"],
                max_tokens=body["max_tokens"],
                messages=body["messages"],
                extra_body=body,
                extra_headers={"idempotency-key": key},
            )
        content: bytes = response.http_response.content
        return content

    def read(self, data: Json, request: TeacherRequest) -> TeacherReply:
        try:
            return messages_form.reply_of(data, request, self._config)
        except Unusable as problem:
            problem.tokens = messages_form.tokens_of(data.get("usage"))
            raise

    async def count(self, request: TeacherRequest) -> tuple[int, str]:
        prompt = messages_form.prompt(self._config, request)
        with refusals(self.where):
            counted = await self.client.messages.count_tokens(**prompt)
        return int(counted.input_tokens), "counted by Anthropic"

    async def close(self) -> None:
        await self.client.close()
