from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from isorate import Run, RunError, evaluate, simulate
from isorate.comparison import compare_recipes
from isorate.driving import meaning
from isorate.recipe import Recipe
from isorate.schedule.evaluate import BLOCK
from tests.calls import read


def test_epochs_are_updates() -> None:
    run = Run(epochs=3, updates_per_epoch=2, step_every="epoch")
    assert run.updates == 6
    assert [run.step_of(k) for k in range(6)] == [0, 0, 1, 1, 2, 2]
    assert run == Run(6, epochs=3, updates_per_epoch=2, step_every="epoch")
    assert str(run) == "6 updates, 2 an epoch, scheduler stepped every epoch"


def test_stepping_every_update_ignores_the_epoch() -> None:
    run = Run(6, updates_per_epoch=2)
    assert [run.step_of(k) for k in range(6)] == [0, 1, 2, 3, 4, 5]


def test_steps_every_so_many_updates_and_before_the_first() -> None:
    run = Run(6, step_every=2, steps_before=3)
    assert [run.step_of(k) for k in range(6)] == [3, 3, 4, 4, 5, 5]
    assert str(run) == "6 updates, scheduler stepped every 2 updates, 3 steps before the first"
    assert Run(6, step_every=1) == Run(6)
    call = read("CosineAnnealingLR(SGD(params, lr=0.1), 4)")
    whole = simulate(call, 9).values
    rates = simulate(call, run).values
    assert rates.tolist() == [whole[run.step_of(k)] for k in range(6)]
    assert evaluate(call, run).values == pytest.approx(rates, rel=1e-14)
    batches = Run(6, step_every="batch", accumulation=4, steps_before=1)
    assert [batches.step_of(k) for k in range(6)] == [4, 8, 12, 16, 20, 24]
    for spread in (Run(6, steps_before=2, accelerate=3), batches):
        assert simulate(call, spread).values.tolist() == [
            simulate(call, 30).values[spread.step_of(k)] for k in range(6)
        ]
        assert evaluate(call, spread).values == pytest.approx(simulate(call, spread).values)


@pytest.mark.parametrize(
    "told",
    [
        {"step_every": "epoch", "updates_per_epoch": 2, "first_step": 3},
        {"step_every": 4, "first_step": 1},
        {"step_every": 3, "steps_before": 2, "first_step": 7},
        {"first_step": 5, "accelerate": 3},
        {"steps_before": 1, "first_step": 2},
    ],
)
def test_the_first_step_comes_when_it_is_said_to(told: dict[str, Any]) -> None:
    run = Run(24, **told)
    first, every = run.updates_to_first_step, run.updates_per_step
    steps, loop = [], run.steps_before
    for update in range(24):
        steps.append(loop * run.steps_per_call)
        loop += update + 1 >= first and (update + 1 - first) % every == 0
    assert [run.step_of(k) for k in range(24)] == steps
    call = read("CosineAnnealingLR(SGD(params, lr=0.1), 30)")
    whole = simulate(call, 80).values
    rates = simulate(call, run).values
    assert rates.tolist() == [whole[step] for step in steps]
    assert evaluate(call, run).values == pytest.approx(rates, rel=1e-13)
    assert "for the first time after" in str(run)


def test_a_first_step_as_all_others_is_none() -> None:
    assert Run(6, step_every=2, first_step=2) == Run(6, step_every=2)
    assert Run(6, first_step=1) == Run(6)


def test_an_open_run_has_no_length_until_it_is_given_one() -> None:
    with pytest.raises(RunError, match="no length"):
        Run().length  # noqa: B018 - the property raises
    assert Run(updates_per_epoch=2, step_every="epoch").lasting(8).length == 8


@pytest.mark.parametrize(
    "arguments",
    [
        {"updates": 0},
        {"updates": -1},
        {"updates": True},
        {"updates": 1.0},
        {"updates": "6"},
        {"updates": 2**53},
        {"epochs": 3},
        {"epochs": 0, "updates_per_epoch": 2},
        {"epochs": 3, "updates_per_epoch": -2},
        {"epochs": 2**40, "updates_per_epoch": 2**40},
        {"updates": 5, "epochs": 3, "updates_per_epoch": 2},
        {"updates": 6, "step_every": "epoch"},
        {"updates": 6, "step_every": "batches"},
        {"step_every": "batch", "accumulation": 2, "accelerate": 2},
        {"step_every": "batch", "accumulation": 2, "first_step": 3},
        {"step_every": "batch", "accumulation": 2, "metrics": (0.1, 0.2)},
        {"step_every": "batch", "accumulation": 2, "batches_per_epoch": 7},
        {"updates": 6, "step_every": 0},
        {"updates": 6, "step_every": 1.5},
        {"updates": 6, "step_every": True},
        {"updates": 6, "steps_before": -1},
        {"updates": 6, "first_step": 0},
        {"updates": 6, "first_step": 1.5},
        {"updates": 6, "steps_before": True},
        {"updates": 6, "steps_before": 2.0},
        {"accelerate": 0},
        {"accelerate": 2.0},
        {"accelerate": True},
        {"accumulation": 0},
        {"accumulation": None},
        {"accumulation": "2"},
        {"batches_per_epoch": 0},
        {"batches_per_epoch": 2**53},
        {"split_batches": True},
        {"split_batches": 1, "accelerate": 2},
        {"split_batches": None},
        {"batches_per_epoch": 8, "accelerate": 2, "updates_per_epoch": 8},
        {"epochs": 2, "batches_per_epoch": 8, "accelerate": 2, "updates": 16},
        {"updates": 2**52, "accelerate": 4},
        {"updates": 10**5000},
        {"updates": -(10**5000)},
        {"processes": 0},
        {"processes": 10**7},
        {"processes": 2, "accelerate": 4},
        {"processes": 2, "batches_per_epoch": 8, "updates_per_epoch": 8},
        {"world_size": 2},
        {"world_size": "2", "accelerate": 2},
        {"step_every": np.zeros(2)},
        {"metrics": "123"},
        {"metrics": {1.0: 2.0}},
        {"metrics": iter([1.0])},
        {"metrics": itertools.count()},
        {"metrics": [10**400]},
    ],
)
def test_contradictions_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(RunError):
        Run(**arguments)


def test_counts_are_whatever_counts() -> None:
    six: Any = np.int64(6)
    assert Run(six, accumulation=six) == Run(6, accumulation=6)
    assert type(Run(six).updates) is int


def test_a_world_size_does_not_say_who_steps() -> None:
    """Under plain data parallelism each process steps once; the number changes no rate."""
    with pytest.raises(RunError, match=r"accelerate=4 where Accelerator.prepare.*processes=4"):
        Run(8, world_size=4)
    call = read("StepLR(SGD(params, lr=0.1), 2)")
    alone, dealt = simulate(call, Run(4)), simulate(call, Run(4, accelerate=4))
    assert alone.values.tolist() == [0.1, 0.1, 0.010000000000000002, 0.010000000000000002]
    assert dealt.values[1] == alone.values[2] * 0.1


def test_processes_share_the_batches_of_an_epoch_and_change_no_rate() -> None:
    run = Run(epochs=2, batches_per_epoch=7, processes=2, accumulation=3)
    assert (run.updates_per_epoch, run.updates, run.step_of(3)) == (2, 4, 3)
    assert "in each of 2 processes" in str(run)
    assert Run(epochs=2, batches_per_epoch=7, processes=1).updates_per_epoch == 7
    assert Run(6, processes=3, updates_per_epoch=2).updates_per_epoch == 2
    under = Run(epochs=2, batches_per_epoch=7, accelerate=2, processes=2)
    assert (under.updates_per_epoch, under.step_of(3)) == (4, 6)
    call = read("StepLR(SGD(params, lr=0.1), 2)")
    assert simulate(call, run).values.tolist() == simulate(call, Run(4)).values.tolist()


# --- Accelerate -----------------------------------------------------------------------------------


def test_a_call_takes_as_many_steps_as_there_are_processes() -> None:
    run = Run(4, accelerate=3)
    assert [run.step_of(k) for k in range(4)] == [0, 3, 6, 9]
    assert (run.updates_per_step, run.steps_per_call) == (1, 3)
    epochs = Run(epochs=3, updates_per_epoch=2, step_every="epoch", accelerate=2)
    assert [epochs.step_of(k) for k in range(6)] == [0, 0, 2, 2, 4, 4]
    assert epochs.updates_per_step == 2


def test_split_batches_take_one_step() -> None:
    run = Run(4, accelerate=3, split_batches=True)
    assert [run.step_of(k) for k in range(4)] == [0, 1, 2, 3]
    assert not run.stops_at_total_steps


def test_accumulation_alone_changes_no_step() -> None:
    run = Run(4, accumulation=3)
    assert [run.step_of(k) for k in range(4)] == [0, 1, 2, 3]
    assert run.updates_per_epoch is None


@pytest.mark.parametrize(
    ("batches", "settings", "updates"),
    [
        (7, {}, 7),
        (7, {"accumulation": 3}, 3),
        (7, {"accelerate": 2}, 4),
        (7, {"accelerate": 2, "accumulation": 3}, 2),
        (7, {"accelerate": 2, "accumulation": 3, "split_batches": True}, 3),
        (1, {"accelerate": 8, "accumulation": 8}, 1),
    ],
)
def test_batches_give_the_updates_of_an_epoch(
    batches: int, settings: dict[str, Any], updates: int
) -> None:
    run = Run(epochs=2, batches_per_epoch=batches, **settings)
    assert (run.updates_per_epoch, run.updates) == (updates, 2 * updates)
    assert run == Run(2 * updates, epochs=2, batches_per_epoch=batches, **settings)
    assert run.lasting(5).updates_per_epoch == updates
    assert run.lasting(5).length == 5


def test_only_accelerate_stops_at_total_steps() -> None:
    assert [Run(4, accelerate=n).stops_at_total_steps for n in (None, 1, 2)] == [False, True, True]


def test_the_longest_run_counts_its_steps_exactly() -> None:
    assert Run(2**51, accelerate=4).step_of(2**51 - 1) == 2**53 - 4


def test_a_run_says_who_steps() -> None:
    run = Run(epochs=2, batches_per_epoch=7, accelerate=2, accumulation=3)
    assert str(run) == (
        "4 updates of 3 batches, 2 an epoch, "
        "scheduler stepped every update by Accelerate, 2 steps at a time"
    )
    alone = Run(4, accelerate=1, step_every="epoch", updates_per_epoch=2)
    assert str(alone) == (
        "4 updates, 2 an epoch, scheduler stepped every epoch by Accelerate, 1 step at a time"
    )


def test_the_lowest_rate_of_one_cycle_is_not_the_one_that_stays() -> None:
    call = read("OneCycleLR(SGD(params, lr=0.1), max_lr=0.1, total_steps=4)")
    curve = simulate(call, Run(6, accelerate=1))
    assert curve.halt is None
    assert min(curve.values) == curve.values[3] < curve.values[4] == curve.values[5]
    alone = simulate(call, Run(6))
    assert alone.values.tolist() == curve.values[:5].tolist()
    assert alone.halt is not None
    # up to the update that has no rate; up to the first one whose rate stays
    assert Recipe(call, Run()).horizon == 6
    assert Recipe(call, Run(accelerate=1)).horizon == 5
    assert Recipe(call, Run(accelerate=2)).horizon == 3


def test_groups_are_held_one_by_one() -> None:
    call = read(
        "OneCycleLR(SGD([{'params': a}, {'params': b}], lr=0.1), max_lr=[0.1, 0.2], total_steps=5)"
    )
    run = Run(9, accelerate=3)
    native, closed = simulate(call, run), evaluate(meaning(call, run), run)
    assert native.values.shape == (2, 9)
    np.testing.assert_allclose(closed.values, native.values, rtol=1e-12)
    assert (native.values[:, 2:] == native.values[:, 2:3]).all()


def test_a_metric_is_taken_by_every_step_of_a_call() -> None:
    call = read("ReduceLROnPlateau(SGD(params, lr=0.1), factor=0.5, patience=3)")
    losses = [1.0] * 7
    assert simulate(call, Run(8, metrics=losses)).values.tolist() == [0.1] * 5 + [0.05] * 3
    twice = simulate(call, Run(8, metrics=losses, accelerate=2)).values.tolist()
    assert twice == [0.1] * 3 + [0.05] * 2 + [0.025] * 2 + [0.0125]
    with pytest.raises(RunError, match="required 8 values"):
        simulate(call, Run(9, metrics=losses, accelerate=2))


def test_what_the_optimizer_counts_is_not_strided() -> None:
    rates = read("cosine_decay_lr(0.01, 0.1, 6, 1, 6)")
    found = simulate(rates, Run(6, accelerate=4)).values.tolist()
    assert found == simulate(rates, Run(6)).values.tolist()


@pytest.mark.parametrize("processes", [2, 3, 7])
def test_long_runs_stride_over_blocks(processes: int) -> None:
    updates = 3 * BLOCK // 2
    call = read("CosineAnnealingLR(SGD(params, lr=0.1), T_max=1000)")
    every = simulate(call, Run((updates - 1) * processes + 1)).values
    found = simulate(call, Run(updates, accelerate=processes)).values
    assert np.array_equal(found, every[::processes])


def test_a_long_hold_goes_over_blocks() -> None:
    call = read("OneCycleLR(SGD(params, lr=0.1), max_lr=0.1, total_steps=100)")
    values = simulate(call, Run(2 * BLOCK, accelerate=3)).values
    assert values.shape == (2 * BLOCK,)
    assert (values[34:] == values[34]).all()
    assert values[33] != values[34]


def test_the_same_call_on_one_process_and_on_two() -> None:
    call = read("CosineAnnealingLR(SGD(params, lr=0.1), T_max=10)")
    apart = compare_recipes(Recipe(call, Run(10)), Recipe(call, Run(10, accelerate=2)))
    assert apart.first_difference == 1
    period = next(reason for reason in apart.reasons if reason.kind == "period")
    assert period.text == "a takes 10 updates from start to end, b 5"
