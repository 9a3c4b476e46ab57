"""Go wrong for real, in each of the known ways, and record the rates in ``tests/logs/wrong``.

    python tools/wrong_runs.py            all; needs torch, transformers, accelerate, lightning,
    deepspeed

A run is a loop that trains something tiny with the real framework and notes the rate of every
update inside ``optimizer.step()``. Beside it stands the recipe that it was meant to follow, and
what ``isorate check`` has to name. Nothing of Isorate takes part in the recording.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import nn
from torch.optim.lr_scheduler import ChainedScheduler, CosineAnnealingLR, LinearLR
from transformers import Trainer, TrainingArguments, get_scheduler

if TYPE_CHECKING:
    from collections.abc import Callable

HOME = Path(__file__).resolve().parents[1] / "tests" / "logs" / "wrong"
WARM = "transformers.get_cosine_schedule_with_warmup(torch.optim.SGD(params, lr=0.1), {}, {})"
COSINE = "torch.optim.lr_scheduler.CosineAnnealingLR(torch.optim.SGD(params, lr=0.1), {}, {})"
MIXED = 0.001

#: By name: the function that runs, what it is, the recipe, what is named, and options.
RUNS: dict[str, tuple[Callable[[], list[float]], str, str, str, list[str]]] = {}


class Plain(NamedTuple):
    """A run of the plain loop: what it is, the recipe, what is named, and what is built."""

    what: str
    recipe: str
    named: str
    build: Callable[[Any], Any]
    updates: int = 100
    stepped: Callable[[int], bool] = lambda _: True
    lr: float = 0.1
    options: tuple[str, ...] = ()

    def rates(self) -> list[float]:
        """Run it."""
        owner = optimizer(self.lr)
        return plain(owner, self.build(owner), self.updates, self.stepped)


def run(recipe: str, named: str, *options: str) -> Callable[[Any], Any]:
    """Register a run with the recipe that it departs from."""

    def register(function: Callable[[], list[float]]) -> Callable[[], list[float]]:
        what = (function.__doc__ or "").strip()
        RUNS[function.__name__] = (function, what, recipe, named, list(options))
        return function

    return register


def optimizer(lr: float = 0.1) -> torch.optim.SGD:
    """Return an optimizer of one parameter."""
    return torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=lr)


def update(owner: Any, rates: list[float]) -> None:
    """Take an update, and note its rate."""
    rates.append(float(owner.param_groups[0]["lr"]))
    owner.param_groups[0]["params"][0].grad = torch.ones(1)
    owner.step()


def warm(owner: Any, warmup: int = 10, updates: int = 100, kind: str = "cosine") -> Any:
    """Return transformers' schedule."""
    return get_scheduler(kind, owner, num_warmup_steps=warmup, num_training_steps=updates)


def plain(
    owner: Any, scheduler: Any, updates: int = 100, stepped: Callable[[int], bool] = lambda _: True
) -> list[float]:
    """Return the rates of the loop as it should be, or of one that leaves steps out."""
    rates: list[float] = []
    for number in range(updates):
        update(owner, rates)
        if stepped(number):
            scheduler.step()
    return rates


def _process(rank: int, port: int, where: str, split: bool) -> None:
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2"}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    from accelerate import Accelerator
    from accelerate.utils import DataLoaderConfiguration

    accelerator = Accelerator(
        cpu=True, dataloader_config=DataLoaderConfiguration(split_batches=split)
    )
    model = nn.Linear(1, 1)
    owner = torch.optim.SGD(model.parameters(), lr=0.1)
    model, prepared, scheduler = accelerator.prepare(model, owner, warm(owner))
    rates: list[float] = []
    for _ in range(60):
        rates.append(float(owner.param_groups[0]["lr"]))
        accelerator.backward(model(torch.ones(1, 1)).sum())
        prepared.step()
        scheduler.step()
        prepared.zero_grad()
    if accelerator.is_main_process:
        Path(where).write_text(json.dumps(rates))
    accelerator.end_training()


def _on_two(port: int, *, split: bool = False) -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder) / "rates.json"
        torch.multiprocessing.spawn(_process, (port, str(where), split), nprocs=2)
        found: list[float] = json.loads(where.read_text())
    return found


@run(WARM.format(10, 100), "steps")
def two_processes() -> list[float]:
    """Accelerate on two processes, whose scheduler takes two steps an update."""
    return _on_two(29517)


@run(WARM.format(10, 100), "steps", "--accelerate", "2")
def split_batches() -> list[float]:
    """Accelerate on two processes that share each batch: one step an update."""
    return _on_two(29519, split=True)


@run(WARM.format(10, 100), "steps")
def every_batch() -> list[float]:
    """A step for each of the four batches of an update."""
    owner = optimizer()
    scheduler = warm(owner)
    rates: list[float] = []
    for batch in range(240):
        if batch % 4 == 3:
            update(owner, rates)
        scheduler.step()
    # the rate of an update is that of its last batch, three steps on
    return rates


@run(COSINE.format(100, MIXED), "clock", "--updates-per-epoch", "10")
def lightning_epochs() -> list[float]:
    """Lightning with a schedule of updates, and the interval left at an epoch."""
    import logging

    import lightning

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    rates: list[float] = []

    class Module(lightning.LightningModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(1, 1)

        def training_step(self, batch: Any, _: int) -> Any:
            return self.layer(batch[0]).sum()

        def on_before_optimizer_step(self, owner: Any) -> None:
            rates.append(float(owner.param_groups[0]["lr"]))

        def configure_optimizers(self) -> Any:
            owner = torch.optim.SGD(self.parameters(), lr=0.1)
            return [owner], [CosineAnnealingLR(owner, 100, MIXED)]

    data = torch.utils.data.TensorDataset(torch.ones(10, 1))
    lightning.Trainer(
        max_epochs=10, logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, accelerator="cpu", default_root_dir=tempfile.gettempdir(),
    ).fit(Module(), torch.utils.data.DataLoader(data))  # fmt: skip
    return rates


@run(WARM.format(10, 100), "shift")
def two_steps_before() -> list[float]:
    """Two steps before the first update: one in the loop, and one before it."""
    owner = optimizer()
    scheduler = warm(owner)
    rates: list[float] = []
    scheduler.step()
    for _ in range(98):
        scheduler.step()
        update(owner, rates)
    return rates


@run(WARM.format(10, 100), "resume")
def resume_forgets() -> list[float]:
    """A run that is resumed from a checkpoint without its scheduler's state."""
    owner = optimizer()
    scheduler = warm(owner)
    rates = plain(owner, scheduler, 40)
    owner = optimizer()  # its state is that of a new one, and so is the scheduler's
    return rates + plain(owner, warm(owner), 40)


@run(WARM.format(10, 100), "resume")
def resume_counts_twice() -> list[float]:
    """A run that loads its scheduler's state, and then steps it to where it was."""
    owner = optimizer()
    scheduler = warm(owner)
    rates = plain(owner, scheduler, 30)
    state, held = scheduler.state_dict(), owner.state_dict()
    owner = optimizer()
    scheduler = warm(owner)
    owner.load_state_dict(held)
    scheduler.load_state_dict(state)
    for _ in range(30):
        scheduler.step()
    return rates + plain(owner, scheduler, 40)


@run(WARM.format(10, 100), "resume")
def resume_from_an_older_state() -> list[float]:
    """A run that is resumed with the scheduler of an older checkpoint."""
    owner = optimizer()
    scheduler = warm(owner)
    rates = plain(owner, scheduler, 25)
    old = scheduler.state_dict()
    rates += plain(owner, scheduler, 20)
    scheduler.load_state_dict(old)
    # loading puts no rate into the optimizer: the first update still has the old one
    scheduler.step()
    return rates + plain(owner, scheduler, 40)


@run("torch.optim.lr_scheduler.LinearLR(torch.optim.SGD(params, lr=0.1), 0.25, total_iters=8)",
     "warmup")  # fmt: skip
def warmups_multiply() -> list[float]:
    """Two warmups at once."""
    owner = optimizer()
    both = [LinearLR(owner, 0.25, total_iters=8) for _ in range(2)]
    return plain(owner, ChainedScheduler(both, optimizer=owner), 40)


@run(WARM.format(10, 100), "peak")
def deepspeeds_rate() -> list[float]:
    """An optimizer that DeepSpeed makes, with its own default in the place of the script's rate."""
    os.environ |= {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1"}
    os.environ["MASTER_PORT"] = "29519"
    import deepspeed

    # whose shared memory takes a compiler, and has no part in rates
    sys.modules["deepspeed.comm.torch"].build_shm_op = lambda: None  # type: ignore[attr-defined]
    deepspeed.init_distributed("gloo")
    model = nn.Linear(1, 1)
    made = {"type": "Adam", "params": {"torch_adam": True}}
    engine, owner, _, _ = deepspeed.initialize(
        model=model,
        model_parameters=model.parameters(),
        config={"train_micro_batch_size_per_gpu": 1, "optimizer": made},
        lr_scheduler=warm,
    )
    rates: list[float] = []
    for _ in range(100):
        engine.backward(engine(torch.ones(1, 1)).sum())
        rates.append(float(owner.param_groups[0]["lr"]))
        engine.step()
    return rates


@run(WARM.format(10, 100), "skipped")
def skipped_updates() -> list[float]:
    """A gradient scaler that skips three updates, and a loop that then steps no scheduler."""
    owner = optimizer()
    scheduler = warm(owner)
    rates: list[float] = []
    scaler = torch.amp.GradScaler("cpu")
    parameter = owner.param_groups[0]["params"][0]
    for step in range(80):
        rates.append(float(owner.param_groups[0]["lr"]))
        owner.zero_grad()
        scaler.scale((parameter * (float("inf") if step in (4, 5, 50) else 1.0)).sum()).backward()
        before = scaler.get_scale()
        scaler.step(owner)
        scaler.update()
        if scaler.get_scale() >= before:
            scheduler.step()
    return rates


#: Runs of the plain loop, whose scheduler, or whose count of steps, is not what was meant.
PLAIN: dict[str, Plain] = {
    "updates_for_epochs": Plain(
        "A schedule of epochs that is stepped at every update.",
        COSINE.format(10, MIXED), "clock",
        lambda owner: CosineAnnealingLR(owner, 10, MIXED),
        options=("--updates-per-epoch", "10", "--step-every", "epoch"),
    ),
    "never_stepped": Plain(
        "No step at all.",
        WARM.format(0, 100), "stays",
        lambda owner: warm(owner, 0), updates=40, stepped=lambda _: False,
    ),
    "steps_stop": Plain(
        "A loop that steps its scheduler only while it warms up.",
        WARM.format(10, 100), "stays", warm, updates=60, stepped=lambda number: number < 10,
    ),
    "once_less": Plain(
        "No step after the first update.",
        WARM.format(10, 100), "shift", warm, stepped=lambda number: number > 0,
    ),
    "rebound": Plain(
        "A cosine that climbs again after T_max, where the recipe holds.",
        "optax.cosine_decay_schedule(0.1, 50)", "rebound",
        lambda owner: CosineAnnealingLR(owner, 50),
    ),
    "horizon_of_another_run": Plain(
        "A horizon four times as long as the run.",
        COSINE.format(100, MIXED), "argument", lambda owner: CosineAnnealingLR(owner, 400, MIXED),
    ),
    "epochs_for_updates": Plain(
        "Five epochs, given as the number of updates; its warmup is shorter than the mistake.",
        WARM.format(10, 100), "argument",
        lambda owner: warm(owner, 10, 2000), options=("--updates-per-epoch", "20"),
    ),
    "horizon_and_warmup": Plain(
        "A total that is twice the run's, and a warmup that is a share of it.",
        WARM.format(10, 100), "horizon", lambda owner: warm(owner, 20, 200),
    ),
    "warmup_ignored": Plain(
        "No warmup.",
        WARM.format(10, 100), "argument", lambda owner: warm(owner, 0),
    ),
    "warmup_twice_as_long": Plain(
        "A warmup of twice as many updates.",
        WARM.format(10, 100), "argument", lambda owner: warm(owner, 20),
    ),
    "scaled_by_processes": Plain(
        "A rate that the script multiplies by its number of processes.",
        WARM.format(10, 100), "peak", warm, lr=0.1 * 8,
    ),
    "constant_takes_no_warmup": Plain(
        "The schedule that is called constant, and a warmup that it does not take.",
        WARM.format(10, 100), "constant",
        lambda owner: get_scheduler("constant", owner, num_warmup_steps=10),
    ),
    "another_schedule": Plain(
        "The line that is the default, where the name of the schedule got lost.",
        WARM.format(10, 100), "schedule", lambda owner: warm(owner, kind="linear"),
    ),
    "floor_ignored": Plain(
        "No floor.",
        COSINE.format(100, MIXED), "floor", lambda owner: CosineAnnealingLR(owner, 100),
    ),
    "stopped_early": Plain(
        "A run that ends before its schedule does.",
        WARM.format(10, 100), "follows", warm, updates=35,
    ),
}  # fmt: skip
RUNS |= {
    name: (each.rates, each.what, each.recipe, each.named, list(each.options))
    for name, each in PLAIN.items()
}


class Net(nn.Module):  # type: ignore[misc]
    """One layer, with the loss that transformers' Trainer wants."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(1, 1)

    def forward(self, x: Any = None, labels: Any = None) -> Any:
        """Return a loss."""
        return {"loss": ((self.layer(x) - labels) ** 2).mean()}


def trained(name: str, **arguments: Any) -> None:
    """Train with transformers' Trainer and keep what it leaves behind."""
    data = [{"x": torch.ones(1), "labels": torch.ones(1)}] * 80
    with tempfile.TemporaryDirectory() as folder:
        told = TrainingArguments(
            folder, per_device_train_batch_size=4, report_to=[], save_strategy="no", use_cpu=True,
            disable_tqdm=True, logging_steps=10, learning_rate=0.1, **arguments,
        )  # fmt: skip
        trainer = Trainer(Net(), told, train_dataset=data)
        trainer.train()
        trainer.state.save_to_json(str(HOME / f"{name}.json"))


def main() -> int:
    """Run all, and write a CSV file of each and the list of what they are."""
    HOME.mkdir(parents=True, exist_ok=True)
    listed = {}
    for name, (function, what, recipe, named, options) in RUNS.items():
        rates = function()
        rows = [f"{update},{rate!r}" for update, rate in enumerate(rates)]
        (HOME / f"{name}.csv").write_text("\n".join(["step,lr", *rows]) + "\n")
        listed[name] = {"file": f"{name}.csv", "what": what, "recipe": recipe, "named": named,
                        "options": options}  # fmt: skip
        print(f"{name}: {len(rates)} rates", file=sys.stderr)
    trained("max_steps", max_steps=60, num_train_epochs=5, warmup_steps=10,
            lr_scheduler_type="cosine")  # fmt: skip
    listed["max_steps"] = {
        "file": "max_steps.json", "what": "max_steps, which overrules the epochs.",
        "recipe": WARM.format(10, 100), "named": "argument", "options": [],
    }  # fmt: skip
    (HOME / "runs.json").write_text(json.dumps(listed, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
