"""OLMo's YAML, as of 59a53e3: its first update is step 1, or as many tokens as a batch has."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula
from isorate.configs.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isorate.configs.configuration import Foretold, Given, Wanted

#: The step, or the tokens, of an update, of which one has G; and what of them is no warm-up.
STEP: Final = "((t + 1) * {G})"
AFTER: Final = f"({STEP} - {{W}})"
WAVE: Final = f"(1 + math.cos(math.pi * {AFTER} / {{D}})) / 2"
RISE: Final = f"{{first}} + {{rise}} * min({STEP}, {{W}}) / {{W}} if {STEP} < {{W}} else "
OVER: Final = f"{{low}} if {STEP} >= {{T}} else "
COSINE: Final = f"{RISE}{OVER}{{low}} + {{height}} * {WAVE}"
ROOT: Final = f"{RISE}{{peak}} * math.sqrt({{W}} / max({{W}}, {STEP}))"
SCHEDULERS: Final = {
    "cosine_with_warmup": COSINE,
    "linear_with_warmup": f"{RISE}{OVER}{{peak}} - {{height}} * ({AFTER} / {{D}})",
    "inverse_sqrt_with_warmup": ROOT,
    "max_scheduler": f"max({COSINE}, {ROOT})",
    "constant": "{peak}",
    "cosine_linear_envelope":
        f"{RISE}{OVER}{{low}} + (1 - ({AFTER} / {{D}})) * ({{height}} * {WAVE})",
    "constant_with_warmup": f"{RISE}{{peak}}",
}  # fmt: skip
#: What is told by itself of its tables.
KEYS: Final = ("name", "units", "t_warmup", "t_max", "alpha_f", "warmup_min_lr")


def foretell(given: Given) -> Foretold:
    """Return what a file makes of a run."""
    if "load_path" in given and not given.truth("reset_trainer_state"):
        hint = "--set reset_trainer_state=true, where its steps are counted anew"
        raise given.refuse("load_path", "begins where a checkpoint stands, not followed", hint)
    scheduler = given.table("scheduler")
    optimizer, model = given.table("optimizer"), given.table("model")
    given.default(**{key: scheduler.get(key) for key in KEYS})
    given.default(lr=optimizer.get("learning_rate", 1e-4),
                  max_sequence_length=model.get("max_sequence_length"))  # fmt: skip
    peak = given.number("lr")
    if peak is None:
        raise given.refuse("optimizer", "has no learning_rate", "--lr 1e-4")
    name, units = given.text("name", "cosine_with_warmup"), given.text("units", "steps")
    for key, value, possible in (
        ("name", name, tuple(SCHEDULERS)), ("units", units, ("steps", "tokens")),
    ):  # fmt: skip
        if value not in possible:
            raise given.refuse(key, f"is none of {', '.join(possible)}")
    updates, tokens = lengths(given)
    each = 1
    if units == "tokens":
        each = batch(given) * length(given)
        given.derive("clock", f"{each} tokens an update")
    total = updates if units == "steps" else tokens
    known = values(given, peak, each, int(given.number("t_max", total)))
    steps = math.ceil(known["W"] / each) - 1
    if name == "constant":
        steps = 0
    else:
        given.derive("warmup", f"{steps} updates: t_warmup={known['W']}, and the first is {each}")
        remark(given, name, updates, known["T"] / each)
    ends = [given.whole(key, least=1) for key in ("stop_at", "stop_after") if key in given]
    if ends and min(ends) < updates:
        given.warn("stop_at", f"the run ends at update {min(ends)}, of {updates}")
    return given.foretold(
        _formula.lambda_lr(1.0, SCHEDULERS[name], **known), min(updates, *ends, updates),
        peak=float(peak), warmup=steps or None, version="59a53e3",
        keys={"rate": "optimizer.learning_rate", "warmup": "scheduler.t_warmup",
              "length": "max_duration"},
    )  # fmt: skip


def values(given: Given, peak: float, each: int, total: int) -> dict[str, Any]:
    """Return what the rates are computed with."""
    warmup = int(given.number("t_warmup", 100))
    first = given.number("warmup_min_lr", peak * 0.10)
    low = peak * given.number("alpha_f", 0.1)
    if warmup > 0 and not 0 <= first < peak:
        raise given.refuse("warmup_min_lr", "is refused with AssertionError beside learning_rate")
    if not warmup and given.values.get("name") in ("inverse_sqrt_with_warmup", "max_scheduler"):
        given.warn("scheduler.t_warmup", "without a warm-up an inverse root is 0")
    return {"G": each, "W": warmup, "T": total, "D": max(total - warmup, 1), "peak": peak,
            "low": low, "height": peak - low, "first": first, "rise": peak - first}  # fmt: skip


def remark(given: Given, name: str, updates: int, over: float) -> None:
    """Warn of a horizon that is not the run's."""
    if name not in ("constant_with_warmup", "inverse_sqrt_with_warmup") and over != updates:
        text = f"the schedule is over at update {math.ceil(over)}, the run has {updates}"
        given.warn("scheduler.t_max", text)


def batch(given: Given) -> int:
    """Return the examples of an update."""
    return int(given.whole("global_train_batch_size", 512, least=1))


def length(given: Given) -> int:
    """Return the tokens of an example."""
    return int(given.whole("max_sequence_length", 1024, least=1))


def lengths(given: Given) -> tuple[int, int]:
    """Return the updates and the tokens of the run."""
    written = given.values.get("max_duration", 10_000)
    each = batch(given) * length(given)
    told = given.fact("max_steps")
    text = str(told if told is not None else written).strip()
    kind = next((end for end in ("T", "ep") if text.endswith(end)), "")
    try:
        number = float(text.removesuffix(kind).strip())
    except ValueError:
        number = math.inf
    if not 0 <= number < math.inf:
        raise given.refuse("max_duration", "says no length: 1000, 2e12T, 1ep")
    if kind == "ep":
        of = epoch(given)
        updates, tokens = int(number) * of, int(number) * of * each
        given.derive("updates", f"{updates}: {int(number)} epochs × {of}")
    elif kind == "T":
        tokens = int(number)
        updates = math.ceil(tokens / each)
        given.derive("updates", f"{updates}: ceil({tokens} tokens / {each} an update)")
    else:
        updates, tokens = int(number), int(number) * each
        given.derive("updates", f"{updates}: max_duration")
    if updates <= 0:
        raise given.refuse("max_duration", "trains no update")
    return updates, tokens


def epoch(given: Given) -> int:
    """Return how many updates an epoch has: the last examples make none."""
    batches, examples = given.fact("batches"), given.fact("examples")
    if batches is None and examples is None:
        raise given.open([("examples", "batches", "max_steps")])
    found = batches if batches is not None else examples // batch(given)
    if not found:
        raise given.refuse("global_train_batch_size", "is more than there are examples")
    return int(found)


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule: its warm-up begins one step later."""
    for name in ("cosine_with_warmup", "linear_with_warmup", "constant_with_warmup"):
        scheduler = {"name": name, "t_warmup": wanted.warmup, "warmup_min_lr": wanted.start,
                     "alpha_f": wanted.low / wanted.peak if wanted.peak else 0.0}  # fmt: skip
        optimizer = {"learning_rate": wanted.peak}
        yield {"max_duration": wanted.updates, "optimizer": optimizer, "scheduler": scheduler}


class _Known(Configuration, frozen=True):
    """A file without a loader, which LLM Foundry's has beside the same keys."""

    def score(self, values: Mapping[str, Any]) -> int:
        return 0 if "train_loader" in values else super().score(values)


CONFIGURATIONS: Final = (
    _Known(
        "olmo",
        "OLMo",
        ("scheduler", "optimizer", "max_duration", "global_train_batch_size", "stop_at",
         "stop_after", "load_path", "reset_trainer_state", "max_sequence_length", "lr", *KEYS),
        foretell,
        ("run_name", "seed", "model", "tokenizer", "save_folder", "save_overwrite", "save_interval",
         "device_train_microbatch_size", "precision", "fsdp", "max_grad_norm", "speed_monitor",
         "eval_interval", "evaluators", "data", "compile", "wandb", "dry_run",
         "activation_checkpointing"),
        ("max_duration", "global_train_batch_size", "device_train_microbatch_size",
         "save_interval_ephemeral", "save_num_checkpoints_to_keep", "speed_monitor"),
        {"lr": "lr"},
        spell=spell,
    ),
)  # fmt: skip
