"""From an order to its provider: the one place that knows them all. The SDKs are imported here, late."""

from pathlib import Path

from training.remote.base import Cost, Remote, Sent
from training.remote.order import RemoteOrder


def create_remote(order: RemoteOrder) -> Remote:
    """Nothing is sent yet. Raises TeacherError where a key or an address is missing."""
    if order.provider == "openai":
        from training.remote.openai_tuning import OpenAITuning

        return OpenAITuning(order)
    if order.provider == "custom":
        from training.remote.custom import CustomEndpoint

        return CustomEndpoint(order)
    from training.remote.huggingface import HuggingFaceJobs

    return HuggingFaceJobs(order)


def prepare(order: RemoteOrder, folder: Path) -> Sent:
    """Write what the provider is sent below ``folder``. Raises JobError, OSError."""
    if order.provider == "huggingface":
        from training.remote.hub_files import write_hub_files

        return write_hub_files(order, folder)
    from training.remote.rendering import write_chats

    return write_chats(order, folder)


async def cost(order: RemoteOrder, sent: Sent) -> Cost:
    """What the run costs. Nothing is charged for asking. Raises TeacherError."""
    from training.remote.costs import cost_of_chats, custom_price, openai_price

    if order.provider == "huggingface":
        from training.remote.huggingface import cost_of_time

        return await cost_of_time(order)
    price = openai_price(order) if order.provider == "openai" else custom_price(order)
    return await cost_of_chats(order, sent, price)
