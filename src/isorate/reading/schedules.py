"""Calls of constructors, given values: whose they are, their arguments, and what is missing."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import replace

from isorate.kit import registry
from isorate.kit.call import Call, Composition
from isorate.kit.counted import Count
from isorate.reading import functions, in_arrays, optimizers
from isorate.reading.arrays import Array
from isorate.reading.expressions import Expressions
from isorate.reading.naming import Name, also_of, choose, is_alias, is_scheduler, is_short_for
from isorate.reading.optimizers import RATES, frameworks, is_of, of_rates, without_rates
from isorate.reading.values import (
    MISSING,
    NO_TEXT,
    PLAIN,
    Bound,
    Built,
    Builtin,
    Dict,
    Function,
    Given,
    Group,
    Groups,
    Instance,
    Kept,
    Method,
    Schedule,
    Sizes,
    Unknown,
    written,
)
from isorate.schedule.errors import MissingRateError, OwnRateError, ReadError, ScheduleError
from isorate.schedule.expression import LARGEST_INTEGER
from isorate.schedule.nearest import did_you_mean
from isorate.schedule.printable import owner
from isorate.schedule.syntax import dotted, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from isorate.kit.card import Card
    from isorate.kit.optimizer import Optimizer
    from isorate.kit.registry import Lists

#: Calls that no first argument makes an optimizer.
NO_OPTIMIZERS: Final = ("float", "int", "min", "max", "abs", "len", "round", "sum")


class Argument(msgspec.Struct, eq=False):
    """A value that a call is given, and its text, where it has one of its own."""

    value: Any
    node: ast.expr | None = None

    @property
    def text(self) -> str:
        """Its text, for a message."""
        return written(self.value) if self.node is None else shown(self.node)


class LackingError(ReadError):
    """A schedule lacks values that nobody knows."""

    def __init__(
        self, name: str, leaves: Iterable[Unknown], *, rate: bool = False, more: str = ""
    ) -> None:
        leaves = optimizers.apart(leaves)
        told = [f"{u.source} ({u.why})" if u.why else u.source for u in leaves]
        told = [text.removeprefix(f"{NO_TEXT} ") for text in told]
        text = f"{name} uses names without a value: {', '.join(dict.fromkeys(told))}"
        hint = optimizers.hint_of(leaves, (" --lr 0.1" if rate else "") + more)
        super().__init__(text, hint=hint or "write its value in its place")
        self.leaves, self.name, self.rate = leaves, name, rate


def all_of(errors: Sequence[ReadError], more: str = "") -> ReadError:
    """Return what several schedules lack as one error, so that it is asked for at once.

    With it ``more`` that has to be said, as it is typed.
    """
    telling = [e for e in errors if not isinstance(e, LackingError) or e.leaves or e.rate]
    first, *others = telling or errors
    if not (others or more):
        return first
    leaves = optimizers.apart(u for e in telling for u in getattr(e, "leaves", ()))
    rate = any(getattr(e, "rate", not getattr(e, "leaves", ())) for e in telling)
    rates = [e for e in telling if isinstance(e, MissingRateError)]
    if len(rates) == len(telling):
        hint = optimizers.hint_of(leaves, " --lr 0.1" if rate else "") if leaves else RATE
        said = MissingRateError(first.what, hint=hint.strip() + more)
        said.leaves = leaves  # type: ignore[attr-defined]
        return said
    named = [e.name for e in telling or errors if isinstance(e, LackingError)]
    return LackingError(named[-1], leaves, rate=rate, more=more)  # which holds the others, perhaps


class Found(msgspec.Struct):
    """What a text has come to so far."""

    #: The schedulers in the order in which Python would build them, and those that one holds.
    built: list[Schedule] = msgspec.field(default_factory=list)
    held: set[int] = msgspec.field(default_factory=set)
    choices: dict[str, str] = msgspec.field(default_factory=dict)
    #: Those that lack something.
    lacking: list[Schedule] = msgspec.field(default_factory=list)
    #: What the text tells frameworks beforehand, by the calls' fields that say it.
    told: set[str] = msgspec.field(default_factory=set)


class Schedules(Expressions):
    """Builds schedules of values."""

    lr: Any
    #: Whether an optimizer took the rate beside the text, and that one has another in the text.
    beside_used: bool = False
    twice: OwnRateError | None = None
    dialect: str | None
    longest: int
    found: Found
    sizes: Sizes
    beside: Optimizer | None
    #: What was taken for granted, a sentence each.
    assumed: dict[str, None]
    #: Functions of the text as expressions, by their identity.
    expressions: dict[tuple[int, bool], tuple[Any, Any]]

    def scheduled(self, name: Name, node: ast.Call, given: list[Argument],
                  named: dict[str, Argument]) -> Schedule:  # fmt: skip
        """Build the schedule that a constructor makes."""
        self.steps -= 10  # it takes as long
        arguments = (given, named)
        whose = self._framework(given, named)
        constructor, others = choose(
            name, self.dialect, partial(self._fits, arguments=arguments), whose, named
        )
        if whose not in (None, constructor.card.runs_in):
            text = f"{constructor.card.name} is given an optimizer of {whose}'s"
            raise ReadError(text, required=f"one of {constructor.card.runs_in}'s")
        also = [*dict.fromkeys(c.card.dialect for c in others), *also_of(name)]
        if also and not name.known:
            theirs = " and ".join(also)
            have = "have" if " and " in theirs else "has"
            text = f"{name.written} is {owner(constructor.card.dialect)}; {theirs} {have} one, too"
            self.found.choices.setdefault(name.written, text)
        elif is_alias(name) or is_short_for(name.origin.rpartition(".")[0], constructor):
            text = f"{name.written} is taken for {constructor.card.name}: nothing imports it"
            self.found.choices.setdefault(name.written, text)
        known = registry.get(constructor.card.dialect)
        for argument in known.gone.keys() & named.keys():
            text = f"{known.name} {known.version} refuses {argument}; {known.gone[argument]}"
            self.found.choices.setdefault(argument, text)
        return self._built(constructor, node, self._given(constructor, *arguments), given)

    def is_constructor(self, name: Name | None) -> bool:
        """Whether a name is a scheduler's, of whatever framework."""
        return name is not None and is_scheduler(name)

    def _framework(self, given: list[Argument], named: Mapping[str, Argument]) -> str | None:
        """Return whose optimizer a scheduler is given, where the text says it."""
        first = [named["optimizer"]] if "optimizer" in named else []
        for argument in [*first, *given[:2]]:
            if isinstance(argument.value, Built):
                name = argument.value.name
                own = [f for f in frameworks() if is_of(name, f)]
                if len(own) == 1:
                    return own[0]
        return None

    # --- which arguments -----------------------------------------------------------------------

    def _fits(self, constructor: type[Call], arguments: Any) -> bool:
        """Whether a constructor takes the arguments, as far as their names and number go."""
        try:
            given = self._given(constructor, *arguments)
        except ReadError:
            return False
        optional = {"optimizer", *constructor.defaults()}
        return all(f in given or f in optional for f in constructor.parameters())

    def _given(
        self, constructor: type[Call], placed: list[Argument], named: Mapping[str, Argument]
    ) -> dict[str, Argument]:
        """Return the arguments of a call by the constructor's names for them."""
        fields = list(constructor.parameters()[: constructor.placed])
        name = constructor.card.name
        if "optimizer" in fields:
            place = fields.index("optimizer")
            if not any(map(self._is_optimizer, placed[place : place + 1])):
                fields.remove("optimizer")
        elif any(isinstance(each.value, Built) for each in placed[:1]):
            hint = "give the file that has it, too, where it is your own class"
            raise ReadError(f"{name} takes no optimizer", hint=hint)
        if len(placed) > len(fields):
            required = f"at most {len(fields)}"
            raise ReadError(f"{name} has too many arguments", required=required, got=len(placed))
        given = dict(zip(fields, placed, strict=False))
        for argument, value in named.items():
            if argument in registry.get(constructor.card.dialect).gone:
                continue
            beside = constructor.older.get(argument)
            if beside is not None and _beside(beside, named):
                text = f"{argument} is an older version's: here it changes no rate"
                self.found.choices.setdefault(argument, text)
                continue
            if argument not in constructor.parameters():
                near = did_you_mean(argument, constructor.parameters())
                text = f"{name} has no argument {argument!r}"
                raise ReadError(text, hint=near or constructor.signature())
            if argument in given:
                raise ReadError(f"{name} got {argument!r} twice")
            given[argument] = value
        return given

    def _is_optimizer(self, argument: Argument) -> bool:
        """Whether a first argument is an optimizer, and no number that is given without one."""
        if not isinstance(argument.value, Unknown):
            called = (dotted(argument.node) if argument.node is not None else None) or ""
            return isinstance(argument.value, Built | Instance | None) or "optim" in called.lower()
        match argument.node:
            case ast.Call(func=func):
                return (dotted(func) or "float").rpartition(".")[2] not in NO_OPTIMIZERS
            case None | ast.Name() | ast.Attribute() | ast.Subscript() | ast.NamedExpr():
                return True
        return False

    # --- building ------------------------------------------------------------------------------

    def _built(
        self, constructor: type[Call], node: ast.Call, given: dict[str, Argument],
        placed: list[Argument],
    ) -> Schedule:  # fmt: skip
        if constructor.of_rates is not None:
            places = ((name, functions.of_rate(each.value)) for name, each in given.items())
            own = {name: replace(given[name], value=of) for name, of in places if of is not None}
            given, constructor = {**given, **own}, constructor.of_rates if own else constructor
        before, self.tensors = self.tensors, constructor.tensors
        try:
            return self._made(constructor, node, given, placed)
        finally:
            self.tensors = before

    def _made(
        self, constructor: type[Call], node: ast.Call, given: dict[str, Argument],
        placed: list[Argument],
    ) -> Schedule:  # fmt: skip
        name = constructor.card.name
        lists = [each.value for each in given.values() if isinstance(each.value, Kept)]
        schedule = Schedule(None, node, own=constructor.own_functions())
        unrated: MissingRateError | None = None
        held: LackingError | None = None
        values: dict[str, Any] = {}
        try:
            values = self._whose(constructor, given, schedule)
        except MissingRateError as error:
            unrated = error
        except LackingError as error:
            held = error
        values |= self._count_among(constructor, given)
        missing = [u for each in given.values() for u in self.missing(each.value)]
        missing += [] if held is None else held.leaves
        if unrated is not None or missing:
            missing += [u for each in given.values() for u in self._lacking(each.value)]
        if unrated is not None and not missing:
            raise unrated
        if missing or held is not None:
            rated = getattr(unrated, "leaves", ())
            self.lack(name, [*missing, *rated], rate=unrated is not None and not rated)
        values.update({f: self.argument(v.value, schedule) for f, v in given.items()})
        for field_ in constructor.parameters():
            if field_ not in values and field_ not in constructor.defaults():
                hint = None
                if placed and isinstance(placed[0].node, ast.Name):
                    text = placed[0].node.id
                    hint = f"{text!r} was taken for the optimizer; or --set {text}=..."
                raise ReadError(f"{name} lacks the argument {field_!r}", hint=hint)
        if isinstance(values.get("schedule"), str):
            values["schedule"] = self._schedule_of(values["schedule"], values.get("optimizer"))
        told = {name: True for name in constructor.settings if name in self.found.told}
        call = constructor.of(values, **told)
        self._check_same_optimizer(call)
        for each in lists if schedule.members else ():
            each.holder = schedule
        if call.card.clock == "step":  # what a scheduler holds is not stepped by the loop
            self.found.held |= {id(member) for member in call.members}
        schedule.call = call
        self.found.built.append(schedule)
        if isinstance(schedule.optimizer, Built):
            schedule.optimizer.calls.append(call)
            mask(schedule.optimizer)
        return schedule

    def _whose(
        self, constructor: type[Call], given: dict[str, Argument], schedule: Schedule
    ) -> dict[str, Any]:
        """Return the arguments that an optimizer is, and those that have one."""
        if issubclass(constructor, Composition) and "schedulers" in given:
            return self._composition(constructor, given, schedule)
        if constructor.beside:
            return {"optimizer": self._beside(constructor, schedule)}
        if "optimizer" in constructor.parameters():
            optimizer = given.pop("optimizer", None)
            return {"optimizer": self.optimizer_of(optimizer, constructor, schedule)}
        if self.lr is not None:
            name = constructor.card.name
            raise OwnRateError(f"{name} carries its own rates", hint="leave lr away")
        return {}

    def _count_among(self, constructor: type[Call], given: dict[str, Argument]) -> dict[str, Any]:
        """Return the argument that is the count of updates: whatever it is, no number is known."""
        if not constructor.count or constructor.count not in given:
            return {}
        argument = given.pop(constructor.count)
        if not _is_count(argument.value):
            text = f"{constructor.card.name}: {argument.text} is no count of the updates"
            raise ReadError(text, hint=f"write {constructor.count}=global_step")
        text = f"{argument.text} counts the updates from 0: what trains is given it"
        self.found.choices.setdefault(argument.text, text)
        return {constructor.count: Count("global_step")}

    def of_function(self, rates: list[Any], optimizer: Any = None) -> Call:
        """Return the call whose rates are functions of the step, one a parameter group."""
        constructor = registry.first("function", self.dialect)
        first, function = constructor.parameters()[:2]
        held = first == "optimizer"
        base = without_rates(optimizer, constructor.card.dialect, len(rates)) if held else 1.0
        argument = rates[0] if all(rate is rates[0] for rate in rates) else rates
        return constructor.of({first: base, function: argument})  # type: ignore[no-any-return]

    def lack(self, name: str, missing: list[Unknown], *, rate: bool = False) -> None:
        """Say what a schedule lacks, perhaps its first rate, too."""
        raise NotImplementedError

    def _lacking(self, function: Any) -> list[Unknown]:
        """Return what a function of the step lacks, or several."""
        if isinstance(function, list | tuple):
            return [leaf for each in function for leaf in self._lacking(each)]
        function = functions.called_as(function, self.given)
        try:
            if isinstance(function, Function | Bound):
                functions.expression(self, function, self.longest)
        except LackingError as error:
            return error.leaves
        return []

    def missing(self, value: Any) -> list[Unknown]:
        """Return what has to be given for an argument to be known."""
        match value:
            case Unknown():
                return list(value.leaves())
            case list() | tuple() | dict():
                if getattr(value, "lost", None):
                    return list(value.lost.leaves())  # type: ignore[union-attr]
                items = value.values() if isinstance(value, dict) else value
                unknown = [each for each in items if not isinstance(each, int | float | str)]
                self.sizes.of(value)
                return [u for each in unknown for u in self.missing(each)]
        return []

    def argument(self, value: Any, schedule: Schedule) -> Any:
        """Return a value as an argument: a number, a text, a function, a call, or several."""
        self.sizes.of(value)
        match value:
            case Schedule():
                if value.stepped:
                    text = f"{value.label or shown(value.node)} is stepped before it is held"
                    raise ReadError(text, hint="paste only what builds the schedule")
                if value.call is None:
                    raise LackingError(shown(value.node), [])
                schedule.members.append(value)
                return value.call
            case bool() | float() | str() | None:
                return value
            case int():
                if abs(value) > LARGEST_INTEGER:
                    raise ReadError("an integer is too large", required="at most 2**63")
                return value
            case range() | Array():
                return [self.argument(item, schedule) for item in self.items(value) or ()]
            case list() | tuple():
                made = [self.argument(item, schedule) for item in value]
                self.sizes.of(made)
                return made if isinstance(value, list) else tuple(made)
            case dict():
                return {key: self.argument(item, schedule) for key, item in value.items()}
            case Function() | Bound():
                return self._function(value, schedule)
            case Instance() | Method():
                called = functions.called_as(value, self.given)
                if called is not value:
                    return self._function(called, schedule)
            case Given(schedule=Schedule() as inner):
                return self.argument(inner, schedule)
            case Builtin():
                raise ReadError(f"{value.name} cannot be computed here")
        if isinstance(value, PLAIN):
            return value
        raise ReadError(f"{written(value)} is no argument that is read")

    def _function(self, value: Function | Bound, schedule: Schedule) -> Any:
        if schedule.own is not None:
            return self.own_call(schedule.own, value, schedule)
        key = id(value), self.tensors
        kept = self.expressions.get(key)
        if kept is None:
            kept = value, functions.expression(self, value, self.longest)
            self.expressions[key] = kept
            schedule.functions.append((value, kept[1].source, functions.names_of(value)))
        return kept[1]

    def own_call(
        self, constructor: type[Call], function: Function | Bound, schedule: Schedule
    ) -> Call:
        """Return the call that a function of the text's is, of an optimizer's count."""
        before, self.asked = self.asked, []
        try:
            made = functions.expression(self, function, self.longest)
            call = constructor.of({"function": made, "asked": tuple(self.asked)})
        finally:
            self.asked = before
        schedule.functions.append((function, made.source, functions.names_of(function)))
        return call

    def _schedule_of(self, text: str, optimizer: Optimizer | None) -> Any:
        from isorate.reading.reader import read_schedule  # which reads texts in texts

        bases = [group.base for group in optimizer.groups] if optimizer else []
        try:
            return read_schedule(text, bases, names=dict(self.given))
        except ScheduleError as error:
            raise ReadError(str(error)) from None

    def _composition(
        self, constructor: type[Call], given: dict[str, Argument], schedule: Schedule
    ) -> dict[str, Any]:
        """Read the schedulers of one that holds others."""
        optimizer = given.pop("optimizer", None)
        values: dict[str, Any] = {}
        members = given.pop("schedulers")
        values["schedulers"] = self._members(members, constructor.card.name, schedule)
        if optimizer or "optimizer" not in constructor.defaults():
            values["optimizer"] = self.optimizer_of(optimizer, constructor, schedule)
        return values

    def _members(self, given: Argument, name: str, schedule: Schedule) -> list[Any]:
        """Read the schedulers of a list: calls, names of calls, or anything else as it is."""
        listed = given.value
        if isinstance(listed, Unknown) and listed.condition is not None:
            self.lack(name, [listed])
        if not isinstance(listed, list | tuple):
            raise ReadError(f"{name}: schedulers is not a list", got=given.text)
        members = []
        for item in listed:
            if isinstance(item, Unknown):
                if item.condition is not None:
                    self.lack(name, [item])
                text = f"{name} holds {item.source}, and the text does not say what it is"
                raise ReadError(text, hint=f"paste the line {item.source} = ... before it")
            member = self.argument(item, schedule)
            if isinstance(member, Call):
                if id(member) in self.found.held:
                    text = f"{name} holds a {member.name} that is held already"
                    hint = "write the call out where it stands for the second time"
                    raise ReadError(text, hint=hint)
                self.found.held.add(id(member))
            members.append(member)
        return members

    def _check_same_optimizer(self, call: Call) -> None:
        """Refuse members of another optimizer; two that are equal are still two."""
        for member in getattr(call, "members", ()):
            own = member.owner if isinstance(member, Call) else None
            if own is not None and own is not call.owner:
                raise own_optimizers(call.card, "optimizer = SGD(params, lr=0.1)")

    # --- the optimizer -------------------------------------------------------------------------

    def optimizer_of(
        self, argument: Argument | None, constructor: type[Call], schedule: Schedule
    ) -> Optimizer:
        """Return the optimizer that a scheduler is given: by name, in the text, or beside it."""
        value = None if argument is None else argument.value
        node = None if argument is None else argument.node
        schedule.optimizer = value
        if isinstance(node, ast.NamedExpr) and not isinstance(node.value, ast.Call):
            raise ReadError(f"{shown(node)} is not an optimizer")
        if isinstance(value, Unknown):
            if value.condition is not None and self.lr is None:
                self.lack(constructor.card.name, [value])
            if value.made is None or self.lr is not None:
                said = self._unsaid(constructor, node, value)
                _mind(value, schedule.node)
                return said
            why = value.why or f"{value.source} is not followed"
            raise self._lacks_rate(constructor, node, MissingRateError(why, hint=RATE))
        if value is None and argument is None:
            return self._unsaid(constructor, node, None)
        if not isinstance(value, Built):
            given = isinstance(value, str) or value is True  # so that it is not none
            if given or (value is None and argument is not None and argument.text in self.defaults):
                return self._unsaid(constructor, node, None)
            if argument is None or not isinstance(value, Instance):
                text = "none" if argument is None else argument.text
                raise ReadError(f"{text} is not an optimizer")
            if self.lr is not None:
                return self._unsaid(constructor, node, None)
            text = f"{value.source} is of the text's own, which is not followed"
            raise self._lacks_rate(constructor, node, MissingRateError(text, hint=RATE))
        framework = constructor.card.runs_in
        value.used = True
        known = value.read.get(framework)
        if known is None:
            try:
                known = optimizers.read(value, framework, self.lr)
                self.beside_used |= self.lr is not None
            except OwnRateError as error:  # the rate beside the text may be another optimizer's
                known, self.twice = optimizers.read(value, framework, None), error
            except MissingRateError as error:
                known = self._lacks_rate(constructor, node, error)
            value.read[framework] = known
            mask(value)
        if isinstance(known, ReadError):
            if isinstance(known, MissingRateError):
                self.rate_lacks(known)
            raise known
        return known

    def rate_lacks(self, error: MissingRateError) -> None:
        """Take notice that a rate is missing."""
        raise NotImplementedError

    def _unsaid(
        self, constructor: type[Call], node: ast.expr | None, value: Unknown | None
    ) -> Optimizer:
        """Return the optimizer of the rates beside the text, the same for all that lack one."""
        if self.beside is None:
            if self.lr is None:
                raise self._lacks_rate(constructor, node)
            self.beside, self.beside_used = of_rates(self.lr), True
        return self.beside

    def _beside(self, constructor: type[Call], schedule: Schedule) -> Optimizer:
        """Return the loop's optimizer: the one that the text has of the framework's, if it is one.

        Where the text has its rate in hand besides, it may be another one by then.
        """
        raise NotImplementedError

    def _lacks_rate(
        self, constructor: type[Call], node: ast.expr | None, why: ReadError | None = None
    ) -> MissingRateError:
        """Say what is missing: the scheduler, the optimizer, and how its rate can be given."""
        name = constructor.card.name.rpartition(".")[2]
        if why is not None:
            said = MissingRateError(f"{name}: {why.what}", hint=why.hint)
            said.leaves = getattr(why, "leaves", [])  # type: ignore[attr-defined]
            return said
        whose = "its optimizer" if node is None else shown(node)
        text = f"{name} takes its first rate from {whose}, and the text does not say it"
        return MissingRateError(text, hint=RATE)

    def open(self, optimizer: Built) -> None:
        if optimizer.groups is not None:
            return
        params = optimizer.named.get("params", next(iter(optimizer.given), None))
        entries = optimizers.entries_of(params)
        own = [f for f in frameworks() if is_of(optimizer.name, f)]
        signature = registry.get(own[0]).optimizers.parameters(optimizer.name.last) if own else {}  # type: ignore[union-attr]
        arguments = {**dict(zip(signature, optimizer.given, strict=False)), **optimizer.named}
        default = next((arguments[key] for key in RATES if key in arguments), None)
        if default is None and signature.get("lr") is not None:
            default = ast.literal_eval(str(signature["lr"]))
        tensor = isinstance(default, Unknown) and default.made is not None
        if entries is None or default is None or tensor or optimizer.spread:
            optimizer.lost = f"the parameter groups in {shown(optimizer.node)} are not known"
            return
        optimizer.groups = Groups(group_of(optimizer, entry, default) for entry in entries)
        optimizer.groups.owner = optimizer
        optimizer.keys = frozenset(signature) - {"params"}
        if optimizer.used:
            mask(optimizer)

    # --- lists of rates ------------------------------------------------------------------------

    def makes(self, node: ast.AST, schedule: Schedule) -> ReadError:
        return made_of(node, schedule)

    def joined(self, node: ast.expr, op: ast.operator, *given: Any) -> Any:
        listed = [side for side in given if isinstance(side, Schedule)]
        a, b = given[0], given[-1]
        lists: Lists
        if not listed:
            often = isinstance(op, ast.Mult) and isinstance(a, list) and type(b) is int
            if not often or len(a) * b <= LONGEST_WRITTEN or not all(map(_is_rate, a)):
                return MISSING
            lists = registry.first("lists", self.dialect)
            return Schedule(lists.repeated(lists.plain(tuple(a)), optimizers.number(b)), node)
        lists = registry.first("lists", self.dialect)
        match op:
            case ast.Add():
                parts = [self._list(side, lists) for side in given]
            case ast.Mult() if a in listed and b not in listed:
                if isinstance(b, bool) or not isinstance(b, int) or b < 0:
                    required = "an integer >= 0 times"
                    raise ReadError("a list is repeated", required=required, got=written(b))
                return self.listed(node, lists.repeated(self._list(a, lists), b), listed)
            case _:
                parts = [None]
        if None in parts:
            raise made_of(node, listed[0])
        return self.listed(node, lists.concatenated(parts), listed)

    def listed(self, node: ast.AST, call: Call, parts: list[Any]) -> Schedule:
        """Return a list of rates that is made of others."""
        members = [part for part in parts if isinstance(part, Schedule)]
        self.found.held |= {id(member.call) for member in members}
        made = Schedule(call, node, members=members)
        self.found.built.append(made)
        return made

    def _list(self, value: Any, lists: Lists) -> Any:
        if isinstance(value, Schedule):
            return value.call if value.call is not None and lists.takes(value.call) else None
        if isinstance(value, list):
            missing = [u for item in value if isinstance(item, Unknown) for u in item.leaves()]
            if missing:
                self.lack("the list", missing)
            return lists.plain(tuple(map(optimizers.number, value)))
        return None

    def plain_list(self, node: ast.AST, value: list[Any]) -> Schedule:
        """Return a list of numbers as the schedule that it is."""
        if self.lr is not None:
            raise OwnRateError("a list carries its own rates", hint="leave lr away")
        missing = [u for item in value if isinstance(item, Unknown) for u in item.leaves()]
        if missing:
            sources = list(dict.fromkeys(u.source for u in missing))
            text = f"the rate uses names without a value: {', '.join(sources)}"
            raise MissingRateError(text, hint=optimizers.hint_of(missing))
        lists: Lists = registry.first("lists", self.dialect)
        return self.listed(
            node, lists.concatenated([lists.plain(tuple(map(optimizers.number, value)))]), []
        )


#: What decides the rates of a group, and what schedulers have in hand of it.
DECIDING: Final = ("lr", "initial_lr", "max_lr", "min_lr")
RATED: Final = (*DECIDING, "momentum", "betas", "max_momentum", "base_momentum")
#: Longer lists of the same rates, again and again, are not written out.
LONGEST_WRITTEN: Final = 10**5
RATE: Final = "give it: --lr 0.1, or in the text: SGD(params, lr=0.1)"


def _is_rate(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    """Whether a value may be the count of updates, and nothing that is computed of it.

    What makes one, or gives it another dtype, is given no number but 0.
    """
    if not isinstance(value, Unknown) or value.parts:
        return False
    origin, given, named = value.made or ("", [], {})
    inside = [v for v in given if isinstance(v, Unknown) and not (v.name and v.name.known)]
    if any(type(each) in (int, float) and each for each in (*given, *named.values())):
        return False
    hands_on = origin.rpartition(".")[2] in (*in_arrays.MAKING, "Variable", "to_float", "to_int64")
    return not inside or (len(inside) == 1 and hands_on and _is_count(inside[0]))


def group_of(owner: Built, entry: Mapping[Any, Any], default: Any) -> Group:
    """Return a parameter group with its rate."""
    group = Group({"lr": default, **entry} if isinstance(entry, dict) else Dict())
    group.owner = owner
    return group


def mask(optimizer: Built) -> None:
    """Let nobody know what a scheduler writes into an optimizer's groups, but once for all."""
    firsts = firsts_of(optimizer.calls) if optimizer.groups else []
    for index, group in enumerate(optimizer.groups or ()):
        for key in RATED:
            if key in group or key in ("lr", "initial_lr"):
                source = f"{optimizer.label or 'optimizer'}.param_groups[...][{key!r}]"
                group[key] = Unknown(source, varies=True)
        if index < len(firsts):
            group["initial_lr"] = firsts[index]


def firsts_of(calls: Sequence[Call]) -> list[Any]:
    """Return the ``initial_lr`` that building schedulers leaves in each group, if it is known.

    The first one built sets it, but for those that set one of their own.
    """
    stated = calls[0].owner if calls else None
    found: list[Any] = []
    for call in calls if stated is not None else ():
        build = getattr(call.returned, "build", None)
        try:
            found = [work.group["initial_lr"] for work in build()] if build is not None else []
        except Exception:  # which says itself what the framework refuses
            return []
        own = [group.initial_lr or group.lr for group in stated.groups]  # type: ignore[union-attr]
        if found != own and len(calls) > 1:
            return []
    return found if all(type(each) in (int, float) for each in found) else []


def _mind(optimizer: Unknown, node: ast.AST) -> None:
    """Mind what is written into an optimizer that the text does not build, now that it is used."""
    built = Built(node, None, [], {}, [], used=True, label=optimizer.source)  # type: ignore[arg-type]
    optimizer.made = ("", [built], {})
    if "param_groups" in optimizer.kept:
        optimizer.kept["param_groups"].made = optimizer.made


def _beside(wanted: Mapping[str, Any], named: Mapping[str, Argument]) -> bool:
    """Whether arguments have such values, as far as they are known."""
    found = {name: named[name].value for name in wanted if name in named}
    known = {name: value for name, value in found.items() if not isinstance(value, Unknown)}
    return found.keys() == wanted.keys() and all(wanted[name] == known[name] for name in known)


def made_of(node: ast.AST, schedule: Schedule) -> ReadError:
    """Return what there is to say of something that is made of a schedule."""
    what = schedule.label or shown(schedule.node)
    text = f"{shown(node)} makes something else of {what}, which is not followed"
    return ReadError(text, hint="paste only what builds the schedule")


def own_optimizers(card: Card, text: str) -> ReadError:
    """Return what there is to say of schedulers that have optimizers of their own."""
    said = f"the schedulers have optimizers of their own, which {card.runs_in} refuses"
    return ReadError(said, hint=f"name it once: {text}")
