"""The schedulers of ``isorate.torch``, training with the real torch."""

from __future__ import annotations

import copy
import doctest
import io
import math
import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from torch.optim import lr_scheduler  # noqa: E402

import isorate.torch  # noqa: E402
from isorate.core.combinators import Groups, Until  # noqa: E402
from isorate.core.errors import ScheduleError  # noqa: E402
from isorate.core.shapes import Constant, Cosine, Table  # noqa: E402
from isorate.dialects import mindspore  # noqa: E402
from isorate.torch import CosineAnnealingLR, ScheduleLR, cosine_decay_lr  # noqa: E402

pytestmark = [
    pytest.mark.torch,
    # most tests step a scheduler without training
    pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step:UserWarning"),
    pytest.mark.filterwarnings("ignore:The epoch parameter:UserWarning"),
]

TorchCosine = lr_scheduler.CosineAnnealingLR
DTYPES = [torch.float32, torch.float64, torch.bfloat16]
KINDS = ["float", torch.float32, torch.float64]


def parameter() -> Any:
    return torch.nn.Parameter(torch.zeros(1))


def as_kind(rate: float, kind: Any) -> Any:
    return rate if kind == "float" else torch.tensor(rate, dtype=kind)


def optimizer_of(*rates: Any, **extra: Any) -> Any:
    """Return an optimizer with one group for each rate."""
    groups = [{"params": [parameter()], "lr": rate, **extra} for rate in rates]
    return torch.optim.SGD(groups, lr=1.0)


def rates_of(optimizer: Any) -> list[float]:
    return [float(group["lr"]) for group in optimizer.param_groups]


def steps_of(scheduler: Any, count: int) -> list[list[float]]:
    """Return the rates before each of so many steps."""
    found = []
    for _ in range(count):
        found.append(rates_of(scheduler.optimizer))
        scheduler.step()
    return found


def meant(base: float, eta_min: float, T_max: float, step: int) -> float:
    return Cosine(base, eta_min, abs(T_max), "mirror").at(step)


# --- the rates ------------------------------------------------------------------------------------

lrs = st.floats(1e-8, 10) | st.just(0.0)
T_maxes = st.integers(1, 10**6) | st.integers(-1000, -1) | st.floats(0.25, 1000) | st.just(True)


@given(
    st.lists(lrs, min_size=1, max_size=3), lrs | st.floats(-10, 0), T_maxes, st.integers(0, 10**9)
)
def test_every_rate_has_the_bits_of_the_schedule(
    bases: list[float], eta_min: float, T_max: float, begin: int
) -> None:
    optimizer = torch.optim.SGD(
        [{"params": [parameter()], "lr": 0.5, "initial_lr": base} for base in bases]
    )
    scheduler = CosineAnnealingLR(optimizer, T_max, eta_min, last_epoch=begin - 1)  # type: ignore[arg-type]
    found = steps_of(scheduler, 5)
    assert found == [[meant(base, eta_min, T_max, begin + k) for base in bases] for k in range(5)]


def test_the_trough_and_the_return_are_exact() -> None:
    scheduler = CosineAnnealingLR(optimizer_of(0.1), 7, 0.003)
    rates = [rate for (rate,) in steps_of(scheduler, 15)]
    assert (rates[0], rates[7], rates[14]) == (0.1, 0.003, 0.1)
    assert rates[:8] == sorted(rates[:8], reverse=True)
    assert rates[7:] == sorted(rates[7:])


@pytest.mark.parametrize("added", [False, True])
def test_a_group_that_begins_at_eta_min_stays_there(added: bool) -> None:
    optimizer = optimizer_of(0.1) if added else optimizer_of(0.1, 0.3)
    scheduler = CosineAnnealingLR(optimizer, 1000, 0.3)
    if added:
        optimizer.add_param_group({"params": [parameter()], "lr": 0.3})
    scheduler.step()
    assert {rates[1] for rates in steps_of(scheduler, 1000)} == {0.3}


def test_rates_are_floats_where_eta_min_is_not() -> None:
    zero = CosineAnnealingLR(optimizer_of(0.0), 10, 0)
    zero.step()
    assert repr(zero.get_last_lr()) == "[0.0]"


def test_it_stays_close_to_torch_for_one_period() -> None:
    theirs = TorchCosine(optimizer_of(0.1), 50, 0.01)
    ours = CosineAnnealingLR(optimizer_of(0.1), 50, 0.01)
    np.testing.assert_allclose(steps_of(ours, 101), steps_of(theirs, 101), rtol=1e-12)


def test_a_long_run_is_exactly_periodic_where_torch_drifts() -> None:
    def peaks(kind: Any) -> set[float]:
        scheduler = kind(optimizer_of(0.1), 10, 0.001)
        return {rates[0] for rates in steps_of(scheduler, 20_001)[::20]}

    assert peaks(CosineAnnealingLR) == {0.1}
    assert len(peaks(TorchCosine)) > 1


def test_a_float32_tensor_keeps_its_peak_where_torch_loses_it() -> None:
    optimizer = optimizer_of(torch.tensor(0.1))
    scheduler = CosineAnnealingLR(optimizer, 70_000, 0.001)
    scheduler.step(140_000)
    assert torch.equal(optimizer.param_groups[0]["lr"], torch.tensor(0.1))


def test_nothing_depends_on_the_rate_in_the_group() -> None:
    optimizer = optimizer_of(0.1, torch.tensor(0.2, dtype=torch.float64))
    scheduler = CosineAnnealingLR(optimizer, 4, 0.01)
    tensor = optimizer.param_groups[1]["lr"]
    for step in range(1, 12):
        optimizer.param_groups[0]["lr"] = 17.0 * step
        tensor.fill_(math.nan)
        scheduler.step()
        assert rates_of(optimizer) == [meant(base, 0.01, 4, step) for base in (0.1, 0.2)]


def test_a_new_scheduler_at_the_trough_begins_at_initial_lr() -> None:
    optimizer = optimizer_of(0.1)
    steps_of(CosineAnnealingLR(optimizer, 4), 4)
    assert rates_of(optimizer) == [0.0]
    assert steps_of(CosineAnnealingLR(optimizer, 4), 3) == [[meant(0.1, 0, 4, k)] for k in range(3)]


def test_arguments_may_be_numpy_scalars_and_tensors() -> None:
    optimizer = optimizer_of(np.float64(0.1), 1)
    four: Any = np.int64(4)
    before: Any = np.int64(-1)
    eta_min = torch.tensor(0.25, dtype=torch.float64)
    scheduler = CosineAnnealingLR(optimizer, four, eta_min, before)
    scheduler.step(np.int64(3))
    for group, base in zip(optimizer.param_groups, (0.1, 1.0), strict=True):
        assert (type(group["lr"]), group["lr"]) == (float, meant(base, 0.25, 4, 3))
    assert type(scheduler.last_epoch) is int


@pytest.mark.parametrize("eta_min", [0.0, 0.1, -0.1])
def test_attributes_can_be_changed_between_steps(eta_min: float) -> None:
    optimizer = optimizer_of(0.1, 0.3)
    scheduler = CosineAnnealingLR(optimizer, 10, eta_min)
    scheduler.T_max, scheduler.eta_min, scheduler.base_lrs[0] = 20, 0.01, 0.2
    scheduler.step()
    assert rates_of(optimizer) == [meant(0.2, 0.01, 20, 1), meant(0.3, 0.01, 20, 1)]
    scheduler.base_lrs = [torch.tensor(0.5), 1]
    scheduler.step()
    assert rates_of(optimizer) == [meant(0.5, 0.01, 20, 2), meant(1.0, 0.01, 20, 2)]


# --- training, stopping and resuming --------------------------------------------------------------

UPDATES, T_MAX, ETA_MIN, BASES = 11, 4, 0.01, (0.1, 0.03)


class Training:
    """A tiny net and its loop; the data of an update depend on the update alone."""

    def __init__(self, kind: Any, rule: type[Any] = torch.optim.SGD) -> None:
        torch.manual_seed(0)
        self.net = torch.nn.Sequential(
            torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1)
        )
        groups = [
            {"params": layer.parameters(), "lr": as_kind(base, kind)}
            for layer, base in zip((self.net[0], self.net[2]), BASES, strict=True)
        ]
        self.optimizer = rule(groups)
        self.applied: list[list[float]] = []

    def train(self, scheduler: Any, updates: range) -> None:
        for update in updates:
            data = torch.linspace(-1, 1, 15).reshape(5, 3) * (1 + update)
            self.optimizer.zero_grad()
            self.net(data).square().mean().backward()
            self.applied.append(rates_of(self.optimizer))
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
    parts = (training.net, training.optimizer, scheduler)
    torch.save([part.state_dict() for part in parts], file)
    file.seek(0)
    net, optimizer, state = torch.load(file, weights_only=True)
    return net, optimizer, state


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("order", ["scheduler only", "optimizer first", "scheduler first"])
@pytest.mark.parametrize("stop", range(UPDATES))
def test_a_resumed_run_is_the_never_stopped_run(stop: int, order: str, kind: Any) -> None:
    # without its state only an optimizer that keeps none can give the same weights
    rule = torch.optim.SGD if order == "scheduler only" else torch.optim.AdamW
    whole = never_stopped(kind, rule)
    net, optimizer_state, scheduler_state = stopped(stop, kind, rule)
    resumed = Training(kind, rule)
    resumed.net.load_state_dict(net)
    scheduler = CosineAnnealingLR(resumed.optimizer, 99)
    if order == "optimizer first":
        resumed.optimizer.load_state_dict(optimizer_state)
    scheduler.load_state_dict(scheduler_state)
    if order == "scheduler first":
        resumed.optimizer.load_state_dict(optimizer_state)
    resumed.train(scheduler, range(stop, UPDATES))
    assert resumed.applied == whole.applied[stop:]
    assert resumed.weights() == whole.weights()
    assert (scheduler.T_max, scheduler.eta_min) == (T_MAX, ETA_MIN)


@pytest.mark.parametrize("kind", KINDS, ids=str)
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
            group["initial_lr"] = as_kind(base, kind)
    scheduler = CosineAnnealingLR(resumed.optimizer, T_MAX, ETA_MIN, last_epoch=stop - 1)
    assert scheduler.last_epoch == stop
    resumed.train(scheduler, range(stop, UPDATES))
    assert resumed.applied == whole.applied[stop:]
    assert resumed.weights() == whole.weights()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_copies_go_their_own_way(copied: Any, kind: Any) -> None:
    optimizer = optimizer_of(as_kind(0.1, kind))
    scheduler = CosineAnnealingLR(optimizer, 5)
    steps_of(scheduler, 2)
    twin = copied(scheduler)
    before = rates_of(optimizer)
    expected = steps_of(twin, 4)
    assert twin.optimizer is not optimizer
    assert rates_of(optimizer) == before != rates_of(twin.optimizer)
    assert steps_of(scheduler, 4) == expected


# --- state ----------------------------------------------------------------------------------------


def test_a_state_is_a_copy() -> None:
    scheduler = CosineAnnealingLR(optimizer_of(0.1, torch.tensor(0.2)), 5)
    state = scheduler.state_dict()
    untouched = copy.deepcopy(state)
    state["base_lrs"][0] = 9.0
    state["_last_lr"][1].fill_(9.0)
    state["T_max"] = 1
    assert scheduler.state_dict() == untouched
    scheduler.load_state_dict(untouched)
    untouched["base_lrs"][0] = 9.0
    assert scheduler.base_lrs == [0.1, float(torch.tensor(0.2))]


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("steps", [0, 3, 8])
def test_torchs_own_state_loads(steps: int, kind: Any) -> None:
    theirs = TorchCosine(optimizer_of(as_kind(0.1, kind)), 5, 0.01)
    steps_of(theirs, steps)
    state = {**theirs.state_dict(), "verbose": False}  # a leftover of torch <= 2.5
    optimizer = optimizer_of(as_kind(0.7, kind))
    scheduler = CosineAnnealingLR(optimizer, 99)
    scheduler.load_state_dict(state)
    base = float(as_kind(0.1, kind))
    expected = [[float(as_kind(meant(base, 0.01, 5, steps + k), kind))] for k in range(12)]
    assert steps_of(scheduler, 12) == expected


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_torchs_own_class_loads_ours(kind: Any) -> None:
    reference = TorchCosine(optimizer_of(as_kind(0.1, kind)), 5, 0.01)
    steps_of(reference, 3)
    ours = CosineAnnealingLR(optimizer_of(as_kind(0.1, kind)), 5, 0.01)
    steps_of(ours, 3)
    optimizer = optimizer_of(as_kind(0.1, kind))
    theirs = TorchCosine(optimizer, 99)
    theirs.load_state_dict(ours.state_dict())
    optimizer.load_state_dict(ours.optimizer.state_dict())
    assert theirs.get_last_lr() == ours.get_last_lr()
    np.testing.assert_allclose(steps_of(theirs, 12), steps_of(reference, 12), rtol=1e-6)


def complete() -> dict[str, Any]:
    scheduler = CosineAnnealingLR(optimizer_of(0.3), 6)
    scheduler.step()
    return scheduler.state_dict()


@pytest.mark.parametrize("name", ["T_max", "eta_min", "base_lrs", "last_epoch"])
def test_a_state_that_lacks_something_is_refused(name: str) -> None:
    state = complete()
    del state[name]
    refuses(state, KeyError, name)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("T_max", 0, "T_max is 0"),
        ("T_max", "6", "T_max is not a number"),
        ("eta_min", math.nan, "have to be finite"),
        ("base_lrs", [math.inf], "a rate is not finite"),
        ("base_lrs", ["0.1"], "a rate is not a number"),
        ("base_lrs", [0.1, 0.2], "2 parameter groups, the optimizer 1"),
        ("base_lrs", None, "NoneType"),
        ("last_epoch", None, "last_epoch is not a number"),
        ("last_epoch", math.nan, "last_epoch is not finite"),
        ("_step_count", None, "NoneType"),
    ],
)
def test_a_state_of_no_use_is_refused(name: str, value: Any, text: str) -> None:
    refuses({**complete(), name: value}, ValueError, text)


def refuses(state: dict[str, Any], error: type[Exception], text: str) -> None:
    optimizer = optimizer_of(0.1)
    scheduler = CosineAnnealingLR(optimizer, 5)
    scheduler.step()
    before = scheduler.state_dict(), rates_of(optimizer)
    with pytest.raises(error, match=text):
        scheduler.load_state_dict(state)
    assert (scheduler.state_dict(), rates_of(optimizer)) == before
    scheduler.step()
    assert rates_of(optimizer) == [meant(0.1, 0, 5, 2)]


# --- tensors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (1,)], ids=str)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_a_tensor_rate_is_written_in_place(dtype: Any, shape: tuple[int, ...]) -> None:
    tensor = torch.full(shape, 0.1, dtype=dtype)
    base = float(tensor)
    optimizer = optimizer_of(tensor)
    scheduler = CosineAnnealingLR(optimizer, 7, 0.003)
    for step in range(1, 20):
        version = tensor._version
        scheduler.step()
        expected = torch.full(shape, meant(base, 0.003, 7, step), dtype=dtype)
        assert optimizer.param_groups[0]["lr"] is tensor
        assert torch.equal(tensor, expected)
        assert tensor._version > version  # autograd sees that it changed
        last: Any = scheduler.get_last_lr()[0]
        assert torch.equal(last, expected)
        assert last.dtype == dtype
        last.fill_(9.0)  # a copy
        assert torch.equal(tensor, expected)
        assert torch.equal(scheduler.get_last_lr()[0], expected)


def test_groups_of_every_kind_side_by_side() -> None:
    kinds = [torch.float32, "float", torch.bfloat16, torch.float64]
    optimizer = optimizer_of(*(as_kind(0.1 + index, kind) for index, kind in enumerate(kinds)))
    bases = rates_of(optimizer)
    scheduler = CosineAnnealingLR(optimizer, 9, 0.001)
    for step in range(1, 20):
        scheduler.step()
        expected = [
            float(as_kind(meant(base, 0.001, 9, step), kind))
            for base, kind in zip(bases, kinds, strict=True)
        ]
        assert rates_of(optimizer) == expected
    assert [getattr(rate, "dtype", "float") for rate in scheduler.get_last_lr()] == kinds


def test_a_rate_that_becomes_another_tensor_is_still_written() -> None:
    optimizer = optimizer_of(torch.tensor(0.1))
    scheduler = CosineAnnealingLR(optimizer, 9)
    (group,) = optimizer.param_groups
    old, base = group["lr"], float(group["lr"])
    group["lr"] = torch.tensor(1.0, dtype=torch.float64)
    scheduler.step()
    assert float(group["lr"]) == meant(base, 0, 9, 1)
    assert float(old) == base
    group["lr"] = 1.0
    scheduler.step()
    assert group["lr"] == meant(base, 0, 9, 2)
    group["lr"] = torch.tensor(1.0)
    scheduler.step()
    assert float(group["lr"]) == float(torch.tensor(meant(base, 0, 9, 3)))


def test_a_tensor_whose_memory_moves_is_still_written() -> None:
    optimizer = optimizer_of(torch.tensor(0.1))
    scheduler = CosineAnnealingLR(optimizer, 9)
    (group,) = optimizer.param_groups
    tensor, memory, base = group["lr"], group["lr"].data, float(group["lr"])
    tensor.data = torch.tensor(1.0)
    scheduler.step()
    assert float(tensor) == float(torch.tensor(meant(base, 0, 9, 1)))
    assert float(memory) == base


def test_a_tensor_that_wants_its_gradient_is_refused_as_by_torch() -> None:
    for kind in (TorchCosine, CosineAnnealingLR):
        with pytest.raises(RuntimeError, match="in-place"):
            kind(optimizer_of(torch.tensor(0.1, requires_grad=True)), 5).step()


def test_a_tensor_of_integers_cannot_hold_a_rate() -> None:
    for kind in (CosineAnnealingLR, scheduled):
        with pytest.raises(TypeError, match="int64"):
            kind(optimizer_of(torch.tensor(1)), 5)


def test_the_numbers_of_a_state_dict_load_do_not_alias_the_groups() -> None:
    optimizer = optimizer_of(torch.tensor(0.1))
    scheduler = CosineAnnealingLR(optimizer, 5)
    state = scheduler.state_dict()
    scheduler.load_state_dict(state)
    scheduler.step()
    assert torch.equal(state["_last_lr"][0], torch.tensor(0.1))


# --- parameter groups -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("added_at", [1, 4, 5, 8])
def test_an_added_group_joins_with_its_own_rate(added_at: int, kind: Any) -> None:
    optimizer = optimizer_of(as_kind(0.1, kind))
    scheduler = CosineAnnealingLR(optimizer, 4, 0.001)
    steps_of(scheduler, added_at)
    optimizer.add_param_group({"params": [parameter()], "lr": as_kind(0.5, kind)})
    optimizer.add_param_group(
        {"params": [parameter()], "lr": as_kind(9.0, kind), "initial_lr": 0.25}
    )
    added = optimizer.param_groups[1]["lr"]
    assert rates_of(optimizer)[1:] == [0.5, 9.0]
    bases = [float(as_kind(0.1, kind)), 0.5, 0.25]
    for step in range(added_at + 1, added_at + 12):
        scheduler.step()
        expected = [float(as_kind(meant(base, 0.001, 4, step), kind)) for base in bases]
        assert rates_of(optimizer) == expected
    assert optimizer.param_groups[1]["initial_lr"] == 0.5
    assert scheduler.base_lrs == bases
    assert len(scheduler.get_last_lr()) == 3
    if kind != "float":
        assert optimizer.param_groups[1]["lr"] is added
        assert optimizer.param_groups[1]["initial_lr"] is not added


def test_a_group_added_after_the_last_step_survives_a_checkpoint() -> None:
    def fresh() -> tuple[Any, Any]:
        optimizer = optimizer_of(0.1)
        return optimizer, CosineAnnealingLR(optimizer, 6)

    optimizer, scheduler = fresh()
    steps_of(scheduler, 3)
    optimizer.add_param_group({"params": [parameter()], "lr": 0.5})
    resumed_optimizer, resumed = fresh()
    resumed_optimizer.add_param_group({"params": [parameter()], "lr": 0.5})
    resumed.load_state_dict(scheduler.state_dict())
    assert steps_of(resumed, 9) == steps_of(scheduler, 9)


def test_a_group_added_with_the_optimizers_tensor_gets_its_own() -> None:
    """``SGD(lr=tensor)`` gives one tensor to every group that names no rate."""
    optimizer = torch.optim.SGD([parameter()], lr=torch.tensor(0.1, dtype=torch.float64))
    scheduler = CosineAnnealingLR(optimizer, 8)
    steps_of(scheduler, 3)
    optimizer.add_param_group({"params": [parameter()]})
    shared = optimizer.param_groups[0]["lr"]
    assert optimizer.param_groups[1]["lr"] is shared
    base = float(shared)
    scheduler.step()
    assert optimizer.param_groups[0]["lr"] is shared
    assert rates_of(optimizer) == [meant(0.1, 0, 8, 4), meant(base, 0, 8, 4)]


def test_groups_of_one_rate_may_share_their_tensor() -> None:
    tensor = torch.tensor(0.1, dtype=torch.float64)
    optimizer = torch.optim.SGD([{"params": [parameter()]}, {"params": [parameter()]}], lr=tensor)
    scheduler = CosineAnnealingLR(optimizer, 8)
    scheduler.step()
    assert [group["lr"] is tensor for group in optimizer.param_groups] == [True, True]
    assert rates_of(optimizer) == [meant(0.1, 0, 8, 1)] * 2


def test_a_group_that_went_missing_is_an_error() -> None:
    optimizer = optimizer_of(0.1, 0.2)
    scheduler = CosineAnnealingLR(optimizer, 8)
    del optimizer.param_groups[1]
    with pytest.raises(ValueError, match="has 1 groups, the scheduler 2"):
        scheduler.step()


# --- in the company of torch's schedulers ---------------------------------------------------------


def warmed_up(optimizer: Any, kind: Any = CosineAnnealingLR) -> Any:
    warmup = lr_scheduler.LinearLR(optimizer, 0.25, total_iters=3)
    return lr_scheduler.SequentialLR(optimizer, [warmup, kind(optimizer, 5, 0.01)], [3])


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_it_follows_a_warmup(kind: Any) -> None:
    optimizer = optimizer_of(as_kind(0.1, kind))
    base = rates_of(optimizer)[0]
    scheduler = warmed_up(optimizer)
    tensor = optimizer.param_groups[0]["lr"]  # torch's SequentialLR replaced it before 2.10
    found = [rate for (rate,) in steps_of(scheduler, 14)]
    assert found[3:] == [float(as_kind(meant(base, 0.01, 5, k), kind)) for k in range(11)]
    theirs = [rate for (rate,) in steps_of(warmed_up(optimizer_of(0.1), TorchCosine), 14)]
    np.testing.assert_allclose(found, theirs, rtol=1e-6)
    assert kind == "float" or optimizer.param_groups[0]["lr"] is tensor


def held_after(optimizer: Any) -> Any:
    """Anneal for 5 steps, then hold a tenth of the initial rate with torch's own scheduler."""
    hold = lr_scheduler.ConstantLR(optimizer, 0.1, total_iters=100)
    parts = [CosineAnnealingLR(optimizer, 5, 0.02), hold]
    return lr_scheduler.SequentialLR(optimizer, parts, [5])


DECAY: dict[str, Any] = {
    "min_lr": 0.01,
    "max_lr": 0.1,
    "total_step": 11,
    "step_per_epoch": 2,
    "decay_epoch": 4,
}


def decayed_after_warmup(optimizer: Any) -> Any:
    return warmed_up(optimizer, lambda optimizer, *_: cosine_decay_lr(optimizer, **DECAY))


@pytest.mark.parametrize("sequence", [warmed_up, held_after, decayed_after_warmup])
@pytest.mark.parametrize("order", ["optimizer first", "scheduler first"])
@pytest.mark.parametrize("stop", range(12))
def test_a_sequence_resumes(stop: int, order: str, sequence: Any) -> None:
    whole = steps_of(sequence(optimizer_of(0.1)), 14)
    scheduler = sequence(optimizer_of(0.1))
    steps_of(scheduler, stop)
    states = scheduler.optimizer.state_dict(), scheduler.state_dict()
    resumed = sequence(optimizer_of(0.1))
    if order == "optimizer first":
        resumed.optimizer.load_state_dict(states[0])
    resumed.load_state_dict(states[1])
    if order == "scheduler first":
        resumed.optimizer.load_state_dict(states[0])
    assert steps_of(resumed, 14 - stop) == whole[stop:]


@pytest.mark.parametrize("stop", range(9))
def test_a_sequence_that_torch_saved_resumes_with_ours_in_it(stop: int) -> None:
    theirs = warmed_up(optimizer_of(0.1), TorchCosine)
    steps_of(theirs, stop)
    ours = warmed_up(optimizer_of(0.1))
    ours.optimizer.load_state_dict(theirs.optimizer.state_dict())
    ours.load_state_dict(theirs.state_dict())
    np.testing.assert_allclose(steps_of(ours, 9), steps_of(theirs, 9), rtol=1e-12)


def test_in_a_chain_it_overrides_what_came_before() -> None:
    optimizer = optimizer_of(0.1)
    before = lr_scheduler.ConstantLR(optimizer, 0.5, total_iters=100)
    chain = lr_scheduler.ChainedScheduler([before, CosineAnnealingLR(optimizer, 5)], optimizer)
    assert steps_of(chain, 8) == [[meant(0.1, 0, 5, k)] for k in range(8)]


@pytest.mark.parametrize("kind", [CosineAnnealingLR, TorchCosine])
def test_it_is_one_of_torchs_schedulers(kind: Any) -> None:
    optimizer = optimizer_of(0.1)
    scheduler = kind(optimizer, T_max=5, eta_min=0.01)
    assert isinstance(scheduler, lr_scheduler.LRScheduler)
    assert scheduler.optimizer is optimizer
    assert (scheduler.last_epoch, scheduler._step_count) == (0, 1)
    scheduler.step()
    assert (scheduler.last_epoch, scheduler._step_count) == (1, 2)
    assert scheduler.base_lrs == [0.1]
    assert scheduler.get_last_lr() == scheduler._last_lr == rates_of(optimizer)
    assert scheduler._get_closed_form_lr() == pytest.approx(rates_of(optimizer), rel=1e-12)
    assert optimizer.param_groups[0]["initial_lr"] == 0.1
    assert set(TorchCosine(optimizer_of(0.1), 5).state_dict()) <= set(scheduler.state_dict())


def test_get_lr_is_the_rate_of_now() -> None:
    scheduler = CosineAnnealingLR(optimizer_of(0.1, torch.tensor(0.2)), 5)
    for _ in range(7):
        scheduler.step()
        assert scheduler.get_lr() == scheduler.get_last_lr() == scheduler._get_closed_form_lr()


@pytest.mark.parametrize("epoch", [0, 3, 5, 12, 2.5, -1])
def test_step_to_an_epoch(epoch: float) -> None:
    rates = []
    for kind in (TorchCosine, CosineAnnealingLR):
        optimizer = optimizer_of(0.1)
        scheduler = kind(optimizer, 5, 0.01)
        scheduler.step(epoch)
        rates.append(rates_of(optimizer)[0])
        assert scheduler.last_epoch == epoch
    assert rates[1] == pytest.approx(rates[0], rel=1e-12)
    scheduler.step()
    assert rates_of(optimizer) == [pytest.approx(meant(0.1, 0.01, 5, abs(epoch + 1)), rel=1e-14)]  # type: ignore[arg-type]


@pytest.mark.parametrize("epoch", [math.nan, "3"])
def test_a_step_to_nowhere_changes_nothing(epoch: Any) -> None:
    optimizer = optimizer_of(0.1)
    scheduler = CosineAnnealingLR(optimizer, 5)
    with pytest.raises((TypeError, ValueError), match="epoch is not"):
        scheduler.step(epoch)
    assert (rates_of(optimizer), scheduler.last_epoch) == ([0.1], 0)


def good(optimizer: Any, scheduler: Any) -> None:
    optimizer.step()
    scheduler.step()


def reversed_order(optimizer: Any, scheduler: Any) -> None:
    scheduler.step()
    optimizer.step()


def overridden(optimizer: Any, scheduler: Any) -> None:
    optimizer.step = lambda: None
    scheduler.step()


def to_epoch(optimizer: Any, scheduler: Any) -> None:
    optimizer.step()
    scheduler.step(3)


def in_sequence(optimizer: Any, scheduler: Any) -> None:
    sequence = lr_scheduler.SequentialLR(
        optimizer, [lr_scheduler.LinearLR(optimizer), scheduler], [1]
    )
    for _ in range(3):
        optimizer.step()
        sequence.step()


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    ("loop", "count"),
    [(good, 0), (reversed_order, 1), (overridden, 1), (to_epoch, 1), (in_sequence, 0)],
)
def test_torchs_warnings_come_when_torchs_do(loop: Any, count: int) -> None:
    said = []
    for kind in (TorchCosine, CosineAnnealingLR, scheduled):
        optimizer = optimizer_of(0.1)
        scheduler = kind(optimizer, 5)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            loop(optimizer, scheduler)
        said.append([str(warning.message) for warning in caught])
    assert len(said[0]) == count
    assert said[0] == said[1] == said[2]


def scheduled(optimizer: Any, T_max: int) -> ScheduleLR:
    return ScheduleLR(optimizer, Cosine(0.1, 0.0, T_max))


# --- bad arguments --------------------------------------------------------------------------------


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
        CosineAnnealingLR(optimizer_of(0.1), **arguments)
    if arguments.get("last_epoch", -1) is not None:
        with pytest.raises(error):
            TorchCosine(optimizer_of(0.1), **arguments).step()


@pytest.mark.parametrize("kind", [CosineAnnealingLR, TorchCosine])
@pytest.mark.parametrize("optimizer", [None, "SGD", [{"lr": 0.1}]])
def test_not_an_optimizer(kind: Any, optimizer: Any) -> None:
    with pytest.raises(TypeError, match="is not an Optimizer"):
        kind(optimizer, 4)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        CosineAnnealingLR(optimizer_of(0.1), value)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="finite"):
        CosineAnnealingLR(optimizer_of(0.1), 4, value)
    optimizer = optimizer_of(0.1)
    optimizer.param_groups[0]["lr"] = value
    with pytest.raises(ValueError, match="finite"):
        CosineAnnealingLR(optimizer, 4)
    assert "initial_lr" not in optimizer.param_groups[0]


def test_last_epoch_below_minus_one_is_refused() -> None:
    with pytest.raises(ValueError, match="below -1"):
        CosineAnnealingLR(optimizer_of(0.1, initial_lr=0.1), 4, last_epoch=-2)


# --- MindSpore's schedule -------------------------------------------------------------------------

decays = st.builds(
    mindspore.cosine_decay_lr,
    st.floats(0, 0.05),
    st.floats(0.06, 5),
    st.integers(1, 40),
    st.integers(1, 8),
    st.integers(1, 8),
)


@given(decays)
def test_cosine_decay_lr_gives_what_mindspore_lists(call: Any) -> None:
    scheduler = cosine_decay_lr(optimizer_of(0.7, 0.3), *call.arguments().values())
    found = steps_of(scheduler, call.total_step)
    schedule = call.lower()
    assert found == [[schedule.at(k)] * 2 for k in range(call.total_step)]
    np.testing.assert_allclose([rate for rate, _ in found], call.tolist(), atol=1e-15 * call.max_lr)


def test_one_step_past_the_list_keeps_the_last_rate_and_no_more() -> None:
    optimizer = optimizer_of(0.5, torch.tensor(0.5))
    scheduler = cosine_decay_lr(optimizer, 0.01, 0.1, 3, 1, 10)
    steps_of(scheduler, 2)
    last = rates_of(optimizer)
    scheduler.step()
    assert rates_of(optimizer) == last
    before = scheduler.state_dict()
    for epoch in (None, 4, 100):
        with pytest.raises(RuntimeError, match="rates for 3 updates, 0 to 2"):
            scheduler.step(epoch)
        assert scheduler.state_dict() == before
        assert rates_of(optimizer) == last
    with pytest.raises(RuntimeError, match="past the end"):
        ScheduleLR(optimizer, scheduler.schedule, last_epoch=3)


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("min_lr", 0, TypeError),
        ("min_lr", "0", TypeError),
        ("min_lr", -0.01, ValueError),
        ("min_lr", math.nan, ValueError),
        ("min_lr", 0.1, ValueError),
        ("max_lr", 1, TypeError),
        ("max_lr", True, TypeError),
        ("max_lr", 0.0, ValueError),
        ("max_lr", math.inf, ValueError),
        *((name, 0, ValueError) for name in ("total_step", "step_per_epoch", "decay_epoch")),
        *((name, -1, ValueError) for name in ("total_step", "step_per_epoch", "decay_epoch")),
        *((name, 6.0, TypeError) for name in ("total_step", "step_per_epoch", "decay_epoch")),
        *((name, True, TypeError) for name in ("total_step", "step_per_epoch", "decay_epoch")),
    ],
)
def test_cosine_decay_lr_refuses_what_mindspore_refuses(
    name: str, value: Any, error: type[Exception]
) -> None:
    arguments: Any = {**DECAY, name: value}
    with pytest.raises(error, match=name):
        cosine_decay_lr(optimizer_of(0.1), **arguments)


def test_cosine_decay_lr_wants_an_optimizer() -> None:
    with pytest.raises(TypeError, match="is not an Optimizer"):
        cosine_decay_lr([0.1], **DECAY)


# --- any schedule ---------------------------------------------------------------------------------

TWO = Groups((Cosine(0.1, 0.0, 4, "mirror"), Until(Table((0.3, 0.2), "repeat"), 9)))


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("stop", range(9))
@pytest.mark.parametrize("schedule", [TWO, Cosine(0.1, 0.0, 4, "repeat")])
def test_any_schedule_trains_and_resumes(schedule: Any, stop: int, kind: Any) -> None:
    parts = schedule.of if isinstance(schedule, Groups) else (schedule, schedule)
    whole = [[float(as_kind(part.at(k), kind)) for part in parts] for k in range(9)]
    scheduler = ScheduleLR(optimizer_of(as_kind(1.0, kind), as_kind(2.0, kind)), schedule)
    assert steps_of(scheduler, stop) == whole[:stop]
    file = io.BytesIO()
    torch.save(scheduler.state_dict(), file)
    file.seek(0)
    resumed = ScheduleLR(
        optimizer_of(as_kind(1.0, kind), as_kind(2.0, kind)), Groups((Constant(5.0),) * 2)
    )
    resumed.load_state_dict(torch.load(file, weights_only=True))
    assert resumed.schedule == schedule
    assert steps_of(resumed, 9 - stop) == whole[stop:]
    if stop:
        groups = optimizer_of(as_kind(1.0, kind), as_kind(2.0, kind), initial_lr=7.0)
        again = ScheduleLR(groups, schedule, last_epoch=stop - 1)
        assert steps_of(again, 9 - stop) == whole[stop:]


def test_groups_that_share_a_tensor_get_their_own_rates() -> None:
    tensor = torch.tensor(1.0, dtype=torch.float64)
    optimizer = torch.optim.SGD([{"params": [parameter()]}, {"params": [parameter()]}], lr=tensor)
    scheduler = ScheduleLR(optimizer, Groups((Constant(0.1), Constant(0.2))))
    scheduler.step()
    assert rates_of(optimizer) == [0.1, 0.2]


def test_loaded_groups_that_share_a_tensor_get_their_own_rates() -> None:
    saved = CosineAnnealingLR(optimizer_of(0.1, 0.2), 5)
    tensor = torch.tensor(1.0, dtype=torch.float64)
    optimizer = torch.optim.SGD([{"params": [parameter()]}, {"params": [parameter()]}], lr=tensor)
    CosineAnnealingLR(optimizer, 5).load_state_dict(saved.state_dict())
    assert rates_of(optimizer) == [0.1, 0.2]


def test_one_schedule_takes_in_an_added_group_and_groups_do_not() -> None:
    optimizer = optimizer_of(1.0)
    scheduler = ScheduleLR(optimizer, Cosine(0.1, 0.0, 4))
    optimizer.add_param_group({"params": [parameter()], "lr": 3.0})
    scheduler.step()
    assert rates_of(optimizer) == [Cosine(0.1, 0.0, 4).at(1)] * 2

    optimizer = optimizer_of(1.0, 1.0)
    scheduler = ScheduleLR(optimizer, TWO)
    optimizer.add_param_group({"params": [parameter()], "lr": 3.0})
    before = scheduler.state_dict()
    with pytest.raises(ValueError, match="for 2 parameter groups, the optimizer has 3"):
        scheduler.step()
    assert scheduler.state_dict() == before
    assert rates_of(optimizer) == [0.1, 0.3, 3.0]


def test_a_schedule_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="for 2 parameter groups, the optimizer has 1"):
        ScheduleLR(optimizer_of(1.0), TWO)
    with pytest.raises(TypeError, match="no Schedule"):
        ScheduleLR(optimizer_of(1.0), "cosine")  # type: ignore[arg-type]
    with pytest.raises(ScheduleError, match="no rate there"):
        ScheduleLR(optimizer_of(1.0), Constant(1.0)).step(-1)


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"schedule": "{}"}, ValueError, "not a schedule"),
        ({"schedule": None}, ValueError, "no state of ScheduleLR"),
        ({"schedule": TWO.to_json()}, ValueError, "for 2 parameter groups"),
        ({"last_epoch": 4}, ValueError, "past the end"),
        ({"last_epoch": -2}, ValueError, "no rate there"),
    ],
)
def test_a_schedules_state_of_no_use_is_refused(
    change: dict[str, Any], error: type[Exception], text: str
) -> None:
    optimizer = optimizer_of(1.0)
    scheduler = ScheduleLR(optimizer, Table((0.3, 0.2, 0.1)))
    scheduler.step()
    before = scheduler.state_dict()
    with pytest.raises(error, match=text):
        scheduler.load_state_dict({**before, **change})
    assert scheduler.state_dict() == before
    assert rates_of(optimizer) == [0.2]
    with pytest.raises(KeyError, match="schedule"):
        scheduler.load_state_dict(CosineAnnealingLR(optimizer_of(1.0), 5).state_dict())


def test_the_examples_in_the_docstrings() -> None:
    found = doctest.testmod(isorate.torch)
    assert (found.failed, found.attempted > 10) == (0, True)
