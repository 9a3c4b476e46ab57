"""Trainings with Ignite: its events, its wrapper of torch's schedulers, its checkpoints."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("ignite")

from ignite.engine import Engine, Events, supervised_training_step  # noqa: E402
from ignite.handlers import Checkpoint, DiskSaver  # noqa: E402
from ignite.handlers.param_scheduler import LRScheduler, create_lr_scheduler_with_warmup  # noqa: E402
from torch.optim import lr_scheduler  # noqa: E402

from isorate.torch import ScheduleLR  # noqa: E402
from tests.calls import read  # noqa: E402
from tests.training.tools import parts  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step:UserWarning"),
    pytest.mark.filterwarnings("ignore:Please make sure to attach scheduler:UserWarning"),
]

STEPPED, COSINE = parts.SCHEDULERS


class Batches:
    """The batches of an epoch; the first epoch is without those that were trained before."""

    def __init__(self, trained: int) -> None:
        self.trained = trained

    def __len__(self) -> int:
        return parts.BATCHES

    def __iter__(self) -> Iterator[Any]:
        trained, self.trained = self.trained, 0
        return islice(parts.loader(), trained, None)


class Training:
    """An engine and the rates of the updates it makes.

    Args:
        build: the scheduler from the optimizer.
        event: when it is stepped.
        wrap: what Ignite makes of the scheduler; by default nothing, and a handler steps it.
        accumulation: batches an update.

    """

    def __init__(
        self,
        build: parts.Build,
        event: Any = Events.ITERATION_COMPLETED,
        wrap: Callable[[Any], Any] | None = None,
        accumulation: int = 1,
    ) -> None:
        self.net = parts.network()
        self.optimizer = parts.sgd(self.net)
        self.rates = parts.applied(self.optimizer)
        scheduler = build(self.optimizer)
        self.scheduler = scheduler if wrap is None else wrap(scheduler)
        update = supervised_training_step(
            self.net,
            self.optimizer,
            lambda outputs, targets: (outputs - targets).square().mean(),
            gradient_accumulation_steps=accumulation,
        )
        self.engine = Engine(update)
        if wrap is None:
            self.engine.add_event_handler(event, lambda: scheduler.step())
        else:
            self.engine.add_event_handler(event, self.scheduler)

    def run(self, epochs: int) -> list[float]:
        # an engine that goes on in the middle of an epoch would begin with its first batch
        self.engine.run(Batches(self.engine.state.iteration % parts.BATCHES), max_epochs=epochs)
        return self.rates

    def state(self) -> dict[str, Any]:
        """Return everything that a checkpoint has to hold."""
        return {
            "engine": self.engine,
            "net": self.net,
            "optimizer": self.optimizer,
            "scheduler": self.scheduler,
        }


@parts.each_scheduler
def test_every_update_has_its_rate(scheduler: parts.Scheduler) -> None:
    assert Training(scheduler.build).run(2) == scheduler.rates(*range(2 * parts.BATCHES))


@parts.each_scheduler
@pytest.mark.parametrize("accumulation", [1, 3])
def test_every_epoch_has_its_rate(scheduler: parts.Scheduler, accumulation: int) -> None:
    run = Training(scheduler.build, Events.EPOCH_COMPLETED, accumulation=accumulation)
    last = [batch for batch in range(5 * parts.BATCHES) if (batch + 1) % accumulation == 0]
    assert run.run(5) == scheduler.rates(*(batch // parts.BATCHES for batch in last))


@parts.each_scheduler
def test_every_third_batch_makes_an_update(scheduler: parts.Scheduler) -> None:
    run = Training(scheduler.build, Events.ITERATION_COMPLETED(every=3), accumulation=3)
    assert run.run(3) == scheduler.rates(*range(parts.BATCHES))


def test_a_handler_of_every_batch_may_stay_when_gradients_are_accumulated() -> None:
    """torch's scheduler moves three steps an update; what counts updates moves one."""
    theirs = Training(parts.torch_cosine, accumulation=3).run(3)
    assert theirs == pytest.approx(COSINE.rates(*range(2, 3 * parts.BATCHES, 3)), rel=1e-14)
    assert Training(STEPPED.build, accumulation=3).run(3) == STEPPED.rates(*range(parts.BATCHES))


def legacy(scheduler: Any) -> Any:
    return LRScheduler(scheduler, use_legacy=True)


@parts.each_scheduler
@pytest.mark.parametrize(
    ("event", "wrap"),
    [(Events.ITERATION_STARTED, LRScheduler), (Events.ITERATION_COMPLETED, legacy)],
    ids=["started", "completed"],
)
def test_ignites_wrapper(scheduler: parts.Scheduler, event: Any, wrap: Any) -> None:
    assert Training(scheduler.build, event, wrap).run(2) == scheduler.rates(
        *range(2 * parts.BATCHES)
    )


@parts.each_scheduler
def test_ignites_wrapper_every_epoch(scheduler: parts.Scheduler) -> None:
    run = Training(scheduler.build, Events.EPOCH_STARTED, LRScheduler)
    assert run.run(5) == scheduler.rates(*(k // parts.BATCHES for k in range(5 * parts.BATCHES)))


def test_ignites_wrapper_starts_torchs_cosine_above_its_first_rate() -> None:
    """It asks for a rate where torch's recursion reckons on a step before: at T_max=4, 15% more."""
    theirs = Training(parts.torch_cosine, Events.ITERATION_STARTED, LRScheduler).run(1)
    assert theirs[0] > 1.15 * parts.BASE
    assert theirs[1:] == pytest.approx(COSINE.rates(*range(1, parts.BATCHES)), rel=1e-14)

    ours = Training(COSINE.build, Events.ITERATION_STARTED, LRScheduler).run(1)
    assert ours == COSINE.rates(*range(parts.BATCHES))


def test_ignites_wrapper_decays_torchs_exponential_before_the_first_update() -> None:
    schedule = read("ExponentialLR(gamma=0.5)", lr=parts.BASE).lower()

    def theirs(optimizer: Any) -> Any:
        return lr_scheduler.ExponentialLR(optimizer, 0.5)

    def ours(optimizer: Any) -> Any:
        return ScheduleLR(optimizer, schedule)

    meant = [parts.BASE / 2**k for k in range(parts.BATCHES + 1)]
    assert Training(theirs).run(1) == meant[:-1]
    assert Training(theirs, Events.ITERATION_STARTED, LRScheduler).run(1) == meant[1:]
    assert Training(ours, Events.ITERATION_STARTED, LRScheduler).run(1) == meant[:-1]


def test_ignites_own_warmup_before_ours() -> None:
    """The line reaches the first rate, which it has from the optimizer; the second one is next."""

    def warm(scheduler: Any) -> Any:
        return create_lr_scheduler_with_warmup(scheduler, 0.0, 3)

    rates = Training(COSINE.build, Events.ITERATION_STARTED, warm).run(2)
    assert rates == [
        0.0,
        parts.BASE / 2,
        parts.BASE,
        *COSINE.rates(*range(1, 2 * parts.BATCHES - 2)),
    ]


@parts.each_scheduler
def test_what_ignite_simulates(scheduler: parts.Scheduler) -> None:
    built = scheduler.build(parts.sgd(parts.network()))
    found = LRScheduler.simulate_values(parts.T_MAX, built)
    assert found == [[k, rate] for k, rate in enumerate(scheduler.rates(*range(parts.T_MAX)))]
    assert built.last_epoch == 0


@parts.each_scheduler
@pytest.mark.parametrize(
    ("saved", "stop"),
    [(Events.EPOCH_COMPLETED(once=1), parts.BATCHES), (Events.ITERATION_COMPLETED(once=10), 10)],
    ids=["whole", "part"],
)
@pytest.mark.parametrize(
    ("event", "wrap"),
    [
        (Events.ITERATION_COMPLETED, None),
        (Events.EPOCH_COMPLETED, None),
        (Events.ITERATION_STARTED, LRScheduler),
    ],
    ids=["batches", "epochs", "wrapped"],
)
def test_a_resumed_training_is_the_unbroken_one(
    scheduler: parts.Scheduler, saved: Any, stop: int, event: Any, wrap: Any, tmp_path: Path
) -> None:
    whole = Training(scheduler.build, event, wrap)
    whole.run(3)
    broken = Training(scheduler.build, event, wrap)
    saver = Checkpoint(broken.state(), DiskSaver(tmp_path), filename_pattern="at.pt")
    broken.engine.add_event_handler(saved, saver)
    broken.run(3)
    resumed = Training(scheduler.build, event, wrap)
    Checkpoint.load_objects(resumed.state(), torch.load(tmp_path / "at.pt", weights_only=True))
    resumed.run(3)
    assert resumed.rates == whole.rates[stop:]
    assert parts.weights(resumed.net) == parts.weights(whole.net)
