"""nanotron's YAML, as of 2411b02: a warm-up, a rate that may hold, and a decay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula
from isorate.configs._dotted import Dotted, dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.configs.configuration import Foretold, Given, Wanted

AT: Final = "optimizer.learning_rate_scheduler"
#: What is left of the way down, or has been gone of it.
DECAYS: Final = {
    "cosine": "(1 + math.cos(math.pi * (t - {S}) / {D})) / 2",
    "linear": "({D} - (t - {S})) / {D}",
    "1-sqrt": "(1 - math.sqrt((t - {S}) / {D}))",
}
WARMUPS: Final = {"linear": "{lr} * t / {U}", "constant": "{lr}"}


def foretell(given: Given) -> Foretold:
    """Return what a file makes of a run."""
    given.values = dotted(given.values) | given.values
    begun = "checkpoints.resume_checkpoint_path"
    if begun in given and given.truth("checkpoints.load_lr_scheduler", True):
        hint = "--set checkpoints.load_lr_scheduler=false, where its steps are counted anew"
        raise given.refuse(begun, "begins where a checkpoint stands, not followed", hint)
    for key in ("lr", "train_steps"):
        name = f"{AT}.learning_rate" if key == "lr" else "tokens.train_steps"
        given.values |= {name: given.values[key]} if key in given else {}
    peak, updates = given.number(f"{AT}.learning_rate"), given.whole("tokens.train_steps", least=1)
    if not peak:
        raise given.refuse(f"{AT}.learning_rate", "is not there", "--lr 3e-4")
    if updates is None:
        raise given.open([("max_steps",)])
    given.derive("updates", f"{updates}: tokens.train_steps")
    warmup = given.whole(f"{AT}.lr_warmup_steps", 0)
    rising, style = given.text(f"{AT}.lr_warmup_style"), given.text(f"{AT}.lr_decay_style")
    for key, value, known in (("lr_warmup_style", rising, WARMUPS),
                              ("lr_decay_style", style or "linear", DECAYS)):  # fmt: skip
        if value not in known:
            text = f"is refused with ValueError: one of {', '.join(known)} is needed"
            raise given.refuse(f"{AT}.{key}", text)
    low = given.number(f"{AT}.min_decay_lr", peak)
    # what nobody says the configuration fills in itself, which forgets when the decay begins
    decay = given.whole(f"{AT}.lr_decay_steps", updates - warmup)
    since = given.whole(f"{AT}.lr_decay_starting_step", warmup)
    if not warmup and not decay:
        text, remark = "{lr}", "there is neither a warm-up nor a decay: the rate stays"
        given.warn(f"{AT}.lr_decay_steps", remark)
    else:
        fall = f"{{low}} + ({{lr}} - {{low}}) * {DECAYS[style or 'linear']}"
        text = f"{WARMUPS[rising]} if t <= {{W}} else {{lr}} if t < {{S}} else "
        text += f"{fall} if t < {{S}} + {{D}} else {{low}}" if decay > 0 else "{low}"
        given.derive("warmup", f"{warmup} updates")
        given.derive("decay", f"{decay} updates, from update {since} on, {style or 'linear'}")
        if since + decay != updates:
            over = f"the decay is over at update {since + decay}, the run has {updates}"
            given.warn(f"{AT}.lr_decay_steps", over)
    shown: dict[str, Any] = {"lr": float(peak), "low": low, "W": warmup, "U": max(warmup, 1),
                             "S": since, "D": decay}  # fmt: skip
    return given.foretold(
        _formula.lambda_lr(peak, f"({text}) / {{lr}}", **shown), updates, peak=float(peak),
        warmup=warmup or None, version="2411b02",
        keys={"rate": f"{AT}.learning_rate", "warmup": f"{AT}.lr_warmup_steps",
              "length": "tokens.train_steps"},
    )  # fmt: skip


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule."""
    for style in ("cosine", "linear"):
        scheduler = {"learning_rate": wanted.peak, "lr_warmup_steps": wanted.warmup,
                     "lr_warmup_style": "linear", "lr_decay_style": style,
                     "min_decay_lr": wanted.low}  # fmt: skip
        tokens = {"train_steps": wanted.updates}
        yield {"optimizer": {"learning_rate_scheduler": scheduler}, "tokens": tokens}


KEYS: Final = ("learning_rate", "lr_warmup_steps", "lr_warmup_style", "lr_decay_style",
               "lr_decay_steps", "lr_decay_starting_step", "min_decay_lr")  # fmt: skip
CONFIGURATIONS: Final = (
    Dotted(
        "nanotron",
        "nanotron",
        (*(f"{AT}.{key}" for key in KEYS), "tokens.train_steps", "lr", "train_steps",
         "checkpoints.resume_checkpoint_path", "checkpoints.load_lr_scheduler"),
        foretell,
        ("tokens.micro_batch_size", "tokens.batch_accumulation_per_replica",
         "tokens.sequence_length", "general.run", "general.project", "optimizer.weight_decay"),
        tuple(f"{AT}.{key}" for key in KEYS),
        {"lr": "lr", "max_steps": "train_steps"},
        spell=spell,
    ),
)  # fmt: skip
