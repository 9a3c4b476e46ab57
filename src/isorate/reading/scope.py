"""What the names of a text stand for, statement by statement: a value, or nothing that is known."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Final

from isorate.reading.naming import at_home
from isorate.schedule.arithmetic import BUILTINS, MODULES
from isorate.schedule.errors import ReadError
from isorate.schedule.expression import Expression
from isorate.schedule.syntax import dotted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

#: Calls of these methods change nothing that a schedule depends on, whatever they are called on.
HARMLESS: Final = (
    *("step", "zero_grad", "state_dict", "get_last_lr", "get_lr", "print_lr"),
    *("items", "keys", "values", "get", "copy", "index", "count"),
    *("format", "join", "split", "strip", "lower", "upper", "startswith", "endswith"),
)
#: Functions that change their first argument.
CHANGING: Final = ("setattr", "delattr")
#: Functions that leave their arguments as they are.
PURE: Final = (
    *("abs", "all", "any", "dict", "enumerate", "float", "getattr", "hasattr", "id", "int"),
    *("isinstance", "iter", "len", "list", "max", "min", "print", "range", "repr", "reversed"),
    *("round", "set", "sorted", "str", "sum", "tuple", "type", "zip"),
)
#: Names with more dots are not told from what they are in.
DEEPEST_NAME: Final = 5
#: A short text may still hold a list of so many values.
FEWEST: Final = 1000


#: What stands for a function or a module that the text has put in the place of Python's.
SHADOWED: Final = object()


class Scope(dict[str, Any]):
    """The names that have a value.

    Values given beside the text stand whatever the text says. What a statement may have changed in
    a way that is not followed has no value any more.

    Args:
        given: the values that were given beside the text.
        longest: how many numbers and characters one value may come to, shared parts counted.

    """

    def __init__(self, given: Mapping[str, Any], longest: int) -> None:
        super().__init__(given)
        self.given = dict(given)
        #: Those of the given ones that something needed.
        self.used: set[str] = set()
        #: What the text says of a name that was given, where it says something else.
        self.overruled: dict[str, Any] = {}
        #: Names that a function changes, whenever it is called.
        self.volatile: set[str] = set()
        self._under: dict[str, set[str]] = {}
        #: By the identity of a list or a dict, the names that reach it.
        self._names_of: dict[int, set[str]] = {}
        self._inlined: dict[str, Any] = {}
        self._sizes: dict[int, tuple[Any, int]] = {}
        self._longest = FEWEST + longest
        self._longest += sum(self.size(value, unbounded=True) for value in given.values())

    def __getitem__(self, name: str) -> Any:
        if name in self.given:
            self.used.add(name)
        value = super().__getitem__(name)
        if value is SHADOWED:
            raise ReadError(f"{name} is another one than Python's in this text")
        return value

    def bind(self, name: str, value: Any) -> None:
        """Give a name the value that an assignment says."""
        self.size(value)
        if name in self.given:
            if not _same(self.given[name], value):
                self.overruled[name] = value
            return
        if name in self._inlined and not _same(self._inlined[name], value):
            raise self._late(name)
        self.forget(name, late=False)
        if name in self.volatile or name.count(".") > DEEPEST_NAME:
            return
        self[name] = value
        for whole in _prefixes(name):
            self._under.setdefault(whole, set()).add(name)
        for part in _mutable_in(value):
            self._names_of.setdefault(part, set()).add(name)

    def forget(self, name: str, *, late: bool = True) -> None:
        """Forget a name and what is an attribute of it."""
        for each in list(self._under.get(name, ())):
            if late and each in self._inlined:
                raise self._late(each)
            for whole in _prefixes(each):
                self._under[whole].discard(each)
            for part in _mutable_in(self.pop(each, None)):
                self._names_of[part].discard(each)

    def forget_all(self) -> None:
        """Forget every name but those that were given."""
        for name in list(self.keys() - self.given.keys()):
            self.forget(name)

    def mutate(self, name: str) -> None:
        """Forget a name whose value was changed in place, and every other name that reaches it."""
        for part in _mutable_in(self.get(name)):
            for same in list(self._names_of.get(part, ())):
                self.forget(same)

    def may_change(self, name: str) -> bool:
        """Whether what a name stands for can be changed in place, so that it matters."""
        return isinstance(self.get(name), list | dict)

    def forget_attributes(self, name: str) -> None:
        """Forget what is an attribute of a name."""
        for each in list(self._under.get(name, ())):
            if each != name:
                self.forget(each)

    def shadow(self, name: str) -> None:
        """Take notice that a function or module of Python's is another one in this text."""
        if name not in self.given and (name in MODULES or name in BUILTINS):
            self[name] = SHADOWED

    def unshadow(self, name: str) -> None:
        """Take notice that a name stands for Python's own again."""
        if self.get(name) is SHADOWED:
            del self[name]

    def inline(self, name: str) -> Any:
        """Return the value of a name for the body of a function, which asks for it when it runs."""
        value = self[name]
        if name not in self.given:
            self._inlined[name] = value
        return value

    def _late(self, name: str) -> ReadError:
        text = f"a function of the schedule uses {name}, which the text changes afterwards"
        return ReadError(text, hint=f"give the value that it runs with: --set {name}=...")

    def size(self, value: Any, *, unbounded: bool = False) -> int:
        """Return how many numbers and characters a value comes to; shared parts count each time.

        Raises:
            ReadError: more than the text itself has room for.

        """
        kept = self._sizes.get(id(value))
        if kept is not None and kept[0] is value:
            return kept[1]
        match value:
            case list() | tuple():
                size = 1 + sum(self.size(item, unbounded=unbounded) for item in value)
            case dict():
                size = 1 + sum(self.size(item, unbounded=unbounded) for item in value.values())
            case str():
                size = 1 + len(value)
            case Expression():
                size = 1 + len(value.source)
            case _:
                return 1
        if not unbounded and size > self._longest:
            raise ReadError("a value is longer than the text that says it", got=f"{size} parts")
        self._sizes[id(value)] = (value, size)  # holding it keeps its identity its own
        return size


class Effects:
    """What a statement, or several, may do to the names of a text, without following it.

    ``bound`` are the names that it may set, ``changed`` those whose values it may change in place,
    ``passed`` those that it hands to functions which are not known, ``loaded`` those that it gives
    a state from elsewhere, ``prepared`` those that it hands to a ``prepare``, ``called`` those that
    it calls. ``ends`` are those of ``changed`` and
    ``passed`` whose attributes may be others now: not ``a`` where ``a.b`` is changed.
    ``everything`` says that it may do anything to any name.
    """

    def __init__(self, nodes: Iterable[ast.AST], changers: Iterable[str] = ()) -> None:
        self.bound: set[str] = set()
        self.changed: set[str] = set()
        self.passed: set[str] = set()
        self.loaded: set[str] = set()
        self.prepared: set[str] = set()
        self.called: set[str] = set()
        self.ends: set[str] = set()
        self.everything = False
        self._changers = frozenset(changers)
        aliases: list[tuple[set[str], set[str]]] = []
        for node in _walk(nodes):
            self._see(node)
            match node:
                case ast.For(target=target, iter=source) | ast.AsyncFor(target=target, iter=source):
                    aliases.append((names_in(target), names_in(source)))
                case ast.Assign(targets=targets, value=source):
                    aliases.append(({n for t in targets for n in names_in(t)}, names_in(source)))
                case ast.comprehension(target=target, iter=source):
                    aliases.append((names_in(target), names_in(source)))
        for ends, sources in [*aliases, *reversed(aliases)]:  # changed through another name
            if ends & self.changed:
                self.changed |= sources

    def _see(self, node: ast.AST) -> None:
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                self.bound.add(name)
            case ast.Attribute(value=base, ctx=ast.Store() | ast.Del()):
                whole = dotted(node)
                self.bound |= set() if whole is None else {whole}
                self.change(base)
            case ast.Subscript(value=base, ctx=ast.Store() | ast.Del()):
                self.change(base)
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                self.bound.add(name)
            case ast.ImportFrom(module=module, names=[ast.alias(name="*")]):
                self.everything = self.everything or not at_home(f"{module}.")
            case ast.alias():
                self.bound.add(node.asname or node.name.partition(".")[0])
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                self.bound.add(name)
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
        if called in self._changers or called in CHANGING:
            for argument in given:
                self.change(argument)
        elif last not in PURE and not last[:1].isupper():  # a class keeps what it is given
            for argument in given:
                self.passed |= names_in(argument)
                self.ends |= {path[-1] for path in _paths(argument)}
                self.prepared |= names_in(argument) if called.endswith(".prepare") else set()
        if called == "exec":
            self.everything = True
        if isinstance(func, ast.Name):  # which may be another name of a method
            self.called.add(called)
        elif isinstance(func, ast.Attribute) and func.attr == "load_state_dict":
            self.loaded |= set(_path(func.value))
        elif isinstance(func, ast.Attribute) and func.attr not in HARMLESS:
            self.change(func.value)


def function_effects(node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[set[str], bool]:
    """Return the names of the text that a function changes, and whether it changes an argument."""
    effects = Effects(node.body)
    says_global = {n for s in ast.walk(node) if isinstance(s, ast.Global) for n in s.names}
    a = node.args
    arguments = {x.arg for x in [*a.posonlyargs, *a.args, *a.kwonlyargs]}
    own = (arguments | effects.bound) - says_global
    changed = {n for n in effects.changed if n.partition(".")[0] not in own}
    return changed | (effects.bound & says_global), bool(effects.changed & arguments)


def _walk(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
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
                waiting += ast.iter_child_nodes(node)


def names_in(node: ast.AST) -> set[str]:
    """Return the names in an expression, dotted ones with everything that they are in."""
    return {name for path in _paths(node) for name in path}


def _paths(node: ast.AST) -> Iterator[list[str]]:
    """Visit the names in an expression, each as what it is in, from the outside to itself."""
    waiting = [node]
    while waiting:
        child = waiting.pop()
        if not isinstance(child, ast.Name | ast.Attribute | ast.Subscript):
            waiting += ast.iter_child_nodes(child)
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


def _mutable_in(value: Any) -> set[int]:
    """Return the identities of the lists and dicts in a value."""
    found: set[int] = set()
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list | dict | tuple) and id(part) not in found:
            found.add(id(part))
            waiting += part.values() if isinstance(part, dict) else part
    return found


def _prefixes(name: str) -> list[str]:
    """Return a dotted name and everything that it is in."""
    parts = name.split(".")
    return [".".join(parts[:n]) for n in range(1, len(parts) + 1)]


def _same(a: Any, b: Any) -> bool:
    return a is b or (type(a) is type(b) and a == b)
