"""What Accelerate makes of a scheduler, on one process and on two: every rate is foretold."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("accelerate")

from isorate import Run, compare, evaluate, simulate  # noqa: E402
from isorate.driving import meaning  # noqa: E402
from tests.calls import read  # noqa: E402
from tests.training import accelerate_loop as loop  # noqa: E402
from tests.training.accelerate_loop import Case, Seen  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from isorate.kit.call import Call

pytestmark = [
    pytest.mark.torch,
    # Accelerate silences them in a loop of its own, which a test cannot count on
    pytest.mark.filterwarnings("ignore::UserWarning:torch.optim.lr_scheduler"),
]

ROOT = Path(__file__).resolve().parents[2]
COSINE = "CosineAnnealingLR(optimizer, T_max={})"
SCHEDULERS = [
    COSINE.format(10),
    "LinearLR(optimizer, start_factor=0.25, total_iters=9)",
    "OneCycleLR(optimizer, max_lr=0.1, total_steps=9)",
    "OneCycleLR(optimizer, max_lr=0.1, epochs=3, steps_per_epoch=2)",
    "StepLR(optimizer, step_size=3, gamma=0.5)",
    "SequentialLR(optimizer, [LinearLR(optimizer, 0.1, 1.0, 3), "
    "CosineAnnealingLR(optimizer, 8)], [3])",
    # which counts updates, however often it is stepped
    "isorate.torch.ScheduleLR(optimizer, 'CosineAnnealingLR(T_max=10)')",
    "isorate.torch.ScheduleLR(optimizer, 'CosineAnnealingLR(T_max=10)', counting='steps')",
    "isorate.torch.CosineAnnealingLR(optimizer, 10)",
]
#: A loss that falls, stays for a while, and falls again.
LOSSES = tuple([1.0, 0.8] + [0.7] * 12 + [0.5] * 30)
CASES = [
    Case(scheduler, accumulation, split, every)
    for scheduler in SCHEDULERS
    for accumulation in (1, 2, 3)
    for split in (False, True)
    for every in ("update", "epoch")
]
CASES += [
    Case("ReduceLROnPlateau(optimizer, factor=0.5, patience=2)", 2, metrics=LOSSES, epochs=8),
    Case("ReduceLROnPlateau(optimizer, factor=0.5, patience=2)", 1, True, metrics=LOSSES),
    Case("OneCycleLR(optimizer, max_lr=0.1, total_steps=2)", step_every="epoch", epochs=5),
    Case(COSINE.format(4), step_every="epoch", batches=2, epochs=14),
    # what other schedulers hold is not asked for its total_steps
    Case(
        "SequentialLR(optimizer, [LinearLR(optimizer, 0.5, 1.0, 2), "
        "OneCycleLR(optimizer, max_lr=0.1, total_steps=4)], [2])"
    ),
    Case("ChainedScheduler([StepLR(optimizer, 2), ConstantLR(optimizer, 0.5, 3)])", 3),
]
#: Loaders of every length around the multiples of what an update takes.
LENGTHS = [
    Case(COSINE.format(5), accumulation, split, batches=batches, epochs=2)
    for batches in (1, 2, 3, 5, 6, 8)
    for accumulation in (1, 2, 4)
    for split in (False, True)
]
#: A script that reckons with as many updates as there are on each of two processes.
MEANT = Case(COSINE.format(10), batches=20, epochs=1)
UNLINKED = Case(COSINE.format(10), step_scheduler_with_optimizer=False)
DROPPED = Case(COSINE.format(10), drop_last=True)
ALL = [*CASES, *LENGTHS, MEANT, UNLINKED, DROPPED]


def run_of(case: Case, processes: int) -> Run:
    return Run(
        epochs=case.epochs,
        step_every=case.step_every,  # type: ignore[arg-type]
        metrics=case.metrics or None,
        accelerate=processes,
        accumulation=case.accumulation,
        split_batches=case.split_batches,
        batches_per_epoch=case.batches,
    )


def call_of(case: Case) -> Call:
    return read(case.scheduler, lr=0.1)


@pytest.fixture(scope="module")
def on_two(tmp_path_factory: pytest.TempPathFactory) -> dict[Case, Seen]:
    """Go through all cases in one process group."""
    folder = tmp_path_factory.mktemp("accelerate")
    cases, results = folder / "cases.json", folder / "results.json"
    cases.write_text(json.dumps([asdict(case) for case in ALL]))
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    module = ["--nproc-per-node=2", "--module", loop.__name__]
    for _ in range(2):  # a process of torch's may abort when all is done
        done = subprocess.run(
            [*launcher, *module, str(cases), str(results)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode == 0:
            break
    assert done.returncode == 0, done.stderr
    seen = [Seen(**one) for one in json.loads(results.read_text())]
    return dict(zip(ALL, seen, strict=True))


@pytest.fixture(scope="module")
def on_one() -> Iterator[Callable[[Case], Seen]]:
    """Train in this process, and leave nothing of Accelerate's in it."""
    yield loop.train
    loop.leave()


@pytest.fixture(params=[1, 2], ids=["one", "two"])
def processes(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def trained(processes: int, request: pytest.FixtureRequest) -> Callable[[Case], Seen]:
    name = "on_one" if processes == 1 else "on_two"
    found: Any = request.getfixturevalue(name)
    return found if processes == 1 else found.__getitem__  # type: ignore[no-any-return]


def named(case: Case) -> str:
    split = "split" if case.split_batches else "whole"
    name = case.scheduler.partition("(")[0]
    return f"{name}-{case.accumulation}-{split}-{case.step_every}-{case.batches}"


@pytest.mark.parametrize("case", CASES, ids=named)
def test_every_rate_to_the_bit(case: Case, processes: int, trained: Callable[[Case], Seen]) -> None:
    seen, run = trained(case), run_of(case, processes)
    curve = simulate(call_of(case), run)
    assert curve.values.tolist() == seen.rates
    assert (None if curve.halt is None else curve.halt.error) == seen.error
    assert set(seen.epochs) <= {run.updates_per_epoch}
    if seen.error is None:
        assert len(seen.epochs) == case.epochs


@pytest.mark.parametrize("case", [case for case in CASES if not case.metrics], ids=named)
def test_every_rate_by_the_closed_form(
    case: Case, processes: int, trained: Callable[[Case], Seen]
) -> None:
    run = run_of(case, processes)
    curve = evaluate(meaning(call_of(case), run), run)
    assert curve.values.tolist() == pytest.approx(trained(case).rates, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("case", LENGTHS, ids=named)
def test_the_updates_of_an_epoch(
    case: Case, processes: int, trained: Callable[[Case], Seen]
) -> None:
    seen, run = trained(case), run_of(case, processes)
    assert seen.epochs == [run.updates_per_epoch] * 2
    assert simulate(call_of(case), run).values.tolist() == seen.rates


def test_the_cases_tell_runs_apart(on_two: dict[Case, Seen]) -> None:
    """Every setting changes the rates of some case, so that none of them could be ignored."""
    case = Case(COSINE.format(10))
    for other in (
        replace(case, split_batches=True),
        replace(case, accumulation=2),
        replace(case, step_every="epoch"),
    ):
        assert on_two[other].rates != on_two[case].rates


def test_a_cosine_that_is_meant_for_the_updates_climbs_again(on_two: dict[Case, Seen]) -> None:
    """The complaint: down in half of the time, and back up, as each step() is taken twice."""
    seen, run, call = on_two[MEANT].rates, run_of(MEANT, 2), call_of(MEANT)
    assert len(seen) == run.updates == 10
    assert min(range(10), key=seen.__getitem__) == 5
    assert seen[9] > 0.09
    meant = simulate(call, Run(10)).values.tolist()
    assert meant == sorted(meant, reverse=True)
    assert simulate(call, run).values.tolist() == seen  # foretold, without a process
    remedy = read(COSINE.format(10 * run.steps_per_call), lr=0.1)
    assert simulate(remedy, run).values.tolist() == pytest.approx(meant, rel=1e-12)
    assert compare(call, remedy, run).first_difference == 1


def test_one_cycle_is_held_at_the_rate_past_its_end(on_two: dict[Case, Seen]) -> None:
    """Left alone after total_steps steps, it stays above the lowest rate, which is one before."""
    case = Case(SCHEDULERS[2], epochs=3)
    rates = on_two[case].rates
    alone = simulate(call_of(case), Run(10)).values.tolist()
    assert len(rates) == 12
    assert rates[-1] == rates[5] != alone[8]
    assert min(alone) == alone[8] < rates[-1]
    assert on_two[replace(case, split_batches=True)].error == "ValueError"


def test_a_scheduler_that_is_not_linked_to_the_optimizer_takes_one_step_a_call(
    on_two: dict[Case, Seen],
) -> None:
    seen = on_two[UNLINKED].rates
    assert seen == simulate(call_of(UNLINKED), Run(len(seen))).values.tolist()
    assert seen != simulate(call_of(UNLINKED), run_of(UNLINKED, 2)).values.tolist()


def test_a_loader_that_drops_its_last_batch_counts_without_it(on_two: dict[Case, Seen]) -> None:
    run = run_of(replace(DROPPED, batches=6), 2)
    assert on_two[DROPPED].epochs == [run.updates_per_epoch] * 3
    assert on_two[DROPPED].rates == simulate(call_of(DROPPED), run).values.tolist()


def test_a_resumed_one_cycle_raises_as_it_does_alone(on_one: Callable[[Case], Seen]) -> None:
    """Accelerate counts the steps from the start of the process, and comes too late."""
    left = "'initial_lr': 0.004, 'max_lr': 0.1, 'min_lr': 4e-07"
    text = "OneCycleLR({}, 0.1, 9, cycle_momentum=False, last_epoch=3)"
    seen = on_one(
        Case(f"optimizer.param_groups[0].update({{{left}}}) or {text.format('optimizer')}")
    )
    optimizer = f"SGD([{{'params': params, 'lr': 0.1, {left}}}], lr=0.1)"
    curve = simulate(read(text.format(optimizer)), Run(21, accelerate=1))
    assert seen.error == "ValueError"
    assert curve.halt is not None
    assert (curve.values.tolist(), curve.halt.error) == (seen.rates, seen.error)
