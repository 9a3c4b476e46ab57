"""How a training loop drives a schedule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set, Sized
from dataclasses import KW_ONLY, InitVar, dataclass, replace
from operator import index
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from isorate.schedule.errors import RunError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: When ``scheduler.step()`` is called: after each update, each epoch, or every so many updates.
StepEvery = Literal["update", "epoch", "batch"] | int
#: An update, or an array of them.
Count = TypeVar("Count", int, "NDArray[np.int64]")

#: An update is an integer that every float64 formula must hold exactly.
LARGEST_UPDATE = 2**53 - 1

#: More processes than any loop has: a call of ``scheduler.step()`` takes a step for each of them.
MOST_PROCESSES = 10**6


@dataclass(frozen=True, slots=True)
class Run:
    """The loop around a schedule: its length, its epochs, and when ``scheduler.step()`` is called.

    Update ``k`` (0, 1, 2, …) is one optimizer step. With ``step_every="epoch"`` a scheduler that is
    stepped by hand stands at ``k // updates_per_epoch``, with ``step_every=n`` at ``k // n``, and
    ``steps_before`` further where the loop steps it before its first update; a list that the
    optimizer indexes by itself always stands at ``k``. With ``step_every="batch"`` it is stepped
    after each of the ``accumulation`` batches of an update, ``a`` of them, though the optimizer is
    updated with the last one only: it stands at ``k * a + a - 1``. Where the loop takes its first
    step sooner or later than the others follow one another, ``first_step`` says when, as after a
    warmup that is written by hand; until then the scheduler stays where it is.

    Where processes train side by side and each steps its own scheduler once an update, as in plain
    data parallelism, their number changes no rate. Under Hugging Face Accelerate it does: one call
    of a prepared scheduler's ``step()`` takes as many steps as there are processes, unless batches
    are split: the scheduler stands at ``k // updates_per_step * steps_per_call``.

    An update takes ``accumulation`` batches on every process, the last one of an epoch what is
    left, so that an epoch has ``ceil(own / accumulation)`` updates. Of ``batches_per_epoch``, a
    process has ``ceil(batches_per_epoch / processes)`` as its ``own``, or ``accelerate`` in place
    of ``processes`` where Accelerate deals them out.

    Args:
        updates: the number of updates; ``None`` leaves the length open.
        epochs: the number of epochs, instead of ``updates``.
        updates_per_epoch: updates in one epoch.
        step_every: ``"update"``, ``"epoch"``, a number of updates, or ``"batch"``.
        steps_before: how many steps are taken before the first update: one where the loop calls
            ``scheduler.step()`` ahead of ``optimizer.step()``, or as many as a text takes to go on
            from where another run ended.
        first_step: after how many updates ``scheduler.step()`` is called for the first time, or
            after how many epochs with ``step_every="epoch"``; ``None`` where that is as long as
            between two of its calls.
        metrics: what the loop hands to ``scheduler.step(metric)``, one number for each call of it,
            for schedulers that follow a metric.
        accelerate: the processes of a loop whose scheduler ``Accelerator.prepare`` has wrapped;
            ``None`` for every other loop, also for one in plain data parallelism, and for one
            under Accelerate that sets ``step_scheduler_with_optimizer=False``.
        accumulation: batches in one update, as in ``gradient_accumulation_steps``.
        split_batches: whether Accelerate splits each batch between the processes, instead of
            giving every process its own. Then ``step()`` takes one step.
        batches_per_epoch: ``len(loader)`` of a ``DataLoader`` that is one process's alone; it gives
            ``updates_per_epoch``. Under Accelerate that is before ``prepare``, with
            ``drop_last`` less the batches that do not reach all processes; in plain data
            parallelism it is without the ``DistributedSampler``. Where ``processes`` are not told,
            it is what a process has.
        processes: the processes of plain data parallelism, which share the batches.
        world_size: refused, since it does not say who steps the scheduler.

    Raises:
        RunError: a length that is not a positive integer, two of them at odds, more than a million
            processes, epochs asked for without ``updates_per_epoch``, batches split without
            ``accelerate``, more scheduler steps than float64 counts, metrics that are no numbers,
            or ``world_size``.

    Example:
        >>> Run(epochs=3, updates_per_epoch=2).updates
        6
        >>> Run(6, updates_per_epoch=2, step_every="epoch").step_of(5)
        2
        >>> late = Run(12, updates_per_epoch=2, step_every="epoch", first_step=4)
        >>> late.step_of(7), late.step_of(8), late.step_of(10)
        (0, 1, 2)
        >>> Run(6, step_every="batch", accumulation=4).step_of(5)
        23
        >>> run = Run(epochs=2, batches_per_epoch=7, accelerate=2, accumulation=3)
        >>> run.updates_per_epoch, run.step_of(3)
        (2, 6)

    Source:
        ``accelerate.scheduler``, ``accelerate.data_loader`` and ``Accelerator.accumulate``,
        version 1.15.0.

    """

    updates: int | None = None
    _: KW_ONLY
    epochs: int | None = None
    updates_per_epoch: int | None = None
    step_every: StepEvery = "update"
    steps_before: int = 0
    first_step: int | None = None
    metrics: Sequence[float] | None = None
    accelerate: int | None = None
    accumulation: int = 1
    split_batches: bool = False
    batches_per_epoch: int | None = None
    processes: int | None = None
    world_size: InitVar[object] = None

    def __post_init__(self, world_size: object) -> None:
        if world_size is not None:
            raise RunError(
                "world_size does not say who steps the scheduler",
                hint=f"accelerate={world_size} where Accelerator.prepare wrapped it; "
                f"processes={world_size} where each steps its own once an update, as in plain data "
                "parallelism",
            )
        for name in ("updates", "epochs", "updates_per_epoch", "accelerate", "batches_per_epoch",
                     "processes", "first_step"):  # fmt: skip
            if getattr(self, name) is not None:
                many = name in ("accelerate", "processes")
                most = MOST_PROCESSES if many else LARGEST_UPDATE
                object.__setattr__(self, name, _count(name, getattr(self, name), most))
        object.__setattr__(self, "accumulation", _count("accumulation", self.accumulation))
        self._check_steps()
        if self.metrics is not None:
            object.__setattr__(self, "metrics", _numbers(self.metrics))
        self._check_batches()
        self._check_epochs()
        if self.updates is not None:
            _count("the number of scheduler steps", self.step_of(self.updates - 1) + 1)

    def _check_steps(self) -> None:
        """Check when the scheduler is stepped."""
        if not isinstance(self.step_every, str) or self.step_every not in (
            "update",
            "epoch",
            "batch",
        ):
            try:
                every = _count("step_every", self.step_every)
            except RunError:
                required = "'update', 'epoch', 'batch' or a number of updates"
                got = repr(self.step_every)
                raise RunError("step_every is unknown", required=required, got=got) from None
            object.__setattr__(self, "step_every", "update" if every == 1 else every)
        before = self.steps_before
        if isinstance(before, bool) or not isinstance(before, int) or before:
            object.__setattr__(self, "steps_before", _count("steps_before", before))
        if self.first_step == (self.step_every if isinstance(self.step_every, int) else 1):
            object.__setattr__(self, "first_step", None)
        if self.step_every != "batch":
            return
        for name in ("accelerate", "first_step", "metrics"):
            if getattr(self, name) is not None:
                raise RunError(f"step_every='batch' takes no {name}")
        if self.accumulation == 1:
            object.__setattr__(self, "step_every", "update")

    def _check_batches(self) -> None:
        """Count the updates of an epoch, where its batches are known."""
        if not isinstance(self.split_batches, bool):
            raise RunError(
                "split_batches is unknown", required="True or False", got=repr(self.split_batches)
            )
        if self.split_batches and self.accelerate is None:
            raise RunError("split_batches needs accelerate=N, the number of processes")
        if None not in (self.processes, self.accelerate) and self.processes != self.accelerate:
            required = f"{self.accelerate}, as accelerate says"
            raise RunError("processes", required=required, got=self.processes)
        if self.batches_per_epoch is None:
            return
        sharing = self.steps_per_call if self.accelerate is not None else self.processes or 1
        rounds = -(-self.batches_per_epoch // sharing)
        updates = -(-rounds // self.accumulation)
        if self.step_every == "batch" and rounds % self.accumulation:
            raise RunError(
                "step_every='batch' needs epochs of whole updates",
                required=f"a multiple of {self.accumulation} batches",
                got=rounds,
            )
        if self.updates_per_epoch not in (None, updates):
            raise RunError(
                "updates_per_epoch and batches_per_epoch disagree",
                required=f"{updates} updates for {self.batches_per_epoch} batches",
                got=self.updates_per_epoch,
            )
        object.__setattr__(self, "updates_per_epoch", updates)

    def _check_epochs(self) -> None:
        """Count the updates of all epochs, where they are asked for."""
        if self.updates_per_epoch is None:
            if self.epochs is not None:
                raise RunError("epochs need updates_per_epoch", hint="say how long an epoch is")
            if self.step_every == "epoch":
                raise RunError(
                    "step_every='epoch' needs updates_per_epoch", hint="say how long an epoch is"
                )
        elif self.epochs is not None:
            updates = self.epochs * self.updates_per_epoch
            if self.updates is not None and self.updates != updates:
                raise RunError(
                    "updates and epochs disagree",
                    required=f"{self.epochs} × {self.updates_per_epoch} = {updates} updates",
                    got=self.updates,
                )
            updates = _count("epochs times updates_per_epoch", updates)
            object.__setattr__(self, "updates", updates)

    @property
    def updates_per_step(self) -> int:
        """Updates between two calls of ``scheduler.step()``."""
        if self.step_every == "epoch" and self.updates_per_epoch is not None:
            return self.updates_per_epoch
        return self.step_every if isinstance(self.step_every, int) else 1

    @property
    def updates_to_first_step(self) -> int:
        """Updates before the first call of ``scheduler.step()`` in the loop."""
        if self.first_step is None:
            return self.updates_per_step
        return self.first_step * (self.updates_per_step if self.step_every == "epoch" else 1)

    @property
    def steps_per_call(self) -> int:
        """Scheduler steps from one rate to the next; the last one's rate stays.

        A loop that steps it after each batch takes one for each of an update's. Accelerate takes as
        many as there are processes, to make up for the batches that each of them has not seen.
        """
        if self.step_every == "batch":
            return self.accumulation
        return 1 if self.accelerate is None or self.split_batches else self.accelerate

    @property
    def stops_at_total_steps(self) -> bool:
        """Whether a scheduler that has ``total_steps`` is left alone after as many steps.

        Accelerate does that for ``OneCycleLR``, which would raise, where batches are not split.
        """
        return self.accelerate is not None and not self.split_batches

    @property
    def length(self) -> int:
        """The number of updates, which must have been given."""
        if self.updates is None:
            raise RunError("the run has no length", hint="give updates, or epochs")
        return self.updates

    def calls_of(self, update: Count) -> Count:
        """How often the loop has called ``scheduler.step()`` when ``update`` begins."""
        every = self.updates_per_step
        calls: Any = (update + every - self.updates_to_first_step) // every
        called: Count = self.steps_before + calls * (calls > 0)
        return called

    def step_of(self, update: Count) -> Count:
        """How often a hand-stepped scheduler has been stepped when ``update`` begins."""
        if self.step_every == "batch":
            stood: Count = self.steps_before + (update + 1) * self.accumulation - 1
            return stood
        return self.calls_of(update) * self.steps_per_call

    def without_accelerate(self) -> Run:
        """Return the same loop over the same updates, every call of ``step()`` one step."""
        plain: dict[str, Any] = {"accelerate": None, "split_batches": False}
        plain |= {"batches_per_epoch": None, "processes": None}
        return replace(self, epochs=None, **plain)

    def lasting(self, updates: int) -> Run:
        """Return the same loop over another number of updates."""
        return replace(self, updates=updates, epochs=None)

    def __str__(self) -> str:
        length = "open length" if self.updates is None else f"{self.updates} updates"
        if self.accumulation > 1:
            length += f" of {self.accumulation} batches"
        epochs = ""
        if self.updates_per_epoch is not None:
            epochs = f", {self.updates_per_epoch} an epoch"
        steps = ""
        if self.accelerate is not None:
            many = "" if self.steps_per_call == 1 else "s"
            steps = f" by Accelerate, {self.steps_per_call} step{many} at a time"
        elif (self.processes or 1) > 1:
            steps = f" in each of {self.processes} processes"
        every = (
            self.step_every if isinstance(self.step_every, str) else f"{self.step_every} updates"
        )
        before = self.steps_before
        ahead = f", {before} step{'s' * (before > 1)} before the first" if before else ""
        if self.first_step is not None:
            unit = "epoch" if self.step_every == "epoch" else "update"
            many = "s" * (self.first_step > 1)
            ahead += f", for the first time after {self.first_step} {unit}{many}"
        metrics = "" if self.metrics is None else f", {len(self.metrics)} values of a metric"
        return f"{length}{epochs}, scheduler stepped every {every}{steps}{ahead}{metrics}"


def _count(name: str, value: object, most: int = LARGEST_UPDATE) -> int:
    """Return a count as an ``int``, from whatever counts in Python: NumPy's integers, too."""
    try:
        count = None if isinstance(value, bool) else index(value)  # type: ignore[arg-type]
    except TypeError:
        count = None
    if count is None:
        raise RunError(f"{name} is not an integer", required="an integer > 0", got=repr(value))
    if not 0 < count <= most:
        got = count if abs(count) < 10**30 else f"an integer of {count.bit_length()} bits"
        raise RunError(f"{name} is out of range", required=f"an integer from 1 to {most}", got=got)
    return count


def _numbers(values: Sequence[float]) -> tuple[float, ...]:
    """Return the values of a metric, which have an order and an end."""
    if not isinstance(values, Sized) or isinstance(values, (str, bytes, Mapping, Set)):
        raise RunError("metrics are not a list", required="numbers", got=type(values).__name__)
    try:
        return tuple(float(value) for value in values)
    except (TypeError, ValueError, OverflowError) as error:
        raise RunError("metrics are not numbers", got=str(error)) from None
