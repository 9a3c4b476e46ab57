"""Python's integers, signs of zero, odd ``last_epoch`` and tensors, as torch 2.13.0 has them.

Every number and every exception here is what torch gave.
"""

from __future__ import annotations

import math
from typing import Any

import pytest

from isorate import IsorateError, Run, simulate
from isorate.kit import stepped_call
from isorate.schedule.errors import NativeError, RunError
from tests.calls import read

RESUMED = "torch.optim.SGD([{'params': params, 'lr': 0.1, 'initial_lr': 0.1}])"
SINGLE = "SGD(params, lr=torch.tensor(0.1))"
DOUBLE = "SGD(params, lr=torch.tensor(0.1, dtype=torch.float64))"


def same(rate: float, expected: float) -> bool:
    """Whether two floats have the same bits, any NaN being the same."""
    return rate.hex() == expected.hex()


def shows(text: str, updates: int, expected: dict[int, float]) -> Any:
    """Assert the rates of some updates; return where the curve ends."""
    curve = simulate(read(text, dialect="torch"), Run(updates))
    found = {update: float(curve.values[update]) for update in expected}
    assert all(same(found[update], rate) for update, rate in expected.items()), found
    return curve.halt


# --- integers ------------------------------------------------------------------------------------

SEQUENCE = (
    "SequentialLR(optimizer := SGD(params, lr=7), schedulers=[StepLR(optimizer, 1, gamma=9), "
    "ExponentialLR(optimizer, gamma=11)], milestones=[20])"
)
CHAIN = (
    "ChainedScheduler([ExponentialLR(optimizer := SGD(params, lr=1), gamma=3), "
    "StepLR(optimizer, 2, gamma=5)])"
)
CYCLES = "base_lr=5, max_lr=0.0, step_size_up=2, step_size_down=2, mode='exp_range', gamma=3"


@pytest.mark.parametrize(
    ("text", "updates", "expected"),
    [
        (
            "StepLR(SGD(params, lr=1), 1, gamma=3)",
            60,
            {34: "0x1.d9fe779881944p+53", 36: "0x1.0a9f2345c8e37p+57", 59: "0x1.6d430d277d247p+93"},
        ),
        (
            "MultiStepLR(SGD(params, lr=3), [1, 1, 2, 2, 2], gamma=123456789)",
            4,
            {1: "0x1.44e4cf8b53d65p+55", 2: "0x1.f9b1554ffdd91p+135"},
        ),
        (
            "MultiplicativeLR(SGD(params, lr=1), lambda t: 3 ** t)",
            12,
            {8: "0x1.0a9f2345c8e37p+57", 9: "0x1.404ea653fa129p+71"},
        ),
        (SEQUENCE, 40, {19: "0x1.0674a6b8b1bfep+63", 20: "0x1.cp+2", 39: "0x1.735452918ba25p+68"}),
        (CHAIN, 40, {24: "0x1.de74496c6d3a4p+65", 39: "0x1.e7ceff43c27a8p+105"}),
        (f"CyclicLR(SGD(params, lr=0.1), {CYCLES})", 40, {34: "-0x1.283f0abf50fcap+56"}),
        (
            "SWALR(SGD(params, lr=0.5), swa_lr=9007199254740993, anneal_epochs=2)",
            5,
            {1: "0x1.0p+52", 2: "0x1.0p+53", 4: "0x1.0p+53"},
        ),
        (
            "LambdaLR(SGD(params, lr=3), lambda t: 2 ** 53 + t)",
            4,
            {1: "0x1.8000000000001p+54", 3: "0x1.8000000000002p+54"},
        ),
        (
            "OneCycleLR(SGD(params, lr=1), max_lr=9007199254740993, total_steps=4, div_factor=7)",
            4,
            {0: "0x1.2492492492494p+50", 2: "0x1.21dcace920766p+51"},
        ),
    ],
)
def test_integers_stay_exact(text: str, updates: int, expected: dict[int, str]) -> None:
    rates = {update: float.fromhex(rate) for update, rate in expected.items()}
    assert shows(text, updates, rates) is None


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("ExponentialLR(SGD(params, lr=1), gamma=3)", "0x1.d906a378b5987p+1023"),
        ("LambdaLR(SGD(params, lr=0.1), lambda t: 3 ** t)", "0x1.7a6bb5fa2ae06p+1020"),
    ],
)
def test_the_first_integer_beyond_the_floats_ends_the_rates(text: str, last: str) -> None:
    halt = shows(text, 700, {646: float.fromhex(last)})
    assert (halt.update, halt.error) == (647, "OverflowError")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("LambdaLR(SGD(params, lr=0), lambda t: -t)", {0: 0.0, 1: 0.0}),
        ("LambdaLR(SGD(params, lr=0.0), lambda t: -t)", {0: 0.0, 1: -0.0}),
        ("ExponentialLR(SGD(params, lr=0), gamma=-1)", {1: 0.0}),
        ("ExponentialLR(SGD(params, lr=0), gamma=-1.0)", {1: -0.0}),
        ("StepLR(SGD(params, lr=0.0), 1, gamma=-1)", {1: -0.0, 2: 0.0}),
    ],
)
def test_an_integer_zero_has_no_sign(text: str, expected: dict[int, float]) -> None:
    shows(text, 3, expected)


# --- lambdas -------------------------------------------------------------------------------------


def test_a_lambda_goes_on_past_64_bits() -> None:
    expected = {60: 2.358982487592573e-30, 647: 2.00700380744105e-310}
    assert shows("LambdaLR(SGD(params, lr=0.1), lambda t: 1 / 3 ** t)", 700, expected) is None


def test_where_isorate_stops_computing_no_framework_is_said_to_raise() -> None:
    call = read("LambdaLR(SGD(params, lr=0.1), lambda t: 1 / 3 ** t)", dialect="torch")
    halt = simulate(call, Run(20_000)).halt
    assert halt is not None
    assert (halt.update, halt.error) == (16385, "IsorateLimit")
    with pytest.raises(RunError, match="Isorate does not follow LambdaLR on construction"):
        read("LambdaLR(SGD(params, lr=0.1), lambda t: 9 ** 9 ** 9)", dialect="torch").checked()


# --- last_epoch ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "last_epoch", "expected"),
    [
        ("CosineAnnealingWarmRestarts({}, T_0=9", 2.0, {0: 0.07500000000000001}),
        ("CosineAnnealingWarmRestarts({}, T_0=9", 3.5, {0: 0.05, 1: 0.03289899283371658}),
        ("CosineAnnealingWarmRestarts({}, T_0=9", True, {0: 0.0883022221559489}),
        ("CosineAnnealingWarmRestarts({}, T_0=9", -2.5, {0: 0.1, 8: 0.0030153689607045845}),
        ("CosineAnnealingLR({}, T_max=5", 2.0, {0: 0.1, 8: 0.09045084971874746}),
        ("CosineAnnealingLR({}, T_max=5", 3.5, {1: 0.09999999999999955, 8: 2.0431729094530686}),
        ("CosineAnnealingLR({}, T_max=5", -1.0, {1: 0.09045084971874738, 8: 0.06545084971874741}),
        ("LambdaLR({}, lambda t: 0.5 ** t", 3.5, {0: 0.004419417382415923}),
        ("LambdaLR({}, lambda t: 0.5 ** t", -2.5, {2: 0.07071067811865477}),
        ("StepLR({}, 2, gamma=0.5", 2.0, {0: 0.1, 1: 0.05, 5: 0.0125}),
        ("StepLR({}, 2, gamma=0.5", True, {0: 0.05, 2: 0.025}),
        ("StepLR({}, 2, gamma=0.5", -2.5, {5: 0.1}),
        ("PolynomialLR({}, total_iters=6", 3.5, {1: 0.03333333333333335, 7: 0.03333333333333335}),
        ("LinearLR({}, 0.5, total_iters=4", -2.5, {1: 0.13999999999999999, 7: 0.3}),
        (
            "CyclicLR({}, base_lr=0.1, max_lr=0.9, step_size_up=3, mode='exp_range', gamma=0.5",
            3.5,
            {0: 0.1176776695296637, 3: 0.10220970869120796},
        ),
    ],
)
def test_torch_takes_any_number_as_last_epoch(
    call: str, last_epoch: float, expected: dict[int, float]
) -> None:
    assert shows(f"{call.format(RESUMED)}, last_epoch={last_epoch!r})", 12, expected) is None


@pytest.mark.parametrize(
    ("last_epoch", "error"),
    [("None", "TypeError"), ("'3'", "TypeError"), ("[1]", "TypeError")],
)
def test_what_is_no_number_is_refused_once_initial_lr_is_there(last_epoch: str, error: str) -> None:
    for optimizer, expected in ((RESUMED, error), ("SGD(params, lr=0.1)", "KeyError")):
        call = read(f"StepLR({optimizer}, 2, last_epoch={last_epoch})", dialect="torch")
        with pytest.raises(NativeError, match=f"torch raises {expected} on construction"):
            call.checked()


def test_between_two_steps_there_is_no_schedule() -> None:
    whole = read(f"StepLR({RESUMED}, 2, gamma=0.5, last_epoch=2.0)", dialect="torch").lower()
    assert [whole.at(update) for update in (0, 1, 3)] == [0.1, 0.05, 0.025]
    with pytest.raises(IsorateError, match="stands between two steps"):
        read(f"StepLR({RESUMED}, 2, last_epoch=3.5)", dialect="torch").lower()


# --- tensors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "error", "when"),
    [
        (f"CosineAnnealingLR({SINGLE}, T_max=3, eta_min=True)", "RuntimeError", "on the first"),
        (f"CosineAnnealingLR({DOUBLE}, T_max=3, eta_min=False)", "RuntimeError", "on the first"),
        (f"CosineAnnealingWarmRestarts({SINGLE}, 3, eta_min=True)", "RuntimeError", "on constr"),
        (f"CyclicLR({SINGLE}, base_lr=1e300, max_lr=1)", "RuntimeError", "on constr"),
        (f"OneCycleLR({SINGLE}, max_lr=1e39, total_steps=9)", "RuntimeError", "on the first"),
    ],
)
def test_a_tensor_refuses_what_it_cannot_hold(text: str, error: str, when: str) -> None:
    with pytest.raises(NativeError, match=f"torch raises {error} {when}"):
        read(text, dialect="torch").checked()


@pytest.mark.parametrize(
    ("text", "expected", "error", "update"),
    [
        (f"CyclicLR({DOUBLE}, base_lr=1e300, max_lr=1)", {0: 1e300}, None, None),
        (
            f"CyclicLR({SINGLE}, 1, 2, 1, 1, mode='exp_range', gamma=1e10)",
            {3: float.fromhex("0x1.93e594p+99")},
            "RuntimeError",
            5,
        ),
        (f"ExponentialLR({SINGLE}, gamma=1e300)", {1: math.inf}, None, None),
        (
            f"LambdaLR({SINGLE}, lambda t: 2 ** (16 * t))",
            {3: float.fromhex("0x1.99999ap+44")},
            "OverflowError",
            4,
        ),
        (f"SWALR({SINGLE}, swa_lr=1e39, anneal_epochs=2)", {1: math.inf}, "RuntimeError", 3),
    ],
)
def test_a_tensor_refuses_it_when_it_comes_to_it(
    text: str, expected: dict[int, float], error: str | None, update: int | None
) -> None:
    halt = shows(text, 8, expected)
    assert (halt and halt.error, halt and halt.update) == (error, update)


@pytest.mark.parametrize(
    ("arguments", "expected", "error"),
    [
        ("patience=0, min_lr='0.01'", [0.1, 0.1], "TypeError"),
        ("patience=0, threshold='1'", [0.1], "TypeError"),
        ("patience=0, factor=0, min_lr=1, eps=-2", [0.1, 0.1, 1.0, 1.0, 1.0], None),
    ],
)
def test_a_plateau_ends_where_torch_raises(
    arguments: str, expected: list[float], error: str | None
) -> None:
    call = read(f"ReduceLROnPlateau(SGD(params, lr=0.1), {arguments})", dialect="torch")
    curve = simulate(call, Run(5, metrics=[0.5] * 4))
    assert curve.values.tolist() == expected
    assert (curve.halt and curve.halt.error) == error


# --- many steps at once ------------------------------------------------------------------------


FUNCTIONS = ("lambda t: 0.95 ** t", "lambda t: 1 / (9 - t)", "lambda t: 3 ** t", "lambda t: -t")
BY_FUNCTIONS = (
    "LambdaLR(SGD(params, lr={lr}), {f})",
    "LambdaLR(SGD([{{'params': a}}, {{'params': b, 'lr': 0.2}}], {lr}), [{f}, lambda t: 0.5])",
    "MultiplicativeLR(SGD(params, lr={lr}), {f})",
    "CyclicLR(SGD(params, lr={lr}), 0.1, 0.2, 3, scale_fn={f}, cycle_momentum=False)",
    "SequentialLR(o := SGD(params, lr={lr}), [LambdaLR(o, {f}), MultiplicativeLR(o, {f})], [4])",
)


@pytest.mark.parametrize("f", FUNCTIONS)
@pytest.mark.parametrize("text", BY_FUNCTIONS)
def test_functions_are_asked_for_many_steps_at_once(
    text: str, f: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unneeded(*_: Any) -> Any:
        raise AssertionError("one by one")

    call = read(text.format(lr=0.1, f=f), dialect="torch")
    with monkeypatch.context() as patch:
        patch.setattr(stepped_call, "_one_by_one", unneeded)
        at_once = simulate(call, Run(40))
    monkeypatch.setattr(stepped_call, "_in_bulk", stepped_call._one_by_one)
    alone = simulate(call, Run(40))
    assert at_once.values.tobytes() == alone.values.tobytes()
    assert at_once.halt == alone.halt


def test_an_integer_0_leaves_nothing_of_what_no_float_holds() -> None:
    text = "LambdaLR(SGD(params, lr=0), lambda t: 10 ** 400 * t)"
    assert shows(text, 5, {0: 0.0, 4: 0.0}) is None


# --- what is no scheduler ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ("[1.0]", "AttributeError"),
        ("[1.0], SGD(params, lr=0.1)", "TypeError"),
        ("[LinearLR(SGD(params, lr=0.1)), 1.0]", "TypeError"),
        ("[]", "ValueError"),
    ],
)
def test_a_chain_of_what_is_no_scheduler(arguments: str, error: str) -> None:
    with pytest.raises(NativeError, match=f"torch raises {error} on construction"):
        read(f"ChainedScheduler({arguments})", dialect="torch").checked()


# --- groups --------------------------------------------------------------------------------------


def test_a_scheduler_looks_at_every_group_before_it_goes_on() -> None:
    groups = "[{'params': a, 'initial_lr': 0.1}, {'params': b}], lr=0.1"
    call = read(f"StepLR(torch.optim.SGD({groups}), 2, last_epoch='3')", dialect="torch")
    with pytest.raises(NativeError, match="torch raises KeyError on construction"):
        call.checked()


def test_groups_that_share_a_tensor_have_one_rate() -> None:
    # torch sets the tensor once for each group, and the last one's rate is everybody's
    shared = "torch.optim.SGD([{'params': a}, {'params': b}], lr=torch.tensor(0.1))"
    curve = simulate(read(f"StepLR({shared}, 1, 0.5)", dialect="torch"), Run(3))
    assert (curve.values[0] == curve.values[1]).all()
    call = read(f"StepLR({shared}, 1, 0.5)", dialect="torch")
    assert read(call.code, dialect="torch") == call
    text = f"LambdaLR({shared}, [lambda t: 1, lambda t: 1 if t < 2 else 0.5])"
    halt = simulate(read(text, dialect="torch"), Run(5)).halt
    assert halt is not None
    assert (halt.update, halt.error) == (2, "IsorateLimit")
    with pytest.raises(IsorateError, match="an 'lr' of its own"):
        read(text, dialect="torch").lower()


@pytest.mark.parametrize("tensor", ["torch.tensor(1)", "torch.Tensor(1)", "torch.tensor(True)"])
def test_a_tensor_of_no_float_is_not_taken_for_one(tensor: str) -> None:
    with pytest.raises(IsorateError, match=r"int64|torch\.tensor of one"):
        read(f"StepLR(SGD(params, lr={tensor}), 2)", dialect="torch")


# --- arrays --------------------------------------------------------------------------------------


@pytest.mark.parametrize("lr", ["0.1", "1", "torch.tensor(0.1)"])
@pytest.mark.parametrize(
    "text",
    [
        "LambdaLR({}, lambda t: 0.5 ** t)",
        "SequentialLR(o := {}, [LinearLR(o, 0.5), CosineAnnealingLR(o, 9, 0)], [5])",
        "ChainedScheduler([ExponentialLR(o := {}, 0.9), StepLR(o, 4)])",
        "OneCycleLR({}, 1, 90)",
        "CyclicLR({}, 0, 1, 5, mode='exp_range', gamma=0.9)",
    ],
)
def test_usual_arguments_are_computed_in_arrays(text: str, lr: str) -> None:
    workers = read(text.format(f"SGD(params, lr={lr})"), dialect="torch").build()  # type: ignore[attr-defined]
    workers[0].step(workers)
    assert workers[0].plain
