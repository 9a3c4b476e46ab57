"""Every drop-in beside torch's own scheduler: the same rates, momentum and exceptions."""

from __future__ import annotations

import inspect
import math
import pickle
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from torch.optim import lr_scheduler, swa_utils  # noqa: E402

import isorate.torch  # noqa: E402
from isorate.torch import LambdaLR, MultiplicativeLR  # noqa: E402
from tests.conformance.torch_texts import ARGUMENTS, FUNCTIONS  # noqa: E402
from tests.training.torch_parts import MARKS, optimizer_of, parameter, rates_of, steps_of  # noqa: E402

pytestmark = MARKS

UPDATES = 70
NAMES = list(ARGUMENTS)
#: For hypothesis: a fifth of the profile's examples for each of thirteen schedulers.
EXAMPLES = max((settings.default or settings()).max_examples // 5, 5)


def theirs_named(name: str) -> Any:
    return getattr(lr_scheduler, name, None) or getattr(swa_utils, name)


def built(name: str, arguments: str, rates: list[float], kind: Any) -> Any:
    """Build a scheduler by its text, torch's or Isorate's."""
    groups = [{"params": [parameter()], "lr": rate} for rate in rates]
    optimizer = torch.optim.SGD(groups, lr=1.0, momentum=0.9)
    scheduler = eval(f"kind(optimizer, {arguments})", {"kind": kind, "math": math, **locals()})
    return optimizer, scheduler


def followed(optimizer: Any, scheduler: Any) -> tuple[list[Any], type[Exception] | None]:
    """Return the rates and momenta of each update, and what ended them."""
    seen: list[Any] = []
    try:
        for _ in range(UPDATES):
            seen.append([(float(g["lr"]), g["momentum"]) for g in optimizer.param_groups])
            optimizer.step()
            scheduler.step()
    except Exception as error:
        return seen, type(error)
    return seen, None


@st.composite
def drawn(draw: st.DrawFn, name: str) -> tuple[str, list[float]]:
    groups = draw(st.sampled_from([1, 1, 2, 3]))
    rates = [draw(st.sampled_from([0.1, 0.05, 1.0, 3e-4])) for _ in range(groups)]
    return draw(ARGUMENTS[name](groups)), rates


#: What torch takes and no schedule says: torch's rates are then no function of the step that lasts.
REFUSED = (
    "no number of steps", "division by 0", "no whole numbers", "has no length", "finite",
    "out of range", "required", "there is no schedule in it",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_it_does_what_torchs_own_does(name: str) -> None:
    @settings(max_examples=EXAMPLES, deadline=None)
    @given(drawn(name))
    def check(case: tuple[str, list[float]]) -> None:
        if not re.search(r"e-3\d\d\b", case[0]):  # what torch divides by has to have its digits
            agree(name, *case)

    check()


def agree(name: str, arguments: str, rates: list[float]) -> None:
    kinds = theirs_named(name), getattr(isorate.torch, name)
    try:
        optimizer, scheduler = built(name, arguments, rates, kinds[0])
        theirs, ended = followed(optimizer, scheduler)
    except Exception as error:
        with pytest.raises(type(error)):
            built(name, arguments, rates, kinds[1])
        return
    try:
        optimizer, scheduler = built(name, arguments, rates, kinds[1])
    except Exception as error:
        refused = isinstance(error, ValueError) and any(word in str(error) for word in REFUSED)
        assert refused or ended is type(error), (name, arguments, error)
        return
    ours, our_end = followed(optimizer, scheduler)
    if name == "OneCycleLR" and len(theirs) > scheduler.total_steps:
        theirs = theirs[: scheduler.total_steps]  # the rate past the end rebounds in torch
    known = min(len(ours), len(theirs))
    assert our_end is ended or (ended is not None and known == len(theirs)), (arguments, our_end)
    a, b = np.array(ours[:known]), np.array(theirs[:known])
    peak = np.abs(b[:, :, 0]).max(initial=1e-300)
    steady = np.abs(b[:, :, 0]) < 1e6 * max(rates)  # recursions that blow up lose their digits
    assert np.abs(a[:, :, 0][steady] - b[:, :, 0][steady]).max(initial=0.0) <= 1e-9 * peak, (
        arguments
    )
    np.testing.assert_allclose(a[:, :, 1], b[:, :, 1], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", [*NAMES, "SequentialLR", "ChainedScheduler"])
def test_the_signature_is_torchs(name: str) -> None:
    theirs, ours = (
        list(inspect.signature(kind).parameters.values())
        for kind in (theirs_named(name), getattr(isorate.torch, name))
    )
    assert [(p.name, p.default, p.kind) for p in ours] == [
        (p.name, p.default, p.kind) for p in theirs
    ]
    told = [(a, b) for a, b in zip(ours, theirs, strict=True) if b.annotation is not b.empty]
    assert [a.annotation for a, _ in told] == [b.annotation for _, b in told]


@pytest.mark.parametrize("name", [*NAMES, "SequentialLR", "ChainedScheduler", "cosine_decay_lr"])
def test_a_made_class_is_like_a_written_one(name: str) -> None:
    kind = getattr(isorate.torch, name)
    assert (kind.__name__, kind.__qualname__) == (name, name)
    assert kind.__module__ == kind.__init__.__module__ == "isorate.torch"
    assert kind.__init__.__qualname__ == f"{name}.__init__"
    assert issubclass(kind, lr_scheduler.LRScheduler)
    assert issubclass(kind, isorate.torch.ClosedFormLR)
    assert pickle.loads(pickle.dumps(kind)) is kind
    assert "Example:" in kind.__doc__
    parameters = list(inspect.signature(kind).parameters)
    assert list(inspect.signature(kind.__init__).parameters) == ["self", *parameters]
    missing = rf"^{name}\(\) missing a required argument: '{parameters[0]}'$"
    with pytest.raises(TypeError, match=missing):
        kind()


def test_a_made_class_may_be_derived_from() -> None:
    class Halving(isorate.torch.StepLR):
        def __init__(self, optimizer: Any, every: int) -> None:
            super().__init__(optimizer, step_size=every, gamma=0.5)

    scheduler = Halving(optimizer_of(1.0), 3)
    assert [rates[0] for rates in steps_of(scheduler, 7)] == [1, 1, 1, 0.5, 0.5, 0.5, 0.25]
    assert list(inspect.signature(Halving).parameters) == ["optimizer", "every"]
    scheduler.gamma = 0.1
    scheduler.seek(3)
    assert scheduler.get_last_lr() == [0.1]


@pytest.mark.parametrize("name", NAMES)
def test_every_way_to_resume_is_exact_at_every_update(name: str) -> None:
    arguments = {
        "LambdaLR": "lambda t: 0.95**t",
        "MultiplicativeLR": "lambda t: 0.9 + 0.01 * (t % 5)",
        "StepLR": "4, 0.5",
        "MultiStepLR": "[3, 9, 9], 0.5",
        "ConstantLR": "0.5, 6",
        "LinearLR": "0.1, 0.9, 12",
        "ExponentialLR": "0.9",
        "PolynomialLR": "15, 1.7",
        "CosineAnnealingLR": "7, 0.003",
        "CosineAnnealingWarmRestarts": "4, 2, 0.003",
        "CyclicLR": "0.01, 0.2, 4, 3, 'triangular2'",
        "OneCycleLR": "0.3, 20",
        "SWALR": "0.02, 9",
    }[name]
    kind = getattr(isorate.torch, name)

    def fresh() -> Any:
        return built(name, arguments, [0.1, 0.03], kind)

    optimizer, scheduler = fresh()
    whole, states = [], []
    for _ in range(20):
        whole.append([(g["lr"], g["momentum"]) for g in optimizer.param_groups])
        states.append((optimizer.state_dict(), scheduler.state_dict()))
        optimizer.step()
        scheduler.step()

    def rest(optimizer: Any, scheduler: Any, stop: int) -> list[Any]:
        seen = []
        for _ in range(stop, 20):
            seen.append([(g["lr"], g["momentum"]) for g in optimizer.param_groups])
            optimizer.step()
            scheduler.step()
        return seen

    for stop in range(20):
        optimizer, scheduler = fresh()
        scheduler.load_state_dict(states[stop][1])
        assert rest(optimizer, scheduler, stop) == whole[stop:], ("state", stop)
        if name == "SWALR":
            continue  # where it begins is what other schedulers have made of the rate
        optimizer, scheduler = fresh()
        scheduler.seek(stop)
        assert rest(optimizer, scheduler, stop) == whole[stop:], ("seek", stop)
        optimizer, _ = fresh()  # which leaves initial_lr in the groups
        for group in optimizer.param_groups:
            group["lr"] = 0.77
        again = eval(
            f"kind(optimizer, {arguments}, last_epoch={stop - 1})",
            {"kind": kind, "optimizer": optimizer},
        )
        assert rest(optimizer, again, stop) == whole[stop:], ("last_epoch", stop)


@pytest.mark.parametrize("text", FUNCTIONS[:3])
def test_multiplicative_rates_have_torchs_own_bits(text: str) -> None:
    function = eval(text)
    rates = [
        steps_of(kind(optimizer_of(0.1, 0.03), function), 50)
        for kind in (lr_scheduler.MultiplicativeLR, MultiplicativeLR)
    ]
    assert rates[0] == rates[1]


def test_a_function_is_asked_for_one_step_at_a_time() -> None:
    asked: list[int] = []

    def function(step: int) -> float:
        asked.append(step)
        return 1.0

    scheduler = LambdaLR(optimizer_of(0.1), function)
    for _ in range(4):
        scheduler.step()
    assert asked == [0, 1, 2, 3, 4]


def test_another_function_is_a_mismatch() -> None:
    def one(step: int) -> float:
        return 1.0

    def other(step: int) -> float:
        return 2.0

    state = LambdaLR(optimizer_of(0.1), one).state_dict()
    LambdaLR(optimizer_of(0.1), one).load_state_dict(state)
    with pytest.raises(isorate.torch.ScheduleMismatchError, match=r"<locals>\.one"):
        LambdaLR(optimizer_of(0.1), other).load_state_dict(state)
    scheduler = LambdaLR(optimizer_of(0.1), other)
    with pytest.raises(ValueError, match="not in the checkpoint"):
        scheduler.load_state_dict(state, on_mismatch="checkpoint")
    scheduler.load_state_dict(state, on_mismatch="mine")
    assert scheduler.get_last_lr() == [0.2]


def test_averaging_begins_where_the_training_has_got_to() -> None:
    """The documented use: another scheduler first, then SWALR on the same optimizer."""
    ends = []
    for module in (swa_utils, isorate.torch):
        optimizer = optimizer_of(0.1, 0.4)
        before = lr_scheduler.ExponentialLR(optimizer, 0.9)
        swa = module.SWALR(optimizer, swa_lr=0.05, anneal_epochs=5)
        seen = []
        for update in range(20):
            seen.append(rates_of(optimizer))
            optimizer.step()
            (before if update < 9 else swa).step()
        ends.append(seen)
    np.testing.assert_allclose(ends[1], ends[0], rtol=1e-12)
