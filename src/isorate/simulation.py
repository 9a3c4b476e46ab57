"""Driving a call through a run: the rate that each update really uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from isorate.kit.boundary import Halting
from isorate.kit.call import Call
from isorate.kit.plateau import Feedback
from isorate.schedule.combinators import Groups, Join, Stepped
from isorate.schedule.curve import Curve, Halt
from isorate.schedule.errors import ConvertError, IsorateError, ReadError, RunError
from isorate.schedule.evaluate import BLOCK, blocks, check_fits
from isorate.schedule.evaluate import evaluate as evaluated
from isorate.schedule.node import FARTHEST, Schedule, end_of_course
from isorate.schedule.shapes import Constant
from isorate.sides import Side, as_run, as_side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from isorate.schedule.run import Run
    from isorate.sides import Given

    Block = NDArray[np.floating[Any]]

#: The most updates that anything here goes through one by one; beyond it, minutes turn to hours.
LONGEST_RUN = 10**9

#: The default length of a run where there is no schedule to read one off, or nothing moves.
UNKNOWN_HORIZON = 100


def simulate(
    x: Given, run: Run | int | None = None, *, progress: Callable[[int], object] | None = None
) -> Curve:
    """Rates that the framework itself would use, update by update, without the framework.

    Args:
        x: a call, or its text; or whatever else has rates (``sides.as_side``): a schedule's are
            Isorate's own.
        run: the loop around it, or its number of updates; without a length, long enough to show
            the schedule's ends and what comes after them.
        progress: called with the number of updates done, now and then.

    Returns:
        A curve in the framework's own dtype, shape ``(updates,)``, or ``(groups, updates)`` where
        the call's optimizer has several parameter groups. Where the framework raises within the
        run, the curve ends there and ``halt`` names the exception.

    Raises:
        ReadError: what has no rates, or text that cannot be read.
        NativeError: the framework refuses the arguments.
        RunError: no run, or more rates than fit in memory.

    Example:
        >>> simulate("cosine_decay_lr(0.01, 0.1, 6, 2, 2)", 6).values.tolist()
        [0.1, 0.1, 0.05500000000000001, 0.05500000000000001, 0.01, 0.01]

    """
    side, run = as_side(x), as_run(run)
    if run.updates is None:
        run = run.lasting(default_updates(run, side))
    groups = groups_of(side)
    check_fits(run.length * groups)
    stream = Stream(side, run)
    values = np.empty((groups, run.length), dtype_of(side))
    done = 0
    for block in stream.blocks():
        values[:, done : done + block.shape[1]] = block
        done += block.shape[1]
        if progress is not None:
            progress(done)
    shaped = values[:, :done] if groups > 1 else values[0, :done]
    return Curve(shaped, named(side), stream.halt)


def evaluate(x: Given, run: Run | int | None = None) -> Curve:
    """Rates of a schedule over a run in Isorate's own arithmetic, float64, within 8 ULP.

    Args:
        x: a schedule; or a call, or its text, for the schedule that it means.
        run: the loop, or its number of updates; without a length as for ``simulate``.

    Returns:
        A curve of shape ``(updates,)``, or ``(groups, updates)`` for several parameter groups. A
        schedule that ends within the run gives a shorter curve whose ``halt`` says where.

    Raises:
        ReadError: rates, which have no schedule, or what cannot be read.
        ConvertError: the call has no meaning as a schedule.
        RunError: no run, or more rates than fit in memory.

    Example:
        >>> evaluate("LinearLR(SGD(params, lr=0.5), 0.5, total_iters=2)", 3).values.tolist()
        [0.25, 0.375, 0.5]

    """
    side, run = as_side(x), as_run(run)
    if isinstance(side, Curve):
        required = "a schedule, or a call"
        raise ReadError("rates have no schedule to evaluate", required=required, got=named(side))
    if run.updates is None:
        run = run.lasting(default_updates(run, side))
    return evaluated(meaning(side, run) if isinstance(side, Call) else side, run)


def named(side: Side) -> str:
    """Return a side as text: a call's code, a schedule's JSON, where a curve comes from."""
    match side:
        case Call():
            return side.code
        case Curve():
            return side.source
    return side.to_json()


def dtype_of(side: Side) -> str:
    """Return the dtype that a side's rates are computed in."""
    return "float64" if isinstance(side, Schedule) else side.dtype


def groups_of(side: Side) -> int:
    """Return how many parameter groups a side has rates for."""
    if isinstance(side, Schedule):
        return len(side.of) if isinstance(side, Groups) else 1
    return side.groups


class Stream:
    """One side's rates in equal blocks, with bounded memory.

    Args:
        side: a call (native arithmetic), a schedule (Isorate's own), or a finished curve.
        run: a run with a length.

    """

    def __init__(self, side: Side, run: Run) -> None:
        self.side = side
        self.run = loop_of(side, run) if isinstance(side, Call) else run
        self.halt: Halt | None = side.halt if isinstance(side, Curve) else None
        check_length(run)
        if isinstance(side, Call):
            check_steps(side, self.run)
            side.checked()

    def blocks(self) -> Iterator[Block]:
        """Yield arrays of shape ``(groups, BLOCK)``, the last one shorter; then ``halt`` is set."""
        return _rechunked(self._pieces())

    def _pieces(self) -> Iterator[Block]:
        length = self.run.length
        if isinstance(self.side, Curve):
            values = self.side.values.reshape(self.side.groups, -1)[:, :length]
            yield values
            self.halt = self.side.halt if self.side.updates < length else None
            if self.halt is None and self.side.updates < length:
                self.halt = Halt(self.side.updates, "EndOfCurve", "the curve has no more rates")
        elif isinstance(self.side, Schedule):
            done = 0
            for start, block in blocks(self.side, self.run):
                done = start + block.shape[1]
                yield block
            if done < length:
                self.halt = Halt(done, "ScheduleError", "the schedule ends here")
        else:
            yield from self._native(self.side, length)

    def _native(self, call: Call, length: int) -> Iterator[Block]:
        by_hand = call.card.clock == "step"
        every = self.run.updates_per_step if by_hand else 1
        by = self.run.steps_per_call if by_hand else 1
        steps = (length - 1) // every * by + 1
        done = 0
        try:
            for block in _strided(_steps(call, self.run, steps), by):
                for piece in _repeated(block, min(every, length)):
                    piece = piece[:, : length - done]
                    done += piece.shape[1]
                    yield piece
        except Halting as end:
            if done < length:
                self.halt = Halt(done, end.error, end.text)


def _steps(call: Call, run: Run, steps: int) -> Iterator[Block]:
    """Ask a call for its rates, one a step; where no more steps are taken, its last one stays."""
    most = last_step(call, run)
    asked = steps if most is None else min(steps, most + 1)
    block = None
    for block in _native_blocks(call, run, asked):
        yield block
    assert block is not None
    for start in range(asked, steps, BLOCK):
        yield np.repeat(block[:, -1:], min(BLOCK, steps - start), axis=1)


def _native_blocks(call: Call, run: Run, steps: int) -> Iterator[Block]:
    """Ask a call for its rates; one that follows a metric is given it, a value for each step."""
    followed = call.returned
    if not isinstance(followed, Feedback) or run.metrics is None:
        return iter(call.native(steps))  # a call without its metric says what is missing
    each = run.steps_per_call if call.card.clock == "step" else 1
    calls = (steps - 1) // each + followed.prompt
    if len(run.metrics) < calls:
        raise RunError(
            "the metric ends before the run",
            required=f"{calls} values, one for each step()",
            got=len(run.metrics),
        )
    metrics = run.metrics[:calls]
    if each > 1:
        metrics = [metric for metric in metrics for _ in range(each)]
    return iter(followed.follow(metrics, steps))


def last_step(call: Call, run: Run) -> int | None:
    """Return the step after which the loop takes no more, none where it never stops.

    Accelerate asks a scheduler for ``total_steps``, which torch's ``OneCycleLR`` alone has, and
    stops there; the rate that stays is the one past the end of the cycle.
    """
    return call.stops_at if run.stops_at_total_steps else None


def loop_of(call: Call, run: Run) -> Run:
    """Return a run as a call sees it: one that counts updates takes no notice of further steps."""
    return run.without_accelerate() if call.counts == "updates" else run


def meaning(call: Call, run: Run) -> Schedule:
    """Return the schedule that a call means in a run, counted in updates.

    Raises:
        ConvertError: the call has no meaning as a schedule.
        NativeError: the framework refuses the call.

    Example:
        >>> from isorate import Run, read
        >>> call = read("OneCycleLR(SGD(params, lr=0.1), max_lr=0.1, total_steps=6)")
        >>> meaning(call, Run()).length, meaning(call, Run(accelerate=1)).length
        (7, None)

    """
    run = loop_of(call, run)
    schedule, last = call.lower(), last_step(call, run)
    if last is not None:
        each = schedule.of if isinstance(schedule, Groups) else (schedule,)
        held = tuple(_held_from(one, last) for one in each)
        schedule = Groups(held) if isinstance(schedule, Groups) else held[0]
    return schedule.resolved(run)


def _held_from(schedule: Schedule, step: int) -> Schedule:
    """Keep the rate of a step from there on, unless the rates end sooner."""
    if not isinstance(schedule, Stepped) or (schedule.length or FARTHEST) <= step:
        return schedule
    return Stepped(Join((schedule.of, Constant(schedule.of.at(step))), (step,)))


def check_length(run: Run) -> None:
    """Raise at once where a run is too long to go through update by update."""
    if run.length > LONGEST_RUN:
        raise RunError(
            "the run is too long to go through",
            required=f"at most {LONGEST_RUN} updates",
            got=run.length,
        )


def check_steps(call: Call, run: Run) -> None:
    """Raise at once where a loop takes more steps than can be gone through, one by one."""
    steps = run.step_of(run.length - 1) + 1 if call.card.clock == "step" else 0
    if steps > LONGEST_RUN:
        raise RunError(
            f"the {run.length} updates take too many steps to go through",
            required=f"at most {LONGEST_RUN} steps",
            got=f"{steps}, {run.steps_per_call} at a time",
        )


#: No run that nobody asked for is longer.
LONGEST_DEFAULT = 10**6


def default_updates(run: Run, *sides: Side) -> int:
    """Return the number of updates that show every end, period and restart, and what follows."""
    return min(max(_horizon(side, run) for side in sides), LONGEST_DEFAULT)


def trained_updates(run: Run, call: Call) -> int:
    """Return the number of updates that one trains with a call.

    To the end of its schedule and including it, a trough that it climbs back from being one; of a
    list, all of its rates; of what comes again, one cycle and the update that opens the next. What
    has no end is shown long enough, as ``default_updates`` has it, but no further than there are
    rates.
    """
    horizon = default_updates(run, call)
    try:
        schedule = meaning(call, run).normal()
    except ConvertError:
        return horizon
    last, length = last_step(call, run), schedule.length
    if last is not None:
        return min(-(-last // run.steps_per_call) * run.updates_per_step, horizon)
    if length is not None:
        return min(length - _lone_rates(schedule, length), LONGEST_DEFAULT)
    end = end_of_course(schedule)
    return horizon if end is None else min(end + 1, LONGEST_DEFAULT)


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


def _horizon(side: Side, run: Run) -> int:
    if isinstance(side, Curve):
        return max(side.updates, 1)
    if isinstance(side, Call):
        side.checked()
        followed = side.returned
        if isinstance(followed, Feedback) and run.metrics is not None:
            each = run.updates_per_step if side.card.clock == "step" else 1
            return (len(run.metrics) + (not followed.prompt)) * each
    try:
        schedule = meaning(side, run) if isinstance(side, Call) else side.resolved(run)
    except IsorateError:
        return UNKNOWN_HORIZON
    form = schedule.normal()
    still = all(isinstance(part, Constant) for part in form.children() or (form,))
    return UNKNOWN_HORIZON if still and form.length is None else form.horizon


def _strided(blocks: Iterator[Block], by: int) -> Iterator[Block]:
    """Take every ``by``-th column of a stream of blocks, from the first one on."""
    skip = 0
    for block in blocks:
        if skip < block.shape[1]:
            yield block[:, skip::by]
        skip = (skip - block.shape[1]) % by


def _repeated(block: Block, every: int) -> Iterator[Block]:
    """Repeat every column, in pieces of bounded size."""
    if every == 1:
        yield block
        return
    columns = max(1, BLOCK // every)
    for start in range(0, block.shape[1], columns):
        piece = block[:, start : start + columns]
        for done in range(0, every, BLOCK) if columns == 1 else (0,):
            yield np.repeat(piece, min(every - done, BLOCK) if columns == 1 else every, axis=1)


def _rechunked(pieces: Iterator[Block]) -> Iterator[Block]:
    """Cut a stream of blocks into blocks of one size."""
    pending: list[Block] = []
    waiting = 0
    for piece in pieces:
        if not waiting and piece.shape[1] == BLOCK:
            yield piece
            continue
        while piece.shape[1]:
            taken = piece[:, : BLOCK - waiting]
            pending.append(taken)
            waiting += taken.shape[1]
            piece = piece[:, taken.shape[1] :]
            if waiting == BLOCK:
                yield pending[0] if len(pending) == 1 else np.concatenate(pending, axis=1)
                pending, waiting = [], 0
    if waiting:
        yield pending[0] if len(pending) == 1 else np.concatenate(pending, axis=1)
