"""What calls come to: the text's own functions, Python's, constructors, and what nobody knows."""

from __future__ import annotations

import ast
import re
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from isorate.kit import registry
from isorate.kit.call import Call
from isorate.reading import arguments, builtin, subclasses
from isorate.reading.arguments import Commands, Dataclasses, Parser
from isorate.reading.arrays import Array, LongList
from isorate.reading.effects import HARMLESS, PURE, STAYING
from isorate.reading.endings import Returning, Undecided
from isorate.reading.expressions import TROUBLE, is_typed, typed
from isorate.reading.frames import Frame
from isorate.reading.loops import Loops, Scope
from isorate.reading.mentions import mentions
from isorate.reading.naming import HERE, Name, at_home, candidates, holds_schedulers, no_constructor
from isorate.reading.optimizers import PLAIN, RATES, frameworks, is_of
from isorate.reading.optimizers import read as read_optimizer
from isorate.reading.schedules import Argument, LackingError, Schedules, made_of
from isorate.reading.values import (
    MISSING,
    Bound,
    Built,
    Builtin,
    Class,
    Default,
    Dict,
    Function,
    Given,
    Group,
    Groups,
    Instance,
    Kept,
    List,
    Method,
    Module,
    Schedule,
    Super,
    Unknown,
    kept_as_groups,
    parts_of,
    reached,
    unknown_in,
    written,
)
from isorate.reading.values import PLAIN as NUMBERS
from isorate.schedule.errors import MissingRateError, ReadError
from isorate.schedule.syntax import shown, unparsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from isorate.reading.turns import Turns

#: Functions of the text call each other no deeper.
DEEPEST: Final = 40
#: Calls that only say something, and train nothing.
TALK: Final = ("print", "logger", "logging", "log", "warnings", "range", "len", "tqdm")
#: Unknown functions of such names train.
TRAINING: Final = re.compile(r"train|fit|learn|optimi|update|epoch|backward|step")
#: What takes an update: of an optimizer, or of what is given one, as a scaler of losses is.
STEPPING: Final = ("step", "optimizer_step", "minimize")
#: Functions that hand a list or a function of rates on as it is.
HANDED_ON: Final = ("array", "asarray", "jit", "list", "tuple")
#: An unknown call of such a name that is given an optimizer or a scheduler makes a scheduler.
SCHEDULER_LIKE: Final = re.compile(
    r"((?<![a-z][A-Z])LR|Scheduler|Schedule|Warmup|WarmUp)$|_?(lr_)?schedul(er|e)$"  # no SimCLR
)
#: Decorators that leave a function what it is.
LEAVING: Final = ("wraps", "no_grad", "lru_cache", "cache", "jit", "inference_mode")


class Calls(Schedules):
    """Follows calls."""

    def __init__(self, given: Any) -> None:
        super().__init__(given)
        self.depth = 0
        #: What happens in the text's loops.
        self.loops = Loops()
        #: The bodies that are being followed.
        self.scopes: list[Scope] = []
        #: Unknown calls that were given what holds the rates, by where they stand.
        self.handed: dict[str, None] = {}
        self.loaded = False
        self.prepared = False
        #: What is said of the run beside the text, and what of it a trainer's code made the run of.
        self.told: dict[str, Any] = {}
        self.counted: set[str] = set()
        #: The loop that is followed turn by turn.
        self.turns: Turns | None = None
        #: What schedules lack.
        self.lacking: list[ReadError] = []
        #: A class of the text's by whose name it is a scheduler's, where it has one.
        self.own_scheduler = ""
        #: Functions that were called.
        self.run_: set[int] = set()
        #: Those that are being followed.
        self.frames: list[Frame] = []
        #: The last call, and the frame that its arguments are of.
        self.caller: tuple[ast.AST | None, Frame] = None, self.outermost

    def body(self, statements: Sequence[ast.stmt], frame: Frame) -> None:
        """Follow statements."""
        raise NotImplementedError

    def stepped(self, schedule: Schedule, node: ast.Call, given: list[Any]) -> None:
        """Take notice that a scheduler takes a step."""
        raise NotImplementedError

    def builds(self, nodes: Sequence[ast.AST], frame: Frame) -> bool:
        """Whether some part of the text builds a schedule, or does something to an optimizer."""
        raise NotImplementedError

    def havoc(self, nodes: Sequence[ast.AST], frame: Frame, condition: Unknown | None) -> None:
        """Let whatever statements may touch be unknown."""
        raise NotImplementedError

    def sets_rates(self, node: ast.AST) -> bool:
        """Whether a statement sets a rate, or calls functions of the text that do."""
        raise NotImplementedError

    def lose_steps(self, node: ast.AST) -> None:
        """Take notice that something may step or train which is not followed."""
        raise NotImplementedError

    def bound_effects(self, function: Function) -> None:
        """Let what a function may change be unknown, as somebody may call it."""
        raise NotImplementedError

    # --- calls ---------------------------------------------------------------------------------

    def call(self, node: ast.Call, frame: Frame) -> Any:
        function = self.value(node.func, frame)
        if isinstance(function, Builtin) and function.name == "super":
            return self._super(node, frame)
        given, named, spread = self._arguments(node, frame)
        name = function.name if isinstance(function, Unknown) else None
        if isinstance(function, Unknown) and name is not None:
            found = self._named(name, node, given, named, spread)
            if found is not MISSING:
                return found
        elif isinstance(function, Unknown) and isinstance(node.func, ast.Attribute):
            lost = Name(node.func.attr, ast.unparse(node.func), known=True)
            held = reached(a.value for a in (*given, *named.values()))
            self._check_scheduler_like(lost, node, held)
        values = [argument.value for argument in given]
        by_name = {key: argument.value for key, argument in named.items()}
        if isinstance(function, Unknown) and self.is_one_of_several(function):
            return self._one_of_several(function, node, [*values, *by_name.values()], spread)
        if spread and isinstance(function, Method):
            values += [Unknown(each, varies=True) for each in spread]
        elif spread and not isinstance(function, Unknown):
            return self._lost_call(function, node, values, by_name)
        self.caller = node, frame
        return self.called(function, values, by_name, node)

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

    def _super(self, node: ast.Call, frame: Frame) -> Any:
        """Return what ``super()`` is where a method calls it."""
        home: Frame | None = frame
        while home is not None and home.of is None:
            home = home.parent
        of = home.of.of if home is not None and isinstance(home.of, Function) else None
        if home is None or of is None or not home.of.node.args.args:
            return Unknown(unparsed(node))
        instance = home.get(home.of.node.args.args[0].arg)
        return Super(of, instance) if isinstance(instance, Instance) else Unknown(shown(node))

    def _arguments(
        self, node: ast.Call, frame: Frame
    ) -> tuple[list[Argument], dict[str, Argument], list[str]]:
        """Return the arguments by place and by name, and those that are not known, as source."""
        given: list[Argument] = []
        named: dict[str, Argument] = {}
        spread: list[str] = []
        for each in node.args:
            if isinstance(each, ast.Starred):
                value = self.value(each.value, frame)
                items = self.items(value)
                if items is None:
                    spread.append(ast.unparse(each))
                else:
                    given += [Argument(item) for item in items]
            else:
                given.append(Argument(self.value(each, frame), each))
        for keyword in node.keywords:
            value = self.value(keyword.value, frame)
            if keyword.arg is not None:
                if keyword.arg in named:
                    raise ReadError(f"{shown(node.func)} got {keyword.arg!r} twice")
                named[keyword.arg] = Argument(value, keyword.value)
            elif isinstance(value, dict) and not getattr(value, "lost", None):
                named.update({str(key): Argument(item) for key, item in value.items()})
            else:
                spread.append(f"**{ast.unparse(keyword.value)}")
        return given, named, spread

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
                schedule = Schedule(None, node, next(iter(optimizer), None))
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
        rated = any(rate in named for rate in RATES) or (
            grouped and any(isinstance(group, Dict) for group in grouped)
        )
        if any(is_of(name, f) for f in frameworks()) or (name.last[:1].isupper() and rated):
            self._covered(name)
            built = Built(node, name, values, by_name, spread)
            built.given[:1] = [kept_as_groups(each, built) for each in built.given[:1]]
            if "params" in by_name:
                by_name["params"] = kept_as_groups(by_name["params"], built)
            return built
        every = [*values, *by_name.values()]
        self._check_scheduler_like(name, node, every)
        if name.last == "prepare" and len(values) > 1:
            self.prepared = self.prepared or any(isinstance(v, Schedule) for v in values)
        return MISSING

    def _foreign_stars(self, name: Name) -> list[str]:
        """Return the modules that are no framework's and that may have handed out a name."""
        root, stars = name.written.partition(".")[0], self.outermost.stars
        covered = root in self.outermost.imported
        return [] if covered else [star for star in stars if not at_home(f"{star}.")]

    def _is_a_star_s(self, name: Name, given: list[Argument], named: dict[str, Argument]) -> bool:
        """Whether a name is another's, which all of a module was imported from: nobody fits it."""
        if name.known or "." in name.written or not self._foreign_stars(name):
            return False
        return not any(self._fits(each, (given, named)) for each in candidates(name))

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
        return schedule.call is not None and not hasattr(schedule.call, "optimizer")

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
                if isinstance(each.value, Function | Bound) or self._is_of_a_function(each.value):
                    text = f"{name.written} is given {each.text}, which is not followed"
                    raise ReadError(text, hint="paste only what builds the schedule")
        if first is not None and len(rates) == 1 and isinstance(rates[0].value, Unknown):
            wrapped = rates[0].value.name
            if wrapped is not None and registry.taking_schedules(wrapped.origin):
                return Bound(Unknown(wrapped.written, name=wrapped), [])  # inject_hyperparams(adam)
        if first is not None and known.rate and len(rates) == 1:
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
        if known.rate and not held:
            return MISSING
        if held:
            own = "lr" if known.rate else first
            if any(own in g for e in every for g in groups_of(e.value)):
                text = f"{name.written} has parameter groups with a {own} of their own, "
                text += "which they keep" if known.rate else "by which it multiplies the schedule's"
                self.assumed[f"{text}: shown is the schedule's"] = None
            return Given(held[0])
        by_name = {key: argument.value for key, argument in named.items()}
        return Built(node, name, [each.value for each in given], by_name, [])

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

    # --- what is called ------------------------------------------------------------------------

    def called(self, function: Any, given: list[Any], named: dict[str, Any], node: Any) -> Any:
        match function:
            case Builtin():
                return self._python(function, given, named, node)
            case Function():
                return self._own(function, given, named, node)
            case Bound(function=Unknown(name=Name() as name)) if isinstance(node, ast.Call):
                placed = [Argument(v) for v in given]
                by_name = {key: Argument(value) for key, value in named.items()}
                found = self._named(name, node, placed, by_name, [])
                if found is not MISSING:
                    return found
            case Bound():
                every = {**function.named, **named}
                return self.called(function.function, [*function.given, *given], every, node)
            case Class():
                return self._instance(function, given, named, node)
            case Method():
                return self._method(function, given, named, node)
            case Instance():
                inner = function.of.find("__call__")
                if isinstance(inner, Function):
                    return self._own(inner, [function, *given], named, node)
                inner = function.of.find("forward")
                if isinstance(inner, Function):
                    return self._foreign_call(function, given, named, node)
            case Schedule():
                return Unknown(unparsed(node), varies=True, made=("schedule", [function], {}))
        return self._foreign_call(function, given, named, node)

    def _foreign_call(
        self, function: Any, given: list[Any], named: dict[str, Any], node: Any
    ) -> Any:
        """Return what nobody knows, made by a function of another package."""
        name = function.name if isinstance(function, Unknown) else None
        written_ = name.written if name is not None else ast.unparse(getattr(node, "func", node))
        last = written_.rpartition(".")[2]
        values = [*given, *named.values()]
        self.strange += 1
        if isinstance(function, Unknown):
            self._touch_owner(function, given, named, node)
        self._trains(written_, getattr(function, "owner", None) or function, values, node)
        if last == "prepare":
            self.touch([v for v in given if isinstance(v, Instance | List | Dict)], node)
        if last == "prepare" and len(given) > 1:
            self.prepared = self.prepared or any(isinstance(v, Schedule) for v in values)
            return tuple(given)
        if last == "prepare" and len(given) == 1:
            self.prepared = self.prepared or isinstance(given[0], Schedule)
            return given[0]
        if last in ("array", "asarray", "jit", "ascontiguousarray") and given[:1] and isinstance(
            given[0], Schedule
        ):  # fmt: skip
            return given[0]
        origin = name.origin if name is not None else ""
        listed = given[:1] and isinstance(given[0], Schedule | Array | list)
        if listed and registry.holds_rates(origin):
            return given[0]
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

    def _trains(self, written_: str, owner: Any, given: list[Any], node: Any) -> None:
        """Take notice of a call that trains, or that is taken to."""
        last = written_.rpartition(".")[2]
        if written_.partition(".")[0] in TALK or last in (*PURE, "append", "extend", "get_lr"):
            return
        parts = owner.made[1] if isinstance(owner, Unknown) and owner.made else ()
        if last == "step" and any(isinstance(part, Schedule | Method) for part in parts):
            return  # a scheduler by another name, whose step it is
        stepped = [value for value in given if isinstance(value, Built | Given)]
        minimizes = last == "minimize" and any(isinstance(part, Given) for part in parts)
        if minimizes or (last in STEPPING and (stepped or not given)):
            self.loops.happens("update", stepped[0] if stepped else owner, node)
        elif last == "backward" or last[:1].isupper():
            return
        elif (
            self.loops.stack
            or TRAINING.search(last.lower())
            or any(map(holds_rate, reached(given)))
        ):
            self.loops.happens("training", given, node)

    def hand(self, values: Iterable[Any], node: Any) -> None:
        """Take notice that what holds a rate was handed to somebody who may write it."""
        call = getattr(node, "func", node)
        quiet = self.outermost.trains or getattr(call, "attr", "") in HARMLESS
        for value in () if quiet else reached(values):
            if holds_rate(value):
                self.handed[f"{shown(call)} (line {getattr(node, 'lineno', self.line)})"] = None

    def _touch_owner(
        self, function: Unknown, given: list[Any], named: dict[str, Any], node: Any
    ) -> None:
        """Take notice that a method may change what it is called on."""
        for method in function.made[1] if function.made and function.made[0] == "" else ():
            if isinstance(method, Method):  # by a name that may stand for something else by now
                self.called(method, given, named, node)
        if not isinstance(node, ast.Call):
            return
        if function.owner is None and not isinstance(node.func, ast.Attribute):
            return
        owner = function.owner or function
        last = getattr(node.func, "attr", function.source.rpartition(".")[2])
        if last in HARMLESS:
            for value in owner.made[1] if owner.made and owner.made[0] == "" else ():
                if isinstance(value, Schedule) and last == "step":
                    self.called(Method(value, "step"), given, named, node)
            return
        if last == "load_state_dict" and owner.made:
            self.loaded = True
        else:
            made = owner.made[1] if owner.made else []
            own = owner.made is not None and owner.made[0] == ""
            for each in made if own else ():
                value = each.of if isinstance(each, Method) else each
                adds = last == "add_param_group"
                if isinstance(value, Built) and (adds or owner.source != value.label):
                    self.rate_changed(value, node)
                if isinstance(value, Schedule):
                    raise changing(node, value)
            if not own:  # an object that is given another keeps it, and may use it
                given = [value for value in made if not isinstance(value, Instance)]
                made = list(filter(holds_rate, reached(given)))
            self.touch(made, node)
            owner.kept.clear()

    def _lost_call(self, function: Any, node: ast.Call, given: list[Any], named: Any) -> Any:
        """Return what nobody knows, as not all arguments are known."""
        if isinstance(function, Function | Bound | Class):
            inner = function
            while isinstance(inner, Bound):
                inner = inner.function
            if isinstance(inner, Function):
                self.bound_effects(inner)
        self.touch([*given, *named.values()], node)
        return Unknown(unparsed(node), self.at(node), plain=False)

    def touch(self, values: Iterable[Any], node: ast.AST) -> None:
        """Take notice that values were handed to somebody who may change them."""
        for value in reached(values):
            match value:
                case List() | Dict() | Array():
                    if isinstance(value, Group):
                        self.rate_changed(value.owner, node)
                    value.lost = Unknown(written(value)[:60], self.at(node))
                case Built():
                    if value.used or self.loops.stack:
                        self.hand([value], node)
                    if not value.used:
                        value.lost = f"{shown(node)} is not followed, and may say its rate"
                        value.groups = None
                case Schedule():
                    self.hand([value], node)
                case Instance():
                    value.kept.forgets(self.at(node), None, varies=bool(self.loops.stack))
                    value.kept.clear()
                case Parser():
                    value.lost = self.at(node)
                case Module():
                    value.frame.lose_all(self.at(node))
                case Unknown():
                    value.kept.clear()
                case Function():
                    self.bound_effects(value)

    def minded(self, value: Any, node: ast.AST) -> None:
        """Mind a change of what may be an optimizer's parameter groups, or one of them."""
        owner = value.owner if isinstance(value, Kept) else None
        if owner is not None:
            self.rate_changed(owner, node)
            if not isinstance(value, Group | Groups):
                owner.lost = f"{shown(node)} changes a parameter group, which is not followed"

    def rate_changed(self, optimizer: Built, node: ast.AST) -> None:
        """Refuse what changes a rate that a scheduler has in hand.

        Raises:
            ReadError: a scheduler was built on it.

        """
        if optimizer.used:
            text = f"{shown(node)} changes {optimizer.label or 'the optimizer'}, which is not"
            raise ReadError(f"{text} followed", hint="paste only what builds the schedule")

    # --- Python's ------------------------------------------------------------------------------

    def _python(self, function: Builtin, given: list[Any], named: dict[str, Any], node: Any) -> Any:
        name = function.name
        if name in OF_TRAINERS:
            return self._of_trainers(name, given, node)
        if function.module:
            return self._of_module(function, given, named, node)
        match name, given:
            case ("print" | "id" | "repr" | "type" | "callable" | "input" | "open", _):
                self.strange += name == "open"
                return Unknown(unparsed(node), varies=True)
            case "isinstance", [value, kinds]:
                return self._is_a(value, kinds, node)
            case "getattr", [Schedule() as base, Unknown(), *_]:
                raise changing(node, base)
            case "getattr", [Built() as base, Unknown(), *_]:
                self.rate_changed(base, node)
                base.lost = f"{shown(node)} is not followed, and may say its rate"
                return Unknown(unparsed(node), varies=True)
            case "getattr", [Unknown(name=Name()) as base, Unknown() as attribute, *_]:
                found = self.unknown(node, [attribute])
                found.made = ("", [base], {})
                return found
            case "getattr", [base, str() as attribute, *default]:
                return self._getattr(base, attribute, default, node)
            case "hasattr", [Instance() as base, str() as attribute]:
                there = attribute in base.kept or base.of.find(attribute) is not MISSING
                sure = there or not (base.of.foreign or base.kept.touched or base.kept.lost)
                return there if sure else Unknown(unparsed(node))
            case "hasattr", [Unknown(varies=False), str()]:
                return Unknown(unparsed(node), "" if is_typed(unparsed(node)) else self.at(node))
            case "setattr", [base, str() as attribute, value]:
                place = ast.Attribute(node.args[0], attribute, ast.Store())
                return self.store_attribute(base, attribute, value, place)
            case "vars", [Instance() as base]:
                return base.kept
            case ("vars" | "next", [Built() | Schedule() | Unknown() as base, *_]):
                made = base.made if isinstance(base, Unknown) else ("", [base], {})
                return Unknown(unparsed(node), self.at(node), made=made, plain=False)
            case ("list" | "tuple", [Schedule() as one]):
                return one
            case "map", [Builtin() | Function() as one, list() | tuple() | range() as several]:
                items = self.items(several) or []
                return List(self.called(one, [item], {}, node) for item in items)
            case "filter" | "map", [_, source]:
                found = self.unknown(node, [source])
                found.plain = self.is_plain(source)
                self.touch(given, node)
                return found
            case ("list" | "tuple" | "iter" | "reversed", [Unknown() as source]):
                found = self.unknown(node, [source])
                found.plain, found.made = source.plain, ("", given, named)
                return found
            case "len", [Unknown() as source]:
                return self.length(source, node.args[0])
        if name not in builtin.FUNCTIONS:
            if name == "eval" and _is_name(next(iter(given), None)):
                self.assumed[f"taken to change nothing: {shown(node)} (line {self.line})"] = None
            elif name in ("exec", "eval", "globals", "locals", "vars"):
                self.outermost.lose_all(self.at(node))
                self.loops.lost = self.loops.lost or (node if self.loops.stack else None)
            self.touch(given, node)
            return Unknown(unparsed(node), self.at(node), plain=False, varies=True)
        if name not in PURE or "key" in named:
            functions = [v for v in (*given, *named.values()) if isinstance(v, Function)]
            if functions:
                return self.unknown(node, given)
        if name == "dict" and not given:
            return Dict(named)
        return self.computed(node, builtin.FUNCTIONS[name], given, **named)

    def _of_module(
        self, function: Builtin, given: list[Any], named: dict[str, Any], node: Any
    ) -> Any:
        """Return what a function of arithmetic comes to."""
        if given[:1] and isinstance(given[0], Schedule) and function.name in HANDED_ON:
            return given[0]
        given, named = _with_dtypes(given, named)
        numbers: Any = builtin.MODULES[function.module][function.name]
        return self.computed(node, numbers, given, **named)

    def length(self, source: Unknown, node: ast.expr) -> Any:
        """Return how long something is that nobody knows."""
        named = is_typed(source.source)
        text = f"len({source.source if named else unparsed(node)})"
        if text in self.given:
            return self.given.take(text)
        if source.parts and not source.varies and not any(u.made for u in source.leaves()):
            return self.unknown(node, [source])
        return Unknown(text, varies=source.varies, condition=source.condition)

    def _is_a(self, value: Any, kinds: Any, node: ast.expr) -> Any:
        """Return whether a value is of a class, or of one of several."""
        if isinstance(value, Unknown):
            return self.unknown(node, [value])
        found = [_of_kind(value, k) for k in (kinds if isinstance(kinds, tuple) else (kinds,))]
        if True in found or None not in found:
            return True in found
        return Unknown(unparsed(node), self.at(node), varies=True)

    def _of_trainers(self, name: str, given: list[Any], node: ast.AST) -> Any:
        """Return what a function comes to that only the code of trainers has."""
        match name, given:
            case "refuse", [str() as text]:
                raise ReadError(f"{text} ({self.place(self.line)})")
            case "assume", [str() as text]:
                self.assumed[f"{text} ({self.place(self.line)})"] = None
            case "asked", [value, instead]:
                if isinstance(value, Unknown):
                    self.lacking.append(LackingError("the loop", list(value.leaves())))
                    return instead
                return value
            case "told", [str() as fact]:
                return self._told(fact)
            case "is_known", [value]:
                return not isinstance(value, Unknown)
            case "arguments_of_init", []:
                return self._arguments_of_init()
        return None

    def _told(self, fact: str) -> Any:
        """Return what is said beside the text of a run that a trainer makes, or none."""
        value = self.told.get(fact)
        if fact in self.given:
            value = self.given.take(fact)
        elif value is None:
            return None
        else:
            self.counted.add(fact)
        if not isinstance(value, int | float) or value <= 0:
            raise ReadError(fact, required="a number above 0", got=repr(value))
        return value

    def _arguments_of_init(self) -> Dict:
        """Return what the ``__init__`` is given that is being followed, and those that it is in."""
        found = Dict()
        for frame in reversed(self.frames[:-1]):
            function = frame.of
            if function is None or function.name != "__init__":
                break
            arguments = function.node.args
            placed = (*arguments.posonlyargs, *arguments.args)[1:]
            names = [argument.arg for argument in (*placed, *arguments.kwonlyargs)]
            found |= {name: frame.names[name] for name in names if name in frame.names}
            more = frame.names.get(arguments.kwarg.arg) if arguments.kwarg else None
            found |= more if isinstance(more, dict) else {}
        return found

    def _getattr(self, base: Any, name: str, default: list[Any], node: ast.expr) -> Any:
        if isinstance(base, Unknown):
            place = ast.Attribute(node.args[0], name, ast.Load())  # type: ignore[attr-defined]
            return self.attribute(base, name, place)
        if isinstance(base, Instance):
            found = base.kept.get(name, base.of.find(name))
            if found is MISSING and default and not (base.of.foreign or base.kept.touched):
                return default[0]
            return self.attribute(base, name, node)
        return self.attribute(base, name, node)

    def store_attribute(self, base: Any, name: str, value: Any, target: ast.expr) -> None:
        """Let an attribute stand for a value."""
        raise NotImplementedError

    # --- methods -------------------------------------------------------------------------------

    def _method(self, method: Method, given: list[Any], named: dict[str, Any], node: Any) -> Any:
        match method.of:
            case Schedule() as schedule:
                return self._of_schedule(schedule, method.name, given, named, node)
            case Built() as optimizer:
                return self._of_optimizer_called(optimizer, method.name, given, named, node)
            case Parser() | Commands() | Dataclasses() as parser:
                return parser.called(self, method.name, given, named, node)
        of, name = method.of, method.name
        if isinstance(of, Array):
            given, named = _with_dtypes(given, named)
        unknown = [v for v in (*given, *named.values()) if isinstance(v, Unknown)]
        storing = name in ("append", "insert", "extend", "update", "setdefault", "add")
        if name not in HARMLESS:
            self.minded(of, node)
            if self.turns is not None and isinstance(of, Group):
                text = f"{shown(node)} changes a parameter group, which is not followed"
                raise ReadError(text, hint="paste only what sets the rate")
        if unknown and (not storing or name in ("extend", "update") or not given):
            return self._lost_method(of, name, node, unknown)
        if name == "setdefault" and isinstance(given[0], Unknown):
            return self._lost_method(of, name, node, unknown)
        if name == "extend" and isinstance(of, list) and isinstance(given[0], Schedule):
            raise made_of(node, given[0])
        try:
            return self.sized(builtin.method(of, name, given, named))
        except TROUBLE:
            return self._lost_method(of, name, node, unknown)

    def _lost_method(self, of: Any, name: str, node: Any, unknown: list[Unknown]) -> Any:
        if isinstance(of, List | Dict | Array) and (
            builtin.changes(of, name) or name not in HARMLESS
        ):
            of.lost = Unknown(written(of)[:60], self.at(node))
        found = self.unknown(node, [*unknown, *unknown_in(of)])
        if not found.parts:
            found.varies = True
        return found

    def _of_schedule(
        self, schedule: Schedule, name: str, given: list[Any], named: dict[str, Any], node: Any
    ) -> Any:
        if name == "get_last_lr":
            self.loops.happens("asked", schedule, node)
        if not schedule.told_by and schedule.call is not None:
            schedule.told_by = schedule.call.returned.told_by
        if name in ("step", schedule.told_by):
            if schedule.told_by in ("", name) or not (given or named):
                self.stepped(schedule, node, [*given, *named.values()])
        elif name in ("load_state_dict", "set_state_dict"):
            self.loaded = True
        elif name in ("append", "extend", "insert") and self._is_list(schedule):
            raise made_of(node, schedule)
        elif name not in (*HARMLESS, "init", "update", "__call__", "construct", "train", "eval"):
            raise changing(node, schedule)
        return Unknown(unparsed(node), varies=True)

    def _of_optimizer_called(
        self, optimizer: Built, name: str, given: list[Any], named: dict[str, Any], node: Any
    ) -> Any:
        if name == "step":
            self.loops.happens("update", optimizer, node)
        elif name == "add_param_group":
            self._add_group(optimizer, [*given, *named.values()], node)
        elif name == "load_state_dict":
            if optimizer.used:
                self.loaded = True
            else:
                optimizer.lost = f"{shown(node)} is not followed, and may say its rate"
        elif name not in (*HARMLESS, "train", "eval"):
            self.rate_changed(optimizer, node)
            optimizer.lost = f"{shown(node)} is not followed, and may say its rate"
        return Unknown(unparsed(node), varies=True)

    def _add_group(self, optimizer: Built, given: list[Any], node: ast.AST) -> None:
        self.rate_changed(optimizer, node)
        self.open(optimizer)
        entry = given[0] if given else None
        if optimizer.groups is None or not isinstance(entry, Dict) or entry.lost:
            optimizer.lost = f"{shown(node)} is not followed, and may say its rate"
            return
        default = optimizer.named.get("lr", MISSING)
        if default is MISSING:
            default = self.default_rate(optimizer)
        group = Group({"lr": default, **entry})
        group.owner = optimizer
        optimizer.groups.append(group)

    def default_rate(self, optimizer: Built) -> Any:
        """Return the rate of an optimizer for groups without their own."""
        fresh = Built(optimizer.node, optimizer.name, [Unknown("params")],
                      {k: v for k, v in optimizer.named.items() if k != "params"}, [])  # fmt: skip
        fresh.given += optimizer.given[1:]
        self.open(fresh)
        return fresh.groups[0]["lr"] if fresh.groups else Unknown("lr", self.at(optimizer.node))

    # --- the text's own ------------------------------------------------------------------------

    def _own(self, function: Function, given: list[Any], named: dict[str, Any], node: Any) -> Any:
        """Follow a function of the text."""
        self.run_.add(id(function.node))
        self.steps -= 10  # it takes as long
        if self.depth >= DEEPEST:
            self.bound_effects(function)
            return Unknown(unparsed(node), self.at(node), plain=False)
        if function.frame.outermost.trains:
            function = replace(function, node=at_line(function.node, node.lineno))
        frame = Frame(self.given, function.frame, of=function)
        if function.kind == "command":  # what it is called with is for who parses its arguments
            if given or "args" in named:
                raise ReadError(f"{shown(node)} is given a command line, which is not followed")
            named = {}
        if not self._bind(function, given, named, frame, node):
            return self._lost_call(function, node, given, named)
        if isinstance(function.node, ast.Lambda):
            return self.value(function.node.body, frame)
        if mentions(function.node).yields or _is_abstract(function.node):
            return self._lost_call(function, node, given, named)
        self.depth += 1
        line, outermost = self.line, self.outermost
        self.outermost = function.frame.outermost
        self.frames.append(frame)
        self.scopes.append(Scope(function.node.body, frame))
        try:
            self.body(function.node.body, frame)
        except Returning as returned:
            if frame.may_return and not isinstance(returned.value, NUMBERS[-1]):
                return Unknown(unparsed(node), self.at(node), plain=False, varies=True)
            return returned.value
        except Undecided as end:
            sets = end.condition is not None and self.sets_rates(function.node)
            if end.builds or sets or self.builds([function.node], function.frame):
                raise
            self.lose_steps(function.node)
            self.havoc(function.node.body, frame, end.condition)
            return end.of(node, self.at(node))
        finally:
            self.frames.pop()
            self.scopes.pop()
            self.depth -= 1
            self.line, self.outermost = line, outermost
        return None

    def _bind(
        self, function: Function, given: list[Any], named: dict[str, Any], frame: Frame, node: Any
    ) -> bool:
        """Give a function its arguments; whether they fit."""
        node_ = function.node.args
        placed = [argument.arg for argument in (*node_.posonlyargs, *node_.args)]
        alone = [argument.arg for argument in node_.kwonlyargs]
        values = dict(zip(placed, given, strict=False))
        rest, more = given[len(placed) :], {}
        if rest and not node_.vararg:
            return False
        for name, value in named.items():
            if name in placed or name in alone:
                values[name] = value
            else:
                more[name] = value
        if more and not node_.kwarg:
            return False
        for name in (*placed, *alone):
            if name not in values:
                missing = Unknown(name, f"{function.name} is given none")
                default = function.defaults.get(name, missing)
                known = isinstance(default, Default)
                values[name] = self.default(default, name) if known else default
        if node_.vararg:
            values[node_.vararg.arg] = tuple(rest)
        if node_.kwarg:
            values[node_.kwarg.arg] = Dict(more)
        for name, value in values.items():  # main(parse()): it is asked for by the name
            made = isinstance(value, Unknown) and value.made and not value.parts
            own = isinstance(value, Instance) and not function.frame.outermost.trains
            if (made and not value.varies) or own:
                value.source = name if "(" in value.source else value.source
        frame.names.update(values)
        asked, caller = self.caller
        if asked is node and isinstance(node, ast.Call):
            texts = {str(k.arg): k.value for k in node.keywords}
            texts |= dict(zip(placed[len(given) - len(node.args) :], node.args, strict=False))
            frame.arguments = {n: (values.get(n), text, caller) for n, text in texts.items()}
        return True

    def _instance(self, of: Class, given: list[Any], named: dict[str, Any], node: Any) -> Any:
        """Build an object of a class of the text."""
        every = [*given, *named.values()]
        foreign = [base.name for base in of.foreign if base.name is not None]
        own = any(base.origin.rpartition(".")[2] in BASES or self.is_constructor(base)
                  for base in foreign)  # fmt: skip
        if own:
            made = self.subclass(of, given, named, node)
            if made is not None:
                return made
            raise no_constructor(Name(of.name, f"{HERE}.{of.name}", known=True), None)
        if SCHEDULER_LIKE.search(of.name) and any(
            isinstance(v, Built | Schedule | Unknown) for v in every
        ):  # which it is said to be, where nothing comes of it
            self.own_scheduler = of.name
        if any("ptimizer" in base.written or is_of_any(base) for base in foreign):
            return Unknown(unparsed(node), f"{shown(node)} is of the text's own, which is not "
                           "followed", made=("", given, named), plain=False)  # fmt: skip
        instance = Instance(of, unparsed(node), line=node.lineno)
        if of.fields is not None:
            self._fill(instance, of.fields, given, named, node)
            after = of.find("__post_init__")
            if isinstance(after, Function):
                self._own(after, [instance], {}, node)
            return instance
        start = of.find("__init__")
        if isinstance(start, Function):
            self._own(start, [instance, *given], named, node)
        elif of.foreign:
            self.touch(every, node)
        return instance

    def subclass(
        self, of: Class, given: list[Any], named: dict[str, Any], node: Any
    ) -> Schedule | None:
        """Return what an object of a scheduler's class makes, where its ``get_lr`` says it."""

        def start(instance: Instance) -> None:
            first = of.find("__init__")
            there = Unknown("optimizer")  # which it only hands on
            placed = [there if isinstance(v, Built) else v for v in given]
            by_name = {k: there if isinstance(v, Built) else v for k, v in named.items()}
            if isinstance(first, Function):
                self._own(first, [instance, *placed], by_name, node)

        try:
            schedule = subclasses.subclass(self, of, given, named, node, start)
        except (LackingError, MissingRateError) as error:
            self.lacking.append(error)
            schedule = Schedule(None, node)
            self.found.lacking.append(schedule)
        except ReadError as error:
            said = no_constructor(Name(of.name, f"{HERE}.{of.name}", known=True), None)
            raise ReadError(f"{said.what}: {error.what}", hint=error.hint or said.hint) from None
        if schedule is not None:
            schedule.loops, schedule.guards = (*self.loops.stack,), self.loops.conditions()
        return schedule

    def _fill(
        self, instance: Instance, fields: list[str], given: list[Any], named: dict[str, Any],
        node: Any,
    ) -> None:  # fmt: skip
        values = {**dict(zip(fields, given, strict=False)), **named}
        for name in fields:
            default = instance.of.find(name)
            missing = Unknown(f"{instance.source}.{name}") if default is MISSING else default
            declared = default.made if isinstance(default, Unknown) else None
            if declared is not None and declared[0].rpartition(".")[2] == "field":
                made = declared[2].get("default_factory")
                missing = declared[2].get("default", missing)
                missing = missing if made is None else self.called(made, [], {}, node)
            instance.kept[name] = values.get(name, missing)


def _is_abstract(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function is there for a subclass to say what it does."""
    *_, last = node.body
    raised = last.exc if isinstance(last, ast.Raise) else None
    name = raised.func if isinstance(raised, ast.Call) else raised
    told = all(isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)
               for each in node.body[:-1])  # fmt: skip
    return told and isinstance(name, ast.Name) and name.id == "NotImplementedError"


#: Functions that only the code of trainers has: what they come to is said where they are called.
OF_TRAINERS: Final = ("refuse", "assume", "asked", "told", "is_known", "arguments_of_init")
#: Kinds of numbers, by the names that modules have for them.
DTYPES: Final = ("float32", "float16", "half", "double", "int32", "int64")
#: Python's classes of values.
KINDS: Final = {"bool": bool, "int": int, "float": float, "str": str, "list": list, "tuple": tuple,
                "dict": dict, "set": set}  # fmt: skip


def _of_kind(value: Any, kind: Any) -> bool | None:
    """Whether a value is of a class; none where nobody knows."""
    match kind, value:
        case Unknown(name=Name(is_here=False) as name), Schedule(call=Call() as call) if (
            name.last in BASES
        ):  # what all schedulers of a framework are derived from
            return True if _is_home(name, call) else None
        case Builtin(name=name, module=""), Schedule() if name in KINDS:
            return False if name != "list" or hasattr(value.call, "optimizer") else None
        case Builtin(name=name, module=""), _ if name in KINDS:
            return isinstance(value, KINDS[name]) or (
                name == "list" and isinstance(value, LongList)
            )
        case Class(), Instance(of=of):
            return _derived(of, kind) or (None if of.foreign else False)
        case Class(), _:
            return False
        case Unknown(name=Name(is_here=False) as name), Schedule(call=call):
            found = candidates(name)
            return isinstance(call, tuple(found)) if found else None
        case Unknown(name=Name() as name), _ if isinstance(value, (*NUMBERS, list, dict, Built)):
            return False if candidates(name) else None
    return None


def _is_home(name: Name, call: Call) -> bool:
    """Whether a name comes from where a call's own does; one that is not imported may."""
    home = name.origin.rpartition(".")[0]
    return not (home and name.known) or call.card.name.startswith(f"{home}.")


def groups_of(params: Any) -> list[dict[Any, Any]]:
    """Return the parameter groups that a list has."""
    listed = params if isinstance(params, list | tuple) else ()
    return [each for each in listed if isinstance(each, dict)]


def _with_dtypes(given: list[Any], named: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return arguments with the names of dtypes in their stead."""

    def dtype(value: Any) -> Any:
        if isinstance(value, Builtin) and value.name in ("float", "int", "float64"):
            return value.name
        known = value.name if isinstance(value, Unknown) else None
        return known.last if known is not None and known.last in DTYPES else value

    return [*map(dtype, given)], {key: dtype(value) for key, value in named.items()}


def _derived(of: Any, kind: Class) -> bool:
    return of is kind or (isinstance(of, Class) and any(_derived(b, kind) for b in of.bases))


def at_line(node: Any, line: int) -> Any:
    """Return a function of a trainer's as if it stood in the line that calls it."""
    found = deepcopy(node)
    for each in ast.walk(found):
        if hasattr(each, "lineno"):
            each.lineno = line
    return found


def _is_name(text: Any) -> bool:
    """Whether a text that is evaluated is a name, or nobody knows what it is."""
    return isinstance(text, Unknown) or (
        isinstance(text, str) and all(part.isidentifier() for part in text.split("."))
    )


def changing(node: ast.AST, schedule: Schedule) -> ReadError:
    """Return what there is to say of what changes a scheduler."""
    text = f"{shown(node)} changes {schedule.label or 'the scheduler'}, which is not followed"
    return ReadError(text, hint="paste only what builds the schedule")


def holds_rate(value: Any) -> bool:
    """Whether a value is an optimizer, or a scheduler that writes into one."""
    call = value.call if isinstance(value, Schedule) else None
    owned = hasattr(call, "optimizer") or getattr(call, "owner", None) is not None
    return isinstance(value, Built) or owned


#: What schedulers are derived from.
BASES: Final = ("LRScheduler", "_LRScheduler", "LearningRateSchedule", "LearningRateScheduler")


def is_of_any(name: Name) -> bool:
    """Whether a name is an optimizer of some framework's own."""
    return any(is_of(name, framework) for framework in frameworks())
