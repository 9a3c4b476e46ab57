"""The boundary that no foreign exception crosses, between a call and whoever asks it.

A call says itself what its framework raises: ``fault`` for its arguments, ``Halting`` at a step.
Whatever comes out of it besides, because an argument is of a kind that nobody thought of, is
refused as what Isorate cannot follow; no framework is said to raise it. NumPy's warnings end here,
too.
"""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Any

import msgspec

from isorate.schedule.errors import IsorateError
from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

#: What ends the rates where the framework goes on and Isorate does not.
LIMIT = "IsorateLimit"

#: What arithmetic raises where it meets arguments of a kind that nobody thought of. Anything else
#: is a mistake in the program, and stays one.
FOREIGN = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)


class Fault(msgspec.Struct, frozen=True):
    """An exception that the framework raises for these arguments alone.

    Args:
        error: the exception class.
        text: what is wrong, in Isorate's words.
        when: ``"on construction"`` or ``"on the first step"``.

    """

    error: type[Exception]
    text: str
    when: str = "on construction"


class Halting(Exception):  # noqa: N818 - a signal inside native arithmetic, never a user's error
    """Raised by native arithmetic where the framework raises instead of giving the next rate.

    Args:
        error: the name of the exception class; ``LIMIT`` where Isorate stops, not the framework.
        text: what is wrong, in words.

    """

    def __init__(self, error: str, text: str) -> None:
        super().__init__(text)
        self.error = error
        self.text = text


class Answer(msgspec.Struct, frozen=True):
    """What a method refuses with.

    Args:
        refusal: makes, of the reason, an error to raise, or anything else to return.
        what: the reason, in which the constructor's name has a place.

    """

    refusal: Callable[[str], Any]
    what: str = "Isorate cannot follow {} here"


def guard(constructor: type, answers: Mapping[str, Answer], halting: type[Exception]) -> None:
    """Let nothing out of a constructor's own methods but Isorate's errors.

    Args:
        constructor: a class of calls, just made.
        answers: the methods that a call is asked by, and what each refuses with.
        halting: the signal for what ends the rates, which passes where they are being asked for.

    """
    for name, answer in answers.items():
        method = vars(constructor).get(name)
        if inspect.isgeneratorfunction(method):
            setattr(constructor, name, _guarded_generator(method, answer))
        elif isinstance(method, classmethod):
            guarded = _guarded(method.__func__, answer, halting)
            setattr(constructor, name, classmethod(guarded))
        elif method is not None:
            setattr(constructor, name, _guarded(method, answer, halting))


def _guarded(
    method: Callable[..., Any], answer: Answer, halting: type[Exception]
) -> Callable[..., Any]:
    @wraps(method)
    def answered(asked: Any, *arguments: Any) -> Any:
        try:
            return method(asked, *arguments)
        except (*FOREIGN, halting) as error:
            return _refused(answer, asked, error)

    return answered


def _guarded_generator(
    method: Callable[..., Iterator[Any]], answer: Answer
) -> Callable[..., Iterator[Any]]:
    @wraps(method)
    def answers(asked: Any, *arguments: Any) -> Iterator[Any]:
        try:
            blocks = method(asked, *arguments)
            while True:
                with np.errstate(all="ignore"):  # what overflows is a rate, not a warning
                    block = next(blocks, None)
                if block is None:
                    return
                yield block
        except FOREIGN as error:
            _refused(answer, asked, error)

    return answers


def _refused(answer: Answer, asked: Any, error: Exception) -> Any:
    kind = getattr(error, "error", type(error).__name__)
    refused = answer.refusal(f"{answer.what.format(asked.card.name)}: {kind}: {error}")
    if isinstance(refused, Exception):
        raise refused from error
    return refused


def halting(error: Exception) -> Halting:
    """Return what ends the rates where the framework raises, or Isorate goes no farther."""
    if isinstance(error, Halting):
        return error
    return Halting(LIMIT if isinstance(error, IsorateError) else type(error).__name__, str(error))
