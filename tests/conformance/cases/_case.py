"""One row of a table, before it is captured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeAlias

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


def called(name: str, *arguments: str) -> str:
    """Return a call as text, without the arguments that are empty."""
    return f"{name}({', '.join(filter(None, arguments))})"


#: What visits the cases of a part.
Visit: TypeAlias = Callable[[], Iterator[Case]]


def by_name(*visits: Visit) -> dict[str, Visit]:
    """Return the parts of a table, each called as what visits its cases."""
    return {visit.__name__: visit for visit in visits}


def in_order(*visits: Visit) -> Visit:
    """Return what visits the cases of all of them, one after the other."""
    return lambda: chain.from_iterable(visit() for visit in visits)


def refused(given: Mapping[str, Iterable[str]], text: Callable[[str, str], str]) -> Iterator[Case]:
    """Visit what a framework refuses: the arguments of each name, which text makes a call of."""
    for name, several in given.items():
        for arguments in several:
            yield Case(f"bad-{name}-{arguments}", text(name, arguments), raises=True)
