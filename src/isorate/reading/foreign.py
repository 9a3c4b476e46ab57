"""Calls of other packages: constructors, optimizers, and what nobody knows."""

from __future__ import annotations

import ast
import copy
import re
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from isorate.kit import registry
from isorate.reading import arguments, functions
from isorate.reading.arrays import Array
from isorate.reading.effects import PURE, STAYING
from isorate.reading.endings import Fork
from isorate.reading.expressions import is_typed, typed
from isorate.reading.naming import Name, at_home, candidates, holds_schedulers, no_constructor
from isorate.reading.optimizers import PLAIN, RATES, frameworks, is_of
from isorate.reading.optimizers import read as read_optimizer
from isorate.reading.schedules import Argument, LackingError, made_of
from isorate.reading.touching import Touching, holds_rate, is_stepped
from isorate.reading.values import (
    MISSING,
    Bound,
    Built,
    Dict,
    Function,
    Given,
    Instance,
    List,
    Schedule,
    Unknown,
    kept_as_groups,
    parts_of,
    reached,
)
from isorate.schedule.errors import MissingRateError, ReadError
from isorate.schedule.syntax import shown, unparsed, walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from isorate.kit.call import Call

#: Functions that hand a list or a function of rates on as it is.
HANDED_ON: Final = ("array", "asarray", "jit", "list", "tuple")
#: An unknown call of such a name that is given an optimizer or a scheduler makes a scheduler.
SCHEDULER_LIKE: Final = re.compile(
    r"((?<![a-z][A-Z])LR|Scheduler|Schedule|Warmup|WarmUp)$|_?(lr_)?schedul(er|e)$"  # no SimCLR
)
#: Methods that make of an array, or a list, one of the same numbers.
LISTED: Final = ("astype", "tolist", "copy", "flatten", "ravel", "reshape", "asnumpy")


class Foreign(Touching):
    """Follows calls of what the text only imports."""

    whole: list[ast.stmt]
    last: Schedule | None

    def __init__(self, given: Any) -> None:
        super().__init__(given)
        #: Functions of a schedule that nothing has asked for, and what there is to say of each.
        self.unasked: dict[int, ReadError] = {}
        #: What schedules lack.
        self.lacking: list[ReadError] = []
        #: What was handed to a ``prepare``, which wraps it.
        self.prepared: list[Any] = []
        self.splits = False
        #: What there is to say of a rate that an optimizer is given, and that is not followed.
        self.unread_rate = ""
        #: What is told of the run beside the text.
        self.told: dict[str, Any] = {}

    def _named(
        self, name: Name, node: ast.Call, given: list[Argument], named: dict[str, Argument],
        spread: list[str],
    ) -> Any:  # fmt: skip
        """Return what a call of another package's name comes to; ``MISSING`` where it is none."""
        values = [a.value for a in given]
        if self._tells(name, node, given):
            return None
        if name.origin in registry.deserializers():
            return self._deserialized(node, given)
        inside = self._given_schedule(name, node, given, named)
        if inside is not MISSING:
            return inside
        if self.is_constructor(name) and not self._is_a_star_s(name, given, named):
            self._covered(name)
            try:
                self._check_spread(name, spread, [*values, *(a.value for a in named.values())])
                schedule = self.scheduled(name, node, given, named)
            except (LackingError, MissingRateError) as error:
                self.lacking.append(error)  # there may be more that is to be asked for
                optimizer = [*(a.value for k, a in named.items() if k == "optimizer"), *values]
                whose = [v for v in optimizer if "optim" in getattr(v, "source", "")]
                schedule = Schedule(None, node, next(iter(whose or optimizer), None))
                self.found.lacking.append(schedule)
            schedule.loops, schedule.guards = (*self.loops.stack,), self.loops.conditions()
            return schedule
        by_name = {key: argument.value for key, argument in named.items()}
        parsed = None if spread else arguments.made(self, name, values, by_name, node)
        if parsed is not None:
            return parsed
        if name.origin in ("functools.partial", "partial") and values:
            return Bound(values[0], values[1:], by_name)
        grouped = values[:1] and isinstance(values[0], list) and values[0]
        trains = bool(values) or any("param" in key for key in named)  # no Config(lr=0.1)
        rated = (trains and any(rate in named for rate in RATES)) or (
            grouped and any(isinstance(group, Dict) for group in grouped)
        )
        known = registry.taking_schedules(name.origin) or any(is_of(name, f) for f in frameworks())
        if known or (name.last[:1].isupper() and rated):
            self._covered(name)
            built = Built(node, name, values, by_name, spread)
            built.given[:1] = [kept_as_groups(each, built) for each in built.given[:1]]
            if "params" in by_name:
                by_name["params"] = kept_as_groups(by_name["params"], built)
            return built
        every = [*values, *by_name.values()]
        self._check_scheduler_like(name, node, every)
        return MISSING

    def is_prepared(self, values: Iterable[Any]) -> bool:
        """Whether one of some values was handed to a ``prepare``."""
        return any(one is each for one in values for each in self.prepared)

    def prepare(self, owner: Any, given: list[Any]) -> None:
        """Take notice of what a ``prepare`` wraps."""
        made = owner.made[2] if isinstance(owner, Unknown) and owner.made else {}
        alone = made.get("step_scheduler_with_optimizer") is False
        self.prepared += [v for v in given if not (alone and isinstance(v, Schedule))]
        deals = made.get("dataloader_config")
        self.splits = isinstance(deals, Unknown) and bool(
            deals.made and deals.made[2].get("split_batches") is True
        )

    def shared(self, of: Unknown, text: str, batches: Any) -> Any:
        """Return how many batches of a loader each process has."""
        processes: Any = self.told.get("processes")
        dealt = isinstance(processes, int) and processes > 1 and not self.splits
        if not dealt or not isinstance(batches, int) or not self.is_prepared(reached([of])):
            return batches
        own = -(-batches // processes)
        self.assumed[f"{text} is what it is before prepare(): each process has {own} batches"] = (
            None
        )
        return own

    def is_one_of_several(self, function: Unknown) -> bool:
        """Whether what is called is a scheduler of which the text does not say which one."""
        held = function.made[1] if function.made and function.made[0] == "" else ()
        inside = (each for one in held for each in parts_of(one) or [one])
        names = [each.name for each in inside if isinstance(each, Unknown) and each.name]
        chosen = any(self.is_constructor(n) or holds_schedulers(n.origin) for n in names)
        return bool(function.parts) and function.askable and chosen

    def _one_of_several(
        self, function: Unknown, node: ast.Call, given: list[Any], spread: list[str]
    ) -> Schedule:
        """Let it be said which scheduler is built, and with what."""
        leaves = [*function.leaves()]
        optimizer = next((v for v in given if isinstance(v, Built | Unknown)), None)
        others = [value for value in given if value is not optimizer]
        leaves += [leaf for value in others for leaf in self.missing(value) if leaf.askable]
        for each in spread:
            leaves += [Unknown(each.lstrip("*"))] if is_typed(each.lstrip("*")) else []
        rated = isinstance(optimizer, Unknown) and self.lr is None
        schedule = Schedule(None, node, optimizer)
        self.lacking.append(LackingError("the scheduler", leaves, rate=rated))
        self.found.lacking.append(schedule)
        return schedule

    def _foreign_stars(self, name: Name) -> list[str]:
        """Return the modules that are no framework's and that may have handed out a name."""
        root, stars = name.written.partition(".")[0], self.outermost.stars
        covered = root in self.outermost.imported
        return [] if covered else [star for star in stars if not at_home(f"{star}.")]

    def _is_a_star_s(self, name: Name, given: list[Argument], named: dict[str, Argument]) -> bool:
        """Whether a name is another's, which all of a module was imported from: nobody fits it."""
        if name.known or "." in name.written or not self._foreign_stars(name):
            return False
        found = candidates(name)
        if name.last[:1].islower():  # as many call their own: of a package that the text imports
            homes = {each.card.name.partition(".")[0] for each in found}
            nodes = [node for part in self.whole for node in walk(part)]
            paths = [n.module or "" for n in nodes if isinstance(n, ast.ImportFrom)]
            paths += [a.name for n in nodes if isinstance(n, ast.Import) for a in n.names]
            if homes.isdisjoint(path.partition(".")[0] for path in paths):
                return True
        return not any(self._fits(each, (given, named)) for each in found)

    def _covered(self, name: Name) -> None:
        """Say what is taken not to be among all that a module hands out."""
        root, foreign = name.written.partition(".")[0], self._foreign_stars(name)
        if foreign:
            text = f"taken to be none that `from {foreign[-1]} import *` has: {root}"
            self.assumed[text] = None

    def _check_spread(self, name: Name, spread: list[str], others: list[Any]) -> None:
        """Ask for arguments that a scheduler is given all at once, and that nobody knows."""
        if not spread:
            return
        found = candidates(name, self.dialect)
        if not found:
            raise no_constructor(name, self.dialect)
        title, leaves, rate = found[0].card.name, list[Unknown](), False
        for each in spread:
            source = each.lstrip("*")
            if source == "...":  # a text that is cut off, or says no more
                leaves.append(Unknown(source))
                continue
            if not is_typed(source):
                what = "**arguments" if each.startswith("**") else "*arguments"
                raise ReadError(f"{title}: {what} cannot be read")
            kind = "a dict" if each.startswith("**") else "a list"
            leaves.append(Unknown(source, f"{kind} of arguments"))
        for value in others:
            try:
                leaves += self.missing(value) if not isinstance(value, Unknown) else []
                if isinstance(value, Built):
                    read_optimizer(value, found[0].card.runs_in, self.lr)
            except MissingRateError as error:
                leaves += getattr(error, "leaves", [])
                rate = not getattr(error, "leaves", [])
        raise LackingError(title, leaves, rate=rate)

    def _check_scheduler_like(self, name: Name, node: ast.Call, given: Iterable[Any]) -> None:
        """Refuse a scheduler of nobody knows whom, and what is made of a list of rates."""
        values = list(given)
        if not any(isinstance(v, Built | Schedule) for v in values):
            return
        if SCHEDULER_LIKE.search(name.written):
            raise no_constructor(name, None)
        lists = [v for v in values if isinstance(v, Schedule) and self._is_list(v)]
        parts = name.written.split(".")[-2:]
        is_class = any(part[:1].isupper() for part in parts)
        kept = name.last == "append" and all(type(v.call).__name__[:1].isupper() for v in lists)
        if lists and not (is_class or kept or name.last in (*HANDED_ON, "print", "prepare")):
            raise made_of(node, lists[0])

    def _is_list(self, schedule: Schedule) -> bool:
        return schedule.call is not None and not is_stepped(schedule)

    def _tells(self, name: Name, node: ast.Call, given: list[Argument]) -> bool:
        """Take notice of a call that tells a framework how to compute, if it is one.

        Raises:
            ReadError: it comes too late, or what it tells is not known.

        """
        if not node.args:
            return False
        before = ", ".join(map(ast.unparse, node.args[:-1]))
        for field, text in registry.settings():
            if text == f"{name.origin}({before}, True)":
                value = given[-1].value
                if isinstance(value, Unknown):
                    self.lack(name.written, list(value.leaves()))
                calls = [each.call for each in self.found.built if each.call is not None]
                if any(field in call.settings for call in calls):
                    raise ReadError(f"{text} comes after what it changes", hint="write it first")
                (self.found.told.add if value else self.found.told.discard)(field)
                return True
        return False

    def _deserialized(self, node: ast.Call, given: list[Argument]) -> Schedule:
        """Read a document that stands in the text."""
        call = registry.document(given[0].value) if len(given) == 1 else None
        if call is None:
            raise ReadError(f"{shown(node)} is given no schedule", required="its document")
        schedule = Schedule(call, node)
        self.found.built.append(schedule)
        return schedule

    def _given_schedule(
        self, name: Name, node: ast.Call, given: list[Argument], named: dict[str, Argument]
    ) -> Any:
        """Return an optimizer that is given a schedule as its rate; ``MISSING`` if it is none.

        Raises:
            ReadError: it is given several, or something that cannot be followed.

        """
        known = registry.taking_schedules(name.origin)
        if known is None:
            return MISSING
        first, place = known.rate_of(name.last)
        every = [*given, *named.values()]
        rates = every
        if first is not None:
            rates = [named[first]] if first in named else given[place : place + 1]
            for each in rates:
                if isinstance(each.value, Function) and _takes(each.value, first):
                    return Bound(each.value, [])  # inject_hyperparams(own), which is given it
                constructor = registry.own_of(known)
                function = functions.called_as(each.value, self.given)
                if isinstance(function, Function | Bound) and constructor is not None:
                    each.value = self.own_function(constructor, function, node)
                if isinstance(each.value, Function | Bound) or self._is_of_a_function(each.value):
                    text = f"{name.written} is given {each.text}, which is not followed"
                    raise ReadError(text, hint="paste only what builds the schedule")
        if first is not None and len(rates) == 1 and isinstance(rates[0].value, Unknown):
            wrapped = rates[0].value.name
            if wrapped is not None and registry.taking_schedules(wrapped.origin):
                return Bound(Unknown(wrapped.written, name=wrapped), [])  # inject_hyperparams(adam)
        if known.lists and len(rates) == 1:
            rates = [Argument(self._as_schedule(node, rates[0].value))]
        held = [e.value for e in rates if isinstance(e.value, Schedule)]
        held += [e.value.schedule for e in rates if isinstance(e.value, Given)]
        scaled = any(self._scales(e.value) for e in every)
        if len(held) > 1 or (held and scaled):
            text = f"{shown(node)} multiplies the rates of a schedule by others"
            raise ReadError(text, hint="paste only what builds the schedule")
        for argument, why in known.hindered.items() if held else ():
            said = known.parameters(name.last).get(argument) or "None"
            hinders = said not in ("None", "False")
            if argument in named:
                said, value = named[argument].text, named[argument].value
                hinders = value is not None and value is not False
            if hinders:
                text = f"{name.written} has {argument}={said}: {why}"
                raise ReadError(text, hint=f"without {argument} it follows the schedule")
        if known.lists and len(rates) == 1 and is_a_list(rates[0].value):
            try:
                self.lack(name.written, list(rates[0].value.leaves()))
            except LackingError as error:
                self.lacking.append(error)
            self.found.lacking.append(Schedule(None, node))
            return Given(self.found.lacking[-1])
        if not held:
            for each in rates if first is not None and len(rates) == 1 else ():
                value = each.value
                if not isinstance(value, Unknown):
                    continue
                if value.condition is not None and value.condition.askable:
                    raise Fork(value.condition, builds=True)
                inside = [value, *(value.made[1] if value.made else ())]
                whys = [part.why for part in inside if isinstance(part, Unknown)]
                why = next((why for why in whys if why.startswith("cannot compute")), "")
                if why or not value.askable:
                    self.unread_rate = f"{shown(node)} is given {value.source}: {why or value.why}"
            return MISSING
        own = known.kept or first
        if any(own in g for e in every for g in groups_of(e.value)):
            text = f"{name.written} has parameter groups with a {own} of their own, "
            text += "which they keep" if known.kept else "by which it multiplies the schedule's"
            self.assumed[f"{text}: shown is the schedule's"] = None
        return Given(held[0])

    def own_function(self, constructor: type[Call], function: Any, node: ast.Call) -> Schedule:
        """Return a function of the text's, of an optimizer's count, as the schedule that it is."""
        schedule = Schedule(None, node)
        try:
            schedule.call = self.own_call(constructor, function, schedule)
        except LackingError as error:
            self.lacking.append(error)
            self.found.lacking.append(schedule)
            return schedule
        self.found.built.append(schedule)
        self.last = schedule
        self.unasked.pop(id(_inner(function).node), None)
        schedule.loops, schedule.guards = (*self.loops.stack,), self.loops.conditions()
        return schedule

    def _as_schedule(self, node: ast.Call, value: Any) -> Any:
        """Return a list of rates that an optimizer is given as the schedule that it is."""
        if isinstance(value, list | Array) and len(value):
            rates = list(value)
            if all(isinstance(rate, int | float | Unknown) for rate in rates):
                return self.plain_list(node, rates)
        return value

    def _is_of_a_function(self, value: Any) -> bool:
        """Whether a value is made of what a schedule was asked for."""
        leaves = value.leaves() if isinstance(value, Unknown) else ()
        return any(leaf.made is not None and leaf.made[0] == "schedule" for leaf in leaves)

    def _scales(self, value: Any) -> bool:
        """Whether a value is an optimizer whose rate is something else than 1 and -1."""
        name = value.name if isinstance(value, Built) else None
        known = None if name is None else registry.taking_schedules(name.origin)
        last = "" if name is None else name.last
        first = None if known is None else known.rate_of(last)[0]
        given = [value.named[first]] if first in getattr(value, "named", ()) else []
        given += getattr(value, "given", []) if first is not None else []
        return bool(given) and (not isinstance(given[0], int | float) or abs(given[0]) != 1)

    def _foreign_call(
        self, function: Any, given: list[Any], named: dict[str, Any], node: Any
    ) -> Any:
        """Return what nobody knows, made by a function of another package."""
        name = function.name if isinstance(function, Unknown) else None
        written_ = name.written if name is not None else unparsed(getattr(node, "func", node))
        last = written_.rpartition(".")[2]
        values = [*given, *named.values()]
        self.strange += 1
        if isinstance(function, Unknown):
            self._touch_owner(function, given, named, node)
        self._trains(written_, getattr(function, "owner", None) or function, values, node)
        if last == "prepare":
            self.touch([v for v in given if isinstance(v, Instance | List | Dict)], node)
        if last == "prepare" and given:
            self.prepare(getattr(function, "owner", None), given)
            return given[0] if len(given) == 1 else tuple(given)
        if last in ("array", "asarray", "jit", "ascontiguousarray") and given[:1] and isinstance(
            given[0], Schedule
        ):  # fmt: skip
            return given[0]
        origin = name.origin if name is not None else ""
        if origin == "copy.deepcopy" and given:
            found = self._copied(given[0], node)
            if found is not MISSING:
                return found
        first, owner = next(iter(given), None), getattr(function, "owner", None)
        listed = isinstance(first, Schedule | Array | list) or is_a_list(first)
        if listed and registry.holds_rates(origin):
            return first
        if is_a_list(owner) and last in LISTED:
            return self.unknown(node, [owner])
        if last[:1].isupper():  # a class keeps what it is given
            self.hand(values, node)
            if name is None and registry.called(last) and any(map(holds_rate, reached(values))):
                text = f"nobody knows which {last} it is that {shown(node)} builds"
                raise ReadError(text, hint=f"import {last} from one place only")
        elif last not in (*PURE, "step") and not ("." in origin and at_home(origin)):
            self.touch(values, node)
        plain = last[:1].isupper() or (last in PLAIN and all(map(self.is_plain, given[-1:])))
        source = unparsed(node)
        asked = self.outermost.trains or last in STAYING
        if asked and isinstance(function, Unknown) and not values:
            source = f"{function.source}()"  # as the text has it
            if source in self.given:
                return self.given.take(source)
        made = (origin or written_, given, named)
        why = self.at(node) if not typed(node) else ""
        turning = bool(self.loops.stack) or self.turns is not None
        varies = turning and not last[:1].isupper()
        condition = function.condition if isinstance(function, Unknown) else None
        return Unknown(source, why, made=made, plain=plain, varies=varies, condition=condition)

    def _copied(self, value: Any, node: Any) -> Any:
        """Return a copy that shares nothing with a value; ``MISSING`` where it is not known."""
        match value:
            case Built():
                held = reached([*value.given, *value.named.values()])
                plain = not any(isinstance(each, list | dict) for each in held)
                plain = plain and value.groups is None and not value.used
                lost = value.lost or ("" if plain else f"{shown(node)} is not followed")
                return replace(value, lost=lost, groups=None, read={}, used=False, label="",
                               calls=[])  # fmt: skip
            case Schedule() if value.writes_to is not None:
                return Unknown(unparsed(node), self.at(node), varies=True)
            case List() | Dict() if all(map(_is_data, reached([value]))):
                return copy.deepcopy(value)
        return MISSING


def _is_data(value: Any) -> bool:
    """Whether a value is a list, a dict or a tuple of the text that nothing has changed."""
    plain = type(value) in (List, Dict) and value.lost is None and value.owner is None
    return plain or type(value) is tuple


def _inner(function: Any) -> Function:
    """Return the function of the text that has some of its arguments already."""
    while isinstance(function, Bound):
        function = function.function
    return function  # type: ignore[no-any-return]


def _takes(function: Function, name: str) -> bool:
    """Whether a function of the text has a parameter of such a name."""
    known = function.node.args
    return name in {a.arg for a in (*known.posonlyargs, *known.args, *known.kwonlyargs)}


def groups_of(params: Any) -> list[dict[Any, Any]]:
    """Return the parameter groups that a list has."""
    listed = params if isinstance(params, list | tuple) else ()
    return [each for each in listed if isinstance(each, dict)]


def is_a_list(value: Any) -> bool:
    """Whether a value is made of the items of a list, or an array, that nobody knows."""
    if not isinstance(value, Unknown):
        return False
    held = value.made[1] if value.made is not None and value.made[0] == "" else ()
    return any(isinstance(each, List | Array) for each in held) or any(map(is_a_list, value.parts))


def is_of_rates(value: Any) -> bool:
    """Whether a value may be what an optimizer is given as its rate: a list, or a schedule."""
    if isinstance(value, Schedule):
        return value.call is None or value.call.card.clock == "update"
    return isinstance(value, Array) or is_a_list(value)
