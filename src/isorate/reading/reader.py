"""Source text → Call. The text is parsed, never executed, imported or unpickled."""

from __future__ import annotations

import ast
import copy
import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from isorate.kit import registry
from isorate.kit.call import Call, Composition
from isorate.reading.naming import (
    Origins,
    also_of,
    candidates,
    choose,
    is_scheduler,
    not_a_name,
    owner,
    value_of,
)
from isorate.reading.objects import Objects
from isorate.reading.rates import RATES, known_value, of_rates
from isorate.reading.scope import Scope, names_in
from isorate.reading.script import Script, statements
from isorate.schedule.arithmetic import MODULES
from isorate.schedule.combinators.clocks import on_steps
from isorate.schedule.errors import MissingRateError, OwnRateError, ReadError, ScheduleError
from isorate.schedule.expression import Expression, constant, key_of, missing_names
from isorate.schedule.nearest import did_you_mean
from isorate.schedule.node import Schedule
from isorate.schedule.syntax import dotted, number_node, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from isorate.kit.card import Card
    from isorate.kit.optimizer import Optimizer
    from isorate.kit.registry import Lists

#: Longer texts are refused before they are parsed: a parsed literal takes a kilobyte a number.
LONGEST_TEXT: Final = 1 << 20
#: Calls that no positional argument makes an optimizer.
NO_OPTIMIZERS: Final = ("float", "int", "min", "max", "abs", "len", "round")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text came to.

    Args:
        call: the call.
        assumptions: what was taken for granted, a sentence each.
        used: the names given beside the text that it needed.
        mentioned: the names that the text has, for hints.

    """

    call: Call
    assumptions: tuple[str, ...]
    used: frozenset[str]
    mentioned: frozenset[str]
    prepared: bool = False


def read(
    text: str,
    *,
    lr: float | Sequence[float] | None = None,
    dialect: str | None = None,
    names: Mapping[str, Any] | None = None,
) -> Call:
    """Read one schedule call as people paste it, alone or as the value of an assignment.

    A block of statements may be pasted whole: numbers, the optimizer and the schedulers that a
    scheduler holds are taken by their names, and the last scheduler is the call.

    The name may carry its dotted prefix or any tail of it. A bare name that several frameworks
    share is torch's, unless ``dialect`` says otherwise. Arguments may be positional or keywords,
    arithmetic of literals, and names that ``names`` defines. Where the framework keeps the rate
    in the optimizer, the optimizer may stand in the text, with its parameter groups; otherwise
    ``lr`` gives the rate.

    Args:
        text: Python source of one call, or a list of rates.
        lr: the optimizer's rate; a sequence has one rate for each parameter group.
        dialect: the dialect to read in, e.g. ``"mindspore"``.
        names: values of the names that the text uses, dotted ones as ``"args.epochs"``.

    Returns:
        The call. Its arguments are not yet checked as the framework would: ``Call.fault`` does.

    Raises:
        ReadError: anything but one readable call; it says what is wrong and what would help.

    Example:
        >>> read("CosineAnnealingLR(T_max=2 * 50, eta_min=1e-3)", lr=0.1).T_max
        100

    """
    return reading(text, lr=lr, dialect=dialect, names=names).call


def reading(
    text: str,
    *,
    lr: float | Sequence[float] | None = None,
    dialect: str | None = None,
    names: Mapping[str, Any] | None = None,
) -> Reading:
    """Read as ``read`` does, and say what was taken for granted.

    Example:
        >>> reading("StepLR(3)", lr=0.1).assumptions
        ("StepLR is torch's; mindspore has one, too",)

    """
    if not isinstance(text, str):
        raise ReadError("the call is not text", required="a str", got=type(text).__name__)
    if len(text) > LONGEST_TEXT:
        raise ReadError(
            "the text is too long", required="at most 1 MiB", got=f"{len(text)} characters"
        )
    if not text.strip():
        raise ReadError("the text is empty", required="one schedule call")
    try:
        said = read_document(text)
        if said is not None:
            return Reading(said, (), frozenset(), frozenset())
        reader = Reader(names or {}, lr, dialect, len(text))
        body = reader.body = statements(text)
        match body:
            case [ast.Expr(value=node)] | [
                ast.Assign(targets=[ast.Name() | ast.Attribute()], value=node)
            ] if reader.is_plain(node):
                call = reader.call(node)
            case _:
                call = Script(reader).follow(body)
    except RecursionError:
        raise ReadError("the text is nested too deeply") from None
    return Reading(
        call,
        tuple(reader.assumptions()),
        frozenset(reader.names.used | reader.names.overruled.keys()),
        frozenset(name for part in body for name in names_in(part)),
        reader.prepared,
    )


def read_document(text: str) -> Call | None:
    """Return the call that JSON says, as a framework writes its schedules down; else none."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        return registry.document(json.loads(text))
    except ValueError:
        return None


def read_schedule(
    text: str, rates: Sequence[float] = (), *, names: Mapping[str, Any] | None = None
) -> Schedule:
    """Read a schedule: JSON, or a call, whose schedule is put on the clock of what steps it.

    Args:
        text: one JSON document, or text as ``read`` takes it.
        rates: the first rate of each parameter group, for a call that leaves them to an optimizer.
        names: values of the names that the text uses.

    Raises:
        ReadError: text that cannot be read.
        ScheduleError: JSON that is no schedule.
        ConvertError: a call that has no schedule.

    Example:
        >>> read_schedule("LinearLR(start_factor=0.5, total_iters=4)", [0.5])
        Linear(start=0.25, end=0.5, duration=4, after='hold')

    """
    if text.lstrip().startswith("{") and read_document(text) is None:
        return Schedule.from_json(text)
    try:
        call = read(text, names=names)
    except MissingRateError:
        if not rates:
            raise
        call = read(text, lr=list(rates), names=names)
    return on_steps(call.lower())


class Reader:
    """Reads syntax trees, with the names and rates that were given beside them.

    Args:
        names: the values of names, which stand whatever the text says.
        lr: the rate of the optimizer, or one for each group.
        dialect: the dialect to read in; any where it is none.
        longest: the length of the text.

    """

    def __init__(
        self, names: Mapping[str, Any], lr: Any, dialect: str | None, longest: int
    ) -> None:
        self.names = Scope(names, longest)
        self.longest = longest
        #: The whole text.
        self.body: list[ast.stmt] = []
        self.lr = lr
        self.dialect = None if dialect is None else registry.get(dialect).name
        self.origins = Origins()
        self.objects = Objects(self.names, self.origins, lr)
        #: The schedulers in the order in which Python would build them, and those that one holds.
        self.built: list[Call] = []
        self.held: set[int] = set()
        #: The optimizer that the text is about, once it has been read, unless it has a name.
        self.optimizer: Optimizer | None = None
        #: The functions and classes that the text defines.
        self.defined: set[str] = set()
        #: What the text tells frameworks beforehand, by the calls' fields that say it.
        self.told: set[str] = set()
        #: Whether the text may go on from a saved state.
        self.loaded = False
        #: Whether the text hands a scheduler to a ``prepare``.
        self.prepared = False
        self._choices: dict[str, str] = {}
        self._functions: dict[int, tuple[ast.Lambda, Expression]] = {}

    def assumptions(self) -> list[str]:
        """Return what was taken for granted, a sentence each."""
        said = list(self._choices.values())
        for name, value in self.names.overruled.items():
            given = self.names.given[name]
            said.append(f"{name} = {given!r} as given, not {str(value)[:40]} as the text has it")
        said += dict.fromkeys(filter(None, (call.supposed() for call in self.built)))
        if self.loaded:
            said.append("the run starts anew, where the text may go on from a saved state")
        return said

    def call(self, node: ast.expr) -> Call:
        """Read a call of a constructor, or a list of rates."""
        match node:
            case ast.List() | ast.BinOp(op=ast.Add() | ast.Mult()):
                return self._list(node)
            case ast.Call(func=func):
                name = self.origins.name(func)
                inside = self.rate_of(node)
                if inside is not None:
                    return self._argument(inside)  # type: ignore[no-any-return]
                if name is None:
                    raise not_a_name(func)
                if name.origin in registry.deserializers():
                    return self._deserialized(node)
                whose = self._framework(node)
                fits = partial(self._fits, node=node)
                constructor, others = choose(name, self.dialect, fits, whose)
                if whose not in (None, constructor.card.runs_in):
                    text = f"{constructor.card.name} is given an optimizer of {whose}'s"
                    raise ReadError(text, required=f"one of {constructor.card.runs_in}'s")
                also = [*dict.fromkeys(c.card.dialect for c in others), *also_of(name)]
                if also and not name.known:
                    theirs = " and ".join(also)
                    have = "have" if " and " in theirs else "has"
                    whose = constructor.card.dialect
                    text = f"{name.written} is {owner(whose)}; {theirs} {have} one, too"
                    self._choices.setdefault(name.written, text)
                return self._built(constructor, node)
        raise ReadError(
            f"{shown(node)} is not a call",
            required="a constructor call such as CosineAnnealingLR(T_max=100)",
        )

    def _deserialized(self, node: ast.Call) -> Call:
        """Read a document that stands in the text."""
        call = registry.document(self.value(node.args[0])) if len(node.args) == 1 else None
        if call is None:
            raise ReadError(f"{shown(node)} is given no schedule", required="its document")
        self.built.append(call)
        return call

    def _framework(self, node: ast.Call) -> str | None:
        """Return whose optimizer a scheduler is given, where the text says it."""
        named = [keyword.value for keyword in node.keywords if keyword.arg == "optimizer"]
        found = map(self.objects.framework, [*named, *node.args[:2]])
        return next((framework for framework in found if framework is not None), None)

    def is_plain(self, node: ast.expr) -> bool:
        """Whether a text of one expression is a call or a list of rates, not a use of one."""
        match node:
            case ast.Call(func=func):
                return dotted(func) is not None and (
                    self.is_scheduler(node) or not self.mentions_scheduler(node)
                )
            case ast.List(elts=items):
                return not any(map(self.mentions_scheduler, items))
            case ast.BinOp(op=ast.Add() | ast.Mult()):
                return True
        return not self.mentions_scheduler(node)

    def mentions_scheduler(self, node: ast.AST) -> bool:
        """Whether a scheduler is called somewhere in it."""
        return any(isinstance(n, ast.Call) and self.is_scheduler(n) for n in ast.walk(node))

    def is_scheduler(self, node: ast.Call) -> bool:
        """Whether a call is a scheduler's, of whatever framework, or an optimizer's given one."""
        name = self.origins.name(node.func)
        if name is not None and (is_scheduler(name) or name.origin in registry.deserializers()):
            return True
        return self.rate_of(node) is not None

    def is_handed_over(self, node: ast.Call) -> bool:
        """Whether a call makes an optimizer with its schedule, or what a loop calls back."""
        name = self.origins.name(node.func)
        callback = next(iter(candidates(name)), None) if name is not None else None
        if callback is not None and callback.card.counts == "epochs":
            return True
        return self.rate_of(node) is not None

    def rate_of(self, node: ast.Call) -> ast.expr | None:
        """Return the schedule that an optimizer is given as its rate; none where it is given none.

        Raises:
            ReadError: it is given several, or something that cannot be followed.

        """
        # an optimizer may be made twice: inject_hyperparams(adam)(learning_rate=schedule)
        name = self.origins.name(node.func.func if isinstance(node.func, ast.Call) else node.func)
        known = None if name is None else registry.taking_schedules(name.origin)
        if name is None or known is None:
            return None
        first = next(iter(known.parameters(name.last)), None)
        named = {keyword.arg: keyword.value for keyword in node.keywords}
        given = [*node.args, *named.values()]
        if first is not None:
            given = [named[first]] if first in named else node.args[:1]
            if any(isinstance(each, ast.Lambda) or self._is_defined(each) for each in given):
                text = f"{name.written} is given {shown(given[0])}, which is not followed"
                raise ReadError(text, hint="paste only what builds the schedule")
        found = [each for each in given if self._has_rates(each)]
        if len(found) > 1 or (found and any(map(self._scales, given))):
            text = f"{shown(node)} multiplies the rates of a schedule by others"
            raise ReadError(text, hint="paste only what builds the schedule")
        for argument, why in known.hindered.items() if found else ():
            value = named.get(argument)
            if value is not None and not (isinstance(value, ast.Constant) and value.value is None):
                text = f"{name.written} is given {argument}={shown(value)}: {why}"
                raise ReadError(text, hint=f"leave {argument} away, and scale the schedule")
        return found[0] if found else None

    def _scales(self, node: ast.expr) -> bool:
        """Whether an expression is an optimizer whose rate is a number other than 1 and -1."""
        name = self.origins.name(node.func) if isinstance(node, ast.Call) else None
        known = None if name is None else registry.taking_schedules(name.origin)
        if known is None or not isinstance(node, ast.Call) or name is None:
            return False
        given = [*node.args, *(k.value for k in node.keywords)][:1]
        if not known.parameters(name.last) or not given or self._has_rates(given[0]):
            return False
        return bool(self._missing(given[0])) or abs(self.value(given[0])) != 1

    def _is_defined(self, node: ast.expr) -> bool:
        """Whether an expression is a function that the text defines, or calls one."""
        return dotted(node.func if isinstance(node, ast.Call) else node) in self.defined

    def _has_rates(self, node: ast.expr) -> bool:
        """Whether an expression is a schedule, or an optimizer that is given one."""
        if isinstance(node, ast.Call):
            return self.is_scheduler(node)
        return dotted(node) in self.objects.schedulers

    def tells(self, node: ast.Call) -> bool:
        """Take notice of a call that tells a framework how to compute, if it is one.

        Raises:
            ReadError: it comes too late, or what it tells is not known.

        """
        name = self.origins.name(node.func)
        if name is None or not node.args:
            return False
        before = ", ".join(map(ast.unparse, node.args[:-1]))
        for field, text in registry.settings():
            if text == f"{name.origin}({before}, True)":
                self._check_known(name.written, {"": node.args[-1]})
                if any(field in call.settings for call in self.built):
                    raise ReadError(f"{text} comes after what it changes", hint="write it first")
                (self.told.add if self.value(node.args[-1]) else self.told.discard)(field)
                return True
        return False

    # --- which arguments -----------------------------------------------------------------------

    def _fits(self, constructor: type[Call], node: ast.Call) -> bool:
        """Whether a constructor takes the arguments, as far as their names and number go."""
        try:
            given = self._given(constructor, node)
        except ReadError:
            return False
        optional = {"optimizer", *constructor.defaults()}
        return all(f in given or f in optional for f in constructor.parameters())

    def _given(self, constructor: type[Call], node: ast.Call) -> dict[str, ast.expr]:
        """Return the arguments of a call by the constructor's names for them."""
        fields = list(constructor.parameters()[: constructor.placed])
        name = constructor.card.name
        positional = list(node.args)
        if any(isinstance(arg, ast.Starred) for arg in positional):
            raise ReadError(f"{name}: *arguments cannot be read")
        if "optimizer" in fields:
            place = fields.index("optimizer")
            if not any(map(self._is_optimizer, positional[place : place + 1])):
                fields.remove("optimizer")
        if len(positional) > len(fields):
            required = f"at most {len(fields)}"
            raise ReadError(
                f"{name} has too many arguments", required=required, got=len(positional)
            )
        given = dict(zip(fields, positional, strict=False))
        for keyword in node.keywords:
            if keyword.arg is None:
                raise ReadError(f"{name}: **arguments cannot be read")
            if keyword.arg not in constructor.parameters():
                near = did_you_mean(keyword.arg, constructor.parameters())
                text = f"{name} has no argument {keyword.arg!r}"
                raise ReadError(text, hint=near or constructor.signature())
            if keyword.arg in given:
                raise ReadError(f"{name} got {keyword.arg!r} twice")
            given[keyword.arg] = keyword.value
        return given

    def _built(self, constructor: type[Call], node: ast.Call) -> Call:
        given = self._given(constructor, node)
        name = constructor.card.name
        if issubclass(constructor, Composition) and "schedulers" in given:
            values = self._composition(constructor, given)
        elif constructor.beside:
            values = {"optimizer": self._beside(constructor)}
        elif "optimizer" in constructor.parameters():
            values = {"optimizer": self._optimizer(given.pop("optimizer", None), constructor)}
        elif self.lr is not None:
            raise OwnRateError(f"{name} carries its own rates", hint="leave lr away")
        else:
            values = {}
        self._check_known(name, given)
        values.update({field: self._argument(value) for field, value in given.items()})
        if isinstance(values.get("schedule"), str):
            values["schedule"] = self._schedule(values["schedule"], values.get("optimizer"))
        for field in constructor.parameters():
            if field not in values and field not in constructor.defaults():
                hint: str | None = None
                if node.args and isinstance(node.args[0], ast.Name):
                    written = node.args[0].id
                    hint = f"{written!r} was taken for the optimizer; or --set {written}=..."
                raise ReadError(f"{name} lacks the argument {field!r}", hint=hint)
        told = {name: True for name in constructor.settings if name in self.told}
        call = constructor.of(values, **told)
        self._check_same_optimizer(call)
        self.built.append(call)
        return call

    def _check_known(self, name: str, given: Mapping[str, ast.expr]) -> None:
        unset = list(dict.fromkeys(n for value in given.values() for n in self._missing(value)))
        if unset:
            raise ReadError(
                f"{name} uses names without a value: {', '.join(unset)}",
                hint=" ".join(f"--set {n}=..." for n in unset),
            )

    def _schedule(self, text: str, optimizer: Optimizer | None) -> Schedule:
        bases = [group.base for group in optimizer.groups] if optimizer else []
        try:
            return read_schedule(text, bases, names=self.names)
        except ScheduleError as error:
            raise ReadError(str(error)) from None

    def _composition(self, constructor: type[Call], given: dict[str, ast.expr]) -> dict[str, Any]:
        """Read the schedulers of one that holds others; who comes first says the optimizer."""
        optimizer = given.pop("optimizer", None)
        values: dict[str, Any] = {}
        if optimizer is not None and not isinstance(optimizer, ast.Name | ast.Attribute):
            values["optimizer"] = self._optimizer(optimizer, constructor)
        values["schedulers"] = self._members(given.pop("schedulers"), constructor.card.name)
        if "optimizer" not in values and (optimizer or "optimizer" not in constructor.defaults()):
            values["optimizer"] = self._optimizer(optimizer, constructor)
        return values

    def _members(self, node: ast.expr, name: str) -> list[Any]:
        """Read the schedulers of a list: calls, names of calls, or anything else as it is."""
        if not isinstance(node, ast.List | ast.Tuple):
            raise ReadError(f"{name}: schedulers is not a list", got=shown(node))
        members = [self._member(item, name) for item in node.elts]
        for member in members:
            if isinstance(member, Call) and id(member) in self.held:
                text = f"{name} holds a {member.name} that is held already"
                raise ReadError(text, hint="write the call out where it stands for the second time")
            self.held.add(id(member))
        return members

    def _check_same_optimizer(self, call: Call) -> None:
        """Refuse members of another optimizer; two that are equal are still two."""
        for member in getattr(call, "members", ()):
            own = member.owner if isinstance(member, Call) else None
            if own is not None and own is not call.owner:
                raise _own_optimizers(call.card, "optimizer = SGD(params, lr=0.1)")

    def _member(self, item: ast.expr, name: str) -> Any:
        written = dotted(item)
        if isinstance(item, ast.Call) and (self.is_scheduler(item) or dotted(item.func) is None):
            return self.call(item)
        if written is not None and written in self.objects.schedulers:
            return self.objects.schedulers[written]
        if written is not None and written not in self.names:
            text = f"{name} holds {written}, and the text does not say what it is"
            raise ReadError(text, hint=f"paste the line {written} = ... before it")
        return self.value(item)

    # --- the optimizer -------------------------------------------------------------------------

    def _optimizer(self, node: ast.expr | None, constructor: type[Call]) -> Optimizer:
        """Return the optimizer that a scheduler is given: by name, in the text, or beside it."""
        framework = constructor.card.runs_in
        if isinstance(node, ast.NamedExpr):
            if not isinstance(node.value, ast.Call):
                raise ReadError(f"{shown(node)} is not an optimizer")
            self.objects.bind(node.target.id, node.value)
            node = node.target
        if isinstance(node, ast.Call):
            if self.optimizer is not None:
                raise _own_optimizers(constructor.card, "optimizer := SGD(params, lr=0.1)")
            try:
                self.optimizer = self.objects.read(node, framework)
            except MissingRateError as error:
                raise self._lacks_rate(constructor, node, error) from None
            return self.optimizer
        written = None if node is None else dotted(node)
        try:
            named = None if written is None else self.objects.optimizer(written, framework)
        except MissingRateError as error:
            raise self._lacks_rate(constructor, node, error) from None
        if named is not None:
            return named
        if self.optimizer is None:
            if self.lr is None:
                raise self._lacks_rate(constructor, node)
            self.optimizer = of_rates(self.lr)
        return self.optimizer

    def _beside(self, constructor: type[Call]) -> Optimizer:
        """Return the loop's optimizer: the one that the text has of the framework's, if it is one.

        Where the text has its rate in hand besides, it may be another one by then.
        """
        known = registry.get(constructor.card.runs_in).optimizers
        nodes = [node for part in self.body for node in ast.walk(part)]
        names = [(n, self.origins.name(n.func)) for n in nodes if isinstance(n, ast.Call)]
        calls = [(n, name) for n, name in names if name is not None and name.last in known]
        own = [n for n, name in calls if name.origin == f"{known.module}.{name.last}"]
        held = any(isinstance(n, ast.Attribute) and n.attr in RATES for n in nodes)
        sole = own[0] if len(own) == 1 and not held and self.optimizer is None else None
        return self._optimizer(sole, constructor)

    def _lacks_rate(
        self, constructor: type[Call], node: ast.expr | None, why: ReadError | None = None
    ) -> MissingRateError:
        """Say what is missing: the scheduler, the optimizer, and how its rate can be given."""
        name = constructor.card.name.rpartition(".")[2]
        if why is not None:
            return MissingRateError(f"{name}: {why.what}", hint=why.hint)
        whose = "its optimizer" if node is None else shown(node)
        text = f"{name} takes its first rate from {whose}, and the text does not say it"
        return MissingRateError(text, hint="give it: --lr 0.1, or in the text: SGD(params, lr=0.1)")

    def _is_optimizer(self, node: ast.expr) -> bool:
        """Whether a first argument is an optimizer, and no number that is given without one."""
        match node:
            case ast.NamedExpr():
                return True
            case ast.Name(id=name):
                return self.objects.is_named(node) or name not in self.names
            case ast.Call(func=func):
                head, _, last = (dotted(func) or "float").rpartition(".")
                return last not in NO_OPTIMIZERS and head not in MODULES
            case ast.Attribute() | ast.Subscript():
                path = dotted(node) or ""
                return path not in self.names and path.partition(".")[0] not in MODULES
        return False

    # --- values --------------------------------------------------------------------------------

    def _argument(self, node: ast.expr) -> Any:
        """Return a scheduler by its name, a list with such names, or any other value."""
        match node:
            case ast.Name() | ast.Attribute() if dotted(node) in self.objects.schedulers:
                return self.objects.schedulers[str(dotted(node))]
            case ast.List(elts=items) | ast.Tuple(elts=items) if any(
                dotted(item) in self.objects.schedulers for item in items
            ):
                return [self._argument(item) for item in items]
        return self.value(node)

    def _missing(self, node: ast.expr) -> list[str]:
        match node:
            case ast.Lambda():
                return []
            case ast.Attribute() if self._constant(node) is not None:
                return []
            case ast.Call() if self.is_scheduler(node):
                return []  # it is read by itself
            case ast.Name() | ast.Attribute() if dotted(node) in self.objects.schedulers:
                return []
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return [name for item in items for name in self._missing(item)]
            case ast.Call(keywords=given) if self._makes_a_dict(node):
                return [name for each in given for name in self._missing(each.value)]
            case ast.Dict(values=items):
                return [name for item in items for name in self._missing(item)]
        return missing_names(node, self.names)

    def _makes_a_dict(self, node: ast.Call) -> bool:
        """Whether a call is ``dict(name=value, …)``, Python's own."""
        name = self.origins.name(node.func)
        named = not node.args and all(keyword.arg is not None for keyword in node.keywords)
        return name is not None and name.origin == "dict" and named

    def _constant(self, node: ast.expr) -> Any:
        """Return the value of a framework's own name, as ``SchedulerType.COSINE`` is one."""
        name = self.origins.name(node)
        return None if name is None else value_of(name)

    def value(self, node: ast.expr) -> Any:
        """Compute an argument: a number, a text, a function, a call, or a list or dict of them."""
        value: Any
        match node:
            case ast.Attribute() if (value := self._constant(node)) is not None:
                return value
            case ast.Lambda():
                return self._lambda(node)
            case ast.Call() if self.is_scheduler(node):
                return self._nested(node)
            case ast.List(elts=items):
                value = [self.value(item) for item in items]
            case ast.Tuple(elts=items):
                value = tuple(self.value(item) for item in items)
            case ast.Call(keywords=given) if self._makes_a_dict(node):
                value = {str(each.arg): self.value(each.value) for each in given}
            case ast.Dict(keys=keys, values=items) if None not in keys:
                pairs = zip(keys, items, strict=True)
                value = {key_of(key, self.names): self.value(item) for key, item in pairs if key}
            case _:
                value = constant(node, self.names)
                return self._lambda(value) if isinstance(value, ast.Lambda) else value
        self.names.size(value)
        return value

    def _nested(self, node: ast.Call) -> Call:
        """Read a call that is an argument, perhaps of another dialect than what it is given to."""
        dialect, self.dialect = self.dialect, None
        try:
            return self.call(node)
        finally:
            self.dialect = dialect

    def _lambda(self, node: ast.Lambda) -> Expression:
        kept = self._functions.get(id(node))
        if kept is not None:
            return kept[1]
        arguments = node.args
        if (
            len(arguments.args) != 1
            or arguments.defaults
            or arguments.vararg
            or arguments.kwarg
            or arguments.kwonlyargs
            or arguments.posonlyargs
        ):
            raise ReadError(f"{shown(node)} cannot be read", required="a lambda of one argument")
        variable = arguments.args[0].arg
        body = _Inline(self.names, variable, LONGEST_TEXT).visit(copy.deepcopy(node.body))
        expression = Expression(variable, ast.unparse(body))
        expression.function()  # whitelisted now, or refused now
        self._functions[id(node)] = (node, expression)
        return expression

    # --- a list of rates -----------------------------------------------------------------------

    def _list(self, node: ast.expr) -> Call:
        if self.lr is not None:
            raise OwnRateError("a list carries its own rates", hint="leave lr away")
        lists: Lists = registry.first("lists", self.dialect)
        return lists.concatenated(self._lists(node, lists))

    def _lists(self, node: ast.expr, lists: Lists) -> list[Call]:
        """Read lists joined by ``+``: plain ones, and calls that return a list."""
        match node:
            case ast.List(elts=items):
                return [lists.plain(tuple(known_value(item, self.names) for item in items))]
            case ast.BinOp(op=ast.Add()):
                summands: list[Call] = []
                written = 0
                for part in (each for term in _summands(node) for each in self._lists(term, lists)):
                    written += len(part.rates) if isinstance(part, lists.plain) else 1
                    if written > LONGEST_TEXT:
                        required = f"at most {LONGEST_TEXT} rates"
                        raise ReadError("a list is too long", required=required)
                    summands.append(part)
                return summands
            case ast.BinOp(
                left=ast.List() | ast.BinOp() | ast.Call() as left, op=ast.Mult(), right=right
            ):
                times = known_value(right, self.names)
                if isinstance(times, bool) or not isinstance(times, int) or times < 0:
                    raise ReadError(
                        "a list is repeated", required="an integer >= 0 times", got=times
                    )
                once = lists.concatenated(self._lists(left, lists))
                return [lists.repeated(once, times)]
            case ast.Call():
                call = self.call(node)
                if lists.takes(call):
                    return [call]
        raise ReadError(f"{shown(node)} is not a list of rates")


class _Inline(ast.NodeTransformer):
    """Puts the values of known names into a lambda's body."""

    def __init__(self, names: Scope, variable: str, longest: int) -> None:
        self.names = names
        self.variable = variable
        self.left = longest

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id == self.variable or node.id not in self.names:
            return node
        return self._node(self.names.inline(node.id))

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        name = dotted(node)
        if name is None or name not in self.names:
            return self.generic_visit(node)  # type: ignore[return-value]
        return self._node(self.names.inline(name))

    def _node(self, value: Any) -> ast.expr:
        """Write a value out, unless all of them together come to more than a text may have."""
        self.left -= self.names.size(value)
        if self.left < 0:
            raise ReadError("a lambda is too long with the values of its names written out")
        if isinstance(value, list | tuple):
            return ast.Tuple([self._node(item) for item in value], ast.Load())
        return number_node(value) if isinstance(value, int | float) else ast.Constant(value)


def _own_optimizers(card: Card, written: str) -> ReadError:
    text = f"the schedulers have optimizers of their own, which {card.runs_in} refuses"
    return ReadError(text, hint=f"name it once: {written}")


def _summands(node: ast.expr) -> list[ast.expr]:
    """Return what is joined by ``+``, in order, however much it is."""
    found: list[ast.expr] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        found.append(node.right)
        node = node.left
    return [node, *reversed(found)]
