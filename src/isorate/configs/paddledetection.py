"""PaddleDetection's YAML, as of 666f597: a list of rates, one for each step of the warm-up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula
from isorate.configs._documents import document
from isorate.configs.configuration import FEWEST, Configuration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isorate.configs.configuration import Foretold, Given, Wanted

BASE: Final = "_BASE_"
#: So many files may be based on one another.
MOST_FILES: Final = 40
#: Its schedulers, and the arguments of each with what they are where nobody says.
DECAYS: Final[dict[str, dict[str, Any]]] = {
    "PiecewiseDecay": {"gamma": [0.1, 0.01], "milestones": [8, 11], "values": None,
                       "use_warmup": True},
    "CosineDecay": {"max_epochs": 1000, "use_warmup": True, "min_lr_ratio": 0.0,
                    "last_plateau_epochs": 0},
}  # fmt: skip
WARMUPS: Final[dict[str, dict[str, Any]]] = {
    "LinearWarmup": {"steps": 500, "start_factor": 1.0 / 3, "epochs": None, "epochs_first": True},
    "ExpWarmup": {"steps": 1000, "epochs": None, "power": 2},
}
RISES: Final = {
    "LinearWarmup": "{lr} * ({first} * (1 - t / {W}) + t / {W})",
    "ExpWarmup": "{lr} * (t / {W}) ** {power}",
}
WAVE: Final = "{low} + ({lr} - {low}) * 0.5 * (math.cos((t - {W}) * math.pi / {D}) + 1)"


def foretell(given: Given) -> Foretold:
    """Return what a file, and those that it is based on, make of a run."""
    merged(given)
    if "LearningRate" not in given:
        raise given.refuse("LearningRate", "is not there", "its own file, of those it is based on")
    rates = given.table("LearningRate")
    given.default(base_lr=rates.get("base_lr", 0.01))
    peak, epochs = given.number("base_lr"), given.whole("epoch", least=1)
    if epochs is None:
        raise given.refuse("epoch", "is not there", "--epochs N")
    each = given.fact("batches")
    if each is None:
        raise given.open([("batches",)])
    updates = epochs * int(each)
    given.derive("updates", f"{updates}: {epochs} epochs × {int(each)} batches")
    written = rates.get("schedulers", [{"!PiecewiseDecay": {}}, {"!LinearWarmup": {}}])
    schedulers = [scheduler(given, one) for one in written] if isinstance(written, list) else []
    if not schedulers or schedulers[0][0] not in DECAYS:
        raise given.refuse("LearningRate", f"has no scheduler first: {', '.join(DECAYS)}")
    (kind, own), *rest = schedulers
    warmup, rise, known = 0, "", {"lr": float(peak)}
    if own["use_warmup"]:
        if not rest or rest[0][0] not in WARMUPS:
            text = f"has no warm-up second, and fails: {', '.join(WARMUPS)}"
            raise given.refuse("LearningRate", text)
        warmup, rise, more = warming(given, *rest[0], int(each))
        known |= more
    text = (stairs if kind == "PiecewiseDecay" else cosine)(given, own, known, int(each), updates)
    given.assume("each epoch trains all of its batches (--batches N), an update each")
    return given.foretold(
        _formula.lambda_lr(1.0, rise + text, **known), updates, peak=float(peak),
        warmup=warmup or None, version="666f597",
        keys={"rate": "LearningRate.base_lr", "warmup": "LinearWarmup", "length": "epoch"},
    )  # fmt: skip


def merged(given: Given) -> None:
    """Let what the files that it is based on say stand for what it does not.

    Raises:
        ReadError: one of them is not there, or cannot be read.

    """
    left = [MOST_FILES]

    def whole(values: dict[str, Any], home: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        bases = values.get(BASE)
        for name in bases if isinstance(bases, list) else []:
            path = home / Path(str(name)).expanduser()
            left[0] -= 1
            if left[0] < 0:
                raise given.refuse(BASE, "is based on too many files")
            if not path.is_file():
                if not _speaks(str(name)):
                    continue
                text = f"has {name}, which is not there: what it says of the rate is not known"
                raise given.refuse(BASE, text)
            found = _over(found, whole(document(path).values, path.parent))
        return _over(found, {key: each for key, each in values.items() if key != BASE})

    if BASE in given:
        given.values = whole(given.values, Path(given.values.get("__folder__", "")))


def _speaks(name: str) -> bool:
    """Whether a file may say something of the rates: those of datasets and of readers do not."""
    return not any(part in name for part in ("datasets/", "runtime", "reader"))


def _over(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Return a table with another one laid over it, and so the tables in it."""
    found = dict(under)
    for key, value in over.items():
        below = found.get(key)
        both = isinstance(below, dict) and isinstance(value, dict)
        found[key] = _over(below, value) if both else value  # type: ignore[arg-type]
    return found


def scheduler(given: Given, written: Any) -> tuple[str, dict[str, Any]]:
    """Return a scheduler's name and its arguments: it is tagged, or has a name."""
    name, own = None, written
    if isinstance(written, dict) and len(written) == 1 and next(iter(written)).startswith("!"):
        ((name, own),) = written.items()
    elif isinstance(written, dict):
        own = dict(written)
        name = own.pop("name", None)
    kind = str(name).lstrip("!")
    usual = (DECAYS | WARMUPS).get(kind)
    if usual is None:
        raise given.refuse("LearningRate", f"has {kind}, which is not read")
    own = own if isinstance(own, dict) else {}
    wrong = [key for key in own if key not in usual]
    if wrong:
        raise given.refuse("LearningRate", f"has {wrong[0]}, which {kind} does not take")
    return kind, usual | own


def _number(given: Given, own: dict[str, Any], key: str) -> float:
    """Return a number of a scheduler's."""
    given.values[key] = own[key]
    if key not in given:
        raise given.refuse("LearningRate", f"has no {key}")
    found: float = given.number(key)
    return found


def warming(
    given: Given, kind: str, own: dict[str, Any], each: int
) -> tuple[int, str, dict[str, Any]]:
    """Return the steps of the warm-up, its rates, and what they are computed with."""
    first = own.get("epochs_first", True) and own["epochs"] is not None
    steps = _number(given, own, "epochs") * each if first else _number(given, own, "steps")
    if steps != int(steps):
        raise given.refuse("LearningRate", f"has {steps:g} steps of warm-up, and fails")
    steps = max(int(steps), 1)
    given.derive("warmup", f"{steps} updates" + (f": {own['epochs']} epochs" if first else ""))
    known = {"W": steps}
    if kind == "LinearWarmup":
        known["first"] = _number(given, own, "start_factor")  # type: ignore[assignment]
    else:
        known["power"] = _number(given, own, "power")  # type: ignore[assignment]
    return steps, f"{RISES[kind]} if t < {{W}} else ", known


def stairs(
    given: Given, own: dict[str, Any], known: dict[str, Any], each: int, updates: int
) -> str:
    """Return the rates of milestones."""
    marks, factors = own["milestones"], own["gamma"]
    if own["values"] is not None:
        raise given.refuse("LearningRate", "has values, which stand in place of the rate: not read")
    whole = isinstance(marks, list) and all(type(mark) is int for mark in marks)
    if not isinstance(factors, list):
        factor = _number(given, own, "gamma")
        factors = [factor / 10**at for at in range(len(marks))] if whole else []
    numbers = all(type(one) in (int, float) for one in factors)
    if not whole or not numbers or len(factors) != len(marks):
        text = "has milestones and gamma of which one goes with each"
        raise given.refuse("LearningRate", f"{text} not: no rates follow")
    at = [mark * each for mark in marks]
    if any(later <= one for one, later in zip([known.get("W", 0), *at], at, strict=False)):
        text = "has milestones that do not follow one another, or the warm-up: not followed"
        raise given.refuse("LearningRate", text)
    if at and at[-1] >= updates:
        given.warn("LearningRate", f"the milestone at update {at[-1]} never comes")
    text = ""
    for end, factor in zip(at, [1.0, *factors], strict=False):
        text += f"{{lr}} * {factor!r} if t < {end} else "
    return f"{text}{{lr}} * {(factors or [1.0])[-1]!r}"


def cosine(
    given: Given, own: dict[str, Any], known: dict[str, Any], each: int, updates: int
) -> str:
    """Return the rates of a cosine, which may stay at its minimum in the last epochs."""
    total = _number(given, own, "max_epochs") * each
    flat = _number(given, own, "last_plateau_epochs") * each
    if total != int(total) or flat != int(flat):
        raise given.refuse("LearningRate", "has epochs that are no integers, and fails")
    total, flat, warmup = int(total), int(flat), known.setdefault("W", 0)
    known |= {"low": known["lr"] * _number(given, own, "min_lr_ratio"), "E": total - flat,
              "D": total - warmup - flat}  # fmt: skip
    if known["D"] <= 0:
        raise given.refuse("LearningRate", "leaves nothing to decay: not followed")
    if total != updates:
        text = f"the schedule is over at update {total}, the run has {updates}"
        again = not flat and not own["use_warmup"] and total < updates
        given.warn("LearningRate", text + (": a cosine climbs again" if again else ""))
    if not flat and not own["use_warmup"]:
        return WAVE
    last = WAVE.replace("(t - {W})", f"(min(t, {total - 1}) - {{W}})")
    return f"{{low}} if t >= {{E}} else {last}" if flat else last


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule, of one batch an epoch."""
    first = wanted.start / wanted.peak if wanted.peak else 0.0
    low = wanted.low / wanted.peak if wanted.peak else 0.0
    usual = {"epoch": wanted.updates, "--batches": 1}
    fall = {"name": "CosineDecay", "max_epochs": wanted.updates, "min_lr_ratio": low}
    rise = {"name": "LinearWarmup", "steps": wanted.warmup, "start_factor": first}
    yield usual | {"LearningRate": {"base_lr": wanted.peak, "schedulers": [fall, rise]}}


class _Known(Configuration, frozen=True):
    """A configuration whose rates other files may have, which it is based on."""

    def score(self, values: Mapping[str, Any]) -> int:
        found = sum(key in values for key in (*self.keys, *self.others))
        told = "LearningRate" in values or (isinstance(values.get(BASE), list) and found >= FEWEST)
        return found + FEWEST if told else 0


CONFIGURATIONS: Final = (
    _Known(
        "paddledetection",
        "PaddleDetection",
        ("LearningRate", "epoch", "base_lr", BASE),
        foretell,
        ("OptimizerBuilder", "weights", "pretrain_weights", "snapshot_epoch",
         "find_unused_parameters", "architecture", "TrainReader", "EvalReader", "TestReader",
         "worker_num", "use_gpu", "log_iter", "save_dir", "norm_type", "use_ema", "ema_decay"),
        (),
        {"lr": "base_lr", "epochs": "epoch"},
        spell=spell,
    ),
)  # fmt: skip
