"""No foreign exception comes out of a call, a message, or a picture."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import pytest

from isorate import (
    ConvertError,
    IsorateError,
    NativeError,
    ReadError,
    ReportError,
    Run,
    Schedule,
    ScheduleError,
    convert,
    read,
    simulate,
)
from isorate.cli._commands import run as command
from isorate.dialects.mindspore import LearningRateList, ListConcatenation
from isorate.kit.boundary import Fault, Halting
from isorate.kit.call import Call, Lift
from isorate.kit.card import Card
from isorate.kit.match import Refusal
from isorate.kit.plateau import Feedback, Plateau
from isorate.reports.figure import Figure, Line
from isorate.reports.plot import picture, terminal
from isorate.schedule.errors import LONGEST_MESSAGE
from isorate.schedule.shapes import Table

CARD = Card(
    name="elsewhere.Odd",
    dialect="elsewhere",
    runs_in="elsewhere",
    version="1",
    docs="",
    clock="step",
    arithmetic="",
    past_end="",
    roles={},
    proof=None,  # type: ignore[arg-type]
)


class Odd(Feedback, frozen=True):
    """A call of a dialect whose author did not think of every argument."""

    value: Any
    error: Any = None

    card: ClassVar[Card] = CARD

    def _fail(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.value["no dict"]

    def fault(self) -> Fault | None:
        return self._fail()  # type: ignore[no-any-return]

    def lower(self) -> Any:
        return self._fail()

    def native(self, steps: int) -> Iterator[Any]:
        yield np.zeros((1, 2))
        self._fail()

    def follow(self, metrics: Any, steps: int) -> Iterator[Any]:
        yield self._fail()

    def plateau(self) -> Plateau:
        return self._fail()  # type: ignore[no-any-return]

    def written(self, optimizer: str | None = None) -> str:
        return self._fail()  # type: ignore[no-any-return]

    @classmethod
    def lift(cls, schedule: Any, updates: int) -> Lift | Refusal:
        return schedule / updates  # type: ignore[no-any-return]

    @classmethod
    def say(cls, plateau: Any) -> Lift | Refusal:
        return plateau.rates  # type: ignore[no-any-return]


FOREIGN = (
    *(TypeError("x"), ValueError("x"), KeyError("x"), OverflowError("x"), MemoryError("x")),
    *(RecursionError("x"), ZeroDivisionError("x"), AttributeError("x"), UnicodeError("x")),
)


@pytest.mark.parametrize("error", FOREIGN, ids=lambda error: type(error).__name__)
def test_a_call_refuses_what_its_author_did_not_think_of(error: Exception) -> None:
    odd = Odd(None, error)
    kind = type(error).__name__
    with pytest.raises(ConvertError, match=rf"there is no schedule in elsewhere.Odd: {kind}: "):
        odd.lower()
    refused: tuple[tuple[type[IsorateError], Any], ...] = (
        (NativeError, odd.fault),
        (NativeError, odd.plateau),
        (NativeError, lambda: odd.code),
        (NativeError, lambda: list(odd.native(2))),
        (NativeError, lambda: list(odd.follow([], 2))),
    )
    for expected, ask in refused:
        with pytest.raises(expected, match=rf"cannot follow elsewhere.Odd here: {kind}: ") as got:
            ask()
        assert got.value.__cause__ is error


def test_no_framework_is_said_to_raise_what_is_refused() -> None:
    with pytest.raises(NativeError) as got:
        Odd(3).fault()
    assert "raises" not in str(got.value)


def test_what_a_conversion_does_not_think_of_is_a_refusal() -> None:
    schedule: Any = "text"
    refusals = Odd.lift(schedule, 3), Odd.say(schedule)
    assert [type(refusal) for refusal in refusals] == [Refusal, Refusal]
    assert "TypeError" in str(refusals[0])


def test_rates_still_end_where_the_framework_raises() -> None:
    odd = Odd(None, Halting("ZeroDivisionError", "x"))
    with pytest.raises(Halting):
        list(odd.native(5))
    with pytest.raises(ConvertError, match="ZeroDivisionError: x"):
        odd.lower()


@pytest.mark.filterwarnings("error")
def test_what_overflows_in_native_arithmetic_is_no_warning() -> None:
    text = "isorate.torch.CosineAnnealingLR(SGD(params, lr=torch.tensor(0.1)), 8, 1e300)"
    rates = simulate(text, Run(12)).values
    assert rates[0] == np.float32(0.1)
    assert np.isinf(rates[1:]).all()


def test_mistakes_in_the_program_stay_what_they_are() -> None:
    with pytest.raises(AssertionError):
        Odd(None, AssertionError()).fault()


def test_every_constructor_is_guarded() -> None:
    asked = ("fault", "lower", "native", "written")
    assert all(hasattr(getattr(Odd, name), "__wrapped__") for name in asked)
    assert not hasattr(Call.fault, "__wrapped__"), "the base cannot fail"


# --- rates and lists ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lr",
    [10**400, -(10**400), 10**5000, float("nan"), float("inf")],
    ids=lambda lr: f"{lr:.0e}"[:9] if isinstance(lr, float) else f"{lr.bit_length()} bits",
)
def test_a_rate_that_is_no_float_is_refused(lr: float) -> None:
    with pytest.raises(ReadError, match="lr is out of range: required a finite rate >= 0, got"):
        read("StepLR(3)", lr=lr)


def test_the_largest_float_is_a_rate() -> None:
    assert (
        simulate(read("StepLR(3)", lr=sys.float_info.max), Run(1)).values[0] == sys.float_info.max
    )


@pytest.mark.parametrize("odd", [0.5, None, "0.1", [0.1]])
def test_a_list_of_rates_is_made_of_a_tuple(odd: Any) -> None:
    with pytest.raises(ReadError, match="no function"):
        LearningRateList(odd)
    with pytest.raises(ReadError, match="no function"):
        ListConcatenation(odd)


# --- arguments of another type -----------------------------------------------------------------


@pytest.mark.parametrize("odd", [0.1, 3, [], {}, ("torch",), True, np.array(["torch"])], ids=repr)
def test_a_dialect_is_named_by_text(odd: Any) -> None:
    with pytest.raises(ReadError, match="unknown dialect: required one of torch, "):
        read("StepLR(3)", lr=0.1, dialect=odd)
    with pytest.raises(IsorateError, match="torch"):
        convert("StepLR(SGD(params, lr=0.1), 3)", to=odd)


@pytest.mark.parametrize("odd", [0.1, None, [], {}, object()], ids=lambda given: repr(given)[:15])
def test_a_schedule_is_read_from_text(odd: Any) -> None:
    with pytest.raises(ScheduleError, match="not a schedule"):
        Schedule.from_json(odd)


def test_a_schedule_of_numpys_floats_is_written_as_any_other() -> None:
    rates = tuple(np.linspace(0.1, 0.2, 3))
    assert Table(rates).to_json() == Table(tuple(map(float, rates))).to_json()


# --- messages ----------------------------------------------------------------------------------


def test_a_message_is_one_line_of_printable_characters() -> None:
    error = IsorateError("what\nnot", got="\x1b[31mred\r\ud800", hint="a\tb")
    assert str(error) == "what\\nnot: got \\x1b[31mred\\r\\ud800 (a\\tb)"


def test_a_long_message_is_cut_in_its_middle() -> None:
    message = str(IsorateError("x" * 10**6, got="the end"))
    assert len(message) < LONGEST_MESSAGE + 10
    assert message.startswith("xxx")
    assert message.endswith("got the end")


def test_an_integer_that_python_does_not_write_is_told_by_its_size() -> None:
    assert str(IsorateError("bad", got=10**5000)) == "bad: got a number of about 10**4983"


# --- pictures ----------------------------------------------------------------------------------

EXTREMES = ([1e308, -1e308], [5e-324] * 3, [5e-324, 0.0], [np.inf, 1.0], [np.nan] * 3, [0.0])


@pytest.mark.parametrize("rates", EXTREMES)
def test_the_terminal_draws_every_float(rates: list[float]) -> None:
    drawn = terminal(Figure("x", (Line("a: x", np.array(rates)),)), color=False)
    assert drawn.count("┤") == 3


def test_the_terminal_draws_the_smallest_rates_as_it_draws_others() -> None:
    small, usual = (
        Figure("x", (Line("x", np.array([0, 1, 3.0]) * by),)) for by in (5e-324, 1.2345e-300)
    )
    plots = [terminal(figure, color=False).split("┤", 1)[1] for figure in (small, usual)]
    dots = [[c for c in plot if "⠁" <= c <= "⣿"] for plot in plots]
    assert dots[0] == dots[1]


@pytest.mark.parametrize("kind", ["svg", "png"])
@pytest.mark.filterwarnings("error")
def test_a_picture_takes_text_as_it_stands(kind: str) -> None:
    pytest.importorskip("matplotlib")
    label = '1 if "$\\frac{1}{2}$ $x" != "b\u4e2d" else 2'
    assert picture(Figure(label, (Line(label, np.array([1.0, 2.0])),)), kind)


@pytest.mark.filterwarnings("error")
def test_a_picture_that_matplotlib_cannot_draw_is_refused() -> None:
    pytest.importorskip("matplotlib")
    with pytest.raises(ReportError, match="Matplotlib cannot draw it"):
        picture(Figure("x", (Line("x", np.array([1e308, -1e308])),)), "svg")


def test_the_command_line_says_in_one_line_what_it_cannot_draw(
    tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    status = command(["show", "[1e308, -1e308]", "--plot", str(tmp_path / "x.svg")])
    assert status == 2
    assert capsys.readouterr().err.startswith("isorate: Matplotlib cannot draw it")
