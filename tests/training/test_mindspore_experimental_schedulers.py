"""``isorate.mindspore.experimental`` beside MindSpore's own schedulers: first what is wrong with
theirs, shown on them, then ours; and real trainings, whole and resumed, in both modes."""

from __future__ import annotations

import doctest
import inspect
import json
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

mindspore = pytest.importorskip("mindspore")
from mindspore import Parameter, Tensor, nn, ops  # noqa: E402
from mindspore.experimental import optim  # noqa: E402
from mindspore.experimental.optim import lr_scheduler as theirs  # noqa: E402

from isorate import Run, schedules, simulate  # noqa: E402
from isorate.mindspore import experimental as ours  # noqa: E402
from isorate.mindspore.experimental import _closed_form  # noqa: E402
from isorate.schedule.shapes import Cosine, Table  # noqa: E402
from isorate.training.rates import per_group  # noqa: E402
from tests.calls import read  # noqa: E402
from tests.conformance.cases.mindspore.schedulers import mindspore_schedulers  # noqa: E402
from tests.conformance.drawing import rates as rates_drawn  # noqa: E402
from tests.conformance.frameworks import build  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.mindspore


MODES = {"PYNATIVE": mindspore.PYNATIVE_MODE, "GRAPH": mindspore.GRAPH_MODE}
NEEDING_A_METRIC = {"LRScheduler", "ReduceLROnPlateau"}
NAMES = sorted(set(theirs.__all__) - NEEDING_A_METRIC)


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> Iterator[str]:
    before = mindspore.get_context("mode")
    mindspore.set_context(mode=MODES[request.param])
    yield request.param
    mindspore.set_context(mode=before)


# --- the same names, the same arguments ----------------------------------------------------------


def test_every_scheduler_that_is_a_function_of_the_step_has_a_drop_in() -> None:
    assert len(NAMES) == 12
    assert set(NAMES) <= set(ours.__all__)


@pytest.mark.parametrize("name", NAMES)
def test_signatures_are_mindspores(name: str) -> None:
    assert arguments_of(getattr(ours, name)) == arguments_of(getattr(theirs, name))
    assert issubclass(getattr(ours, name), theirs.LRScheduler)


def arguments_of(kind: Any) -> list[tuple[str, Any]]:
    found = inspect.signature(kind).parameters.values()
    return [(argument.name, argument.default) for argument in found]


#: Rows of the tables that MindSpore refuses; "metric-alone" is one for want of an initial_lr.
FAULTS = [
    case
    for case in mindspore_schedulers()
    if case.raises and "Plateau" not in case.id and "metric-alone" not in case.id
]


@pytest.mark.parametrize("case", FAULTS, ids=lambda case: case.id)
def test_bad_arguments_raise_what_mindspore_raises(case: Any) -> None:
    home = "mindspore.experimental.optim.lr_scheduler."
    text = re.sub(rf"(?<![.\w])({home})?({'|'.join(NAMES)})\(", r"ours.\2(", case.text)
    assert text.startswith("ours.")
    with pytest.raises(Exception) as expected:  # noqa: PT011 - it is asked which
        build(case.text).step()
    with pytest.raises(expected.type):
        build(text.replace("ours.", "isorate.mindspore.experimental.")).step()


@pytest.mark.parametrize("name", NAMES)
def test_another_optimizer_is_refused(name: str) -> None:
    arguments = CALLS[name](optimizer_of(0.1))
    with pytest.raises((TypeError, ValueError)):
        getattr(ours, name)(nn.SGD([parameter()], 0.1), **arguments)


# --- beside MindSpore's own -----------------------------------------------------------------------

lengths = st.integers(1, 9)
factors = st.one_of(st.sampled_from([0.5, 0.1, 0.9, 1.0]), st.floats(0.1, 1.1))
shares = st.one_of(st.sampled_from([0.5, 1.0, 0.25]), st.floats(0.01, 1.0))
floors = st.one_of(st.sampled_from([0.0, 0, 1e-3]), st.floats(0.0, 0.05))
#: What each is drawn with; lambdas are of what a float32 tensor and an int both are.
DRAWN: dict[str, Any] = {
    "StepLR": {"step_size": lengths, "gamma": factors},
    "MultiStepLR": {"milestones": st.lists(st.integers(0, 14), max_size=4), "gamma": factors},
    "ConstantLR": {"factor": shares, "total_iters": lengths},
    "LinearLR": {"start_factor": shares, "end_factor": shares, "total_iters": lengths},
    "ExponentialLR": {"gamma": factors},
    "PolynomialLR": {"total_iters": lengths, "power": st.floats(0.0, 3.0)},
    "CosineAnnealingLR": {"T_max": st.integers(2, 12), "eta_min": floors},
    "CosineAnnealingWarmRestarts": {
        "T_0": lengths,
        "T_mult": st.sampled_from([1, 2, 3]),
        "eta_min": floors,
    },
    "CyclicLR": {
        "base_lr": st.floats(0.0, 0.1),
        "max_lr": st.floats(0.0, 1.0),
        "step_size_up": lengths,
        "step_size_down": st.one_of(st.none(), lengths),
        "mode": st.sampled_from(["triangular", "triangular2", "exp_range"]),
        "gamma": st.floats(0.8, 1.0),
        "scale_fn": st.sampled_from([None, None, lambda x: 0.9**x, lambda x: 1 / (1 + x)]),
        "scale_mode": st.sampled_from(["cycle", "iterations"]),
    },
    "LambdaLR": {"lr_lambda": st.sampled_from([lambda t: 0.95**t, lambda t: 1 / (1 + t)])},
    "MultiplicativeLR": {"lr_lambda": st.sampled_from([lambda t: 0.9, lambda t: t / (t + 1)])},
}
STEPS = 16


@pytest.mark.parametrize("name", DRAWN)
def test_rates_are_mindspores(name: str) -> None:
    @settings(max_examples=8)
    @given(st.fixed_dictionaries(DRAWN[name]), st.lists(rates_drawn(1e-4, 5.0), min_size=1))
    def agree(arguments: dict[str, Any], starts: list[float]) -> None:
        expected = steps_of(getattr(theirs, name)(optimizer_of(*starts[:2]), **arguments), STEPS)
        found = steps_of(getattr(ours, name)(optimizer_of(*starts[:2]), **arguments), STEPS)
        assert_close(found, expected)

    agree()


MEMBERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("LinearLR", {"start_factor": 0.1, "total_iters": 4}),
    ("CosineAnnealingLR", {"T_max": 6, "eta_min": 0.01}),
    ("CosineAnnealingWarmRestarts", {"T_0": 3, "T_mult": 2}),
    ("ExponentialLR", {"gamma": 0.8}),
    ("PolynomialLR", {"total_iters": 5, "power": 2.0}),
    ("LambdaLR", {"lr_lambda": lambda t: 1 / (1 + t)}),
)


@settings(max_examples=12)
@given(st.lists(st.sampled_from(MEMBERS), min_size=2, max_size=3), st.integers(1, 6))
def test_one_after_another_is_mindspores(parts: Any, length: int) -> None:
    milestones = [length * (index + 1) for index in range(len(parts) - 1)]
    found = []
    for module in (theirs, ours):
        optimizer = optimizer_of(0.1, 0.3)
        members = [getattr(module, name)(optimizer, **arguments) for name, arguments in parts]
        found.append(steps_of(module.SequentialLR(optimizer, members, milestones), STEPS))
    assert_close(found[1], found[0])


def assert_close(found: Any, expected: Any) -> None:
    """Assert that rates differ by what float32 recursions make of them, and no more."""
    assert np.isfinite(expected).all()
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-6 * np.abs(expected).max())


# --- what is wrong with MindSpore's, and right with ours -----------------------------------------

#: Arguments for each of them.
CALLS: dict[str, Any] = {
    "StepLR": lambda optimizer: {"step_size": 3, "gamma": 0.5},
    "MultiStepLR": lambda optimizer: {"milestones": [2, 5], "gamma": 0.5},
    "ConstantLR": lambda optimizer: {"factor": 0.5, "total_iters": 4},
    "LinearLR": lambda optimizer: {"start_factor": 0.25, "total_iters": 8},
    "ExponentialLR": lambda optimizer: {"gamma": 0.9},
    "PolynomialLR": lambda optimizer: {"total_iters": 9, "power": 2.0},
    "CosineAnnealingLR": lambda optimizer: {"T_max": 6, "eta_min": 0.01},
    "CosineAnnealingWarmRestarts": lambda optimizer: {"T_0": 3, "T_mult": 2},
    "CyclicLR": lambda optimizer: {"base_lr": 0.01, "max_lr": 0.2, "step_size_up": 3},
    "LambdaLR": lambda optimizer: {"lr_lambda": inverse},
    "MultiplicativeLR": lambda optimizer: {"lr_lambda": shrinking},
    "SequentialLR": lambda optimizer: {
        "schedulers": [
            ours.LinearLR(optimizer, 0.25, 1.0, 3),
            ours.MultiStepLR(optimizer, [2, 4], 0.5),
        ],
        "milestones": [3],
    },
}


def inverse(step: int) -> float:
    return 1 / (1 + step)


def shrinking(step: int) -> float:
    return 0.9 if step % 2 else 0.8


def made(name: str, *starts: float, **extra: Any) -> Any:
    """Return one of our schedulers on an optimizer of its own."""
    optimizer = optimizer_of(*(starts or (0.1,)), **extra)
    return getattr(ours, name)(optimizer, **CALLS[name](optimizer))


def test_the_trough_of_a_long_cosine_is_no_nan() -> None:
    scheduler = theirs.CosineAnnealingLR(optimizer_of(0.1), 12860)
    scheduler.step(12858)  # by its closed form; its recursion goes on from there
    assert np.isfinite(steps_of(scheduler, 2)).all()
    assert np.isnan(steps_of(scheduler, 2)).all()
    scheduler = ours.CosineAnnealingLR(optimizer_of(0.1), 12860)
    scheduler.step(12858)
    meant = [Cosine(single(0.1), 0.0, 12860, "mirror").at(12858 + t) for t in range(9)]
    assert steps_of(scheduler, 9) == [[single(rate)] for rate in meant]
    assert 0 == meant[2] < meant[3]


def test_the_counter_does_not_stop() -> None:
    def counted(module: Any) -> list[float]:
        scheduler = module.LambdaLR(optimizer_of(1.0), lambda step: step % 4 + 1)
        scheduler.step(2**24 - 2)
        found: list[float] = np.ravel(steps_of(scheduler, 6)).tolist()
        return found

    assert counted(theirs) == [3, 4, 1, 1, 1, 1]
    assert counted(ours) == [3, 4, 1, 2, 3, 4]
    scheduler = ours.CyclicLR(optimizer_of(0.1), 0.0, 1.0, 4)
    for far in (2**24, 2**40, 2**53 - 8):  # multiples of the cycle
        scheduler.step(far)
        turn = np.ravel(steps_of(scheduler, 8)).tolist()
        assert turn == [0, 0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25]
    assert scheduler.last_epoch == 2**53


def test_a_scheduler_that_is_resumed_by_last_epoch_goes_on() -> None:
    for name, arguments in (
        ("LinearLR", {"start_factor": 0.25, "total_iters": 8}),
        ("ExponentialLR", {"gamma": 0.9}),
        ("CosineAnnealingLR", {"T_max": 6}),
    ):
        whole = steps_of(getattr(theirs, name)(optimizer_of(0.1), **arguments), 6)
        fresh = optimizer_of(0.1, initial_lr=0.1)
        resumed = getattr(theirs, name)(fresh, **arguments, last_epoch=2)
        assert not np.allclose(steps_of(resumed, 3), whole[3:], rtol=0.1)
    for name in NAMES:
        whole = steps_of(made(name), 20)
        for last_epoch in (0, 2, 9):
            optimizer = optimizer_of(0.1, initial_lr=0.1)
            arguments = CALLS[name](optimizer)
            resumed = getattr(ours, name)(optimizer, **arguments, last_epoch=last_epoch)
            assert steps_of(resumed, 19 - last_epoch) == whole[last_epoch + 1 :]


def test_a_scheduler_has_a_state() -> None:
    assert not hasattr(theirs.LRScheduler, "state_dict")
    for name in NAMES:
        whole = made(name, 0.1, 0.3) if name != "CyclicLR" else made(name, 0.1)
        groups = len(whole.optimizer.param_groups)
        rates = steps_of(whole, 12)
        whole.seek(7)
        state = json.loads(json.dumps(whole.state_dict()))
        resumed = made(name, *(0.1, 0.3)[:groups])
        steps_of(resumed, 2)
        resumed.load_state_dict(state)
        assert steps_of(resumed, 5) == rates[7:]


def test_another_schedule_is_refused_and_shown() -> None:
    state = made("CosineAnnealingLR").state_dict()
    scheduler = ours.CosineAnnealingLR(optimizer_of(0.1), 40)
    with pytest.raises(ours.ScheduleMismatchError, match='"duration":6'):
        scheduler.load_state_dict(state)
    scheduler.load_state_dict(state, on_mismatch="checkpoint")
    assert steps_of(scheduler, 14) == steps_of(made("CosineAnnealingLR"), 14)


def test_a_group_that_is_added_is_scheduled() -> None:
    for module in (theirs, ours):
        optimizer = Descent([parameter()], 0.5)
        scheduler = module.ExponentialLR(optimizer, 0.5)
        scheduler.step()
        optimizer.add_param_group({"params": [parameter("late")], "lr": 1.0})
        steps_of(scheduler, 2)
        assert rates_of(optimizer) == [0.0625, 1.0 if module is theirs else 0.25]
        optimizer((Tensor([1.0]), Tensor([1.0])))
        moved = [-float(p.asnumpy()[0]) for p in optimizer.parameters]
        assert moved == rates_of(optimizer)
    assert scheduler.base_lrs == [0.5, 2.0]  # in proportion: it has 1.0 at step 1
    assert len(scheduler.get_last_lr()) == 2


class Descent(optim.Optimizer):  # type: ignore[misc] # MindSpore is untyped
    """An optimizer without a state: those of MindSpore have none for a group that is added."""

    def __init__(self, params: Any, lr: float) -> None:
        super().__init__(params, {"lr": lr})

    def construct(self, gradients: Any) -> bool:
        for index, group in enumerate(self.param_groups):
            for place, param in enumerate(group["params"]):
                step = gradients[self.group_start_id[index] + place] * self.lrs[index]
                ops.assign_sub(param, step)
        return True


def test_milestones_after_a_warmup() -> None:
    def sequence(module: Any) -> Any:
        optimizer = optimizer_of(0.5)
        members = [module.LinearLR(optimizer, 0.5, 1.0, 2), module.MultiStepLR(optimizer, [1], 0.5)]
        return module.SequentialLR(optimizer, members, [2])

    with pytest.raises(AttributeError, match="step_size"):
        steps_of(sequence(theirs), 4)
    assert steps_of(sequence(ours), 5) == [[0.25], [0.375], [0.5], [0.25], [0.25]]


def test_a_sequence_within_a_sequence() -> None:
    def nested(module: Any) -> Any:
        optimizer = optimizer_of(1.0)
        halves = [module.ConstantLR(optimizer, factor, 99) for factor in (0.5, 0.25, 0.125)]
        last = module.SequentialLR(optimizer, halves[1:], [2])
        return module.SequentialLR(optimizer, [halves[0], last], [2])

    with pytest.raises(TypeError):
        steps_of(nested(theirs), 4)
    assert steps_of(nested(ours), 6) == [[0.5]] * 2 + [[0.25]] * 2 + [[0.125]] * 2


def test_a_sequence_takes_its_own_schedulers_only() -> None:
    optimizer = optimizer_of(0.1)
    member, other = made("StepLR"), theirs.StepLR(optimizer, 3)
    metric = theirs.ReduceLROnPlateau(optimizer)
    ours_here = ours.StepLR(optimizer, 3)
    for members, error, text in (
        ([ours_here, member], ValueError, "scheduler 1 is of another optimizer"),
        ([other, ours_here], TypeError, "build isorate.mindspore.experimental.StepLR"),
        ([metric, ours_here], TypeError, "scheduler 0 follows a metric"),
        ([None, ours_here], AttributeError, "scheduler 0 is none"),
        ([ours_here], ValueError, "1 milestones for 1 schedulers"),
        ([], ValueError, "no schedulers"),
    ):
        with pytest.raises(error, match=text):
            ours.SequentialLR(optimizer, members, [3])
    with pytest.raises(ValueError, match="do not increase"):
        ours.SequentialLR(optimizer, [ours_here] * 3, [4, 3])


def test_restarts_go_to_any_step() -> None:
    with pytest.raises(TypeError):
        theirs.CosineAnnealingWarmRestarts(optimizer_of(0.1), 3, 2).step(5)
    scheduler = made("CosineAnnealingWarmRestarts")
    whole = steps_of(scheduler, 40)
    for epoch in (5, Tensor(21, mindspore.int32), 3, 38):
        scheduler.step(epoch)
        assert rates_of(scheduler.optimizer) == whole[int(epoch)]
    for bad, error in ((-1, ValueError), ("1", TypeError), (float("nan"), ValueError)):
        with pytest.raises(error):
            scheduler.step(bad)
    assert rates_of(scheduler.optimizer) == whole[38]


@pytest.mark.parametrize("module", [theirs, ours], ids=["theirs", "ours"])
def test_a_rate_that_something_else_wrote_has_no_say_at_the_next_step(module: Any) -> None:
    optimizer = optimizer_of(0.5)
    scheduler = module.ExponentialLR(optimizer, 0.5)
    ops.assign(optimizer.lrs[0], Tensor(8.0))
    scheduler.step()
    assert rates_of(optimizer) == [4.0 if module is theirs else 0.25]
    optimizer.param_groups[0]["lr"] = 8.0  # as in torch; the optimizer takes it
    scheduler.step()
    assert applied_by(optimizer) == [8.0 if module is theirs else 0.125]


# --- how rates get into the optimizer ------------------------------------------------------------


def test_rates_are_rounded_once() -> None:
    rates = [0.1, 1e-45, 1e-46, 3.4028235677973366e38, 1e300, 1 + 2**-24, 1 + 2**-24 + 2**-50]
    scheduler = ours.ScheduleLR(optimizer_of(1.0), Table(tuple(rates)))
    with np.errstate(over="ignore"):
        expected = np.array(rates).astype(np.float32)
    assert np.array_equal(np.ravel(steps_of(scheduler, len(rates))), expected)


@pytest.mark.parametrize("putting", [_closed_form.copied, ops.assign])
def test_updates_have_the_rates_of_their_step(putting: Any, mode: str) -> None:
    """What ``set_data`` puts there, a compiled step never sees; an operation is in its turn."""

    def train(put: Any) -> tuple[list[Any], np.float32]:
        parameters = [Parameter(Tensor(np.zeros(200_000, np.float32)), f"w{k}") for k in range(4)]
        optimizer = optim.SGD(parameters, lr=0.0)
        gradients = tuple(Tensor(np.ones(200_000, np.float32)) for _ in parameters)
        compiled = mindspore.jit(optimizer.construct)
        expected = np.float32(0)
        for rate in np.random.default_rng(0).random(30):
            put(optimizer.lrs[0], _closed_form.single(rate))
            compiled(gradients)
            expected -= np.float32(rate)
        return [weights.asnumpy() for weights in parameters], expected

    weights, expected = train(lambda parameter, value: parameter.set_data(value))
    assert not (weights[0] == expected).any()
    weights, expected = train(putting)
    assert all((each == expected).all() for each in weights)


def test_a_device_without_copy_is_written_as_mindspore_writes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = steps_of(made("CosineAnnealingLR", 0.1, 0.3), 9)
    monkeypatch.setattr(_closed_form, "get_context", lambda name: "GPU")
    scheduler = made("CosineAnnealingLR", 0.1, 0.3)
    assert scheduler._put is ops.assign
    assert steps_of(scheduler, 9) == expected


def test_a_step_is_compiled_once(mode: str) -> None:
    compilations = []

    @ops.constexpr  # type: ignore[untyped-decorator]
    def compiling() -> int:
        compilations.append(1)
        return 0

    scheduler = made("CosineAnnealingLR", 0.5)
    optimizer = scheduler.optimizer

    @mindspore.jit  # type: ignore[untyped-decorator]
    def train_step(gradient: Any) -> Any:
        compiling()
        return optimizer((gradient,))

    moved = []
    (weight,) = optimizer.parameters
    rates = []
    for _ in range(9):
        rates.append(rates_of(optimizer)[0])
        ops.assign(weight, Tensor([0.0]))
        train_step(Tensor([1.0]))
        moved.append(-weight.asnumpy()[0])
        scheduler.step()
    assert moved == rates
    assert len(set(rates)) > 5
    assert compilations == [1]


def test_a_step_is_not_compiled(mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be frozen there: what is computed on the host is computed once."""
    monkeypatch.chdir(tmp_path)  # where MindSpore keeps what it could not compile
    scheduler = made("ExponentialLR")

    def stepping() -> int:
        scheduler.step()
        return 0

    def seeking() -> int:
        scheduler.seek(3)
        return 0

    def asking() -> Any:
        return scheduler.get_last_lr()

    for function in (stepping, seeking, asking):
        with pytest.raises(RuntimeError, match="is not supported in 'construct' or function with"):
            mindspore.jit(function)()
    assert scheduler.last_epoch == 0


def test_what_a_step_leaves_is_asked_for() -> None:
    scheduler = made("LinearLR", 0.5, 1.0)
    last = scheduler.get_last_lr()
    assert [rate.dtype for rate in last] == [mindspore.float32] * 2
    assert [float(rate) for rate in last] == [0.125, 0.25] == rates_of(scheduler.optimizer)
    scheduler.seek(8)
    assert [float(rate) for rate in last] == [0.125, 0.25]  # copies
    assert [float(rate) for rate in scheduler.get_lr()] == [0.5, 1.0]
    assert (scheduler.last_epoch, scheduler.base_lrs) == (8, [0.5, 1.0])
    scheduler.total_iters = 16
    scheduler.step()
    assert rates_of(scheduler.optimizer) == [0.125 + 0.375 * 9 / 16, 0.25 + 0.75 * 9 / 16]


def test_what_is_built_after_a_cycle_finds_its_rate() -> None:
    for module in (theirs, ours):
        optimizer = optimizer_of(0.5)
        module.CyclicLR(optimizer, 0.0, 1.0, 4)
        module.ExponentialLR(optimizer, 0.5)
        assert rates_of(optimizer) == [0.0]


@pytest.mark.parametrize("scale_mode", ["cycle", "iterations"])
def test_triangles_scaled_by_a_function_of_an_integer(scale_mode: Any) -> None:
    heights = {"cycle": [0.0, 1.0, 0.5, 0.25], "iterations": [0.5**t for t in range(12)]}[
        scale_mode
    ]
    scheduler = ours.CyclicLR(
        optimizer_of(9.0), 0.0, 1.0, 2, scale_fn=heights.__getitem__, scale_mode=scale_mode
    )
    turns = [[0.0, 0.5, 1.0, 0.5][t % 4] * heights[t if len(heights) > 4 else t // 4 + 1]
             for t in range(12)]  # fmt: skip
    assert steps_of(scheduler, 12 - 1) == [[rate] for rate in turns[:-1]]


def test_a_longer_run_is_planned_and_begun() -> None:
    scheduler = ours.CosineAnnealingLR(optimizer_of(0.5), 8)
    scheduler.seek(4)
    plan = scheduler.extend(16)
    assert rates_of(scheduler.optimizer) == [0.25]
    plan.apply()
    assert rates_of(scheduler.optimizer) == [single(plan.schedule.at(4))]
    scheduler.seek(16)
    assert rates_of(scheduler.optimizer) == [0.0]


# --- any schedule ---------------------------------------------------------------------------------


def test_any_schedule_trains() -> None:
    warmed = schedules.Cosine(0.5, 0.01, 20).after_warmup(5, 0.1)
    scheduler = ours.ScheduleLR(optimizer_of(9.0, 9.0), warmed)
    assert steps_of(scheduler, 30) == [[single(warmed.at(t))] * 2 for t in range(30)]
    resumed = ours.ScheduleLR(optimizer_of(9.0, 9.0), warmed, last_epoch=11)
    assert rates_of(resumed.optimizer) == [single(warmed.at(12))] * 2
    resumed.load_state_dict(scheduler.state_dict())
    assert rates_of(resumed.optimizer) == [single(warmed.at(30))] * 2


def test_groups_and_text() -> None:
    each = schedules.groups(Cosine(0.5, 0.0, 4, "mirror"), Cosine(1.0, 0.5, 4, "mirror"))
    scheduler = ours.ScheduleLR(optimizer_of(9.0, 9.0), each)
    assert steps_of(scheduler, 5)[4] == [0.0, 0.5]
    with pytest.raises(ValueError, match="for 2 parameter groups"):
        ours.ScheduleLR(optimizer_of(9.0), each)
    text = "torch.optim.lr_scheduler.OneCycleLR(max_lr=0.5, total_steps=10)"
    scheduler = ours.ScheduleLR(optimizer_of(0.1), text)
    torchs = simulate(read(text, lr=0.1), Run(10)).values
    np.testing.assert_allclose(np.ravel(steps_of(scheduler, 10)), torchs, rtol=1e-6)
    with pytest.raises(TypeError, match="neither a Schedule nor"):
        ours.ScheduleLR(optimizer_of(0.1), 0.1)  # type: ignore[arg-type]


def test_a_group_brings_its_own(mode: str) -> None:
    optimizer = optimizer_of(9.0, 9.0, schedule=Cosine(0.5, 0.0, 4, "mirror"))
    optimizer.param_groups[1]["schedule"] = "ExponentialLR(gamma=0.5)"
    scheduler = ours.ScheduleLR(optimizer)
    assert [scheduler.step() or applied_by(optimizer) for _ in range(4)][3] == [0.0, 9 / 16]
    assert all(isinstance(group["schedule"], str) for group in optimizer.param_groups)
    assert scheduler.schedule == schedules.groups(
        Cosine(0.5, 0.0, 4, "mirror"), schedules.Exponential(9.0, 0.5)
    )
    with pytest.raises(ValueError, match="there is no schedule"):
        ours.ScheduleLR(optimizer_of(9.0))


def test_a_step_past_the_end_raises_and_changes_nothing() -> None:
    scheduler = ours.ScheduleLR(optimizer_of(9.0), Table((0.5, 0.25)))
    assert steps_of(scheduler, 2) == [[0.5], [0.25]]  # with a step after the last update
    for epoch in (None, 3):
        with pytest.raises(RuntimeError, match="past the end: the schedule has rates for 2"):
            scheduler.step(epoch)
        assert (scheduler.last_epoch, rates_of(scheduler.optimizer)) == (2, [0.25])


# --- real trainings -------------------------------------------------------------------------------

OPTIMIZERS: dict[str, Any] = {
    "SGD": lambda params: optim.SGD(params, lr=0.1, momentum=0.9),
    "Adam": lambda params: optim.Adam(params, lr=0.1),
}
UPDATES = 10


class Training:
    """A tiny network in two groups, whose every update is compiled and logged."""

    def __init__(self, kind: str) -> None:
        self.net = nn.Dense(3, 1, weight_init="ones", bias_init="zeros")
        weight, bias = self.net.trainable_params()
        groups = [{"params": [weight]}, {"params": [bias], "lr": 0.3}]
        self.optimizer = OPTIMIZERS[kind](groups)
        net, optimizer = self.net, self.optimizer

        def loss_of(x: Any, y: Any) -> Any:
            return ops.mean((net(x) - y) ** 2)

        gradients_of = mindspore.value_and_grad(loss_of, None, optimizer.parameters)

        @mindspore.jit  # type: ignore[untyped-decorator]
        def train_step(x: Any, y: Any) -> Any:
            loss, gradients = gradients_of(x, y)
            optimizer(gradients)
            return loss

        self.train_step = train_step

    def update(self, k: int) -> tuple[list[float], bytes]:
        """Make update k; return the rates it applied and the weights after it."""
        rates = rates_of(self.optimizer)
        rng = np.random.default_rng(k)
        self.train_step(*(Tensor(rng.random(shape, np.float32)) for shape in ((4, 3), (4, 1))))
        weights = (p.asnumpy().tobytes() for p in self.net.trainable_params())
        return rates, b"".join(weights)


SCHEDULED: dict[str, Any] = {
    "cosine": lambda optimizer: ours.CosineAnnealingLR(optimizer, 4, 0.01),
    "sequence": lambda optimizer: ours.SequentialLR(optimizer, **CALLS["SequentialLR"](optimizer)),
    "schedule": lambda optimizer: ours.ScheduleLR(
        optimizer, schedules.Cosine(0.5, 0.01, 7).after_warmup(3, 0.1)
    ),
}


@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize("scheduled", SCHEDULED)
def test_a_resumed_training_is_the_one_that_never_stopped(
    scheduled: str, kind: str, mode: str, tmp_path: Path
) -> None:
    whole = Training(kind)
    scheduler = SCHEDULED[scheduled](whole.optimizer)
    paths, logged = [], []
    for k in range(UPDATES):
        paths.append(str(tmp_path / f"{k}.ckpt"))
        state = {"scheduler": json.dumps(scheduler.state_dict())}
        mindspore.save_checkpoint(whole.optimizer, paths[k], append_dict=state)
        logged.append(whole.update(k))
        scheduler.step()
    parts = per_group(scheduler.schedule, 2)
    meant = [[single(part.at(k)) for part in parts] for k in range(UPDATES)]
    assert [rates for rates, _ in logged] == meant
    assert len({weights for _, weights in logged}) == UPDATES

    by_hand = Training(kind)
    for k, (rates, weights) in enumerate(logged):
        for lr, rate in zip(by_hand.optimizer.lrs, rates, strict=True):
            ops.assign(lr, Tensor(rate, mindspore.float32))
        assert by_hand.update(k) == (rates, weights)

    for k in (1, 4, 7):
        resumed = Training(kind)
        scheduler = SCHEDULED[scheduled](resumed.optimizer)
        checkpoint = mindspore.load_checkpoint(paths[k])
        scheduler.load_state_dict(json.loads(checkpoint.pop("scheduler")))
        assert mindspore.load_param_into_net(resumed.optimizer, checkpoint) == ([], [])
        for later in range(k, UPDATES):
            assert resumed.update(later) == logged[later], (k, later)
            scheduler.step()


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_a_checkpoint_of_mindspores_holds_neither_rate_nor_counter(
    kind: str, tmp_path: Path
) -> None:
    whole, path = Training(kind), str(tmp_path / "whole.ckpt")
    scheduler = theirs.CosineAnnealingLR(whole.optimizer, 4)
    steps_of(scheduler, 3)
    mindspore.save_checkpoint(whole.optimizer, path)
    checkpoint = mindspore.load_checkpoint(path)
    assert not [name for name in checkpoint if "learning_rate" in name or "last_epoch" in name]
    resumed = Training(kind)
    again = theirs.CosineAnnealingLR(resumed.optimizer, 4)
    mindspore.load_param_into_net(resumed.optimizer, checkpoint)
    assert rates_of(resumed.optimizer) == list(map(single, (0.1, 0.3)))
    assert rates_of(resumed.optimizer) != rates_of(whole.optimizer)
    assert int(again.last_epoch) == 0


# --- documentation --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "._schedule"])
def test_the_docstrings_examples(name: str) -> None:
    results = doctest.testmod(import_module(f"isorate.mindspore.experimental{name}"))
    assert results.attempted > 0
    assert results.failed == 0


# --- helpers --------------------------------------------------------------------------------------


def parameter(name: str = "weight") -> Any:
    return Parameter(Tensor([0.0]), name=name)


def optimizer_of(*rates: float, **extra: Any) -> Any:
    """Return an optimizer with one group for each rate."""
    named = {f"weight_{index}": rate for index, rate in enumerate(rates)}
    groups = [{"params": [parameter(name)], "lr": rate, **extra} for name, rate in named.items()]
    return optim.SGD(groups, lr=1.0)


def rates_of(optimizer: Any) -> list[float]:
    return [float(lr) for lr in optimizer.lrs]


def steps_of(scheduler: Any, count: int) -> list[list[float]]:
    """Return the rates before each of so many steps."""
    found = []
    for _ in range(count):
        found.append(rates_of(scheduler.optimizer))
        scheduler.step()
    return found


def applied_by(optimizer: Any) -> list[float]:
    """Take one update from 0 with gradients of 1, and return how far down it goes."""
    for weight in optimizer.parameters:
        ops.assign(weight, Tensor([0.0]))
    optimizer(tuple(Tensor([1.0]) for _ in optimizer.parameters))
    return [-float(weight.asnumpy()[0]) for weight in optimizer.parameters]


def single(rate: float) -> float:
    """Return a rate as float32 has it."""
    return float(np.float32(rate))


def test_a_subclass_with_a_get_lr_of_its_own_is_asked() -> None:
    seen = []
    for home in (theirs, ours):

        class Floored(home.ExponentialLR):  # type: ignore[name-defined, misc]
            def get_lr(self) -> list[Any]:
                return [max(float(rate), 0.03) for rate in super().get_lr()]

        optimizer = optimizer_of(0.1)
        scheduler = Floored(optimizer, 0.5)
        rates = []
        for _ in range(5):
            rates.append(float(optimizer.lrs[0].asnumpy()))
            scheduler.step()
        seen.append(rates)
    assert seen[0] == seen[1]
    assert seen[0][-1] == pytest.approx(0.03)
