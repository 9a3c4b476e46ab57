"""What a trainer's file says of it, what is foretold of a run, and what is taken for granted."""

from __future__ import annotations

import difflib
import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from isorate.schedule.errors import ReadError
from isorate.schedule.lazily import pattern
from isorate.schedule.printable import owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from isorate.kit.call import Call

#: What may be said of a run beside its configuration: an option, and what it is.
FACTS: Final = {
    "examples": ("--examples N", "the examples of the training set"),
    "batches": ("--batches N", "the batches of an epoch, which all processes share"),
    "batch_size": ("--batch-size N", "the examples of a batch of one process"),
    "processes": ("--processes N", "the processes that train side by side"),
    "accumulation": ("--accumulation N", "the batches of an update"),
    "epochs": ("--epochs N", "the epochs that are trained"),
    "max_steps": ("--max-steps N", "the updates that are trained"),
    "tokens": ("--tokens N", "the tokens that are trained"),
    "lr": ("--lr RATE", "the rate"),
}
#: A key so near a known one is a misspelt one: one letter or two of it are wrong.
NEAR: Final = 0.89
#: A configuration of a trainer has so many of its keys at least, where nobody says whose it is.
FEWEST: Final = 2
#: A table in a file of somebody else's has so many.
MANY: Final = 4
#: What the name of a program adds to the keys that are found.
SURE: Final = 1000
#: What trainers call the rate, the kind of schedule, the warm-up, the length of a run, the rate at
#: its end, a batch and the batches of an update.
CONCEPTS: Final = (
    ("learning_rate", "lr", "max_lr", "peak_lr", "base_lr", "init_lr"),
    ("lr_scheduler_type", "lr_scheduler", "lr_scheduler_name", "scheduler", "scheduler_type",
     "sched", "lr_schedule", "lr_decay_style"),
    ("warmup_steps", "num_warmup_steps", "lr_warmup_steps", "warmup_ratio", "lr_warmup_ratio",
     "warmup_iters", "warmup_epochs", "warmup_updates", "warmup", "warmup_proportion"),
    ("max_steps", "max_train_steps", "num_train_steps", "num_training_steps", "total_steps",
     "max_iters", "train_iters", "train_steps", "max_update"),
    ("num_train_epochs", "num_epochs", "max_epochs", "epochs", "epoch", "max_steps", "max_iters"),
    ("min_lr", "lr_min", "min_lr_ratio", "eta_min", "end_lr", "lr_end"),
    ("per_device_train_batch_size", "train_batch_size", "micro_batch_size", "batch_size",
     "micro_train_batch_size", "per_gpu_train_batch_size", "train_micro_batch_size_per_gpu"),
    ("gradient_accumulation_steps", "accumulate_grad_batches", "accumulation_steps", "accum_iter",
     "grad_accumulation_steps", "grad_accum_steps", "accum_grad", "accum_freq", "update_freq"),
)  # fmt: skip
#: A key that speaks of rates: those of some parameters, say.
OF_RATES: Final = pattern(r"(?:^|_)(?:lr|learning_rate|warmup|scheduler)(?:_|$)")
#: A key that says a part of a schedule, or its shape, whatever its trainer calls it.
OF_SHAPES: Final = pattern(
    r"lr|learning_rate|warm|sched|decay|min_|init|final|hold|cycle|power|alpha|gamma|_ratio|style"
)
#: An integer beyond this is no float, and nobody's.
LARGEST: Final = 10**300
#: A longer key is nobody's.
LONGEST_KEY: Final = 60


class Caution(NamedTuple):
    """What a usual reader would not expect, and the key that causes it."""

    key: str
    text: str


class Wanted(NamedTuple):
    """A schedule as configurations say one: from a start up to a peak, and down to a rate."""

    peak: float
    warmup: int
    updates: int
    low: float
    start: float = 0.0


class Foretold(msgspec.Struct, frozen=True):
    """What a configuration makes of a run.

    Args:
        call: the scheduler that the trainer builds.
        updates: how many updates it trains.
        peak: the rate that the configuration asks for.
        warmup: the updates of the warm-up; none where the trainer has none.
        trainer: whose it is, and the version whose rules hold.
        keys: what the trainer calls the rate, the warm-up and the length, for cautions.
        derivation: how each number came about: a name, and a sentence.
        cautions: what a usual reader would not expect.
        assumptions: what was taken for granted.
        each: the updates of an epoch, where the trainer steps the scheduler once in one.
        accelerate: the steps of an update, where Accelerate takes one for each process.
        batches: the batches of an update, where the trainer counts those.
        scaled: whether a gradient scaler may skip updates, and with each a step of the scheduler.

    """

    call: Call
    updates: int
    peak: float
    warmup: int | None
    trainer: str
    keys: Mapping[str, str]
    derivation: tuple[tuple[str, str], ...] = ()
    cautions: tuple[Caution, ...] = ()
    assumptions: tuple[str, ...] = ()
    each: int | None = None
    accelerate: int | None = None
    batches: int = 1
    scaled: bool = False

    @property
    def title(self) -> str:
        """What the trainer is called, whatever its version."""
        return self.trainer.rpartition(" ")[0] or self.trainer


class Missing(msgspec.Struct, frozen=True):
    """A fact that a configuration leaves open: what says it, as it can be typed."""

    source: str
    why: str
    before: str = ""


class NoKeyError(ReadError):
    """What is told beside a configuration is no key of its."""

    def __init__(self, key: str, whose: str, hint: str | None) -> None:
        super().__init__(f"--set {key}: no rate of {whose} depends on it", hint=hint)
        self.key = key


class OpenError(ReadError):
    """A configuration leaves facts of the run open."""

    def __init__(
        self, what: str, facts: list[tuple[str, ...]], keys: Mapping[str, str] | None = None
    ) -> None:
        asked = [
            " or ".join(f"{FACTS[name][0]} ({FACTS[name][1]})" for name in some) for some in facts
        ]
        asked += [f"--set {key}=N ({why})" for key, why in (keys or {}).items()]
        leaves = "how long the run is" if facts else "what its rate is"
        super().__init__(f"{what} leaves open {leaves}", hint=f"give {'; '.join(asked)}")
        self.leaves = [Missing(FACTS[name][0], FACTS[name][1]) for some in facts for name in some]
        self.leaves += [Missing(key, why) for key, why in (keys or {}).items()]


class Configuration(msgspec.Struct, frozen=True):
    """A trainer's configuration.

    Args:
        name: what ``--as`` calls it.
        title: what its trainer is called.
        keys: those that its rates depend on.
        others: its other keys, so that none of them is taken for a misspelt one.
        marks: keys that nobody else has; one of them has to be there, where there are any.
        facts: the keys that say facts, by their names.
        foretell: works out what comes of it.
        within: the table of a file that it stands in; its top where it is empty.
        coerces: whether the trainer makes a number of a text where one is due.
        spell: visits the ways to say a schedule with its keys; none where they are not known.
        programs: what its programs are called, which a command line names.
        shortens: whether its programs take the beginning of a flag for the flag; then every flag
            that begins as its keys do is listed.

    """

    name: str
    title: str
    keys: tuple[str, ...]
    foretell: Callable[[Given], Foretold]
    others: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    facts: Mapping[str, str] = msgspec.field(default_factory=dict)
    within: str = ""
    coerces: bool = True
    spell: Callable[[Wanted], Iterator[dict[str, Any]]] | None = None
    programs: tuple[str, ...] = ()
    shortens: bool = False

    def named(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values by its keys, as it writes them."""
        return dict(values)

    def signs(self) -> tuple[str, ...]:
        """Return keys of which any file that ``score`` takes for its own has one."""
        return self.marks or self.keys

    def score(self, values: Mapping[str, Any]) -> int:
        """Return how many of its keys a file has; none, where it is another trainer's.

        What says nothing that rates depend on is no configuration of a run: what launches one has
        keys of its trainer's, too.
        """
        values = self.named(values)
        found = sum(key in values for key in (*self.keys, *self.others, *self.marks))
        if values.get("__program__") in self.programs:
            return found + SURE
        own = sum(key in values for key in self.keys if key not in self.others)
        told = any(mark in values for mark in self.marks) if self.marks else own >= FEWEST
        return found if told and (own or self.misspelt(values)) else 0

    def inside(self, values: Mapping[str, Any]) -> tuple[int, str]:
        """Return the table that has most of its keys, and how many, where the top has none."""
        if self.within or any(key in values for key in self.keys):
            return 0, ""
        tables = {key: each for key, each in values.items() if isinstance(each, dict)}
        found = [(sum(own in each for own in self.keys), key) for key, each in tables.items()]
        most = max(found, default=(0, ""))
        return most if most[0] >= MANY else (0, "")

    def foreign(self, values: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
        """Visit keys by which other trainers say what a schedule depends on.

        Beside each its own key for that, where the file does not have one: its default would stand
        for what the file says.
        """
        own = {*self.keys, *self.others, *self.marks, *self.facts.values()}
        named = {word for words in CONCEPTS for word in words}
        for key in map(str, values):
            of_rates = OF_RATES.search(key) and key not in own and key not in named
            if of_rates and values.get(key) not in (None, False, ""):
                yield key, None
        for words in CONCEPTS:
            mine = [word for word in words if word in own]
            said = any(word in values for word in mine)
            for word in words:
                if values.get(word) is not None and word not in own:
                    yield word, None if said or not mine else mine[0]

    def takes(self, key: str) -> bool:
        """Whether a key that is told beside a file may change anything."""
        return key in (*self.keys, *self.others, *self.marks)

    def shortened(self, values: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
        """Visit flags that only begin as its keys do, and the flags that each of them begins."""
        own = dict.fromkeys((*self.keys, *self.others, *self.marks))
        left = {*own, *(word for words in CONCEPTS for word in words)}
        for key in [key for key in values if key not in left and not key.startswith("__")]:
            whole = [one for one in own if one.startswith(key)]
            if any(one in self.keys for one in whole):
                yield key, whole

    def misspelt(self, values: Mapping[str, Any]) -> tuple[str, str] | None:
        """Return a key that is nearly one of its own, and that one."""
        for key in values:
            if key in self.keys or key in self.others or key in self.marks:
                continue
            near = difflib.get_close_matches(str(key)[:LONGEST_KEY], self.keys, 1, NEAR)
            if near and near[0] not in values:
                return str(key), near[0]
        return None


class Given:
    """The values of a configuration, and the facts told beside it.

    What is read of it is of the kind that it has to be; ``None`` stands for what is not said.

    Args:
        values: by their keys.
        told: facts by their names.
        of: whose configuration it is.
        origin: what the file is called.
        kind: what it is: JSON, YAML, flags, a model card.
        sure: whether somebody says whose it is.

    """

    def __init__(
        self,
        values: Mapping[str, Any],
        told: Mapping[str, Any],
        of: Configuration,
        origin: str = "the configuration",
        kind: str = "",
        *,
        sure: bool = False,
    ) -> None:
        self.sure = sure
        self.values = dict(values)
        self.origin = origin
        self.kind = kind
        self.of = of
        self.told = {name: value for name, value in told.items() if value is not None}
        #: What a trainer on top of another one adds to the schedule's own arguments.
        self.complete: Callable[[int, int], Mapping[str, Any]] | None = None
        self.used: set[str] = set()
        #: What it says, and what of that was looked at.
        self.said = {key for key, value in values.items() if value is not None}
        self.asked: set[str] = set()
        self.derivation: list[tuple[str, str]] = []
        self.cautions: list[Caution] = []
        self.assumptions: list[str] = []
        for name, key in of.facts.items():
            self.say(name, key)

    def say(self, name: str, key: str) -> None:
        """Let a fact that is told stand for a key."""
        if name not in self.told:
            return
        value = self.told.pop(name)
        before = self.values.get(key)
        if before is not None and before != value:
            self.assume(f"{key} is {value}, as is told, and not {before}, as the file has it")
        self.values[key] = value

    def __contains__(self, key: str) -> bool:
        """Whether it says something of a key."""
        self.asked.add(key)
        return self.values.get(key) is not None

    def default(self, **values: Any) -> None:
        """Let the trainer's own defaults stand for what is not said."""
        self.values |= {key: value for key, value in values.items() if key not in self}

    def assume(self, sentence: str) -> None:
        """Note what is taken for granted."""
        self.assumptions.append(sentence)

    def derive(self, name: str, sentence: str) -> None:
        """Note how a number came about."""
        self.derivation.append((name, sentence))

    def warn(self, key: str, sentence: str) -> None:
        """Note what a usual reader would not expect."""
        self.cautions.append(Caution(key, sentence))

    def open(
        self, facts: list[tuple[str, ...]], keys: Mapping[str, str] | None = None
    ) -> OpenError:
        """Return the error that asks for facts, of each of the tuples one, and for keys besides."""
        if str(self.values.get("__processes__")).startswith("$") and "processes" not in self.told:
            facts = [*facts, ("processes",)]
        return OpenError(self.origin, facts, keys)

    def refuse(self, key: str, sentence: str, hint: str | None = None) -> ReadError:
        """Return the error that a value is refused with."""
        said = self.values.get(key)
        value = "" if said is None or isinstance(said, dict | list) else f"={said}"
        return ReadError(f"{self.origin}: {key}{value} {sentence}", hint=hint)

    def number(self, key: str, default: Any = None) -> Any:
        """Return a number; text is one where it is written as one, as ``1e-5`` in YAML is."""
        self.asked.add(key)
        value = self.values.get(key)
        if value is None:
            return default
        if isinstance(value, str):
            try:
                value = int(value) if value.lstrip("+-").isdecimal() else float(value)
            except ValueError:
                raise self._wrong(key, "a number") from None
            if self.kind == "YAML" and not self.of.coerces:
                text = f"YAML takes {self.values[key]} for a text, which the trainer refuses: "
                self.warn(key, f"{text}write {with_point(value)}")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(key, "a number")
        if not math.isfinite(value) if isinstance(value, float) else abs(value) > LARGEST:
            raise self._wrong(key, "a finite number")
        return value

    def whole(self, key: str, default: Any = None, least: int = 0) -> Any:
        """Return an integer that is no less than it may be."""
        value = self.number(key, default)
        if value is None:
            return None
        if value != int(value) or value < least:
            raise self._wrong(key, f"an integer, at least {least}")
        return int(value)

    def truth(self, key: str, default: bool = False) -> bool:
        """Return whether something holds; flags say it in words."""
        self.asked.add(key)
        value = self.values.get(key, default)
        if value is None:
            return default
        words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        found = words.get(value.lower()) if isinstance(value, str) else value
        if not isinstance(found, bool | int):
            raise self._wrong(key, "true or false")
        return bool(found)

    def text(self, key: str, default: Any = None) -> Any:
        """Return a text."""
        self.asked.add(key)
        value = self.values.get(key)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self._wrong(key, "a text")
        return value

    def words(self, key: str) -> list[Any]:
        """Return what a list has, or the words that follow a flag."""
        self.asked.add(key)
        value = self.values.get(key)
        first = value if isinstance(value, list) else [] if value is None else [value]
        return [*first, *self.table("__more__").get(key, [])]

    def table(self, key: str) -> dict[str, Any]:
        """Return a table of values, empty where there is none."""
        self.asked.add(key)
        value = self.values.get(key)
        if value is None or value == "":
            return {}
        if not isinstance(value, dict):
            raise self._wrong(key, "a table of values")
        return value

    def own_defaults(self, own: str, *keys: str) -> None:
        """Refuse keys that are not there, where a program is another one than the trainer's own.

        Raises:
            ReadError: what is not there may be anything.

        """
        program = self.values.get("__program__")
        left = [key for key in keys if key not in self]
        if left and program not in (None, own) and not self.sure:
            text = f"is not there, and {program}.py may have its own: it is no program of "
            hint = f"{' '.join(f'--set {key}=...' for key in left)}, or --as {self.of.name}"
            raise self.refuse(left[0], f"{text}{owner(self.of.title)}", hint)

    def fact(self, name: str, least: int = 1) -> Any:
        """Return a fact that is told, none where it is not."""
        value = self.told.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or value < least:
            option, what = FACTS[name]
            text = f"{option.partition(' ')[0]}: {what}"
            raise ReadError(text, required=f"a number, at least {least}", got=repr(value))
        self.used.add(name)
        return value

    def processes(self, key: str = "__processes__") -> int:
        """Return how many processes train: as told, as a launcher starts or a key says, or one."""
        told = self.fact("processes")
        if told is None:
            if str(self.values.get(key)).startswith("$"):
                raise self.open([])
            told = self.whole(key, least=1)
        if told is None:
            self.assume("one process trains (--processes N)")
        return int(told or 1)

    def _wrong(self, key: str, required: str) -> ReadError:
        got = self.values.get(key)
        hint = f"--set {key}=... says it" if isinstance(got, str) and "$" in got else None
        return ReadError(f"{self.origin}: {key}", required=required, got=repr(got), hint=hint)

    def foretold(
        self,
        call: Call,
        updates: int,
        *,
        peak: float,
        warmup: int | None,
        version: str,
        keys: Mapping[str, str],
        each: int | None = None,
        accelerate: int | None = None,
        batches: int = 1,
    ) -> Foretold:
        """Return what came of it, with all that was noted."""
        for name in sorted(self.told.keys() - self.used):
            self.warn(FACTS[name][0].partition(" ")[0], "the run does not depend on it")
        for key in self.of.keys:
            idle = key in self.said - self.asked and OF_SHAPES.search(key)
            if idle and all(key not in one for one in (*self.assumptions, *self.cautions)):
                self.warn(key, "ignored: no rate depends on it here")
        return Foretold(
            call,
            updates,
            peak,
            warmup,
            f"{self.of.title} {version}",
            keys,
            tuple(self.derivation),
            tuple(self.cautions),
            tuple(dict.fromkeys(self.assumptions)),
            each,
            accelerate,
            batches,
            scaled(self.values),
        )


def scaled(values: Mapping[str, Any]) -> bool:
    """Whether a configuration trains in float16, whose gradients are scaled."""
    half = values.get("fp16")
    told = half.get("enabled", True) if isinstance(half, dict) else half
    mixed = str(values.get("mixed_precision", values.get("mixed_precision_training"))).lower()
    return str(told).lower() in ("true", "1", "auto") or mixed in ("fp16", "native amp")


def with_point(value: float) -> str:
    """Return a number as YAML 1.1 takes it for one."""
    mantissa, _, exponent = repr(float(value)).partition("e")
    return (
        f"{mantissa if '.' in mantissa else f'{mantissa}.0'}e{exponent}" if exponent else mantissa
    )
