"""One row of a table, before it is captured."""

from __future__ import annotations

from dataclasses import dataclass, field

from isorate import Run


@dataclass(frozen=True)
class Case:
    """One row to capture.

    Args:
        id: its name within the table.
        text: the call.
        updates: how long to run.
        lr: the optimizer's rate, where the text has no optimizer.
        every: updates in an epoch, where the scheduler is stepped once an epoch.
        raises: whether the framework refuses the arguments.
        unread: whether Isorate refuses to read the text: the optimizer is what is wrong with it.
        drifts: why the framework strays from the schedule that it means, where it does.
        unsaid: why it means no schedule, where it does not.
        past: why it has rates where the schedule has none any more, where it does.
        optimizer: MindSpore's optimizer for a list of rates.
        metrics: what the loop hands to step(), for schedulers that follow a metric.
        compiled: whether an optax schedule is compiled.
        samples: updates worth looking at, beside the usual ones.

    """

    id: str
    text: str
    updates: int = 25
    lr: float | list[float] | None = None
    every: int | None = None
    raises: bool = False
    unread: bool = False
    drifts: str | None = None
    unsaid: str | None = None
    past: str | None = None
    optimizer: str = "SGD"
    metrics: list[float] | None = None
    compiled: bool = False
    samples: list[int] = field(default_factory=list)

    @property
    def run(self) -> Run:
        """The loop."""
        if self.every is None:
            return Run(self.updates, metrics=self.metrics)
        return Run(
            self.updates, updates_per_epoch=self.every, step_every="epoch", metrics=self.metrics
        )
