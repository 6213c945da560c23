"""A student all of whose weights were trained, from its run to the file that is deployed."""

import orjson
import pytest

from tests.training.export.test_export_crash import export_of, registry
from tests.training.finetune.tiny_runs import asked, done
from training.export.template import Template
from training.finetune.order import job_of
from training.registry import Registry

__all__ = ["registry"]
pytestmark = [pytest.mark.train, pytest.mark.timeout(900)]


def test_all_weights_are_trained_written_and_exported(training_jobs, place, registry: Registry) -> None:
    from safetensors.numpy import load_file

    run = done(training_jobs, training_jobs.submit(job_of(asked(place, method="full", learning_rate=0.001))))
    assert {path.name for path in run.outputs.iterdir()} == {"model", "prompt.toml", "run.json"}
    trained = load_file(run.outputs / "model" / "model.safetensors")
    config = orjson.loads((run.outputs / "model" / "config.json").read_bytes())
    assert "quantization_config" not in config

    exported = done(training_jobs, training_jobs.submit(export_of(run, registry)))
    assert {path.name for path in exported.outputs.iterdir()} == {
        "card.md",
        "model.gguf",
        "prompt.toml",
        "report.json",
        "report.txt",
    }
    name = "model.layers.0.mlp.down_proj.weight"
    before = Template(place / "base.gguf").weight("blk.0.ffn_down.weight")
    after = Template(exported.outputs / "model.gguf").weight("blk.0.ffn_down.weight")
    learned = abs(trained[name] - before).mean()
    assert learned > 0
    assert abs(after - trained[name]).mean() < 0.2 * learned
