"""Configuration → what a run of it does. Whose it is, its keys tell, or ``as_``."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from isorate.configs._index import INDEX
from isorate.configs.configuration import (
    CONCEPTS,
    FACTS,
    FEWEST,
    Configuration,
    Foretold,
    Given,
    NoKeyError,
    OpenError,
)
from isorate.schedule.errors import ReadError
from isorate.schedule.nearest import did_you_mean
from isorate.schedule.printable import owner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

#: Programs whose keys others have, too, and those that tell them.
UNREAD = {
    "kohya_ss's window": ("LoRA_type",),
    "SpeechBrain": ("epoch_counter", "checkpointer"),
    "AI Toolkit": ("job", "config", "meta"),
}

#: More bits no integer of a configuration has.
LONGEST = 8192
#: What trainers call the rate, and the kind of schedule.
RATES, KINDS = CONCEPTS[:2]
#: So many of those whose it may be are named.
MOST_LIKELY = 4


class Configurations(Mapping[str, Configuration]):
    """The configurations that are known, by what ``--as`` calls them; each loaded when asked for.

    Which there are, and by what each is told, is written down: ``tools/index.py``.
    """

    def __getitem__(self, name: str) -> Configuration:
        module = import_module(f"isorate.configs.{INDEX[name][0]}")
        found: Configuration = next(each for each in module.CONFIGURATIONS if each.name == name)
        return found

    def __contains__(self, name: object) -> bool:
        return name in INDEX

    def __iter__(self) -> Iterator[str]:
        return iter(INDEX)

    def __len__(self) -> int:
        return len(INDEX)

    def likely(self, values: Mapping[str, Any]) -> list[Configuration]:
        """Return those whose own a file may be, by its keys or by the program that has them."""
        words = {*keys_in(values), values.get("__program__")}
        return [self[name] for name, (_, signs) in INDEX.items() if not words.isdisjoint(signs)]


CONFIGURATIONS: Final = Configurations()


def foretell(
    source: Mapping[str, Any] | str | PathLike[str],
    as_: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Foretold:
    """Return what a run of a configuration does, of which nothing is executed.

    Args:
        source: its keys and values, the path of its file, or a command line with its flags.
        as_: whose it is; its keys tell where nobody says.
        facts: what is told of the run beside it: ``examples``, ``batches``, ``batch_size``,
            ``processes``, ``accumulation``, ``epochs``, ``max_steps``, ``tokens``, ``lr``. What
            else it has are keys of the configuration, and go before those of the file.

    Raises:
        ReadError: it cannot be read, or leaves open what it depends on.

    Example:
        >>> foretell({"lr_scheduler_type": "cosine", "max_steps": 100}, "transformers").updates
        100

    """
    if isinstance(source, Mapping):
        values, origin, kind = dict(source), "the configuration", ""
    else:
        from isorate.configs._documents import document

        values, origin, kind = document(source)
    told = {name: value for name, value in (facts or {}).items() if name in FACTS}
    added = {key: value for key, value in (facts or {}).items() if key not in FACTS}
    values |= added
    if kind in ("", "flags"):
        from isorate.configs._named import with_files

        values = with_files(values, origin)
    for option in [key for key in values if key.startswith("--")]:  # as a spelling has them
        told[option.removeprefix("--").replace("-", "_")] = values.pop(option)
    values = _keyed(values)
    whose = _chosen(values, origin, as_)
    found: list[Foretold] = []
    refused: list[ReadError] = []
    for of in whose:
        try:
            found.append(_foretold(values, of, origin, kind, told, added, as_))
        except OpenError:
            raise
        except ReadError as error:
            refused.append(error)
    if refused:
        alike = len({str(error) for error in refused}) == 1 and not found
        raise (refused[0] if alike else _several(origin, whose)) from None
    # whose it is does not matter where it comes to the same
    if any(replace(other, trainer=found[0].trainer) != found[0] for other in found[1:]):
        raise _several(origin, whose)
    return found[0]


def _foretold(
    values: dict[str, Any],
    of: Configuration,
    origin: str,
    kind: str,
    told: dict[str, Any],
    added: dict[str, Any],
    as_: str | None,
) -> Foretold:
    """Return what a run does, whose configuration it is being known."""
    values = of.named(values)
    inner = of.within or (of.inside(values)[1] if as_ is not None else "")
    values = {**values, **values[inner]} if isinstance(values.get(inner), dict) else values
    for key in (key for key in added if added[key] is not None and not of.takes(key)):
        raise NoKeyError(key, owner(of.title), did_you_mean(key, of.keys) or "leave it away")
    short = list(of.shortened(values)) if kind == "flags" else []
    written = [
        (key, whole[0]) for key, whole in short if of.shortens and _taken(key, whole, values)
    ]
    for key, full in written:
        values[full] = values.pop(key)
    wrong = of.misspelt(values)
    if wrong is not None:
        text = f"{origin}: {wrong[0]} is no key of {owner(of.title)}"
        raise ReadError(text, hint=f"did you mean {wrong[1]}?")
    unsure = values.pop("__unsure__", [])
    supposed = values.pop("__supposed__", {})
    based = values.pop("__based__", [])
    given = Given(values, told, of, origin, kind, sure=as_ is not None)
    for key, own in of.foreign(given.values) if kind != "model card" else ():
        if own is not None:
            hint = f"--set {own}={values[key]}, or --as and another trainer's name"
            raise given.refuse(key, f"is another trainer's key: {of.title} has {own}", hint)
        lone = f"no key of {owner(of.title)} own: what a program makes of it is not followed"
        if as_ is None and key in KINDS and not any(map(of.takes, KINDS)):
            raise given.refuse(key, f"chooses a schedule: {lone}", f"--as {of.name}, all the same")
        if as_ is None and key in RATES and added.keys().isdisjoint(RATES):
            raise given.refuse(key, f"is a rate: {lone}", f"--as {of.name}, all the same")
        given.warn(key, lone)
    for key, whole in short:
        if key in values:
            text = f"is no flag by itself, but begins {' and '.join(whole)}"
            raise given.refuse(key, text, f"write --{' or --'.join(whole)}")
    for key, full in written:
        given.assume(f"--{key} is --{full}, which it begins")
    program = values.get("__program__")
    if as_ is None and program and program not in of.programs:
        name = program if " " in program else f"{program}.py"
        rate = of.facts.get("lr", "")
        said = any(str(key).rpartition(".")[2] == rate for key in given.values)
        if rate and of.programs and not said:
            text = (
                f"is not there, and {name} may have its own: it is no program of {owner(of.title)}"
            )
            raise given.refuse(rate, text, "--lr RATE, or --as NAME")
        text = f"{name} trains with {of.title}, as its flags look (--as NAME says another)"
        given.assume(text)
    if supposed:
        own_values = ", ".join(f"{name}={value}" for name, value in supposed.items())
        given.assume(f"the environment does not set what the script has a value for: {own_values}")
    if inner and inner != of.within:
        given.assume(f"the table {inner} is what {of.title} is told")
    for name in based:
        given.assume(f"{name} says what the flags leave to it")
    for word in unsure:
        given.assume(f"no flag that rates depend on comes of {word}")
    try:
        return of.foretell(given)
    except OverflowError:
        text = f"{origin}: a number is too large"
        raise ReadError(text, required="one that a run may have") from None


def _taken(short: str, whole: list[str], values: Mapping[str, Any]) -> bool:
    """Whether argparse takes the beginning of a flag for it.

    Some versions of it do not, where a flag is written with ``-`` and with ``_``, and what is there
    begins both.
    """
    sure = len(whole) == 1 and ("_" in short or "_" not in whole[0])
    return sure and whole[0] not in values


def _keyed(value: Any) -> Any:
    """Return tables whose keys are texts, and what they hold.

    Raises:
        ReadError: an integer is so long that no text of it is made, as YAML may have one.

    """
    if isinstance(value, int) and value.bit_length() > LONGEST:
        raise ReadError("a number is too large", required="one that a run may have")
    if isinstance(value, dict):
        return {str(key): _keyed(each) for key, each in value.items()}
    return [_keyed(each) for each in value] if isinstance(value, list) else value


def _chosen(values: Mapping[str, Any], origin: str, as_: str | None) -> list[Configuration]:
    """Return whose configuration it is, or may be as well."""
    known = CONFIGURATIONS
    if as_ is not None:
        if as_ not in known:
            hint = did_you_mean(as_, known) or f"--as NAME, of {', '.join(known)}"
            raise ReadError(f"--as {as_}: no such trainer is known", hint=hint)
        return [known[as_]]
    kind = str(values.get("__class__", "")).rpartition(".")[2]  # of a pickle
    if kind in known:
        return [known[kind]]
    program = values.get("__program__")
    if program and " " in program and not any(program in signs for _, signs in INDEX.values()):
        raise ReadError(f"{origin} starts {program}, which is not read", hint=_likely({}))
    for title, marks in UNREAD.items():
        if all(mark in values or mark.replace("_", "-") in values for mark in marks):
            raise ReadError(f"{origin} is {owner(title)}, which is not read", hint=_likely({}))
    scores = [(of.score(values), of) for of in known.likely(values)]
    best = max((score for score, _ in scores), default=0)
    if best < FEWEST:
        raise ReadError(f"{origin} is no known trainer's configuration", hint=_likely(values))
    first = [of for score, of in scores if score == best]
    return [of for of in first if of.marks] or first


def keys_in(value: Any, at: str = "") -> Iterator[str]:
    """Visit the keys of a file at any depth, and each part of those that have dots.

    Example:
        >>> sorted({*keys_in({"train": [{"lr-max": 1}], "+a.b": 2})})
        ['a', 'a.b', 'b', 'lr_max', 'train', 'train.lr_max']

    """
    for key, inner in value.items() if isinstance(value, dict) else ():
        last = key.lstrip("+").replace("-", "_")
        yield from (f"{at}{last}", *last.split("."))
        for each in inner if isinstance(inner, list) else [inner]:
            yield from keys_in(each, f"{at}{last}.")


def _several(origin: str, of: list[Configuration]) -> ReadError:
    """Return the error that asks whose a configuration is."""
    hint = " or ".join(f"--as {each.name}" for each in of)
    return ReadError(f"{origin} may be {' or '.join(each.name for each in of)}'s", hint=hint)


def _likely(values: Mapping[str, Any]) -> str:
    """Return how to say whose a configuration is: by the names of those that share keys with it."""
    shared = {name: sum(key in values for key in of.keys) for name, of in CONFIGURATIONS.items()}
    best = sorted((name for name in shared if shared[name]), key=lambda name: -shared[name])
    tables = [(*of.inside(values), of) for of in CONFIGURATIONS.values()]
    own = [
        (most, of.score(values[key]), not of.marks, key, of.name)
        for most, key, of in tables
        if most
    ]
    if own:
        *_, table, name = max(own)
        return f"--as {name}, if its table {table} is theirs"
    if not best:
        return "--as NAME says whose it is"
    return f"--as {' or --as '.join(best[:MOST_LIKELY])}, if it is theirs"
