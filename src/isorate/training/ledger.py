"""What the schedulers of one optimizer have made of its rates, and whether others have, too."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Where an optimizer keeps its ledger. It holds numbers, so that no cycle keeps an optimizer alive.
NAME: Final = "_isorate_ledger"

#: What the class of a scheduler is called that is none of the framework's: other packages have
#: their own, with nothing in common but an optimizer and such a name.
CALLED: Final = ("sched", "warmup", "plateau")

Kind = TypeVar("Kind", bound="Ledger")

#: The parts in rates in which nobody has one, nor has them alone.
NOBODY: Final[dict[Any, Part]] = {}


class Part:
    """What one scheduler has multiplied rates by since it took part.

    Args:
        start: its schedule's rates when it did.
        uniform: whether it multiplies all groups by the same.

    """

    __slots__ = ("place", "ratio", "start")

    def __init__(self, start: list[float], *, uniform: bool) -> None:
        self.start = start
        #: Which group tells what all are multiplied by, where it is the same.
        self.place = next((i for i, rate in enumerate(start) if rate), None) if uniform else None
        self.ratio: float | list[float] = 1.0

    def to(self, rates: list[float]) -> None:
        """Go on to other rates of the schedule; where they were 0 they are still."""
        place, start = self.place, self.start
        if place is not None:
            self.ratio = rates[place] / start[place]
        else:
            self.ratio = [r / s if s else 1.0 for r, s in zip(rates, start)]  # noqa: B905 - hot


class Ledger:
    """The rates last written into an optimizer's groups, and each scheduler's part in them.

    A rate is that of ``rest`` times, for each scheduler that has a part, what its schedule has
    changed by since it took part: so that several of them multiply each other's rates, as the
    frameworks' own do, and nothing is rounded twice however many steps they take. A scheduler whose
    part is the only one has its schedule's rates, to the bit.
    """

    def __init__(self) -> None:
        #: The rates last written; empty where none were.
        self.last: list[float] = []
        #: What the parts multiply.
        self.rest: list[float] = []
        #: Another dict whenever somebody takes part, or nobody does any more.
        self.parts: dict[Any, Part] = {}
        #: The scheduler whose rates these are, where no other has a part.
        self.alone: Any = None
        #: The same where it has only been built.
        self.waiting: Any = None
        #: How many steps multiplied the distance to a floor, after each of which nobody has a part.
        self.floors = 0
        #: Whether a scheduler has been stepped, and not only built.
        self.begun = False
        #: Whether a scheduler that is none of Isorate's is at work.
        self.company = False
        #: Whether schedulers are being loaded after the optimizer has been.
        self.restored = False
        #: Which list of groups the optimizer had when it was last looked at; loading makes another.
        self.groups: list[Any] | None = None
        self._surprises = 0

    def anew(self, rates: list[float]) -> None:
        """Begin with rates in which nobody has a part."""
        self.rest, self.parts, self.alone, self.waiting = rates, NOBODY, None, None

    def set(
        self, who: Any, rates: list[float], start: list[float] | None = None, uniform: bool = False
    ) -> None:
        """Give the rates to one scheduler, which has come to them from those of its start."""
        self.rest = rates if start is None else start
        self.parts = {} if start is None else {who: Part(start, uniform=uniform)}
        self.alone, self.waiting = who, None

    def claim(self, who: Any) -> None:
        """Give a scheduler the rates to itself where it was alone when it was built, and is."""
        self.restored = False
        if self.waiting is who:
            self.alone, self.waiting = who, None

    def wait(self) -> None:
        """Leave it to the first step of who has the rates to claim them."""
        self.alone, self.waiting = None, self.alone

    def drop(self, who: Any) -> None:
        """Take what a scheduler has made of the rates for what was there before it took part."""
        if who in (self.alone, self.waiting) or who in self.parts:
            self.anew(self.last)

    def restart(self, who: Any) -> None:
        """Do so where others have a part, too: its schedule is another one from here on."""
        if who in self.parts and who not in (self.alone, self.waiting):
            self.anew(self.last)

    def times(self, part: Part, rates: list[float]) -> list[float] | None:
        """Return what all parts come to where one goes on; none where nothing is left of it."""
        place, scale = part.place, 1.0
        if place is None:
            part.to(rates)
            return None if 0.0 in rates else self._product()
        part.ratio = rates[place] / part.start[place]
        if part.ratio == 0.0:
            return None
        for each in self.parts.values():  # _product, without a call
            if each.place is None:
                return self._product()
            scale *= each.ratio  # type: ignore[operator]
        rest = self.rest
        return [rest[0] * scale] if len(rest) == 1 else [rate * scale for rate in rest]

    def _product(self) -> list[float]:
        scale, value = 1.0, self.rest
        for part in self.parts.values():
            ratio = part.ratio
            if isinstance(ratio, float):
                scale *= ratio
            else:
                value = [v * r for v, r in zip(value, ratio)]  # noqa: B905 - in every step
        return [v * scale for v in value]

    def onward(
        self,
        who: Any,
        found: list[float],
        rates: list[float],
        before: list[float],
        floors: Sequence[float] | None,
        *,
        uniform: bool = False,
    ) -> list[float]:
        """Return what a scheduler's step makes of the rates that it finds.

        Args:
            who: the scheduler.
            found: the rates.
            rates: those of its schedule at this step.
            before: those of its schedule at the step before.
            floors: what the distance to is multiplied; none where it is 0 for all groups, and the
                step a multiplication.
            uniform: whether it multiplies all groups by the same.

        """
        if self.alone not in (None, who) or self.waiting not in (None, who):
            self.anew(self.last)  # what the other has come to meanwhile
        if not self.parts:  # what single steps have come to
            self.rest = found
        part = self.parts.get(who) or Part(before, uniform=uniform)
        if floors is None and not any(s == 0 != r for r, s in zip(rates, part.start, strict=True)):
            self.parts = {**self.parts, who: part}
            if len(self.parts) == 1 and part.start == self.rest:
                self.alone = who
                return rates
            self.alone = None
            part.to(rates)
            value = self._product()
            if 0.0 in rates:  # a cosine's trough, from which it rises by itself
                self.anew(value)
            return value
        lows = floors or [0.0] * len(found)
        self.floors += floors is not None
        value = [
            low + (rate - low) * ((to - low) / (since - low)) if since != low else rate + to - since
            for rate, to, since, low in zip(found, rates, before, lows, strict=True)
        ]
        self.anew(value)
        return value

    def surprised(self, optimizer: Any, base: type, own: type) -> bool:
        """Return whether a scheduler that is none of Isorate's can have written other rates.

        Looking for one takes milliseconds: it is done at the first surprise, the second, the
        fourth, …, and at every hundredth.

        Args:
            optimizer: the optimizer.
            base: the framework's class of schedulers.
            own: Isorate's.

        """
        self._surprises += 1
        count = self._surprises
        if not self.company and (count & (count - 1) == 0 or count % 100 == 0):
            self.company = _steered(optimizer, base, own)
        return self.company


def _steered(optimizer: Any, base: type, own: type) -> bool:
    """Whether there is a scheduler of this optimizer that is none of Isorate's."""
    objects = gc.get_objects()
    kinds = {kind for kind in set(map(type, objects)) if _steers(kind.__mro__, base, own)}
    found = [one for one in objects if type(one) in kinds] if kinds else []
    return any(getattr(one, "__dict__", {}).get("optimizer") is optimizer for one in found)


def _steers(mro: tuple[type, ...], base: type, own: type) -> bool:
    return own not in mro and (base in mro or any(c in mro[0].__name__.lower() for c in CALLED))


def ledger_of(optimizer: Any, kind: type[Kind]) -> Kind:
    """Return the ledger of an optimizer, a new one where there is none."""
    found: Kind = optimizer.__dict__.setdefault(NAME, kind())
    return found
