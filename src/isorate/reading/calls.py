"""What calls come to: those of the text's own functions and classes, and whose the others are."""

from __future__ import annotations

import ast
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from isorate.reading import subclasses
from isorate.reading.endings import Returning, Undecided
from isorate.reading.foreign import SCHEDULER_LIKE, is_of_rates
from isorate.reading.frames import Frame
from isorate.reading.loops import Scope
from isorate.reading.mentions import mentions
from isorate.reading.methods import Methods
from isorate.reading.naming import HERE, Name, no_constructor
from isorate.reading.optimizers import frameworks, is_of
from isorate.reading.python import BASES
from isorate.reading.schedules import Argument, LackingError
from isorate.reading.values import (
    MISSING,
    Bound,
    Built,
    Builtin,
    Class,
    Default,
    Dict,
    Function,
    Instance,
    Method,
    Schedule,
    Super,
    Unknown,
    reached,
)
from isorate.reading.values import PLAIN as NUMBERS
from isorate.schedule.errors import MissingRateError, ReadError
from isorate.schedule.syntax import dotted, shown, unparsed

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Functions of the text call each other no deeper.
DEEPEST: Final = 40


class Calls(Methods):
    """Follows calls."""

    def __init__(self, given: Any) -> None:
        super().__init__(given)
        self.depth = 0
        #: The bodies that are being followed.
        self.scopes: list[Scope] = []
        #: A class of the text's by whose name it is a scheduler's, where it has one.
        self.own_scheduler = ""
        #: Functions that were called.
        self.run_: set[int] = set()
        #: The last call, and the frame that its arguments are of.
        self.caller: tuple[ast.AST | None, Frame] = None, self.outermost

    def body(self, statements: Sequence[ast.stmt], frame: Frame) -> None:
        """Follow statements."""
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

    def calls_one_of(self, node: ast.Call, frame: Frame) -> None:
        """Mind what may be called where nobody knows which function of several is."""
        raise NotImplementedError

    def lose_steps(self, node: ast.AST) -> None:
        """Take notice that something may step or train which is not followed."""
        raise NotImplementedError

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
            lost = Name(node.func.attr, unparsed(node.func), known=True)
            held = reached(a.value for a in (*given, *named.values()))
            self._check_scheduler_like(lost, node, held)
        values = [argument.value for argument in given]
        by_name = {key: argument.value for key, argument in named.items()}
        if isinstance(function, Unknown):
            self.calls_one_of(node, frame)
        if isinstance(function, Unknown) and self.is_one_of_several(function):
            return self._one_of_several(function, node, [*values, *by_name.values()], spread)
        if spread and isinstance(function, Method):
            values += [Unknown(each, varies=True) for each in spread]
        elif spread and not isinstance(function, Unknown):
            return self._lost_call(function, node, values, by_name)
        self.caller = node, frame
        return self.called(function, values, by_name, node)

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
                    spread.append(unparsed(each))
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
                spread.append(f"**{unparsed(keyword.value)}")
        return given, named, spread

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

    def _own(self, function: Function, given: list[Any], named: dict[str, Any], node: Any) -> Any:
        """Follow a function of the text."""
        self.run_.add(id(function.node))
        if function.wrapped:
            self.assumed[function.wrapped] = None
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
            self.lose_steps(function.node)
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
            rates = end.condition is not None and any(map(is_of_rates, (*given, *named.values())))
            if end.builds or sets or rates or self.builds([function.node], function.frame):
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
        by_name = {*placed[len(node_.posonlyargs) :], *alone}
        values = dict(zip(placed, given, strict=False))
        rest, more = given[len(placed) :], {}
        if rest and not node_.vararg:
            return False
        for name, value in named.items():
            if name in by_name:
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
        asked, caller = self.caller
        texts: dict[str, ast.expr] = {}
        if asked is node and isinstance(node, ast.Call):
            texts = {str(k.arg): k.value for k in node.keywords}
            texts |= dict(zip(placed[len(given) - len(node.args) :], node.args, strict=False))
            frame.arguments = {n: (values.get(n), text, caller) for n, text in texts.items()}
            frame.own |= {
                n
                for n, text in texts.items()  # which the given value was used for
                if isinstance(text, ast.Name) and text.id == n and n in caller.own
            }
        for name, value in values.items():  # main(parse()): it is asked for by the name
            made = isinstance(value, Unknown) and value.made and not value.parts
            own = isinstance(value, Instance) and not function.frame.outermost.trains
            if "(" in getattr(value, "source", "") and ((made and not value.varies) or own):
                value.source = dotted(texts[name]) or name if name in texts else name
        frame.names.update(values)
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


def at_line(node: Any, line: int) -> Any:
    """Return a function of a trainer's as if it stood in the line that calls it."""
    found = deepcopy(node)
    for each in ast.walk(found):
        if hasattr(each, "lineno"):
            each.lineno = line
    return found


def is_of_any(name: Name) -> bool:
    """Whether a name is an optimizer of some framework's own."""
    return any(is_of(name, framework) for framework in frameworks())
