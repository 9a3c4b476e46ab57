"""mmengine's runner, as of 0.10.7: a list of schedulers, each in a window of its own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from isorate.configs.configuration import LARGEST, Configuration
from isorate.kit.optimizer import Optimizer, ParamGroup
from isorate.kit.standing import given as built
from isorate.schedule.errors import ReadError

if TYPE_CHECKING:
    from isorate.configs.configuration import Foretold, Given
    from isorate.kit.call import Call

#: What leads elsewhere, and how.
ELSEWHERE: Final = {
    "lr_config": "is of mmcv 1's runners, which are not read: param_scheduler",
}
#: Its loops, and whether they go by epochs; XTuner's own counts batches, and may be told epochs.
LOOPS: Final = {"EpochBasedTrainLoop": True, "IterBasedTrainLoop": False, "TrainLoop": False}
OF_BATCHES: Final = "TrainLoop"
#: What may be a warm-up.
WARMING: Final = ("LinearLR", "QuadraticWarmupLR")
#: What is told by itself of the tables.
FACTS: Final = {"lr": "lr", "batch_size": "batch_size", "epochs": "max_epochs",
                "accumulation": "accumulative_counts"}  # fmt: skip


def foretell(given: Given) -> Foretold:
    """Return what a file makes of a run."""
    for key, why in ELSEWHERE.items():
        if given.values.get(key):
            raise given.refuse(key, why)
    wrapper = table(given, "optim_wrapper")
    optimizer = wrapper.get("optimizer")
    loop, loader = table(given, "train_cfg"), table(given, "train_dataloader", least=False)
    given.default(
        lr=optimizer.get("lr") if isinstance(optimizer, dict) else None,
        accumulative_counts=wrapper.get("accumulative_counts"),
        batch_size=loader.get("batch_size"),
        max_epochs=loop.get("max_epochs"), max_iters=loop.get("max_iters"),
    )  # fmt: skip
    hook = given.table("default_hooks").get("param_scheduler")
    hook = hook.get("type") if isinstance(hook, dict) else "ParamSchedulerHook"
    if hook != "ParamSchedulerHook":
        raise given.refuse("default_hooks", f"has {hook} set the rates, which is not followed")
    peak = given.number("lr")
    if peak is None:
        raise given.refuse("optim_wrapper", "has no optimizer.lr", "--lr 0.01")
    if isinstance(wrapper.get("paramwise_cfg"), dict) or wrapper.get("constructor"):
        given.assume("optim_wrapper gives some parameters another rate: left out of account")
    if given.values.get("resume"):
        given.assume("no checkpoint is there to go on with: the schedulers begin at 0")
    processes = given.processes()
    peak = scaled(given, peak, processes)
    by_epoch = kind_of(given, loop)
    each, iters = batches(given, loop, loader, processes, by_epoch=by_epoch)
    accumulation = given.whole("accumulative_counts", 1, least=1)
    members = schedulers(given, peak, by_epoch=by_epoch, each=each, iters=iters)
    updates = math.ceil(iters / accumulation)
    if accumulation > 1:
        text = f"{accumulation} batches an update: steps of schedulers are batches"
        given.warn("optim_wrapper.accumulative_counts", text)
    given.derive("updates", f"{updates}: ceil({iters} batches / {accumulation})")
    call = whole(peak, members, iters, each if by_epoch else None, accumulation)
    warmed = next((m for m in members if type(m).__name__ in WARMING and m.begin_ == 0), None)
    warmup = None
    if warmed is not None and getattr(warmed, "start_factor", 0) < getattr(warmed, "end_factor", 1):
        batched = warmed.end * (each if warmed.by_epoch else 1)
        warmup = math.ceil(batched / accumulation)
        given.derive("warmup", f"{warmup} updates: {warmed.name}, to its last step")
    highest = [m.eta_max for m in members if type(m).__name__ == "OneCycleLR"]
    return given.foretold(
        call, updates, peak=float(highest[0] if highest else peak), warmup=warmup,
        version="0.10.7", keys={"rate": "optim_wrapper.optimizer.lr", "warmup": "param_scheduler",
                                "length": "train_cfg"},
    )  # fmt: skip


def table(given: Given, key: str, *, least: bool = True) -> dict[str, Any]:
    """Return a table of the file, which may be in one that is not there."""
    if least and not given.values.get(key):
        lacking = given.values.get("__lacking__")
        where = f"is not there: {', '.join(map(str, lacking))} cannot be read" if lacking else ""
        hint = "give the file that mmengine writes of the run, with all of it" if lacking else None
        raise given.refuse(key, where or "is not there", hint)
    if not least and str(given.values.get(key)).startswith("$"):  # an object, in a script
        return {}
    return given.table(key)


def scaled(given: Given, peak: float, processes: int) -> float:
    """Return the rate, which may go with the batch."""
    scale = given.table("auto_scale_lr")
    if not scale.get("enable"):
        return peak
    size, base = given.whole("batch_size", least=1), scale.get("base_batch_size")
    if size is None:
        raise given.open([("batch_size",)])
    if not isinstance(base, int) or base <= 0:
        raise given.refuse("auto_scale_lr", "has no base_batch_size: refused with AssertionError")
    found = peak * (float(processes * size) / float(base))
    given.derive("rate", f"{found:g}: {peak:g} × {processes} × {size} / {base} (auto_scale_lr)")
    return found


def kind_of(given: Given, loop: dict[str, Any]) -> bool:
    """Return whether the loop goes by epochs.

    Raises:
        ReadError: it is another one.

    """
    name = loop.get("type")
    if name is None and isinstance(loop.get("by_epoch"), bool):
        return bool(loop["by_epoch"])
    kind = str(name).rpartition(".")[2]
    if name is None:
        raise given.refuse("train_cfg", "has neither type nor by_epoch: refused with KeyError")
    if kind not in LOOPS or "by_epoch" in loop:
        text = "says no loop that is read" if kind not in LOOPS else "has both type and by_epoch"
        raise given.refuse("train_cfg", f"{text}: {', '.join(LOOPS)}")
    return LOOPS[kind]


def batches(
    given: Given, loop: dict[str, Any], loader: dict[str, Any], processes: int, *, by_epoch: bool
) -> tuple[int, int]:
    """Return the batches of an epoch, 0 where nothing depends on them, and those of the run."""
    own = str(loop.get("type")).rpartition(".")[2] == OF_BATCHES
    if own and "max_epochs" in given and "max_iters" in given:
        raise given.refuse("max_iters", "is refused with RuntimeError beside max_epochs")
    whole_epochs = by_epoch or (own and "max_iters" not in given)
    length = given.whole("max_epochs" if whole_epochs else "max_iters", least=1)
    if length is None:
        raise given.refuse("train_cfg", f"has no {'max_epochs' if whole_epochs else 'max_iters'}")
    if not whole_epochs and not any(each.get("convert_to_iter_based") for each in listed(given)):
        return 0, int(length)
    told, examples = given.fact("batches"), given.fact("examples")
    if told is not None:
        each = math.ceil(told / processes)
    elif examples is None:
        raise given.open([("examples", "batches")])
    else:
        size = given.whole("batch_size", least=1)
        if size is None:
            raise given.open([("batch_size",)])
        sampler = loader.get("sampler")
        endless = isinstance(sampler, dict) and "Infinite" in str(sampler.get("type"))
        own = examples if endless else math.ceil(examples / processes)
        each = own // size if loader.get("drop_last") else math.ceil(own / size)
        given.derive("epoch", f"{each} batches: {own} examples of a process / {size}")
    if each <= 0:
        raise given.refuse("train_dataloader", "has no batch")
    return each, int(length * each) if whole_epochs else int(length)


def listed(given: Given) -> list[dict[str, Any]]:
    """Return the schedulers as they are written."""
    written = given.values["param_scheduler"] if "param_scheduler" in given else []
    written = [written] if isinstance(written, dict) else written
    if not isinstance(written, list) or not all(isinstance(each, dict) for each in written):
        raise given.refuse("param_scheduler", "is no list of tables")
    if any("type" not in each for each in written):
        raise given.refuse("param_scheduler", "has no type: several optimizers' are not read")
    unknown = [value for each in written for value in each.values() if _unknown(value)]
    if unknown:
        raise given.refuse("param_scheduler", f"has {unknown[0]}, whose value nobody knows")
    return written


def _unknown(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_unknown, value))
    return isinstance(value, str) and value.startswith("$")


def schedulers(given: Given, peak: float, *, by_epoch: bool, each: int, iters: int) -> list[Any]:
    """Return the schedulers that the runner builds.

    Raises:
        ReadError: there is one that is not read, or that refuses its arguments.

    """
    from isorate.dialects.mmengine import SCHEDULERS

    optimizer = Optimizer((ParamGroup(float(peak)),), "SGD")
    found = []
    for written in listed(given):
        own = dict(written)
        name = str(own.pop("type")).rpartition(".")[2]
        if name.endswith("Momentum") or own.get("param_name", "lr") != "lr":
            continue
        kind = SCHEDULERS.get(name)
        if kind is None or own.pop("param_name", None) or own.pop("_scope_", None):
            follows = name.startswith("ReduceOnPlateau")
            text = f"has {name}, which {'follows a metric' if follows else 'is not read'}"
            raise given.refuse("param_scheduler", text, f"of {', '.join(SCHEDULERS)}")
        own.setdefault("end", (given.values["max_epochs"] if by_epoch else 1)
                       if own.get("by_epoch", True) else iters)  # fmt: skip
        own.pop("epoch_length", None)
        if own.pop("convert_to_iter_based", False):
            own = by_batches(given, own, kind.lengths, each)
        try:
            call: Any = built(kind, {"optimizer": optimizer}, own)
            fault = call.fault()
        except TypeError as error:
            raise given.refuse("param_scheduler", f"is refused with TypeError: {error}") from None
        if fault is not None:
            raise ReadError(f"{given.origin}: {name} raises {fault.error.__name__}: {fault.text}")
        if call.by_epoch and not by_epoch:
            text = f"{name} steps with epochs, and the loop has none: it never takes a step"
            given.warn("param_scheduler", f"{text} (by_epoch=False)")
        found.append(call)
    if not found:
        given.warn("param_scheduler", "there is none: the rate stays what it is")
    return found


def by_batches(
    given: Given, own: dict[str, Any], lengths: tuple[str, ...], each: int
) -> dict[str, Any]:
    """Return what counts epochs, in batches."""
    if not own.get("by_epoch", True):
        raise given.refuse("param_scheduler", "converts what does not step with epochs")
    own["by_epoch"] = False
    for name in ("begin", "end"):
        value = numbered(given, name, own.get(name, 0))
        own[name] = value if value == 10**9 else int(value * each)
    for name in lengths:
        value = own.get(name)
        if isinstance(value, list):
            own[name] = [numbered(given, name, one) * each for one in value]
        elif value is not None:
            own[name] = numbered(given, name, value) * each
    return own


def numbered(given: Given, name: str, value: Any) -> Any:
    """Return a count of epochs."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 <= value < LARGEST:
        raise given.refuse("param_scheduler", f"has {name}={value!r:.40}, which counts no epochs")
    return value


def whole(peak: float, members: list[Any], iters: int, each: int | None, counts: int) -> Call:
    """Return the schedulers in their run."""
    from isorate.dialects.mmengine import param_scheduler

    optimizer = Optimizer((ParamGroup(float(peak)),), "SGD")
    return param_scheduler(optimizer, members, iters, each, counts)


CONFIGURATIONS: Final = (
    Configuration(
        "mmengine",
        "mmengine",
        ("param_scheduler", "optim_wrapper", "train_cfg", "train_dataloader", "auto_scale_lr",
         "default_hooks", *FACTS.values(), "max_iters", "resume", *ELSEWHERE),
        foretell,
        ("default_scope", "env_cfg", "visualizer", "log_level", "load_from", "val_dataloader",
         "val_cfg", "test_cfg", "val_evaluator", "test_evaluator", "test_dataloader", "work_dir",
         "custom_hooks", "model", "randomness", "launcher"),
        ("param_scheduler", "optim_wrapper", "lr_config", "__lacking__"),
        {**FACTS, "max_steps": "max_iters"},
    ),
)  # fmt: skip
