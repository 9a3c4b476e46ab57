"""ESPnet's and WeNet's YAML, as of 202511 and 0154699: a root that falls after a line.

WeNet sets its scheduler one step back before it trains: its first rate comes twice.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula
from isorate.configs.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isorate.configs.configuration import Foretold, Given

ROOT: Final = "min({N} ** -0.5, {N} * {power})"
#: Their schedulers of steps: what each has where nobody says, and its share of the rate.
SCHEDULERS: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "warmuplr": ({"warmup_steps": 25_000}, f"{{lr}} * {{root}} * {ROOT}"),
    "noamlr": ({"warmup_steps": 25_000, "model_size": 320}, f"{{lr}} * {{size}} * {ROOT}"),
    "tristagelr": (
        {"max_steps": 25_000, "warmup_ratio": 0.1, "hold_ratio": 0.4, "decay_ratio": 0.5,
         "init_lr_scale": 0.01, "final_lr_scale": 0.01},
        "{first} + {slope} * {N} if {N} < {W} else {lr} if {N} < {H} else "
        "{lr} * math.exp(-{decay} * (min({N}, {T}) - {H}))",
    ),
}  # fmt: skip
KEYS: Final = tuple(dict.fromkeys(key for usual, _ in SCHEDULERS.values() for key in usual))


def foretell(given: Given, *, back: bool) -> Foretold:
    """Return what a file makes of a run, whose trainer may set its scheduler a step back."""
    name, conf = given.text("scheduler"), given.table("scheduler_conf")
    peak = given.table("optim_conf").get("lr")
    given.default(lr=peak)
    if "lr" not in given:
        raise given.refuse("optim_conf", "has no lr", "--lr 1e-3")
    peak = given.number("lr")
    updates, name = run(given), str(name).lower() if name is not None else None
    if name is None and not back:
        given.warn("scheduler", "there is none: the rate stays what it is")
        call = _formula.lambda_lr(peak, "1.0")
        return given.foretold(call, updates, peak=float(peak), warmup=None, version="202511",
                              keys={"rate": "optim_conf.lr", "warmup": "scheduler_conf",
                                    "length": "max_epoch"})  # fmt: skip
    known_ones = [one for one in SCHEDULERS if one == "warmuplr" or not back]
    if name not in known_ones:
        raise given.refuse("scheduler", f"is none that is read: {', '.join(known_ones)}")
    usual, text = SCHEDULERS[name]
    wrong = [key for key in conf if key not in usual]
    if wrong:
        raise given.refuse("scheduler_conf", f"has {wrong[0]}, which {name} does not take")
    given.default(**{key: conf.get(key) for key in usual})
    given.default(**usual)
    if name == "tristagelr":
        known = stages(given, peak)
    else:
        warmup = given.number("warmup_steps")
        if warmup <= 0:
            raise given.refuse("scheduler_conf", "has no warmup_steps, and the root of it fails")
        known = {"lr": peak, "root": warmup**0.5, "power": warmup**-1.5, "W": math.ceil(warmup)}
        if name == "noamlr":
            known |= {"size": given.number("model_size") ** -0.5}
            peak = peak * known["size"] * min(warmup**-0.5, warmup * warmup**-1.5)
            given.warn("optim_conf", f"lr is no rate but a factor: the highest is {peak:.6g}")
    steps = known["W"]
    if steps:
        given.derive("warmup", f"{steps - 1 + back} updates")
    if back:
        given.warn("scheduler", "is set a step back before it trains: the first rate comes twice")
    text = text.replace("{N}", "max(t, 1)" if back else "(t + 1)")
    call = _formula.lambda_lr(1.0, text, **known)
    return given.foretold(
        call, updates, peak=float(peak), version="0154699" if back else "202511",
        warmup=max(steps - 1 + back, 0) or None,
        keys={"rate": "optim_conf.lr", "warmup": "scheduler_conf", "length": "max_epoch"},
    )  # fmt: skip


def stages(given: Given, peak: float) -> dict[str, Any]:
    """Return what three stages are computed with: a rise, a time at the top, a fall."""
    total = given.whole("max_steps")
    shares = [given.number(key) for key in ("warmup_ratio", "hold_ratio", "decay_ratio")]
    first, last = given.number("init_lr_scale"), given.number("final_lr_scale")
    if not math.isclose(sum(shares), 1.0) or not 0 < first <= 1 or not 0 < last <= 1:
        raise given.refuse("scheduler_conf", "is refused with AssertionError: its shares")
    rise, hold = int(total * shares[0]), int(total * shares[1])
    fall = total - rise - hold
    first *= peak
    return {"lr": peak, "W": rise, "H": rise + hold, "T": total, "first": first,
            "slope": (peak - first) / rise if rise else 0.0,
            "decay": -math.log(last) / fall if fall else 0.0}  # fmt: skip


def run(given: Given) -> int:
    """Return the updates of the run."""
    told = given.fact("max_steps")
    if told is not None:
        given.derive("updates", f"{told}: as is told")
        return int(told)
    epochs, every = given.whole("max_epoch", 40), given.whole("accum_grad", 1, least=1)
    own = given.whole("num_iters_per_epoch")
    if own is None:
        batches = given.fact("batches")
        if batches is None:
            raise given.open([("batches", "max_steps")])
        own = math.ceil(batches / given.processes())
    updates = int(epochs * (own // every))
    given.derive("updates", f"{updates}: {epochs} epochs × floor({own} batches / {every})")
    if not updates:
        raise given.refuse("accum_grad", "is more than there are batches")
    if given.values.get("patience"):
        given.assume("patience ends no run before its last epoch")
    return updates


SHARED: Final = ("optim", "encoder", "encoder_conf", "decoder", "decoder_conf", "model_conf",
                 "grad_clip", "log_interval", "patience")  # fmt: skip
OWN: Final = ("scheduler", "scheduler_conf", "optim_conf", "max_epoch", "accum_grad",
              "num_iters_per_epoch", "lr", *KEYS)  # fmt: skip
TELL: Final = {
    "espnet": ("batch_type", "batch_bins", "keep_nbest_models", "best_model_criterion",
               "val_scheduler_criterion", "num_iters_per_epoch", "frontend_conf", "specaug_conf",
               "tts_conf"),
    "wenet": ("dataset_conf", "cmvn", "cmvn_conf", "tokenizer_conf", "is_json_cmvn", "cmvn_file",
              "ctc_conf"),
}  # fmt: skip


class _Known(Configuration, frozen=True):
    """A file with a table of its optimizer's, as both have one."""

    def score(self, values: Mapping[str, Any]) -> int:
        return super().score(values) if isinstance(values.get("optim_conf"), dict) else 0


CONFIGURATIONS: Final = tuple(
    _Known(
        name, title, OWN, partial(foretell, back=name == "wenet"), (*SHARED, *TELL[name]),
        TELL[name], {"lr": "lr", "epochs": "max_epoch", "accumulation": "accum_grad"},
    )
    for name, title in (("espnet", "ESPnet"), ("wenet", "WeNet"))
)  # fmt: skip
