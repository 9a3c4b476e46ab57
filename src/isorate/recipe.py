"""A call in a run: what it means there and which rates it makes, each worked out once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from isorate.driving import Side, Stream, in_loop, last_step, loop_of, one_by_one
from isorate.kit.call import Call
from isorate.kit.plateau import Feedback
from isorate.schedule.combinators import Groups
from isorate.schedule.curve import Curve
from isorate.schedule.errors import IsorateError, ReadError
from isorate.schedule.evaluate import check_fits, evaluate
from isorate.schedule.lazily import np
from isorate.schedule.node import Schedule, end_of_course
from isorate.schedule.run import Run
from isorate.schedule.shapes import Constant, Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from isorate.schedule.laws import Law


#: The default length of a run where there is no schedule to read one off, or nothing moves.
UNKNOWN_HORIZON = 100

#: No run that nobody asked for is longer.
LONGEST_DEFAULT = 10**6

#: So many rates are kept; of longer runs they are computed anew each time they are gone through.
KEPT = 10**5


@dataclass(frozen=True)
class Recipe:
    """A call in a run, and what was assumed; or a schedule, or finished rates, in its place.

    What is asked of it is worked out when it is asked for the first time, and kept. It has the
    attributes of its call, too: ``recipe.T_max``, ``recipe.lower()``. Two are equal whose calls
    and runs are.

    Args:
        call: a call, whose rates are its framework's own; a schedule, whose rates are Isorate's;
            or a curve, which has its rates.
        run: the loop around it; its length may be open.
        assumptions: what was taken for granted in reading it, each in a sentence.
        trainer: whose configuration it was, where it was one.
        scaled: whether that says that a gradient scaler may skip updates.

    Example:
        >>> from isorate import read
        >>> recipe = Recipe(read("StepLR(SGD(params, lr=0.1), 30)"), Run(60))
        >>> recipe.curve.at(30), recipe.normal.at(30)
        (0.010000000000000002, 0.010000000000000002)

    """

    call: Side
    run: Run = field(default_factory=Run)
    assumptions: tuple[str, ...] = field(default=(), compare=False)
    trainer: str | None = field(default=None, compare=False)
    scaled: bool = field(default=False, compare=False)

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the call."""
        if name.startswith("__") or name == "call":  # which nobody has yet while it is copied
            raise AttributeError(name)
        return getattr(self.call, name)

    # --- whatever the run ---------------------------------------------------------------------

    @cached_property
    def code(self) -> str:
        """As text: a call's code, a schedule's JSON, where a curve comes from."""
        match self.call:
            case Call():
                return self.call.code
            case Curve():
                return self.call.source
        return self.call.to_json()

    @property
    def dialect(self) -> str | None:
        """The dialect of a call; of anything else none."""
        return self.call.dialect if isinstance(self.call, Call) else None

    @cached_property
    def dtype(self) -> str:
        """The dtype that the rates are computed in."""
        return "float64" if isinstance(self.call, Schedule) else self.call.dtype

    @cached_property
    def groups(self) -> int:
        """The number of parameter groups."""
        if isinstance(self.call, Schedule):
            return len(self.call.of) if isinstance(self.call, Groups) else 1
        return self.call.groups

    @cached_property
    def _lowered(self) -> Schedule | IsorateError:
        """What a call means, counted as it counts; or why it means no schedule."""
        if isinstance(self.call, Schedule):
            return self.call
        if isinstance(self.call, Curve):
            required = "a schedule, or a call"
            return ReadError("rates have no schedule", required=required, got=self.code)
        try:
            return self.call.lower()
        except IsorateError as error:
            return error

    # --- in the run, however long it is -------------------------------------------------------

    @property
    def schedule(self) -> Schedule:
        """What it means in the run, counted in updates.

        Raises:
            ReadError: rates have no schedule.
            ConvertError: the call has no meaning as a schedule.
            NativeError: the framework refuses the call.

        """
        if isinstance(self._in_loop, IsorateError):
            raise self._in_loop
        return self._in_loop

    @cached_property
    def _in_loop(self) -> Schedule | IsorateError:
        found = self._lowered
        if isinstance(found, IsorateError) or not isinstance(self.call, Call):
            return found if isinstance(found, IsorateError) else found.resolved(self.run)
        try:
            return in_loop(found, self.call, loop_of(self.call, self.run))
        except IsorateError as error:
            return error

    @cached_property
    def normal(self) -> Schedule | None:
        """The same in normal form; none where there is no schedule."""
        if isinstance(self._in_loop, IsorateError):
            return None
        try:
            return self._in_loop.normal()
        except IsorateError:
            return None

    @cached_property
    def law(self) -> Law | None:
        """The lines, cosines and so on that a list of rates is; none where it is none of them."""
        form = self.normal
        listed = form is not None and any(isinstance(node, Table) for node in form.walk())
        if form is None or not listed or isinstance(form, Groups):
            return None
        if form.length is None or form.length > LONGEST_DEFAULT:
            return None
        from isorate.schedule.laws import law_of  # which few need

        return law_of(evaluate(form, Run(form.length)).values)

    @property
    def unsaid(self) -> str | None:
        """Why there is no schedule."""
        return str(self._in_loop) if isinstance(self._in_loop, IsorateError) else None

    @cached_property
    def stepped(self) -> Schedule | None:
        """The normal form where every ``step()`` is one step, whoever takes it."""
        if not isinstance(self._lowered, Schedule):
            return None
        try:
            return self._lowered.resolved(self.run.without_accelerate()).normal()
        except IsorateError:
            return None

    @cached_property
    def horizon(self) -> int:
        """The number of updates that show every end, period and restart, and what follows.

        Raises:
            NativeError: the framework refuses the call.

        """
        return min(self._horizon(), LONGEST_DEFAULT)

    def _horizon(self) -> int:
        if isinstance(self.call, Curve):
            return max(self.call.updates, 1)
        if isinstance(self.call, Call):
            self.call.checked()
            followed = self.call.returned
            if isinstance(followed, Feedback) and self.run.metrics is not None:
                run = loop_of(self.call, self.run)
                each = run.updates_per_step if self.call.card.clock == "step" else 1
                return (len(self.run.metrics) + (not followed.prompt)) * each
        form = self.normal
        if form is None:
            return UNKNOWN_HORIZON
        still = all(isinstance(part, Constant) for part in form.children() or (form,))
        return UNKNOWN_HORIZON if still and form.length is None else form.horizon

    @cached_property
    def trained(self) -> int:
        """The number of updates that one trains.

        To the end of its schedule and including it, a trough that it climbs back from being one;
        of a list, all of its rates; of what comes again, one cycle and the update that opens the
        next. What has no end is shown long enough, as ``horizon`` has it, but no further than
        there are rates.

        Raises:
            NativeError: the framework refuses the call.

        """
        horizon, form = self.horizon, self.normal
        if form is None:
            return horizon
        last = last_step(self.call, self.run) if isinstance(self.call, Call) else None
        if last is not None:
            calls = -(-(last - self.run.step_of(0)) // self.run.steps_per_call)
            every, first = self.run.updates_per_step, self.run.updates_to_first_step
            return max(1, min(first + (calls - 1) * every, horizon))
        if form.length is not None:
            return min(form.length - _lone_rates(form, form.length), LONGEST_DEFAULT)
        end = end_of_course(form)
        return horizon if end is None else min(end + 1, LONGEST_DEFAULT)

    @cached_property
    def ends_at(self) -> int | None:
        """The update at which its schedule has come to its end; none where it has none."""
        form = self.normal
        if form is None:
            return None
        if form.length is not None:
            return self.trained
        ends = [end_of_course(part) for part in (form.of if isinstance(form, Groups) else (form,))]
        return None if None in ends else max(end for end in ends if end is not None)

    def lasting(self, updates: int) -> Recipe:
        """Return the same over another number of updates; what is known of it is kept."""
        if self.run.updates == updates:
            return self
        found = replace(self, run=self.run.lasting(updates))
        found.__dict__.update(
            {name: value for name, value in self.__dict__.items() if name in _WHATEVER_LENGTH}
        )
        found.__dict__["_known"] = self._known
        return found

    def of_length(self) -> Recipe:
        """Return the same in a run with a length: its own, or long enough to show all of it."""
        return self if self.run.updates is not None else self.lasting(self.horizon)

    # --- over the run ---------------------------------------------------------------------------

    @cached_property
    def _known(self) -> list[Curve]:
        """The rates of the longest run so far that were kept, shared by those of other lengths."""
        return []

    def first_rates(self, updates: int) -> NDArray[np.floating[Any]]:
        """Return the rates of the first updates, or of more, kept: an array of rows, one a group.

        Raises:
            NativeError: the framework refuses the arguments.
            RunError: the run has more rates than are kept.

        """
        for known in self._known:
            if known.updates >= updates or known.halt is not None:
                return known.values.reshape(self.groups, -1)
        return self.lasting(updates).curve.values.reshape(self.groups, -1)

    @property
    def curve(self) -> Curve:
        """The rates of the whole run.

        Raises:
            NativeError: the framework refuses the arguments.
            RunError: the run has no length, or more rates than fit in memory.

        """
        return self.simulated()

    def simulated(self, progress: Callable[[int], object] | None = None) -> Curve:
        """Return the rates of the whole run, telling the number of updates done."""
        for known in self._known:
            if known.updates >= self.run.length or known.halt is not None:
                return _cut(known, self.run.length)
        check_fits(self.run.length * self.groups)
        listed = one_by_one(self.call, self.run)
        if listed is not None:
            self._known[:] = [Curve.listed(listed, self.code)]
            return self._known[0]
        stream = Stream(self.call, self.run)
        values = np.empty((self.groups, self.run.length), self.dtype)
        done = 0
        for block in stream.blocks():
            values[:, done : done + block.shape[1]] = block
            done += block.shape[1]
            if progress is not None:
                progress(done)
        shaped = values[:, :done] if self.groups > 1 else values[0, :done]
        found = Curve(shaped, self.code, stream.halt)
        if self.run.length * self.groups <= KEPT:
            self._known[:] = [found]
        return found

    def stream(self) -> Stream:
        """Return the rates in blocks, with bounded memory; those of a short run are kept."""
        short = self.run.length * self.groups <= KEPT
        return Stream(self.curve if short else self.call, self.run)


#: What does not depend on how many updates a run has.
_WHATEVER_LENGTH = {
    "code", "dtype", "groups", "_lowered", "_in_loop", "normal", "stepped", "horizon", "trained",
    "ends_at", "law",
}  # fmt: skip


def _cut(curve: Curve, updates: int) -> Curve:
    """Return the rates of fewer updates."""
    halt = curve.halt if curve.halt is not None and curve.halt.update < updates else None
    if curve.updates <= updates and curve.halt is halt:
        return curve
    return Curve(curve.values[..., :updates], curve.source, halt)


def _lone_rates(schedule: Schedule, length: int) -> int:
    """Return how many rates come after a turn at the very end, as the last of a one-cycle's does.

    Nobody trains with a single step that turns back from where a schedule has come to.
    """
    one = schedule.of[0] if isinstance(schedule, Groups) else schedule
    turn = end_of_course(one)
    if turn is None or (length - turn) % 2:
        return 0
    tick = (length - turn) // 2  # it may be stepped once in several updates
    rates = [one.at(k) for k in (turn, turn + tick - 1, turn + tick, length - 1)]
    return tick if rates[0] == rates[1] != rates[2] == rates[3] else 0


def together(a: Recipe, b: Recipe) -> tuple[Recipe, Recipe]:
    """Return two recipes over one number of updates: the longer run's, or enough to show all."""
    given = [recipe.run.updates for recipe in (a, b) if recipe.run.updates is not None]
    longest = max(given or (a.horizon, b.horizon))
    return a.lasting(longest), b.lasting(longest)
