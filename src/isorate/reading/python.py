"""Calls of Python's own functions, and of those that only the code of trainers has."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Final

from isorate.kit.call import Call
from isorate.reading import builtin
from isorate.reading.arrays import LongList
from isorate.reading.effects import PURE
from isorate.reading.expressions import is_typed
from isorate.reading.foreign import HANDED_ON, Foreign
from isorate.reading.naming import Name, candidates
from isorate.reading.schedules import LackingError
from isorate.reading.touching import changing
from isorate.reading.values import (
    MISSING,
    Bound,
    Built,
    Builtin,
    Class,
    Dict,
    Function,
    Instance,
    Passing,
    Schedule,
    Unknown,
)
from isorate.reading.values import PLAIN as NUMBERS
from isorate.schedule.errors import ReadError
from isorate.schedule.syntax import shown, unparsed

if TYPE_CHECKING:
    from isorate.reading.frames import Frame

#: Classes of arrays: no number of Python's is one.
ARRAYS: Final = ("Tensor", "ndarray", "Array")
#: Functions that only the code of trainers has: what they come to is said where they are called.
OF_TRAINERS: Final = ("refuse", "assume", "asked", "told", "is_known", "is_given", "is_a",
                      "arguments_of_init", "every", "takes")  # fmt: skip
#: Functions and methods that are given the shape of what they make first, or a length.
SHAPED: Final = ("zeros", "ones", "empty", "rand", "randn", "random", "random_sample", "reshape")
#: Those that are given it so only where they are given nothing else by its place.
DRAWN: Final = ("normal", "uniform", "standard_normal", "truncated_normal")
#: Kinds of numbers, by the names that modules have for them.
DTYPES: Final = ("float32", "float16", "half", "double", "int32", "int64")
#: Python's classes of values.
KINDS: Final = {"bool": bool, "int": int, "float": float, "str": str, "list": list, "tuple": tuple,
                "dict": dict, "set": set}  # fmt: skip
#: What schedulers are derived from.
BASES: Final = ("LRScheduler", "_LRScheduler", "LearningRateSchedule", "LearningRateScheduler")


class Python(Foreign):
    """Follows calls of Python's functions."""

    def __init__(self, given: Any) -> None:
        super().__init__(given)
        #: What a trainer's code made the run of, of what is told of it.
        self.counted: set[str] = set()
        #: Those that are being followed.
        self.frames: list[Frame] = []

    def store_attribute(self, base: Any, name: str, value: Any, target: ast.expr) -> None:
        """Let an attribute stand for a value."""
        raise NotImplementedError

    def _python(self, function: Builtin, given: list[Any], named: dict[str, Any], node: Any) -> Any:
        name = function.name
        if name in OF_TRAINERS:
            return self._of_trainers(name, given, named, node)
        if function.module:
            return self._of_module(function, given, named, node)
        match name, given:
            case "callable", [Function() | Bound() | Class() | Schedule() | Built() | None as of]:
                return isinstance(of, Function | Bound | Class)
            case "type", [str() as title, tuple() as bases, Dict() as names] if not named:
                return Class(title, {str(key): value for key, value in names.items()}, [*bases])
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
                return Unknown(unparsed(node), self.at(node), made=made, plain=False,
                               varies=name == "next")  # fmt: skip
            case ("list" | "tuple", [Schedule() as one]):
                return one
            case "map", [Builtin() | Function() as one, list() | tuple() | range() as several]:
                items = self.items(several) or []
                return Passing(self.called(one, [item], {}, node) for item in items)
            case "filter" | "map", [_, source]:
                found = self.unknown(node, [source])
                found.plain = self.is_plain(source)
                self.touch(given, node)
                return found
            case ("list" | "tuple" | "iter" | "reversed", [Unknown() as source]):
                found = self.unknown(node, [source])
                found.plain, found.made = source.plain, ("", given, named)
                return found
            case "enumerate", [Unknown() as source, *_]:
                found = self.unknown(node, [source])
                found.made = name, given, named
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
        given, named = with_dtypes(given, named)
        numbers: Any = builtin.MODULES[function.module][function.name]
        return self.computed(node, numbers, given, **named)

    def length(self, source: Unknown, node: ast.expr) -> Any:
        """Return how long something is that nobody knows."""
        named = is_typed(source.source)
        text = f"len({source.source if named else unparsed(node)})"
        if text in self.given:
            return self.shared(source, text, self.given.take(text))
        if source.made is not None and (found := rows(*source.made)) is not None:
            return found
        if source.parts and not source.varies and not any(u.made for u in source.leaves()):
            return self.unknown(node, [source])
        return Unknown(text, varies=source.varies, condition=source.condition)

    def _is_a(self, value: Any, kinds: Any, node: ast.expr) -> Any:
        """Return whether a value is of a class, or of one of several.

        Of another package's class nobody can give a value: whether it is of that is asked for.
        """
        if unparsed(node) in self.given:
            return self.given.take(unparsed(node))
        if isinstance(value, Unknown) and not (
            isinstance(kinds, Unknown) and value.askable and not value.why
        ):
            return self.unknown(node, [value])
        if isinstance(kinds, Unknown) and isinstance(value, Unknown | str):
            return Unknown(unparsed(node))
        found = [_of_kind(value, k) for k in (kinds if isinstance(kinds, tuple) else (kinds,))]
        if True in found or None not in found:
            return True in found
        return Unknown(unparsed(node), self.at(node), varies=True)

    def _of_trainers(
        self, name: str, given: list[Any], named: dict[str, Any], node: Any
    ) -> Any:  # fmt: skip
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
            case "is_given", [value]:
                return value is not None
            case "is_a", [value, kinds]:
                return not isinstance(value, Unknown) and self._is_a(value, kinds, node)
            case "arguments_of_init", []:
                return self._arguments_of_init()
            case "takes", [function, *values]:
                return _takes(function, values, named)
            case "every", [_]:  # holds in each so-manieth turn
                return Unknown(unparsed(node), varies=True)
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


def _takes(function: Any, given: list[Any], named: dict[str, Any]) -> bool:
    """Whether a function of the text can be called with some arguments; any other can."""
    several, names = len(given), {*named}
    while isinstance(function, Bound | Instance):
        several += 1 if isinstance(function, Instance) else len(function.given)
        if isinstance(function, Bound):
            names |= {*function.named}
            function = function.function
        else:
            function = function.of.find("__call__")
    if not isinstance(function, Function):
        return True
    arguments = function.node.args
    placed = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
    alone = [each.arg for each in arguments.kwonlyargs]
    needed = {*placed[several:], *alone} - {*function.defaults} - names
    return not needed and (several <= len(placed) or arguments.vararg is not None)


def rows(origin: str, given: list[Any], named: dict[str, Any]) -> int | None:
    """Return how long an array is, by the call that makes it; none where that does not tell."""
    last, shape = origin.rpartition(".")[2], named.get("shape", named.get("size"))
    alone = last in DRAWN and len(given) == 1 and isinstance(given[0], list | tuple)
    if shape is None and given and (last in SHAPED or alone):
        shape = given[0]
    first = shape[0] if isinstance(shape, list | tuple) and shape else shape
    return first if type(first) is int and first >= 0 else None


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
            return False if candidates(name) or name.last in ARRAYS else None
    return None


def _is_home(name: Name, call: Call) -> bool:
    """Whether a name comes from where a call's own does; one that is not imported may."""
    home = name.origin.rpartition(".")[0]
    return not (home and name.known) or call.card.name.startswith(f"{home}.")


def _derived(of: Any, kind: Class) -> bool:
    return isinstance(of, Class) and kind in of.mro


def _is_name(text: Any) -> bool:
    """Whether a text that is evaluated is a name, or nobody knows what it is."""
    return isinstance(text, Unknown) or (
        isinstance(text, str) and all(part.isidentifier() for part in text.split("."))
    )


def with_dtypes(given: list[Any], named: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return arguments with the names of dtypes in their stead."""

    def dtype(value: Any) -> Any:
        if isinstance(value, Builtin) and value.name in ("float", "int", "float64"):
            return value.name
        known = value.name if isinstance(value, Unknown) else None
        return known.last if known is not None and known.last in DTYPES else value

    return [*map(dtype, given)], {key: dtype(value) for key, value in named.items()}
