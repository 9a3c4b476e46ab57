"""``SequentialLR`` and ``ChainedScheduler``: closed forms, beside torch's own where it is right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch.optim import lr_scheduler  # noqa: E402

import isorate.torch as ours  # noqa: E402
from isorate.schedule.shapes import Cosine  # noqa: E402
from tests.training.torch_parts import MARKS, meant, optimizer_of, rates_of, steps_of  # noqa: E402

pytestmark = MARKS

#: Compositions by a module that has the names: torch's or Isorate's.
SEQUENCES: dict[str, Any] = {
    "warmup and cosine": lambda m, o: m.SequentialLR(
        o, [m.LinearLR(o, 0.1, total_iters=5), m.CosineAnnealingLR(o, 20, 0.001)], [5]
    ),
    "three": lambda m, o: m.SequentialLR(
        o,
        [m.ConstantLR(o, 0.5, 100), m.ExponentialLR(o, 0.9), m.StepLR(o, 3, 0.5)],
        [4, 11],
    ),
    "polynomial after a function": lambda m, o: m.SequentialLR(
        o, [m.LambdaLR(o, lambda t: (t + 1) / 8), m.PolynomialLR(o, 20, 2.0)], [7]
    ),
    "restarts": lambda m, o: m.SequentialLR(
        o, [m.LinearLR(o, 0.5, total_iters=4), m.CosineAnnealingWarmRestarts(o, 5, 2)], [4]
    ),
}
CHAINS: dict[str, Any] = {
    "warmup on a decay": lambda m, o: m.ChainedScheduler(
        [m.LinearLR(o, 0.1, total_iters=5), m.ExponentialLR(o, 0.95)]
    ),
    "all that multiply": lambda m, o: m.ChainedScheduler(
        [
            m.ConstantLR(o, 0.5, 6),
            m.StepLR(o, 4, 0.9),
            m.MultiStepLR(o, [3, 12], 0.7),
            m.PolynomialLR(o, 60, 1.3),
            m.MultiplicativeLR(o, lambda t: 1 - 0.01 * (t % 3)),
        ],
        o,
    ),
    "a cosine down to zero": lambda m, o: m.ChainedScheduler(
        [m.LinearLR(o, 0.2, total_iters=5), m.CosineAnnealingLR(o, 40)]
    ),
    "a cosine with a floor, first": lambda m, o: m.ChainedScheduler(
        [m.CosineAnnealingLR(o, 8, 0.01)]
    ),
}


@pytest.mark.parametrize("name", [*SEQUENCES, *CHAINS])
def test_it_does_what_torchs_own_does(name: str) -> None:
    build = {**SEQUENCES, **CHAINS}[name]
    theirs, mine = (
        steps_of(build(module, optimizer_of(0.1, 0.03)), 39) for module in (lr_scheduler, ours)
    )
    np.testing.assert_allclose(mine, theirs, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("name", [*SEQUENCES, *CHAINS])
def test_every_way_to_resume_is_exact_at_every_update(name: str) -> None:
    build = {**SEQUENCES, **CHAINS}[name]
    scheduler = build(ours, optimizer_of(0.1, 0.03))
    whole, states = [], []
    for _ in range(30):
        whole.append(rates_of(scheduler.optimizer))
        states.append(scheduler.state_dict())
        scheduler.step()
    for stop in range(30):
        for how in ("state", "seek"):
            resumed = build(ours, optimizer_of(0.1, 0.03))
            if how == "state":
                resumed.load_state_dict(states[stop])
            else:
                resumed.seek(stop)
            assert steps_of(resumed, 30 - stop) == whole[stop:], (how, stop)


def test_torchs_sequence_forgets_where_it_was_when_resumed_by_last_epoch_and_ours_does_not() -> (
    None
):
    def sequence(module: Any, optimizer: Any, last_epoch: int) -> Any:
        parts = [
            module.LinearLR(optimizer, 0.1, total_iters=5),
            module.ExponentialLR(optimizer, 0.9),
        ]
        return module.SequentialLR(optimizer, parts, [5], last_epoch=last_epoch)

    def resumed(module: Any, stop: int) -> list[list[float]]:
        optimizer = optimizer_of(0.1, initial_lr=0.1)
        return steps_of(sequence(module, optimizer, stop - 1), 20 - stop)

    whole = steps_of(sequence(ours, optimizer_of(0.1), -1), 20)
    assert all(resumed(ours, stop) == whole[stop:] for stop in range(20))
    wrong = [
        stop for stop in range(20) if not np.allclose(resumed(lr_scheduler, stop), whole[stop:])
    ]
    assert len(wrong) > 10


def test_torchs_nested_sequence_runs_one_step_ahead_and_ours_does_not() -> None:
    def nested(module: Any, optimizer: Any) -> Any:
        parts = [module.ConstantLR(optimizer, share, 9) for share in (0.5, 0.25, 0.125)]
        inner = module.SequentialLR(optimizer, parts[:2], [3])
        return module.SequentialLR(optimizer, [inner, parts[2]], [6])

    assert [r for (r,) in steps_of(nested(ours, optimizer_of(1.0)), 8)] == [0.5] * 3 + [
        0.25
    ] * 3 + [0.125] * 2
    assert [r for (r,) in steps_of(nested(lr_scheduler, optimizer_of(1.0)), 8)][2] == 0.25


def test_the_order_in_which_schedulers_are_built_does_not_matter() -> None:
    """torch's first rate is that of the scheduler that was built last (pytorch issue 72874)."""

    def firsts(module: Any, *, cyclic_first: bool) -> list[float]:
        optimizer = optimizer_of(1.0)

        def cyclic() -> Any:
            return module.CyclicLR(optimizer, 0.001, 0.01, 4, cycle_momentum=False)

        early = cyclic() if cyclic_first else None
        warmup = module.LinearLR(optimizer, 0.5, total_iters=4)
        parts = [warmup, early or cyclic()]
        return [rate for (rate,) in steps_of(module.SequentialLR(optimizer, parts, [4]), 9)]

    assert firsts(lr_scheduler, cyclic_first=True) != firsts(lr_scheduler, cyclic_first=False)
    assert firsts(ours, cyclic_first=True) == firsts(ours, cyclic_first=False)
    assert firsts(ours, cyclic_first=True)[:5] == [0.5, 0.625, 0.75, 0.875, 0.001]


def test_torchs_own_schedulers_may_be_members() -> None:
    optimizer = optimizer_of(0.1, 0.03)
    warmup = lr_scheduler.LinearLR(optimizer, 0.1, total_iters=5)
    scheduler = ours.SequentialLR(optimizer, [warmup, ours.CosineAnnealingLR(optimizer, 20)], [5])
    expected = SEQUENCES["warmup and cosine"](ours, optimizer_of(0.1, 0.03))
    assert steps_of(scheduler, 5) == steps_of(expected, 5)
    lambdas = lr_scheduler.LambdaLR(optimizer, lambda t: 1.0)
    with pytest.raises(ValueError, match="LambdaLR"):
        ours.SequentialLR(optimizer, [lambdas, warmup], [5])


def test_states_of_torchs_own_load() -> None:
    for name, build in {**SEQUENCES, **CHAINS}.items():
        if name in ("polynomial after a function", "all that multiply"):
            continue  # no state of torch's says what a function does
        theirs = build(lr_scheduler, optimizer_of(0.1, 0.03))
        rates = steps_of(theirs, 9)
        mine = build(ours, optimizer_of(0.1, 0.03))
        assert np.allclose(steps_of(mine, 9), rates)
        resumed = build(ours, optimizer_of(0.1, 0.03))
        resumed.load_state_dict(theirs.state_dict())
        assert steps_of(resumed, 9) == steps_of(mine, 9), name


def test_an_added_group_joins_all_members() -> None:
    optimizer = optimizer_of(0.1)
    scheduler = SEQUENCES["warmup and cosine"](ours, optimizer)
    steps_of(scheduler, 8)
    scheduler.late_groups = "from the start"
    optimizer.add_param_group({"params": [torch.nn.Parameter(torch.zeros(1))], "lr": 0.5})
    scheduler.step()
    assert rates_of(optimizer) == [meant(0.1, 0.001, 20, 4), meant(0.5, 0.001, 20, 4)]
    optimizer = optimizer_of(0.1)
    scheduler = SEQUENCES["warmup and cosine"](ours, optimizer)
    steps_of(scheduler, 8)
    added = {"params": [torch.nn.Parameter(torch.zeros(1))], "lr": rates_of(optimizer)[0]}
    optimizer.add_param_group(added)
    for step in range(4, 30):
        scheduler.step()
        assert rates_of(optimizer) == pytest.approx([meant(0.1, 0.001, 20, step)] * 2)


@pytest.mark.parametrize(
    ("build", "error", "text"),
    [
        (lambda o: ours.SequentialLR(o, [], []), ValueError, "no schedulers"),
        (lambda o: ours.SequentialLR(o, [ours.StepLR(o, 3)], [1]), ValueError, "one fewer"),
        (
            lambda o: ours.SequentialLR(o, [ours.StepLR(o, 3), ours.StepLR(o, 3)], [-1]),
            ValueError,
            "do not increase",
        ),
        (
            lambda o: ours.SequentialLR(
                o, [ours.StepLR(o, 3), ours.StepLR(optimizer_of(1.0), 3)], [4]
            ),
            ValueError,
            "another optimizer",
        ),
        (
            lambda o: ours.SequentialLR(
                o, [lr_scheduler.ReduceLROnPlateau(o), ours.StepLR(o, 3)], [4]
            ),
            ValueError,
            "follows a metric",
        ),
        (
            lambda o: ours.SequentialLR(o, [ours.StepLR(o, 3), "cosine"], [4]),
            TypeError,
            "scheduler 1",
        ),
        (
            lambda o: ours.SequentialLR(o, [ours.StepLR(o, 3), ours.CyclicLR(o, 0.1, 0.2)], [4]),
            ValueError,
            "cycle_momentum=False",
        ),
        (lambda o: ours.ChainedScheduler([]), ValueError, "no schedulers"),
        (
            lambda o: ours.ChainedScheduler(
                [ours.ExponentialLR(o, 0.9), ours.LambdaLR(o, lambda t: 0.5)]
            ),
            ValueError,
            "no closed form",
        ),
        (
            lambda o: ours.ChainedScheduler(
                [ours.ExponentialLR(o, 0.9), ours.CosineAnnealingLR(o, 9, 0.01)]
            ),
            ValueError,
            "no closed form",
        ),
    ],
)
def test_what_has_no_closed_form_is_refused(build: Any, error: type[Exception], text: str) -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1, momentum=0.9)
    with pytest.raises(error, match=text):
        build(optimizer)


def test_any_schedule_may_follow_another() -> None:
    optimizer = optimizer_of(0.1)
    parts = [
        ours.ConstantLR(optimizer, 0.5, 9),
        ours.ScheduleLR(optimizer, Cosine(0.3, 0.0, 10)),
        ours.ChainedScheduler(
            [ours.LinearLR(optimizer), ours.MultiplicativeLR(optimizer, lambda t: 0.9)]
        ),
        ours.MultiStepLR(optimizer, [2]),
        ours.PolynomialLR(optimizer),
    ]
    scheduler = ours.SequentialLR(optimizer, parts, [3, 6, 9, 12])
    rates = [rate for (rate,) in steps_of(scheduler, 14)]
    assert rates[3:6] == [Cosine(0.3, 0.0, 10).at(k) for k in range(3)]
    assert rates[6] == 0.1 / 3
    assert rates[12:] == [0.1, pytest.approx(0.08)]


@pytest.mark.parametrize("eta_min", [0.0, 0.01])
def test_a_cosine_that_began_with_another_rate_climbs_to_its_own(eta_min: float) -> None:
    found = []
    for home in (lr_scheduler, ours):
        optimizer = optimizer_of(0.1, 0.2)
        members = [
            home.CosineAnnealingLR(optimizer, 3, eta_min),
            home.OneCycleLR(optimizer, 1.0, 60, cycle_momentum=False),  # sets the first rate
        ]
        scheduler = home.SequentialLR(optimizer, members, [9])
        rates = []
        for _ in range(12):
            scheduler.step()
            rates.append(rates_of(optimizer))
        found.append(rates)
    for theirs, mine in zip(*found, strict=True):
        assert mine == pytest.approx(theirs, abs=1e-15)


def test_a_group_that_is_added_leaves_the_first_rates_of_members() -> None:
    found = []
    for home in (lr_scheduler, ours):
        optimizer = optimizer_of(1.0, 0.3)
        members = [
            home.StepLR(optimizer, 2, 0.5),
            home.LinearLR(optimizer, 0.5, total_iters=6),
            home.OneCycleLR(optimizer, 0.5, 60, cycle_momentum=False),  # sets the first rate
        ]
        scheduler = home.SequentialLR(optimizer, members, [3, 12])
        rates = []
        for step in range(10):
            if step == 5:
                optimizer.add_param_group({"params": [torch.zeros(1)], "lr": 0.1})
            scheduler.step()
            rates.append(rates_of(optimizer))
        found.append(rates)
    for theirs, mine in zip(*found, strict=True):
        assert mine == pytest.approx(theirs)
