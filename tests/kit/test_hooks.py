"""What a dialect may say of its framework besides its calls, shown by one that does not exist."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest

from isorate import ConvertError, ReadError, Run, Schedule, convert, read, simulate
from isorate.kit import registry
from isorate.kit.call import Call
from isorate.kit.card import Card, Proof
from isorate.kit.counted import Counted
from isorate.kit.match import Lift, Refusal
from isorate.kit.meaning import Meaning, line
from isorate.kit.optimizer import Optimizer, Optimizers
from isorate.kit.registry import Dialect


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


class Tide(Call, frozen=True):
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
    "reef", "Reef", "1", (Swell, Tide),
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
    cached = (registry._by_last_name, registry._moved, registry.deserializers, registry.settings)
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
    ],
)
def test_a_schedule_is_read_from_wherever_it_is_had(text: str) -> None:
    assert read(text) == Swell(0.5, 4)


def test_what_makes_a_schedule_run_otherwise_is_not_passed_over() -> None:
    with pytest.raises(ReadError, match="every=2: it counts otherwise"):
        read("reef.optim.Row(reef.Swell(0.5, 4), every=2)")


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
