"""A pasted block of statements: which of them count, and whether their order can be kept."""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING

from isorate.core.errors import ReadError
from isorate.core.expression import dotted
from isorate.dialects._base import Call, Composition

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Optimizers that people name, beside anything whose arguments say a rate.
RATES = ("lr", "learning_rate")


def statements(text: str) -> list[ast.stmt] | None:
    """Return the statements of a text; none where it is one expression or one assignment."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            body = ast.parse(text.strip()).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None  # whoever reads it as one expression says what is wrong
    return body if len(body) > 1 else None


def is_optimizer_text(node: ast.Call) -> bool:
    """Whether a call builds an optimizer: it is in a module of them, or says a rate."""
    home, _, name = (dotted(node.func) or "").rpartition(".")
    in_home = home.rpartition(".")[2] == "optim" and name[:1].isupper()
    return in_home or any(keyword.arg in RATES for keyword in node.keywords)


def check_order(call: Call, built: Sequence[Call]) -> None:
    """Raise where schedulers are built in another order than they are listed, and that matters.

    Every scheduler changes the optimizer as it is built. A ``SequentialLR`` puts the rate back, so
    that only those that leave more than a rate behind make a difference; a ``ChainedScheduler``
    does not.

    Raises:
        ReadError: the rates would depend on an order that a call cannot say.

    """
    listed = list(_in_order(call))
    order = [next(i for i, other in enumerate(built) if other is part) for part in listed]
    if order == sorted(order):
        return
    lasting = {"CyclicLR", "OneCycleLR", "SWALR", "ChainedScheduler"}
    named = [part.name for part in listed if part.name in lasting]
    if named:
        text = "the schedulers are built in another order than they are listed"
        hint = f"write them in the order of the list: it matters for {named[0]}"
        raise ReadError(text, hint=hint)


def _in_order(call: Call) -> Iterator[Call]:
    """Visit a call and what it holds in the order in which Python would build them."""
    for member in call.members if isinstance(call, Composition) else ():
        if isinstance(member, Call):
            yield from _in_order(member)
    yield call
