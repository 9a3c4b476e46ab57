"""What is known of a constructor besides its arguments."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


#: What an argument says about the schedule.
Role = Literal["start", "end", "duration", "factor", "shape", "clock", "length", "begin"]


class Deviation(msgspec.Struct, frozen=True):
    """A way in which a framework does other than its own documentation says.

    Args:
        documented: what the documentation says, in Isorate's words.
        actual: what the framework does instead.
        shown: a call that shows it, as text that reads without more.
        update: an update at which its rate shows it.
        upstream: where the framework's own tracker knows of it, if anywhere.

    """

    documented: str
    actual: str
    shown: str
    update: int
    upstream: str | None = None


class Proof(Enum):
    """Whether a call's schedule speaks for its rates at every update, or what keeps it from that.

    With ``EACH_STEP`` it does: the rates lie within 1e-12 of the peak from those that the schedule
    means, at every update up to 2**53 - 1. ``MEMBERS`` is as good as the calls that are held. All
    others name what makes the difference grow: with the update, or with an argument.
    """

    EACH_STEP = "each step by itself"
    MEMBERS = "as what it holds"
    RECURSION = "a recursion"
    UNREDUCED = "an unreduced argument"
    CANCELS = "a difference that cancels"
    COUNTER = "a 32-bit counter"
    FUNCTION = "a function that is given"
    METRIC = "a metric"


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a constructor besides its arguments.

    What says nothing of the first four, and not all of the roles, is ``completed`` by its name.

    Args:
        runs_in: the framework whose training loop takes it.
        clock: ``"step"`` where the loop calls ``step()``; ``"update"`` where the optimizer's own
            step count is the index.
        arithmetic: its order of operations and dtype, in one line.
        proof: whether the schedule that a call means speaks for its rates at every update.
        past_end: what happens after the schedule's duration, in one line.
        name: full dotted name.
        dialect: the name of the dialect that it belongs to.
        version: the framework version that was read and run.
        docs: address of its documentation.
        roles: which argument says what.
        raises: the exceptions for bad arguments, and what each is for.
        ulp: how far native arithmetic may lie from the framework, in units in the last place;
            0 promises every bit.
        share: how far the framework may lie from it where it compiles, or on another machine, as a
            share of the peak rate; 0 where that makes no difference.
        ledger: the reason for a bound other than 0.
        deprecation: the framework's own deprecation text.
        way_out: the full name of what replaces a deprecated call.
        drop_in: whether it is one of Isorate's own schedulers, which runs only where Isorate is
            installed.
        deviations: where it does other than its own documentation says.
        counts: what moves one that is stepped by hand, unless it is told otherwise: every
            ``step()``, every one that comes after an update, or every epoch, as a callback's.

    """

    runs_in: str
    clock: Literal["step", "update"]
    arithmetic: str
    proof: Proof
    past_end: str
    name: str = ""
    dialect: str = ""
    version: str = ""
    docs: str = ""
    roles: Mapping[str, Role] = msgspec.field(default_factory=dict)
    raises: Mapping[str, str] = msgspec.field(default_factory=dict)
    ulp: int = 0
    share: float = 0.0
    ledger: str | None = None
    deprecation: str | None = None
    way_out: str | None = None
    drop_in: bool = False
    deviations: Sequence[Deviation] = ()
    counts: Literal["steps", "updates", "epochs"] = "steps"

    @property
    def promise(self) -> str:
        """How near native arithmetic is to the framework, in words."""
        near = f"within {self.ulp} ULP" if self.ulp else "every bit"
        if self.share:
            near += f"; compiled within {self.share:.2g} of the peak"
        return near

    @property
    def raised_by(self) -> str:
        """What raises an exception: who has it; of a drop-in, the framework that it runs in."""
        return self.runs_in if self.drop_in else self.dialect

    @property
    def is_elsewhere(self) -> bool:
        """Whether the framework whose loop takes it does not have it itself."""
        return self.dialect != self.runs_in


def card(
    arithmetic: str,
    proof: Proof,
    past_end: str,
    *deviations: Deviation,
    always: Any,  # exceptions by name
    **told: Any,
) -> Card:
    """Return a card, to be completed by its constructor's name.

    Args:
        arithmetic: as on the card.
        proof: likewise.
        past_end: likewise.
        deviations: likewise.
        always: what is raised for bad arguments unless it is told otherwise.
        told: exceptions by name, and what else the card says.

    """
    raises = {name: told.pop(name) for name in list(told) if name[0].isupper()}
    return Card(
        arithmetic=arithmetic,
        proof=proof,
        past_end=past_end,
        deviations=deviations,
        raises=dict(sorted({**always, **raises}.items())),
        **told,
    )


def roles_of(**arguments: str) -> dict[str, Role]:
    """Return the roles of arguments: names, with spaces between them, that say the same thing."""
    roles: Any = {name: role for role, names in arguments.items() for name in names.split()}
    return dict(roles)
