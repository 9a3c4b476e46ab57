"""DeiT's main.py, as of 7e160fe with timm 0.3.2: each epoch trains with the rate of the one before.

It steps its scheduler with the number of the epoch that is over, and the first epoch's rate comes
twice; the rate is one for 512 examples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula
from isorate.configs._counts import batches
from isorate.configs.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isorate.configs.configuration import Foretold, Given, Wanted

USUAL: Final = {
    "sched": "cosine", "lr": 5e-4, "warmup_lr": 1e-6, "min_lr": 1e-5, "epochs": 300,
    "warmup_epochs": 5, "decay_epochs": 30, "decay_rate": 0.1, "batch_size": 64,
}  # fmt: skip
#: The epoch whose rate the scheduler was last asked for.
AT: Final = "max(t - 1, 0)"
RISE: Final = f"{{first}} + {AT} * {{slope}} if {AT} < {{W}} else "
FIRST: Final = "{lr} if t < 1 else "
FALLS: Final = {
    "cosine": f"{{low}} + 0.5 * ({{lr}} - {{low}}) * (1 + math.cos(math.pi * {AT} / {{E}}))",
    "step": f"{{lr}} * {{decay}} ** ({AT} // {{D}})",
}
ELSEWHERE: Final = ("start_epoch", "resume", "lr_noise")
#: What other programs made of its flags have, and it does not.
OTHERS: Final = (
    *("update_freq", "accum_iter", "blr", "cfg", "grad_accum_steps", "lr_base", "layer_decay"),
    *("use_amp", "warmup_steps", "layer_scale_init_value", "head_init_scale", "model_ema_eval"),
)
#: Keys of its alone; another two that only flags like timm's have side by side.
MARKS: Final = ("unscale_lr", "no_repeated_aug", "repeated_aug", "teacher_model", "ThreeAugment",
                "distillation_type")  # fmt: skip


def foretell(given: Given) -> Foretold:
    """Return what the flags make of a run."""
    for key in ELSEWHERE:
        if str(given.values.get(key) or "0") != "0":
            raise given.refuse(key, "changes the rates, which is not followed")
    given.default(**USUAL)
    sched = given.text("sched")
    if sched not in FALLS:
        raise given.refuse("sched", f"is none of those that are read: {', '.join(FALLS)}")
    alone = "__processes__" not in given and given.told.get("processes") in (None, 1)
    processes = given.processes()
    size, epochs = given.whole("batch_size", least=1), given.whole("epochs", least=1)
    warmup, examples = given.whole("warmup_epochs"), given.told.get("examples")
    if not alone and isinstance(examples, int) and not given.values.get("no_repeated_aug"):
        shared = examples // 256 * 256 // processes
        given.derive("examples", f"{shared} a process, repeated: whole 256 of {examples}")
        given.told["examples"] = shared * processes
    each = batches(given, processes, size)
    scale = 1.0 if given.truth("unscale_lr") else size * processes / 512.0
    peak = given.number("lr") * size * processes / 512.0 if scale != 1.0 else given.number("lr")
    first, low = given.number("warmup_lr"), given.number("min_lr")
    if scale != 1.0:
        given.derive("rate", f"{peak:g}: lr × {size} examples × {processes} processes / 512")
        given.warn("lr", f"is for 512 examples: {size * processes} train with {peak:g}")
    given.derive("updates", f"{epochs * each}: {epochs} epochs × {each}")
    if warmup:
        given.derive("warmup", f"{(warmup + 1) * each} updates: {warmup} epochs, the first twice")
    given.warn("sched", "the rate of the first epoch comes twice, and each later one an epoch late")
    known = {"first": first, "slope": (peak - first) / warmup if warmup else 0.0, "W": warmup,
             "low": low, "lr": peak, "E": epochs, "D": given.whole("decay_epochs", least=1),
             "decay": given.number("decay_rate")}  # fmt: skip
    call = _formula.lambda_lr(1.0, (RISE if warmup else FIRST) + FALLS[sched], **known)
    return given.foretold(
        call, epochs * each, peak=float(peak), warmup=(warmup + 1) * each if warmup else None,
        version="7e160fe", keys={"rate": "lr", "warmup": "warmup_epochs", "length": "epochs"},
        each=each,
    )  # fmt: skip


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule: the first rate comes twice in each of them."""
    yield {"lr": wanted.peak, "unscale_lr": True, "min_lr": wanted.low, "epochs": wanted.updates,
           "warmup_epochs": max(wanted.warmup - 1, 0), "warmup_lr": wanted.start,
           "batch_size": 1, "--batches": 1}  # fmt: skip


class _Known(Configuration, frozen=True):
    """The flags of a program that is called as DeiT's is."""

    def signs(self) -> tuple[str, ...]:
        return ("data_path", *MARKS)

    def score(self, values: Mapping[str, Any]) -> int:
        own = values.get("__program__") in ("main", "run_with_submitit")
        told = "data_path" in values and ("sched" in values or "dist_eval" in values)
        told = told or any(key in values for key in MARKS)
        return super().score(values) if own and told and not {*OTHERS} & {*values} else 0


CONFIGURATIONS: Final = (
    _Known(
        "deit",
        "DeiT's main.py",
        (*USUAL, "unscale_lr", "no_repeated_aug", "repeated_aug", *ELSEWHERE),
        foretell,
        ("model", "input_size", "drop", "drop_path", "model_ema", "weight_decay", "opt", "finetune",
         "cooldown_epochs", "patience_epochs", "color_jitter", "aa", "smoothing", "reprob", "mixup",
         "cutmix", "teacher_model", "distillation_type", "distillation_alpha", "data_path",
         "data_set", "output_dir", "device", "seed", "dist_eval", "num_workers", "pin_mem",
         "clip_grad", "ThreeAugment", "src", "attn_only", "eval_crop_ratio", "distillation_tau"),
        (),
        {"lr": "lr", "epochs": "epochs", "batch_size": "batch_size"},
        spell=spell,
    ),
)  # fmt: skip
