"""Comparing: verdicts, where they part, why, what is proved, and memory."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isorate import (
    CompareError,
    Comparison,
    Curve,
    ReadError,
    Run,
    RunError,
    compare,
    read,
    simulate,
)
from isorate.driving import LONGEST_RUN
from isorate.schedule.combinators import Staircase, Until
from isorate.schedule.evaluate import BLOCK
from isorate.schedule.shapes import Constant, Cosine

TORCH = "CosineAnnealingLR(SGD(p, lr=0.1), T_max={}, eta_min={})"
LIST = "cosine_decay_lr({}, 0.1, {}, {}, {})"
EXPERIMENTAL = (
    "mindspore.experimental.optim.lr_scheduler.CosineAnnealingLR(SGD(p, lr=0.1), T_max={})"
)


def kinds(result: Comparison) -> set[str]:
    return {reason.kind for reason in result.reasons}


def test_identical_is_the_same_bits() -> None:
    result = compare(TORCH.format(100, 0.001), TORCH.format(100, 0.001), Run(500))
    assert result.verdict == "identical"
    assert result.proved
    assert result.first_difference is result.first_bit_difference is None
    assert result.max_abs == result.max_ulp == 0
    assert result.reasons == ()


def test_equal_inside_the_half_period_and_parted_past_it() -> None:
    a, b = TORCH.format(100, 0.001), LIST.format(0.001, 400, 1, 100)
    inside = compare(a, b, Run(101))
    assert inside.verdict == "equal"
    assert inside.first_difference is None
    assert inside.first_bit_difference is not None
    assert 0 < inside.max_rel_peak < 1e-14
    assert not inside.proved  # they agree on this run, and part on a longer one
    past = compare(a, b, Run(300))
    assert past.verdict == "diverge"
    assert past.first_difference == 101
    assert {"after", "length", "order"} <= kinds(past)
    after = next(reason for reason in past.reasons if reason.kind == "after")
    assert after.arguments == ("a: T_max=100", "b: decay_epoch=100")
    assert "101" in past.sentence


def test_a_list_that_ran_out_diverges_where_its_framework_raises() -> None:
    result = compare(TORCH.format(2, 0.01), LIST.format(0.01, 3, 1, 2), Run(10))
    assert (result.verdict, result.first_difference) == ("diverge", 3)
    assert result.rates is not None
    assert result.rates[0] == pytest.approx(0.055)
    assert result.rates[1] is None
    assert result.b.halt is not None
    assert result.b.halt.error == "RuntimeError"
    assert "mindspore raises RuntimeError" in result.sentence


def test_the_clock_is_a_reason() -> None:
    a, b = TORCH.format(2, 0.01), LIST.format(0.01, 6, 2, 2)
    apart = compare(a, b, Run(6))
    assert apart.first_difference == 1
    assert "clock" in kinds(apart)
    together = compare(a, b, Run(epochs=3, updates_per_epoch=2, step_every="epoch"))
    assert together.verdict == "identical"
    assert "clock" not in kinds(together)


@pytest.mark.parametrize(
    ("b", "kind"),
    [
        ("CosineAnnealingLR(SGD(p, lr=0.2), T_max=10, eta_min=0.01)", "start"),
        ("CosineAnnealingLR(SGD(p, lr=0.1), T_max=10, eta_min=0.02)", "floor"),
        ("CosineAnnealingLR(SGD(p, lr=0.1), T_max=11, eta_min=0.01)", "period"),
        (
            "isorate.torch.CosineAnnealingLR(SGD([{'params': p, 'lr': 0.1, 'initial_lr': 0.1}]), "
            "T_max=10, eta_min=0.01, last_epoch=3)",
            "begin",
        ),
        (
            "CosineAnnealingLR(SGD(p, lr=torch.tensor(0.1)), T_max=10, eta_min=0.01)",
            "dtype",
        ),
    ],
)
def test_each_difference_has_its_reason(b: str, kind: str) -> None:
    result = compare("CosineAnnealingLR(SGD(p, lr=0.1), T_max=10, eta_min=0.01)", b, Run(40))
    found = next(reason for reason in result.reasons if reason.kind == kind)
    assert found.text
    assert found.arguments


def test_different_starts_at_update_0() -> None:
    result = compare("[0.1, 0.1]", "[0.2, 0.1]", Run(2))
    assert (result.verdict, result.first_difference) == ("different", 0)


def test_nan_is_a_difference_unless_both_have_it() -> None:
    result = compare(
        TORCH.format(13000, 0.0), EXPERIMENTAL.format(13000), Run(13100), tolerance=1e-2
    )
    assert (result.verdict, result.first_difference) == ("diverge", 13000)
    assert "nan" in kinds(result)
    assert math.isfinite(result.max_abs)
    same = compare(EXPERIMENTAL.format(13000), EXPERIMENTAL.format(13000), Run(13100))
    assert same.verdict == "identical"


def test_a_peak_that_comes_late_takes_back_a_first_difference() -> None:
    a = np.array([1.0, 1.0, 1e6, 1e6])
    b = a + np.array([0.0, 1e-7, 0.0, 0.0])
    result = compare(Curve(a, "a"), Curve(b, "b"), Run(4))
    assert result.verdict == "equal"  # 1e-7 of a peak of 1e6 is below 1e-12
    assert compare(Curve(a[:2], "a"), Curve(b[:2], "b"), Run(2)).first_difference == 1
    b[3] += 1.0
    late = compare(Curve(a, "a"), Curve(b, "b"), Run(4))
    assert (late.verdict, late.first_difference) == ("diverge", 3)


def test_tolerance() -> None:
    a, b = Curve(np.array([1.0, 1.0]), "a"), Curve(np.array([1.0, 1.001]), "b")
    assert compare(a, b, Run(2), tolerance=0.01).verdict == "equal"
    assert compare(a, b, Run(2), tolerance=0).verdict == "diverge"
    for bad in (-1.0, float("nan"), float("inf")):
        with pytest.raises(CompareError, match="tolerance"):
            compare(a, b, Run(2), tolerance=bad)


def test_float32_sides_get_the_wider_tolerance_and_their_own_ulp() -> None:
    a = Curve(np.array([0.1, 0.05]), "a")
    b = Curve(np.array([0.1, 0.05], np.float32), "b")
    result = compare(a, b, Run(2))
    assert result.verdict == "equal"
    assert result.tolerance == 1e-6
    assert result.max_ulp == 0  # rounded to float32 they are the same numbers


def test_ulps_count_numbers_across_zero() -> None:
    tiny = 5e-324
    a, b = Curve(np.array([1.0, tiny]), "a"), Curve(np.array([1.0, -tiny]), "b")
    assert compare(a, b, Run(2)).max_ulp == 2
    c = Curve(np.array([1.0, 0.0]), "c")
    assert compare(Curve(np.array([1.0, -0.0]), "d"), c, Run(2)).max_ulp == 0


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=40),
    st.lists(st.tuples(st.integers(0, 39), st.floats(-0.5, 0.5)), max_size=3),
)
def test_the_first_difference_is_the_first(
    base: list[float], changes: list[tuple[int, float]]
) -> None:
    a = np.array(base)
    b = a.copy()
    for at, change in changes:
        b[at % len(b)] += change
    result = compare(Curve(a, "a"), Curve(b, "b"), Run(len(a)))
    peak = max(a.max(), np.abs(b).max())
    over = np.flatnonzero(np.abs(a - b) > 1e-12 * peak)
    assert result.first_difference == (int(over[0]) if len(over) else None)
    bits = np.flatnonzero(a != b)
    assert result.first_bit_difference == (int(bits[0]) if len(bits) else None)
    assert result.max_abs == np.abs(a - b).max()


def test_groups_are_compared_each_and_have_to_match_in_number() -> None:
    two = "CosineAnnealingLR(SGD([{'params': p, 'lr': 0.1}, {'params': q, 'lr': 0.2}]), T_max=5)"
    other = two.replace("0.2", "0.3")
    assert compare(two, two, Run(12)).verdict == "identical"
    assert compare(two, other, Run(12)).verdict == "different"
    with pytest.raises(CompareError, match="parameter groups"):
        compare(two, TORCH.format(5, 0.0), Run(12))


def test_schedules_and_curves_are_sides_too() -> None:
    schedule = Until(Staircase(Cosine(0.1, 0.01, 2), 2), 6)
    result = compare(LIST.format(0.01, 6, 2, 2), schedule, Run(6))
    assert result.equal
    assert result.proved
    assert compare(schedule, simulate(read(LIST.format(0.01, 6, 2, 2)), Run(6)), Run(6)).equal
    with pytest.raises(ReadError, match="has no rates"):
        compare(3, schedule, Run(6))  # type: ignore[arg-type]


PROVED: list[tuple[Any, Any, bool]] = [
    # the same call, or schedules of one normal form
    (TORCH.format(10, 0.0), TORCH.format(10, 0.0), True),
    # the same meaning, and other arguments to compute with
    (TORCH.format(10, 0.0), TORCH.format(10.0, 0.0), False),
    (TORCH.format(10, 0.0), TORCH.format(-10, 0.0), False),
    (LIST.format(0.01, 60, 1, 20), LIST.format(0.01, 60, 1, 20), True),
    (Cosine(0.1, 0.0, 10, "mirror"), Cosine(0.1, 0.0, 10, "continue"), True),
    (Cosine(0.1, 0.1, 10), Constant(0.1), True),
    # two closed forms of one meaning
    (LIST.format(0.01, 60, 2, 20), Until(Staircase(Cosine(0.1, 0.01, 20), 2), 60), True),
    # they agree on the run, and part after it
    (TORCH.format(100, 0.0), TORCH.format(101, 0.0), False),
    (LIST.format(0.01, 60, 1, 20), LIST.format(0.01, 61, 1, 20), False),
    (Cosine(0.1, 0.0, 60, "mirror"), Cosine(0.1, 0.0, 60, "hold"), False),
    (Cosine(0.1, 0.0, 60), Until(Cosine(0.1, 0.0, 60), 50), False),
    (TORCH.format(50, 0.0), LIST.format(0.0, 500, 1, 50), False),
    # the same meaning, but a recursion's error grows with the run
    (TORCH.format(100, 0.0), "isorate.torch.CosineAnnealingLR(SGD(p, lr=0.1), T_max=100)", False),
    (TORCH.format(100, 0.0), EXPERIMENTAL.format(100), False),
]


@pytest.mark.parametrize(("a", "b", "proved"), PROVED)
def test_proved_holds_beyond_the_run(a: Any, b: Any, proved: bool) -> None:
    result = compare(a, b, Run(50), tolerance=1e-2 if "T_max=101" in str(b) else None)
    assert result.equal or "T_max=101" in str(b)
    assert result.proved is proved
    longer = compare(a, b, Run(20_000))
    if proved:
        assert longer.verdict == result.verdict


def test_no_run_given_shows_every_end_and_period() -> None:
    assert compare(TORCH.format(10, 0.0), LIST.format(0.0, 30, 1, 10), Run()).updates == 31
    assert compare(TORCH.format(10, 0.0), TORCH.format(11, 0.0), Run()).updates == 24
    epochs = Run(updates_per_epoch=5, step_every="epoch")
    assert compare(TORCH.format(10, 0.0), TORCH.format(10, 0.0), epochs).updates == 110
    assert compare(TORCH.format(10**7, 0.0), TORCH.format(10**7, 0.0), Run()).updates == 10**6


@pytest.mark.parametrize("swapped", [False, True])
def test_one_side_may_end_where_a_block_does(swapped: bool) -> None:
    short, long = (Curve(np.full(length, 0.1), "rates") for length in (BLOCK, BLOCK + 5))
    a, b = (long, short) if swapped else (short, long)
    result = compare(a, b, Run(BLOCK + 5))
    assert (result.verdict, result.first_difference) == ("diverge", BLOCK)
    assert result.rates == ((0.1, None) if swapped else (None, 0.1))
    ends = [side.halt and side.halt.update for side in (result.a, result.b)]
    assert ends == ([None, BLOCK] if swapped else [BLOCK, None])


PEAK = r"""
import re
import resource
from pathlib import Path
from isorate import Run, compare
a = "CosineAnnealingLR(SGD(p, lr=0.1), T_max=10**7, eta_min=0.001)"
b = "cosine_decay_lr(0.001, 0.1, 10**7, 1, 10**7)"
result = compare(a, b, Run(10**7), tolerance=1e-9)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
status = Path("/proc/self/status")  # of Linux, whose ru_maxrss begins with the parent's
if status.exists():
    peak = int(re.search(r"VmHWM:\s*(\d+)", status.read_text())[1]) // 1024
print(result.verdict, result.updates, peak)
"""


def test_ten_million_updates_take_bounded_memory() -> None:
    done = subprocess.run([sys.executable, "-c", PEAK], capture_output=True, text=True, check=True)
    verdict, updates, peak = done.stdout.split()
    assert (verdict, int(updates)) == ("equal", 10**7)
    assert int(peak) <= 300


def test_more_than_can_be_done_says_so_at_once() -> None:
    with pytest.raises(RunError, match="too long"):
        compare(TORCH.format(10, 0.0), TORCH.format(10, 0.0), Run(LONGEST_RUN + 1))
    with pytest.raises(RunError, match="too many rates"):
        simulate(read(TORCH.format(10, 0.0)), Run(10**12))


def test_a_comparison_prints_and_shows_itself() -> None:
    result = compare(TORCH.format(2, 0.01), LIST.format(0.01, 3, 1, 2), Run(10))
    assert str(result) == result.sentence
    shown = result._repr_html_()
    assert "<svg" in shown
    assert "RuntimeError" in shown


def test_nothing_is_gone_through_once_a_side_has_ended() -> None:
    """A run of 10⁹ updates would take minutes; the list ends after three."""
    result = compare(TORCH.format(2, 0.01), LIST.format(0.01, 3, 1, 2), Run(LONGEST_RUN))
    assert result.first_difference == 3
    assert result.b.halt is not None
    assert result.b.halt.update == 3


@pytest.mark.parametrize(
    ("a", "b", "kind", "text"),
    [
        ("ExponentialLR(0.9)", "ExponentialLR(0.8)", "shape", "a decays by 0.9, b by 0.8"),
        ("StepLR(4)", "StepLR(5)", "clock", "a moves once in 4 updates, b once in 5 updates"),
        ("MultiStepLR([3])", "MultiStepLR([4])", "shape", "a's boundaries: 3; b's: 4"),
        ("PolynomialLR(5, 2.0)", "PolynomialLR(5, 3.0)", "shape", "a's power: 2; b's: 3"),
        ("LinearLR()", "PolynomialLR()", "start", "a starts at 0.0333333, b at 0.1"),
        ("StepLR(4)", "LinearLR()", "shape", "a is an exponential, b a line"),
        (
            "CosineAnnealingWarmRestarts(4, 2)",
            "CosineAnnealingWarmRestarts(4, 3)",
            "shape",
            "a's growth: 2; b's: 3",
        ),
        (
            "SequentialLR([LinearLR(), ExponentialLR(0.9)], [5])",
            "SequentialLR([LinearLR(), ExponentialLR(0.9)], [6])",
            "period",
            "a's parts begin at 5, b's at 6",
        ),
        (
            "SequentialLR([LinearLR(), ExponentialLR(0.9)], [5])",
            "SequentialLR([LinearLR(), ExponentialLR(0.8)], [5])",
            "shape",
            "part 2: a decays by 0.9, b by 0.8",
        ),
    ],
)
def test_every_shape_finds_its_words(a: str, b: str, kind: str, text: str) -> None:
    result = compare(read(a, lr=0.1), read(b, lr=0.1), Run(20))
    assert not result.equal
    assert (kind, text) in {(reason.kind, reason.text) for reason in result.reasons}


def test_the_reasons_of_a_composition_name_the_member() -> None:
    texts = [f"SequentialLR([LinearLR(), CosineAnnealingLR({T})], [5])" for T in (20, 30)]
    result = compare(read(texts[0], lr=0.1), read(texts[1], lr=0.1), Run(60))
    period = next(reason for reason in result.reasons if reason.text.startswith("part 2: a takes"))
    assert "a: schedulers[1].T_max=20" in period.arguments
    assert "b: schedulers[1].T_max=30" in period.arguments


def test_a_warmup_and_a_cosine_are_proved_equal_however_they_are_said() -> None:
    listed = "warmup_lr(0.1, 4, 1, 4) + cosine_decay_lr(0.0, 0.1, 8, 1, 10)"
    joined = read(listed).lower()
    from isorate.schedule.shapes import Cosine, Linear

    meant = Linear(0.0, 0.1, 4).then(Cosine(0.1, 0.0, 10), at=4)
    assert compare(joined, meant.until(12), Run(12)).proved
    cell = f"isorate.mindspore.ScheduleLR({meant.to_json()!r})"
    assert compare(read(cell).lower(), meant, Run(30)).proved


METRICS = [1.0, 0.9, 0.9, 0.9, 0.9, 0.8, 0.8, 0.8, 0.8, 0.8]


def test_plateaus_are_compared_by_their_metric() -> None:
    run = Run(11, metrics=METRICS)
    calls = [read(f"ReduceLROnPlateau(patience={n})", lr=0.1) for n in (1, 2)]
    result = compare(calls[0], calls[1], run)
    assert result.first_difference == 4
    assert compare(calls[0], calls[0], run).verdict == "identical"
    with pytest.raises(RunError, match="follows a metric"):
        compare(calls[0], calls[1], Run(11))


def test_a_composition_whose_members_drift_is_never_proved() -> None:
    members = "[LinearLR(optimizer, 0.5), CosineAnnealingLR(optimizer, 20)], [5]"
    torch = read(f"SequentialLR(optimizer := torch.optim.SGD(p, lr=0.1), {members})")
    experimental = "mindspore.experimental.optim"
    other = read(
        f"SequentialLR(optimizer := {experimental}.SGD(p, lr=0.1), {members})", dialect="mindspore"
    )
    result = compare(torch, other, Run(24))
    assert result.equal
    assert not result.proved
    assert not compare(torch, torch.lower(), Run(24)).proved
    assert compare(torch, torch, Run(24)).proved


#: Pairs that six digits do not tell apart, and the reasons that have to.
CLOSE: list[tuple[str, str]] = [
    ("ExponentialLR(0.9)", "ExponentialLR(0.900000001)"),
    ("CosineAnnealingLR(1000000)", "CosineAnnealingLR(1000001)"),
    ("CosineAnnealingLR(100, 0.001)", "CosineAnnealingLR(100, 0.0010000001)"),
    ("MultiStepLR([3], 0.1)", "MultiStepLR([3], 0.1000000001)"),
    ("MultiStepLR([1, 2, 3, 4, 5, 6, 7, 8, 20])", "MultiStepLR([1, 2, 3, 4, 5, 6, 7, 8, 21])"),
    ("PolynomialLR(9, 2.0)", "PolynomialLR(9, 2.00000001)"),
    ("LambdaLR(lambda t: 0.5)", "LambdaLR(lambda t: 0.500000001)"),
    (
        "LambdaLR(lambda t: 1 / (t + 1 + t + t + t + t + t + t + t + t + t + t + t + t + 1))",
        "LambdaLR(lambda t: 1 / (t + 1 + t + t + t + t + t + t + t + t + t + t + t + t + 2))",
    ),
    ("CyclicLR(0.1, 0.2, 1000000, 2000000)", "CyclicLR(0.1, 0.2, 1000000, 2000001)"),
    ("[0.1, 0.2]", "[0.1, 0.2000000001]"),
    ("[0.1, 0.2] * 9", "[0.1, 0.2] * 8 + [0.1, 0.3]"),
    ("[0.5] * 1000000", "[0.5] * 1000001"),
    (
        "SequentialLR([LinearLR(), ExponentialLR(0.9)], [1000000])",
        "SequentialLR([LinearLR(), ExponentialLR(0.9)], [1000001])",
    ),
]


#: What stands between the number of one side and that of the other.
BESIDE = "; b's: |, b's at |, b at |, b |, from start to end, b "


@pytest.mark.parametrize(("a", "b"), CLOSE)
def test_two_numbers_that_differ_look_different(a: str, b: str) -> None:
    sides = [read(text, lr=None if text.startswith("[") else 0.1) for text in (a, b)]
    result = compare(sides[0], sides[1], Run(12), tolerance=0)
    told = [re.split(BESIDE, reason.text, maxsplit=1) for reason in result.reasons]
    both = [halves for halves in told if len(halves) == 2]
    assert both
    for halves in both:
        left, right = (re.findall(r"[0-9][0-9.e+-]*", half) for half in halves)
        assert left != right, halves


def test_the_sentence_tells_rates_apart() -> None:
    a, b = (read(f"ExponentialLR({gamma})", lr=0.1) for gamma in (0.9, 0.900000001))
    assert compare(a, b, Run(9)).sentence == (
        "Equal up to update 0, then they part: at update 1 a uses 0.09 and b uses 0.0900000001."
    )
    assert compare([0.1], np.array([0.1], np.float32), 1, tolerance=0).sentence == (
        "Different from update 0 on: a uses 0.1 and b uses 0.100000001."
    )


def test_what_is_equal_is_said_to_differ_by_what_it_does() -> None:
    zeros = Curve(np.array([0.1, 0.0]), "a"), Curve(np.array([0.1, -0.0]), "b")
    result = compare(*zeros, Run(2))
    assert (result.verdict, result.first_bit_difference) == ("equal", 1)
    assert result.sentence == (
        "Equal over 2 updates: they differ in nothing but the sign of zeros."
    )
    tiny = compare([1e10, 1e-323], [1e10, 0.0], 2)
    assert "by at most 9.9e-324." in tiny.sentence
    other = compare(np.array([0.5, 0.25]), np.array([0.5, 0.25], np.float32))
    assert other.sentence == "Identical over 2 updates: the same numbers."


def test_a_schedule_that_lasts_as_long_as_the_run_does_not_halt() -> None:
    whole = Until(Cosine(0.1, 0.0, 9), 6)
    beside = compare(whole, Curve(np.array([whole.at(k) for k in range(6)]), "the same"), Run(6))
    assert beside.a.halt is None
    assert beside.b.halt is None
    assert not any(reason.kind == "length" for reason in beside.reasons)
    assert beside.verdict == "identical"
    longer = compare(whole, whole, Run(7))
    assert longer.a.halt is not None
    assert longer.a.halt.update == 6
