"""Driving a call through a run: the rate that each update really uses, in equal blocks."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, pairwise, repeat
from typing import TYPE_CHECKING, Any

from isorate.kit.boundary import Halting
from isorate.kit.call import Call
from isorate.kit.plateau import Feedback
from isorate.kit.stepped_call import SteppedCall
from isorate.schedule.combinators import Groups, Join, Stepped
from isorate.schedule.curve import Curve, Halt
from isorate.schedule.domains import FARTHEST
from isorate.schedule.errors import RunError
from isorate.schedule.evaluate import BLOCK, blocks
from isorate.schedule.lazily import is_loaded, np
from isorate.schedule.node import Schedule
from isorate.schedule.shapes import Constant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from isorate.schedule.run import Run

    Block = NDArray[np.floating[Any]]

#: What has rates.
Side = Call | Schedule | Curve

#: The most updates that anything here goes through one by one; beyond it, minutes turn to hours.
LONGEST_RUN = 10**9


#: So many rates take no longer to be made one by one than NumPy takes to be loaded.
FEW = 20_000
#: Nor do so many times as many, where a step is one of so many updates.
FEW_OF_A_STEP = 10


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
        before = self.run.step_of(0) if by_hand else 0
        steps = (self.run.step_of(length - 1) if by_hand else length - 1) + 1
        first = self.run.updates_to_first_step if by_hand else 1
        done = 0
        try:
            for block in _strided(_steps(call, self.run, steps), by, before):
                pieces = _repeated(block[:, 1:] if done == 0 else block, min(every, length))
                opening = _repeated(block[:, :1], min(first, length)) if done == 0 else ()
                for piece in chain(opening, pieces):
                    piece = piece[:, : length - done]
                    done += piece.shape[1]
                    yield piece
        except Halting as end:
            if done < length:
                self.halt = Halt(done, end.error, end.text)


def one_by_one(side: Side, run: Run) -> list[list[float]] | None:
    """Return each group's rates over a run, as Python's own numbers, without NumPy.

    None where it is there already, whose arrays are faster, and where the rates are not made step
    by step in Python's numbers, in too many steps, or end before the run does.

    Raises:
        NativeError: the framework refuses the arguments.

    """
    call = side.returned if isinstance(side, Call) else None
    if is_loaded() or not isinstance(call, SteppedCall) or not call.by_steps:
        return None
    assert isinstance(side, Call)
    check_length(run)
    loop = loop_of(side, run)
    length, most = run.length, last_step(side, loop)
    steps = loop.step_of(length - 1)
    if max(steps, length // FEW_OF_A_STEP) * call.groups > FEW:
        return None
    side.checked()
    last = steps if most is None else min(steps, most)
    columns = call.one_by_one(last + 1)
    if columns is None:
        return None
    columns += columns[-1:] * (steps - last)
    rows = ([rates[group] for rates in columns] for group in range(call.groups))
    return [[*map(row.__getitem__, _steps_of(loop, length))] for row in rows]


def _steps_of(loop: Run, length: int) -> Iterable[int]:
    """Visit the steps that have been taken when each update begins."""
    every, first = loop.updates_per_step, loop.updates_to_first_step
    if every == 1 and [loop.step_of(0), loop.step_of(1)] == [0, 1]:
        return range(length)
    blocks = pairwise([0, *range(max(first, 0), length, every), length])
    return chain.from_iterable(repeat(loop.step_of(start), end - start) for start, end in blocks)


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
    """Return a run as a call sees it: one that counts updates takes no notice of further steps.

    One that counts epochs is called at each of them, whatever else the loop steps; an epoch of
    which nothing is known is an update.
    """
    if call.counts == "steps":
        return run
    plain = run.without_accelerate()
    if call.counts == "updates":
        every = "update" if plain.step_every == "batch" else plain.step_every
        return replace(plain, steps_before=0, first_step=None, step_every=every)
    epochs = run.updates_per_epoch or 1
    plain = replace(plain, steps_before=0, first_step=None)
    return replace(plain, updates_per_epoch=epochs, step_every="epoch")


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
    return in_loop(call.lower(), call, loop_of(call, run))


def in_loop(schedule: Schedule, call: Call, run: Run) -> Schedule:
    """Return what a call's schedule comes to in its loop, counted in updates."""
    last = last_step(call, run)
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


def _strided(blocks: Iterator[Block], by: int, skip: int) -> Iterator[Block]:
    """Take every ``by``-th column of a stream of blocks, after so many that are left out."""
    for block in blocks:
        if skip < block.shape[1]:
            yield block[:, skip::by]
            skip = (skip - block.shape[1]) % by
        else:
            skip -= block.shape[1]


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
