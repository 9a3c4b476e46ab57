"""What a dialect may say of its framework besides its calls, shown by one that does not exist."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import pytest
from msgspec.structs import replace

from isorate import ConvertError, NativeError, ReadError, Run, Schedule, convert, evaluate, simulate
from isorate.kit import registry, xla
from isorate.kit.call import Call, Lift
from isorate.kit.card import Card, Proof
from isorate.kit.counted import Counted
from isorate.kit.epochs import OfTheEpoch, OnceAnEpoch
from isorate.kit.match import Refusal
from isorate.kit.meaning import Meaning, exponential, line, staircase
from isorate.kit.optimizer import Optimizer, Optimizers
from isorate.kit.registry import Dialect
from isorate.kit.scheduler import Multiplying
from isorate.reading import naming
from isorate.reading.reader import reading
from tests.calls import read


def card(name: str, **other: Any) -> Card:
    plain = Card(
        name=f"reef.{name}", dialect="reef", runs_in="reef", version="1", docs="reef",
        clock="update", arithmetic="none", proof=Proof.COUNTER, past_end="goes on", roles={},
    )  # fmt: skip
    return replace(plain, **other)


class Swell(Counted, frozen=True):
    """A line, given to an optimizer."""

    start: float
    steps: int
    name_: str = "Swell"
    card: ClassVar[Card] = card("Swell")

    def rates(self, t: Any, real: Any) -> Any:
        return self.start * (1 - np.minimum(t, self.steps).astype(real) / real(self.steps))

    def means(self) -> Meaning:
        return line(self.start, 0.0, self.steps)


class Ebb(Multiplying, frozen=True):
    """A scheduler that is stepped, and multiplies the rate that it finds now and then."""

    share: float
    every: int = 1
    last_epoch: ClassVar[int] = -1
    card: ClassVar[Card] = card("Ebb", clock="step")

    def ratio(self, worker: Any, t: Any) -> Any:
        return self.share if t and t % self.every == 0 else 1

    def means(self, base: Any) -> Meaning:
        return staircase(exponential(base, self.share), self.every)


class Current(OfTheEpoch, frozen=True):
    """A callback that is given a function of the epoch."""

    course: Any
    verbose: int = 0
    card: ClassVar[Card] = card("Current", clock="step", counts="epochs")

    def value(self, epoch: int, said: Any) -> float:
        if isinstance(said, int):
            raise TypeError("an integer")
        return super().value(epoch, said)


class Tide(OnceAnEpoch, frozen=True):
    """A callback that halves the optimizer's rate at every epoch."""

    optimizer: Optimizer
    verbose: int = 0
    beside: ClassVar[bool] = True
    card: ClassVar[Card] = card("Tide", clock="step", counts="epochs")

    def lower(self) -> Schedule:
        raise ConvertError("no schedule")

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        return Refusal("no schedule")

    def native(self, steps: int) -> Iterator[Any]:
        yield self.optimizer.groups[0].lr * 0.5 ** np.arange(steps)[None]


def document(written: Any) -> Call | None:
    if written.get("class_name") != "Swell":
        return None
    return Swell.of(written["config"])


REEF = Dialect(
    "reef", "Reef", "1", (Swell, Tide, Current),
    aliases={"lagoon.reef": "reef"},
    optimizers=Optimizers(
        "reef.optim", "reef", "def SGD(rate=0.25): ...\ndef Row(learning_rate=0.01): ...",
        schedules=True, hindered={"every": "it counts otherwise"},
    ),
    document=document,
    deserializers=("reef.load",),
)  # fmt: skip
WRITTEN = {"class_name": "Swell", "config": {"start": 0.5, "steps": 4, "name": "a"}}
HALVES = "reef.Tide()"


@pytest.fixture(autouse=True)
def _reef(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    known = {**registry.builtin(), "reef": REEF}
    monkeypatch.setattr(registry, "registered", lambda: known)
    cached = (registry._by_last_name, registry._moved, registry.deserializers, registry.settings,
              registry.at_home, naming.is_scheduler, naming._entry)  # fmt: skip
    for each in cached:
        each.cache_clear()
    yield
    monkeypatch.undo()
    for each in cached:
        each.cache_clear()


# --- what an optimizer is given -----------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "reef.Swell(0.5, 4)",
        "reef.optim.Row(reef.Swell(0.5, 4))",
        "reef.optim.Row(learning_rate=reef.Swell(0.5, 4), every=None)",
        "lagoon.reef.Swell(0.5, 4)",
        "import lagoon as la\ns = la.reef.Swell(0.5, 4)\nopt = la.reef.optim.Row(s)",
        "from lagoon.reef import *\ns = Swell(0.5, 4)",
        "from lagoon.reef import Swell\ns = Swell(0.5, 4)",
        "s = reef.Swell(0.5, 4)\nmodel.compile(reef.optim.Row(s), loss='mse')",
        "model.compile(optimizer=reef.optim.Row(learning_rate=reef.Swell(0.5, 4)))\nmodel.fit(x)",
        "s = reef.Swell(0.5, 4)\nmade = train(model, reef.optim.Row(s))",
    ],
)
def test_a_schedule_is_read_from_wherever_it_is_had(text: str) -> None:
    assert read(text) == Swell(0.5, 4)


def test_what_makes_a_schedule_run_otherwise_is_not_passed_over() -> None:
    with pytest.raises(ReadError, match="every=2: it counts otherwise"):
        read("reef.optim.Row(reef.Swell(0.5, 4), every=2)")


def test_an_argument_that_goes_by_a_name_of_the_base_has_its_default() -> None:
    ways = convert("LinearLR(SGD(p, lr=0.5), 1.0, 0.0, 4)", to="reef", run=Run(9)).ways
    assert Swell(0.5, 4) in [way.call for way in ways]


# --- documents ----------------------------------------------------------------------------------


def test_a_document_is_read_as_json_and_in_a_text() -> None:
    told = Swell(0.5, 4, "a")
    assert read(json.dumps(WRITTEN)) == told
    assert simulate(json.dumps(WRITTEN), 3).values.tolist() == [0.5, 0.375, 0.25]
    assert read(f"s = reef.load({WRITTEN})\nopt = reef.optim.Row(s)") == told
    assert "name='a'" in told.code
    with pytest.raises(ReadError, match="given no schedule"):
        read("reef.load({'class_name': 'Ebb'})")


def test_json_that_is_nobody_s_document_is_a_schedule_or_nothing() -> None:
    cosine = '{"shape":"cosine","start":0.1,"end":0.001,"duration":20,"after":"hold"}'
    assert simulate(cosine, 1).values.tolist() == [0.1]
    with pytest.raises(ReadError):
        read('{"class_name": "Ebb"}')


# --- callbacks ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "lr", "rate"),
    [
        (HALVES, 0.1, 0.1),
        (f"opt = reef.optim.Row(0.5)\nmodel.compile(opt)\ncb = {HALVES}", None, 0.5),
        (f"cb = {HALVES}\nmodel.compile(reef.optim.Row(learning_rate=0.5))", None, 0.5),
        (
            f"m.compile(reef.optim.Row(0.5))\nm.fit(x, callbacks=[Log(), {HALVES}])",
            None,
            0.5,
        ),
        (f"from lagoon.reef.optim import Row\nopt = Row()\ncb = {HALVES}", None, 0.01),
    ],
)
def test_a_callback_takes_the_rate_of_the_text_s_optimizer(
    text: str, lr: float | None, rate: float
) -> None:
    call: Any = read(text, lr=lr)
    assert isinstance(call, Tide)
    assert call.optimizer.groups[0].lr == rate
    assert read(call.code) == call
    assert read(call.statements) == call
    assert "optimizer" not in call.parameters()


@pytest.mark.parametrize(
    "text",
    [
        HALVES,
        f"a = reef.optim.Row(0.5)\nb = reef.optim.Row(0.1)\ncb = {HALVES}",
        f"a = reef.optim.Row(0.5)\na.learning_rate = 0.1\ncb = {HALVES}",
        f"a = reef.optim.Row(rate)\ncb = {HALVES}",
    ],
)
def test_a_rate_that_is_not_sure_is_asked_for(text: str) -> None:
    with pytest.raises(ReadError, match=r"first rate|without a value") as caught:
        read(text)
    assert "--lr 0.1" in str(caught.value) or "--set rate" in str(caught.value)


def test_a_callback_is_called_once_an_epoch_whatever_else_is_stepped() -> None:
    call = read(HALVES, lr=0.8)
    assert simulate(call, Run(6, updates_per_epoch=2)).values.tolist() == [
        *(0.8, 0.8, 0.4, 0.4, 0.2, 0.2)
    ]
    assert simulate(call, Run(2)).values.tolist() == [0.8, 0.4]
    (way, *_) = convert(call, to="reef", run=Run(4, updates_per_epoch=2)).ways
    assert way.comparison.verdict == "identical"
    assert "called once an epoch, which is to have 2 updates" in way.losses


def test_a_function_of_the_epoch_is_read_simulated_and_made() -> None:
    call: Any = read("reef.Current(lambda epoch: 0.5 / (1 + epoch))")
    run = Run(6, updates_per_epoch=2)
    assert simulate(call, run).values.tolist() == [0.5, 0.5, 0.25, 0.25, 0.5 / 3, 0.5 / 3]
    assert simulate(call, run).values.tolist() == evaluate(call, run).values.tolist()
    assert reading(call.code).assumptions == (
        "Current is called once an epoch: of one update, unless the run says of more",
    )
    ways = convert("StepLR(SGD(p, lr=0.5), 1)", to="reef", run=Run(4)).ways
    (made,) = [way for way in ways if isinstance(way.call, Current)]
    assert made.comparison.equal
    assert "called once an epoch, which is to have 1 update" in made.losses
    run = Run(4, updates_per_epoch=2)
    refusals = dict(convert("StepLR(SGD(p, lr=0.5), 1)", to="reef", run=run).refusals)
    assert refusals["reef.Current"].startswith("it is called once an epoch, of 2 updates")
    run = Run(4, updates_per_epoch=2, step_every="epoch")
    (made,) = convert("LambdaLR(SGD(p, lr=0.5), lambda t: 0.9 ** t)", to="reef", run=run).ways
    assert made.run.updates_per_step == 2


def test_a_function_that_raises_ends_the_rates() -> None:
    curve = simulate(read("reef.Current(lambda t: 1 / (2 - t))"), 5)
    assert (curve.updates, curve.halt and curve.halt.error) == (2, "ZeroDivisionError")
    curve = simulate(read("reef.Current(lambda t: 0.5 if t < 3 else 1)"), 5)
    assert (curve.updates, curve.halt and curve.halt.error) == (3, "TypeError")
    with pytest.raises(NativeError, match="does not follow"):
        simulate(read("reef.Current(0.5)"), 5)


# --- arithmetic ---------------------------------------------------------------------------------


def test_logarithms_are_right() -> None:
    x = np.concatenate([np.geomspace(1e-30, 1e30, 100_001), np.linspace(0.9, 1.1, 10_001)])
    x = x.astype(np.float32)
    exact = np.log(x.astype(np.float64))
    apart = np.abs(xla.log(x) - exact) / np.spacing(
        np.abs(exact).astype(np.float32) + np.float32(1e-30)
    )
    assert apart.max() < 0.82  # as its authors have it
    assert (xla.log(x) == exact.astype(np.float32)).mean() > 0.99
    assert xla.log(np.float32(2) ** np.arange(-20, 20, dtype=np.float32)).tolist() == [
        *(np.float32(k * np.log(2)) for k in range(-20, 20))
    ]
    odd = xla.log(np.array([0.0, -1.0], np.float32))
    assert odd[0] == -np.inf
    assert np.isnan(odd[1])


def test_where_a_reciprocal_makes_another_multiple() -> None:
    assert xla.first_off(64) is None
    T = xla.first_off(41)
    assert T is not None
    assert T % 41 == 0
    one = np.float32(1) / np.float32(41)
    assert np.floor(np.float32(T) * one) != T / 41


def test_a_scheduler_that_multiplies_says_the_ratio_of_each_step() -> None:
    call = Ebb(Optimizer.of(0.8), 0.5, 2)
    run, rates = Run(7), [0.8, 0.8, 0.4, 0.4, 0.2, 0.2, 0.1]
    assert [simulate(call, run).at(k) for k in range(7)] == rates
    assert [call.lower().resolved(run).at(k) for k in range(7)] == rates
    said = Ebb.lift(call.lower().resolved(run).normal(), 7)
    assert isinstance(said, Lift)
    assert said.call == call
