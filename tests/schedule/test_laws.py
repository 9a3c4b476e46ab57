"""Lists of numbers said as lines, cosines and powers: every number, or no word of it."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isorate import convert, read
from isorate.explanation import told
from isorate.schedule.arrays import ArrayNamespace
from isorate.schedule.laws import Law, law_of
from tests.lists import LISTS, USED, numbers


def said(pieces: list[tuple[int, str]]) -> str:
    return "; ".join(f"from update {at} on {text}" if at else text for at, text in pieces)


def farthest(law: Law, rates: Any) -> float:
    """Compute every number of a law anew."""
    updates = np.arange(len(rates))
    return float(np.abs(law.schedule.formula(updates, ArrayNamespace()) - rates).max())


@pytest.mark.parametrize("name", LISTS)
def test_a_function_that_fills_a_list_is_read_as_what_it_computes(name: str) -> None:
    text, pieces = LISTS[name]
    law = read(text + USED).law
    assert law is not None
    assert told(law).partition(": ")[0] == said(pieces)
    rates = np.array(numbers(text))
    assert len(rates) == law.numbers == law.schedule.length
    assert farthest(law, rates) == law.off <= law.room == 1e-12 * rates.max()
    assert law.off < 1e-14 * rates.max() or name == "inverse root"


@pytest.mark.parametrize("name", LISTS)
def test_float32_numbers_are_told_from_their_own_digits(name: str) -> None:
    exact = np.array(numbers(LISTS[name][0]))
    rates = exact.astype(np.float32).astype(np.float64)
    law, other = law_of(rates), law_of(exact)
    assert law is not None
    assert other is not None
    assert law.precision == "float32"
    # the same shapes from the same updates on
    assert [type(node) for node in law.schedule.walk()] == [*map(type, other.schedule.walk())]
    assert re.findall(r"boundaries=[^)]*", repr(law.schedule)) == re.findall(
        r"boundaries=[^)]*", repr(other.schedule)
    )
    assert farthest(law, rates) == law.off <= law.room == 1e-6 * rates.max()


@pytest.mark.parametrize("name", ["warmup, cosine", "warmup, exponential", "one cycle", "restarts"])
def test_rounded_numbers_are_a_law_within_half_of_their_last_decimal(name: str) -> None:
    name = name if name in LISTS else "warmup, restarts"
    rates = np.array(numbers(LISTS[name][0])).round(6)
    law = law_of(rates)
    assert law is not None
    assert (law.precision, law.exact) == ("6 decimals", False)
    assert 1e-7 < farthest(law, rates) == law.off < 5.1e-7
    assert "numbers of 6 decimals within " in told(law)


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("factor", [1 + 1e-9, 1.01, 2.0, 0.0])
def test_a_list_with_one_number_changed_has_no_law(name: str, factor: float) -> None:
    rates = numbers(LISTS[name][0])
    for at in (2, len(rates) // 3, len(rates) // 2 + 1, len(rates) - 1):
        changed = list(rates)
        changed[at] *= factor
        if abs(changed[at] - rates[at]) > 4e-12 * max(rates):
            assert law_of(changed) is None, at


@given(st.lists(st.floats(0.0, 1.0), min_size=4, max_size=60), st.sampled_from([17, 4, 2, 1]))
def test_whatever_is_claimed_has_every_number(rates: list[float], digits: int) -> None:
    rates = [float(f"{rate:.{digits}g}") for rate in rates]
    law = law_of(rates)
    if law is not None:
        assert farthest(law, rates) <= law.room
        assert law.room <= 1.1e-3 * max(rates)


def test_random_lists_have_no_law() -> None:
    drawn = np.random.default_rng(7)
    for n in (8, 20, 100, 1000):
        for _ in range(50):
            walk = np.cumsum(drawn.normal(size=n))
            for rates in (
                drawn.random(n),
                np.sort(drawn.random(n)),
                walk,
                drawn.random(n).round(3),
            ):
                assert law_of(rates) is None
            assert law_of(drawn.random(n).astype(np.float32).astype(np.float64)) is None


@pytest.mark.parametrize(
    "rates",
    [
        [],
        [0.1],
        [0.1, 0.2, 0.4],
        [0.1, math.nan, 0.1, 0.1, 0.1],
        [math.inf] * 8,
        [1e308, -1e308] * 8,
        [5e-324 * k for k in (3, 1, 4, 1, 5, 9, 2, 6)],
    ],
)
def test_what_has_no_law_raises_nothing(rates: list[float]) -> None:
    assert law_of(rates) is None


def test_a_law_of_a_million_numbers() -> None:
    n = 10**6
    rates = [5e-5 * (1 + math.cos(math.pi * i / n)) for i in range(n)]
    law = law_of(rates)
    assert law is not None
    assert told(law).startswith("a cosine from 0.0001 to 0 in 1000000 updates: ")


def test_a_conversion_says_the_law_and_the_numbers_only_where_there_is_none() -> None:
    text, _ = LISTS["warmup, cosine"]
    found = convert(text + USED, to="torch")
    assert found.law is not None
    assert [way.comparison.verdict for way in found.ways] == ["equal"] * 3
    assert "CosineAnnealingLR(optimizer, T_max=1700)" in found.ways[0].code
    assert not any('"table"' in way.code for way in found.ways)
    rates = numbers(text)
    rates[700] *= 1.5
    changed = convert(rates, to="torch")
    assert changed.law is None
    assert ['"table"' in way.code for way in changed.ways] == [True]


def test_a_law_of_rounded_numbers_stands_beside_the_numbers_with_its_difference() -> None:
    rates = np.array(numbers(LISTS["warmup, cosine"][0])).round(6).tolist()
    found = convert(rates, to="torch")
    assert found.ways[0].comparison.verdict == "identical"
    assert '"table"' in found.ways[0].code
    other = next(way for way in found.ways if "SequentialLR" in way.code)
    assert other.comparison.verdict in ("different", "diverge")
    assert other.comparison.max_abs < 5.1e-7


def test_the_pieces_of_a_list_in_other_words() -> None:
    text, _ = LISTS["warmup, cosine"]
    best = {to: convert(text + USED, to=to).ways[0].code for to in ("optax", "keras", "mindspore")}
    assert best["optax"].startswith("optax.warmup_cosine_decay_schedule(")
    assert best["keras"].startswith("keras.optimizers.schedules.CosineDecay(")
    assert best["mindspore"].startswith("mindspore.nn.warmup_lr(")


TABLE = """
import math, torch
table = [0.1 * i / 10 for i in range(10)]
table += [0.05 * (1 + math.cos(math.pi * i / 90)) for i in range(90)]
optimizer = torch.optim.SGD(params, lr=1.0)
"""


@pytest.mark.parametrize(
    "used",
    [
        "scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: table[t])",
        "for t in range(100):\n    optimizer.param_groups[0]['lr'] = table[t]\n    optimizer.step()",  # noqa: E501
    ],
)
def test_numbers_looked_up_by_the_step_are_a_list_too(used: str) -> None:
    recipe = read(TABLE + used)
    law = recipe.law
    assert law is not None
    words = ["a line from 0 to 0.1 in 10 updates", "from update 10 on a cosine from 0.1 to 0 in 90"]
    assert told(law).startswith("; ".join(words))
    assert recipe.trained == law.numbers == 100
    ways = [way.code for way in convert(recipe, to="torch").ways if way.comparison.equal]
    assert any("CosineAnnealingLR(optimizer, T_max=90)" in code for code in ways)


def test_a_formula_around_numbers_is_no_list() -> None:
    for formula in ("(0.1, 0.2, 0.3, 0.4)[t] * t", "t * (0.1, 0.2, 0.3, 0.4)[t]"):
        assert read(f"LambdaLR(SGD(p, lr=0.1), lambda t: {formula})").law is None
