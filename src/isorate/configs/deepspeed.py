"""DeepSpeed's JSON, as of 0.19.8: its scheduler, which the engine steps once an update.

How long the run is stands nowhere in it: the program that trains has the loop.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula
from isorate.configs.configuration import Configuration
from isorate.kit.registry import Trainer
from isorate.kit.registry import get as dialect
from isorate.kit.standing import given as built

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isorate.configs.configuration import Foretold, Given, Wanted
    from isorate.kit.call import Call

#: torch's that its files cannot name: in another module, stepped with a metric, or with arguments
#: that no file holds.
UNNAMED: Final = (
    "SWALR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "ChainedScheduler",
    "LambdaLR",
    "MultiplicativeLR",
)
#: What each says of its highest rate, and of its length.
PEAKS: Final = ("warmup_max_lr", "cycle_max_lr", "lr_range_test_min_lr", "max_lr")
LENGTHS: Final = ("total_num_steps", "total_steps")
#: The examples of an update, those of a batch of one process, and the batches of an update.
BATCHES: Final = (
    "train_batch_size",
    "train_micro_batch_size_per_gpu",
    "gradient_accumulation_steps",
)
KEYS: Final = (*BATCHES, "optimizer", "scheduler", "dataloader_drop_last")
FACTS: Final = {"lr": "lr", "accumulation": "gradient_accumulation_steps",
                "batch_size": "train_micro_batch_size_per_gpu"}  # fmt: skip


CODE: Final = """
import torch
from deepspeed.runtime.lr_schedules import (
    LRRangeTest, OneCycle, WarmupCosineLR, WarmupDecayLR, WarmupLR
)

OWN = {"LRRangeTest": LRRangeTest, "OneCycle": OneCycle, "WarmupCosineLR": WarmupCosineLR,
       "WarmupDecayLR": WarmupDecayLR, "WarmupLR": WarmupLR}


class DeepSpeedEngine(Module):
    def __init__(self, optimizer, lr_scheduler, accumulation):
        self.optimizer, self.lr_scheduler = optimizer, lr_scheduler
        self.accumulation = accumulation

    def gradient_accumulation_steps(self):
        return self.accumulation

    def get_lr(self):
        return [group["lr"] for group in self.optimizer.param_groups]

    def is_gradient_accumulation_boundary(self):
        return every(self.accumulation)

    def backward(self, loss, **others):
        pass

    def load_checkpoint(self, *given, **named):
        self.lr_scheduler.load_state_dict(checkpoint)

    def _leaves_the_rates(self, *given, **named):
        pass

    allreduce_gradients = get_global_grad_norm = zero_grad = _leaves_the_rates
    save_checkpoint = save_16bit_model = save_fp16_model = _leaves_the_rates

    def set_gradient_accumulation_boundary(self, is_boundary):
        refuse("set_gradient_accumulation_boundary says which batches are an update's last, which "
               "is not followed")

    def train_batch(self, data_iter=None):
        if is_known(self.optimizer):
            self.optimizer.step()
            if is_given(self.lr_scheduler):
                self.lr_scheduler.step()

    def step(self, lr_kwargs=None):
        if every(self.accumulation):
            self.train_batch()


def entry(config, key):
    found = config.get(key)
    return (found["type"], found.get("params", {})) if is_a(found, dict) else (None, {})


def initialize(args=None, model=None, optimizer=None, model_parameters=None, training_data=None,
               lr_scheduler=None, distributed_port=None, mpu=None, dist_init_required=None,
               collate_fn=None, config=None, mesh_param=None, config_params=None):
    config = config if is_given(config) else config_params
    known = is_a(config, dict)
    if not known:
        accumulation = gradient_accumulation_steps
        if not (is_given(optimizer) and is_given(lr_scheduler)):
            refuse("DeepSpeed's own file says the optimizer or the schedule: isorate show FILE")
    else:
        accumulation = config.get("gradient_accumulation_steps", None)
        if not is_given(accumulation):
            accumulation = 1
            if "train_batch_size" in config and "train_micro_batch_size_per_gpu" in config:
                batch = config["train_micro_batch_size_per_gpu"] * (told("processes") or 1)
                accumulation = config["train_batch_size"] // batch
        kind, params = entry(config, "optimizer")
        if not is_given(optimizer) and kind is not None:
            optimizer = torch.optim.AdamW(model_parameters, lr=params.get("lr", 1e-3))
        kind, params = entry(config, "scheduler")
        if not is_given(lr_scheduler) and kind is not None:
            make = OWN[kind] if kind in OWN else getattr(torch.optim.lr_scheduler, kind)
            lr_scheduler = make(optimizer, **params)
    if callable(lr_scheduler):
        lr_scheduler = lr_scheduler(optimizer)
    engine = DeepSpeedEngine(optimizer, lr_scheduler, accumulation)
    return engine, optimizer, deepspeed_io(training_data), lr_scheduler
"""
TRAINER: Final = Trainer("DeepSpeed", ("deepspeed",), CODE, trains="step",
                         functions=("initialize",))  # fmt: skip


@cache
def schedulers() -> dict[str, type[Call]]:
    """Return the schedulers that a type names: DeepSpeed's own go before torch's."""
    known = (each for name in ("torch", "deepspeed") for each in dialect(name).constructors)
    return {each.__name__: each for each in known if each.__name__ not in UNNAMED}


def foretell(given: Given) -> Foretold:
    """Return what a file makes of a run."""
    lr = given.table("optimizer").get("params") or {}
    given.default(lr=lr.get("lr") if isinstance(lr, dict) else None)
    for key in ("lr", *BATCHES):
        _not_auto(given, key, given.values.get(key))
    table = given.table("scheduler")
    params = parameters(given, table) if table else {}
    for name, value in params.items():
        _not_auto(given, name, value)
    rate = given.number("lr")
    if rate is None and not depends_not(table.get("type"), params):
        raise given.refuse("optimizer", "has no lr", "--lr 1e-3")
    own = params.get(next((name for name in PEAKS if name in params), ""), rate)
    given.assume("deepspeed.initialize is given no scheduler, which would go before this")
    fp16 = given.table("fp16").get("enabled")
    if fp16 and table:
        given.assume("no update is left out for an overflow of fp16, which steps no scheduler")
    call = scheduler(given, table, params, float(rate if rate is not None else 1e-3))
    steps = params.get("warmup_num_steps")
    return given.foretold(
        call, updates(given, params), version=dialect("deepspeed").version,
        peak=float(own if isinstance(own, int | float) else rate or 0.0),
        warmup=steps if isinstance(steps, int) else None,
        keys={"rate": "optimizer.params.lr" if own is rate else "scheduler.params",
              "warmup": "warmup_num_steps",
              "length": next((key for key in LENGTHS if key in params), "scheduler.params")},
    )  # fmt: skip


def _not_auto(given: Given, key: str, value: Any) -> None:
    """Refuse what transformers fills in, where nobody has."""
    if value == "auto":
        given.values.pop(key, None)
        hint = "read the arguments whose deepspeed=... names this file"
        raise given.refuse(key, "is auto, which transformers' arguments fill in", hint)


def depends_not(kind: Any, params: Mapping[str, Any]) -> bool:
    """Whether no rate of a scheduler depends on the optimizer's."""
    if kind == "WarmupLR":
        return params.get("warmup_max_lr") is not None
    return kind in ("WarmupDecayLR", "OneCycle", "LRRangeTest")


def parameters(given: Given, table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a scheduler's arguments as the file has them.

    Raises:
        ReadError: DeepSpeed finds none, or no such scheduler.

    """
    kind = table.get("type")
    if not isinstance(kind, str) or kind not in schedulers():
        known = ", ".join(each.__name__ for each in dialect("deepspeed").constructors)
        text = f"is none that is read: {kind!r:.60}"
        raise given.refuse("scheduler.type", text, f"one of {known}, or torch's")
    params = table.get("params")
    if not isinstance(params, dict):
        raise given.refuse("scheduler", "has no params, without which DeepSpeed raises TypeError")
    return dict(params)


def scheduler(given: Given, table: Mapping[str, Any], params: dict[str, Any], lr: float) -> Call:
    """Return the scheduler that the engine builds; a rate that stays, where the file has none.

    Raises:
        ReadError: it does not take the arguments, or lacks one.

    """
    if not table:
        given.warn("scheduler", "there is none: the rate stays what it is")
        return _formula.lambda_lr(lr, "1.0")
    constructor = schedulers()[table["type"]]
    try:
        return built(constructor, {"optimizer": _formula.adamw(lr)}, params)
    except TypeError as error:
        text = f"is refused by DeepSpeed with TypeError: {error}"
        raise given.refuse("scheduler.params", text) from None


def updates(given: Given, params: Mapping[str, Any]) -> int:
    """Return how many updates are trained: as is told, else as long as the schedule is."""
    total = given.fact("max_steps")
    if total is not None:
        given.derive("updates", f"{total}: as is told")
        return int(total)
    batches, examples = given.fact("batches"), given.fact("examples")
    if batches is None and examples is None:
        steps = params.get("total_num_steps", params.get("total_steps"))
        if isinstance(steps, int) and not isinstance(steps, bool) and steps > 0:
            given.assume("the run is as long as the scheduler is told (--max-steps N)")
            given.derive("updates", f"{steps}: the scheduler's own length")
            return steps
        again = [] if given.told.get("epochs") else [("max_steps", "epochs")]
        raise given.open([("max_steps", "examples", "batches"), *again])
    epochs = given.fact("epochs")
    if epochs is None:
        raise given.open([("epochs",)])
    processes = given.processes()
    micro, accumulation = shares(given, processes)
    if batches is not None:
        each = math.ceil(batches / processes)
    else:
        drops = given.truth("dataloader_drop_last")
        own = math.ceil(examples / processes)
        each = own // micro if drops else math.ceil(own / micro)
        given.derive("batches", f"{each} a process: {own} examples of it / {micro}")
    found = int(epochs * each) // accumulation
    # the engine counts batches on, from one epoch to the next
    given.derive("updates", f"{found}: floor({epochs:g} epochs × {each} / {accumulation} batches)")
    if found <= 0:
        raise given.refuse("gradient_accumulation_steps", "leaves no update")
    return found


def shares(given: Given, processes: int) -> tuple[int, int]:
    """Return the examples of a batch of one process and the batches of an update.

    Raises:
        ReadError: they do not come to ``train_batch_size``, or there is none of them.

    """
    whole, micro, accumulation = (given.whole(key, least=1) for key in BATCHES)
    if whole is None and micro is None:
        raise given.refuse("train_batch_size", "is not there", "--batch-size 8")
    if micro is None:
        accumulation = accumulation or 1
        micro = whole // processes // accumulation
    elif accumulation is None:
        accumulation = 1 if whole is None else whole // micro // processes
    if whole is not None and whole != micro * accumulation * processes:
        text = f"is not {micro} × {accumulation} × {processes} processes, and DeepSpeed refuses it"
        raise given.refuse("train_batch_size", text)
    given.derive("update", f"{accumulation} batches of {micro} examples in each process")
    return micro, accumulation


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule, DeepSpeed's own kind of warm-up first."""
    lr, until = {"lr": wanted.peak}, {"warmup_num_steps": wanted.warmup}
    adam = {"optimizer": {"type": "AdamW", "params": lr}}
    whole = until | {"total_num_steps": wanted.updates}
    to_peak, share = {"warmup_max_lr": wanted.peak}, {"cos_min_ratio": wanted.low / wanted.peak}
    if wanted.start:
        to_peak["warmup_min_lr"], share["warmup_min_ratio"] = (
            wanted.start,
            wanted.start / wanted.peak,
        )
    kinds: list[tuple[str, dict[str, Any]]] = [("WarmupCosineLR", whole | share)]
    if not wanted.low:
        kinds.append(("WarmupDecayLR", whole | to_peak))
    kinds.append(("WarmupLR", until | to_peak))
    for name, params in kinds if wanted.warmup else ():
        for kind in ({}, {"warmup_type": "linear"}):
            scheduler = {"type": name, "params": params | kind}
            yield adam | {"scheduler": scheduler, "--max_steps": wanted.updates}


class _Known(Configuration, frozen=True):
    """A configuration that its tables tell, too: a plain one has keys that others have as well."""

    def signs(self) -> tuple[str, ...]:
        return (*self.marks, "scheduler", "optimizer")

    def score(self, values: Mapping[str, Any]) -> int:
        if "__program__" in values:  # a command, which names its file
            return 0
        tables = (values.get("scheduler"), values.get("optimizer"))
        found = sum(key in values for key in (*self.keys, *self.others))
        if any(key in values for key in self.marks):
            return max(found, 2)  # which is enough to tell
        typed = (isinstance(table, dict) and {"type", "params"} <= table.keys() for table in tables)
        return found if any(typed) else 0


#: Its other tables and settings.
_OTHERS: Final = """
    activation_checkpointing aio amp autotuning bf16 checkpoint comms_logger
    communication_data_type compression_training csv_monitor curriculum_learning data_efficiency
    data_types disable_allgather dump_state elasticity flops_profiler fp16 fp32_allreduce
    gradient_clipping gradient_predivide_factor load_universal_checkpoint memory_breakdown
    prescale_gradients progressive_layer_drop sparse_attention sparse_gradients steps_per_print
    tensorboard use_data_before_expert_parallelism wandb wall_clock_breakdown
    zero_allow_untested_optimizer zero_force_ds_cpu_optimizer zero_optimization
"""


CONFIGURATIONS: Final = (
    _Known(
        "deepspeed", "DeepSpeed", (*KEYS, "lr"),
        foretell,
        tuple(_OTHERS.split()),
        ("zero_optimization", "train_micro_batch_size_per_gpu", "zero_allow_untested_optimizer"),
        FACTS,
        spell=spell,
    ),
)  # fmt: skip
