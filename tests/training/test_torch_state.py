"""What ``isorate.torch`` saves and loads, and rates that are tensors."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch.optim import lr_scheduler  # noqa: E402

from isorate.schedule.combinators import Scale  # noqa: E402
from isorate.schedule.shapes import Cosine  # noqa: E402
from isorate.torch import (  # noqa: E402
    CosineAnnealingLR,
    CyclicLR,
    OneCycleLR,
    ScheduleLR,
    ScheduleMismatchError,
    StepLR,
)
from isorate.torch._writer import Writer  # noqa: E402
from tests.training import torch_parts as parts  # noqa: E402

pytestmark = parts.MARKS


def test_a_state_is_a_copy() -> None:
    scheduler = CosineAnnealingLR(parts.optimizer_of(0.1, torch.tensor(0.2)), 5)
    state = scheduler.state_dict()
    untouched = copy.deepcopy(state)
    state["base_lrs"][0] = 9.0
    assert scheduler.state_dict() == untouched
    scheduler.load_state_dict(untouched)
    untouched["base_lrs"][0] = 9.0
    assert scheduler.base_lrs[0] == 0.1


def test_a_state_is_small_and_survives_json() -> None:
    scheduler = CosineAnnealingLR(parts.optimizer_of(torch.tensor(0.1)), 5, 0.003)
    parts.steps_of(scheduler, 7)
    state = scheduler.state_dict()
    known = {"isorate_format", "schedule", "base_lrs", "last_epoch", "rates_in_use", "rates_alone"}
    assert set(state) == known | {"_last_lr", "_step_count", "T_max", "eta_min"}
    assert (state["_last_lr"], state["_step_count"]) == (scheduler._rates, 8)
    text = json.dumps(state)
    assert len(text) < 380
    assert json.loads(text) == state
    resumed = CosineAnnealingLR(parts.optimizer_of(torch.tensor(0.1)), 5, 0.003)
    resumed.load_state_dict(json.loads(text))
    assert parts.steps_of(resumed, 9) == parts.steps_of(scheduler, 9)


@pytest.mark.parametrize("kind", parts.KINDS, ids=str)
@pytest.mark.parametrize("steps", [0, 3, 8])
def test_torchs_own_state_loads(steps: int, kind: Any) -> None:
    theirs = parts.TorchCosine(parts.optimizer_of(parts.as_kind(0.1, kind)), 5, 0.01)
    parts.steps_of(theirs, steps)
    state = {**theirs.state_dict(), "verbose": False}  # a leftover of torch <= 2.5
    scheduler = CosineAnnealingLR(parts.optimizer_of(parts.as_kind(0.7, kind)), 99)
    scheduler.load_state_dict(state, on_mismatch="checkpoint")
    base = float(parts.as_kind(0.1, kind))
    expected = [
        [float(parts.as_kind(parts.meant(base, 0.01, 5, steps + k), kind))] for k in range(12)
    ]
    assert parts.steps_of(scheduler, 12) == expected


@pytest.mark.parametrize("kind", parts.KINDS, ids=str)
def test_torchs_own_class_takes_the_counter_of_ours(kind: Any) -> None:
    reference = parts.TorchCosine(parts.optimizer_of(parts.as_kind(0.1, kind)), 5, 0.01)
    parts.steps_of(reference, 3)
    ours = CosineAnnealingLR(parts.optimizer_of(parts.as_kind(0.1, kind)), 5, 0.01)
    parts.steps_of(ours, 3)
    optimizer = parts.optimizer_of(parts.as_kind(0.1, kind))
    theirs = parts.TorchCosine(optimizer, 5, 0.01)
    theirs.load_state_dict(ours.state_dict())
    optimizer.load_state_dict(ours.optimizer.state_dict())
    np.testing.assert_allclose(parts.steps_of(theirs, 12), parts.steps_of(reference, 12), rtol=1e-6)


def test_the_optimizer_may_have_forgotten_where_it_began() -> None:
    """A distributed checkpoint, loaded into an optimizer without a scheduler, has no initial_lr."""
    for kind in parts.KINDS:
        scheduler = CosineAnnealingLR(
            parts.optimizer_of(parts.as_kind(0.1, kind), parts.as_kind(0.3, kind)), 20
        )
        whole = parts.steps_of(scheduler, 30)
        for stop in (1, 7, 20, 25):
            scheduler.seek(stop)
            optimizer = parts.optimizer_of(
                *(parts.as_kind(rate, kind) for rate in parts.rates_of(scheduler.optimizer))
            )
            resumed = CosineAnnealingLR(optimizer, 20)
            resumed.load_state_dict(scheduler.state_dict())
            assert parts.steps_of(resumed, 30 - stop) == whole[stop:]
            assert resumed.base_lrs == scheduler.base_lrs


def test_a_rate_that_was_changed_in_the_script_is_another_schedule() -> None:
    with pytest.raises(ScheduleMismatchError):
        CosineAnnealingLR(parts.optimizer_of(0.2), 40, 0.01).load_state_dict(longer().state_dict())


# --- another schedule than the checkpoint's -------------------------------------------------------


def longer() -> Any:
    scheduler = CosineAnnealingLR(parts.optimizer_of(0.1), 40, 0.01)
    parts.steps_of(scheduler, 3)
    return scheduler


@pytest.mark.parametrize(
    "saved", [longer, lambda: parts.TorchCosine(parts.optimizer_of(0.1), 40, 0.01)]
)
def test_another_schedule_is_refused_and_shown(saved: Any) -> None:
    optimizer = parts.optimizer_of(0.1)
    scheduler = CosineAnnealingLR(optimizer, 20, 0.01)
    parts.steps_of(scheduler, 2)
    before = scheduler.state_dict(), parts.rates_of(optimizer)
    with pytest.raises(ScheduleMismatchError) as raised:
        scheduler.load_state_dict(saved().state_dict())
    text = str(raised.value)
    assert '"duration":20' in text
    assert '"duration":40' in text
    assert "at update 1 a uses 0.099446 and b uses 0.0998613" in text
    assert "on_mismatch='checkpoint'" in text
    assert (scheduler.state_dict(), parts.rates_of(optimizer)) == before
    assert isinstance(raised.value, ValueError)


def test_the_checkpoint_may_win() -> None:
    optimizer = parts.optimizer_of(0.1)
    scheduler = CosineAnnealingLR(optimizer, 20)
    scheduler.load_state_dict(longer().state_dict(), on_mismatch="checkpoint")
    assert parts.steps_of(scheduler, 50) == [[parts.meant(0.1, 0.01, 40, 3 + k)] for k in range(50)]
    assert (scheduler.T_max, scheduler.eta_min) == (40, 0.01)
    scheduler.extend(90).apply()
    for ask in (lambda: scheduler.T_max, lambda: setattr(scheduler, "T_max", 5)):
        with pytest.raises(AttributeError, match="another schedule"):
            ask()


def test_the_checkpoint_of_torchs_own_class_may_win_with_its_arguments() -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1, momentum=0.9)
    theirs = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.2, 20, base_momentum=0.7)
    parts.steps_of(theirs, 3)
    states = optimizer.state_dict(), theirs.state_dict()
    expected = [
        (rates[0], optimizer.param_groups[0]["momentum"]) for rates in parts.steps_of(theirs, 1)
    ]
    fresh = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1, momentum=0.9)
    fresh.load_state_dict(states[0])
    scheduler = OneCycleLR(fresh, 0.5, 90)
    fresh.load_state_dict(states[0])
    scheduler.load_state_dict(states[1], on_mismatch="checkpoint")
    assert parts.rates_of(fresh) == [pytest.approx(expected[0][0])]
    assert (scheduler.max_lr, scheduler.total_steps, scheduler.base_momentum) == (0.2, 20, 0.7)
    scheduler.step()
    assert fresh.param_groups[0]["momentum"] == pytest.approx(expected[0][1])


@pytest.mark.parametrize("options", [{"base_momentum": 0.5}, {"cycle_momentum": False}])
def test_another_momentum_is_a_mismatch(options: dict[str, Any]) -> None:
    def cycle(**options: Any) -> Any:
        parameters = [torch.nn.Parameter(torch.zeros(1))]
        optimizer = torch.optim.SGD(parameters, lr=0.1, momentum=0.9)
        return OneCycleLR(optimizer, 0.2, 20, **options)

    saved = cycle()
    parts.steps_of(saved, 3)
    scheduler = cycle(**options)
    with pytest.raises(ScheduleMismatchError, match="of the momentum"):
        scheduler.load_state_dict(saved.state_dict())
    scheduler.load_state_dict(saved.state_dict(), on_mismatch="checkpoint")
    parts.steps_of(scheduler, 4)
    parts.steps_of(saved, 4)
    assert scheduler.optimizer.param_groups[0]["momentum"] == pytest.approx(
        saved.optimizer.param_groups[0]["momentum"]
    )
    cycle().load_state_dict(saved.state_dict())


def test_a_scaled_cycle_resumes() -> None:
    def cycle() -> Any:
        optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
        return CyclicLR(optimizer, 0.01, 0.2, 4, scale_fn=halving)

    saved = cycle()
    parts.steps_of(saved, 6)
    resumed = cycle()
    resumed.load_state_dict(json.loads(json.dumps(saved.state_dict())))
    assert resumed.optimizer.param_groups[0]["betas"] == saved.optimizer.param_groups[0]["betas"]
    assert parts.steps_of(resumed, 9) == parts.steps_of(saved, 9)


def halving(cycle: float) -> float:
    return float(0.5**cycle)


def test_this_scheduler_may_win() -> None:
    scheduler = CosineAnnealingLR(parts.optimizer_of(0.1), 20)
    scheduler.on_mismatch = "mine"
    scheduler.load_state_dict(longer().state_dict())
    assert parts.steps_of(scheduler, 50) == [[parts.meant(0.1, 0.0, 20, 3 + k)] for k in range(50)]
    assert scheduler.T_max == 20


def test_two_ways_to_say_one_schedule_are_no_mismatch() -> None:
    saved = ScheduleLR(parts.optimizer_of(1.0), Scale(Cosine(0.05, 0.0, 10), 2.0))
    scheduler = ScheduleLR(parts.optimizer_of(1.0), Cosine(0.1, 0.0, 10))
    scheduler.load_state_dict(saved.state_dict())


def test_what_to_do_on_a_mismatch_is_one_of_three() -> None:
    with pytest.raises(ValueError, match="on_mismatch is not one of"):
        ScheduleLR(parts.optimizer_of(1.0), Cosine(0.1, 0.0, 10), on_mismatch="theirs")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="on_mismatch is not one of"):
        longer().load_state_dict(longer().state_dict(), on_mismatch="both")


@pytest.mark.parametrize("state", [{}, {"T_max": 5}, {"last_epoch": 3}, {"schedule": None}])
def test_what_is_no_state_is_refused(state: dict[str, Any]) -> None:
    optimizer = parts.optimizer_of(0.1)
    scheduler = CosineAnnealingLR(optimizer, 5)
    scheduler.step()
    before = scheduler.state_dict(), parts.rates_of(optimizer)
    with pytest.raises((KeyError, ValueError), match="no state"):
        scheduler.load_state_dict(state)
    assert (scheduler.state_dict(), parts.rates_of(optimizer)) == before
    scheduler.step()
    assert parts.rates_of(optimizer) == [parts.meant(0.1, 0, 5, 2)]


@pytest.mark.parametrize("shape", [(), (1,)], ids=str)
@pytest.mark.parametrize("dtype", parts.DTYPES, ids=str)
def test_a_tensor_rate_is_written_in_place(dtype: Any, shape: tuple[int, ...]) -> None:
    tensor = torch.full(shape, 0.1, dtype=dtype)
    base = float(tensor)
    optimizer = parts.optimizer_of(tensor)
    scheduler = CosineAnnealingLR(optimizer, 7, 0.003)
    for step in range(1, 20):
        version = tensor._version
        scheduler.step()
        expected = torch.full(shape, parts.meant(base, 0.003, 7, step), dtype=dtype)
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
    optimizer = parts.optimizer_of(
        *(parts.as_kind(0.1 + index, kind) for index, kind in enumerate(kinds))
    )
    bases = parts.rates_of(optimizer)
    scheduler = CosineAnnealingLR(optimizer, 9, 0.001)
    for step in range(1, 20):
        scheduler.step()
        expected = [
            float(parts.as_kind(parts.meant(base, 0.001, 9, step), kind))
            for base, kind in zip(bases, kinds, strict=True)
        ]
        assert parts.rates_of(optimizer) == expected
    assert [getattr(rate, "dtype", "float") for rate in scheduler.get_last_lr()] == kinds


def test_a_rate_that_becomes_another_tensor_is_still_written() -> None:
    optimizer = parts.optimizer_of(torch.tensor(0.1))
    scheduler = CosineAnnealingLR(optimizer, 9)
    (group,) = optimizer.param_groups
    old, base = group["lr"], float(group["lr"])
    group["lr"] = torch.tensor(1.0, dtype=torch.float64)
    scheduler.step()
    assert float(group["lr"]) == parts.meant(base, 0, 9, 1)
    assert float(old) == base
    group["lr"] = 1.0
    scheduler.step()
    assert group["lr"] == parts.meant(base, 0, 9, 2)
    group["lr"] = torch.tensor(1.0)
    scheduler.step()
    assert float(group["lr"]) == float(torch.tensor(parts.meant(base, 0, 9, 3)))


def test_a_tensor_whose_memory_moves_is_still_written() -> None:
    optimizer = parts.optimizer_of(torch.tensor(0.1))
    scheduler = CosineAnnealingLR(optimizer, 9)
    (group,) = optimizer.param_groups
    tensor, memory, base = group["lr"], group["lr"].data, float(group["lr"])
    tensor.data = torch.tensor(1.0)
    scheduler.step()
    assert float(tensor) == float(torch.tensor(parts.meant(base, 0, 9, 1)))
    assert float(memory) == base


def test_whoever_writes_into_a_tensor_is_seen_whichever_way() -> None:
    """What autograd does not see, too: ``.data``, and NumPy's views."""
    writes: list[Any] = [
        lambda tensor: tensor.fill_(0.5),
        lambda tensor: tensor.data.fill_(0.5),
        lambda tensor: tensor.numpy().fill(0.5),
        lambda tensor: tensor.data.share_memory_().fill_(0.5),
    ]
    for write in writes:
        tensors = [torch.tensor(0.1), torch.tensor(0.2)]
        groups = [{"params": [parts.parameter()], "lr": tensor} for tensor in tensors]
        scheduler = CosineAnnealingLR(torch.optim.SGD(groups), 9)
        scheduler.optimizer.step()
        scheduler.step()
        write(tensors[1])
        with pytest.warns(UserWarning, match=r"group 1 held lr=0\.5"):
            scheduler.step()
        meant = torch.tensor(parts.meant(float(torch.tensor(0.2)), 0, 9, 2))
        assert float(tensors[1]) == float(meant)


@pytest.mark.parametrize("count", [1, 2, 126, 127])
def test_nothing_is_written_where_one_group_holds_what_nobody_put_there(count: int) -> None:
    optimizer = torch.optim.SGD([{"params": [parts.parameter()], "lr": 0.1} for _ in range(count)])
    groups, writer = optimizer.param_groups, Writer()
    rates = [0.1 + place for place in range(count)]
    writer.write(groups, rates)
    writer.last = rates
    groups[-1]["lr"] = other = float(str(rates[-1]))  # as much, and another object
    assert not writer.go_on(groups, [9.0] * count)
    assert [group["lr"] for group in groups] == [*rates[:-1], other]
    groups[-1]["lr"] = rates[-1]
    assert writer.go_on(groups, [9.0] * count)
    assert [group["lr"] for group in groups] == [9.0] * count


def test_a_tensor_that_wants_its_gradient_is_refused_as_by_torch() -> None:
    for kind in (parts.TorchCosine, CosineAnnealingLR):
        with pytest.raises(RuntimeError, match="in-place"):
            kind(parts.optimizer_of(torch.tensor(0.1, requires_grad=True)), 5).step()


def test_a_tensor_of_integers_cannot_hold_a_rate() -> None:
    for kind in (CosineAnnealingLR, parts.scheduled):
        with pytest.raises(TypeError, match="int64"):
            kind(parts.optimizer_of(torch.tensor(1)), 5)


def test_calls_are_counted_from_where_a_scheduler_was_built_as_torch_counts_them() -> None:
    for kind in (lr_scheduler.StepLR, StepLR):
        optimizer = parts.optimizer_of(0.1)
        optimizer.param_groups[0]["initial_lr"] = 0.1
        late = kind(optimizer, 3, last_epoch=6)
        late.step()
        resumed = kind(parts.optimizer_of(0.1), 3)
        resumed.load_state_dict(late.state_dict())
        assert (resumed.last_epoch, resumed._step_count) == (8, 2)
