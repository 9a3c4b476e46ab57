"""Training in MindSpore, the same with NumPy 1.26 and with NumPy 2; and weight decay that changes.

MindSpore 2.10 is built for NumPy 1. Beside NumPy 2 it trains; but the first operation of a process
raises, once, operations take no NumPy numbers and arrays, and there are no bfloat16 and no data
sets of NumPy's. None of that is Isorate's to use.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

mindspore = pytest.importorskip("mindspore")
from mindspore import Parameter, Tensor, nn, ops  # noqa: E402
from mindspore.experimental import optim  # noqa: E402

from isorate.mindspore import cosine_decay_lr, experimental  # noqa: E402
from isorate.mindspore.schedules import ScheduleLR  # noqa: E402
from isorate.schedule.shapes import Cosine  # noqa: E402

pytestmark = [pytest.mark.mindspore, pytest.mark.numpy]

LIST: dict[str, Any] = {
    "min_lr": 0.01,
    "max_lr": 0.1,
    "total_step": 11,
    "step_per_epoch": 2,
    "decay_epoch": 4,
}
COSINE = Cosine(0.1, 0.001, 8, "mirror")
NUMPY_2 = int(np.__version__.partition(".")[0]) >= 2


@pytest.fixture(scope="module", autouse=True)
def first_operation() -> None:
    try:
        print(Tensor([1.0]) * Tensor([2.0]))
    except SystemError:
        assert NUMPY_2


@pytest.fixture(params=["PYNATIVE_MODE", "GRAPH_MODE"])
def mode(request: pytest.FixtureRequest) -> Iterator[str]:
    before = mindspore.get_context("mode")
    mindspore.set_context(mode=getattr(mindspore, request.param))
    yield request.param
    mindspore.set_context(mode=before)


def weight(value: float = 0.0) -> Any:
    return Parameter(Tensor([value], mindspore.float32), name="weight")


def used(optimizer: Any, of: Any, updates: int, step: Any = None) -> list[float]:
    """Return the rate of each update: what a gradient of 1 takes off a weight of 0."""
    found = []
    for _ in range(updates):
        ops.assign(of, Tensor([0.0], mindspore.float32))
        optimizer((Tensor([1.0], mindspore.float32),))
        found.append(-float(of.asnumpy()[0]))
        if step is not None:
            step()
    return found


def singles(rates: Any) -> list[float]:
    return [float(np.float32(rate)) for rate in rates]


def test_a_list_and_a_cell(mode: str) -> None:
    rates = cosine_decay_lr(**LIST)
    assert rates == nn.cosine_decay_lr(**LIST)
    one = weight()
    assert used(nn.SGD([one], learning_rate=rates), one, 11) == singles(rates)
    one = weight()
    found = used(nn.SGD([one], learning_rate=ScheduleLR(COSINE)), one, 11)
    meant = [COSINE.at(update) for update in range(11)]
    np.testing.assert_array_max_ulp(np.array(found, np.float32), np.array(meant, np.float32))


def test_an_experimental_scheduler_whole_and_resumed(mode: str) -> None:
    def run() -> tuple[Any, Any, Any]:
        one = weight()
        optimizer = optim.SGD([one], lr=0.1)
        scheduler = experimental.CosineAnnealingLR(optimizer, 8, 0.001)
        return one, optimizer, scheduler

    one, optimizer, scheduler = run()
    rates = used(optimizer, one, 5, scheduler.step)
    state = scheduler.state_dict()
    one, optimizer, scheduler = run()
    scheduler.load_state_dict(state)
    rates += used(optimizer, one, 4, scheduler.step)
    base = float(np.float32(0.1))
    assert rates == singles(Cosine(base, 0.001, 8, "mirror").at(k) for k in range(9))


@pytest.mark.parametrize("kind", ["Momentum", "AdamWeightDecay"])
def test_weight_decay_follows_a_schedule_where_the_optimizer_takes_a_cell(
    kind: str, mode: str
) -> None:
    decay, one = Cosine(0.4, 0.0, 4), weight()
    options: dict[str, Any] = {"momentum": 0.0} if kind == "Momentum" else {}
    optimizer = getattr(nn, kind)(
        [one], learning_rate=0.5, weight_decay=ScheduleLR(decay), **options
    )
    found = []
    for _ in range(6):
        ops.assign(one, Tensor([1.0], mindspore.float32))
        optimizer((Tensor([0.0], mindspore.float32),))
        found.append(1.0 - float(one.asnumpy()[0]))
    assert found == pytest.approx([0.5 * decay.at(update) for update in range(6)], abs=1e-7)


def test_where_it_cannot_follow_mindspore_says_so() -> None:
    for kind in ("SGD", "LazyAdam"):
        with pytest.raises(TypeError, match=kind):
            getattr(nn, kind)([weight()], learning_rate=0.5, weight_decay=ScheduleLR(COSINE))
    with pytest.raises(TypeError, match="'momentum' should be 'float'"):
        nn.Momentum([weight()], learning_rate=0.5, momentum=ScheduleLR(COSINE))
