"""The boundary that no foreign exception crosses, between a call and whoever asks it.

A call says itself what its framework raises: ``fault`` for its arguments, ``Halting`` at a step.
Whatever comes out of it besides, because an argument is of a kind that nobody thought of, is
refused as what Isorate cannot follow; no framework is said to raise it.
"""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

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


def guard(
    constructor: type, answers: Mapping[str, Callable[[str], Any]], halting: type[Exception]
) -> None:
    """Let nothing out of a constructor's own methods but Isorate's errors.

    Args:
        constructor: a class of calls, just made.
        answers: the methods that a call is asked by, and what each refuses with, given the reason:
            an error to raise, or anything else to return.
        halting: the signal for what ends the rates, which passes where they are being asked for.

    """
    for name, refusal in answers.items():
        method = vars(constructor).get(name)
        if inspect.isgeneratorfunction(method):
            setattr(constructor, name, _guarded_generator(method, refusal))
        elif isinstance(method, classmethod):
            guarded = _guarded(method.__func__, refusal, halting)
            setattr(constructor, name, classmethod(guarded))
        elif method is not None:
            setattr(constructor, name, _guarded(method, refusal, halting))


def _guarded(
    method: Callable[..., Any], refusal: Callable[[str], Any], halting: type[Exception]
) -> Callable[..., Any]:
    @wraps(method)
    def answer(asked: Any, *arguments: Any) -> Any:
        try:
            return method(asked, *arguments)
        except (*FOREIGN, halting) as error:
            return _refused(refusal, asked, error)

    return answer


def _guarded_generator(
    method: Callable[..., Iterator[Any]], refusal: Callable[[str], Any]
) -> Callable[..., Iterator[Any]]:
    @wraps(method)
    def answers(asked: Any, *arguments: Any) -> Iterator[Any]:
        try:
            yield from method(asked, *arguments)
        except FOREIGN as error:
            _refused(refusal, asked, error)

    return answers


def _refused(refusal: Callable[[str], Any], asked: Any, error: Exception) -> Any:
    kind = getattr(error, "error", type(error).__name__)
    refused = refusal(f"Isorate cannot follow {asked.card.name} here: {kind}: {error}")
    if isinstance(refused, Exception):
        raise refused from error
    return refused
