"""Schedules of every dialect as functions of JAX: compiled, mapped, trained with."""

from __future__ import annotations

import doctest
import importlib
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings

pytest.importorskip("optax")

import jax
import jax.numpy as jnp
import optax

from isorate import ConvertError, ReadError, Run, Schedule, ScheduleError, evaluate
from isorate.driving import meaning
from isorate.jax import schedule
from isorate.kit import registry
from isorate.kit.card import Proof
from isorate.schedule.combinators import Groups, Join, Repeat, Scale, Staircase, Stride
from isorate.schedule.shapes.decays import Exponential
from isorate.schedule.shapes.lists import PiecewiseConstant, Table
from isorate.schedule.shapes.waves import Constant, Cosine, Linear, Polynomial
from tests.calls import read
from tests.schedule.drawing import schedules
from tests.test_tables import read_row, table

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.jax

#: What the docstring promises, as a share of the peak rate: measured over all rows of the tables.
BOUND = 1e-6
#: Schedules of each constructor: each is compiled.
MOST = 3
LAST = 2**30 - 1


@pytest.fixture(autouse=True)
def _float32() -> Iterator[None]:
    with jax.enable_x64(False):
        yield


def meanings(constructor: type) -> Iterator[Schedule]:
    """Visit schedules that the rows of a table mean for a constructor."""
    kinds: Counter[type[Schedule]] = Counter()
    for row in table(constructor.card.dialect)["rows"]:  # type: ignore[attr-defined]
        if "raises" in row or "unread" in row or "unsaid" in row:
            continue
        call = read_row(constructor.card.dialect, row)  # type: ignore[attr-defined]
        if type(call) is not constructor or kinds.total() >= MOST:
            continue
        try:
            whole = meaning(call, Run(**row["run"])).normal()
        except (ConvertError, ScheduleError):
            continue
        one = whole.of[0] if isinstance(whole, Groups) else whole
        size = max(map(abs, one.bounds)) if np.isfinite(one.bounds).all() else 1.0
        if 1e-9 < size < 1e9 and not kinds[type(one)]:
            kinds[type(one)] += 1
            yield one


CONSTRUCTORS = [c for c in registry.constructors() if c.card.proof is not Proof.METRIC]


@pytest.mark.parametrize("constructor", CONSTRUCTORS, ids=lambda c: c.card.name)
def test_whatever_has_a_schedule_has_a_function(constructor: type) -> None:
    found = list(meanings(constructor))
    assert found
    for one in found:
        end = min(one.horizon + 50, 3000) if one.length is None else one.length
        near(one, np.unique(np.linspace(0, end - 1, 300).astype(int)))


def near(one: Schedule, counts: Any) -> None:
    """Assert that a compiled function is within the bound at some counts, called in both ways."""
    exact = np.array([one.at(int(count)) for count in counts])
    compiled = jax.jit(schedule(one))
    mapped = np.asarray(jax.vmap(compiled)(jnp.asarray(counts, jnp.int32)))
    whole = np.asarray(compiled(jnp.asarray(counts, jnp.int32)))
    each = np.array([compiled(int(count)) for count in counts[::97]])
    assert mapped.dtype == whole.dtype == each.dtype == np.float32
    for found, at in ((mapped, slice(None)), (whole, slice(None)), (each, slice(None, None, 97))):
        assert np.abs(found - exact[at]).max() <= BOUND * np.abs(exact).max(), one


#: The numbers that say how high a part of a schedule is.
HEIGHTS = {"start", "end", "rate", "scale", "floor"}


def fields(node: Schedule) -> set[str]:
    return set(node.__struct_fields__)


@settings(max_examples=30)  # each is compiled
@given(schedules)
def test_whatever_is_made_of_schedules_has_a_function(drawn: Schedule) -> None:
    one = drawn.resolved(Run())
    try:
        compiled = jax.jit(schedule(one))
    except ScheduleError as error:
        assert "required a float32" in str(error)
        return
    counts = np.arange(one.length or 150)[:150]
    exact = np.array([one.at(int(count)) for count in counts])
    heights = [abs(getattr(node, name)) for node in one.walk() for name in HEIGHTS & fields(node)]
    size = max([np.abs(exact).max(), *heights])
    if 1e-30 < size < 1e30:
        found = np.asarray(compiled(jnp.asarray(counts, jnp.int32)))
        assert np.abs(found - exact).max() <= BOUND * size  # what cancels has the parts' digits


FAR = [
    Cosine(0.1, 0.0, 7, "mirror"),
    Cosine(0.1, 0.001, 1000, "repeat"),
    Cosine(0.1, 0.001, 17.5, "mirror"),
    Linear(0.1, 0.0, 2**40),
    Linear(0.0, 0.1, 3, "mirror"),
    Polynomial(0.1, 0.0, 2**30 - 1, 2.0),
    PiecewiseConstant((0.1, 0.2, 0.3), (2**29, 2**35)),
    Table((0.1, 0.3, 0.2), "repeat"),
    Staircase(Cosine(0.1, 0.0, 5, "mirror"), 3),
    Repeat(Linear(0.1, 0.0, 10), 10, 2),
    Join((Linear(0.0, 0.1, 2**29), Cosine(0.1, 0.0, 2**28)), (2**29,)),
    Exponential(0.1, 0.5, 2**30),
]


@pytest.mark.parametrize("one", FAR, ids=lambda one: one.to_json())
def test_a_billion_updates_on_it_is_as_good(one: Schedule) -> None:
    end = LAST // 2 if one == FAR[2] else LAST  # which counts halves
    near(one, np.array([*range(5), 2**24 + 1, 2**28 + 1, 2**29 - 1, *range(end - 40, end + 1)]))


def test_where_there_is_no_rate_there_is_none() -> None:
    rate = jax.jit(schedule(Table((0.1, 0.2))))
    assert np.isnan([rate(-1), rate(2), rate(2**31 - 1)]).all()
    assert float(rate(1)) == np.float32(0.2)
    assert np.isnan(schedule(Constant(0.1))(2**30))
    assert np.isnan(schedule(Stride(Cosine(0.1, 0.0, 7, "mirror"), 10))(2**30 // 10 + 1))
    cycles = schedule(Repeat(Linear(0.1, 0.0, 7), 7, 10))
    assert float(cycles(777_777_776)) == pytest.approx(0.1 / 7e8, rel=1e-5)
    assert np.isnan(cycles(777_777_777))


def test_what_is_given_may_be_anything_that_has_a_schedule() -> None:
    text = "CosineAnnealingLR(T_max=10)"
    call: Any = read(text, lr=0.1)
    json = call.lower().of.to_json()
    for each in (call, json, Schedule.from_json(json)):
        assert schedule(each)(3) == schedule(text, lr=0.1)(3)
    once = Run(updates_per_epoch=5, step_every="epoch")
    assert schedule(text, once, lr=0.1)(19) == schedule(text, lr=0.1)(3)


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ("CosineAnnealingLR(T_max=10)", ReadError, "lr"),
        ("[0.1, 0.2", ReadError, "not Python"),
        ([0.1, 0.2], ReadError, "rates have no schedule"),
        ("ReduceLROnPlateau(SGD(p, lr=0.1))", ConvertError, "follows a metric"),
        (Groups((Constant(0.1), Linear(0.1, 0.2, 3))), ScheduleError, "2 parameter groups"),
        (Cosine(0.1, 0.0, 2**0.5, "mirror"), ScheduleError, "cosine.duration"),
        (Linear(1e300, 0.0, 9), ScheduleError, "linear.start: required a float32"),
        (Scale(Linear(0.1, 0.0, 9), 1e-300), ScheduleError, "required a float32"),
        (Staircase(Linear(0.1, 0.0, 9), 2**40), ScheduleError, "beyond int32"),
    ],
)
def test_what_has_no_function_is_refused(given: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        schedule(given)


def test_the_example_is_right() -> None:
    failed, tried = doctest.testmod(importlib.import_module("isorate.jax._schedule"))
    assert (failed, tried) == (0, 2)


def test_a_count_is_an_integer() -> None:
    with pytest.raises(TypeError, match="a count is an integer, not float32"):
        schedule(Constant(0.1))(1.0)


def test_in_float64_it_is_isorate_s_own() -> None:
    one = Cosine(0.1, 0.001, 1000, "mirror")
    with jax.enable_x64(True):
        rates = jax.jit(jax.vmap(schedule(one)))(jnp.arange(5000))
    assert rates.dtype == np.float64
    np.testing.assert_allclose(rates, evaluate(one, Run(5000)).values, rtol=1e-13)


def test_optimizers_train_with_it() -> None:
    rate = schedule("OneCycleLR(max_lr=0.1, total_steps=30)", lr=0.1)
    expected = evaluate("OneCycleLR(SGD(p, lr=0.1), max_lr=0.1, total_steps=30)", Run(30)).values
    optimizer = optax.inject_hyperparams(optax.sgd)(learning_rate=rate)
    weight = jnp.zeros(())
    state = optimizer.init(weight)

    def step(weight: Any, state: Any) -> Any:
        updates, state = optimizer.update(jnp.ones(()), state)
        return optax.apply_updates(jnp.zeros(()), updates), state

    compiled = jax.jit(step)
    for exact in expected:
        weight, state = compiled(weight, state)
        applied = float(state.hyperparams["learning_rate"])
        assert -float(weight) == applied
        assert applied == pytest.approx(exact, abs=BOUND * 0.1)

    def scanned(state: Any, _: Any) -> Any:
        updates, state = plain.update(jnp.ones(()), state)
        return state, -updates

    plain = optax.sgd(rate)
    _, moved = jax.lax.scan(scanned, plain.init(weight), length=30)
    np.testing.assert_allclose(moved, expected, atol=BOUND * 0.1)
