"""Expressions over values that are known, or that nobody knows."""

from __future__ import annotations

import ast
import operator
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from isorate.kit import registry
from isorate.reading import builtin, functions
from isorate.reading.arguments import PARSERS, Commands, Dataclasses, Parser
from isorate.reading.arrays import Array, LongList, array, put
from isorate.reading.effects import STAYING
from isorate.reading.frames import MODULES, Frame, Given
from isorate.reading.loops import offset_of
from isorate.reading.naming import HERE, Name, value_of
from isorate.reading.values import (
    MISSING,
    PLAIN,
    Bound,
    Built,
    Builtin,
    Class,
    Default,
    Dict,
    Function,
    Group,
    Instance,
    Kept,
    List,
    Method,
    Module,
    Namespace,
    Passing,
    Schedule,
    Sizes,
    Super,
    Unknown,
    reached,
    same,
    unknown_in,
)
from isorate.reading.values import Given as Taker
from isorate.schedule.arithmetic import COMPARISONS, bounded, power
from isorate.schedule.errors import ReadError
from isorate.schedule.expression import Expression
from isorate.schedule.syntax import dotted, shown, unparsed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from isorate.reading.loops import Loops, Tally

#: So many steps are followed, an expression or a statement each.
MOST_STEPS: Final = 60_000
#: So many items and characters are put together, all in all.
MOST_MADE: Final = 3_000_000

BINARY: Final[dict[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: builtin.binary_add,
    ast.Sub: lambda a, b: bounded(a - b),
    ast.Mult: builtin.binary_multiply,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: builtin.binary_modulo,
    ast.Pow: power,
    ast.LShift: builtin.shift,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: lambda a, b: Dict(a | b) if isinstance(a, dict) else a | b,
    ast.BitXor: operator.xor,
}
UNARY: Final[dict[type[ast.unaryop], Callable[[Any], Any]]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Invert: operator.invert,
}
#: A comprehension of more items is no list of them, but a function of the place.
LONG: Final = 200
#: What computing with values may raise in Python.
TROUBLE: Final = (ArithmeticError, LookupError, TypeError, ValueError, AttributeError)
#: What Python says before what it has to say of arguments: a function's name, which is ours.
OWN: Final = re.compile(r"^[\w.<>]+\(\) ")
#: What is no number, text or collection of them.
OBJECTS: Final = (Built, Schedule, Function, Bound, Class, Instance, Builtin, Method, Module,
                  *PARSERS)  # fmt: skip


#: Names that stand for mathematics where a text does not say what they are.
MATHEMATICAL: Final = ("sqrt", "cos", "sin", "exp", "ceil", "floor", "pi")


class Expressions:
    """Computes expressions.

    Args:
        given: the values that are given beside the text, by its own source.

    """

    def __init__(self, given: Given) -> None:
        self.given = given
        self.outermost = given.frame = Frame(given)
        self.steps = MOST_STEPS
        self.made = MOST_MADE
        #: How often something was met that nobody knows: it may have raised.
        self.strange = 0
        #: What was taken for granted, a sentence each.
        self.assumed: dict[str, None] = {}
        #: The line that is being followed.
        self.line = 0
        #: The schedules that a function of an optimizer's count asks, while one is written out.
        self.asked: list[Any] | None = None
        #: Whether the function that is written out may compute in tensors.
        self.tensors = False
        #: What ``absl`` has of the command line.
        self.flags = Namespace.of_arguments(self)
        self.flags.source = "FLAGS"
        #: The defaults that were read, and those that the schedule is known to depend on.
        self.defaults: dict[str, Default] = {}
        self.needed: set[str] | None = None
        #: How often a default was taken.
        self.taken = 0
        #: What the objects of the text count in its loops, by what stands for it in a term.
        self.tallies: dict[str, Tally | ast.expr] = {}

    #: How long the text is, and its loops.
    longest: int
    loops: Loops

    def value(self, node: ast.expr, frame: Frame) -> Any:
        """Return what an expression comes to; a list that may have changed is not known."""
        self.steps -= 1
        if self.steps < 0:
            raise ReadError("the text takes too many steps to follow")
        found = self._value(node, frame)
        if isinstance(found, Kept) and found.lost is not None:
            lost = found.lost
            return Unknown(unparsed(node), lost.why, condition=lost.condition, varies=lost.varies,
                           parts=lost.parts, made=("", [found], {}), plain=False)  # fmt: skip
        return found

    def _value(self, node: ast.expr, frame: Frame) -> Any:
        if isinstance(node, self.given.kinds):
            source = unparsed(node)
            if source in self.given:
                return self._instead(node, source, frame)
        match node:
            case ast.Constant(value=value):
                known = isinstance(value, PLAIN)
                return bounded(value) if known else Unknown(unparsed(node), varies=True)
            case ast.Name(id=name):
                return self.name(name, frame)
            case ast.Attribute(value=base, attr=name):
                return self.attribute(self.value(base, frame), name, node)
            case ast.Subscript(value=base, slice=place):
                return self.item(self.value(base, frame), self.value(place, frame), node)
            case ast.Call():
                return self.call(node, frame)
            case ast.List(elts=items):
                return self.sized(List(self._items(items, frame)))
            case ast.Tuple(elts=items):
                return tuple(self._items(items, frame))
            case ast.Set(elts=items):
                return self.computed(
                    node, builtin.FUNCTIONS["set"], [List(self._items(items, frame))]
                )
            case ast.Dict(keys=keys, values=values):
                return self._dict(node, keys, values, frame)
            case ast.Lambda():
                return self.function(node, frame)
            case ast.NamedExpr(target=target, value=inner):
                value = self.value(inner, frame)
                while frame.passing and frame.parent is not None:
                    frame = frame.parent
                self.store(target, value, frame)
                return self.value(target, frame) if target.id in self.given else value
            case ast.Slice():
                parts = [p and self.value(p, frame) for p in (node.lower, node.upper, node.step)]
                unknown = [p for p in parts if isinstance(p, Unknown)]
                return self.unknown(node, unknown) if unknown else slice(*parts)
            case ast.Await(value=inner):
                return self.value(inner, frame)
        return self._computed(node, frame)

    def _instead(self, node: ast.expr, source: str, frame: Frame) -> Any:
        """Return what is given for a part of the text, instead of what it says."""
        if isinstance(node, ast.Attribute):
            base = self.value(node.value, frame)
            default = dict.get(base.kept, node.attr) if isinstance(base, Namespace) else None
            if isinstance(default, Default):
                return self.default(default, source)
        return self.given.take(source)

    def _computed(self, node: ast.expr, frame: Frame) -> Any:
        match node:
            case ast.BinOp():
                return self._operations(node, frame)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                truth = self.truth(self.value(operand, frame))
                return self.unknown(node, [truth]) if isinstance(truth, Unknown) else not truth
            case ast.UnaryOp(op=op, operand=operand):
                return self.computed(node, UNARY[type(op)], [self.value(operand, frame)])
            case ast.BoolOp(op=op, values=values):
                return self._boolean(node, op, values, frame)
            case ast.Compare(left=left, ops=ops, comparators=others):
                sides = [self.value(side, frame) for side in (left, *others[:1])]
                first = Unknown(unparsed(node), varies=True) if others[1:] else None
                sides += [self.perhaps(side, frame, first) for side in others[1:] if first]
                return self._comparison(node, ops, sides)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                truth = self.decided(test, [body, orelse], frame)
                if not isinstance(truth, Unknown):
                    return self.value(body if truth else orelse, frame)
                parts = [self.perhaps(each, frame, truth) for each in (body, orelse)]
                if parts[0] is parts[1] or (isinstance(parts[0], PLAIN) and parts[0] == parts[1]):
                    return parts[0]
                plain = all(isinstance(p, Unknown) and p.plain for p in parts)
                return Unknown(unparsed(node), self.at(node), condition=truth, plain=plain,
                               varies=not truth.askable, made=("", parts, {}))  # fmt: skip
            case ast.JoinedStr(values=values):
                return self._text(node, values, frame)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node, frame)
        self.unfollowed(node, frame)
        return Unknown(unparsed(node), self.at(node), varies=True, plain=False)

    # --- what the statements say ---------------------------------------------------------------

    def call(self, node: ast.Call, frame: Frame) -> Any:
        """Return what a call comes to."""
        raise NotImplementedError

    def function(self, node: Any, frame: Frame) -> Function:
        """Return a function as it is defined."""
        raise NotImplementedError

    def store(self, target: ast.expr, value: Any, frame: Frame) -> None:
        """Let a target stand for a value."""
        raise NotImplementedError

    def decided(self, test: ast.expr, branches: Sequence[ast.AST], frame: Frame) -> bool | Unknown:
        """Return whether a condition holds, or what decides it."""
        raise NotImplementedError

    def perhaps(self, node: ast.expr, frame: Frame, condition: Unknown) -> Any:
        """Return what an expression comes to that is computed where a condition holds."""
        raise NotImplementedError

    def unfollowed(self, node: ast.AST, frame: Frame) -> None:
        """Let whatever a part of the text may touch be unknown."""
        raise NotImplementedError

    def operated(self, *values: Any) -> bool:
        """Mind what operators do to objects of the text that say so; whether one of them does."""
        raise NotImplementedError

    def of_trainer(self, name: Name) -> Any:
        """Return what a trainer's name stands for; ``MISSING`` where it is none's."""
        raise NotImplementedError

    def imports(self, node: ast.Import | ast.ImportFrom, frame: Frame) -> None:
        """Follow an import."""
        raise NotImplementedError

    def of_tallies(self, node: ast.AST, frame: Frame) -> bool:
        """Whether an expression is of what the objects of the text count."""
        raise NotImplementedError

    def counts(self, value: Any) -> bool:
        """Whether a value counts the turns of a loop: a whole number, whichever."""
        raise NotImplementedError

    def open(self, optimizer: Built) -> None:
        """Let an optimizer's parameter groups be had, each with its rate."""
        raise NotImplementedError

    # --- names ---------------------------------------------------------------------------------

    def at(self, node: ast.AST) -> str:
        """Return where a part of the text stands, for a message."""
        return f"{shown(node)}, {self.place(getattr(node, 'lineno', 0) or self.line)}"

    def place(self, line: int) -> str:
        """Return a line, and which file's, for a message."""
        path = self.outermost.path
        return f"line {line} of {path}" if path else f"line {line}"

    def unknown(self, node: ast.expr, parts: Iterable[Any], why: str = "") -> Unknown:
        """Return what is not known because of its parts."""
        self.strange += 1
        found = {id(u): u for part in parts for u in unknown_in(part)}
        return Unknown(unparsed(node), why, parts=tuple(found.values()), plain=False)

    def name(self, name: str, frame: Frame) -> Any:
        """Return what a name stands for."""
        found = frame.get(name)
        if found is not MISSING:
            return found
        if name in builtin.FUNCTIONS or name in builtin.OTHERS:
            return Builtin(name)
        if name in MATHEMATICAL and name not in self.given and not frame.outermost.stars:
            self.assumed[f"{name} is taken for math.{name}: nothing imports it"] = None
            return builtin.CONSTANTS.get(name, Builtin(name, "math"))
        self.strange += 1
        of_trainer = self.of_trainer(Name(name, name, known=False))
        return frame.free(name) if of_trainer is MISSING else of_trainer

    def default(self, default: Default, source: str) -> Any:
        """Return what a name stands for by default; what is given beside the text comes first."""
        if source in self.given:
            found = self.given.take(source)
            stated = default.value is not None and not isinstance(default.value, Unknown)
            if stated and not same(found, default.value):
                self.given.overruled[source] = default.value
            return found
        known = not isinstance(default.value, Unknown)
        if known:
            self.defaults[source] = default
            if self.needed is None or source in self.needed:
                self.taken += 1
                return default.value
        why = default.said if known else default.value.why or default.said
        default.asked = default.asked or Unknown(source, why)
        return default.asked

    def attribute(self, base: Any, name: str, node: ast.expr) -> Any:
        """Return an attribute."""
        if isinstance(base, Instance) and "(" in base.source and isinstance(node, ast.Attribute):
            whose = dotted(node.value)
            base.source = whose if whose and whose != "self" else base.source
        match base:
            case Unknown():
                return self._foreign(base, name, node)
            case Instance(of=of):
                if name == "__dict__":
                    return base.kept
                if name == "_get_kwargs" and isinstance(base, Namespace):
                    return Method(base.kept, "items")
                if base.kept.lost is not None:
                    return Unknown(f"{base.source}.{name}", base.kept.lost.why)
                found = of.find(name)
                getter = found.of.find("__get__") if isinstance(found, Instance) else MISSING
                if isinstance(getter, Function):
                    return self.called(getter, [found, base, of], {}, node)
                if of.find("__getattribute__") is not MISSING:
                    return Unknown(f"{base.source}.{name}", self.at(node), plain=False)
                if name in base.kept:
                    return base.kept[name]
                if isinstance(found, Function):
                    return self._bound(found, base, node)
                if found is not MISSING:
                    return found
                source = f"{base.source}.{name}"
                if source in self.given:
                    return self.given.take(source)
                kept = base.kept
                before = kept.earlier.get(name, "")
                lost = Unknown(source, kept.touched, condition=kept.condition, before=before,
                               varies=kept.varies)  # fmt: skip
                return kept.setdefault(name, lost)
            case Module():
                found = base.frame.get(name)
                return found if found is not MISSING else Unknown(f"{base.name}.{name}")
            case Class():
                found = base.find(name)
                if isinstance(found, Function) and found.kind == "class":
                    return Bound(found, [base])
                return found if found is not MISSING else Unknown(f"{base.name}.{name}")
            case Super(of=of, instance=instance):
                found = instance.of.find(name, after=of)
                if isinstance(found, Function):
                    return self._bound(found, instance, node)
                return Unknown(unparsed(node)) if found is MISSING else found
            case Built():
                return self._of_optimizer(base, name, node)
            case Schedule(writes_to=Built() | Unknown() as optimizer) if name == "optimizer":
                return optimizer
            case Schedule() | Parser() | Commands() | Dataclasses():
                return Method(base, name)
            case Taker(schedule=Schedule() as held) if name == "_learning_rate":
                return held
            case Builtin(module=""):
                return Unknown(unparsed(node), name=Name(f"{base.name}.{name}", base.name,
                               known=True))  # fmt: skip
            case str() if name == "value":  # an enumeration's, which is its value here
                return base
            case dict() if name in base and not hasattr(dict, name):  # one with attributes
                return base[name]
            case Array() if name in ("size", "shape"):
                return len(base) if name == "size" else (len(base),)
            case dict() | list() | str() | int() | float() | tuple() | set() | Array():
                return Method(base, name)
            case Bound(function=Function(of=Class() as of), given=[Instance() as held, *_]):
                return self.attribute(held, name, node) if of else MISSING
        return Unknown(unparsed(node), plain=False, made=("", [base], {}))

    def _bound(self, found: Function, base: Instance, node: ast.expr) -> Any:
        if found.kind == "static":
            return found
        bound = Bound(found, [base.of if found.kind == "class" else base])
        return self.called(bound, [], {}, node) if found.kind == "property" else bound

    def called(self, function: Any, given: list[Any], named: dict[str, Any], node: Any) -> Any:
        """Return what a function comes to."""
        raise NotImplementedError

    def _foreign(self, base: Unknown, name: str, node: ast.expr) -> Any:
        """Return an attribute of another package's, the same each time."""
        self.strange += 1
        if name in base.kept:
            return base.kept[name]
        source = f"{base.source}.{name}"
        if source in self.given:
            return self.given.take(source)
        known: Name | None = None
        if base.name is not None:
            origin = registry.at_home(f"{base.name.origin}.{name}")
            known = Name(f"{base.name.written}.{name}", origin, known=base.name.known)
            module = base.name.origin if base.name.known else MODULES.get(base.name.origin)
            if module == "builtins":
                return self.name(name, self.outermost)
            if module in builtin.MODULES:
                if name in builtin.CONSTANTS:
                    return builtin.CONSTANTS[name]
                if name in builtin.MODULES[module]:
                    return Builtin(name, module)
            of_trainer = self.of_trainer(known)
            if of_trainer is not MISSING:
                return of_trainer
            if known.origin.endswith("flags.FLAGS"):
                return self.flags
            constant = value_of(known)
            if constant is not None:
                return constant
        found = Unknown(source, base.why, name=known, varies=base.varies, owner=base)
        found.condition, found.parts = base.condition, base.parts
        if name == "param_groups" and base.made:
            found.made = ("", [v for v in reached(base.made[1]) if isinstance(v, Built)], {})
        if name == "optimizer" and base.made:
            schedules = [v for v in base.made[1] if isinstance(v, Schedule)]
            found.made = ("", [v.writes_to for v in schedules], {}) if schedules else None
        base.kept[name] = found
        return found

    def _of_optimizer(self, base: Built, name: str, node: ast.expr) -> Any:
        if name == "param_groups" and not base.lost:
            self.open(base)
            if base.groups is not None:
                return base.groups
        if name in ("param_groups", "defaults", "state"):
            return Unknown(unparsed(node), base.lost, made=("", [base], {}), varies=True)
        return Method(base, name)

    def item(self, base: Any, place: Any, node: ast.expr) -> Any:
        """Return an item of what has items."""
        if isinstance(base, Unknown):
            if isinstance(place, int | str):
                if (place,) not in base.kept:
                    source = f"{base.source}[{place!r}]"
                    if source in self.given:
                        return self.given.take(source)
                    known = base.name and Name(f"{base.name.written}[]", HERE, known=True)
                    leaf = isinstance(place, str) and of_groups(base) and place != "param_groups"
                    varies = base.varies or (leaf and place == "lr" and bool(self.loops.stack))
                    base.kept[(place,)] = Unknown(
                        source, base.why, name=known, made=None if leaf else base.made,
                        varies=varies, condition=base.condition, parts=base.parts or (),
                    )  # fmt: skip
                return base.kept[(place,)]
            return self.unknown(node, [base, place])
        if isinstance(place, Unknown) and isinstance(base, dict) and place in base:
            return base[place]
        if isinstance(place, Unknown):
            held = base.values() if isinstance(base, Dict) else ()
            named = any(isinstance(each, Unknown) and each.name for each in held)
            made: Any = ("", [base], {}) if isinstance(base, List | Array) or named else None
            found = self.unknown(node, [place])
            found.made = made
            return found
        if isinstance(base, Schedule) and isinstance(place, slice):
            raise self.makes(node, base)
        if isinstance(base, Method):
            base = base.of
        getter = base.of.find("__getitem__") if isinstance(base, Instance) else None
        if isinstance(getter, Function):
            return self.called(getter, [base, place], {}, node)
        if isinstance(base, Namespace) and isinstance(place, str):  # of a dict with attributes
            if place in base.kept:
                return base.kept[place]
            return Unknown(f"{base.source}[{place!r}]", base.kept.touched)
        if isinstance(base, Schedule | Built | Function | Class | Instance):
            return Unknown(unparsed(node), made=("", [base], {}), plain=False)
        found = self.computed(node, operator.getitem, [base, place])
        if isinstance(base, dict) and not isinstance(base, Group) and isinstance(found, Unknown):
            return found
        return List(found) if type(found) is list else found

    # --- arithmetic ----------------------------------------------------------------------------

    def sized(self, value: Any) -> Any:
        """Return a value; all that is put together is counted."""
        if isinstance(value, list | tuple | dict | set | str):
            self.made -= len(value)
            if self.made < 0:
                raise ReadError("the text puts together more than is followed")
        return value

    def computed(
        self, node: ast.expr, function: Callable[..., Any], given: list[Any], /, **named: Any
    ) -> Any:
        """Return what a function comes to, given values; nobody knows where they are not known."""
        self.operated(*given, *named.values())
        unknown = [v for v in (*given, *named.values()) if isinstance(v, Unknown)]
        if unknown:  # with what else would have to be known, so that it is asked for at once
            lists = (v for v in given if isinstance(v, list | tuple))
            inside = [u for each in lists for u in unknown_in(each) if u.made is None]
            return self.unknown(node, given if inside else unknown)
        if any(isinstance(v, OBJECTS) for v in (*given, *named.values())):
            self.strange += 1
            return Unknown(unparsed(node), self.at(node), made=("", given, named), varies=True)
        try:
            for value in given:
                self.check_deep(value)
            return self.sized(function(*given, **named))
        except TROUBLE as error:
            inside = unknown_in([*given, *named.values()])
            if inside:
                return self.unknown(node, inside)
            self.strange += 1
            said = OWN.sub("", str(error))[:200].removeprefix("got ")
            text = f"cannot compute {shown(node)}: got {said}"
            made = (unparsed(node.func), given, named) if isinstance(node, ast.Call) else None
            return Unknown(unparsed(node), text, plain=False, made=made)

    def check_deep(self, value: Any) -> None:
        """Refuse what holds itself, or the same again and again: to compare it takes forever."""
        if isinstance(value, list | tuple | dict) and any(
            isinstance(item, list | tuple | dict)
            for item in (value.values() if isinstance(value, dict) else value)
        ):
            Sizes(MOST_MADE).of(value)

    def binary(self, node: ast.expr, op: ast.operator, a: Any, b: Any) -> Any:
        """Return an operation's result."""
        joined = self.joined(node, op, a, b)
        if joined is not MISSING:
            return joined
        if type(op) not in BINARY:
            return self.unknown(node, [a, b])
        if isinstance(op, ast.Mod) and type(b) is int and b == 1 and self.counts(a):
            return 0
        found = self.computed(node, BINARY[type(op)], [a, b])
        if isinstance(found, Unknown) and isinstance(op, ast.Add):
            found.plain = self.is_plain(a) and self.is_plain(b)
        if isinstance(found, Unknown) and isinstance(op, ast.Add | ast.Sub) and not found.askable:
            found.source = _from_its_turn(a, b, op) or found.source
        return found

    def makes(self, node: ast.AST, schedule: Schedule) -> ReadError:
        """Return what there is to say of something that is made of a schedule."""
        raise NotImplementedError

    def _operations(self, node: ast.BinOp, frame: Frame) -> Any:
        """Return what comes of one operation after another, however many there are."""
        chain = [node]
        while isinstance(chain[-1].left, ast.BinOp):
            chain.append(chain[-1].left)
        found = self.value(chain[-1].left, frame)
        terms = [self.value(each.right, frame) for each in reversed(chain)]
        if len(chain) > 2 and all(isinstance(each.op, ast.Add) for each in chain):
            lists = [found, *terms]
            if any(isinstance(term, Schedule) for term in lists):
                return self.joined(node, node.op, *lists)
        for each, term in zip(reversed(chain), terms, strict=True):
            found = self.binary(each, each.op, found, term)
        return found

    def joined(self, node: ast.expr, op: ast.operator, *given: Any) -> Any:
        """Return lists of rates that are joined; ``MISSING`` where they are none."""
        raise NotImplementedError

    def is_plain(self, value: Any) -> bool:
        """Whether a value hands out parameters that have no rates of their own."""
        match value:
            case Unknown():
                return value.plain
            case list() | tuple():
                return not getattr(value, "lost", None) and all(map(self.is_plain, value))
        return False

    def truth(self, value: Any) -> bool | Unknown:
        """Return whether a value counts as true, or what decides it."""
        if isinstance(value, Unknown):
            return value
        if isinstance(value, Schedule) and value.only is not None:
            return Unknown(value.label, varies=True)
        if self.operated(value):
            return Unknown(value.source, varies=True)
        return True if isinstance(value, OBJECTS) else bool(value)

    def _boolean(
        self, node: ast.expr, op: ast.boolop, values: Sequence[ast.expr], frame: Frame
    ) -> Any:
        unknown: list[Unknown] = []
        found: Any = None
        for each in values:
            found = self.perhaps(each, frame, unknown[-1]) if unknown else self.value(each, frame)
            truth = self.truth(found)
            if isinstance(truth, Unknown):
                unknown.append(truth)
            elif truth != isinstance(op, ast.And):  # it decides, whatever came before
                if unknown and isinstance(found, bool):
                    return found
                break
        return self.unknown(node, unknown) if unknown else found

    def _comparison(self, node: ast.expr, ops: Sequence[ast.cmpop], sides: list[Any]) -> Any:
        for op, a, b in zip(ops, sides, sides[1:], strict=False):
            found = self._compared(node, op, a, b)
            if len(ops) == 1 and isinstance(found, Array):
                return found
            if isinstance(found, Unknown) or not found:
                return found
        return True

    def _compared(self, node: ast.expr, op: ast.cmpop, a: Any, b: Any) -> Any:
        if isinstance(op, ast.In | ast.NotIn) and _holds(b, a):
            return isinstance(op, ast.In)
        if isinstance(op, ast.Is | ast.IsNot) and b is None and getattr(a, "term", None):
            return isinstance(op, ast.IsNot)  # a number, whichever
        if isinstance(a, Unknown) or isinstance(b, Unknown):
            return self.unknown(node, [a, b])
        if isinstance(a, Schedule) and a.only is not None:
            return Unknown(unparsed(node), varies=True)
        objects = isinstance(a, OBJECTS), isinstance(b, OBJECTS)
        fields = any(isinstance(side, Instance) and side.of.fields for side in (a, b))
        if not isinstance(op, ast.Is | ast.IsNot) and (self.operated(a, b) or fields):
            return Unknown(unparsed(node), self.at(node), varies=True)
        match op:
            case ast.Is() | ast.IsNot() if None in (a, b) or any(objects):
                return (a is b) == isinstance(op, ast.Is)
            case ast.Is() | ast.IsNot():
                same = a is b or (isinstance(a, PLAIN) and type(a) is type(b) and a == b)
                return same == isinstance(op, ast.Is)
            case ast.In() | ast.NotIn():
                return self._contains(node, op, a, b)
            case ast.Eq() | ast.NotEq() if any(objects):
                return (a is b) == isinstance(op, ast.Eq)
        if unknown_in([a, b]):
            return self.unknown(node, [a, b])
        return self.computed(node, COMPARISONS[type(op)], [a, b])

    def _contains(self, node: ast.expr, op: ast.cmpop, a: Any, b: Any) -> Any:
        if isinstance(b, range) and not isinstance(a, int):
            return self.unknown(node, []) if not isinstance(a, float) else Unknown(
                unparsed(node), self.at(node)
            )  # fmt: skip
        if not isinstance(b, dict) and unknown_in(b):
            return self.unknown(node, [b])
        found = self.computed(node, operator.contains, [b, a])
        return found if isinstance(found, Unknown) else found == isinstance(op, ast.In)

    def _text(self, node: ast.expr, values: Sequence[ast.expr], frame: Frame) -> Any:
        parts: list[Any] = []
        for each in values:
            plain = isinstance(each, ast.FormattedValue) and each.format_spec is None
            inner = each.value if isinstance(each, ast.FormattedValue) else each
            value = self.value(inner, frame)
            if isinstance(value, PLAIN) and (plain or isinstance(each, ast.Constant)):
                parts.append(str(value))
            else:
                parts.append(Unknown(unparsed(node), varies=True))
        unknown = [part for part in parts if isinstance(part, Unknown)]
        return self.unknown(node, unknown) if unknown else self.sized("".join(parts))

    # --- collections ---------------------------------------------------------------------------

    def _items(self, nodes: Sequence[ast.expr], frame: Frame) -> list[Any]:
        found: list[Any] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                value = self.value(node.value, frame)
                items = self.items(value)
                found += [self._several(node, value)] if items is None else items
            else:
                found.append(self.value(node, frame))
        return found

    def _several(self, node: ast.expr, value: Any) -> Unknown:
        """Return what stands for items that are not known."""
        found = self.unknown(node, [value])
        found.plain = self.is_plain(value)
        return found

    def items(self, value: Any) -> list[Any] | None:
        """Return what one comes across in going through a value; none where nobody knows."""
        passed = isinstance(value, Passing) and value.lost is not None
        if isinstance(value, builtin.SEQUENCES) and not passed:
            return builtin.items_of(value)
        return None

    def _dict(
        self, node: ast.expr, keys: Sequence[ast.expr | None], values: Sequence[ast.expr],
        frame: Frame,
    ) -> Any:  # fmt: skip
        found = Dict()
        for key, value in zip(keys, values, strict=True):
            place = None if key is None else self.value(key, frame)
            item = self.value(value, frame)
            if key is None and isinstance(item, dict):
                found.update(item)
                continue
            if len(keys) == 1 and isinstance(place, Unknown) and not place.askable:
                found[place] = item  # by which it is found again
                continue
            if key is None or isinstance(place, Unknown) or unknown_in(place):
                found.lost = self.unknown(node, [item if key is None else place])
                continue
            try:
                self.check_deep(place)
                found[place] = item
            except TypeError:
                found.lost = Unknown(unparsed(node), self.at(node))
        return self.sized(found)

    def _comprehension(self, node: Any, frame: Frame) -> Any:
        inner = Frame(self.given, frame)
        inner.passing = True
        made: list[Any] = []
        unknown: list[Any] = []
        outer = self.value(node.generators[0].iter, frame)
        if isinstance(outer, range | Array) and len(outer) > LONG:
            long = self._long(node, outer, inner)
            if long is not None:
                return long

        def turn(generators: Sequence[ast.comprehension]) -> None:
            if not generators:
                made.append(self._element(node, inner))
                return
            first, *rest = generators
            source = outer if first is node.generators[0] else self.value(first.iter, inner)
            if isinstance(source, Schedule):
                raise self.makes(node, source)
            items = items_of = self.items(source)
            if items is None:
                unknown.append(source)
                of = source.made if isinstance(source, Unknown) else None
                items = [Unknown(unparsed(first.target), varies=True, made=of)]
            for item in items:
                self.store(first.target, item, inner)
                tests = [self.truth(self.value(test, inner)) for test in first.ifs]
                for test in (each for each in tests if isinstance(each, Unknown)):
                    own = [leaf for leaf in test.leaves() if not leaf.varies]
                    unknown.extend(own if items_of is None else [test])
                if all(isinstance(test, Unknown) or test for test in tests):
                    turn(rest)

        turn(node.generators)
        if unknown:
            inside = [u for each in unknown_in(made) for u in each.leaves() if not u.varies]
            found = self.unknown(node, [*unknown, *inside])
            found.plain = self.is_plain(made)
            return found
        if isinstance(node, ast.DictComp):
            return self.computed(node, lambda pairs: Dict(pairs), [List(made)])
        if isinstance(node, ast.SetComp):
            return self.computed(node, set, [List(made)])
        return self.sized(Passing(made) if isinstance(node, ast.GeneratorExp) else List(made))

    def _long(self, node: Any, source: Any, frame: Frame) -> Any:
        """Return the list that a comprehension makes, as a function of the place.

        None where it makes something else.
        """
        match node:
            case ast.ListComp(elt=made, generators=[ast.comprehension(ast.Name(id=name), ifs=[])]):
                takes = ast.arguments([], [ast.arg(name)], None, [], [], None, [])
                element = Function(ast.Lambda(takes, made), frame, {})
            case _:
                return None
        return self.of_places(node, element, source)

    def of_places(self, node: Any, element: Function, source: Any) -> Any:
        """Return the list of what a function makes of each item of another.

        None where it makes something else.
        """
        (name,) = (argument.arg for argument in element.node.args.args)
        try:
            found = functions.expression(self, element, self.longest)  # type: ignore[arg-type]
            assert isinstance(found, Expression), "it has one argument"
            item = found.function()
            whole = all(type(item(source[place])) is int for place in (0, -1))
            formula = put(array(source).formula, ast.parse(found.source, mode="eval").body, name)
            return LongList(len(source), formula, whole=whole)
        except ReadError as error:
            leaves = getattr(error, "leaves", ())
            return self.unknown(node, leaves) if leaves else None
        except TROUBLE:
            return None

    def _element(self, node: Any, frame: Frame) -> Any:
        if isinstance(node, ast.DictComp):
            return self.value(node.key, frame), self.value(node.value, frame)
        return self.value(node.elt, frame)


def _holds(several: Any, value: Any) -> bool:
    """Whether what nobody knows is in a collection for all that."""
    if isinstance(several, Group) and isinstance(value, str) and value in several.owner.keys:
        return True  # an optimizer puts what it is given into each of its groups
    listed = isinstance(several, list | tuple | dict)
    return listed and isinstance(value, Unknown) and any(each is value for each in several)


def of_groups(value: Unknown) -> bool:
    """Whether a value is of an optimizer's parameter groups: what is in one writes no rate."""
    made = value.made[1] if value.made else []
    return len(made) == 1 and isinstance(made[0], Built)


def _from_its_turn(a: Any, b: Any, op: ast.Add | ast.Sub) -> str | None:
    """Return a sum as source, by what its name was as the turn began: it may count meanwhile."""
    if type(b) is not int or not isinstance(a, Unknown):
        return _from_its_turn(b, a, op) if type(a) is int and isinstance(op, ast.Add) else None
    found = offset_of(a.source)
    if found is None:
        return None
    more = found[1] + (b if isinstance(op, ast.Add) else -b)
    return f"{found[0]} {'-' if more < 0 else '+'} {abs(more)}"


def typed(node: ast.AST) -> bool:
    """Whether an expression can be asked for as it stands: a name, an item, a length."""
    match node:
        case ast.Name():
            return True
        case ast.Attribute(value=base):
            return typed(base)
        case ast.Subscript(value=base, slice=ast.Constant()):
            return typed(base)
        case ast.Call(func=ast.Name(id="len"), args=[inner], keywords=[]):
            return typed(inner)
        case ast.Call(func=ast.Attribute(value=base, attr="get" | "getenv")):
            return typed(base) and all(isinstance(each, ast.Constant) for each in node.args)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[], keywords=[]):
            return name in STAYING and typed(node.func)
    return False


@lru_cache(maxsize=1 << 12)
def is_typed(source: str) -> bool:
    """Whether something can be asked for by its source, as it stands."""
    if source.isidentifier():
        return True
    try:
        return typed(ast.parse(source, mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
