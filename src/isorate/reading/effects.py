"""What statements may do to the names and objects of a text, without following them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Final

from isorate.reading.naming import at_home
from isorate.schedule.syntax import children, dotted, walk

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

#: Calls of these methods change nothing that a schedule depends on, whatever they are called on.
HARMLESS: Final = (
    *(
        "step",
        "step_update",
        "zero_grad",
        "state_dict",
        "get_last_lr",
        "get_lr",
        "print_lr",
        "get_epoch_values",
        "get_update_values",
    ),
    *("item", "detach", "cpu", "numpy", "asnumpy", "tolist", "mean", "float", "backward", "eval"),
    *("items", "keys", "values", "get", "copy", "index", "count", "sum", "max", "min"),
    *("format", "join", "split", "strip", "lower", "upper", "startswith", "endswith"),
)
#: Those that hand out what shares nothing with what they are called on.
COPYING: Final = ("get_last_lr", "get_lr", "item", "format", "join", "lower", "upper",
                  "startswith", "endswith")  # fmt: skip
#: Functions that change their first argument.
CHANGING: Final = ("setattr", "delattr")
#: Functions that leave their arguments as they are.
PURE: Final = (
    *("abs", "all", "any", "dict", "enumerate", "float", "getattr", "hasattr", "hash", "id", "int"),
    *("isinstance", "iter", "len", "list", "max", "min", "print", "range", "repr", "reversed"),
    *("round", "set", "sorted", "str", "sum", "tuple", "type", "zip", "array", "asarray"),
    *("bisect", "bisect_left", "bisect_right", "searchsorted", "digitize", "count_nonzero"),
    *("interp", "minimum", "maximum", "concatenate", "linspace"),
    *("dump", "dumps", "safe_dump", "pformat", "pprint", "deepcopy"),
)
#: Functions that say the same each time they are called, as long as the program runs.
STAYING: Final = ("get_world_size", "device_count", "get_dataset_size", "get_group_size")
#: The functions of ``math`` and NumPy that give numbers, or new arrays of them.
COMPUTING: Final = ("cos", "sin", "exp", "sqrt", "log", "pow", "power", "interp", "linspace",
                    "arange", "minimum", "maximum")  # fmt: skip
#: The kinds of nodes that do something to names: the others only hold these.
DOING: Final = frozenset((
    *(ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.Assign, ast.AugAssign, ast.For),
    *(ast.AsyncFor, ast.comprehension, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
    *(ast.alias, ast.ImportFrom, ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping),
))  # fmt: skip
#: Those that give a name a value.
BINDING: Final = frozenset((
    *(ast.Name, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler),
    *(ast.MatchAs, ast.MatchStar, ast.MatchMapping, ast.alias),
))  # fmt: skip
#: Names with more dots are not told from what they are in.
DEEPEST_NAME: Final = 5


class Effects:
    """What a statement, or several, may do to the names of a text, without following it.

    ``bound`` are the names that it may set, ``changed`` those whose values it may change in place,
    ``passed`` those that it hands to functions which are not known, ``handing`` the calls that
    are handed a name's whole value, ``loaded`` those that it gives a state from elsewhere,
    ``called`` those that it calls. ``ends`` are those of ``changed`` and ``passed`` whose
    attributes may be others now: not ``a`` where ``a.b`` is changed.
    ``everything`` says that it may do anything to any name. What calls that are ``followed`` do to
    what they are methods of is left out.
    """

    def __init__(self, nodes: Iterable[ast.AST], followed: Container[ast.AST] = ()) -> None:
        self.bound: set[str] = set()
        self.changed: set[str] = set()
        self.passed: set[str] = set()
        self.handing: dict[str, list[ast.Call]] = {}
        #: The calls that a name, or what ends in it, is mentioned in the arguments of.
        self.mentioning: dict[str, list[ast.Call]] = {}
        self.loaded: set[str] = set()
        self.called: set[str] = set()
        self.ends: set[str] = set()
        self.everything = False
        #: Modules of which all names are imported.
        self.stars: list[str] = []
        self._followed = followed
        self._handed: list[ast.expr] = []
        #: The expressions that a name may be given the value of.
        self.given: dict[str, list[ast.expr]] = {}
        #: The functions among them that one of their calls may run.
        self.made: list[Any] = []
        functions: list[tuple[str, Any]] = []
        aliases: list[tuple[set[str], ast.AST]] = []
        items: list[ast.AST] = []
        for node in running(nodes):
            if type(node) not in DOING or isinstance(getattr(node, "ctx", None), ast.Load):
                continue
            self._see(node)
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self.given.setdefault(name, []).append(value)
                    if isinstance(value, ast.Lambda):
                        functions.append((name, value))
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    functions.append((name, node))
            match node:
                case ast.For(target=target, iter=source) | ast.AsyncFor(target=target, iter=source):
                    aliases.append((names_in(target), source))
                    items.append(source)
                case ast.Assign(targets=targets, value=source) if not _is_number(source):
                    aliases.append(({n for t in targets for n in names_in(t)}, source))
                case ast.comprehension(target=target, iter=source):
                    aliases.append((names_in(target), source))
                    items.append(source)
        self.made = [each for name, each in functions if name in self.called]
        #: The names that a name may be given the value of.
        self.sources: dict[str, set[str]] = {}
        for names, of in aliases:
            for name in names & self.bound:  # what is handed on under its own name stays itself
                sources = _hands(of)
                sources = {name} if name in sources else sources
                self.sources[name] = self.sources.get(name, set()) | sources
        #: Those of ``changed`` of which not only an item is.
        self.resized = set(self.changed)
        #: Those that may be changed, or are handed on, not only by an item of theirs.
        self.entire = self.changed | {n for each in self._handed for n in _uncut(each)}
        for names, of in [*aliases, *reversed(aliases)]:  # changed through another name
            if names & self.changed:
                self.changed |= names_in(of)
                self.ends |= {path[-1] for path in _paths(of)}
            if names & self.entire:
                self.entire |= _uncut(of)
            if names & self.resized and of not in items:
                self.resized |= names_in(of)
        #: What it may do something to but give it a value.
        self.touched = sorted(self.changed | self.passed | self.called)

    def _see(self, node: ast.AST) -> None:
        name = binds(node)
        if name is not None:
            self.bound.add(name)
        match node:
            case ast.Attribute(value=base, ctx=ast.Store() | ast.Del()):
                whole = dotted(node)
                if whole is None:
                    self.change(base)
                else:  # no other attribute is touched
                    self.bound.add(whole)
                    self.changed |= set(_path(base))
            case ast.Subscript(value=base, ctx=ast.Store() | ast.Del()):
                self.change(base)
            case ast.ImportFrom(module=module, names=[ast.alias(name="*")]):
                self.stars.append(str(module))
                self.everything = self.everything or not at_home(f"{module}.")
            case ast.AugAssign(target=target):
                self.change(target)
            case ast.Call():
                self._call(node)

    def change(self, node: ast.AST) -> None:
        """Take notice that what an expression stands for may be changed in place."""
        *ways, end = _path(node) or [""]
        self.changed |= {*ways, end}
        self.ends.add(end)
        if isinstance(node, ast.Call) and dotted(node.func) in ("globals", "locals"):
            self.everything = True

    def _call(self, node: ast.Call) -> None:
        func, called = node.func, dotted(node.func) or ""
        last = called.rpartition(".")[2]
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        if called in CHANGING or (called == "getattr" and _is_open(node)):
            for argument in given:
                self.change(argument)
        elif last not in PURE and not last[:1].isupper():  # a class keeps what it is given
            self._handed += given
            for argument in given:
                self.passed |= names_in(argument)
                for name in _whole(argument) if last not in HARMLESS else ():
                    self.handing.setdefault(name, []).append(node)
                ends = {path[-1] for path in _paths(argument)}
                self.ends |= ends
                for name in ends:
                    self.mentioning.setdefault(name, []).append(node)
        if last == "exec" and called in ("exec", "builtins.exec", "__builtins__.exec"):
            self.everything = True
        if isinstance(func, ast.Name):  # which may be another name of a method
            self.called.add(called)
        elif isinstance(func, ast.Attribute) and func.attr == "load_state_dict":
            self.loaded |= set(_path(func.value))
        elif (
            isinstance(func, ast.Attribute)
            and func.attr not in HARMLESS
            and node not in self._followed
        ):
            self.change(func.value)


def binds(node: ast.AST) -> str | None:
    """Return the name that a part of a statement gives a value, or takes it from."""
    if type(node) not in BINDING:
        return None
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return name
        case (
            ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name)
            | ast.ExceptHandler(name=name) | ast.MatchAs(name=name) | ast.MatchStar(name=name)
            | ast.MatchMapping(rest=name)
        ):  # fmt: skip
            return name
        case ast.alias(name=name, asname=other) if name != "*":
            return other or name.partition(".")[0]
    return None


def _is_open(node: ast.Call) -> bool:
    """Whether ``getattr`` may come to a method that changes what it is of."""
    name = node.args[1] if len(node.args) > 1 else None
    return not isinstance(name, ast.Constant) or name.value == "step"


def running(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Visit what runs when these run: no bodies of functions and classes, no names of their own."""
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        yield node
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda():
                continue
            case ast.comprehension(iter=source, ifs=tests):
                waiting += [source, *tests]
            case _:
                waiting += children(node)


def names_in(node: ast.AST) -> set[str]:
    """Return the names in an expression, dotted ones with everything that they are in."""
    return {name for path in _paths(node) for name in path}


def _is_number(node: ast.AST) -> bool:
    """Whether an expression comes to a number, or to new ones: it shares nothing with its parts."""
    match node:
        case ast.Constant(value=float()) | ast.Compare() | ast.Subscript(slice=ast.Constant("lr")):
            return True
        case ast.BinOp(op=ast.Pow() | ast.Div() | ast.FloorDiv() | ast.Sub()):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(id="math" | "np" | "numpy"), attr=name)):
            return name in COMPUTING
        case ast.BinOp(left=left, right=right):
            return _is_number(left) or _is_number(right)
    return False


def _whole(node: ast.AST) -> Iterator[str]:
    """Visit the names of what an expression hands over whole, alone or in a collection."""
    match node:
        case ast.Name() | ast.Attribute() | ast.Subscript() if _path(node):
            yield _path(node)[-1]
        case ast.Subscript(value=inner):  # an item of what has no name
            yield from _whole(inner)
        case ast.List() | ast.Tuple() | ast.Dict() | ast.Set() | ast.Starred():
            for child in children(node):
                yield from _whole(child)


def _uncut(node: ast.AST) -> set[str]:
    """Return the names in an expression but those of which only an item is."""
    found, waiting = set[str](), [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.Subscript) and not isinstance(part.slice, ast.Slice):
            continue
        if isinstance(part, ast.Name | ast.Attribute):
            found |= set(_path(part))
        waiting += children(part)
    return found


def _hands(node: ast.AST) -> set[str]:
    """Return the names of what an expression may come to: of ``f(a.b)`` not ``a``."""
    found = {path[-1] for path in _paths(node)}
    for each in walk(node):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute):
            found |= set(_path(each.func.value)[-1:])  # a method may return its object
    return found


def _paths(node: ast.AST) -> Iterator[list[str]]:
    """Visit the names in an expression, each as what it is in, from the outside to itself."""
    waiting = [node]
    while waiting:
        child = waiting.pop()
        func = child.func if isinstance(child, ast.Call) else None
        if isinstance(child, ast.Call) and getattr(func, "attr", "") in COPYING:
            waiting += [*child.args, *(keyword.value for keyword in child.keywords)]
            continue
        if not isinstance(child, ast.Name | ast.Attribute | ast.Subscript):
            waiting += children(child)
            continue
        path = _path(child)
        if path:
            yield path
        while isinstance(child, ast.Attribute | ast.Subscript):
            waiting += [child.slice] if isinstance(child, ast.Subscript) else []
            child = child.value
        waiting += [] if isinstance(child, ast.Name) else [child]


def _path(node: ast.AST) -> list[str]:
    """Return the names of the objects that an expression is in: ``a.b[0].c`` is in a and a.b."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
        elif isinstance(node, ast.Subscript):
            parts.clear()  # what is in an element has no name
        node = node.value
    if not isinstance(node, ast.Name):
        return []
    names = [node.id]
    for part in reversed(parts[-DEEPEST_NAME:]):
        names.append(f"{names[-1]}.{part}")
    return names
