"""A recipe works out each thing once, and says the same however it is asked."""

from __future__ import annotations

import ast
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from isorate import ReadError, Run, compare, convert, evaluate, read, simulate
from isorate.dialects.mindspore.experimental import StepLR as MindSporeStepLR
from isorate.dialects.torch.base import LRScheduler
from isorate.dialects.torch.cosines import CosineAnnealingLR
from isorate.dialects.torch.factors import StepLR
from isorate.given import as_recipe
from isorate.recipe import KEPT, Recipe, together

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COSINE = "CosineAnnealingLR(SGD(params, lr=0.1), T_max=100)"
STEPS = "StepLR(SGD(params, lr=0.1), 30)"

#: What is counted: a question, and whose answer.
ASKED = ("fault", "lower", "native", "build")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often torch's calls are asked each question, and how often a text is parsed."""
    counts: Counter[str] = Counter()

    def counting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any, **more: Any) -> Any:
            counts[name] += 1
            return function(*given, **more)

        return counted

    for kind in (CosineAnnealingLR, StepLR):
        for name in ASKED:
            monkeypatch.setattr(kind, name, counting(name, getattr(kind, name)))
    read(COSINE)  # signatures are parsed once and kept
    monkeypatch.setattr(ast, "parse", counting("parse", ast.parse))
    return counts


@pytest.mark.parametrize("run", [None, 60])
def test_a_comparison_works_out_each_thing_once(asked: Counter[str], run: int | None) -> None:
    result = compare(COSINE, STEPS, run)
    # a scheduler is built to be driven, for what it means, and stepped to see what that raises
    assert asked == {"parse": 2, "fault": 2, "lower": 2, "native": 2, "build": 6}
    asked.clear()
    assert result.curves(KEPT) is not None
    assert str(result).startswith("Equal up to update 0")
    assert not asked["build"] + asked["native"] + asked["lower"]


def test_a_conversion_asks_the_original_once(asked: Counter[str]) -> None:
    result = convert(COSINE, to="mindspore", run=90)
    assert len(result.ways) > 3
    # none of the ways is torch's
    assert {name: asked[name] for name in ASKED} == dict.fromkeys(ASKED, 1) | {"build": 3}
    asked.clear()
    convert(COSINE, to="mindspore")  # and past the run, where its rates are computed once more
    assert (asked["fault"], asked["lower"], asked["native"]) == (1, 1, 2)


def test_every_verb_takes_a_recipe() -> None:
    recipe = Recipe(read(STEPS).call, Run(40))
    assert np.array_equal(simulate(recipe).values, simulate(STEPS, 40).values)
    assert np.array_equal(evaluate(recipe).values, evaluate(STEPS, 40).values)
    assert compare(recipe, STEPS).verdict == "identical"
    assert compare(recipe, STEPS).updates == recipe.run.updates
    assert convert(recipe, to="mindspore").run == recipe.run
    assert any(type(w.call) is MindSporeStepLR for w in convert(recipe, to="mindspore").ways)
    assert isinstance(recipe.call, LRScheduler)


def test_another_run_that_is_given_wins() -> None:
    recipe = Recipe(read(STEPS).call, Run(40), ("as said",))
    assert as_recipe(recipe) is recipe
    other = as_recipe(recipe, 20)
    assert (other.run, other.assumptions) == (Run(20), ("as said",))


def test_two_recipes_of_two_lengths_are_compared_over_the_longer() -> None:
    short, long = Recipe(read(STEPS).call, Run(10)), Recipe(read(COSINE).call, Run(20))
    assert [r.run.updates for r in together(short, long)] == [20, 20]
    assert compare(short, long).updates == 20


def test_fewer_updates_are_cut_from_the_rates_that_are_known(asked: Counter[str]) -> None:
    recipe = Recipe(read(STEPS).call, Run(100))
    known = recipe.curve
    asked.clear()
    cut = recipe.lasting(31).curve
    assert not asked
    assert np.array_equal(cut.values, known.values[:31])
    assert np.array_equal(cut.values, simulate(STEPS, 31).values)


def test_a_cut_before_the_rates_end_has_no_end() -> None:
    ending = Recipe(read("OneCycleLR(SGD(params, lr=0.1), max_lr=0.1, total_steps=6)").call, Run(9))
    assert ending.curve.halt is not None
    for updates in range(1, 9):
        cut, fresh = ending.lasting(updates).curve, simulate(ending.call, updates)
        assert (cut.halt, cut.values.tolist()) == (fresh.halt, fresh.values.tolist())


def test_rates_of_long_runs_are_not_kept(asked: Counter[str]) -> None:
    recipe = Recipe(read(STEPS).call, Run(KEPT + 1))
    for _ in range(2):
        assert sum(block.shape[1] for block in recipe.stream().blocks()) == KEPT + 1
    assert asked["native"] == 2


def test_what_has_no_schedule_says_why_every_time() -> None:
    recipe = as_recipe([0.1, 0.05])
    for _ in range(2):
        with pytest.raises(ReadError, match="rates have no schedule"):
            _ = recipe.schedule
    assert recipe.normal is None
    assert recipe.unsaid is not None
    assert recipe.horizon == 2


def test_what_is_read_is_a_recipe_that_has_what_its_call_has() -> None:
    recipe = read(STEPS)
    assert isinstance(recipe, Recipe)
    assert recipe == read(f"{STEPS}  # the same")
    assert recipe != read(COSINE)
    assert (recipe.step_size, recipe.card) == (30, StepLR.card)
    assert recipe.lower() == recipe.call.lower()  # type: ignore[union-attr]
    with pytest.raises(AttributeError, match="T_max"):
        recipe.T_max  # noqa: B018 - it has none


def test_a_number_of_updates_leaves_the_rest_of_a_run() -> None:
    recipe = Recipe(read(STEPS).call, Run(step_every=2))
    assert as_recipe(recipe, 7).run == Run(7, step_every=2)
    assert as_recipe(recipe, Run(7)).run == Run(7)
    assert simulate(recipe, 70).at(59) == simulate(STEPS, 70).at(29)


def test_a_path_is_read(tmp_path: Path) -> None:
    file = tmp_path / "train.py"
    file.write_text(STEPS, encoding="utf-8")
    assert read(file) == read(STEPS)
    with pytest.raises(ReadError, match=r"cannot read .*none\.py"):
        read(tmp_path / "none.py")


def test_the_path_of_a_configuration_is_read_as_its_trainer_would(tmp_path: Path) -> None:
    path = tmp_path / "args.yaml"
    path.write_text("lr_scheduler_type: cosine\nlearning_rate: 0.001\nwarmup_steps: 10\n"
                    "num_train_epochs: 1\nper_device_train_batch_size: 8\n")  # fmt: skip
    with pytest.raises(ReadError, match="examples"):
        read(path)
    recipe = read(path, names={"examples": 800})
    assert (recipe.run.updates, recipe.curve.at(10)) == (100, 0.001)
    assert read(path, lr=0.5, names={"examples": 800, "warmup_steps": 0}).curve.at(0) == 0.5
    for wrong in (None, 3, b"x", ["a"]):
        with pytest.raises(ReadError, match="required text, or a path"):
            read(wrong)  # type: ignore[arg-type]
    with pytest.raises(ReadError, match="one rate"):
        read(path, lr=[0.1, 0.2], names={"examples": 800})
    path.write_text(path.read_text() + "max_steps: 50\n")
    other = compare(path, "get_cosine_schedule_with_warmup(AdamW(p, lr=0.001), 10, 50)")
    assert other.verdict == "identical"


def test_what_a_framework_wrote_down_is_no_configuration(tmp_path: Path) -> None:
    path = tmp_path / "schedule.json"
    config = {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5}
    path.write_text(json.dumps({"class_name": "ExponentialDecay", "config": config}))
    assert read(path).dialect == "keras"
