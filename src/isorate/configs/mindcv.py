"""MindCV's YAML, as of 0.5.0: a rate for every batch, which the optimizer is given as a list."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula
from isorate.configs.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.configs.configuration import Foretold, Given, Wanted

#: What it trains with where nobody says.
USUAL: Final[dict[str, Any]] = {
    "scheduler": "cosine_decay", "lr": 0.001, "min_lr": 1e-6, "warmup_epochs": 3,
    "warmup_factor": 0.0, "decay_epochs": 100, "decay_rate": 0.9, "epoch_size": 90,
    "multi_step_decay_milestones": [30, 60, 90], "num_cycles": 1, "cycle_decay": 1.0,
    "batch_size": 128, "gradient_accumulation_steps": 1,
}  # fmt: skip
#: How many epochs a rate of the list, ``{I}``, is from the first: stairs take whole ones.
EPOCHS: Final = {False: "{I} / {B}", True: "math.floor({I} / {B})"}
RISE: Final = "{start} + min({E}, {W}) / {W} * ({lr} - {start}) if {I} < {W} * {B} else "
CYCLE: Final = "({I} % ({B} * {D}))"
WAVE: Final = "(1.0 + math.cos(math.pi * min({within}, {D}) / {D}))"
DECAYS: Final = {
    "cosine_decay": "{low} + 0.5 * ({lr} * {cycle_decay} ** ({I} // ({B} * {D})) - {low}) * "
    f"{WAVE} if {{I}} < {{cycles}} * {{B}} * {{D}} else {{low}}",
    "exponential_decay": "{lr} * {ratio} ** ({E})",
    "polynomial_decay": "{lr} * (1 - min({E}, {T}) / {T}) ** {ratio}",
    "step_decay": "{lr} * {ratio} ** math.floor(math.floor({I} / {B}) / {D})",
    "constant": "{lr}",
    "one_cycle": "{top} + ({lr} / 25.0 - {top}) / 2.0 * (math.cos(math.pi * ({I} / {up})) + 1) "
    "if {I} <= {up} else {last} + ({top} - {last}) / 2.0 * "
    "(math.cos(math.pi * (({I} - {up}) / ({end} - {up}))) + 1)",
    "cyclic": "{low} + ({lr} - {low}) * ({X} / 0.5 if {X} <= 0.5 else ({X} - 1) / (0.5 - 1))",
}
X: Final = "(1.0 + {I} / {size} - math.floor(1 + {I} / {size}))"
DECAYING: Final = ("cosine_decay", "step_decay")
SINGLE: Final = ("one_cycle", "cyclic")


def foretell(given: Given) -> Foretold:
    """Return what a file makes of a run."""
    if given.values.get("ckpt_path") and given.truth("resume_opt"):
        raise given.refuse("ckpt_path", "begins where a checkpoint stands, not followed")
    if "layer_decay" in given:
        raise given.refuse("layer_decay", "gives each layer a rate of its own: not followed")
    given.default(**USUAL)
    peak, name = given.number("lr"), given.text("scheduler")
    name = "cosine_decay" if name == "warmup_cosine_decay" else name
    if name not in (*DECAYS, "multi_step_decay"):
        text = f"is refused with ValueError: one of {', '.join([*DECAYS, 'multi_step_decay'])}"
        raise given.refuse("scheduler", text)
    each, epochs = batches(given), given.whole("epoch_size", least=1)
    every = given.whole("gradient_accumulation_steps", least=1)
    total = epochs * each
    updates = total // every
    given.derive("updates", f"{updates}: {epochs} epochs × {each} batches"
                 + (f" / {every}" if every > 1 else ""))  # fmt: skip
    if not updates:
        raise given.refuse("gradient_accumulation_steps", "is more than there are batches")
    warmup = given.whole("warmup_epochs")
    stairs = given.truth("lr_epoch_stair")
    if name in SINGLE and (stairs or warmup):
        text = f"is refused with ValueError beside {'lr_epoch_stair' if stairs else 'a warm-up'}"
        raise given.refuse("scheduler", text)
    text = decay(given, name, stairs, epochs - warmup, each)
    first = given.number("warmup_factor") * peak
    if warmup:
        given.derive("warmup", f"{warmup * each} updates: {warmup} epochs × {each}")
        rise = RISE.replace("{E}", EPOCHS[stairs]).replace("{I}", "t")
        text = rise + text.replace("{I}", "(t - {W} * {B})")
    text = text.replace("{I}", "t")
    known = {"lr": peak, "B": each, "W": warmup, "start": first,
             **arguments(given, epochs - warmup, each)}  # fmt: skip
    if every > 1:
        given.warn("gradient_accumulation_steps", f"the list has {total} rates, one for each "
                   f"batch, and {updates} updates take one each: it is not over")  # fmt: skip
    given.assume("MindSpore computes in float32: within 1e-6 of the peak of what is said here")
    return given.foretold(
        _formula.lambda_lr(1.0, text, **known), updates, peak=float(peak),
        warmup=warmup * each or None, version="0.5.0",
        keys={"rate": "lr", "warmup": "warmup_epochs", "length": "epoch_size"},
    )  # fmt: skip


def decay(given: Given, name: str, stairs: bool, epochs: int, each: int) -> str:
    """Return the rate after the warm-up, by the batch ``{I}`` after it."""
    if (
        name in DECAYING
        and given.whole("decay_epochs", least=1)
        * int(given.whole("num_cycles") if name == "cosine_decay" else 1)
        != epochs
    ):
        text = f"the schedule takes {given.values['decay_epochs']} epochs, {epochs} are left for it"
        given.warn("decay_epochs", text)
    if name == "multi_step_decay":
        rate, text = given.number("decay_rate"), ""
        marks = given.words("multi_step_decay_milestones")
        if not all(isinstance(mark, int) for mark in marks):
            raise given.refuse("multi_step_decay_milestones", "are no epochs: [30, 60, 90]")
        for count, mark in enumerate(sorted(marks)):
            text += f"{{lr}} * {rate!r} ** {count} if {{I}} < {mark * each} else "
        return f"{text}{{lr}} * {rate!r} ** {len(marks)}"
    within = EPOCHS[stairs].replace("{I}", CYCLE)
    text = DECAYS[name].replace("{within}", within).replace("{X}", X)
    return text.replace("{E}", EPOCHS[stairs])


def arguments(given: Given, epochs: int, each: int) -> dict[str, Any]:
    """Return what the rates are computed with."""
    peak, low, cycles = given.number("lr"), given.number("min_lr"), given.whole("num_cycles", 1)
    known = {"low": low, "ratio": given.number("decay_rate"), "cycles": cycles,
             "cycle_decay": given.number("cycle_decay"), "D": given.whole("decay_epochs", least=1),
             "T": max(epochs, 1)}  # fmt: skip
    if given.values["scheduler"] == "one_cycle":
        steps = each * epochs
        factor = peak / 25.0 / low if low else math.inf
        up = float(0.3 * steps) - 1
        if not factor or math.isinf(factor) or up in (0, steps - 1):
            raise given.refuse("scheduler", "divides by zero, and the run fails")
        known |= {"top": peak, "last": peak / 25.0 / factor, "up": up, "end": float(steps) - 1}
    if given.values["scheduler"] == "cyclic":
        up = int(each * epochs / cycles / 2) if cycles else 0
        if not up:
            raise given.refuse("num_cycles", "leaves a cycle no step, and the run fails")
        known |= {"size": 2.0 * up}
    return known


def batches(given: Given) -> int:
    """Return the batches of an epoch, which the list of rates is made for."""
    told, examples = given.fact("batches"), given.fact("examples")
    if told is not None:
        return int(told)
    for key in ("num_samples", "aug_repeats"):
        if given.values.get(key):
            raise given.refuse(key, "changes how many examples there are", "--batches N")
    several = given.truth("distribute") and given.told.get("processes") is None
    if examples is None or several:
        beside = [("processes", "batches")] if several else []
        raise given.open([*([("examples", "batches")] if examples is None else []), *beside])
    processes, size = given.processes(), given.whole("batch_size", least=1)
    own = math.ceil(examples / processes)
    drops = given.truth("drop_remainder", True)
    found = own // size if drops else math.ceil(own / size)
    given.derive("batches", f"{found} a process: ceil({examples} / {processes}) / {size}")
    if not found:
        raise given.refuse("batch_size", "is more than there are examples")
    return int(found)


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule, of one batch an epoch."""
    first = wanted.start / wanted.peak if wanted.peak else 0.0
    usual = {"lr": wanted.peak, "warmup_epochs": wanted.warmup, "epoch_size": wanted.updates,
             "warmup_factor": first, "--batches": 1}  # fmt: skip
    left = wanted.updates - wanted.warmup
    yield {**usual, "scheduler": "cosine_decay", "min_lr": wanted.low, "decay_epochs": left}
    yield {**usual, "scheduler": "constant"}


CONFIGURATIONS: Final = (
    Configuration(
        "mindcv",
        "MindCV",
        (*USUAL, "lr_epoch_stair", "layer_decay", "ckpt_path", "resume_opt", "num_samples",
         "aug_repeats", "distribute", "drop_remainder"),
        foretell,
        ("mode", "num_parallel_workers", "dataset", "data_dir", "shuffle", "dataset_download",
         "image_resize", "model", "num_classes", "pretrained", "amp_level", "loss", "opt",
         "label_smoothing", "weight_decay", "momentum", "loss_scale", "use_nesterov", "ema",
         "keep_checkpoint_max", "val_interval", "weight_decay_filter", "drop_path_rate"),
        ("val_while_train", "ckpt_save_dir", "lr_epoch_stair", "multi_step_decay_milestones"),
        {"lr": "lr", "batch_size": "batch_size", "epochs": "epoch_size",
         "accumulation": "gradient_accumulation_steps"},
        spell=spell,
    ),
)  # fmt: skip
