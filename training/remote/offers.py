"""Where a model can be tuned, what each place needs, and where it cannot be, with the reason.

Invariant: what is not offered is listed with its reason, as it was known on ``AS_OF``.
"""

import os
from dataclasses import dataclass

from training.finetune.installed import check_installed
from training.jobs.base import JobError
from training.remote.settings import RemoteSettings
from training.teachers.base import ProviderConfig, TeacherError
from training.teachers.keys import find_key

AS_OF = "2026-11-20"


@dataclass(frozen=True)
class Offer:
    """``problem`` is what is missing here, empty where it is ready; ``reason`` is why it is not offered."""

    name: str
    offered: bool
    what: str = ""
    cost: str = ""
    problem: str = ""
    reason: str = ""


NOT_OFFERED = (
    Offer(
        "anthropic",
        False,
        reason="its API tunes no model; the one that could be tuned at a cloud (Claude 3 Haiku, at Amazon "
        "Bedrock) needs that cloud's own account and storage",
    ),
    Offer(
        "google",
        False,
        reason="no model of the Gemini API can be tuned since May 2025; its cloud platform needs an account "
        "and storage of its own",
    ),
    Offer("cohere", False, reason="its fine-tuning is deprecated since September 2025"),
    Offer(
        "others",
        False,
        reason="nothing was tried against them; a small server that answers as docs/remote-fine-tuning.md "
        "says makes any of them the provider custom",
    ),
)


def offers(place: RemoteSettings) -> list[Offer]:
    """All of them, those that are offered first. Nothing is sent."""
    return [_local(), _openai(place), _huggingface(place), _custom(place), *NOT_OFFERED]


def _local() -> Offer:
    try:
        check_installed()
    except JobError as error:
        return Offer("local", True, "this machine", "nothing", str(error))
    return Offer("local", True, "this machine", "nothing")


def _openai(place: RemoteSettings) -> Offer:
    what = (
        "OpenAI's fine-tuning API, or what speaks its protocol at remote.openai_url. OpenAI takes new runs "
        "only from organisations that still use a tuned model, and from none after 2027-01-06"
    )
    problem = ""
    try:
        find_key(ProviderConfig("openai", base_url=place.openai_url))
    except TeacherError as error:
        problem = str(error)
    return Offer("openai", True, what, "by trained token; teachers.prices", problem)


def _huggingface(place: RemoteSettings) -> Offer:
    what = (
        f"a machine of Hugging Face ({place.hardware}, {place.minutes} minutes at most) that trains as this "
        "one would; the result comes back as a run to export"
    )
    problem = "" if _has_token() else "export HF_TOKEN=hf_..., one that may write and run jobs"
    return Offer("huggingface", True, what, "by minute; the hub says how much", problem)


def _has_token() -> bool:
    if os.environ.get("HF_TOKEN"):
        return True
    from training.models.base import ModelError
    from training.models.hub import endpoint

    try:
        endpoint()  # the library cannot be imported with one that it cannot read
    except ModelError:
        return False
    from huggingface_hub import get_token

    return bool(get_token())


def _custom(place: RemoteSettings) -> Offer:
    what = "an endpoint of your own, by the protocol of docs/remote-fine-tuning.md"
    problem = "" if place.custom_url else "set remote.custom_url"
    return Offer("custom", True, what, "[[model]] entries of provider custom; teachers.prices", problem)
