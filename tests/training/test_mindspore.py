"""``isorate.mindspore`` beside MindSpore itself, and its cell inside MindSpore's optimizers."""

from __future__ import annotations

import doctest
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from isorate import Run, simulate
from isorate.dialects import isorate as own
from isorate.dialects import mindspore as mindspore_calls
from isorate.mindspore import cosine_annealing_lr, cosine_decay_lr
from isorate.schedule.evaluate import ArrayNamespace
from isorate.schedule.shapes import Cosine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

mindspore = pytest.importorskip("mindspore")
from mindspore import Parameter, Tensor, nn  # noqa: E402

from isorate.mindspore import CosineAnnealingLR, WarmUpThen, cells  # noqa: E402

pytestmark = pytest.mark.mindspore

mindspore.runtime.launch_blocking()  # errors are raised where they belong

#: Half periods: the shortest, one where MindSpore's own experimental scheduler turns NaN, where
#: float32 stops holding every step, and where int32 stops holding the period.
T_MAX = [1, 2, 3, 1000, 12860, 10**6, 2**24, 2**24 + 1, 2**30 - 1, 2**30, 2**31 - 1]
RATES = [(0.1, 0.001), (0.1, 0.0), (3e-4, 1e-7), (0.01, 0.4)]
LAST = 2**31 - 1


@pytest.fixture(params=["GRAPH_MODE", "PYNATIVE_MODE"])
def mode(request: pytest.FixtureRequest) -> Iterator[str]:
    before = mindspore.get_context("mode")
    mindspore.set_context(mode=getattr(mindspore, request.param))
    yield request.param
    mindspore.set_context(mode=before)


def called(cell: Any, steps: NDArray[np.int32]) -> NDArray[np.float32]:
    rates: NDArray[np.float32] = cell(Tensor(steps)).asnumpy()
    return rates


def telling_steps(T_max: int) -> NDArray[np.int32]:
    """Steps around every end in reach, and many anywhere."""
    rng = np.random.default_rng(T_max)
    near = np.arange(-40, 41)
    turns = [0, T_max, 2 * T_max, 3 * T_max, (LAST // T_max) * T_max, LAST]
    drawn = [rng.integers(0, LAST, 20_000), rng.integers(0, min(2 * T_max, LAST) + 1, 20_000)]
    steps = np.concatenate([*(turn + near for turn in turns), *drawn])
    return np.unique(steps[(steps >= 0) & (steps <= LAST)]).astype(np.int32)


def exact(lr: float, eta_min: float, T_max: int, steps: NDArray[np.int32]) -> NDArray[np.float64]:
    schedule = Cosine(lr, eta_min, T_max, "mirror")
    rates: NDArray[np.float64] = schedule.formula(steps.astype(np.int64), ArrayNamespace())
    return rates


def ulps(a: NDArray[np.float32], b: NDArray[np.float32]) -> int:
    assert (a >= 0).all()
    assert (b >= 0).all()
    apart = np.abs(a.view(np.int32).astype(np.int64) - b.view(np.int32))
    return int(apart.max())


def in_numpy(lr: float, eta_min: float, T_max: int, steps: NDArray[np.int32]) -> Any:
    """Compute the cell's operations in its order, each rounded once to float32."""
    single = np.float32
    to_end = np.abs(steps.astype(np.int64) % (2 * T_max) - T_max)
    angle = single(math.pi / (2 * T_max))
    down, up = (
        np.array([math.sin(x) for x in (n.astype(single) * angle).tolist()], single)
        for n in (to_end, T_max - to_end)
    )
    return single(lr) * (down * down) + single(eta_min) * (up * up)


# --- the lists ----------------------------------------------------------------------------------


@given(
    min_lr=st.just(0.0) | st.floats(1e-300, 1e300),
    width=st.floats(1e-300, 1e300),
    total=st.integers(1, 600),
    every=st.sampled_from([1, 2, 3, 64, 65, 1000, 2**62, 2**63 - 1]),
    decay=st.integers(1, 800) | st.just(2**53),
    numpy=st.booleans(),
)
def test_the_drop_in_is_mindspores_list(
    min_lr: float, width: float, total: int, every: int, decay: int, numpy: bool
) -> None:
    max_lr = min_lr + width
    assume(max_lr > min_lr)
    if numpy:
        min_lr, max_lr = np.float64(min_lr), np.float64(max_lr)
    theirs = nn.cosine_decay_lr(min_lr, max_lr, total, every, decay)
    ours = cosine_decay_lr(min_lr, max_lr, total, every, decay)
    assert np.array(ours).tobytes() == np.array(theirs).tobytes()


ANYTHING = st.sampled_from(
    [
        *(0.0, -0.0, 0.01, 0.1, 1.5, -0.01, 5e-324, 1.7e308, math.nan, math.inf, -math.inf),
        *(0, 1, 2, 3, 7, -1, 2**62, -(2**62), True, False, None, "0.1", [0.1], 0.1j),
        *(np.float64(0.05), np.float64("nan"), np.float32(0.1), np.int64(3), np.bool_(True)),
    ]
)


@given(arguments=st.lists(ANYTHING, min_size=5, max_size=5), right=st.integers(0, 31))
def test_bad_arguments_raise_what_mindspore_raises(arguments: list[Any], right: int) -> None:
    for at, good in enumerate((0.01, 0.1, 6, 2, 2)):
        if right >> at & 1:
            arguments[at] = good
    assume(not (type(arguments[2]) is int and arguments[2] > 10**6))  # a list too long to make
    assert outcome(cosine_decay_lr, arguments) == outcome(nn.cosine_decay_lr, arguments)


def outcome(function: Any, arguments: list[Any]) -> object:
    try:
        return np.array(function(*arguments)).tobytes()
    except Exception as error:
        return type(error)


def test_an_optimizer_uses_the_list_rounded_and_raises_past_its_end() -> None:
    rates = cosine_annealing_lr(0.1, 2, 0.01, 5)
    parameter, optimizer = one_parameter(nn.SGD, rates)
    applied = [applied_by(optimizer, parameter) for _ in rates]
    assert applied == np.array(rates, np.float32).tolist()
    with pytest.raises(RuntimeError):
        applied_by(optimizer, parameter)


# --- the cell -----------------------------------------------------------------------------------


@pytest.mark.parametrize("T_max", T_MAX)
@pytest.mark.parametrize(("lr", "eta_min"), RATES)
def test_the_cell_is_within_its_bound_at_every_step(
    mode: str, lr: float, eta_min: float, T_max: int
) -> None:
    steps = telling_steps(T_max)
    rates = called(CosineAnnealingLR(lr, T_max, eta_min), steps)
    assert rates.dtype == np.float32
    assert np.isfinite(rates).all()
    assert ulps(rates, exact(lr, eta_min, T_max, steps).astype(np.float32)) <= (
        10 if T_max <= 2**24 else 12
    )


@pytest.mark.parametrize("T_max", T_MAX)
def test_the_cells_bits_are_numpys(mode: str, T_max: int) -> None:
    steps = telling_steps(T_max)[::7]
    for lr, eta_min in RATES:
        rates = called(CosineAnnealingLR(lr, T_max, eta_min), steps)
        assert rates.tobytes() == in_numpy(lr, eta_min, T_max, steps).tobytes()


@pytest.mark.parametrize("T_max", [T for T in T_MAX if T < 2**30])
def test_the_ends_are_exact_at_every_repetition(mode: str, T_max: int) -> None:
    most = LAST // (2 * T_max)
    periods = np.unique(np.linspace(0, most, 50).astype(np.int64)) * 2 * T_max
    cell = CosineAnnealingLR(0.1, T_max, 0.003)
    assert set(called(cell, periods.astype(np.int32)).tolist()) == {np.float32(0.1)}
    troughs = (periods + T_max)[periods + T_max <= LAST].astype(np.int32)
    assert set(called(cell, troughs).tolist()) == {np.float32(0.003)}


def test_a_whole_period_has_no_nan_and_no_missing_rate(mode: str) -> None:
    steps = np.arange(2 * 12860 + 1, dtype=np.int32)
    rates = called(CosineAnnealingLR(0.1, 12860), steps)
    assert (np.diff(rates[:12861]) <= 0).all()
    assert (rates[:12861] == rates[:12859:-1]).all()
    assert rates[12860] == 0
    assert (rates[12859], rates[12861]) > (0, 0)


@pytest.mark.parametrize("name", ["SGD", "Momentum", "Adam"])
def test_the_cell_inside_an_optimizer(mode: str, name: str) -> None:
    cell = CosineAnnealingLR(0.1, 5, 0.01)
    extra = {"momentum": 0.9} if name == "Momentum" else {}
    parameter, optimizer = one_parameter(getattr(nn, name), cell, **extra)
    expected = simulate(own.mindspore_CosineAnnealingLR(0.1, 5, 0.01), Run(23)).values
    seen = []
    for update in range(23):
        seen.append(optimizer.get_lr().asnumpy())
        applied = applied_by(optimizer, parameter)
        if name == "SGD":
            assert applied == seen[update]
        else:
            assert applied > 0
    assert ulps(np.array(seen), expected) <= 10
    assert int(optimizer.global_step.asnumpy()[0]) == 23


def test_each_parameter_group_has_its_own_cell(mode: str) -> None:
    groups = [
        {"params": [Parameter(Tensor([0.0]), name="a")], "lr": CosineAnnealingLR(0.1, 3)},
        {"params": [Parameter(Tensor([0.0]), name="b")], "lr": CosineAnnealingLR(0.2, 2, 0.1)},
    ]
    optimizer = nn.SGD(groups, learning_rate=0.5)
    gradients = (Tensor([1.0]), Tensor([1.0]))
    rates = []
    for _ in range(4):
        rates.append([float(rate.asnumpy()) for rate in optimizer.get_lr()])
        optimizer(gradients)
    assert rates[2:] == [pytest.approx(pair, rel=1e-6) for pair in ([0.025, 0.1], [0.0, 0.15])]


def test_the_cell_keeps_the_shape_and_takes_int64(mode: str) -> None:
    cell = CosineAnnealingLR(0.1, 4, 0.02)
    assert called(cell, np.array(4, np.int32)).shape == ()
    assert called(cell, np.zeros((2, 3), np.int32)).shape == (2, 3)
    far = 2**40 + 4
    assert cell(Tensor(far, mindspore.int64)).asnumpy() == np.float32(0.02)


def test_the_cell_has_nothing_for_a_checkpoint_to_hold() -> None:
    assert list(CosineAnnealingLR(0.1, 4).get_parameters()) == []


@pytest.mark.parametrize(
    ("at", "value", "error"),
    [
        *((at, v, TypeError) for at in (0, 2) for v in (1, True, None, np.float32(0.1), "0.1")),
        *((at, v, ValueError) for at in (0, 2) for v in (-0.1, math.nan, math.inf, 1e39)),
        *((1, v, TypeError) for v in (6.0, True, None, np.int64(6), "6")),
        *((1, v, ValueError) for v in (0, -1, 2**31)),
    ],
)
def test_bad_arguments_of_the_cell(at: int, value: Any, error: type[Exception]) -> None:
    arguments: list[Any] = [0.1, 6, 0.01]
    arguments[at] = value
    with pytest.raises(error, match=r"^CosineAnnealingLR: \w+") as raised:
        CosineAnnealingLR(*arguments)
    assert type(raised.value) is error


AFTER: dict[str, tuple[Any, Any]] = {
    "cosine": (lambda: nn.CosineDecayLR(0.0, 0.1, 7), mindspore_calls.CosineDecayLR(0.0, 0.1, 7)),
    "exponential": (
        lambda: nn.ExponentialDecayLR(0.1, 0.9, 3),
        mindspore_calls.ExponentialDecayLR(0.1, 0.9, 3),
    ),
}


@pytest.mark.parametrize("kind", AFTER)
def test_a_warmup_before_another_cell_inside_an_optimizer(mode: str, kind: str) -> None:
    build, after = AFTER[kind]
    parameter, optimizer = one_parameter(nn.SGD, WarmUpThen(nn.WarmUpLR(0.1, 4), build()))
    call = own.WarmUpThen(mindspore_calls.WarmUpLR(0.1, 4), after)
    expected = simulate(call, Run(14)).values
    applied = [applied_by(optimizer, parameter) for _ in range(14)]
    assert np.array_equal(np.array(applied, np.float32), expected)


@pytest.mark.parametrize("parts", [(0.1, "cell"), ("cell", "cell"), ("warmup", 0.1)])
def test_a_warmup_wants_cells(parts: tuple[Any, Any]) -> None:
    known = {"cell": nn.CosineDecayLR(0.0, 0.1, 7), "warmup": nn.WarmUpLR(0.1, 4)}
    with pytest.raises(TypeError, match=r"^WarmUpThen: "):
        WarmUpThen(*(known.get(part, part) for part in parts))


def test_the_docstrings_example() -> None:
    results = doctest.testmod(cells)
    assert results.attempted > 0
    assert results.failed == 0


# --- helpers ------------------------------------------------------------------------------------


def one_parameter(optimizer: Any, learning_rate: Any, **extra: Any) -> tuple[Any, Any]:
    parameter = Parameter(Tensor([0.0]), name="weight")
    return parameter, optimizer([parameter], learning_rate=learning_rate, **extra)


def applied_by(optimizer: Any, parameter: Any) -> float:
    """Take one update from 0 with a gradient of 1, and return how far down it goes."""
    mindspore.ops.assign(parameter, Tensor([0.0]))
    optimizer((Tensor([1.0]),))
    return -float(parameter.asnumpy()[0])
