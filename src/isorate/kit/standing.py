"""A call that stands for another: a function that picks it by a name, as ``get_scheduler``."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from isorate.kit.boundary import Fault, Halting
from isorate.kit.call import Call, Lift
from isorate.kit.match import Refusal
from isorate.schedule.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from isorate.schedule.node import Schedule

#: What a function raises that picks another, for its own arguments.
RAISED = (AssertionError, KeyError, TypeError, ValueError)


class Standing(Call, frozen=True):
    """A call that returns what another one does, and answers as that one."""

    def resolve(self) -> Call:
        raise NotImplementedError

    @cached_property
    def returned(self) -> Call:
        try:
            return self.resolve().returned
        except (Halting, *RAISED):
            return self

    @property
    def dtype(self) -> Any:
        return self.optimizer.dtype  # type: ignore[attr-defined]

    def fault(self) -> Fault | None:
        try:
            return self.resolve().fault() if self.returned is self else self.returned._fault
        except Halting as halt:
            raise RunError(f"Isorate does not follow {self.name}: {halt.text}") from None
        except RAISED as error:
            return Fault(type(error), str(error))

    def lower(self) -> Schedule:
        return self.checked().returned.lower()

    def native(self, steps: int) -> Iterator[NDArray[Any]]:
        return self.checked().returned.native(steps)

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        return Refusal("it stands for calls that say it themselves")


def given(kind: type[Call], own: Mapping[str, Any], specific: Any) -> Call:
    """Return the call that a function comes to, or raise what Python and the function do.

    Args:
        kind: the constructor that is picked.
        own: the function's own arguments, which it hands on to those that take them.
        specific: further arguments of the constructor's, in a dict.

    Raises:
        TypeError: what is no dict, an argument that it does not take or is given twice, or one that
            is lacking.
        ValueError: one of its own arguments that is none where it has to be given.

    """
    taken = {name: value for name, value in own.items() if name in kind.parameters()}
    for name, value in taken.items():
        if value is None and name not in kind.defaults():
            raise ValueError(f"{kind.__name__} needs {name}")
    if not isinstance(specific, dict):
        raise TypeError(f"{specific!r} holds no arguments")
    for name in specific:
        if name not in kind.parameters() or name in taken:
            raise TypeError(f"{kind.__name__} does not take {name!r} there")
    arguments = {**taken, **specific}
    lacking = [n for n in kind.parameters() if n not in arguments and n not in kind.defaults()]
    if lacking:
        raise TypeError(f"{kind.__name__} lacks {', '.join(lacking)}")
    return kind.of(arguments)
