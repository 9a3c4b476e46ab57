"""Assignments: to names, attributes and items, and what deleting one leaves."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any, Final

from isorate.reading import by_hand, terms, turns
from isorate.reading.arrays import Array, LongList
from isorate.reading.expressions import is_typed, of_groups
from isorate.reading.mentions import mentions
from isorate.reading.schedules import DECIDING, LackingError, made_of
from isorate.reading.touching import changing
from isorate.reading.unfollowed import Unfollowing
from isorate.reading.values import (
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
    Module,
    Namespace,
    Schedule,
    Unknown,
    other_name_of,
    reached,
)
from isorate.schedule.errors import ReadError
from isorate.schedule.syntax import dotted, shown, unparsed, walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isorate.reading.frames import Frame
    from isorate.schedule.expression import Expression


#: What an object, a function or a class is made another by.
REMAKING: Final = ("__class__", "__dict__", "__code__", "__defaults__", "__kwdefaults__",
                   "__bases__")  # fmt: skip
#: What notes are called that say whether something is so.
NOTE: Final = re.compile(r"(by|is|on|per|update_on)_")


class Storing(Unfollowing):
    """Follows assignments."""

    def __init__(self, given: Any) -> None:
        super().__init__(given)
        #: Why a rate that the text writes by hand is not followed.
        self.unwritten: ReadError | None = None
        #: The same, by where it is written in a loop.
        self.unread: dict[int, ReadError] = {}
        #: What is written into the parameter groups of an optimizer, by place; none for all.
        self.written_rates: dict[int, dict[int | None, by_hand.Part]] = {}
        #: Where items of dicts are written that are no parameter groups.
        self.plain_stores: dict[int, bool] = {}
        self.expected: set[tuple[int, str]] = set()
        #: The keys that loops set in parameter groups.
        self.keys_set: set[str] = set()
        self.set_since: list[str] = []
        #: Where rates are set beside schedulers; what has to hold there and where those step.
        self.set_beside: set[int] = set()
        self.wheres: dict[int, Expression | ReadError] = {}
        #: The last schedule that a statement came to.
        self.last = None

    def _came_to(self, value: Any) -> None:
        if isinstance(value, Schedule):
            self.last = value

    def _assign(self, targets: list[ast.expr], value: ast.expr, frame: Frame) -> None:
        found = self._handed_back(targets, value, self.value(value, frame), frame)
        made = found.made[1] if isinstance(found, Unknown) and found.made else ()
        for each in made if isinstance(value, ast.Call) else ():
            if isinstance(each, Schedule) and each.label == dotted(targets[0]):
                raise made_of(value, each)
        for target in targets:
            if isinstance(target, ast.Subscript) and by_hand.is_rate(target):
                self._written_by_hand(target, value, found, frame)
            labelled = self._labelled(target, value, found)
            if isinstance(target, ast.Attribute) and isinstance(labelled, Unknown):
                labelled = terms.with_term(self.interpreter, labelled, target, value, frame)
            self.store(target, labelled, frame)

    def _handed_back(
        self, targets: list[ast.expr], value: ast.expr, found: Any, frame: Frame
    ) -> Any:  # fmt: skip
        """Return the trainer that a function of elsewhere is given, where that is put in its place.

        What else is made stays as it is.
        """
        match targets, value:
            case [ast.Name(id=name)], ast.Call(args=[ast.Name(id=given), *_]) if given == name:
                held = frame.get(name)
                if isinstance(found, Unknown) and isinstance(held, Instance) and held.of.trains:
                    text = f"{shown(value)} (line {self.line}) is taken to hand {name} back"
                    self.assumed[text] = None
                    return held
        return found

    def _written_by_hand(
        self, target: ast.Subscript, value: ast.expr, found: Any, frame: Frame
    ) -> None:
        """Take notice of a rate that is written into a parameter group."""
        if not self.loops.stack and frame is self.outermost:
            return
        try:
            if turns.note(self.interpreter, target, found, frame):
                return
            by_hand.written(self.interpreter, target, value, frame, self.scopes)
        except LackingError as error:
            self.lacking.append(error)
            by_hand.lacking(self.interpreter, target)
        except ReadError as error:
            if self.found.built:
                raise
            self.unwritten = self.unwritten or error
            if terms.over_turns(self.interpreter):
                self.unread[id(target)] = error

    def _labelled(self, target: ast.expr, node: ast.expr, value: Any) -> Any:
        """Return a value with the name that it is asked for by."""
        name = dotted(target)
        if isinstance(value, Built | Schedule) and name is not None:
            value.label = value.label or name
            self._came_to(value)
        if isinstance(value, Instance) and name is not None:
            unnamed = "(" in value.source or (value.source == "self" and not value.of.foreign)
            value.source = name if unnamed else value.source
        if not isinstance(value, Unknown) or name is None or value.varies or self.outermost.trains:
            return value
        typed = is_typed(value.source) or all(is_typed(leaf.source) for leaf in value.leaves())
        if not typed:
            return Unknown(name, value.why or self.at(node), condition=value.condition,
                           plain=value.plain, made=value.made, name=value.name,
                           varies=not value.askable, term=value.term)  # fmt: skip
        return value

    def store(self, target: ast.expr, value: Any, frame: Frame) -> None:
        match target:
            case ast.Name(id=name):
                again = self.loops.stack and isinstance(value, Built)
                held = frame.get(name)
                before = [b for b in other_name_of(held)[1] if b is not value] if again else []
                turned = self.turns.writes if self.turns is not None else ()
                writes = {id(write.optimizer) for each in turned for write in each}
                writes |= self.written_rates.keys()
                set_ = again and any(id(each) in writes for each in (held, *before))
                if (set_ or any(isinstance(b, Built) and b.used for b in before)) and not any(
                    value in reached(scope.start.values()) for scope in self.scopes if scope.loop
                ):
                    text = f"{name} is another optimizer in the next turn of the loop"
                    raise ReadError(text, hint="paste only what builds the schedule")
                frame.set(name, value)
            case ast.Attribute(value=base, attr=name):
                self.store_attribute(self.value(base, frame), name, value, target)
            case ast.Subscript(value=base, slice=place):
                self._store_item(self.value(base, frame), self.value(place, frame), value, target)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                self._unpack(target, targets, value, frame)
            case ast.Starred(value=inner):
                self.store(inner, value, frame)

    def _unpack(self, target: ast.expr, targets: list[ast.expr], value: Any, frame: Frame) -> None:
        items = self.items(value)
        beside: Sequence[Any] = ()
        if isinstance(value, Schedule) and value.call is not None:
            beside = value.call.comes_with()
        if isinstance(value, Schedule) and value.call is None:  # what comes with it is not known
            beside = [Unknown(unparsed(each), varies=True) for each in targets[1:]]
        items = [value, *beside] if beside else items
        starred = [i for i, each in enumerate(targets) if isinstance(each, ast.Starred)]
        if items is not None and starred and len(items) >= len(targets) - 1:
            first, after = starred[0], len(targets) - starred[0] - 1
            middle = List(items[first : len(items) - after])
            items = [*items[:first], middle, *items[len(items) - after :]]
        if items is None or len(items) != len(targets):
            why = self.at(target) if items is not None else ""
            varies = isinstance(value, Unknown) and value.varies
            made = value.made if isinstance(value, Unknown) else None
            items = [
                Unknown(
                    ast.unparse(
                        getattr(each, "value", each) if isinstance(each, ast.Starred) else each
                    ),
                    why,
                    varies=varies,
                    made=made,
                )
                for each in targets
            ]
        for each, item in zip(targets, items, strict=True):
            if isinstance(item, Built | Schedule) and dotted(each):
                item.label = item.label or str(dotted(each))
            self.store(each, item, frame)

    def _asked(self, name: str) -> bool:
        """Whether a class of the text asks for an attribute of that name."""
        follower = self.interpreter
        inner = [follower.files.body(each) for each in follower.modules] if follower.files else []
        every = (each for body in (follower.whole, *inner) for each in body)
        return any(isinstance(n, ast.ClassDef) and name in mentions(n).used
                   for each in every for n in walk(each))  # fmt: skip

    def store_attribute(self, base: Any, name: str, value: Any, target: ast.expr) -> None:
        whole = isinstance(base, Instance | Function | Class) and name in REMAKING
        if whole or (isinstance(base, Unknown) and base.source.startswith("sys.modules[")):
            what = base.name if isinstance(base, Function | Class) else base.source
            text = f"{shown(target)} changes what {what} does"
            raise ReadError(text, hint="paste only what builds the schedule")
        if isinstance(base, Unknown) and base.name and base.name.origin == "builtins":
            self.outermost.set(name, value)
        match base:
            case Instance() | Unknown():
                source = f"{base.source}.{name}"
                for text in {source, unparsed(target)} & self.given.keys():
                    if not isinstance(value, Unknown) and value != self.given[text]:
                        self.given.overruled[text] = value
                    return
                if isinstance(base, Unknown) and base.made and name != "grad":
                    self._reaches(base, target)
                if isinstance(base, Unknown) and base.name and self.is_constructor(base.name):
                    text = f"{shown(target)} changes what {base.name.last} does"
                    raise ReadError(text, hint="paste only what builds the schedule")
                setter = self.setter_of(base, name)
                if setter is not None:
                    self.called(setter, [value], {}, target)
                    return
                before = dict.get(base.kept, name)
                if isinstance(base, Instance) and self.loops.stack and self.turns is None and (
                    type(before) in (int, float) and before != value
                    and (id(base), name) not in self.expected
                ):  # fmt: skip
                    self.loops.lost = self.loops.lost or target
                base.kept.pop((name,), None)  # an item, perhaps
                base.kept[name] = value
                self.set_since += [name] if self.loops.stack else []
            case Built():
                self._written(base, target)
                base.regrouped |= name == "param_groups"
            case Schedule(call=call) if (
                (isinstance(value, bool | str) or NOTE.match(name))
                and name[:1] not in ("", "_")
                and (call is None or name not in call.parameters())
                and not self._asked(name)
            ):  # a note of the text's own, which no scheduler looks at
                self.assumed[f"{name} is taken to be the text's own: no scheduler asks for it"] = (
                    None
                )
            case Schedule():
                known = type(value) is int or (isinstance(value, Unknown) and value.askable)
                if name != "last_epoch" or not known or self.loops.stack or self.loops.conditions():
                    raise changing(target, base)
                now = len(self.loops.events)
                if base.count is not None and base.count[1] != now:
                    raise changing(target, base)
                base.count = value, now
            case Class():
                base.names[name] = value
            case Module() if unparsed(target) not in self.given:
                base.frame.set(name, value)

    def _store_item(self, base: Any, place: Any, value: Any, target: ast.Subscript) -> None:
        free = isinstance(base, Unknown) and base.name is not None and base.made is None
        plain = (type(base) is Dict and base.owner is None) or (free and base.owner is None)
        self.plain_stores[id(target)] = plain and self.plain_stores.get(id(target), True)
        of_group = isinstance(base, Unknown) and (of_groups(base) or "group" in base.source)
        if self.loops.stack and (of_group or isinstance(base, Group)) and isinstance(place, str):
            self.keys_set.add(place)
        match base:
            case Schedule():
                raise made_of(target, base)
            case Method(of=Schedule() as schedule):
                self.store_attribute(schedule, "", value, target)
            case Unknown():
                other = of_groups(base) and isinstance(place, str) and place not in DECIDING
                if not other and id(target) not in self.set_beside:
                    self._reaches(base, target)
                self._reaches_method(base, target)
                if isinstance(place, int | str):
                    base.kept.pop(place, None)  # an attribute, perhaps
                    source = f"{base.source}[{place!r}]"
                    if source not in self.given:
                        rounds = isinstance(place, int) and (
                            base.why or any((base.made or ("",))[:1])
                        )
                        lost = Unknown(source, self.at(target), varies=base.varies)  # an array's
                        base.kept[(place,)] = lost if rounds else value
                else:
                    base.kept.clear()
            case Group() if base.owner.used:
                if id(target) not in self.set_beside and (
                    not isinstance(place, str) or place in DECIDING
                ):
                    self.rate_changed(base.owner, target)
            case List() | Dict():
                self.minded(base, target)
                if self.turns is not None and isinstance(base, Group) and place == "lr":
                    groups = [id(each) for each in base.owner.groups or ()]
                    if id(base) not in groups:
                        raise ReadError(f"{shown(target)} is of a group that the optimizer lost")
                    at, now = groups.index(id(base)), len(self.loops.events)
                    write = turns.Write(base.owner, at, base["lr"], value, target, now)
                    self.turns.written(self.interpreter, write)
                if isinstance(place, Unknown) or (
                    isinstance(base, List) and isinstance(value, Schedule)
                ):
                    base.lost = Unknown(unparsed(target), self.at(target))
                    return
                try:
                    self.check_deep(place)
                    base[place] = value
                except (TypeError, LookupError, ValueError):
                    base.lost = Unknown(unparsed(target), self.at(target))
            case Array():
                try:
                    base[place] = value
                except (TypeError, LookupError, ValueError, ReadError):
                    base.lost = self.unknown(target, [place, value], self.at(target))
            case Namespace() if isinstance(place, str) and unparsed(target) not in self.given:
                base.kept[place] = value
            case Instance():
                setter = base.of.find("__setitem__")
                if isinstance(setter, Function):
                    self.called(setter, [base, place, value], {}, target)
                else:
                    base.kept.clear()
            case Builtin() | Function():
                self.unfollowed(target, self.outermost)

    def _augmented(self, node: ast.AugAssign, frame: Frame) -> None:
        target: Any = node.target
        calls = (self._quiet(n.func, frame) for n in walk(target) if isinstance(n, ast.Call))
        if any(isinstance(each, Function | Bound | Instance) for each in calls):
            self.unfollowed(node, frame)  # which would be called twice
            return
        loaded: Any = ast.copy_location(_loaded(target), target)
        before = self.value(loaded, frame)
        added = self.value(node.value, frame)
        self.operated(before)
        if isinstance(node.op, ast.Add) and added == 1 and self.loops.stack:
            self.loops.happens("count", dotted(target), node)
        operation = ast.copy_location(ast.BinOp(loaded, node.op, node.value), node)
        if isinstance(before, Array) and not isinstance(before, LongList):
            found = self.binary(operation, node.op, before, added)
            whole = self.value(target.value, frame) if isinstance(target, ast.Subscript) else None
            if isinstance(whole, Array):  # a part of it, which is written where it was
                whole.kin.remove(before)
                self._store_item(whole, self.value(target.slice, frame), found, target)
                return
            try:
                before.become(found)
            except (TypeError, ReadError):
                before.lost = self.unknown(operation, [found])
            return
        if isinstance(node.op, ast.Add) and isinstance(before, List):
            self.minded(before, target)
            items = self.items(added)
            if items is None and not isinstance(added, Schedule):
                before.lost = self.unknown(operation, [added])
                return
            if items is not None:
                before += self.sized(items)
                return
        found = self.binary(operation, node.op, before, added)
        tally = self.tally_of(before)
        if tally is not None and tally.node is node:
            self.loops.happens("adds", tally, node)
            found.term = ast.BinOp(before.term, ast.Add(), ast.Constant(1))
        elif isinstance(target, ast.Name) and isinstance(before, Unknown) and added == 1:
            terms.count_in(self.interpreter, target, frame)
            if isinstance(node.op, ast.Add) and before.term is not None:
                found.term = ast.BinOp(before.term, ast.Add(), ast.Constant(1))
        if self.turns is not None:  # what is given is what it was before the loop
            self.given.pop(unparsed(target), None)
        self.store(target, self._labelled(target, operation, found), frame)
        self._came_to(found)

    def _delete(self, target: ast.expr, frame: Frame) -> None:
        match target:
            case ast.Name(id=name):
                frame.set(name, Unknown(name, self.at(target)))
            case ast.Attribute(value=base, attr=name):
                owner = self.value(base, frame)
                if isinstance(owner, Built | Schedule):
                    self.store_attribute(owner, name, None, target)
                if isinstance(owner, Instance | Unknown):
                    owner.kept[name] = Unknown(unparsed(target), self.at(target))
            case ast.Subscript(value=base, slice=place):
                owner, key = self.value(base, frame), self.value(place, frame)
                self.minded(owner, target)
                if isinstance(owner, List | Dict):
                    try:
                        del owner[key]
                    except (TypeError, LookupError, ValueError):
                        owner.lost = Unknown(unparsed(target), self.at(target))
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                for each in targets:
                    self._delete(each, frame)


def _loaded(target: ast.expr) -> ast.expr:
    """Return a target as it is read."""
    match target:
        case ast.Name(id=name):
            return ast.Name(name, ast.Load())
        case ast.Attribute(value=base, attr=name):
            return ast.Attribute(base, name, ast.Load())
        case ast.Subscript(value=base, slice=place):
            return ast.Subscript(base, place, ast.Load())
    return target
