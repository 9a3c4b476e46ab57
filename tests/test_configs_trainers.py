"""Trainers with schedules of their own: what their files hold, and what is wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from isorate import ReadError
from isorate.configs.reading import foretell
from tests.test_cli import isorate

if TYPE_CHECKING:
    from pathlib import Path

MEGATRON = """#!/bin/bash
GPUS=4
export BATCH=$((GPUS * 8))   # an update's
SAMPLES=$(( 100 * ${BATCH} ))
MODEL=(
    --num-layers 2  # not (three)
    "--tokenizer-type NullTokenizer"
)
LENGTHS="--train-samples $SAMPLES \\
  --global-batch-size ${BATCH}"
LENGTHS="$LENGTHS --lr-warmup-samples 320"
if [ $FP16 = 1 ]; then
    MODEL+=(--fp16)
fi
cd /tmp && torchrun --nproc_per_node $GPUS pretrain_gpt.py "${MODEL[@]}" ${LENGTHS} --lr 1e-3 $@ \\
    --lr-decay-style cosine > out.txt 2>&1
"""


def test_the_variables_of_a_script_stand_for_what_they_hold(tmp_path: Path) -> None:
    (file := tmp_path / "run.sh").write_text(MEGATRON)
    found = foretell(file)
    assert (found.trainer, found.updates, found.warmup) == ("Megatron-LM d98e8a6", 100, 10)
    assert [one for one in found.assumptions if one.startswith("no flag")] == [
        "no flag that rates depend on comes of MODEL, which a branch adds to",
        "no flag that rates depend on comes of $@",
    ]


def test_a_command_in_quotes_is_one(tmp_path: Path) -> None:
    line = 'run="python pretrain.py --train-iters 9 --lr 1e-3 --lr-decay-style linear"\n'
    start = 'srun --output=x --gpus 8 sh -c "${run} --global-batch-size 4"\n'
    (file := tmp_path / "run.sh").write_text(line + start)
    assert foretell(file).updates == 9


def test_a_name_that_a_script_gives_two_values_has_none(tmp_path: Path) -> None:
    (file := tmp_path / "run.sh").write_text(MEGATRON.replace("GPUS=4", "GPUS=4\nGPUS=8"))
    with pytest.raises(ReadError, match="global_batch_size: required a number"):
        foretell(file)


SCHEDULED = {"lr": 1e-3, "lr_decay_style": "cosine", "global_batch_size": 2}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"train_iters": 9, "lr_warmup_iters": 9}, "AssertionError beside lr_decay_iters"),
        ({"train_iters": 9, "lr_decay_samples": 9}, "AssertionError beside train_iters"),
        ({"train_samples": 9, "train_iters": 9}, "AssertionError beside train_samples"),
        ({"train_iters": 9, "min_lr": 1e-2}, "min_lr=0.01 is refused"),
        ({"train_iters": 9, "min_lr": -1}, "is below 0"),
        ({"train_iters": 9, "lr_warmup_init": 1}, "lr_warmup_init=1 is refused"),
        ({"train_iters": 9, "lr_warmup_fraction": 0.1, "lr_warmup_iters": 1}, "refused beside"),
        ({"train_iters": 9, "lr_decay_style": "WSD"}, "lr_wsd_decay_iters is not there"),
        ({"train_iters": 9, "lr_decay_style": "polynomial"}, "is none of"),
        ({"train_iters": 9, "rampup_batch_size": [1, 1, 4]}, "lets the batch grow"),
        ({"train_iters": 9, "warmup": 0.1}, "takes lr_warmup_fraction"),
        ({"train_iters": 9, "lr_decay_iter": 5}, "did you mean lr_decay_iters?"),
        ({"train_samples": 1}, "trains no update"),
        ({}, "--max-steps N"),
        ({"train_iters": 9, "lr": None}, "lr is not there"),
        ({"train_iters": 9, "global_batch_size": None}, "global_batch_size is not there"),
        (
            {"train_iters": 9, "global_batch_size": None, "micro_batch_size": 1,
             "tensor_model_parallel_size": 2}, "does not divide 1 processes",
        ),
    ],
)  # fmt: skip
def test_what_megatron_refuses_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ReadError, match=said.replace("?", r"\?")):
        foretell(SCHEDULED | values)


BASE = """
_lr = 0.01
train_cfg = dict(type="IterBasedTrainLoop", max_iters=40)
optim_wrapper = dict(optimizer=dict(type="SGD", lr=_lr * 2, momentum=0.9))
param_scheduler = [dict(type="MultiStepLR", milestones=[3], by_epoch=False)]
"""
OWN = """
from mmengine.optim import LinearLR
_base_ = ["base.py"]
end = 5 * 2
param_scheduler = [
    dict(type=LinearLR, start_factor=1e-1, by_epoch=False, end=end),
    dict(type="mmengine.CosineAnnealingLR", begin=end, by_epoch=False, eta_min=0.0),
]
# more
optim_wrapper = dict(optimizer=dict(lr=_base_.optim_wrapper.optimizer.lr / 4))
"""


def test_a_file_in_python_is_read_with_those_it_is_based_on(tmp_path: Path) -> None:
    from isorate.given import recipe_of_foretold

    (tmp_path / "base.py").write_text(BASE)
    (file := tmp_path / "own.py").write_text(OWN)
    found = foretell(file)
    rates = recipe_of_foretold(found).curve.values
    assert (found.trainer, found.updates, found.warmup) == ("mmengine 0.10.7", 40, 10)
    assert rates[[0, 9, 10]].tolist() == [0.0005, pytest.approx(0.005), pytest.approx(0.005)]
    done = isorate("show", str(file))  # which is no script
    assert "mmengine 0.10.7" in done.stdout


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("base.py", "there.py"), "train_cfg is not there: there.py cannot be read"),
        (("1e-1", "share"), r"has \$share, whose value nobody knows"),
        (("end=end", "end=0"), "raises ValueError: end=0"),
        (("start_factor=1e-1", "start=1"), "TypeError: LinearLR does not take 'start'"),
        (("type=LinearLR", "type='YOLOXLR'"), "has YOLOXLR, which is not read"),
        (("by_epoch=False, end=end)", "convert_to_iter_based=True, end='x')"),
         "give --examples N"),
        (("type=LinearLR", "type='ReduceOnPlateauLR'"), "which follows a metric"),
        (("lr=_base_.optim_wrapper.optimizer.lr / 4", "lr=LR"), r"required a number, got '\$LR'"),
        (("end = 5 * 2", "end = 5\nfor end in range(9): pass"), "whose value nobody knows"),
        (("# more", "train_cfg=dict(by_epoch=True, max_epochs=2)"),
         "has both type and by_epoch"),
        (("# more", "default_hooks=dict(param_scheduler=dict(type='X'))"),
         "has X set the rates"),
        (("# more", "lr_config=dict(policy='step')"), "is of mmcv 1's"),
        (("# more", "train_cfg=dict(_delete_=True, by_epoch=True)"),
         "has no max_epochs"),
        (("# more",
          "train_cfg=dict(_delete_=True, by_epoch=True, max_epochs=2)"), "give --examples N"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_in_python_is_said(
    change: tuple[str, str], said: str, tmp_path: Path
) -> None:
    (tmp_path / "base.py").write_text(BASE)
    text = OWN.replace(*change)
    (file := tmp_path / "own.py").write_text(text)
    with pytest.raises(ReadError, match=said):
        foretell(file)


MLX = {"lora_parameters": {"rank": 8}, "iters": 100}


@pytest.mark.parametrize(
    ("schedule", "more", "said"),
    [
        ({"name": "cosine", "arguments": [1e-4, 9]}, {}, "names none that is read: 'cosine'"),
        ({"name": ["x"], "arguments": [1e-4]}, {}, "names none that is read"),
        ({"name": "cosine_decay", "arguments": [1e-4]}, {}, "has other arguments"),
        ({"name": "cosine_decay", "arguments": [float("inf"), 9]}, {}, "has inf for a number"),
        ({"name": "cosine_decay", "arguments": [1e-4, 0]}, {}, "refused with ValueError: decay_st"),
        ({"name": "cosine_decay", "arguments": ["x", 9]}, {}, "has 'x' for a number"),
        ({"name": "cosine_decay", "arguments": [1e-4, 9], "warmup": 0.1}, {}, "no count of steps"),
        (None, {"optimizer": "lion"}, "is none of adam"),
        (None, {"optimizer": "adafactor"}, "sets the rate by itself"),
        (None, {"grad_accumulation_steps": 200}, "trains no update"),
        (None, {"lr_schedules": {}}, "did you mean lr_schedule?"),
    ],
)
def test_what_is_wrong_with_mlx_lms_file_is_said(
    schedule: Any, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(ReadError, match=said.replace("?", r"\?")):
        foretell(MLX | more | ({"lr_schedule": schedule} if schedule else {}))


def test_a_text_that_mlx_lm_takes_for_a_number_is_one(tmp_path: Path) -> None:
    (file := tmp_path / "lora.yaml").write_text(
        "iters: 50\nadapter_path: x\nlr_schedule:\n  name: cosine_decay\n"
        "  arguments: [1e-5, 40]\n  warmup: 4\n  warmup_init: 1e-7\n"
    )
    found = foretell(file)
    assert (found.peak, found.updates, found.warmup) == (1e-5, 50, 4)
    assert any("over at update 45 of 50" in one.text for one in found.cautions)


YOLO = {"lr0": 0.01, "lrf": 0.01, "optimizer": "SGD", "batch": 4}


@pytest.mark.parametrize(
    ("more", "facts", "said"),
    [
        ({}, {}, "give --examples N"),
        ({"batch": -1}, {"examples": 9}, "give --batch-size N"),
        ({"optimizer": "auto"}, {"batches": 9}, "give --examples N"),
        ({"optimizer": "auto"}, {"examples": 9}, "--set nc=N"),
        ({"optimizer": "Lion"}, {"examples": 9}, "is none of SGD"),
        ({"time": 2.0}, {"examples": 9}, "ends the run by the clock"),
        ({"resume": True}, {"examples": 9}, "begins part of the way"),
        ({"ultralytics_version": 5}, {"examples": 9}, "8.0 to 8.4"),
        ({"warmup_epoch": 1}, {"examples": 9}, "did you mean warmup_epochs?"),
    ],
)
def test_what_is_wrong_with_ultralytics_arguments_is_said(
    more: dict[str, Any], facts: dict[str, Any], said: str
) -> None:
    with pytest.raises(ReadError, match=said.replace("?", r"\?")):
        foretell(YOLO | more, facts=facts)


def test_as_many_processes_train_as_there_are_devices() -> None:
    alone = foretell(YOLO | {"device": "0", "nbs": 4}, facts={"examples": 100})
    several = foretell(YOLO | {"device": "0,1", "nbs": 4}, facts={"examples": 100})
    assert (alone.updates, several.updates) == (2500, 2500)
    assert ("epoch", "25 batches: ceil(50 examples of a process / 2)") in several.derivation


TITAN = {"job": {}, "parallelism": {}, "training": {"steps": 90}}
OLMO = {"max_duration": "1ep", "save_interval_ephemeral": 9, "optimizer": {"learning_rate": 1e-3}}


WRONG: list[tuple[dict[str, Any], dict[str, int], str]] = [
    (TITAN | {"lr_scheduler": {"lr_min": 0.1}}, {}, "has lr_min, which is of another version"),
    (TITAN | {"lr_scheduler": {"decay_type": "exp"}}, {}, "is none of linear, sqrt, cosine"),
    (TITAN | {"training": {"warmup_steps": 2}}, {}, "has warmup_steps, which is of another"),
    (OLMO, {}, "give --examples N"),
    (OLMO, {"examples": 9}, "more than there are examples"),
    (OLMO | {"max_duration": "long"}, {}, "says no length"),
    (OLMO | {"max_duration": "inf"}, {}, "says no length"),
    (OLMO | {"max_duration": 10**400}, {}, "says no length"),
    (TITAN | {"training": {"steps": 10**400}}, {}, "required a finite number"),
    (OLMO | {"load_path": "x"}, {}, "begins where a checkpoint stands"),
    (OLMO | {"scheduler": {"name": "cosine"}}, {}, "name=cosine is none of cosine_with_warmup"),
    (OLMO | {"scheduler": {"units": "epochs"}}, {}, "units=epochs is none of steps, tokens"),
    (
        OLMO | {"max_duration": 9, "scheduler": {"warmup_min_lr": 1.0}},
        {},
        "warmup_min_lr=1.0 is refused with AssertionError",
    ),
]


def test_where_a_pretraining_ends_is_told() -> None:
    found = foretell(OLMO | {"max_duration": 100, "stop_at": 7, "scheduler": {"t_max": 50}})
    assert found.updates == 7
    assert [one.key for one in found.cautions] == ["scheduler.t_max", "stop_at"]
    cut = foretell(TITAN | {"lr_scheduler": {"total_steps": 80}})
    assert {one.key for one in cut.cautions} == {
        "lr_scheduler.total_steps", "lr_scheduler.warmup_steps",
    }  # fmt: skip


MAXTEXT = {"steps": 90, "warmup_steps_fraction": 0.1}
LEVANTER = {"trainer": {"num_train_steps": 90}, "model": {}, "data": {}}


def levanter(**optimizer: Any) -> dict[str, Any]:
    """Return a file of levanter's with an optimizer."""
    return LEVANTER | {"optimizer": optimizer}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (MAXTEXT | {"steps": 0}, "steps=0 trains no update"),
        (MAXTEXT | {"lr_schedule_type": "linear"}, "is none of wsd, cosine"),
        (MAXTEXT | {"wsd_decay_style": "exp"}, "is none of linear, cosine"),
        (
            MAXTEXT | {"lr_schedule_type": "wsd", "wsd_decay_steps_fraction": 0.95},
            "is refused beside warmup_steps_fraction",
        ),
        (
            MAXTEXT | {"use_tunix_gradient_accumulation": True, "gradient_accumulation_steps": 2},
            "counts batches",
        ),
        ({"warmup_step_fraction": 0.1, "base_config": "base.yml"}, "did you mean"),
        (levanter(cooldown=0.1), "has cooldown, which is not followed"),
        (levanter(lr_schedule="power"), "has lr_schedule='power', which is not followed"),
        (levanter(type="lion"), "has no learning_rate"),
        (levanter(warmup=1.5), "is neither a share nor a count"),
        (levanter(warmup=100), "is longer than the cycle, 90 updates"),
        (levanter(cycles=[50, 40]), "cycles that do not follow one another"),
        (levanter(cycles="two"), "cycles='two', which says no cycles"),
        (levanter(cycles=2.5), "cycles=2.5, which says no cycles"),
        (levanter(cycles=2, cycle_length=9), "has cycle_length beside cycles"),
        (levanter(cycle_length=0.001), "cycle_length=0.001, which is no update"),
        (levanter(lr_schedule=["cosine"]), "which is not followed"),
        (
            LEVANTER | {"trainer": {"num_train_steps": 10**6}, "optimizer": {"cycle_length": 30}},
            "has more than 100 cycles",
        ),
        (levanter(warmup=1.0), "leaves 0 updates for the decay"),
        (levanter(lr_schedule={"type": "inv_sqrt", "timescale": "x"}), "are no numbers"),
        (levanter(lr_schedule={"type": "inv_sqrt", "timescale": -3}), "is not above 0"),
    ],
)
def test_what_is_wrong_with_a_file_for_jax_is_said(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ReadError, match=said):
        foretell(values)


def test_what_a_yaml_includes_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_text("a: 1")
    (file := tmp_path / "gpt2.yaml").write_text(
        "data: !include data.yaml\nmodel: {}\ntrainer:\n  num_train_steps: 40\n"
        "optimizer:\n  learning_rate: 1E-3\n  warmup: 4\n"
    )
    found = foretell(file)
    assert (found.trainer, found.updates, found.warmup) == ("levanter 9263f81", 40, 4)
    file.write_text(file.read_text().replace("optimizer:\n", "optimizer: !include x\nother:\n"))
    with pytest.raises(ReadError, match=r"required a table of values, got '\$include x'"):
        foretell(file)


@pytest.mark.parametrize(
    ("values", "as_", "said"),
    [
        (MLX | {"config": "lora.yaml"}, None, "lora.yaml is not there"),
        (YOLO | {"cfg": "own.yaml"}, None, "own.yaml is not there"),
        (SCHEDULED | {"yaml_cfg": "gpt.yaml"}, None, "gpt.yaml is not there"),
        ({"iters": 9, "config": "lora.yaml"}, "mlx", "lora.yaml is not there"),
    ],
)
def test_a_file_that_flags_name_is_not_passed_over(
    values: dict[str, Any], as_: str | None, said: str
) -> None:
    with pytest.raises(ReadError, match=said):
        foretell(values, as_)


def core(duration: Any = None, **scheduler: Any) -> dict[str, Any]:
    """Return a file of OLMo-core's."""
    named = {"_CLASS_": "olmo_core.optim.scheduler.CosWithWarmup", **scheduler}
    return {
        "train_module": {"optim": {"lr": 1e-3}, "scheduler": named},
        "trainer": {"max_duration": duration or {"value": 90, "unit": "steps"}},
    }


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (core(), "warmup has to be said in one way"),
        (core(warmup=3, warmup_fraction=0.1), "warmup=3 has to be said in one way"),
        (core(warmup_fraction=2), "is not between 0 and 1"),
        (core(warmup=90), "takes the whole run, 90"),
        (core(warmup=3, warmup_min_lr=1.0), "AssertionError beside the rate"),
        (core(warmup=3, _CLASS_="a.PowerLR"), "has the scheduler 'PowerLR', which is not followed"),
        (core({"value": 9, "unit": "weeks"}, warmup=3), "is said in 'weeks'"),
        (core({"value": 9, "unit": "epochs"}, warmup=3), "give --batches N"),
        (core({"value": 9, "unit": "tokens"}, warmup=3), "has no global_batch_size"),
        (core(warmup=3) | {"trainer": {}}, "has no max_duration"),
        ({"train_module": {}, "trainer": {}}, "has no optim.lr"),
    ],
)
def test_what_is_wrong_with_olmo_cores_file_is_said(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ReadError, match=said):
        foretell(values)


NEOX = {"pipe_parallel_size": 1, "optimizer": {"params": {"lr": 0.1}}, "train-iters": 9}
FOUNDRY: dict[str, Any] = {
    "train_loader": {"name": "text"}, "optimizer": {"lr": 0.1}, "max_duration": "9ba",
    "scheduler": {"name": "cosine_with_warmup", "t_warmup": "2ba"},
}  # fmt: skip
MINDCV = {"val_while_train": True, "lr": 0.1, "epoch_size": 9, "warmup_epochs": 0}
NANOTRON = {"learning_rate": 0.1, "lr_warmup_style": "linear", "lr_warmup_steps": 2}


def nanotron(**scheduler: Any) -> dict[str, Any]:
    """Return a file of nanotron's with a scheduler."""
    table = {"learning_rate_scheduler": NANOTRON | scheduler}
    return {"optimizer": table, "tokens": {"train_steps": 9}}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (NEOX | {"load": "ckpt"}, "begins where a checkpoint stands"),
        (NEOX | {"optimizer": {"type": "OneBitAdam", "params": {}}}, "has its schedule from Deep"),
        (NEOX | {"lr-decay-style": "wsd"}, "lr_decay_style=wsd is none of"),
        (NEOX | {"warmup": 1}, "leaves nothing to decay"),
        (NEOX | {"train-iters": None}, "--max-steps N"),
        (NEOX | {"train-iters": None, "train_epochs": 2}, "--batches N"),
        (NEOX | {"lr_decay_itres": 2}, "did you mean lr_decay_iters?"),
        (FOUNDRY | {"load_path": "x"}, "begins where a checkpoint stands"),
        (FOUNDRY | {"optimizer": {}}, "has no lr"),
        (FOUNDRY | {"scheduler": {"name": "step"}}, "has no name that is read"),
        (FOUNDRY | {"scheduler": {"name": "constant_with_warmup", "alpha_f": 1}}, "does not take"),
        (FOUNDRY | {"scheduler": FOUNDRY["scheduler"] | {"t_warmup": "2"}}, "is no time: 100ba"),
        (FOUNDRY | {"scheduler": FOUNDRY["scheduler"] | {"t_warmup": "9tok"}}, "it is in tok"),
        (FOUNDRY | {"scheduler": FOUNDRY["scheduler"] | {"t_max": "5ba"}}, "less than max_"),
        (FOUNDRY | {"max_duration": "1.5ba"}, "TypeError: it is no integer"),
        (FOUNDRY | {"max_duration": "0.5dur"}, "is no length of a run"),
        (FOUNDRY | {"max_duration": 2}, "--batches N"),
        (FOUNDRY | {"max_duration": "9tok"}, "global_train_batch_size is not there"),
        (FOUNDRY | {"max_duration": "9tok", "global_train_batch_size": 1}, "counts tokens"),
        (MINDCV | {"scheduler": "poly"}, "scheduler=poly is refused with ValueError"),
        (MINDCV | {"layer_decay": 0.7}, "gives each layer a rate of its own"),
        (MINDCV | {"ckpt_path": "x", "resume_opt": True}, "begins where a checkpoint stands"),
        (MINDCV, "--batches N"),
        (nanotron(lr_warmup_style=None), "lr_warmup_style is refused with ValueError"),
        (nanotron(lr_decay_style="wsd"), "lr_decay_style=wsd is refused with ValueError"),
        (nanotron() | {"checkpoints": {"resume_checkpoint_path": "x"}}, "a checkpoint stands"),
        (nanotron() | {"tokens": {}}, "--max-steps N"),
    ],
)  # fmt: skip
def test_what_these_trainers_refuse_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ReadError, match=re.escape(said)):
        foretell(values)


@pytest.mark.parametrize(
    ("values", "facts", "said"),
    [
        *WRONG,
        (MINDCV | {"scheduler": "cyclic", "warmup_epochs": 1}, {"batches": 4}, "beside a warm-up"),
        (MINDCV | {"scheduler": "one_cycle", "min_lr": 0}, {"batches": 4}, "divides by zero"),
        (MINDCV | {"scheduler": "cyclic", "num_cycles": 99}, {"batches": 1}, "leaves a cycle no"),
        (MINDCV | {"distribute": True}, {"examples": 400}, "--processes N"),
        (MINDCV | {"aug_repeats": 3}, {"examples": 400}, "changes how many examples there are"),
        (MINDCV | {"gradient_accumulation_steps": 99}, {"batches": 1}, "is more than there are"),
        (MINDCV | {"batch_size": 99}, {"examples": 9}, "is more than there are examples"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_what_is_told_beside_is_said(
    values: dict[str, Any], facts: dict[str, int], said: str
) -> None:
    with pytest.raises(ReadError, match=said):
        foretell(values, facts=facts)


def paddles(*schedulers: Any, **more: Any) -> dict[str, Any]:
    """Return a file of PaddleDetection's with schedulers."""
    return {"epoch": 9, "LearningRate": {"base_lr": 0.1, "schedulers": list(schedulers)}, **more}


STEPS = {"name": "PiecewiseDecay", "milestones": [6], "gamma": 0.1}
WARM = {"name": "LinearWarmup", "steps": 9}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (paddles(STEPS), "has no warm-up second, and fails"),
        (paddles(WARM, STEPS), "has no scheduler first"),
        (paddles({"name": "OneCycleDecay"}), "has OneCycleDecay, which is not read"),
        (paddles(STEPS | {"power": 2}), "has power, which PiecewiseDecay does not take"),
        (paddles(STEPS | {"values": [1]}, WARM), "has values, which stand in place of the rate"),
        (paddles(STEPS | {"gamma": [1, 2]}, WARM), "of which one goes with each not"),
        (paddles(STEPS | {"milestones": "8"}, WARM), "of which one goes with each not"),
        (paddles(STEPS, WARM | {"steps": 99}), "that do not follow one another, or the warm-up"),
        (paddles(STEPS, WARM | {"epochs": 0.3, "steps": None}), "steps of warm-up, and fails"),
        (paddles({"!CosineDecay": {"max_epochs": 1}}, WARM), "leaves nothing to decay"),
        (paddles(STEPS, WARM, epoch=None), "epoch is not there"),
        (paddles(STEPS, WARM) | {"LearningRate": None, "_BASE_": ["a.yml"]}, "has a.yml, which is"),
    ],
)  # fmt: skip
def test_what_paddledetection_refuses_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ReadError, match=re.escape(said)):
        foretell(values, "paddledetection", {"batches": 4})


def test_the_files_that_paddledetections_are_based_on_are_read(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    base = "epoch: 12\nLearningRate:\n  base_lr: 0.01\n  schedulers:\n  - !PiecewiseDecay\n"
    base += "    gamma: 0.1\n    milestones: [8, 11]\n  - !LinearWarmup\n    steps: 10\n"
    (tmp_path / "base" / "rate.yml").write_text(base)
    own = tmp_path / "a.yml"
    own.write_text("_BASE_: [../datasets/coco.yml, base/rate.yml]\nweights: x\nepoch: 24\n"
                   "LearningRate:\n  base_lr: 0.02\n")  # fmt: skip
    found = foretell(own, facts={"batches": 5})
    assert (found.trainer, found.updates, found.peak) == ("PaddleDetection 666f597", 120, 0.02)
    assert found.warmup == 10
    own.write_text("_BASE_: [a.yml]\nweights: x\n")
    with pytest.raises(ReadError, match="too many files"):
        foretell(own, facts={"batches": 5})


def test_composers_first_rate_comes_twice() -> None:
    found = foretell(FOUNDRY)
    assert any("update 1 trains with the rate of update 0" in text for _, text in found.cautions)


def test_xtuners_loop_counts_batches_and_may_be_told_epochs() -> None:
    own = {"type": "xtuner.engine.runner.TrainLoop", "max_epochs": 3}
    warm = {"type": "LinearLR", "start_factor": 0.1, "begin": 0, "end": 1, "by_epoch": True,
            "convert_to_iter_based": True}  # fmt: skip
    optimizer = {"optimizer": {"type": "SGD", "lr": 0.1}}
    values = {"train_cfg": own, "optim_wrapper": optimizer, "param_scheduler": [warm]}
    found = foretell(values, "mmengine", {"batches": 5})
    assert (found.updates, found.warmup) == (15, 5)
    with pytest.raises(ReadError, match="RuntimeError beside max_epochs"):
        foretell(values | {"train_cfg": own | {"max_iters": 9}}, "mmengine", {"batches": 5})
