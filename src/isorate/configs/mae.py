"""MAE's scripts, as of efb2a80, and those made of them: a rate for each batch, of a base rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula
from isorate.configs._counts import batches
from isorate.configs.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isorate.configs.configuration import Foretold, Given, Wanted

#: What each script has where nobody says.
SCRIPTS: Final[dict[str, dict[str, Any]]] = {
    "main_pretrain": {
        "batch_size": 64, "epochs": 400, "blr": 1e-3, "min_lr": 0.0, "warmup_epochs": 40,
    },
    "main_finetune": {
        "batch_size": 64, "epochs": 50, "blr": 1e-3, "min_lr": 1e-6, "warmup_epochs": 5,
    },
    "main_linprobe": {
        "batch_size": 512, "epochs": 90, "blr": 0.1, "min_lr": 0.0, "warmup_epochs": 10,
    },
}  # fmt: skip
#: The epochs that are over when an update's first batch has its rate set.
NOW: Final = "((t % {U}) * {A} / {L} + t // {U})"
RISE: Final = f"{{lr}} * {NOW} / {{W}} if {NOW} < {{W}} else "
WAVE: Final = (
    "{low} + ({lr} - {low}) * 0.5 * (1.0 + math.cos(math.pi * (" + NOW + " - {W}) / ({E} - {W})))"
)


def foretell(given: Given) -> Foretold:
    """Return what the flags of a script make of a run."""
    if str(given.values.get("start_epoch") or "0") != "0" or given.values.get("resume"):
        key = "resume" if given.values.get("resume") else "start_epoch"
        raise given.refuse(key, "begins part of the way, which is not followed")
    name = given.text("script") or given.text("__program__") or ""
    usual = SCRIPTS.get(name.removesuffix(".py"), {})
    given.default(**usual)
    needs = ["batch_size", "epochs", "min_lr", "warmup_epochs"]
    needs += ["blr"] if given.values.get("lr") is None else []
    missing = [key for key in needs if key not in given]
    if missing:
        text = f"may be any: {name or 'what is started'} is none of {', '.join(SCRIPTS)}"
        raise given.refuse(missing[0], text, " ".join(f"--set {key}=..." for key in missing))
    processes = given.processes()
    size, every = given.whole("batch_size", least=1), given.whole("accum_iter", 1, least=1)
    each = batches(given, processes, size)
    updates = each // every
    epochs, warmup, low = (
        given.whole("epochs"),
        given.whole("warmup_epochs"),
        given.number("min_lr"),
    )
    peak = given.number("lr")
    if peak is None:
        whole = size * every * processes
        peak = given.number("blr") * whole / 256
        given.derive("rate", f"{peak:g}: blr × {whole} examples / 256")
    given.derive("updates", f"{epochs * updates}: {epochs} epochs × floor({each} / {every})")
    if not epochs * updates:
        raise given.refuse("accum_iter" if epochs else "epochs", "trains no update")
    if warmup >= epochs:
        given.warn("warmup_epochs", "the warm-up is not over when the run is")
    if warmup:
        given.derive("warmup", f"{warmup * updates} updates: {warmup} epochs × {updates}")
    if given.values.get("layer_decay"):
        given.assume("layer_decay gives a layer a share of the rate: it is left out of account")
    known = {"lr": peak, "low": low, "W": warmup, "E": epochs, "A": every, "L": each, "U": updates}
    text = RISE + WAVE if warmup < epochs else RISE + "{lr}"
    call = _formula.lambda_lr(1.0, text if warmup else WAVE, **known)
    return given.foretold(
        call, epochs * updates, peak=float(peak), warmup=warmup * updates or None,
        version="efb2a80", keys={"rate": "lr", "warmup": "warmup_epochs", "length": "epochs"},
    )  # fmt: skip


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule, in epochs of one batch."""
    yield {"script": "main_pretrain", "lr": wanted.peak, "min_lr": wanted.low,
           "epochs": wanted.updates, "warmup_epochs": wanted.warmup, "batch_size": 1,
           "--batches": 1}  # fmt: skip


class _Known(Configuration, frozen=True):
    """A configuration of flags alone, which a base rate or batches gathered tell."""

    def signs(self) -> tuple[str, ...]:
        return (*self.marks, "warmup_epochs")

    def score(self, values: Mapping[str, Any]) -> int:
        told = values.get("__program__") in SCRIPTS and "warmup_epochs" in values
        return super().score(values) if told or "blr" in values else 0


CONFIGURATIONS: Final = (
    _Known(
        "mae",
        "MAE's scripts",
        ("lr", "blr", "min_lr", "warmup_epochs", "epochs", "batch_size", "accum_iter", "script",
         "start_epoch", "resume", "layer_decay"),
        foretell,
        ("model", "mask_ratio", "norm_pix_loss", "weight_decay", "data_path", "output_dir",
         "log_dir", "input_size", "finetune", "nb_classes", "dist_eval", "drop_path", "mixup",
         "cutmix", "reprob", "num_workers", "pin_mem", "smoothing", "clip_grad", "cls_token"),
        ("blr", "accum_iter", "script", "norm_pix_loss", "mask_ratio"),
        {"lr": "lr", "epochs": "epochs", "batch_size": "batch_size", "accumulation": "accum_iter"},
        spell=spell,
    ),
)  # fmt: skip
