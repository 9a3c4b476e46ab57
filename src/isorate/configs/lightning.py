"""Lightning's Trainer, as of 2.6.6: ``configure_optimizers``, its intervals, its accumulation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula, _objects
from isorate.configs.configuration import Configuration
from isorate.kit.registry import Trainer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isorate.configs.configuration import Foretold, Given

VERSION: Final = "2.6.6"

CODE: Final = '''
import math
from torch.optim.lr_scheduler import ReduceLROnPlateau


class _AttributeDict:
    def __init__(self, values):
        self.update(values)

    def __getitem__(self, key):
        return getattr(self, key)

    def get(self, key, default=None):
        return getattr(self, key, default)

    def update(self, values):
        for key, value in values.items():
            setattr(self, key, value)


class _Hyperparameters(Module):
    def __init__(self, *given, **named):
        self.hparams = _AttributeDict({})

    def save_hyperparameters(self, *given, ignore=(), frame=None, logger=True):
        if len(given) == 1 and not is_a(given[0], str):
            values = given[0]
        else:
            leave = (ignore,) if is_a(ignore, str) else ignore or ()
            every = arguments_of_init()
            every = {k: v for k, v in every.items() if k in given or not given}
            values = {k: v for k, v in every.items() if k not in leave}
        self.hparams = _AttributeDict(values) if is_a(values, dict) else values


class LightningDataModule(_Hyperparameters):
    pass


class Callback:
    pass


class GradientAccumulationScheduler(Callback):
    def __init__(self, *given, **named):
        refuse("GradientAccumulationScheduler changes how many batches an update takes, which is "
               "not followed")


class StochasticWeightAveraging(Callback):
    def __init__(self, *given, **named):
        refuse("StochasticWeightAveraging takes the rate over, which is not followed")


class EarlyStopping(Callback):
    def __init__(self, *given, **named):
        assume("the run goes on to its end, where EarlyStopping may end it before")


def hook(trainer, model, callbacks, name, *given):
    """Let the text's own hooks do what they do."""
    own = getattr(model, name)
    if is_known(own):
        own(*given)
    for callback in callbacks:
        theirs = getattr(callback, name)
        if is_known(theirs):
            theirs(trainer, model, *given)


class LightningModule(_Hyperparameters):
    automatic_optimization = True
    _optimizers = ()
    _schedulers = ()

    def optimizers(self, use_pl_optimizer=True):
        return self._optimizers[0] if len(self._optimizers) == 1 else list(self._optimizers)

    def lr_schedulers(self):
        return self._schedulers[0] if len(self._schedulers) == 1 else list(self._schedulers)

    def _alone(self):
        if Trainer.fitted is not None:
            trainer, loaders, datamodule = Trainer.fitted
            trainer.fit(self, loaders, datamodule=datamodule)
        else:
            assume("no Trainer is followed: each batch is taken to be an update")
            train(None, self, (), len(train_dataloader), max_epochs, 1, -1)


def listed(value):
    return list(value) if is_a(value, (list, tuple)) else [value]


def described(given, monitor=None):
    """A scheduler, its interval, and its frequency: each epoch, where nothing else is said."""
    if not is_a(given, dict):
        return (given, "epoch", 1)
    interval = asked(given.get("interval", "epoch"), "epoch")
    if interval not in ("step", "epoch"):
        refuse(f"interval={interval} is refused: it is to be step or epoch")
    return (given["scheduler"], interval, asked(given.get("frequency", 1), 1))


def configured(given):
    """The optimizers and the schedulers that configure_optimizers returns."""
    if is_a(given, dict):
        given = [given]
    if is_a(given, (list, tuple)):
        if len(given) == 2 and is_a(given[0], list):
            return listed(given[0]), [described(each) for each in listed(given[1])]
        if len(given) > 0 and is_a(given[0], dict):
            schedulers = [each["lr_scheduler"] for each in given if "lr_scheduler" in each]
            return [each["optimizer"] for each in given], [described(each) for each in schedulers]
    return listed(given), []


def train(trainer, model, callbacks, batches, epochs, accumulate, max_steps):
    optimizers, schedulers = configured(model.configure_optimizers())
    optimizer = optimizers[0]
    model._optimizers = tuple(optimizers)
    if trainer is not None:
        trainer.optimizers = tuple(optimizers)
        trainer.global_step, trainer.current_epoch = 0, 0
    model._schedulers = tuple([each[0] for each in schedulers])
    automatic = model.automatic_optimization
    if automatic and len(optimizers) > 1:
        refuse("Lightning trains with several optimizers only where the text steps them itself")
    global_step = 0
    for epoch in range(epochs):
        if trainer is not None:
            trainer.current_epoch = epoch
        hook(trainer, model, callbacks, "on_train_epoch_start")
        for batch_idx, batch in enumerate(range(batches)):
            hook(trainer, model, callbacks, "on_train_batch_start", batch, batch_idx)
            if is_known(model.training_step):
                model.training_step(batch, batch_idx)
            if automatic:
                if accumulate > 1:
                    if not ((batch_idx + 1) % accumulate == 0
                            or batch_idx + 1 == len(range(batches))):
                        continue
                hook(trainer, model, callbacks, "on_before_optimizer_step", optimizer)
                if is_known(model.optimizer_step):
                    model.optimizer_step(epoch, batch_idx, optimizer, None)
                else:
                    optimizer.step()
                global_step += 1
                if trainer is not None:
                    trainer.global_step += 1
                for scheduler, interval, frequency in schedulers:
                    if interval == "step":
                        if frequency == 1:
                            stepped(model, scheduler)
                        elif (batch_idx + 1) % frequency == 0:
                            stepped(model, scheduler)
                hook(trainer, model, callbacks, "on_train_batch_end", None, batch, batch_idx)
                if max_steps > 0:
                    if global_step >= max_steps:
                        break
        if max_steps > 0:
            if global_step >= max_steps:
                break
        hook(trainer, model, callbacks, "on_train_epoch_end")
        if automatic:
            for scheduler, interval, frequency in schedulers:
                if interval == "epoch":
                    if frequency == 1:
                        stepped(model, scheduler)
                    elif (epoch + 1) % frequency == 0:
                        stepped(model, scheduler)


def stepped(model, scheduler):
    metric = monitored if is_a(scheduler, ReduceLROnPlateau) else None
    if is_known(model.lr_scheduler_step):
        model.lr_scheduler_step(scheduler, metric)
    elif metric is None:
        scheduler.step()
    else:
        scheduler.step(metric)


def processes(devices):
    devices = asked(devices, 1)
    if is_a(devices, (list, tuple)):
        return len(devices)
    if is_a(devices, str) and devices.isdigit():
        devices = int(devices)
    if is_a(devices, int) and devices > 0:
        return devices
    assume("one device is taken to train")
    return 1


class Trainer:
    fitted = None

    def __init__(self, *, devices="auto", num_nodes=1, gpus=None, fast_dev_run=False,
                 max_epochs=None, max_steps=-1, limit_train_batches=None, overfit_batches=0.0,
                 accumulate_grad_batches=1, use_distributed_sampler=True, callbacks=None,
                 **others):
        max_steps = asked(max_steps, -1) if is_given(max_steps) else -1
        if asked(fast_dev_run, False):
            max_epochs, max_steps = 1, int(fast_dev_run)
        elif not is_given(max_epochs):
            max_epochs = 1000 if max_steps == -1 else -1
        self.max_epochs, self.max_steps = max_epochs, max_steps
        self.accumulate_grad_batches = asked(accumulate_grad_batches, 1)
        self.limit = asked(overfit_batches or limit_train_batches, None)
        self.callbacks = callbacks
        self.devices = gpus if is_given(gpus) else devices
        self.num_nodes = asked(num_nodes, 1)
        self.shared = use_distributed_sampler
        self.batches = len(train_dataloader)

    @classmethod
    def from_argparse_args(cls, args, **named):
        return cls(**{**vars(args), **named})

    def loaded(self, model, loader, datamodule):
        """The batches that a process goes through in an epoch."""
        if is_a(loader, LightningDataModule):
            loader, datamodule = None, loader
        if is_given(loader):
            batches = self.length(loader)
        elif is_given(datamodule):
            batches = self.length(datamodule.train_dataloader())
        elif is_known(model.train_dataloader):
            batches = self.length(model.train_dataloader())
        else:
            batches = len(train_dataloader)
        several = told("processes") or processes(self.devices) * self.num_nodes
        if several > 1 and self.shared:
            assume(f"{several} devices share the batches of an epoch")
            batches = math.ceil(batches / several)
        if not is_given(self.limit):
            return batches
        if is_a(self.limit, float):
            return int(batches * self.limit)
        return min(batches, self.limit)

    def length(self, train_dataloader):
        if told("batches") is not None:
            return told("batches")
        if is_a(train_dataloader, dict):
            return max([len(each) for each in train_dataloader.values()])
        if is_a(train_dataloader, (list, tuple)):
            return max([len(each) for each in train_dataloader])
        return len(train_dataloader)

    @property
    def num_training_batches(self):
        return self.batches

    @property
    def estimated_stepping_batches(self):
        if is_known(self.max_epochs) and self.max_epochs == -1:
            return math.inf if self.max_steps == -1 else self.max_steps
        steps = math.ceil(self.batches / self.accumulate_grad_batches) * max(self.max_epochs, 1)
        return steps if self.max_steps == -1 else min(steps, self.max_steps)

    def fit(self, model, train_dataloaders=None, val_dataloaders=None, datamodule=None,
            ckpt_path=None, **others):
        if is_known(model):
            model.trainer = self
            self.batches = self.loaded(model, train_dataloaders, datamodule)
            endless = is_known(self.max_epochs) and self.max_epochs == -1
            if not is_known(self.callbacks):
                assume("callbacks are taken to write no rate")
            callbacks = self.callbacks if is_known(self.callbacks) else None
            callbacks = callbacks if is_a(callbacks, (list, tuple)) else (callbacks,)
            epochs = 2**31 if endless else self.max_epochs
            train(self, model, tuple(callbacks), self.batches, epochs,
                  self.accumulate_grad_batches, self.max_steps)
        else:
            Trainer.fitted = (self, train_dataloaders, datamodule)
'''
PACKAGES: Final = ("lightning.pytorch", "pytorch_lightning")
TRAINER: Final = Trainer(
    "Lightning",
    (
        *("lightning", *PACKAGES),
        *(f"{p}.{m}" for p in PACKAGES for m in ("callbacks", "core", "trainer", "core.module")),
    ),
    CODE,
    trains="fit",
    aliases=("L", "pl", "ptl"),
    own=("LightningModule", "LightningDataModule"),
    mark="configure_optimizers",
)


# --- a file of its command line ------------------------------------------------------------------


def foretell(given: Given) -> Foretold:
    """Return what a file of ``LightningCLI`` makes of a run: a step of the schedule an epoch."""
    given.values = _objects.nested(given.values)
    optimizer, schedule = (given.table(key) for key in ("optimizer", "lr_scheduler"))
    by_epoch = True
    model = _objects.arguments_of(given, "model", given.table("model"))
    if not optimizer and any("optimizer" in key for key in model):  # which its own code builds
        keys = [key for key, value in model.items() if isinstance(value, dict)]
        optimizer = next((model[key] for key in keys if "optim" in key), {})
        schedule = next((model[key] for key in keys if "sched" in key), {})
        step = given.text("step_every")
        if schedule and step not in ("epoch", "update"):
            text = "is open: the model's code steps the schedule, and the file does not say when"
            hint = "--set step_every=epoch or --set step_every=update"
            raise given.refuse("step_every", text, hint)
        by_epoch = step == "epoch"
    path = schedule.get("class_path")
    if schedule and not isinstance(path, str):
        raise given.refuse("lr_scheduler", "has no class_path")
    rate = _objects.rate_of(given, "optimizer", str(optimizer.get("class_path") or ""),
                            _objects.arguments_of(given, "optimizer", optimizer))  # fmt: skip
    size = _objects.arguments_of(given, "data", given.table("data")).get("batch_size")
    trainer = given.table("trainer")
    total, each = _objects.counted(given, trainer, size, by_epoch=bool(schedule and by_epoch))
    if path is None:
        given.warn("lr_scheduler", "there is none: the rate stays what it is")
        call, peak = _formula.lambda_lr(rate, "1.0"), rate
    else:
        arguments = _objects.arguments_of(given, "lr_scheduler", schedule)
        steps = total / each if by_epoch and each else total
        call, peak = _objects.called(given, "lr_scheduler", path, arguments, rate, steps)
        given.derive("clock", f"stepped once an {'epoch' if by_epoch else 'update'}")
        length = next((arguments[k] for k in ("T_max", "total_steps") if k in arguments), None)
        if by_epoch and isinstance(length, int) and each is not None and length >= total > each:
            text = f"{length} are epochs, and not updates: the schedule is stepped once an epoch"
            given.warn("lr_scheduler", text)
    return given.foretold(
        call, total, peak=peak, warmup=None, version=VERSION,
        keys={"rate": "optimizer", "warmup": "lr_scheduler", "length": "trainer.max_epochs"},
        each=each if schedule and by_epoch else None,
    )  # fmt: skip


class _Known(Configuration, frozen=True):
    """A configuration that its classes tell, and whose values may name any others."""

    def takes(self, key: str) -> bool:
        return True

    def score(self, values: Mapping[str, Any]) -> int:
        found = _objects.nested(values)
        tables = (found.get(key) for key in ("optimizer", "lr_scheduler", "model", "data"))
        named = sum(isinstance(table, dict) and "class_path" in table for table in tables)
        return named + 1 if named and isinstance(found.get("trainer"), dict) else 0


CONFIGURATIONS: Final = (
    _Known(
        "lightning", "Lightning's command line",
        ("trainer", "optimizer", "lr_scheduler", "lr", "step_every"),
        foretell,
        ("seed_everything", "model", "data", "ckpt_path", "fit"),
        ("trainer",),
        {"lr": "lr"},
    ),
)  # fmt: skip
