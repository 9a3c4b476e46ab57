"""Trainings with Accelerate: accumulation, several processes, its checkpoints."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("accelerate")

from tests.training.tools import accelerate_loop as loop  # noqa: E402
from tests.training.tools import parts  # noqa: E402
from tests.training.tools.accelerate_loop import train, training  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.torch,
    # the unprepared schedulers of some tests are stepped without updates, as scripts do
    pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step:UserWarning"),
]

ROOT = Path(__file__).resolve().parents[3]
STEPPED, COSINE = parts.SCHEDULERS


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    yield
    parts.forget_accelerate()


@parts.each_scheduler
@pytest.mark.parametrize(("accumulation", "updates"), [(1, 14), (3, 6)])
def test_every_update_has_its_rate(
    scheduler: parts.Scheduler, accumulation: int, updates: int
) -> None:
    run = training(scheduler.build, accumulation)
    train(run, epochs=2)
    assert run.rates == scheduler.rates(*range(updates))
    assert run.scheduler.get_last_lr() == scheduler.rates(updates)


@parts.each_scheduler
@pytest.mark.parametrize("accumulation", [1, 3])
def test_every_epoch_has_its_rate(scheduler: parts.Scheduler, accumulation: int) -> None:
    run = training(scheduler.build, accumulation)
    for _ in range(5):
        for batch in run.loader:
            with run.accelerator.accumulate(run.net):
                run.accelerator.backward(parts.loss_of(run.net, batch))
                run.optimizer.step()
                run.optimizer.zero_grad()
        run.scheduler.step()
    updates = -(-parts.BATCHES // accumulation)
    assert run.rates == scheduler.rates(*(k // updates for k in range(5 * updates)))


LOOSE: list[dict[str, Any]] = [{"prepared": False}, {"step_scheduler_with_optimizer": False}]


@pytest.mark.parametrize("loose", LOOSE, ids=str)
def test_a_scheduler_that_is_not_tied_to_the_optimizer(loose: dict[str, Any]) -> None:
    """torch's moves with every batch, three for each update; what counts updates does not."""
    theirs = training(parts.torch_cosine, 3, **loose)
    train(theirs, epochs=2)
    batches = [2, 5, 6, 9, 12, 13]  # the last ones of the updates
    assert theirs.rates == pytest.approx(COSINE.rates(*batches), rel=1e-14)

    ours = training(STEPPED.build, 3, **loose)
    train(ours, epochs=2)
    assert ours.rates == STEPPED.rates(*range(6))


@parts.each_scheduler
@pytest.mark.parametrize("accumulation", [1, 3])
@pytest.mark.parametrize("stop", [7, 10])
def test_a_resumed_training_is_the_unbroken_one(
    scheduler: parts.Scheduler, accumulation: int, stop: int, tmp_path: Path
) -> None:
    whole = training(scheduler.build, accumulation)
    train(whole, epochs=3)
    broken = training(scheduler.build, accumulation)
    train(broken, epochs=3, limit=stop)
    broken.accelerator.save_state(tmp_path)
    resumed = training(scheduler.build, accumulation)
    resumed.accelerator.load_state(tmp_path)
    train(resumed, epochs=3, done=stop)
    assert broken.rates == whole.rates[: len(broken.rates)]
    assert resumed.rates == whole.rates[len(broken.rates) :]
    assert len(resumed.rates) > 3
    assert parts.weights(resumed.net) == parts.weights(whole.net)


@parts.each_scheduler
def test_a_registered_scheduler_resumes_as_well(scheduler: parts.Scheduler, tmp_path: Path) -> None:
    """One that is not prepared has to be registered, or no checkpoint has it."""
    broken = training(scheduler.build, prepared=False)
    broken.accelerator.register_for_checkpointing(broken.scheduler)
    train(broken, epochs=3, limit=10)
    broken.accelerator.save_state(tmp_path)
    resumed = training(scheduler.build, prepared=False)
    resumed.accelerator.register_for_checkpointing(resumed.scheduler)
    resumed.accelerator.load_state(tmp_path)
    train(resumed, epochs=3, done=10)
    assert broken.rates + resumed.rates == scheduler.rates(*range(21))


def test_two_processes(tmp_path: Path) -> None:
    """A prepared scheduler is stepped once for each process: torch's cosine is over in half.

    Isorate's drop-in does the same, as torch's own does; the one that counts updates does not.
    """
    file = tmp_path / "rates.json"
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    done = subprocess.run(
        [*launcher, "--nproc-per-node=2", "--module", loop.__name__, str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rates = json.loads(file.read_text())
    assert rates["torch"] == pytest.approx(COSINE.rates(*range(0, 24, 2)), rel=1e-14)
    assert rates["torch"][parts.T_MAX // 2] == pytest.approx(parts.ETA_MIN, rel=1e-14)
    assert rates["CosineAnnealingLR"] == COSINE.rates(*range(0, 24, 2))
    assert rates["ScheduleLR"] == STEPPED.rates(*range(12))
