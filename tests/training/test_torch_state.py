"""What ``isorate.torch`` saves and loads, and rates that are tensors."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")


from isorate.torch import CosineAnnealingLR  # noqa: E402
from tests.training.torch_parts import (  # noqa: E402
    DTYPES,
    KINDS,
    MARKS,
    TorchCosine,
    as_kind,
    meant,
    optimizer_of,
    rates_of,
    scheduled,
    steps_of,
)

pytestmark = MARKS


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
