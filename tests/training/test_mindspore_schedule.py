"""``isorate.mindspore.ScheduleLR`` at every end, far away, in both modes and inside optimizers."""

from __future__ import annotations

import doctest
import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from mpmath import mp, mpf

from isorate import Run, Schedule, ScheduleError
from isorate.schedule.algebra import groups
from isorate.schedule.arrays import ArrayNamespace
from isorate.schedule.combinators.clocks import (
    Shift,
    Staircase,
    Stepped,
    Stretch,
    Stride,
    Until,
    on_steps,
)
from isorate.schedule.combinators.joins import Groups, Join, Mirror, Repeat
from isorate.schedule.combinators.operations import Clamp, Product, Scale, Sum
from isorate.schedule.errors import MissingRateError
from isorate.schedule.formula import Formula
from isorate.schedule.shapes.decays import Exponential, Inverse, NaturalExponential
from isorate.schedule.shapes.lists import PiecewiseConstant, Table
from isorate.schedule.shapes.waves import Constant, Cosine, Linear, Polynomial
from tests.calls import read
from tests.schedule.drawing import schedules
from tests.training.mindspore_parts import applied_by, one_parameter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

mindspore = pytest.importorskip("mindspore")
from mindspore import Parameter, Tensor, nn  # noqa: E402
from mindspore import dataset as datasets  # noqa: E402

from isorate.mindspore import ScheduleLR  # noqa: E402
from isorate.mindspore import schedules as module  # noqa: E402

pytestmark = pytest.mark.mindspore

mindspore.runtime.launch_blocking()  # errors are raised where they belong

LAST = 2**31 - 1
MODES = ["GRAPH_MODE", "PYNATIVE_MODE"]

#: Float32 rates below it have fewer bits, and in graph mode kernels make them zero.
SMALLEST = 2.0**-126

#: What is said of every rate: within so many units in the last place.
BOUND = 1

LINES = [
    Linear(0.1, 0.001, 1000),
    Linear(0.0, 0.1, 10**6, "mirror"),
    Linear(0.3, 0.001, 2**24 + 1, "repeat"),
    Linear(0.1, 1e-5, 777, "extend"),
    Linear(0.1, 0.2, 1000, "continue"),
    Linear(0.1, 1e-9, 1000 / 3, "mirror"),
]
COSINES = [
    Cosine(0.1, 0.0, 1),
    Cosine(0.1, 0.0, 2**25),
    Cosine(0.1, 0.0, 2**31 + 5),
    Cosine(3e-4, 1e-7, 12860, "mirror"),
    Cosine(1e-30, 0.1, 10**6, "mirror"),
    Cosine(0.1, 0.0, 2**24 + 1, "repeat"),
    Cosine(0.1, 0.0, 2.5, "mirror"),
]
POWERS = [
    Polynomial(0.1, 0.0, 10**9, 3.7),
    Polynomial(0.0, 0.1, 10**9, 3.7, "mirror"),
    Polynomial(1e-12, 0.1, LAST, 0.01),
    Polynomial(0.0, 0.1, LAST, 200.0),
    Polynomial(0.1, 1e-4, 1000, 0.5, "extend"),
]
DECAYS = [
    Exponential(0.1, 0.999999999),
    Exponential(0.1, 0.5, 30.5e6),
    Exponential(0.1, 0.0, 10),
    Exponential(0.1, -0.5),
    Exponential(1e-5, 1.00000001),
    NaturalExponential(0.1, 1e-8),
    NaturalExponential(0.1, 0.5, 1e7),
    NaturalExponential(0.1, 1e300, 1e-300),
    Inverse(0.1, 0.5, 3),
    Inverse(0.1, 1e300, 1e-300),
]
TEXT = (
    "0.5 * (1 + math.cos(math.pi * min(t, 1000) / 2000)) if t < 5000 else"
    " (0.1, 0.2, 0.3)[t % 3 - 3] / (1 + t // 7)"
)
FUNCTIONS = (
    "math.log10(t + 10) + math.log2(t + 2) + math.log(t + 3, 7) + max(1, t, 3) ** -0.5 + -1 // -3"
    " + int(t / 3) % 2 + abs(t - 5) * (t > 7) + math.floor(t / 2) + math.pow(t, 0.25) + (t == 4)"
    " + float(t) * (math.exp(-t) + math.tanh(t) + math.sqrt(t) + math.sin(t)) + math.ceil(t / 2)"
)
CONDITIONS = "(2 < t <= 5) + (0.5 if t > 3 and not t % 2 or t == 1 else t and 0.25)"
LISTS = [
    Constant(0.1),
    PiecewiseConstant((0.1, 0.01, 0.001), (2**24 + 1, 2**30 + 7)),
    Table((0.1, 0.2, 0.3)),
    Table((0.1, 0.2, 0.3), "hold"),
    Table((0.1, 0.2, 0.3), "repeat"),
    Formula(0.1, "t", TEXT),
    Formula(1.0, "t", FUNCTIONS),
    Formula(1.0, "t", CONDITIONS),
    Formula(1.0, "t", "t * 0 + 1 // 0.1 + 2 ** 0.5"),
]
WAVE = Cosine(0.1, 0.0, 10**6, "mirror")
DECAY = Exponential(0.1, 0.99999)
WARM = Join((Linear(0.0, 0.1, 1000), Cosine(0.1, 0.0, 9000)), (1000,))
CLOCKS = [
    Staircase(WAVE, 7),
    Until(Cosine(0.1, 0.01, 1000), 500),
    Cosine(0.1, 0.01, 1000, "stop"),
    Shift(WAVE, 12345),
    Shift(WAVE, 0.25),
    Stride(WAVE, 3),
    Stretch(WAVE, 1.5),
    Stepped(WAVE),
]
JOINS = [
    Join((WARM, Constant(1e-3), Table((0.1, 0.2), "repeat")), (2**30, 2**30 + 5)),
    Repeat(WARM, 10_000),
    Repeat(DECAY, 10_000),
    Repeat(Cosine(0.1, 0.0, 10), 10, 2),
    Repeat(Cosine(0.1, 0.0, 10), 10, 3, 0.5, 0.01),
    Repeat(Cosine(0.1, 0.0, 7), 7, 7),
    Repeat(Staircase(DECAY, 3), 12, 2),
    Repeat(Cosine(0.1, 0.0, 1000), 1000, 1, 0.9999),
    Repeat(Cosine(0.1, 0.05, 10), 10, 1, 0.5, 0.05),
    Repeat(Cosine(0.1, 0.05, 10), 10, 1, -0.99),
    Mirror(Exponential(0.1, 0.99), 500),
]
OPERATIONS = [
    Scale(Product((WAVE, DECAY)), 0.5),
    Product((WAVE, DECAY)),
    Sum((WAVE, DECAY, Constant(0.1))),
    Clamp(DECAY, 1e-4, 0.05),
    Clamp(Sum((WAVE, DECAY)), least=0.05),
]
ALL = [*LINES, *COSINES, *POWERS, *DECAYS, *LISTS, *CLOCKS, *JOINS, *OPERATIONS]


@contextmanager
def in_mode(name: str) -> Iterator[None]:
    before = mindspore.get_context("mode")
    mindspore.set_context(mode=getattr(mindspore, name))
    yield
    mindspore.set_context(mode=before)


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> Iterator[str]:
    with in_mode(request.param):
        yield request.param


def called(cell: Any, steps: NDArray[np.int64]) -> NDArray[np.float32]:
    rates: NDArray[np.float32] = cell(Tensor(steps.astype(np.int32))).asnumpy()
    return rates


def exact(schedule: Schedule, steps: NDArray[np.int64]) -> NDArray[np.float64]:
    """The core's own rates; a schedule that ends keeps its last one."""
    schedule = on_steps(schedule).normal()
    if schedule.length is not None:
        steps = np.minimum(steps, schedule.length - 1)
    xp: Any = ArrayNamespace()
    with np.errstate(all="ignore"):  # a rate beyond float64 is infinite
        return np.asarray(schedule.formula(steps, xp), np.float64)


def ulps(ours: NDArray[np.float32], rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far ours are from rates, in units in the last place of float32."""
    with np.errstate(over="ignore", invalid="ignore"):
        nearest = np.abs(rates).astype(np.float32)
        apart = np.abs(ours.astype(np.float64) - rates)
        units = np.where(nearest < SMALLEST, SMALLEST, np.spacing(nearest.astype(np.float32)))
        same = np.isinf(nearest) | (np.isnan(nearest) & np.isnan(ours))
        found: NDArray[np.float64] = np.where(same, 0.0, apart / units)
    assert (np.isinf(ours) == np.isinf(nearest)).all()
    return found


def turns(schedule: Schedule) -> set[int]:
    """Updates at which something ends or begins, here and in every part."""
    found = {0, LAST, schedule.horizon, schedule.horizon // 2}
    for node in schedule.walk():
        found |= set(getattr(node, "boundaries", ()))
        duration = math.ceil(getattr(node, "duration", 1))
        times = {1, 2, 3, 5000, LAST // duration - 1, LAST // duration}
        found |= {duration * n for n in times}
        if isinstance(node, Repeat):
            starts, length = [0], node.period
            while starts[-1] <= LAST and len(starts) < 100:
                starts.append(starts[-1] + length)
                length *= node.growth
            found |= set(starts)
    return found


def telling_steps(schedule: Schedule) -> NDArray[np.int64]:
    """Steps around every end in reach, and many anywhere."""
    rng = np.random.default_rng(0)
    near = np.arange(-20, 21)
    drawn = [rng.integers(0, most, 4000) for most in (LAST, min(schedule.horizon, LAST) + 1)]
    steps = np.concatenate([*(turn + near for turn in turns(schedule)), *drawn])
    return np.unique(steps[(steps >= 0) & (steps <= LAST)])


# --- the rates ----------------------------------------------------------------------------------


@pytest.mark.parametrize("schedule", ALL, ids=lambda s: s.to_json()[:60])
def test_every_rate_is_within_the_bound(mode: str, schedule: Schedule) -> None:
    steps = telling_steps(schedule)
    rates = exact(schedule, steps)
    assert np.isfinite(rates).all()
    ours = called(ScheduleLR(schedule), steps)
    assert ours.dtype == np.float32
    assert ulps(ours, rates).max() <= BOUND
    if np.ptp(rates):  # and the measure tells these rates from those of other updates
        assert ulps(ours, exact(schedule, steps + 10_007)).max() > 8 * BOUND


@pytest.mark.parametrize("schedule", ALL, ids=lambda s: s.to_json()[:60])
def test_one_step_as_an_optimizer_asks_for_it(mode: str, schedule: Schedule) -> None:
    steps = np.array([0, 3, min(schedule.horizon, LAST), LAST])
    cell = ScheduleLR(schedule)
    ours = np.concatenate([called(cell, steps[index : index + 1]) for index in range(len(steps))])
    assert ulps(ours, exact(schedule, steps)).max() <= BOUND


@pytest.mark.parametrize(("mode", "examples"), [("GRAPH_MODE", 15), ("PYNATIVE_MODE", 60)])
def test_any_schedule(mode: str, examples: int) -> None:
    steps = np.concatenate([np.arange(100), [10**4, 2**24 + 1, LAST - 1, LAST]])

    @settings(max_examples=examples)
    @given(schedules)
    def agrees(schedule: Schedule) -> None:
        rates = exact(schedule, steps)
        ours = called(ScheduleLR(schedule), steps)
        # where sums cancel, or a formula's text does, the bound is of the highest rate
        peak = np.abs(rates[np.isfinite(rates)]).max(initial=0.0)
        far = ~(ulps(ours, rates) <= BOUND)  # a NaN that should be none as well
        assert (np.abs(ours[far] - rates[far]) <= 1e-12 * peak).all()

    with in_mode(mode):
        agrees()


GROWING = [
    Product((Linear(0.1, 0.0, 10), Exponential(1.0, 2.0))),
    Product((Cosine(0.1, 0.0, 10, "mirror"), Exponential(1.0, 2.0), Staircase(DECAY, 2))),
    Product((Inverse(1.0, 0.5), Exponential(0.1, 2.0), Exponential(1.0, 0.5))),
    Product((Staircase(Exponential(0.1, 2.0), 3), Staircase(Exponential(1.0, 0.25), 6), WAVE)),
    Product((Exponential(0.1, 0.25), NaturalExponential(1.0, -math.log(2.0)), Exponential(1.0, 2))),
    Repeat(Linear(0.1, 0.0, 10), 11, 1, 2.0),
    Repeat(Linear(0.1, 0.05, 10), 11, 1, 2.0, 0.05),
    Repeat(Linear(0.1, 0.05, 10), 11, 2, 1e30, 0.05),
    Formula(0.0, "t", "2.0 ** t"),
    Scale(Product((Linear(0.1, 0.0, 10), Formula(1.0, "t", "1e300 * 1e300"))), 0.5),
]


@pytest.mark.parametrize("schedule", GROWING, ids=lambda s: s.to_json()[:60])
def test_zero_stays_zero_whatever_grows_beside_it(mode: str, schedule: Schedule) -> None:
    steps = np.array([*range(40), *range(1000, 1400), *range(2990, 3030), 10**5, LAST - 1, LAST])
    rates = exact(schedule, steps)
    ours = called(ScheduleLR(schedule), steps)
    assert not np.isnan(ours).any()
    assert ((ours == 0) == (np.abs(rates) < SMALLEST)).all()
    assert ulps(ours, rates).max() <= BOUND


def test_against_exact_arithmetic(mode: str) -> None:
    mp.dps = 50
    steps = np.array([1, 2, 2**24 + 1, 2**25 - 1, 2**30 + 1, LAST - 2, LAST - 1])
    T, p, k = mpf(LAST), mpf(2.5), mp.log(mpf(0.99999999))
    wave = [mpf(0.1) * mp.sin(mp.pi * (T - t) / (2 * T)) ** 2 for t in map(mpf, steps.tolist())]
    rise = [mpf(0.1) * (1 - ((T - t) / T) ** p) for t in map(mpf, steps.tolist())]
    decay = [mpf(0.1) * mp.exp(k * t) for t in map(mpf, steps.tolist())]
    for schedule, rates in (
        (Cosine(0.1, 0.0, LAST), wave),
        (Polynomial(0.0, 0.1, LAST, 2.5), rise),
        (Exponential(0.1, 0.99999999), decay),
    ):
        ours = called(ScheduleLR(schedule), steps)
        assert ulps(ours, np.array(rates, np.float64)).max() <= BOUND, schedule


@pytest.mark.parametrize(
    "schedule",
    [
        Linear(0.1, -0.30000000000000004, 4),
        Linear(0.1, 0.05, 10, "continue"),
        Cosine(0.1, -0.1, 1000, "mirror"),
        Polynomial(-0.2, 0.1, 1000, 2.0),
    ],
    ids=str,
)
def test_at_a_zero_the_bound_is_of_the_highest_rate(mode: str, schedule: Schedule) -> None:
    steps = np.arange(2000)
    rates = exact(schedule, steps)
    ours = called(ScheduleLR(schedule), steps)
    far = ~(ulps(ours, rates) <= BOUND)
    assert (np.abs(ours[far] - rates[far]) <= 1e-12 * np.abs(rates).max()).all()


def test_the_last_rate_is_kept(mode: str) -> None:
    cell = ScheduleLR(Until(Cosine(0.1, 0.0, 10), 5))
    assert len(set(called(cell, np.array([4, 5, 6, LAST])).tolist())) == 1


def test_the_shape_is_kept_and_int64_taken(mode: str) -> None:
    for schedule in (WAVE, PiecewiseConstant((0.1, 0.01), (3,)), Table((0.1, 0.2), "repeat")):
        cell = ScheduleLR(schedule)
        for shape in ((), (1,), (2, 3)):
            rates = called(cell, np.full(shape, 5))
            assert rates.shape == shape
            assert ulps(rates, exact(schedule, np.full(shape, 5))).max() <= BOUND
    far = ScheduleLR(Cosine(0.1, 0.02, 2**40, "mirror"))(Tensor(2**40, mindspore.int64))
    assert far.asnumpy() == np.float32(0.02)


def test_the_text_of_a_call(mode: str) -> None:
    text = "CosineAnnealingLR(torch.optim.SGD(params, lr=0.1), T_max=100, eta_min=0.01)"
    steps = np.arange(300)
    rates = exact(Cosine(0.1, 0.01, 100, "mirror"), steps)
    for said in (text, read(text), read(text).lower(), read(text).lower().to_json()):
        assert ulps(called(ScheduleLR(said), steps), rates).max() <= BOUND


def test_a_loop_that_steps_once_an_epoch(mode: str) -> None:
    call = read("StepLR(torch.optim.SGD(params, lr=0.5), step_size=2, gamma=0.5)").lower()
    run = Run(updates_per_epoch=3, step_every="epoch")
    rates = called(ScheduleLR(call.resolved(run)), np.arange(13))
    assert rates.tolist() == [0.5] * 6 + [0.25] * 6 + [0.125]


# --- what cannot be trained with ----------------------------------------------------------------


def test_groups_have_a_cell_each() -> None:
    with pytest.raises(ValueError, match=r"^ScheduleLR: the schedule is for 2 parameter groups: "):
        ScheduleLR(groups(Constant(0.1), Constant(0.2)))
    assert called(ScheduleLR(Groups((Constant(0.1),))), np.array([3])) == np.float32(0.1)


@pytest.mark.parametrize("schedule", [None, 0.1, [0.1], Constant])
def test_a_schedule_is_wanted(schedule: Any) -> None:
    with pytest.raises(TypeError, match="schedule is neither"):
        ScheduleLR(schedule)


def test_a_text_without_its_rate() -> None:
    with pytest.raises(MissingRateError):
        ScheduleLR("CosineAnnealingLR(T_max=100)")


class Unknown(Schedule, frozen=True, tag="python_anything"):
    """A schedule that only Python can compute."""

    def formula(self, t: Any, xp: Any) -> Any:
        return t * 0.1


def test_a_function_of_python_is_refused() -> None:
    with pytest.raises(ScheduleError, match="python anything cannot be computed in MindSpore"):
        ScheduleLR(Product((Unknown(), WAVE)))


# --- inside optimizers --------------------------------------------------------------------------


WARM_RESTARTS = Join((Linear(0.01, 0.1, 3), Repeat(Cosine(0.1, 0.001, 2), 2, 2)), (3,))


@pytest.mark.parametrize(
    ("name", "extra", "tolerance"),
    [("SGD", {}, 0), ("Momentum", {"momentum": 0.0}, 0), ("Adam", {}, 1e-5)],
)
def test_the_rate_that_an_update_applies(
    mode: str, name: str, extra: dict[str, Any], tolerance: float
) -> None:
    cell = ScheduleLR(WARM_RESTARTS)
    parameter, optimizer = one_parameter(getattr(nn, name), cell, **extra)
    applied = [applied_by(optimizer, parameter) for _ in range(12)]
    rates = exact(WARM_RESTARTS, np.arange(12)).astype(np.float32)
    np.testing.assert_allclose(applied, rates, rtol=tolerance)
    assert int(optimizer.global_step.asnumpy()[0]) == 12


def test_each_parameter_group_has_its_own_cell(mode: str) -> None:
    of = (Cosine(0.1, 0.0, 3, "mirror"), Exponential(0.2, 0.5))
    parameters = [Parameter(Tensor([0.0]), name=name) for name in "ab"]
    optimizer = nn.SGD(
        [
            {"params": [parameter], "lr": ScheduleLR(schedule)}
            for parameter, schedule in zip(parameters, of, strict=True)
        ],
        learning_rate=0.5,
    )
    for update in range(6):
        before = [parameter.asnumpy().copy() for parameter in parameters]
        optimizer((Tensor([1.0]), Tensor([1.0])))
        applied = [
            (old - parameter.asnumpy())[0]
            for old, parameter in zip(before, parameters, strict=True)
        ]
        rates = [schedule.at(update) for schedule in of]
        assert applied == pytest.approx(rates, abs=1e-7)


def test_a_compiled_step_in_pynative_mode() -> None:
    with in_mode("PYNATIVE_MODE"):
        parameter, optimizer = one_parameter(nn.SGD, ScheduleLR(WARM_RESTARTS))

        @mindspore.jit  # type: ignore[untyped-decorator] # MindSpore is untyped
        def step(gradient: Any) -> Any:
            return optimizer((gradient,))

        applied = []
        for _ in range(8):
            mindspore.ops.assign(parameter, Tensor([0.0]))
            step(Tensor([1.0]))
            applied.append(-float(parameter.asnumpy()[0]))
    assert applied == exact(WARM_RESTARTS, np.arange(8)).astype(np.float32).tolist()


def test_a_warmup_before_a_cosine(mode: str) -> None:
    schedule = Linear(0.0, 0.1, 4).then(Cosine(0.1, 0.0, 7), at=4)
    parameter, optimizer = one_parameter(nn.SGD, ScheduleLR(schedule))
    applied = [applied_by(optimizer, parameter) for _ in range(12)]
    assert applied == exact(schedule, np.arange(12)).astype(np.float32).tolist()


class Weight(nn.Cell):  # type: ignore[misc] # MindSpore is untyped
    """A network whose gradient is its input."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = Parameter(Tensor([0.5]), name="weight")

    def construct(self, x: Any) -> Any:
        return (self.weight * x).sum()


class Watch(mindspore.Callback):  # type: ignore[misc, name-defined] # MindSpore is untyped
    """Record the weight, and save the optimizer and it, before and after every update."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder, self.weights = folder, []  # type: ignore[var-annotated]

    def keep(self, run_context: Any) -> None:
        optimizer = run_context.original_args().optimizer
        path = self.folder / f"{len(self.weights)}.ckpt"
        mindspore.save_checkpoint(optimizer, str(path))
        self.weights.append(float(optimizer.parameters[0].asnumpy()[0]))

    def on_train_begin(self, run_context: Any) -> None:
        self.keep(run_context)

    def on_train_step_end(self, run_context: Any) -> None:
        self.keep(run_context)


def trained(folder: Path, optimizer: Any, net: Any, updates: int) -> list[float]:
    watch = Watch(folder)
    ones = datasets.NumpySlicesDataset(np.ones((updates, 1), np.float32), shuffle=False)
    model = mindspore.Model(net, optimizer=optimizer)
    model.train(1, ones, callbacks=[watch], dataset_sink_mode=False)
    return watch.weights


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_model_train_resumed_at_every_update(mode: str, name: str, tmp_path: Path) -> None:
    def fresh() -> tuple[Any, Any]:
        net = Weight()
        return net, getattr(nn, name)(net.trainable_params(), ScheduleLR(WARM_RESTARTS))

    updates = 6
    net, optimizer = fresh()
    weights = trained(tmp_path, optimizer, net, updates)
    rates = exact(WARM_RESTARTS, np.arange(updates))
    assert -np.diff(weights) == pytest.approx(rates, rel=1e-4)
    for k in range(1, updates):
        net, optimizer = fresh()
        loaded = mindspore.load_checkpoint(str(tmp_path / f"{k}.ckpt"))
        assert mindspore.load_param_into_net(optimizer, loaded)[0] == []
        (tmp_path / "again").mkdir(exist_ok=True)
        assert trained(tmp_path / "again", optimizer, net, updates - k) == weights[k:]


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_a_loop_of_ones_own_resumed_at_every_update(mode: str, name: str, tmp_path: Path) -> None:
    def fresh() -> tuple[Any, Any]:
        return one_parameter(getattr(nn, name), ScheduleLR(WARM_RESTARTS))

    parameter, optimizer = fresh()
    weights, rates = [], []
    for k in range(8):
        mindspore.save_checkpoint(optimizer, str(tmp_path / f"{k}.ckpt"))
        rates.append(float(optimizer.get_lr().asnumpy()))
        optimizer((Tensor([1.0]),))
        weights.append(float(parameter.asnumpy()[0]))
    assert len(set(rates)) > 4
    for k in range(8):
        parameter, optimizer = fresh()
        loaded = mindspore.load_checkpoint(str(tmp_path / f"{k}.ckpt"))
        assert mindspore.load_param_into_net(optimizer, loaded)[0] == []
        for later in range(k, 8):
            assert float(optimizer.get_lr().asnumpy()) == rates[later]
            optimizer((Tensor([1.0]),))
            assert float(parameter.asnumpy()[0]) == weights[later]


def test_a_checkpoint_holds_nothing_of_it() -> None:
    assert list(ScheduleLR(WARM_RESTARTS).get_parameters()) == []


# --- what is wrong with MindSpore's own ---------------------------------------------------------


def test_mindspores_cosine_loses_the_trough(mode: str) -> None:
    steps = np.arange(9990, 10_000)
    rates = exact(Cosine(0.1, 0.0, 10_000), steps)
    theirs = called(nn.CosineDecayLR(0.0, 0.1, 10_000), steps)
    assert (np.abs(theirs - rates) / rates).max() > 0.1
    ours = called(ScheduleLR(Cosine(0.1, 0.0, 10_000)), steps)
    assert ulps(ours, rates).max() <= BOUND


def test_mindspores_cosine_stands_still_far_away(mode: str) -> None:
    steps = 2**24 + np.arange(200)
    theirs = called(nn.CosineDecayLR(0.0, 0.1, 2**25), steps)
    assert len(set(theirs.tolist())) <= 100
    ours = called(ScheduleLR(Cosine(0.1, 0.0, 2**25)), steps)
    assert len(set(ours.tolist())) == 200


def test_mindspores_exponential_drifts(mode: str) -> None:
    steps = np.array([10**7, 10**8, 10**9])
    rates = exact(Exponential(0.1, 0.99999999), steps)
    theirs = called(nn.ExponentialDecayLR(0.1, 0.99999999, 1), steps)
    assert ulps(theirs, rates).min() > 1000
    assert ulps(called(ScheduleLR(Exponential(0.1, 0.99999999)), steps), rates).max() <= BOUND


def test_mindspores_experimental_cosine_turns_nan() -> None:
    from mindspore.experimental import optim

    with in_mode("PYNATIVE_MODE"):
        group = {"params": [Parameter(Tensor([0.0]), name="w")], "lr": 1e-7, "initial_lr": 0.1}
        optimizer = optim.SGD([group], lr=0.1)
        theirs = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=13_000, last_epoch=12_990)
        for _ in range(20):
            theirs.step()
        assert math.isnan(theirs.get_last_lr()[0].asnumpy())
        rates = called(ScheduleLR(Cosine(0.1, 0.0, 13_000, "mirror")), np.arange(26_001))
    assert np.isfinite(rates).all()
    assert rates[13_000] == 0
    assert (rates[:13_001] == rates[:12_999:-1]).all()


def test_mindspores_list_runs_out() -> None:
    with in_mode("PYNATIVE_MODE"):
        rates = nn.cosine_decay_lr(0.0, 0.1, 3, 1, 3)
        parameter, optimizer = one_parameter(nn.SGD, rates)
        for _ in range(3):
            applied_by(optimizer, parameter)
        with pytest.raises(RuntimeError):
            applied_by(optimizer, parameter)
        parameter, optimizer = one_parameter(nn.SGD, ScheduleLR(Cosine(0.1, 0.0, 3, "stop")))
        applied = [applied_by(optimizer, parameter) for _ in range(5)]
    assert applied[2:] == [applied[2]] * 3
    assert applied[2] > 0


def test_the_docstrings_example() -> None:
    results = doctest.testmod(module)
    assert results.attempted > 0
    assert results.failed == 0
