"""``isorate.torch.cosine_decay_lr`` and ``ScheduleLR``."""

from __future__ import annotations

import doctest
import io
import math
import pkgutil
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")


import isorate.torch  # noqa: E402
from isorate import Run, simulate  # noqa: E402
from isorate.dialects import mindspore  # noqa: E402
from isorate.schedule.combinators import Groups, Until  # noqa: E402
from isorate.schedule.errors import ReadError  # noqa: E402
from isorate.schedule.shapes import Constant, Cosine, Table  # noqa: E402
from isorate.torch import CosineAnnealingLR, ScheduleLR, cosine_decay_lr  # noqa: E402
from tests.training import torch_parts as parts  # noqa: E402

pytestmark = parts.MARKS


decays = st.tuples(
    st.floats(0, 0.05),
    st.floats(0.06, 5),
    st.integers(1, 40),
    st.integers(1, 8),
    st.integers(1, 8),
).map(lambda arguments: mindspore.cosine_decay_lr(*arguments))


@given(decays)
def test_cosine_decay_lr_gives_what_mindspore_lists(call: Any) -> None:
    scheduler = cosine_decay_lr(parts.optimizer_of(0.7, 0.3), *call.arguments().values())
    found = parts.steps_of(scheduler, call.total_step)
    schedule = call.lower()
    assert found == [[schedule.at(k)] * 2 for k in range(call.total_step)]
    listed = simulate(call, Run(call.total_step)).values
    np.testing.assert_allclose([rate for rate, _ in found], listed, atol=1e-15 * call.max_lr)


def test_one_step_past_the_list_keeps_the_last_rate_and_no_more() -> None:
    optimizer = parts.optimizer_of(0.5, torch.tensor(0.5))
    scheduler = cosine_decay_lr(optimizer, 0.01, 0.1, 3, 1, 10)
    parts.steps_of(scheduler, 2)
    last = parts.rates_of(optimizer)
    scheduler.step()
    assert parts.rates_of(optimizer) == last
    before = scheduler.state_dict()
    for epoch in (None, 4, 100):
        with pytest.raises(RuntimeError, match="rates for 3 updates, 0 to 2"):
            scheduler.step(epoch)
        assert scheduler.state_dict() == before
        assert parts.rates_of(optimizer) == last
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
    arguments: Any = {**parts.DECAY, name: value}
    with pytest.raises(error, match=name):
        cosine_decay_lr(parts.optimizer_of(0.1), **arguments)


def test_cosine_decay_lr_wants_an_optimizer() -> None:
    with pytest.raises(TypeError, match="is not an Optimizer"):
        cosine_decay_lr([0.1], **parts.DECAY)


def stepped(optimizer: Any, schedule: Any) -> Any:
    """Return a scheduler for a loop that does not train."""
    return ScheduleLR(optimizer, schedule, counting="steps")


TWO = Groups((Cosine(0.1, 0.0, 4, "mirror"), Until(Table((0.3, 0.2), "repeat"), 9)))


@pytest.mark.parametrize("kind", parts.KINDS, ids=str)
@pytest.mark.parametrize("stop", range(9))
@pytest.mark.parametrize("schedule", [TWO, Cosine(0.1, 0.0, 4, "repeat")])
def test_any_schedule_trains_and_resumes(schedule: Any, stop: int, kind: Any) -> None:
    members = schedule.of if isinstance(schedule, Groups) else (schedule, schedule)
    whole = [[float(parts.as_kind(part.at(k), kind)) for part in members] for k in range(9)]
    scheduler = stepped(
        parts.optimizer_of(parts.as_kind(1.0, kind), parts.as_kind(2.0, kind)), schedule
    )
    assert parts.steps_of(scheduler, stop) == whole[:stop]
    file = io.BytesIO()
    torch.save(scheduler.state_dict(), file)
    file.seek(0)
    resumed = stepped(
        parts.optimizer_of(parts.as_kind(1.0, kind), parts.as_kind(2.0, kind)),
        Groups((Constant(5.0),) * 2),
    )
    resumed.load_state_dict(torch.load(file, weights_only=True), on_mismatch="checkpoint")
    assert resumed.schedule == schedule
    assert parts.steps_of(resumed, 9 - stop) == whole[stop:]
    if stop:
        fresh = parts.optimizer_of(parts.as_kind(1.0, kind), parts.as_kind(2.0, kind))
        again = ScheduleLR(fresh, schedule, last_epoch=stop - 1, counting="steps")
        assert parts.steps_of(again, 9 - stop) == whole[stop:]


def test_groups_that_share_a_tensor_get_their_own_rates() -> None:
    tensor = torch.tensor(1.0, dtype=torch.float64)
    optimizer = torch.optim.SGD(
        [{"params": [parts.parameter()]}, {"params": [parts.parameter()]}], lr=tensor
    )
    scheduler = stepped(optimizer, Groups((Constant(0.1), Constant(0.2))))
    scheduler.step()
    assert parts.rates_of(optimizer) == [0.1, 0.2]


def test_loaded_groups_that_share_a_tensor_get_their_own_rates() -> None:
    saved = CosineAnnealingLR(parts.optimizer_of(0.1, 0.2), 5)
    tensor = torch.tensor(1.0, dtype=torch.float64)
    optimizer = torch.optim.SGD(
        [{"params": [parts.parameter()]}, {"params": [parts.parameter()]}], lr=tensor
    )
    CosineAnnealingLR(optimizer, 5).load_state_dict(saved.state_dict(), on_mismatch="checkpoint")
    assert parts.rates_of(optimizer) == [0.1, 0.2]


def test_one_schedule_takes_in_an_added_group_and_groups_do_not() -> None:
    optimizer = parts.optimizer_of(1.0)
    scheduler = stepped(optimizer, Cosine(0.1, 0.0, 4))
    optimizer.add_param_group({"params": [parts.parameter()], "lr": 3.0})
    scheduler.step()
    assert parts.rates_of(optimizer) == [Cosine(0.1, 0.0, 4).at(1)] * 2

    optimizer = parts.optimizer_of(1.0, 1.0)
    scheduler = stepped(optimizer, TWO)
    optimizer.add_param_group({"params": [parts.parameter()], "lr": 3.0})
    before = scheduler.state_dict()
    with pytest.raises(ValueError, match="for 2 parameter groups, the optimizer has 3"):
        scheduler.step()
    assert scheduler.state_dict() == before
    assert parts.rates_of(optimizer) == [0.1, 0.3, 3.0]


def test_a_schedule_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="for 2 parameter groups, the optimizer has 1"):
        ScheduleLR(parts.optimizer_of(1.0), TWO)
    with pytest.raises(TypeError, match="neither a Schedule nor a call"):
        ScheduleLR(parts.optimizer_of(1.0), 0.1)  # type: ignore[arg-type]
    with pytest.raises(ReadError, match="cosine is not a call"):
        ScheduleLR(parts.optimizer_of(1.0), "cosine")
    with pytest.raises(ValueError, match="below 0"):
        ScheduleLR(parts.optimizer_of(1.0), Constant(1.0)).step(-1)


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"schedule": "{}"}, ValueError, "not a schedule"),
        ({"schedule": "cosine"}, ValueError, "no state of ScheduleLR"),
        ({"schedule": {}}, ValueError, "no text"),
        ({"schedule": None}, ValueError, "no state of ScheduleLR"),
        ({"schedule": TWO.to_json()}, ValueError, "2 parameter groups, the optimizer 1"),
        ({"last_epoch": 4}, ValueError, "past the end"),
        ({"last_epoch": -2}, ValueError, "below -1"),
        ({"last_epoch": None}, ValueError, "last_epoch is not a number"),
        ({"last_epoch": math.nan}, ValueError, "last_epoch is not finite"),
        ({"isorate_format": 2}, ValueError, "its format is 2, this Isorate reads 1"),
    ],
)
def test_a_schedules_state_of_no_use_is_refused(
    change: dict[str, Any], error: type[Exception], text: str
) -> None:
    optimizer = parts.optimizer_of(1.0)
    scheduler = stepped(optimizer, Table((0.3, 0.2, 0.1)))
    scheduler.step()
    before = scheduler.state_dict()
    with pytest.raises(error, match=text):
        scheduler.load_state_dict({**before, **change})
    assert scheduler.state_dict() == before
    assert parts.rates_of(optimizer) == [0.2]
    for name in ("schedule", "last_epoch"):
        with pytest.raises(KeyError, match=f"lacks '{name}'"):
            scheduler.load_state_dict({key: before[key] for key in before if key != name})


def test_the_examples_in_the_docstrings() -> None:
    modules = ["", *(f".{info.name}" for info in pkgutil.iter_modules(isorate.torch.__path__))]
    found = [doctest.testmod(import_module(f"isorate.torch{name}")) for name in modules]
    assert [result.failed for result in found] == [0] * len(modules)
    assert sum(result.attempted for result in found) > 60
