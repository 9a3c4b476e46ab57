"""What a dialect says of itself beside its texts: how they are run for real, and its table."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tests.conformance.cases._case import Visit

if TYPE_CHECKING:
    from hypothesis import strategies as st

    from isorate.kit.call import Call
    from isorate.schedule.run import Run

Rates: TypeAlias = NDArray[np.floating[Any]]

#: More parameter groups than any text has.
GROUPS = 4
#: So many updates are looked at wherever arithmetic is entered.
WIDTH = 512


@dataclass(frozen=True, slots=True)
class Seen:
    """What a framework did with a text.

    Args:
        rates: the rate that each update used, shape ``(groups, updates)``; fewer updates than the
            run has where the framework raised.
        error: the exception class that it raised, if any.
        constructing: whether it raised before there was anything to step.
        exact: whether it computed operation by operation, so that every bit counts; else what the
            card says of compiled rates, as a share of the peak, is promised.

    """

    rates: Rates
    error: str | None = None
    constructing: bool = False
    exact: bool = True

    @property
    def updates(self) -> int:
        """How many updates had a rate."""
        return int(self.rates.shape[1])


@dataclass(frozen=True, slots=True)
class How:
    """How a run is gone through.

    Args:
        weigh: make the real optimizer take every update, and check that a parameter with
            gradient 1 moves by the very rate that is reported.
        optimizer: the class that a list of rates is given to.
        compiled: whether a function of the count is compiled.
        names: what the names of the text hold.

    """

    weigh: bool = False
    optimizer: str = "SGD"
    compiled: bool = False
    names: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Home:
    """A dialect as the tests know it: ``HOME`` of a module that is called as the dialect is.

    Args:
        parts: the parts of its table, in order: each visits its cases.
        packages: what its table is captured with, and whose versions stand there.
        scope: returns what a text may name, given the rates beside the text, and whether its
            schedulers are written without the optimizer.
        drive: goes through a run with what a text has built.
        weighed: up to this many updates, the real optimizer takes each of them: more take minutes.
        fewest: so many rows with rates each of its constructors has at least.
        numpy: the major version of NumPy beside which its packages are installed.
        marker: what marks the tests that need its packages.
        entered: for each constructor that says that it computes every step by itself, a call,
            ``{}`` standing for how long its course is, and what enters its arithmetic far off.
        drawn: draws its calls as text, their runs, and whether they are compiled; none where a test
            of its own does.

    """

    parts: Mapping[str, Visit]
    packages: tuple[str, ...]
    scope: Callable[[Any, bool], dict[str, Any]]
    drive: Callable[[Any, Run, How], Seen]
    weighed: int = 60
    fewest: int = 12
    numpy: int = 1
    marker: str = "torch"
    entered: Mapping[str, tuple[str, Callable[[Any, int], Any]]] = field(default_factory=dict)
    drawn: Callable[[], st.SearchStrategy[tuple[str, Run, bool]]] | None = None

    @property
    def lacks(self) -> list[str]:
        """What its table is captured with and is not installed here, NumPy included."""
        missing = [name for name in self.packages if find_spec(name) is None]
        other = int(np.__version__.partition(".")[0]) != self.numpy
        return missing + [f"numpy {self.numpy}"] * other


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Say nothing of what frameworks warn of."""
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def stepped(scheduler: Any, run: Run, update: int) -> str | None:
    """Step a scheduler after an update that a step follows; the exception that it raised, if any.

    Where it follows a metric it is given that of the step.
    """
    if (update + 1) % run.updates_per_step or update + 1 >= run.length:
        return None
    given = []
    if type(scheduler).__name__ == "ReduceLROnPlateau":
        assert run.metrics is not None
        given.append(run.metrics[update // run.updates_per_step])
    try:
        scheduler.step(*given)
    except Exception as error:
        return type(error).__name__
    return None


def streamed(call: Call, start: int) -> Rates | None:
    """Return the rates from an update on by going through all before; none where that is far."""
    if start > 10**7:
        return None
    done, found = 0, []
    for block in call.native(start + WIDTH):
        found.append(block[0, max(0, start - done) :])
        done += block.shape[1]
    return np.concatenate(found)
