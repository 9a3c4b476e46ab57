"""Lists of rates as one writes them for MindSpore: written out, and joined by ``+``."""

from __future__ import annotations

import math
from functools import cached_property, partial
from itertools import accumulate, chain, groupby
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from isorate.dialects.mindspore._epochs import as_list
from isorate.dialects.mindspore._shared import DOCS, RAN_OUT, REMOVED, VERSION, card
from isorate.dialects.mindspore.decay_lists import (
    exponential_decay_lr,
    inverse_decay_lr,
    natural_exp_decay_lr,
)
from isorate.dialects.mindspore.lists import (
    cosine_decay_lr,
    piecewise_constant_lr,
    polynomial_decay_lr,
    warmup_lr,
)
from isorate.kit.boundary import Fault, Halting
from isorate.kit.call import Call, Lift
from isorate.kit.card import Card, Proof
from isorate.kit.match import Refusal
from isorate.kit.writing import source
from isorate.schedule.combinators import Join, Repeat, Until
from isorate.schedule.curve import single
from isorate.schedule.errors import ReadError
from isorate.schedule.evaluate import BLOCK
from isorate.schedule.lazily import np
from isorate.schedule.node import Schedule, called
from isorate.schedule.shapes import Constant, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from isorate.schedule.curve import Curve

#: Equal rates from this number on are written as one, times their number.
REPEATED = 4

#: A plain list that is repeated is written out up to this length.
LONGEST_PLAIN = 10_000

#: A part of a joined list is not written out where it is longer.
LONGEST_PART = 10**6


#: The card of lists that are no function's.
plain = partial(
    card,
    dialect="mindspore",
    version=VERSION,
    docs=DOCS + "nn/mindspore.nn.SGD.html",
    deprecation=None,
)


class LearningRateList(Call, frozen=True):
    """A plain list of rates, one an update, given to a MindSpore optimizer as its learning rate.

    The optimizer stores it as a float32 Parameter and looks ``global_step`` up in it.
    """

    rates: tuple[float, ...]
    spells: ClassVar[bool] = True

    card: ClassVar[Card] = plain(
        "none: the rates as written", Proof.EACH_STEP,
        "the list ends and the optimizer raises RuntimeError", name="mindspore.list",
        roles={"rates": "length"}, RuntimeError="an empty list: at the first step",
        TypeError="a list in the list: at the first step", ValueError="a rate that is no number",
    )  # fmt: skip

    def __post_init__(self) -> None:
        if not isinstance(self.rates, tuple):
            raise ReadError(f"{self.card.name} is no function", hint="write the list: [0.1, 0.05]")

    def written(self, optimizer: str | None = None) -> str:
        if all(type(rate) is float and math.isfinite(rate) for rate in self.rates):
            if len(self.rates) >= REPEATED and _constant(self.rates):
                return f"[{self.rates[0]!r}] * {len(self.rates)}"
            return repr(list(self.rates))  # ten times faster, and lists can be long
        return source(list(self.rates))

    @property
    def name(self) -> str:
        return "list"

    @property
    def dtype(self) -> Literal["float64", "float32"]:
        """float32 where the rates are numbers of float32 that nobody would write."""
        return "float32" if self._single else "float64"

    @cached_property
    def _single(self) -> bool:
        return all(isinstance(rate, float) for rate in self.rates) and single(self.rates)

    def fault(self) -> Fault | None:
        """MindSpore takes whatever NumPy makes floats of, and finds no rate in an empty list."""
        try:
            rates = self._floats()
        except (TypeError, ValueError) as error:
            return Fault(type(error), f"the list is not one of numbers: {error}")
        if rates.ndim > 1:
            return Fault(TypeError, "the list has lists in it", "on the first step")
        if not len(rates):
            return Fault(RuntimeError, "the list of rates is empty", "on the first step")
        return None

    def _floats(self) -> NDArray[np.float64]:
        return np.array(self.rates).astype(np.float64)

    def lower(self) -> Schedule:
        self.checked()
        rates = tuple(self._floats().tolist())
        return Until(Constant(rates[0]), len(rates)) if _constant(rates) else Table(rates)

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        """Refuse: a list is written from measured rates, not from a schedule."""
        return Refusal("a list is written from the rates themselves")

    @classmethod
    def spell(cls, curve: Curve) -> Lift | Refusal:
        """Write a curve out."""
        if curve.groups > 1:
            return Refusal("a list is for one parameter group: convert each group by itself")
        call = cls(tuple(curve.values.reshape(-1).tolist()))
        length = len(call.rates)
        ends = f"a list of {length} rates: update {length} raises RuntimeError"
        return Lift(call, 1, (ends,)).checked()

    def native(self, steps: int) -> Iterator[NDArray[np.float64]]:
        self.checked()
        rates = self._floats()[:steps]
        for start in range(0, len(rates), BLOCK):
            yield rates[None, start : start + BLOCK]
        if steps > len(self.rates):
            raise Halting("RuntimeError", RAN_OUT.format(len(self.rates), len(self.rates)))


def _constant(rates: tuple[float, ...]) -> bool:
    """Whether all rates are the same number; zeros may differ in their sign."""
    return rates[0] != 0 and rates.count(rates[0]) == len(rates)


#: The list functions that a part of a joined list is said by: the first that can.
FUNCTIONS: tuple[type[Call], ...] = (
    warmup_lr,
    piecewise_constant_lr,
    cosine_decay_lr,
    exponential_decay_lr,
    natural_exp_decay_lr,
    inverse_decay_lr,
    polynomial_decay_lr,
)


class ListConcatenation(Call, frozen=True):
    """Lists of rates joined by ``+``: one after another, each from its own first rate.

    ``mindspore.nn.warmup_lr(…) + mindspore.nn.cosine_decay_lr(…)``, plain lists among them. A list
    takes over where the one before has ended, which its length alone decides. All of it may be
    repeated by ``*``. Past the last one the optimizer raises RuntimeError.

    Args:
        lists: the calls; each one a list.
        times: how often they come, at least once; they are never written out that often.

    """

    lists: tuple[Call, ...]
    times: int = 1

    card: ClassVar[Card] = plain(
        "that of its lists", Proof.MEMBERS,
        "the last list ends and the optimizer raises RuntimeError",
        name="mindspore.list_concatenation", roles={"lists": "length", "times": "length"},
        OverflowError="of any of its lists",
        RuntimeError="nothing but empty lists: at the first step", TypeError="of any of its lists",
        ValueError="of any of its lists, and a rate that is no number",
    )  # fmt: skip

    def __post_init__(self) -> None:
        lists = self.lists if isinstance(self.lists, tuple) else [None]
        if not all(isinstance(part, Call) for part in lists):
            raise ReadError(f"{self.card.name} is no function", hint="join the lists by +")

    def written(self, optimizer: str | None = None) -> str:
        joined = " + ".join(part.written() for part in self.lists)
        if self.times == 1:
            return joined
        return f"({joined}) * {self.times}" if len(self.lists) > 1 else f"{joined} * {self.times}"

    def fault(self) -> Fault | None:
        """Python calls the functions from left to right, then MindSpore reads the rates."""
        calls = [part for part in self.lists if not isinstance(part, LearningRateList)]
        plain = [part for part in self.lists if isinstance(part, LearningRateList)]
        for part in (*calls, *plain):
            fault = part.fault()
            if fault is not None and fault.when == "on construction":
                return fault
        if not self._parts():
            return Fault(RuntimeError, "the list of rates is empty", "on the first step")
        return None

    def _parts(self) -> list[Call]:
        """Return the lists that have a rate."""
        return [part for part in self.lists if part.fault() is None]

    def lower(self) -> Schedule:
        self.checked()
        schedules = [part.lower() for part in self._parts()]
        ends = list(accumulate(schedule.length or 0 for schedule in schedules))
        bare = [each.of if isinstance(each, Until) else each for each in schedules]
        once = Until(Join(tuple(bare), tuple(ends[:-1])), ends[-1])
        return once if self.times == 1 else Until(Repeat(once, ends[-1]), ends[-1] * self.times)

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        listed, losses = as_list(schedule, updates)
        joined = listed.of if isinstance(listed, Until) else listed
        if not isinstance(joined, Join):
            return Refusal(f"the schedule is {called(joined.tag)}, not a sequence")
        starts, total = (0, *joined.boundaries), listed.length or updates
        parts: list[Call] = []
        for start, end, part in zip(starts, (*starts[1:], total), joined.of, strict=True):
            said = _said(Until(part, end - start).normal(), end - start)
            if isinstance(said, Refusal):
                return Refusal(f"from update {start} on, {said.reason}")
            parts.append(said.call)
            losses += [f"from update {start} on: {loss}" for loss in said.losses]
        deprecated = dict.fromkeys(part.name for part in parts if part.card.deprecation is not None)
        if deprecated:
            losses.append(f"deprecated by mindspore: {', '.join(deprecated)}: “{REMOVED}”")
        return Lift(cls(tuple(parts)), 1, tuple(losses))

    def native(self, steps: int) -> Iterator[NDArray[Any]]:
        self.checked()
        length = 0
        short: list[NDArray[Any]] = []
        for block in self._once(steps):
            length += block.shape[1]
            if length <= BLOCK:
                short.append(block)
            yield block
        total = length * self.times  # where the steps end first, nothing comes of it
        done, end = length, min(steps, total)
        again: Callable[[], Iterator[NDArray[Any]]] = partial(self._once, steps)
        if done < end and length <= BLOCK:
            again = partial(iter, [np.tile(np.concatenate(short, axis=1), BLOCK // length)])
        while done < end:
            for block in again():
                yield block[:, : end - done]
                done += block.shape[1]
                if done >= end:
                    break
        if steps > total:
            raise Halting("RuntimeError", RAN_OUT.format(total, total))

    def _once(self, steps: int) -> Iterator[NDArray[Any]]:
        """Go through one list after another, once."""
        done = 0
        for part in self._parts():
            try:
                for block in part.native(steps - done):
                    done += block.shape[1]
                    yield block
            except Halting:  # this list has ended
                continue
            return


def _said(part: Schedule, updates: int) -> Lift | Refusal:
    """Say one part of a joined list by the first function that can."""
    match part:
        case Until(of=Constant(rate=rate)) if updates <= LONGEST_PART:
            return Lift(repeated(LearningRateList((rate,)), updates))
        case Table(rates=rates):
            return Lift(LearningRateList(rates))
    reasons = {}
    for function in FUNCTIONS:
        said = function.lift(part, updates)
        if isinstance(said, Lift):
            return said
        reasons[said.reason] = function
    inner = part.of if isinstance(part, Until) else part
    return Refusal(f"no function says a {inner.tag}: {'; '.join(reasons)}")


def is_list(call: Call) -> bool:
    """Whether a call is a list of rates that a MindSpore optimizer can be given."""
    card = call.card
    ends = "length" in card.roles.values()
    return card.runs_in == "mindspore" and card.clock == "update" and ends


def concatenated(lists: Sequence[Call]) -> Call:
    """Return lists as one: plain neighbours become one list, joined lists their parts."""
    each: list[Any] = []
    for part in lists:
        joined = isinstance(part, ListConcatenation) and part.times == 1
        each += part.lists if joined else [part]  # type: ignore[attr-defined]
    flat: list[Call] = []
    for plain, neighbours in groupby(each, lambda part: isinstance(part, LearningRateList)):
        if plain:
            rates = chain.from_iterable(part.rates for part in neighbours)
            flat.append(LearningRateList(tuple(rates)))
        else:
            flat += neighbours
    kept = [part for part in flat if part != LearningRateList(())] or flat[:1]
    return kept[0] if len(kept) == 1 else ListConcatenation(tuple(kept))


def repeated(once: Call, times: int) -> Call:
    """Return a list that comes several times; a short one of plain rates is written out."""
    match once:
        case _ if times == 1:
            return once
        case _ if times == 0:
            return LearningRateList(())
        case LearningRateList(rates=rates) if len(rates) * times <= LONGEST_PLAIN:
            return LearningRateList(rates * times)
        case ListConcatenation(lists=lists, times=before):
            return ListConcatenation(lists, before * times)
    return ListConcatenation((once,), times)
