"""A recipe in the keys of a trainer's configuration: what is written is foretold and measured."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from isorate import compare, read
from isorate.cli._commands import run
from isorate.configs.reading import CONFIGURATIONS
from isorate.given import configured
from isorate.schedule.errors import RunError
from isorate.spelling import side_by_side, spellings

COSINE = {"lr_scheduler_type": "cosine", "learning_rate": 1e-3, "warmup_steps": 10}
#: An optimizer of two groups, the second with a rate to be filled in.
TWO = "SGD([{{'params': a}}, {{'params': b, 'lr': {}}}], lr=0.1)"
FLOOR = {
    "lr_scheduler_type": "cosine_with_min_lr",
    "lr_scheduler_kwargs": {"min_lr": 1e-4},
    "learning_rate": 1e-3,
    "warmup_steps": 10,
}


@pytest.mark.parametrize("to", [name for name, of in CONFIGURATIONS.items() if of.spell])
def test_what_is_written_makes_the_rates_that_are_measured(to: str) -> None:
    recipe = configured(COSINE | {"max_steps": 60}, "transformers")
    for way in spellings(recipe, to):
        other = configured(way.keys, to)
        assert other.run.updates == 60
        assert bool(way.comparison.equal) == bool(
            abs(recipe.curve.values - other.curve.values).max() <= 1e-12 * 1e-3
        )


@pytest.mark.parametrize(
    ("values", "to", "verdict", "keys"),
    [
        (FLOOR, "axolotl", "identical", {"cosine_min_lr_ratio": 0.1, "warmup_steps": 10}),
        (FLOOR, "llamafactory", "identical", FLOOR),
        (FLOOR, "nanogpt", "different", {"warmup_iters": 11}),
        (COSINE, "torchtune", "identical", {"max_steps_per_epoch": 60}),
        (COSINE, "litgpt", "equal", {"optimizer": {"init_args": {"lr": 1e-3}}}),
        (COSINE | {"lr_scheduler_type": "linear"}, "torchtune", "diverge", {}),
        (FLOOR, "timm", "equal", {"warmup_prefix": True, "epochs": 5, "--batches": 10}),
        (COSINE, "deepspeed", "diverge", {"--max_steps": 60}),
    ],
)
def test_the_best_way_is_known(
    values: dict[str, Any], to: str, verdict: str, keys: dict[str, Any]
) -> None:
    best = spellings(configured(values | {"max_steps": 60}, "transformers"), to)[0]
    assert best.comparison.verdict == verdict
    assert keys.items() <= best.keys.items()


def test_one_recipe_is_several_curves() -> None:
    """Highest and first rates as the trainers' own code made them."""
    curves = side_by_side()
    found = {each.trainer: rates for rates, told in reversed(curves) for each in told[:1]}
    whose = [{each.trainer for each in told} for _, told in curves]
    assert {"transformers", "axolotl", "litgpt", "timm"} <= whose[0]
    assert {"transformers", "axolotl"} <= whose[1]
    assert "litgpt" not in whose[1]
    assert found["timm"].max() == pytest.approx(9.78e-4, rel=1e-4)  # cut by its warm-up
    assert found["deepspeed"][:2].tolist() == [0.0, 0.0]
    assert found["nanogpt"][0] == pytest.approx(1e-3 / 11)


def test_a_call_is_said_in_keys() -> None:
    call = read("CosineAnnealingLR(SGD(params, lr=0.1), 50)")
    keys = spellings(call, "transformers")[0].keys
    assert keys["lr_scheduler_type"] == "cosine"
    assert keys["learning_rate"] == 0.1
    assert "warmup_steps" not in keys


def test_the_command_line_writes_keys(capsys: pytest.CaptureFixture[str]) -> None:
    text = "run.py --learning_rate 1e-3 --lr_scheduler_type cosine --max_steps 50 --warmup_steps 5"
    assert run(["convert", text, "--to", "axolotl"]) == 0
    assert "lr_scheduler: cosine\n" in capsys.readouterr().out
    assert run(["convert", text, "--to", "nanogpt", "--json"]) == 1
    assert '"to":"nanogpt"' in capsys.readouterr().out


def test_a_name_of_both_means_code_for_code_and_keys_for_keys(
    capsys: pytest.CaptureFixture[str],
) -> None:
    call = "torch.optim.lr_scheduler.CosineAnnealingLR(SGD(params, lr=0.1), 30)"
    assert run(["convert", call, "--updates", "30", "--to", "mlx"]) == 0
    said = capsys.readouterr().out
    assert said.index("mlx.optimizers.cosine_decay") < said.index("In the keys of MLX-LM:")
    assert run(["convert", call, "--updates", "30", "--to", "mlx", "--json"]) == 0
    written = json.loads(capsys.readouterr().out)
    assert written["ways"][0]["code"].startswith("mlx.optimizers.cosine_decay")
    assert written["configuration"]["ways"][0]["keys"]["iters"] == 30
    assert run(["convert", call, "--updates", "30", "--to", "mmengine"]) == 0
    assert "In the keys" not in capsys.readouterr().out
    text = "run.py --learning_rate 1e-3 --lr_scheduler_type cosine --max_steps 50 --warmup_steps 5"
    assert run(["convert", text, "--to", "mlx"]) == 1
    assert "mlx.optimizers" not in capsys.readouterr().out
    assert run(["convert", text, "--to", "mlx", "--code"]) == 2
    assert "keys" in capsys.readouterr().err


def test_a_configuration_is_called_by_its_trainer() -> None:
    nemo = {"model": {"optim": {"lr": 1e-3, "sched": {"name": "WarmupPolicy"}}},
            "trainer": {"max_steps": 9}}  # fmt: skip
    result = compare(COSINE | {"max_steps": 9}, nemo)
    assert result.sentence.startswith("Different from update 0 on: transformers uses 0 and NeMo")
    assert (result.a.trainer, result.b.trainer) == ("transformers", "NeMo")
    assert result.b.dialect == "torch"


@pytest.mark.parametrize(
    ("trainer", "key"),
    [("timm", "warmup_lr"), ("mlx", "warmup_init"), ("megatron", "lr_warmup_init"),
     ("deepspeed", "warmup_min_ratio"), ("olmo", "warmup_min_lr")],
)  # fmt: skip
def test_a_warmup_that_does_not_begin_at_0_says_so(trainer: str, key: str) -> None:
    fall = "0.5 * (1 + math.cos(math.pi * (t - 20) / 80))"
    text = f"lambda t: 0.1 + 0.9 * t / 20 if t < 20 else {fall}"
    recipe = read(f"LambdaLR(AdamW(p, lr=0.01), {text})").lasting(100)
    best = spellings(recipe, trainer)[0]
    said = re.search(rf"'{key}': ([^,}}]+)", str(best.keys))
    assert said is not None
    assert float(said[1]) == pytest.approx(0.1 if "ratio" in key else 0.001)


def test_keys_that_say_one_rate_say_no_groups() -> None:
    assert spellings(read(f"CosineAnnealingLR({TWO.format(0.1)}, 60)").lasting(60), "transformers")
    with pytest.raises(RunError, match=r"one parameter group, or the same rate in each.*got 2"):
        spellings(read(f"CosineAnnealingLR({TWO.format(0.2)}, 60)").lasting(60), "timm")
    with pytest.raises(RunError, match="ultralytics' keys are read, and not written"):
        spellings(read("CosineAnnealingLR(SGD(params, lr=0.1), 60)").lasting(60), "ultralytics")
