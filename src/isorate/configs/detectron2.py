"""Detectron2's YAML, as of 02b5c4e2 with fvcore 3378afe: a share of the run decides.

And its schedulers, and fvcore's, as code says them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula
from isorate.configs._documents import document
from isorate.configs.configuration import FEWEST, Configuration
from isorate.kit.registry import Trainer
from isorate.schedule.expression import Expression
from isorate.schedule.lazily import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isorate.configs.configuration import Foretold, Given, Wanted

#: fvcore takes what lies so little before a boundary, as a share of the run, for what is past it.
EPSILON: Final = 1e-6
#: So many files may be based on one another.
DEEPEST: Final = 10
#: More milestones no file has.
MOST: Final = 200
WHERE: Final = "(t / {M})"
LINE: Final = "{end} * {where} + {start} * (1 - {where})"
COSINE: Final = "{low} + 0.5 * (1 - {low}) * (1 + math.cos(math.pi * {where}))"
STEPS: Final = pattern(r"[(\[]?\s*(?:\d{1,18}\s*,\s*)*(?:\d{1,18})?\s*,?\s*[)\]]?")
CODE: Final = """
import bisect
import math
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

NEAR = 1e-6


class ConstantParamScheduler:
    def __init__(self, value):
        self.value = value

    def __call__(self, where):
        return self.value


class LinearParamScheduler:
    def __init__(self, start_value, end_value):
        self.start, self.end = start_value, end_value

    def __call__(self, where):
        return self.end * where + self.start * (1 - where)


class CosineParamScheduler(LinearParamScheduler):
    def __call__(self, where):
        return self.end + 0.5 * (self.start - self.end) * (1 + math.cos(math.pi * where))


class ExponentialParamScheduler:
    def __init__(self, start_value, decay):
        self.start, self.decay = start_value, decay

    def __call__(self, where):
        return self.start * (self.decay**where)


class PolynomialDecayParamScheduler:
    def __init__(self, base_value, power):
        self.base, self.power = base_value, power

    def __call__(self, where):
        return self.base * (1 - where) ** self.power


class MultiStepParamScheduler:
    def __init__(self, values, num_updates=None, milestones=None):
        if not is_given(milestones):
            width = math.ceil(num_updates / float(len(values)))
            milestones = [width * (place + 1) for place in range(len(values) - 1)]
        elif not is_given(num_updates):
            num_updates, milestones = milestones[-1], milestones[:-1]
        self.values, self.updates, self.milestones = values, num_updates, milestones

    def __call__(self, where):
        update = int((where + NEAR) * self.updates)
        return self.values[bisect.bisect_right(self.milestones, update)]


class StepParamScheduler:
    def __init__(self, num_updates, values):
        self.values = values

    def __call__(self, where):
        return self.values[int((where + NEAR) * len(self.values))]


class StepWithFixedGammaParamScheduler(StepParamScheduler):
    def __init__(self, base_value, num_decays, gamma, num_updates):
        values = [base_value]
        for _ in range(num_decays):
            values.append(values[-1] * gamma)
        super().__init__(num_updates, values)


class CompositeParamScheduler:
    def __init__(self, schedulers, lengths, interval_scaling):
        last = 1.0 - sum(lengths[:-1]) if sum(lengths) != 1.0 else lengths[-1]
        lengths = [*lengths[:-1], last]
        ends = [lengths[0]]
        for length in lengths[1:]:
            ends.append(ends[-1] + length)
        whole = None
        for place in range(len(schedulers) - 1, -1, -1):
            whole = part(schedulers[place], ends[place], lengths[place],
                         interval_scaling[place] == "rescaled", whole)
        self.whole = whole

    def __call__(self, where):
        return self.whole(where)


def part(scheduler, end, length, rescaled, rest):
    def inside(where):
        if rescaled:
            return scheduler((where - (end - length)) / length)
        return scheduler(where)

    def either(where):
        return rest(where) if where + NEAR > end else inside(where)

    return inside if rest is None else either


class WarmupParamScheduler(CompositeParamScheduler):
    def __init__(self, scheduler, warmup_factor, warmup_length, warmup_method="linear",
                 rescale_interval=False):
        end = scheduler(0.0) if rescale_interval else scheduler(warmup_length)
        start = warmup_factor * scheduler(0.0)
        if warmup_method == "constant":
            warmup = ConstantParamScheduler(start)
        elif warmup_method == "linear":
            warmup = LinearParamScheduler(start, end)
        else:
            raise ValueError(warmup_method)
        scaling = "rescaled" if rescale_interval else "fixed"
        super().__init__([warmup, scheduler], [warmup_length, 1 - warmup_length],
                         ["rescaled", scaling])


def LRMultiplier(optimizer, multiplier, max_iter, last_iter=-1):
    return LambdaLR(optimizer, lambda step: multiplier(step / max_iter), last_iter)


class WarmupMultiStepLR(LRScheduler):
    def __init__(self, optimizer, milestones, gamma=0.1, warmup_factor=0.001, warmup_iters=1000,
                 warmup_method="linear", last_epoch=-1):
        self.milestones, self.gamma, self.factor = milestones, gamma, warmup_factor
        self.warmup_iters, self.warmup_method = warmup_iters, warmup_method
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        up = warmed(self.warmup_method, self.last_epoch, self.warmup_iters, self.factor)
        return [
            base_lr * up * self.gamma ** bisect.bisect_right(self.milestones, self.last_epoch)
            for base_lr in self.base_lrs
        ]


class WarmupCosineLR(LRScheduler):
    def __init__(self, optimizer, max_iters, warmup_factor=0.001, warmup_iters=1000,
                 warmup_method="linear", last_epoch=-1):
        self.max_iters, self.factor = max_iters, warmup_factor
        self.warmup_iters, self.warmup_method = warmup_iters, warmup_method
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        up = warmed(self.warmup_method, self.last_epoch, self.warmup_iters, self.factor)
        return [
            base_lr * up * 0.5 * (1.0 + math.cos(math.pi * self.last_epoch / self.max_iters))
            for base_lr in self.base_lrs
        ]


def warmed(method, step, steps, factor):
    if step >= steps:
        return 1.0
    if method == "constant":
        return factor
    alpha = step / steps
    return factor * (1 - alpha) + alpha
"""
FVCORE: Final = (
    "ConstantParamScheduler", "LinearParamScheduler", "CosineParamScheduler",
    "ExponentialParamScheduler", "PolynomialDecayParamScheduler", "MultiStepParamScheduler",
    "StepParamScheduler", "StepWithFixedGammaParamScheduler", "CompositeParamScheduler",
)  # fmt: skip
TRAINER: Final = Trainer(
    "Detectron2",
    (
        *("fvcore.common", "fvcore.common.param_scheduler"),
        *("detectron2.solver", "detectron2.solver.build", "detectron2.solver.lr_scheduler"),
    ),
    CODE,
    trains="__call__",
    own=(*FVCORE, "WarmupParamScheduler", "LRMultiplier"),
    functions=("LRMultiplier",),
)


def foretell(given: Given) -> Foretold:
    """Return what a file, and those that it is based on, make of a run."""
    based(given)
    workers, processes = given.whole("REFERENCE_WORLD_SIZE", 0), given.fact("processes")
    if workers and processes not in (None, workers):
        text = "scales rate and length by the processes, which is not followed"
        raise given.refuse("REFERENCE_WORLD_SIZE", text)
    if given.number("BIAS_LR_FACTOR", 1.0) != 1.0:
        given.assume("the rates are those of the weights: BIAS_LR_FACTOR gives biases their own")
    total, peak = given.whole("MAX_ITER", 40_000, least=1), given.number("BASE_LR", 0.001)
    length = min(given.whole("WARMUP_ITERS", 1000) / total, 1.0)
    rest = 1 - length if length + (1 - length) == 1.0 else 1.0 - length
    rescaled = given.truth("RESCALE_INTERVAL")
    base = decay(given, total, peak)
    after = WHERE.format(M=total)
    if rescaled and rest:
        after = f"(({after} - {length + rest - rest!r}) / {rest!r})"
    share = base.format(where=after)
    warmup = 0
    if length:
        value = Expression("t", base.format(where=WHERE.format(M=total)))
        start = given.number("WARMUP_FACTOR", 1.0 / 1000) * value.at(0)
        end = value.at(0 if rescaled else round(length * total))
        warm = repr(start)
        method = given.text("WARMUP_METHOD", "linear")
        if method == "linear":
            where = f"({WHERE.format(M=total)} / {length!r})"
            warm = LINE.format(start=repr(start), end=repr(end), where=where)
        elif method != "constant":
            raise given.refuse("WARMUP_METHOD", "is neither linear nor constant")
        share = f"{warm} if t / {total} + {EPSILON} <= {length!r} else {share}"
        near = range(max(int((length - 2 * EPSILON) * total) - 1, 0), total)
        warmup = next((t for t in near if t / total + EPSILON > length), total)
        given.derive("warmup", f"{warmup} updates: a share of {length:g} of the run")
    given.derive("updates", f"{total}: MAX_ITER")
    return given.foretold(
        _formula.lambda_lr(peak, share), total, peak=float(peak), warmup=warmup or None,
        version="02b5c4e2",
        keys={"rate": "BASE_LR", "warmup": "WARMUP_ITERS", "length": "MAX_ITER"},
    )  # fmt: skip


def based(given: Given) -> None:
    """Let what the files that it is based on say stand for what it does not.

    Raises:
        ReadError: one of them is not there, or cannot be read.

    """
    home, name = Path(given.values.get("__folder__", "")), given.text("_BASE_")
    for _ in range(DEEPEST):
        if name is None:
            return
        path = home / Path(name).expanduser()
        if ":" in name or not path.is_file():
            text = "is not there: what it says of the rate is not known"
            raise given.refuse("_BASE_", text, "--set _BASE_= and the keys that it has")
        values = document(path).values
        solver = values.get("SOLVER")
        given.default(**(solver if isinstance(solver, dict) else {}))
        home, name = path.parent, values.get("_BASE_")
    raise given.refuse("_BASE_", "is based on too many files")


def decay(given: Given, total: int, peak: float) -> str:
    """Return what comes after the warm-up, a formula in ``{where}``."""
    name, gamma = given.text("LR_SCHEDULER_NAME", "WarmupMultiStepLR"), given.number("GAMMA", 0.1)
    if name == "WarmupCosineLR":
        low = given.number("BASE_LR_END", 0.0) / peak if peak else 2.0
        if not 0 <= low <= 1:
            raise given.refuse("BASE_LR_END", "is refused: it is no share of BASE_LR")
        return COSINE.replace("{low}", repr(low))
    if name == "WarmupMultiStepLR":
        told = steps_of(given)
        steps = [step for step in told if step <= total]
        if len(steps) < len(told):
            given.warn("STEPS", f"those after MAX_ITER, {total}, are left out")
        if any(b <= a for a, b in zip([0, *steps], steps, strict=False)) or total in steps:
            raise given.refuse(
                "STEPS", "is refused: each lies after the one before, none at the end"
            )
        shares = [gamma**power for power in range(len(steps) + 1)]
        return stairs(shares, [f"({{where}} + {EPSILON}) * {total} >= {step}" for step in steps])
    if name == "WarmupStepWithFixedGammaLR":
        many = given.whole("NUM_DECAYS", 3, least=1)
        if many > MOST or gamma <= 0:
            raise given.refuse("NUM_DECAYS", "is none that is read")
        shares = [1.0]
        for _ in range(many):
            shares.append(shares[-1] * gamma)
        text = "raises IndexError in the scheduler's step after the last update"
        given.warn("LR_SCHEDULER_NAME", text)
        count = len(shares)
        return stairs(
            shares, [f"({{where}} + {EPSILON}) * {count} >= {at}" for at in range(1, count)]
        )
    raise given.refuse("LR_SCHEDULER_NAME", "is a scheduler that is not read")


def steps_of(given: Given) -> list[int]:
    """Return the milestones, which YAML has as a list or as the text of a tuple."""
    value = given.values.get("STEPS", (30_000,))
    text = str(value)
    if not STEPS.fullmatch(text) or text.count(",") > MOST:
        raise given.refuse("STEPS", "is no list of updates")
    return [int(each) for each in re.findall(r"\d+", text)]


def stairs(shares: list[float], behind: list[str]) -> str:
    """Return the last of the shares whose condition holds, the first where none does."""
    pairs = zip(reversed(shares[1:]), reversed(behind), strict=True)
    return f"({''.join(f'{share!r} if {held} else ' for share, held in pairs)}{shares[0]!r})"


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule."""
    own: dict[str, Any] = {"BASE_LR": wanted.peak, "MAX_ITER": wanted.updates}
    own |= {"WARMUP_ITERS": wanted.warmup, "WARMUP_FACTOR": wanted.start / wanted.peak}
    for name, more in (("MultiStep", {"STEPS": []}), ("Cosine", {"BASE_LR_END": wanted.low})):
        yield {"SOLVER": own | {"LR_SCHEDULER_NAME": f"Warmup{name}LR", **more}}


class _Known(Configuration, frozen=True):
    """A configuration whose rates another file may have, which it is based on."""

    def signs(self) -> tuple[str, ...]:
        return ("SOLVER", "_BASE_")

    def score(self, values: Mapping[str, Any]) -> int:
        based = isinstance(values.get("_BASE_"), str) and "MODEL" in values
        return max(super().score(values), FEWEST) if based else super().score(values)


CONFIGURATIONS: Final = (
    _Known(
        "detectron2",
        "Detectron2",
        ("SOLVER", "_BASE_", "LR_SCHEDULER_NAME", "MAX_ITER", "BASE_LR", "BASE_LR_END", "GAMMA",
         "STEPS", "NUM_DECAYS", "WARMUP_FACTOR", "WARMUP_ITERS", "WARMUP_METHOD",
         "RESCALE_INTERVAL", "REFERENCE_WORLD_SIZE", "BIAS_LR_FACTOR"),
        foretell,
        ("MODEL", "DATASETS", "INPUT", "DATALOADER", "TEST", "OUTPUT_DIR", "VERSION", "SEED",
         "IMS_PER_BATCH", "WEIGHT_DECAY", "CHECKPOINT_PERIOD", "AMP", "CLIP_GRADIENTS"),
        ("SOLVER",),
        {"lr": "BASE_LR", "max_steps": "MAX_ITER"},
        within="SOLVER",
        spell=spell,
    ),
)  # fmt: skip
