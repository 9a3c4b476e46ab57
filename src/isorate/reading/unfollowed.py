"""What is not followed: whatever it may touch is unknown from then on."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Final

from isorate.reading import terms
from isorate.reading.arguments import Parser
from isorate.reading.arrays import Array, of_numbers
from isorate.reading.calls import Calls
from isorate.reading.frames import Frame
from isorate.reading.loops import Tally
from isorate.reading.mentions import bound, defaults_of, effects, mentions, methods
from isorate.reading.optimizers import PLAIN
from isorate.reading.python import OF_TRAINERS
from isorate.reading.touching import STEPPING, changing, holds_rate
from isorate.reading.values import (
    MISSING,
    Bound,
    Built,
    Builtin,
    Class,
    Dict,
    Function,
    Group,
    Instance,
    List,
    Method,
    Missing,
    Module,
    Schedule,
    Unknown,
    other_name_of,
    reached,
)
from isorate.schedule.errors import ReadError
from isorate.schedule.syntax import shown, unparsed, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from isorate.reading.effects import Effects
    from isorate.reading.interpreter import Interpreter

#: Functions that train are looked for in functions that call each other no deeper.
DEEPEST_TRAINING: Final = 4
#: Methods that no operator calls.
PLAIN_METHODS: Final = ("__init__", "__new__", "__post_init__", "__call__", "__repr__", "__str__",
                        "__getattr__", "__setattr__", "__init_subclass__", "__del__")  # fmt: skip
#: What may be called by other names, and what may hold that.
HOLDING: Final = frozenset((Function, Method, Bound, Instance, List, Dict, list, tuple, Unknown))
#: So many items of a list may be functions.
MOST_HELD: Final = 100


class Unfollowing(Calls):
    """Lets be unknown what may be changed by what is not followed."""

    def __init__(self, given: Any) -> None:
        super().__init__(given)
        self._known_functions: dict[int, tuple[int, dict[str, list[Function]]]] = {}
        self._losing: set[int] = set()
        #: What loops make other in each turn, and whether it was before.
        self.turned: list[tuple[Dict, bool]] = []
        #: Whether what is made unknown is followed besides.
        self._followed = False
        #: What has to be known, so that what is made unknown is followed.
        self._by: tuple[Unknown, ...] = ()

    @property
    def interpreter(self) -> Interpreter:
        """The whole of which this class is a part."""
        return self  # type: ignore[return-value]

    def _written(self, optimizer: Built, target: ast.AST) -> None:
        """Mind that a part of an optimizer is set by what is not followed."""
        self.rate_changed(optimizer, target)
        optimizer.lost = optimizer.handed = f"{shown(target)} is set, which is not followed"

    def _reaches(self, base: Unknown, target: ast.AST) -> None:
        """Mind that a change of what nobody knows may change an optimizer."""
        for each in base.made[1] if base.made and base.made[0] == "" else ():
            match each:
                case Built():
                    self._written(each, target)
                case Schedule():
                    raise changing(target, each)
                case Group():
                    self._written(each.owner, target)
                case List() | Dict() | Array():
                    each.lost = Unknown("", self.at(target), varies=self.turning)
                    groups = each if isinstance(each, List) else ()
                    for group in groups:
                        if isinstance(group, Group):
                            self._written(group.owner, target)

    def _reaches_method(self, base: Unknown, target: ast.AST) -> None:
        if base.source in ("globals()", "locals()", "vars()"):
            self.outermost.lose_all(self.at(target))

    def _quiet(self, node: ast.expr, frame: Frame) -> Any:
        """Return what a dotted name stands for, without making anything of it."""
        match node:
            case ast.Name(id=name):
                found = frame.get(name)
                if found is MISSING:
                    return self.name(name, frame)
                return found
            case ast.Attribute(value=base, attr=name):
                of = self._quiet(base, frame)
                if isinstance(of, Instance):
                    found = of.kept.get(name, of.of.find(name))
                    return None if found is MISSING else found
                if isinstance(of, Unknown | Module):
                    return self.attribute(of, name, node)
                if isinstance(of, Built) and name == "param_groups":
                    return of.groups
        return None

    def tally_of(self, value: Any) -> Tally | None:
        """Return what a value counts, as it is when a turn begins; none where it is another."""
        term = value.term if isinstance(value, Unknown) else None
        found = self.tallies.get(term.id) if isinstance(term, ast.Name) else None
        return found if isinstance(found, Tally) else None

    def unfollowed(self, node: ast.AST, frame: Frame) -> None:
        self.strange += 1
        self.lose_steps(node)
        if self.builds([node], frame):
            text = f"{shown(node)} builds a scheduler where it cannot be followed"
            raise ReadError(text, hint="paste the statements that build it, one by one")
        self.havoc([node], frame, None)

    def lose_steps(self, node: ast.AST) -> None:
        if self.steps_in(node):
            self.loops.lost = self.loops.lost or node

    def bound_effects(
        self, function: Function, given: Mapping[str, Instance] | None = None
    ) -> None:
        node = function.node
        if id(node) in self._losing:
            return
        body = [node.body] if isinstance(node, ast.Lambda) else node.body
        inner = Frame(self.given, function.frame)
        elsewhere = mentions(node).elsewhere
        for name in bound(node) - elsewhere:
            inner.names[name] = Unknown(name, varies=True)
        for name in elsewhere:
            inner.elsewhere[name] = function.frame.home(name) or function.frame.outermost
        kept = (List, Dict, Array, Instance)  # which it changes for all that call it
        inner.names |= {k: v for k, v in function.defaults.items() if isinstance(v, kept)}
        inner.names |= given or {}
        self._losing.add(id(node))
        try:
            self.havoc(list(body), inner, None)
        finally:
            self._losing.discard(id(node))

    def havoc(
        self, nodes: Sequence[ast.AST], frame: Frame, condition: Unknown | None,
        *, followed: bool = False, by: Sequence[Unknown] = (),
    ) -> None:  # fmt: skip
        """Let whatever statements may touch be unknown, which may be followed besides.

        Where it is followed ``by`` what is asked for, that is asked for in its stead.
        """
        before = self._followed, self._by
        self._followed, self._by = self._followed or followed, (*self._by, *by)
        try:
            self._havoc(nodes, frame, condition)
        finally:
            self._followed, self._by = before

    def _havoc(self, nodes: Sequence[ast.AST], frame: Frame, condition: Unknown | None) -> None:
        self.steps -= 20  # it takes as long
        own = dict(self._own_methods(nodes, frame))
        found = effects(nodes, own)
        for of, function in own.values():
            self.bound_effects(function, {} if not function.node.args.args else {
                function.node.args.args[0].arg: of})  # fmt: skip
        following = self._handing_objects(found, own, frame)
        where = nodes[0]
        self.loaded = self.loaded or (bool(found.loaded) and bool(self.found.built))
        if found.stars:
            self.outermost.stars += found.stars
            self.outermost.imported.clear()
        if found.everything:
            frame.lose_all(self.at(where))
            self.outermost.lose_all(self.at(where))
        for function in found.made:
            defaults = defaults_of(function.args).items()
            known = {name: self._quiet(default, frame) for name, default in defaults}
            self.bound_effects(Function(function, frame, known))
        for name in found.touched:
            value = self._quiet_path(name, frame)
            if isinstance(value, Function) and name in found.called:
                self.bound_effects(value)
            elif isinstance(value, Unknown) and name in found.called:
                self._reaches(value.owner or value, where)
            elif isinstance(value, Bound) and name in found.called:
                self._bound_called(value)
            elif name in following:
                continue
            elif name in found.changed or name in found.passed:
                self._lose(value, name, found, where, condition, frame)
        for name in found.bound:
            sources = [self._quiet_path(source, frame) for source in found.sources.get(name, ())]
            given = found.given.get(name, ())
            plain = self._is_plain(name, frame) and all(self._hands_on(v, frame) for v in given)
            self._unbind(name, nodes, frame, condition, sources, plain=plain)
        for name, home in self._globals(nodes):
            self._unbind(name, nodes, home, condition)

    def _bound_called(self, bound: Bound) -> None:
        """Let what a method may change be unknown, which goes by another name."""
        of = bound.given[0] if bound.given else None
        while isinstance(bound.function, Bound):
            bound = bound.function
            of = bound.given[0] if bound.given else of
        function = bound.function
        if isinstance(function, Function):
            first = function.node.args.args[:1]
            self.bound_effects(
                function, {first[0].arg: of} if first and type(of) is Instance else {}
            )

    def _handing_objects(
        self, effects: Effects, own: Mapping[ast.AST, tuple[Instance, Function]], frame: Frame
    ) -> set[str]:
        """Return the names of objects that only functions of the text are handed.

        What these may do to them is done.
        """
        calls: dict[ast.Call, tuple[Function, dict[str, Instance]] | None] = {}
        found = set[str]()
        for name, each in effects.mentioning.items():
            of = self._quiet_path(name, frame) if name not in effects.changed else None
            if not isinstance(of, Instance):
                continue
            for call in each:
                if call not in calls:
                    calls[call] = self._handed_objects(call, own, frame)
            if all(calls[call] for call in each):
                found.add(name)
        for handed in filter(None, calls.values()):
            self.bound_effects(*handed)
        return found

    def _handed_objects(
        self, call: ast.Call, own: Mapping[ast.AST, tuple[Instance, Function]], frame: Frame
    ) -> tuple[Function, dict[str, Instance]] | None:
        """Return a function of the text that is called, and the objects that it is given.

        None where it is none, or is given some that it is not told of here.
        """
        of, function = own.get(call, (None, self._quiet(call.func, frame)))
        if not isinstance(function, Function) or isinstance(function.node, ast.Lambda):
            return None
        placed = [a.arg for a in (*function.node.args.posonlyargs, *function.node.args.args)]
        placed = placed[1:] if of is not None else placed
        pairs = [*zip(placed, call.args, strict=False)]
        pairs += [(k.arg or "", k.value) for k in call.keywords]
        known = {*placed, *(a.arg for a in function.node.args.kwonlyargs)}
        if len(call.args) > len(placed) or not {name for name, _ in pairs} <= known:
            return None
        values = {name: self._quiet(node, frame) for name, node in pairs}
        objects = {name: value for name, value in values.items() if isinstance(value, Instance)}
        whole = {n for n, node in pairs if isinstance(node, ast.Name | ast.Attribute)}
        inside = (n for name, node in pairs if name not in whole for n in walk(node))
        parts = (n for n in inside if isinstance(n, ast.Name | ast.Attribute))
        if any(isinstance(self._quiet(part, frame), Instance) for part in parts):
            return None
        if of is not None:
            objects[function.node.args.args[0].arg] = of
        return function, objects

    def _own_methods(
        self, nodes: Sequence[ast.AST], frame: Frame
    ) -> Iterator[tuple[ast.AST, tuple[Instance, Function]]]:
        """Visit the calls of methods that the text has, of objects that are known."""
        for node, base in (each for part in nodes for each in methods(part)):
            of = self._quiet_path(base, frame)
            found = of.of.find(node.func.attr) if isinstance(of, Instance) else None  # type: ignore[attr-defined]
            if isinstance(of, Instance) and isinstance(found, Function) and not found.kind:
                yield node, (of, found)

    def _globals(self, nodes: Sequence[ast.AST]) -> Iterator[tuple[str, Frame]]:
        """Visit the names of the text that functions change which statements may call."""
        functions = self._functions(self.outermost)
        waiting, seen = [(node, self.outermost) for node in nodes], set[str]()
        while waiting:
            whole, home = waiting.pop()
            inside = mentions(whole)
            yield from ((name, home) for name in inside.elsewhere)
            new = (inside.used & functions.keys()) - seen
            seen |= new
            own = [function for name in new for function in functions[name]]
            waiting += [(function.node, function.frame.outermost) for function in own]

    def counts(self, value: Any) -> bool:
        return isinstance(value, Unknown) and terms.counter(self.interpreter, value) is not None

    def set_by_functions(self) -> set[str]:
        """Return the names that functions of the text may set which are not their own."""
        functions = (f for each in self._functions(self.outermost).values() for f in each)
        return {name for function in functions for name in mentions(function.node).elsewhere}

    def named(self, names: set[str]) -> list[Function]:
        """Return the functions of a text that go by some names."""
        functions = self._functions(self.outermost)
        return [function for name in names & functions.keys() for function in functions[name]]

    def _functions(self, frame: Frame) -> dict[str, list[Function]]:
        """Return the functions of a text, and of those that it imports, by their names."""
        kept = self._known_functions.get(id(frame))
        if kept is None or kept[0] != self.given.definitions:
            kept = self.given.definitions, _functions_of(frame)
            self._known_functions[id(frame)] = kept
        return kept[1]

    def steps_in(self, node: ast.AST) -> bool:
        """Whether a statement steps something, or calls functions of the text that do."""
        return self._trains_in(node)

    def sets_rates(self, node: ast.AST) -> bool:
        return self._trains_in(node, rates=True, steps=False)

    def _trains_in(
        self, node: ast.AST, frame: Frame | None = None, depth: int = 0, *, rates: bool = False,
        steps: bool = True,
    ) -> bool:  # fmt: skip
        """Whether a statement steps something, or calls functions of the text that do.

        With ``rates`` also whether it sets a rate.
        """
        inside = mentions(node)
        found = (steps and inside.steps) or (rates and inside.rates)
        if found or depth > DEEPEST_TRAINING:
            return found
        frame = frame or (self.frames[-1] if self.frames else self.outermost)
        functions = self._functions(frame.outermost)
        called = [each for name in inside.called & functions.keys() for each in functions[name]]
        other = [*self._by_other_names(inside.used, frame)]  # adv = scheduler.step
        return any(
            self._trains_in(each.node, each.frame, depth + 1, rates=rates, steps=steps)
            if isinstance(each, Function) else steps
            for each in (*called, *other)
        )  # fmt: skip

    def _by_other_names(self, names: frozenset[str], frame: Frame) -> Iterator[Function | Method]:
        """Visit what may be called by names that stand for something else than functions.

        That are functions of functions, what a list or an object holds, and methods that step.
        """
        waiting, seen = list[tuple[Any, str]](), set[int]()
        home: Frame | None = frame
        while home is not None:
            waiting += [(home.names[name], name) for name in names & home.names.keys()]
            home = home.parent
        while waiting:
            value, name = waiting.pop()
            if type(value) not in HOLDING or id(value) in seen:
                continue
            seen.add(id(value))
            match value:
                case Function():
                    if value.name != name or value.frame is not frame.outermost:
                        yield value
                case Method(of=Schedule() | Built()) if value.name in STEPPING:
                    yield value
                case Bound():
                    parts = [value.function, *value.given, *value.named.values()]
                    waiting += [(each, "") for each in parts if not isinstance(each, Instance)]
                case Instance():
                    waiting += [(each, "") for key, each in value.kept.items() if key in names]
                case list() | tuple():
                    waiting += [(each, "") for each in value[:MOST_HELD]]
                case dict():
                    waiting += [(each, "") for each in [*value.values()][:MOST_HELD]]
                case Unknown(made=("", given, _)):
                    self.steps -= len(given) // 10  # it takes as long
                    waiting += [(each, "") for each in given]

    def calls_one_of(self, node: ast.Call, frame: Frame) -> None:
        running = [inner.of.node for inner in self.frames if isinstance(inner.of, Function)]
        for each in self._by_other_names(mentions(node.func).used, frame):
            if isinstance(each, Function) and each.node in running:
                continue  # which would go on for ever: ``train`` of a model is another one
            if isinstance(each, Function):
                self.bound_effects(each)
            if isinstance(each, Method) or self._trains_in(each.node, each.frame):
                self.loops.lost = self.loops.lost or node

    def _quiet_path(self, name: str, frame: Frame) -> Any:
        head, dot, rest = name.partition(".")
        value: Any = frame.get(head)
        for attribute in rest.split(".") if dot else ():
            if isinstance(value, Instance):
                value = value.kept.get(attribute, value.of.find(attribute))
            elif isinstance(value, Unknown):
                value = value.kept.get(attribute)
            elif isinstance(value, Module):
                value = value.frame.get(attribute)
            elif (isinstance(value, Built) and attribute == "param_groups") or isinstance(
                value, Schedule
            ):
                continue
            else:
                return None
        return value

    def _lose(
        self, value: Any, name: str, effects: Effects, where: ast.AST, condition: Unknown | None,
        frame: Frame,
    ) -> None:  # fmt: skip
        if isinstance(value, Unknown | Missing) and not getattr(value, "kept", ()) and (
            not getattr(value, "made", None)
        ):  # fmt: skip
            return
        for each in value.made[1] if isinstance(value, Unknown) and value.made else ():
            if isinstance(each, Schedule) and not value.made[0]:  # by a name that may be another's
                self._lose(each, name, effects, where, condition, frame)
        changed, ends = name in effects.changed, name in effects.ends
        handing = effects.handing.get(name, ())
        for call in handing if handing and any(map(holds_rate, reached([value]))) else ():
            own = self._quiet(call.func, frame)
            if isinstance(own, Builtin) and own.name in OF_TRAINERS:
                continue
            if not isinstance(own, Function):
                self.hand([value], call)
            elif isinstance(value, Built):
                inside = own.node, own.frame.outermost
                if not self._followed and self._trains_in(*inside, rates=True):
                    self.rate_changed(value, where)
                if not value.used and self._trains_in(*inside, rates=True, steps=False):
                    self._unrated(value, where)
        match value:
            case Built() if changed and value.used:
                if not self._followed:  # else what is followed says which item of a group is set
                    self.rate_changed(value, where)
            case Built() if changed:
                value.lost = f"{shown(where)} is not followed, and may say {name}'s rate"
            case Schedule() if changed and name not in effects.loaded:
                over = len(value.loops) > len(self.loops.stack)  # the turn that it is of
                own = value.call is not None and not hasattr(value.call, "optimizer")
                if over or own or self._followed:  # what is followed says what it does
                    return
                raise changing(where, value)
            case List() | Array() if name not in effects.entire and of_numbers(value):
                pass
            case Group() if value.owner.used and self._followed:
                pass  # likewise, and nobody knows its rate anyway
            case List() | Dict() | Array():
                counted = name not in effects.resized | effects.passed
                counted = counted and (value.lost is None or value.counted)
                value.lost = Unknown(name, self.at(where), condition=condition, parts=self._by,
                                     varies=self.turning)  # fmt: skip
                value.counted = counted
            case Parser():
                value.lost = self.at(where)
            case Instance() | Unknown() if ends:
                if isinstance(value, Instance):
                    first = not value.kept.touched
                    condition = condition if first else None
                    self.turned.append((value.kept, value.kept.varies))
                    value.kept.forgets(self.at(where), condition, varies=self.turning)
                objects = Built | Schedule | Function | Method | Bound
                for key, held in list(value.kept.items()):
                    parts = held if isinstance(held, tuple) else [held]
                    if all(isinstance(each, objects) for each in parts):
                        continue
                    del value.kept[key]
                    if isinstance(value, Instance) and any(
                        isinstance(each, objects) for each in reached([held])
                    ):  # which may still be called
                        lost = Unknown(f"{value.source}.{key}", self.at(where))
                        lost.varies, lost.made = self.turning, other_name_of(held)
                        value.kept[key] = lost

    def _unrated(self, optimizer: Built, where: ast.AST) -> None:
        """Let the rates of an optimizer be others each time."""
        self.open(optimizer)
        if optimizer.groups is None:
            optimizer.lost = f"{shown(where)} sets its rate"
        for place, group in enumerate(optimizer.groups or ()):
            source = f"{optimizer.label}.param_groups[{place}]['lr']"
            group["lr"] = Unknown(source, self.at(where), varies=True)

    def _is_plain(self, name: str, frame: Frame) -> bool:
        value = frame.get(name)
        return value is None or value is MISSING or self.is_plain(value)

    def _hands_on(self, node: ast.expr, frame: Frame) -> bool:
        """Whether an expression that is not followed hands out parameters without rates."""
        match node:
            case ast.Name(id=name):
                return self._is_plain(name, frame)
            case ast.Call(func=func, args=given):
                last = getattr(func, "attr", getattr(func, "id", ""))
                return last in PLAIN and all(self._hands_on(each, frame) for each in given[-1:])
            case ast.BinOp(left=left, right=right, op=ast.Add()):
                return self._hands_on(left, frame) and self._hands_on(right, frame)
            case ast.Constant(value=None):
                return True
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return all(self._hands_on(each, frame) for each in items)
            case ast.ListComp(elt=ast.Name(id=name), generators=[ast.comprehension(target=target)]):
                return name in unparsed(target)
            case ast.Starred(value=inner) | ast.Attribute(value=inner):
                return self._hands_on(inner, frame)
        return False

    def _unbind(
        self, name: str, nodes: Sequence[ast.AST], frame: Frame, condition: Unknown | None,
        sources: Sequence[Any] = (), *, plain: bool = True,
    ) -> None:  # fmt: skip
        varies = bool(self.loops.stack)
        head, dot, last = name.rpartition(".")
        value = Unknown(name, self.at(nodes[0]), condition=condition, plain=plain, parts=self._by)
        turning = self.turns is not None
        value.varies = varies and (condition is None or turning or not condition.askable)
        if not dot:
            before = frame.get(name)
            made = [v for v in (before, *sources) if not isinstance(v, Missing | Function | Class)]
            value.made = other_name_of(*(v for v in made if v is not None))
            self.steps -= len(value.made[1]) // 10  # others go through them again and again
            if isinstance(before, Built | Schedule) and varies:
                return
            frame.set(name, value)
            return
        base = self._quiet_path(head, frame)
        if isinstance(base, Instance):
            setter = self.setter_of(base, last)
            if setter is not None:
                self._bound_called(setter)
                return
            before = dict.get(base.kept, last)
            if self.unbound is not None:
                self.unbound.append((base, last, before, nodes))
            if self._followed and isinstance(before, Unknown) and self.tally_of(before):
                value.term, value.varies = before.term, True
        if isinstance(base, Instance | Unknown):
            base.kept[last] = value
        if isinstance(base, Module):
            base.frame.set(last, value)

    def operated(self, *values: Any) -> bool:
        found = False
        other = (v.made[1] for v in values if isinstance(v, Unknown) and v.made and not v.made[0])
        for value in (*values, *(each for held in other for each in held)):
            names = value.of.mro if isinstance(value, Instance) else ()
            for name, method in ((n, m) for of in names for n, m in of.names.items()):
                if name.startswith("__") and name not in PLAIN_METHODS and (
                    isinstance(method, Function) and method.node.args.args
                ):  # fmt: skip
                    found = True
                    self.bound_effects(method, {method.node.args.args[0].arg: value})
                    if self._trains_in(method.node, method.frame):
                        self.loops.lost = self.loops.lost or method.node
        return found

    def setter_of(self, base: Any, name: str) -> Bound | None:
        """Return the function that sets an attribute of an object; none where nothing does."""
        if not isinstance(base, Instance):
            return None
        found, hook = base.of.find(name), base.of.find("__setattr__")
        if isinstance(hook, Function):
            return Bound(hook, [base, name])
        if isinstance(found, Instance):  # a descriptor
            hook = found.of.find("__set__")
            return Bound(hook, [found, base]) if isinstance(hook, Function) else None
        setter = found.setter if isinstance(found, Function) else None
        return None if setter is None else Bound(setter, [base])


def _functions_of(frame: Frame) -> dict[str, list[Function]]:
    """Return the functions of a text, methods among them, by their names."""
    found: dict[str, list[Function]] = {}
    waiting, seen = [frame], {id(frame)}
    while waiting:
        for value in waiting.pop().names.values():
            functions = [value] if isinstance(value, Function) else []
            if isinstance(value, Class):
                functions = [v for v in value.names.values() if isinstance(v, Function)]
            homes = [each.frame.outermost for each in functions]
            homes += [value.frame] if isinstance(value, Module) else []
            waiting += [home for home in homes[-1:] if id(home) not in seen]
            seen |= {id(home) for home in homes}
            for each in functions:
                if not isinstance(each.node, ast.Lambda):
                    found.setdefault(each.name, []).append(each)
    return found
