"""From a configuration to a teacher: the one place that knows them all. The SDKs are imported here, late."""

from pathlib import Path

from training.teachers.api import ApiProvider
from training.teachers.base import ProviderConfig, TeacherError, TeacherProvider
from training.teachers.patience import Said, unheard
from training.teachers.scripted import Script, ScriptedProvider


def create_provider(
    config: ProviderConfig,
    *,
    script: Script | None = None,
    said: Said = unheard,
    log: Path | None = None,
) -> TeacherProvider:
    """The teacher that ``config`` names. Nothing is sent yet.

    ``script`` is what a scripted one says; ``said`` receives a line about each wait and each field that a
    model does not take; ``log`` what llama.cpp prints. Raises TeacherError where a key, a model's name or a
    script is missing, or an address is none.
    """
    if config.provider == "scripted":
        if script is None:
            raise TeacherError("a scripted teacher needs a script")
        return ScriptedProvider(config, script)
    if config.provider == "local":
        from training.student.local import LocalStudent
        from training.teachers.local import LocalProvider, local_settings

        return LocalProvider(config, LocalStudent(local_settings(config), log=log))
    if not config.model:
        raise TeacherError(f"{config.provider} needs the name of a model: --model NAME")
    if config.provider == "openai":
        from training.teachers.openai_api import OpenAIApi

        return ApiProvider(config, OpenAIApi(config), said)
    from training.teachers.anthropic_api import AnthropicApi

    return ApiProvider(config, AnthropicApi(config), said)
