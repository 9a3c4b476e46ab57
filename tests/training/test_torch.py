"""``isorate.torch.CosineAnnealingLR``: its rates, training and resuming with the real torch."""

from __future__ import annotations

import copy
import io
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")


from isorate.torch import CosineAnnealingLR  # noqa: E402
from tests.training import torch_parts as parts  # noqa: E402

pytestmark = parts.MARKS


lrs = st.floats(1e-8, 10) | st.just(0.0)
T_maxes = st.integers(1, 10**6) | st.integers(-1000, -1) | st.floats(0.25, 1000) | st.just(True)


@given(
    st.lists(lrs, min_size=1, max_size=3), lrs | st.floats(-10, 0), T_maxes, st.integers(0, 10**9)
)
def test_every_rate_has_the_bits_of_the_schedule(
    bases: list[float], eta_min: float, T_max: float, begin: int
) -> None:
    optimizer = torch.optim.SGD(
        [{"params": [parts.parameter()], "lr": 0.5, "initial_lr": base} for base in bases]
    )
    scheduler = CosineAnnealingLR(optimizer, T_max, eta_min, last_epoch=begin - 1)  # type: ignore[arg-type]
    found = parts.steps_of(scheduler, 5)
    assert found == [
        [parts.meant(base, eta_min, T_max, begin + k) for base in bases] for k in range(5)
    ]


def test_the_trough_and_the_return_are_exact() -> None:
    scheduler = CosineAnnealingLR(parts.optimizer_of(0.1), 7, 0.003)
    rates = [rate for (rate,) in parts.steps_of(scheduler, 15)]
    assert (rates[0], rates[7], rates[14]) == (0.1, 0.003, 0.1)
    assert rates[:8] == sorted(rates[:8], reverse=True)
    assert rates[7:] == sorted(rates[7:])


@pytest.mark.parametrize("added", [False, True])
def test_a_group_that_begins_at_eta_min_stays_there(added: bool) -> None:
    optimizer = parts.optimizer_of(0.1) if added else parts.optimizer_of(0.1, 0.3)
    scheduler = CosineAnnealingLR(optimizer, 1000, 0.3)
    if added:
        optimizer.add_param_group({"params": [parts.parameter()], "lr": 0.3})
    scheduler.step()
    assert {rates[1] for rates in parts.steps_of(scheduler, 1000)} == {0.3}


def test_rates_are_floats_where_eta_min_is_not() -> None:
    zero = CosineAnnealingLR(parts.optimizer_of(0.0), 10, 0)
    zero.step()
    assert repr(zero.get_last_lr()) == "[0.0]"


def test_it_stays_close_to_torch_for_one_period() -> None:
    theirs = parts.TorchCosine(parts.optimizer_of(0.1), 50, 0.01)
    ours = CosineAnnealingLR(parts.optimizer_of(0.1), 50, 0.01)
    np.testing.assert_allclose(parts.steps_of(ours, 101), parts.steps_of(theirs, 101), rtol=1e-12)


def test_a_long_run_is_exactly_periodic_where_torch_drifts() -> None:
    def peaks(kind: Any) -> set[float]:
        scheduler = kind(parts.optimizer_of(0.1), 10, 0.001)
        return {rates[0] for rates in parts.steps_of(scheduler, 20_001)[::20]}

    assert peaks(CosineAnnealingLR) == {0.1}
    assert len(peaks(parts.TorchCosine)) > 1


def test_a_float32_tensor_keeps_its_peak_where_torch_loses_it() -> None:
    optimizer = parts.optimizer_of(torch.tensor(0.1))
    scheduler = CosineAnnealingLR(optimizer, 70_000, 0.001)
    scheduler.step(140_000)
    assert torch.equal(optimizer.param_groups[0]["lr"], torch.tensor(0.1))


def test_nothing_depends_on_the_rate_in_the_group() -> None:
    optimizer = parts.optimizer_of(0.1, torch.tensor(0.2, dtype=torch.float64))
    scheduler = CosineAnnealingLR(optimizer, 4, 0.01)
    tensor = optimizer.param_groups[1]["lr"]
    for step in range(1, 12):
        optimizer.param_groups[0]["lr"] = 17.0 * step
        tensor.fill_(math.nan)
        scheduler.step()
        assert parts.rates_of(optimizer) == [
            parts.meant(base, 0.01, 4, step) for base in (0.1, 0.2)
        ]


def test_a_new_scheduler_at_the_trough_begins_at_initial_lr() -> None:
    optimizer = parts.optimizer_of(0.1)
    parts.steps_of(CosineAnnealingLR(optimizer, 4), 4)
    assert parts.rates_of(optimizer) == [0.0]
    assert parts.steps_of(CosineAnnealingLR(optimizer, 4), 3) == [
        [parts.meant(0.1, 0, 4, k)] for k in range(3)
    ]


def test_arguments_may_be_numpy_scalars_and_tensors() -> None:
    optimizer = parts.optimizer_of(np.float64(0.1), 1)
    four: Any = np.int64(4)
    before: Any = np.int64(-1)
    eta_min = torch.tensor(0.25, dtype=torch.float64)
    scheduler = CosineAnnealingLR(optimizer, four, eta_min, before)
    scheduler.step(np.int64(3))
    for group, base in zip(optimizer.param_groups, (0.1, 1.0), strict=True):
        assert (type(group["lr"]), group["lr"]) == (float, parts.meant(base, 0.25, 4, 3))
    assert type(scheduler.last_epoch) is int


@pytest.mark.parametrize("eta_min", [0.0, 0.1, -0.1])
def test_attributes_can_be_changed_between_steps(eta_min: float) -> None:
    optimizer = parts.optimizer_of(0.1, 0.3)
    scheduler = CosineAnnealingLR(optimizer, 10, eta_min)
    scheduler.T_max, scheduler.eta_min, scheduler.base_lrs = 20, 0.01, [0.2, 0.3]
    scheduler.step()
    assert parts.rates_of(optimizer) == [
        parts.meant(0.2, 0.01, 20, 1),
        parts.meant(0.3, 0.01, 20, 1),
    ]
    scheduler.base_lrs = [torch.tensor(0.5), 1]
    scheduler.step()
    assert parts.rates_of(optimizer) == [
        parts.meant(0.5, 0.01, 20, 2),
        parts.meant(1.0, 0.01, 20, 2),
    ]
    scheduler.base_lrs[0] = 0.25
    scheduler.step()
    assert parts.rates_of(optimizer) == [
        parts.meant(0.25, 0.01, 20, 3),
        parts.meant(1.0, 0.01, 20, 3),
    ]


UPDATES, T_MAX, ETA_MIN, BASES = 11, 4, 0.01, (0.1, 0.03)


class Training:
    """A tiny net and its loop; the data of an update depend on the update alone."""

    def __init__(self, kind: Any, rule: type[Any] = torch.optim.SGD) -> None:
        torch.manual_seed(0)
        self.net = torch.nn.Sequential(
            torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1)
        )
        groups = [
            {"params": layer.parameters(), "lr": parts.as_kind(base, kind)}
            for layer, base in zip((self.net[0], self.net[2]), BASES, strict=True)
        ]
        self.optimizer = rule(groups)
        self.applied: list[list[float]] = []

    def train(self, scheduler: Any, updates: range) -> None:
        for update in updates:
            data = torch.linspace(-1, 1, 15).reshape(5, 3) * (1 + update)
            self.optimizer.zero_grad()
            self.net(data).square().mean().backward()
            self.applied.append(parts.rates_of(self.optimizer))
            self.optimizer.step()
            scheduler.step()

    def weights(self) -> list[float]:
        return [float(x) for tensor in self.net.parameters() for x in tensor.detach().flatten()]


def never_stopped(kind: Any, rule: type[Any] = torch.optim.SGD) -> Training:
    training = Training(kind, rule)
    training.train(CosineAnnealingLR(training.optimizer, T_MAX, ETA_MIN), range(UPDATES))
    return training


def stopped(stop: int, kind: Any, rule: type[Any]) -> tuple[Any, Any, Any]:
    """Train up to an update; return the three states that a checkpoint holds."""
    training = Training(kind, rule)
    scheduler = CosineAnnealingLR(training.optimizer, T_MAX, ETA_MIN)
    training.train(scheduler, range(stop))
    file = io.BytesIO()
    saved = (training.net, training.optimizer, scheduler)
    torch.save([part.state_dict() for part in saved], file)
    file.seek(0)
    net, optimizer, state = torch.load(file, weights_only=True)
    return net, optimizer, state


@pytest.mark.parametrize("kind", parts.KINDS, ids=str)
@pytest.mark.parametrize("order", ["scheduler only", "optimizer first", "scheduler first"])
@pytest.mark.parametrize("stop", range(UPDATES))
def test_a_resumed_run_is_the_never_stopped_run(stop: int, order: str, kind: Any) -> None:
    # without its state only an optimizer that keeps none can give the same weights
    rule = torch.optim.SGD if order == "scheduler only" else torch.optim.AdamW
    whole = never_stopped(kind, rule)
    net, optimizer_state, scheduler_state = stopped(stop, kind, rule)
    resumed = Training(kind, rule)
    resumed.net.load_state_dict(net)
    scheduler = CosineAnnealingLR(resumed.optimizer, T_MAX, ETA_MIN)
    if order == "optimizer first":
        resumed.optimizer.load_state_dict(optimizer_state)
    scheduler.load_state_dict(scheduler_state)
    if order == "scheduler first":
        resumed.optimizer.load_state_dict(optimizer_state)
    resumed.train(scheduler, range(stop, UPDATES))
    assert resumed.applied == whole.applied[stop:]
    assert resumed.weights() == whole.weights()
    assert (scheduler.T_max, scheduler.eta_min) == (T_MAX, ETA_MIN)


@pytest.mark.parametrize("kind", parts.KINDS, ids=str)
@pytest.mark.parametrize("optimizer_loaded", [True, False])
@pytest.mark.parametrize("stop", range(1, UPDATES))
def test_last_epoch_resumes_too(stop: int, optimizer_loaded: bool, kind: Any) -> None:
    whole = never_stopped(kind)
    net, optimizer_state, _ = stopped(stop, kind, torch.optim.SGD)
    resumed = Training(kind)
    resumed.net.load_state_dict(net)
    if optimizer_loaded:
        resumed.optimizer.load_state_dict(optimizer_state)
    else:
        for group, base in zip(resumed.optimizer.param_groups, BASES, strict=True):
            group["initial_lr"] = parts.as_kind(base, kind)
    scheduler = CosineAnnealingLR(resumed.optimizer, T_MAX, ETA_MIN, last_epoch=stop - 1)
    assert scheduler.last_epoch == stop
    resumed.train(scheduler, range(stop, UPDATES))
    assert resumed.applied == whole.applied[stop:]
    assert resumed.weights() == whole.weights()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
@pytest.mark.parametrize("kind", parts.KINDS, ids=str)
def test_copies_go_their_own_way(copied: Any, kind: Any) -> None:
    optimizer = parts.optimizer_of(parts.as_kind(0.1, kind))
    scheduler = CosineAnnealingLR(optimizer, 5)
    parts.steps_of(scheduler, 2)
    twin = copied(scheduler)
    before = parts.rates_of(optimizer)
    expected = parts.steps_of(twin, 4)
    assert twin.optimizer is not optimizer
    assert parts.rates_of(optimizer) == before != parts.rates_of(twin.optimizer)
    assert parts.steps_of(scheduler, 4) == expected


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"T_max": 0}, ZeroDivisionError),
        ({"T_max": 0.0}, ZeroDivisionError),
        ({"T_max": False}, ZeroDivisionError),
        ({"T_max": "4"}, TypeError),
        ({"T_max": None}, TypeError),
        ({"T_max": 4, "eta_min": "0"}, TypeError),
        ({"T_max": 4, "eta_min": None}, TypeError),
        ({"T_max": 4, "last_epoch": 3}, KeyError),
        ({"T_max": 4, "last_epoch": None}, TypeError),
        ({"T_max": 10**400}, OverflowError),
    ],
)
def test_what_torch_refuses_is_refused_at_construction(
    arguments: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        CosineAnnealingLR(parts.optimizer_of(0.1), **arguments)
    if arguments.get("last_epoch", -1) is not None:
        with pytest.raises(error):
            parts.TorchCosine(parts.optimizer_of(0.1), **arguments).step()


@pytest.mark.parametrize("kind", [CosineAnnealingLR, parts.TorchCosine])
@pytest.mark.parametrize("optimizer", [None, "SGD", [{"lr": 0.1}]])
def test_not_an_optimizer(kind: Any, optimizer: Any) -> None:
    with pytest.raises(TypeError, match="is not an Optimizer"):
        kind(optimizer, 4)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        CosineAnnealingLR(parts.optimizer_of(0.1), value)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="finite"):
        CosineAnnealingLR(parts.optimizer_of(0.1), 4, value)
    optimizer = parts.optimizer_of(0.1)
    optimizer.param_groups[0]["lr"] = value
    with pytest.raises(ValueError, match="finite"):
        CosineAnnealingLR(optimizer, 4)
    assert "initial_lr" not in optimizer.param_groups[0]


def test_last_epoch_below_minus_one_is_refused() -> None:
    with pytest.raises(ValueError, match="below -1"):
        CosineAnnealingLR(parts.optimizer_of(0.1, initial_lr=0.1), 4, last_epoch=-2)
