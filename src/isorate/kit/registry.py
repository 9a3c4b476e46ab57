"""The dialects that there are, and how their constructors are found by name."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import os
import sys
from contextlib import suppress
from functools import cache, lru_cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from isorate.kit.optimizer import NO_OPTIMIZERS, Optimizers
from isorate.schedule.errors import ReadError
from isorate.schedule.nearest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from isorate.kit.call import Call
    from isorate.kit.card import Role


class Lists(msgspec.Struct, frozen=True):
    """Lists of rates, as one writes them for a framework's optimizers.

    Args:
        plain: the call of a list that is written out; its one argument is the rates.
        concatenated: joins lists to one.
        repeated: lets one come several times.
        takes: whether a call is such a list.

    """

    plain: type[Any]
    concatenated: Callable[[list[Call]], Call]
    repeated: Callable[[Call, int], Call]
    takes: Callable[[Call], bool]


class Dialect(msgspec.Struct, frozen=True):
    """A framework's vocabulary of calls.

    Args:
        name: the short name that users give, e.g. ``"torch"``.
        title: the framework's own name.
        version: the version that was read and run.
        constructors: its calls.
        aliases: names that a module is commonly imported as, mapped to the full dotted module; a
            dotted one is another package that has it.
        precedence: whose a name is that several dialects share, where the arguments fit all of
            them: that of the lowest number.
        imported: the module that has its names, where the package does not import that by itself.
        optimizers: the optimizers that its schedulers are given.
        takers: other optimizers, which are given its schedules.
        constants: the values that names of the framework's stand for.
        refused: constructors that are not spoken, and why.
        gone: arguments that older versions took and that change no rate, and what they do there.
        lists: what lists of rates are, where its optimizers take them.
        follower: the constructor that follows any schedule.
        function: the constructor whose rate is the optimizer's, or its first argument, times a
            function of the step.
        own: the constructor of a function of the optimizer's count that a text has itself.
        arrays: the modules of its functions of arrays, mapped to what they are imported as.
        holds: other dialects whose schedulers its own may hold.
        side_by_side: the constructor that several schedulers are which a loop steps one by one.
        loop: what schedulers are whose rates a loop sets besides, or that it steps otherwise.
        document: reads a document, as the framework writes its schedules down; none where it is
            none of those. ``deserializers`` are the functions that are given one.

    """

    name: str
    title: str
    version: str
    constructors: Sequence[type[Call]]
    aliases: Mapping[str, str] = msgspec.field(default_factory=dict)
    precedence: int = 100
    imported: str = ""
    optimizers: Optimizers = NO_OPTIMIZERS
    takers: Optimizers = NO_OPTIMIZERS
    constants: Mapping[str, Any] = msgspec.field(default_factory=dict)
    refused: Mapping[str, str] = msgspec.field(default_factory=dict)
    gone: Mapping[str, str] = msgspec.field(default_factory=dict)
    lists: Lists | None = None
    follower: type[Call] | None = None
    function: type[Call] | None = None
    own: type[Any] | None = None
    arrays: Mapping[str, str] = msgspec.field(default_factory=dict)
    holds: tuple[str, ...] = ()
    side_by_side: type[Call] | None = None
    loop: type[Call] | None = None
    document: Callable[[Mapping[str, Any]], Call | None] | None = None
    deserializers: tuple[str, ...] = ()


def completed(
    constructors: Iterable[type[Call]],
    home: str,
    version: str,
    roles: Mapping[str, Role],
    docs: str,
    dialect: str | None = None,
) -> list[type[Call]]:
    """Put on constructors' cards what their names and the names of their arguments say.

    Args:
        constructors: the classes.
        home: the module that they are had from.
        version: the framework version that was read and run.
        roles: what an argument of a name says, where a card does not say it.
        docs: the address of their documentation, with ``{}`` for the full name.
        dialect: the dialect, where it is not called after the module.

    """
    found = list(constructors)
    for constructor in found:
        name, own = f"{home}.{constructor.__name__}", constructor.parameters()
        said = {**roles, **constructor.card.roles}
        constructor.card = replace(
            constructor.card,
            name=name,
            dialect=dialect or home,
            version=version,
            docs=docs.format(name),
            roles={argument: said[argument] for argument in own if argument in said},
        )
    return found


class Trainer(msgspec.Struct, frozen=True):
    """A program that trains: what its loop looks like in code.

    Args:
        name: its short name.
        modules: the modules that its names are imported from.
        code: Python's source of them, as far as rates depend on it. It is read where a text uses
            one of its names, in place of what the text does not have; it is never run.
        trains: the method that trains.
        aliases: what the modules are commonly imported as.
        own: names that nobody else has, so that no import has to say whose they are.
        mark: a method that tells that a class derives from the first of those, if only through
            others that the text does not have.
        functions: its functions that a text calls.
        fragment: the class whose arguments people copy without it, and one of them that tells.
        rules: functions that the code calls, which count where no text is read, too.

    """

    name: str
    modules: tuple[str, ...]
    code: str
    trains: str
    aliases: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    mark: str = ""
    functions: tuple[str, ...] = ()
    fragment: tuple[str, str] | None = None
    rules: tuple[Callable[..., Any], ...] = ()

    def body(self) -> list[ast.stmt]:
        """Return the statements of its code."""
        return _parsed(self.code, self.rules)

    def has(self, name: str) -> bool:
        """Whether one of its classes, or of its functions that a text calls, has a name."""
        classes = [s.name for s in self.body() if isinstance(s, ast.ClassDef)]
        return not name.startswith("_") and name in (*classes, *self.functions)


@cache
def _parsed(code: str, rules: tuple[Callable[..., Any], ...]) -> list[ast.stmt]:
    return ast.parse("\n\n".join([code, *map(inspect.getsource, rules)])).body


def modules_in(package: str) -> list[str]:
    """Return the names of a package's modules, none of which is imported for it."""
    import pkgutil

    home = importlib.util.find_spec(package)
    places = None if home is None else home.submodule_search_locations
    return [module.name for module in pkgutil.iter_modules(places)]


@cache
def trainers() -> tuple[Trainer, ...]:
    """Return the trainers whose loops are known."""
    names = importlib.import_module("isorate.configs._index").TRAINERS
    return tuple(importlib.import_module(f"isorate.configs.{name}").TRAINER for name in names)


def trainer_of(origin: str, *, known: bool, used: Collection[str]) -> Trainer | None:
    """Return the trainer that a dotted name is one's of; none where it is nobody's.

    Where nothing says whose it is, it is that of one that is ``used`` already.
    """
    home, _, last = origin.rpartition(".")
    for trainer in trainers():
        bare = not home and (last in trainer.own or trainer.name in used)
        there = home in trainer.modules or (not known and (bare or home in trainer.aliases))
        if there and trainer.has(last):
            return trainer
    return None


@cache
def _built_in() -> frozenset[str]:
    """Return the names of the dialects in this directory, none of which is imported for it."""
    return frozenset(name for name in modules_in("isorate.dialects") if not name.startswith("_"))


@cache
def _of_its_own(name: str) -> Dialect | None:
    """Return the dialect in this directory that has a name; the others are not imported."""
    home = f"isorate.dialects.{name}"
    there = name.isidentifier() and name[0] != "_" and importlib.util.find_spec(home)
    return importlib.import_module(home).DIALECT if there else None


@cache
def builtin() -> dict[str, Dialect]:
    """Return the dialects in this directory, by name."""
    found = [each for each in map(_of_its_own, _built_in()) if each is not None]
    found.sort(key=lambda dialect: (dialect.precedence, dialect.name))
    return {dialect.name: dialect for dialect in found}


#: The group of entry points by which other packages register theirs.
GROUP = "isorate.dialects"


def _entry_points() -> Iterable[Any]:
    from importlib.metadata import entry_points

    return entry_points(group=GROUP)


def _others_have_some() -> bool:
    """Whether a package that is installed may have dialects: Python's own way to ask takes long.

    What is no folder, or is found otherwise than in one, may always.
    """
    if any(hasattr(f, "find_distributions") and f is not PathFinder for f in sys.meta_path):
        return True
    for place in sys.path:
        try:
            names = os.listdir(place or ".")
        except FileNotFoundError:
            continue
        except OSError:
            return True
        for name in names:
            if name.endswith(".egg"):
                return True
            if name.endswith((".dist-info", ".egg-info")):
                with suppress(OSError), Path(place, name, "entry_points.txt").open("rb") as file:
                    if GROUP.encode() in file.read():
                        return True
    return False


@cache
def registered() -> dict[str, Dialect]:
    """Return the built-in dialects and those that other packages registered, by name.

    Raises:
        ReadError: an entry point that is no dialect, or takes a name that is in use.

    """
    dialects = dict(builtin())
    for point in _entry_points() if _others_have_some() else ():
        dialect = point.load()
        if not isinstance(dialect, Dialect):
            raise ReadError(f"entry point {point.name} is no Dialect", got=repr(dialect)[:60])
        if dialect.name in dialects:
            raise ReadError(f"two dialects are called {dialect.name}", got=point.value)
        dialects[dialect.name] = dialect
    return dialects


def get(name: str) -> Dialect:
    """Return a dialect by its name.

    Raises:
        ReadError: no dialect has that name.

    """
    text = name if isinstance(name, str) else ""
    dialect = _of_its_own(text) or registered().get(text)
    if dialect is None:
        known = registered()
        raise ReadError(
            "unknown dialect",
            required=f"one of {', '.join(known)}",
            got=repr(name),
            hint=did_you_mean(text, known),
        )
    return dialect


def called(last: str, *, anywhere: bool = False) -> tuple[type[Call], ...]:
    """Return the constructors whose names end in ``last``, in the order of precedence.

    Those of this directory; those of other packages, too, where ``anywhere`` says so, or where
    there are none.
    """
    found = () if anywhere else _by_last_name(everywhere=False).get(last, ())
    return found or _by_last_name(everywhere=True).get(last, ())


@cache
def _by_last_name(*, everywhere: bool) -> dict[str, tuple[type[Call], ...]]:
    known = registered() if everywhere else builtin()
    order = {name: dialect.precedence for name, dialect in known.items()}
    found: dict[str, list[type[Call]]] = {}
    for constructor in (c for dialect in known.values() for c in dialect.constructors):
        found.setdefault(constructor.card.name.rpartition(".")[2], []).append(constructor)
    for same in found.values():  # a framework's own, then drop-ins for the first framework
        same.sort(key=lambda c: (order[c.card.dialect], order.get(c.card.runs_in, 0)))
    return {last: tuple(same) for last, same in found.items()}


def taking_schedules(origin: str) -> Optimizers | None:
    """Return the optimizers that a dotted name is one of, where they are given schedules."""
    home, last = origin.rpartition(".")[::2]
    for dialect in registered().values():
        whole = dialect.aliases.get(home, home)
        for known in (dialect.optimizers, dialect.takers):
            if known.schedules and f"{whole}.".startswith(f"{known.module}.") and last in known:
                return known
    return None


def own_of(of: Optimizers) -> type[Call] | None:
    """Return what a function of the count is that optimizers are given; none where it is none."""
    known = registered().values()
    bare = (d for d in known if d.own and not d.own.derived[0])
    return next((d.own for d in bare if of in (d.optimizers, d.takers)), None)


def own_in(dialect: str | None, modules: Collection[str]) -> type[Call] | None:
    """Return what a function of the count is in a dialect, or in that whose arrays are used."""
    known = (d for d in registered().values() if d.own and not d.own.derived[0])
    if dialect is not None:
        return next((d.own for d in known if d.name == get(dialect).name), None)
    homes = ((d, {d.name, *d.arrays, *d.arrays.values()}) for d in known)
    return next((d.own for d, home in homes if not home.isdisjoint(modules)), None)


def derived_from(origin: str) -> tuple[type[Call], str] | None:
    """Return what an object of a class derived from a framework's is, and the method that says it.

    None where it is of no function of the count.
    """
    for own in (known.own for known in registered().values() if known.own):
        base, method = own.derived
        if at_home(origin) == base:
            return own, method
    return None


@lru_cache(maxsize=1 << 12)
def of_arrays(origin: str) -> bool:
    """Whether a dotted name is that of a function of a framework's arrays."""
    home = origin.rpartition(".")[0]
    return any(home in (*d.arrays, *d.arrays.values()) for d in registered().values())


def holds_rates(origin: str) -> bool:
    """Whether a dotted name is a tensor that optimizers with lists of rates are given."""
    home, last = origin.rpartition(".")[::2]
    known = [dialect.takers for dialect in registered().values() if dialect.lists]
    return any(last in of.tensors and f"{home}.".startswith(f"{of.package}.") for of in known)


@cache
def _moved() -> dict[str, str]:
    """Return the packages that have what is another's, each with a dot behind."""
    known = (pair for dialect in registered().values() for pair in dialect.aliases.items())
    return {f"{alias}.": f"{module}." for alias, module in known if "." in alias}


@lru_cache(maxsize=1 << 12)
def at_home(origin: str) -> str:
    """Return a dotted name as it is in the module that it is from."""
    for alias, module in _moved().items():
        if origin.startswith(alias):
            return module + origin.removeprefix(alias)
    return origin


@cache
def deserializers() -> frozenset[str]:
    """Return the functions that are given a framework's document of a schedule."""
    return frozenset(name for d in registered().values() for name in d.deserializers)


def document(written: Any) -> Call | None:
    """Return the call that a framework's document says; none where it is no such document."""
    known = (d.document for d in registered().values() if d.document is not None)
    found = (read(written) for read in known if isinstance(written, dict))
    return next((call for call in found if call is not None), None)


def first(what: str, dialect: str | None = None) -> Any:
    """Return what the first dialect that has it says of itself, or a certain one.

    Raises:
        ReadError: the dialect has none.

    """
    having = {d.name: getattr(d, what) for d in registered().values() if getattr(d, what)}
    if dialect not in (None, *having):
        raise ReadError(f"{dialect} has no {what}", hint=f"{' and '.join(having)} has")
    return having[dialect or next(iter(having))]


@cache
def settings() -> frozenset[tuple[str, str]]:
    """Return the statements that tell frameworks how to compute, with the fields that say it."""
    return frozenset(told for c in constructors() for told in c.settings.items())


@cache
def packages() -> dict[str, str]:
    """Return the names that code in the dialects' words may begin with, and what imports each."""
    told = {statement.partition(".")[0] for _, statement in settings()}
    known = registered().values()
    arrays = {name: f"import {module} as {name}" for d in known
              for module, name in d.arrays.items()}  # fmt: skip
    roots = {module.partition(".")[0] for d in known for module in d.arrays}
    named = {*told, *roots, *(d.name for d in known), *(d.optimizers.package for d in known)}
    deeper = {d.name: f"import {d.imported}" for d in known if d.imported}
    return {**{name: f"import {name}" for name in named}, **deeper, **arrays}


def constructors() -> Iterator[type[Call]]:
    """Visit every constructor of every registered dialect."""
    for dialect in registered().values():
        yield from dialect.constructors
