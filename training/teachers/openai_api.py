"""OpenAI's chat completions, and all that is compatible with them, over the official SDK."""

from typing import TYPE_CHECKING

from training.teachers import chat_form
from training.teachers.base import ProviderConfig, TeacherReply, TeacherRequest, Unusable
from training.teachers.connection import address, connection
from training.teachers.counting import tiktoken_count
from training.teachers.failures import Where, refusals
from training.teachers.keys import find_key
from training.teachers.replies import Json

if TYPE_CHECKING:
    pass

USUAL_ADDRESS = "https://api.openai.com/v1"
NO_KEY = "none"


class OpenAIApi:
    """Fulfils ``Api``."""

    optional = chat_form.OPTIONAL

    def __init__(self, config: ProviderConfig) -> None:
        from openai import AsyncOpenAI

        from training.teachers.batches.openai_batches import OpenAIBatches

        base_url = address(config, USUAL_ADDRESS)
        key = find_key(config)
        self._config = config
        self.where = Where(config.base_url or "OpenAI", config.model, key)
        self.client: AsyncOpenAI = AsyncOpenAI(
            api_key=key.reveal() or NO_KEY,
            base_url=base_url,
            max_retries=0,
            http_client=connection(config, base_url),
        )
        # Here, because the SDK imports what it needs for it at the first look.
        self._create = self.client.chat.completions.with_raw_response.create
        self.batches = OpenAIBatches(self)

    def body(self, request: TeacherRequest) -> Json:
        return chat_form.body(self._config, request)

    async def post(self, body: Json, key: str) -> bytes:
        with refusals(self.where):
            response = await self._create(**body, extra_headers={"idempotency-key": key})
        content: bytes = response.http_response.content
        return content

    def read(self, data: Json, request: TeacherRequest) -> TeacherReply:
        try:
            return chat_form.reply_of(data, request, self._config)
        except Unusable as problem:
            problem.tokens = chat_form.tokens_of(data.get("usage"))
            raise

    async def count(self, request: TeacherRequest) -> tuple[int, str]:
        return await tiktoken_count(self._config.model, self.body(request))

    async def close(self) -> None:
        await self.client.close()
