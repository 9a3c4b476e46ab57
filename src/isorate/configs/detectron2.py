"""Detectron2's YAML, as of 02b5c4e2 with fvcore 3378afe: a share of the run decides."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula
from isorate.configs._documents import document
from isorate.configs.configuration import FEWEST, Configuration
from isorate.schedule.expression import Expression

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
STEPS: Final = re.compile(r"[(\[]?\s*(?:\d{1,18}\s*,\s*)*(?:\d{1,18})?\s*,?\s*[)\]]?")


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
