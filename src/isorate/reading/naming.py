"""Whose constructor a name is, as Python would have it: imports first, then the name itself."""

from __future__ import annotations

import builtins
import re
import sys
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from isorate.dialects._unread import names_a_scheduler, unread
from isorate.kit import registry
from isorate.schedule.errors import ReadError
from isorate.schedule.nearest import did_you_mean
from isorate.schedule.printable import owner
from isorate.schedule.syntax import shown

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Collection, Iterable

    from isorate.kit.call import Call
    from isorate.kit.registry import Dialect

    Constructor = type[Call]

#: Where a name comes from that the text itself defines.
HERE = "<text>"
#: What modules of schedulers are imported as.
ALIAS: Final = re.compile(r"lr|sched|optim")


class Name(msgspec.Struct, frozen=True):
    """A dotted name of the text.

    Args:
        written: as it is written.
        origin: as the text's imports have it, else as written; ``<text>.name`` where the text
            defines it.
        known: whether the text says where it comes from.

    """

    written: str
    origin: str
    known: bool

    @property
    def is_here(self) -> bool:
        """Whether the text itself says what it is."""
        return self.origin.startswith(f"{HERE}.")

    @property
    def last(self) -> str:
        """The last part of where it comes from."""
        return self.origin.rpartition(".")[2]


#: What a package is imported as is no longer, where nothing of the text imports it.
LONGEST_SHORT: Final = 3


def candidates(
    name: Name, dialect: str | None = None, *, anywhere: bool = False
) -> list[Constructor]:
    """Return the constructors that a name may be, in the order of precedence."""
    called = registry.called(name.last, anywhere=anywhere or dialect is not None)
    spoken = () if dialect is None else (dialect, *registry.get(dialect).holds)
    found = [c for c in called if dialect is None or c.card.dialect in spoken]
    prefix = name.origin.rpartition(".")[0]
    if name.known:
        return [c for c in found if _is_from(prefix, c)]
    if not prefix:  # a builtin is Python's own, whoever has a constructor of that name
        return [] if hasattr(builtins, name.last) else found
    fitting = [c for c in found if _prefix_fits(prefix, c)] or (found if is_alias(name) else [])
    return fitting or [c for c in found if is_short_for(prefix, c)]


def is_short_for(prefix: str, constructor: Constructor) -> bool:
    """Whether a prefix is a constructor's module, its package shortened as imports do."""
    root, _, rest = prefix.lower().partition(".")
    package, _, inside = constructor.card.name.rpartition(".")[0].partition(".")
    letters = iter(package)
    in_order = all(letter in letters for letter in root) and root[:1] == package[:1]
    return in_order and rest == inside and (1 if rest else 2) <= len(root) <= LONGEST_SHORT


def is_alias(name: Name) -> bool:
    """Whether a class is had from what is called as a module of schedulers: nothing says which."""
    prefix, _, last = name.origin.rpartition(".")
    if name.known or "." in prefix or not last[:1].isupper() or not ALIAS.search(prefix):
        return False
    aliased = any(prefix in dialect.aliases for dialect in registry.builtin().values())
    return not (aliased or at_home(name.origin) or _unread(name))


@lru_cache(maxsize=1 << 12)
def is_scheduler(name: Name) -> bool:
    """Whether a name is a scheduler's, of whatever framework, known or not read yet."""
    if candidates(name):
        return True
    if hasattr(builtins, name.last):
        return False
    written = name.written.rpartition(".")[2]
    if registry.called(name.last) or (name.known and registry.called(written)):
        return True
    if _refused(name) is not None:
        return True
    return names_a_scheduler(name.last) and bool(_unread(name))


def choose(
    name: Name,
    dialect: str | None,
    fits: Callable[[Constructor], bool],
    framework: str | None = None,
    named: Collection[str] = (),
) -> tuple[Constructor, list[Constructor]]:
    """Choose the constructor that a name means by the arguments, then by precedence.

    Where the optimizer is known to be a framework's, so is the constructor. Of two that train in
    one framework, a bare name is the second's only where an argument's name says so.

    Returns:
        The constructor, and those of other frameworks that it could have been as well.

    Raises:
        ReadError: no dialect has it.

    """
    found = candidates(name, dialect)
    if not found:
        raise no_constructor(name, dialect)
    fitting = list(filter(fits, found))
    if not fitting and dialect is None:
        fitting = list(filter(fits, candidates(name, anywhere=True)))
    first = found[0]
    if dialect is None and first not in fitting and "." not in name.origin:
        own = set(first.parameters())
        said = not own.issuperset(named)
        fitting = [c for c in fitting if said or c.card.runs_in != first.card.runs_in]
    fitting = fitting or found
    if framework is not None:
        fitting = [c for c in fitting if c.card.runs_in == framework] or fitting
        fitting.sort(key=lambda c: c.card.drop_in)
    chosen, *rest = fitting
    return chosen, [c for c in rest if not c.card.drop_in and c.card.dialect != chosen.card.dialect]


def no_constructor(name: Name, dialect: str | None) -> ReadError:
    """Return what there is to say of a name that is no constructor."""
    origin, whose, refused = name.origin, _unread(name), _refused(name)
    if refused is not None:
        return ReadError(f"{name.last} is not read: {refused}")
    if whose:
        of = " or ".join(map(owner, whose))
        text = f"{name.last} is {of}, which Isorate knows of but does not read yet"
        return ReadError(text, hint="isorate dialects lists what is read")
    same = [c for c in _writable(name.last) if dialect in (None, c.card.dialect)]
    write = " or ".join(c.card.name for c in same)
    give = f"--set {name.written}={same[0].card.name}" if same else ""
    if len(same) > 1:
        give += f" or {', '.join(c.card.dialect for c in same[1:])}'s"
    if name.is_here:
        text = f"{name.written} is a class of the text's own, which is not followed"
        return ReadError(text, hint=f"{give}, if it is that" if give else None)
    if name.known and not at_home(name.origin):
        text = f"{name.written} is imported as {name.origin}, which no dialect has"
        instead = f", or {give}, if it is that" if give else ""
        return ReadError(text, hint=f"what it imports is not opened: give the files, too{instead}")
    if any(name.last in dialect.optimizers for dialect in registry.builtin().values()):
        return ReadError(f"{name.last} is an optimizer, and the text builds no scheduler")
    if not same:
        where = f"the dialect {dialect}" if dialect else "no dialect"
        return ReadError(
            f"{where} has {'no ' if dialect else ''}{name.last}", hint=_near(name, dialect)
        )
    if _is_own(origin):  # there are more of them than calls
        text = f"{origin} is not read; it has the rates of what it stands in for"
        return ReadError(text, hint=f"write {write}")
    return ReadError(f"{origin} does not exist", hint=f"write {write}")


def value_of(name: Name) -> Any:
    """Return the value that a framework's own name stands for; none where it has none."""
    return _entry(name, "constants")


def also_of(name: Name) -> list[str]:
    """Return the frameworks that have a name, too, and are not read."""
    return [] if name.known or "." in name.written else _unread(name)


def unread_of(names: Iterable[Name]) -> str | None:
    """Return the first of the frameworks, known but not read, that some names come from."""
    return next((title for name in names if name.known for title in _unread(name)), None)


def _refused(name: Name) -> str | None:
    """Return why a framework's constructor is not spoken; none where it is none of those."""
    reason = _entry(name, "refused")
    return None if reason is None else str(reason)


@lru_cache(maxsize=1 << 12)
def _entry(name: Name, kind: str) -> Any:
    """Look up a name that a dialect lists; whichever module of its package it is had from."""
    for dialect in registry.builtin().values():
        for listed, entry in getattr(dialect, kind).items():
            package = name.origin.startswith(f"{dialect.name}.")
            if (package and name.origin.endswith(f".{listed}")) or (
                not name.known and name.origin == listed
            ):
                return entry
    return None


def not_a_name(func: ast.expr) -> ReadError:
    """Return what there is to say of a call of something else than a name."""
    return ReadError(f"{shown(func)} is not a constructor's name")


def _unread(name: Name) -> list[str]:
    """Return the frameworks, known but not read, that a name belongs to.

    One that is not imported counts by its last part where that alone tells: not one of another
    package's, nor a function of whatever object.
    """
    prefix = name.origin.rpartition(".")[0]
    alias = ALIAS.search(prefix) and "." not in prefix and not name.last[:1].islower()
    read = {dialect.title for dialect in registry.builtin().values()}
    found = unread(name.origin, of_a_package=name.known or bool(prefix and not alias))
    return [title for title in found if title not in read]


def _writable(name: str) -> list[Constructor]:
    """Return the constructors of a name, if it is not one of Python's own, which means itself."""
    return [] if hasattr(builtins, name) else list(registry.called(name))


def _near(name: Name, dialect: str | None) -> str:
    known = {
        c.card.name.rpartition(".")[2]
        for d in registry.builtin().values()
        if dialect in (None, d.name)
        for c in d.constructors
    } - set(dir(builtins))
    return did_you_mean(name.last, sorted(known)) or "isorate dialects lists what there is"


def _is_own(origin: str) -> bool:
    """Whether one of Isorate's own packages has a name: by its text, as it may need a framework."""
    home, _, last = origin.rpartition(".")
    try:
        found = find_spec(home) if home.startswith("isorate.") else None
    except ModuleNotFoundError:
        return False
    text = Path(found.origin).read_text("utf-8") if found and found.origin else ""
    return f'"{last}"' in text  # in its __all__


def at_home(origin: str) -> bool:
    """Whether a name comes from a package that a dialect reads."""
    return origin.partition(".")[0] in _roots(tuple(registry.builtin()))


def is_elsewhere(name: Name) -> bool:
    """Whether a name is of a package that is no framework and not Python's own."""
    package = name.origin.lstrip(".").partition(".")[0]
    here = name.is_here or at_home(f"{name.origin}.")
    return not here and package not in sys.stdlib_module_names


def path_of(module: str) -> str:
    """Return the file that a module is in."""
    return f"{module.lstrip('.').replace('.', '/')}.py"


def holds_schedulers(origin: str) -> bool:
    """Whether a name is a module's that schedulers come from, whole or its tail."""
    modules = _modules(tuple(registry.builtin()))
    return any(module == origin or module.endswith(f".{origin}") for module in modules)


@lru_cache(maxsize=8)
def _modules(dialects: tuple[str, ...]) -> frozenset[str]:
    """Return the modules that the constructors of some dialects come from."""
    every = [c for name in dialects for c in registry.builtin()[name].constructors]
    return frozenset(c.card.name.rpartition(".")[0] for c in every) - {""}


@lru_cache(maxsize=8)
def _roots(dialects: tuple[str, ...]) -> frozenset[str]:
    """Return the packages that the constructors of some dialects come from."""
    every = [c for name in dialects for c in registry.builtin()[name].constructors]
    return frozenset(c.card.name.partition(".")[0] for c in every if "." in c.card.name)


def _is_from(module: str, constructor: Constructor) -> bool:
    """Whether a constructor is had from a module: its own, or one in it, where it is defined."""
    home = constructor.card.name.rpartition(".")[0]
    return module == home or module.startswith(f"{home}.")


def _prefix_fits(prefix: str, constructor: Constructor) -> bool:
    module = constructor.card.name.rpartition(".")[0]
    home = registry.get(constructor.card.dialect)
    return _is_from(prefix, constructor) or prefix_fits(prefix, module, home)


def prefix_fits(prefix: str, module: str, home: Dialect) -> bool:
    """Whether a prefix is the tail of a module, or an alias of one."""
    head, _, tail = prefix.partition(".")
    expanded = {prefix, home.aliases.get(prefix, prefix)}
    if head in home.aliases:
        expanded.add(f"{home.aliases[head]}.{tail}" if tail else home.aliases[head])
    return any(module.endswith(f".{e}") or f"{e}.".startswith(f"{module}.") for e in expanded)
