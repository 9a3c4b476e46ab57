"""Statements, followed as Python would run them; nothing is ever executed.

What is not followed makes unknown whatever it may touch: it never leaves an old value standing. A
condition that nobody decides leaves unknown what either branch may touch; where a branch builds a
schedule, the text is read once for each way.
"""

from __future__ import annotations

import ast
import contextlib
import copy
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

from isorate.kit import registry
from isorate.kit.plateau import Feedback
from isorate.reading import by_hand, turns
from isorate.reading.arguments import Parser, option
from isorate.reading.arrays import Array, LongList, of_numbers
from isorate.reading.calls import LEAVING, OF_TRAINERS, Calls, Returning, Undecided, changing
from isorate.reading.expressions import is_typed, of_groups
from isorate.reading.frames import Frame, Given
from isorate.reading.loops import (
    HANDING_ON,
    ORDERING,
    Count,
    Guard,
    Loop,
    Scope,
    Tally,
    added,
    begins,
    counters,
    modulo,
    offset,
    since,
    stored,
)
from isorate.reading.loops import turns as turns_of
from isorate.reading.mentions import bound, building, effects, leaving, mentions, methods
from isorate.reading.naming import Name, at_home, holds_schedulers
from isorate.reading.optimizers import PLAIN
from isorate.reading.schedules import DECIDING, Found, LackingError, made_of
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
    Namespace,
    Schedule,
    Sizes,
    Unknown,
    other_name_of,
    parts_of,
    reached,
    unknown_in,
)
from isorate.schedule.errors import MissingRateError, ReadError
from isorate.schedule.syntax import children, dotted, shown, unparsed, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from isorate.kit.call import Call
    from isorate.kit.optimizer import Optimizer
    from isorate.reading.effects import Effects
    from isorate.reading.files import Files

#: Functions that train are looked for in functions that call each other no deeper.
DEEPEST_TRAINING: Final = 4
#: A loop over texts trains in some of them: ``for phase in ["train", "val"]``.
MOST_PHASES: Final = 4
#: A loop of more turns is not gone through turn by turn.
MOST_TURNS: Final = 1000


class _Returning(ast.NodeTransformer):
    """Has statements return what they would put into a list."""

    def __init__(self, name: str) -> None:
        self.name = name

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        match node.value:
            case ast.Call(ast.Attribute(ast.Name(id=name), "append"), [value], []):
                return ast.Return(value) if name == self.name else node
        return node


class Fork(Undecided):
    """A condition decides what is built, and nobody decides it."""

    def __init__(self, condition: Unknown, *, builds: bool = False) -> None:
        self.condition = condition
        self.builds = builds


class Breaking(Exception):  # noqa: N818 - it is no error
    """A loop ends."""


class Continuing(Exception):  # noqa: N818 - it is no error
    """A loop goes on with its next turn."""


class Raising(Exception):  # noqa: N818 - it is no error
    """The text raises."""


class Interpreter(Calls):
    """Follows a text.

    Args:
        given: the values that are given beside the text, by its own source.
        lr: the rate of the optimizer, or one for each group.
        dialect: the dialect to read in; any where it is none.
        longest: the length of the text.
        decisions: what conditions are taken to be that nobody decides, by their source.
        files: what its imports may lead to.
        told: what is said of the run beside the text: the arguments of ``Run``, and the facts
            that a trainer's code counts updates by.
        which: the schedule that is asked for, of several.

    """

    def __init__(
        self, given: Given, lr: Any, dialect: str | None, longest: int,
        decisions: Mapping[str, bool], files: Files | None = None,
        told: Mapping[str, Any] | None = None, which: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(given)
        self.lr, self.dialect, self.longest = lr, dialect, longest
        self.decisions = decisions
        self.found = Found()
        self.sizes = Sizes(1000 + longest + sum(map(_size, given.values())))
        self.beside: Optimizer | None = None
        self.expressions = {}
        self._known_functions: dict[int, tuple[int, dict[str, list[Function]]]] = {}
        self.files = files
        self.modules: dict[str, Module] = {}
        #: The code of trainers that the text uses.
        self.trainers: dict[str, Frame] = {}
        self.whole: list[ast.stmt] = []
        self._losing: set[int] = set()
        #: Why a rate that the text writes by hand is not followed.
        self.unwritten: ReadError | None = None
        #: The same, by where it is written in a loop.
        self.unread: dict[int, ReadError] = {}
        #: What is written into the parameter groups of an optimizer, by place; none for all.
        self.written_rates: dict[int, dict[int | None, by_hand.Part]] = {}
        #: Where items of dicts are written that are no parameter groups.
        self.plain_stores: dict[int, bool] = {}
        #: Attributes that a loop may set, by its methods' hands, too: what has to be looked at.
        self.unbound: list[tuple[Instance, str, Any, Sequence[ast.AST]]] | None = None
        self.expected: set[tuple[int, str]] = set()
        #: The loops whose numbers of turns a rate is of, but the outermost.
        self.rests_on: list[Loop] = []
        #: The keys that loops set in parameter groups.
        self.keys_set: set[str] = set()
        #: The attributes that were set in loops, and how many those were when a statement began.
        self.counting: list[tuple[Tally, list[Loop], tuple[Guard, ...], str]] = []
        self.set_since: list[str] = []
        #: The rates that functions have set before any loop, by optimizer and place; none for all.
        self.set_before: dict[int, dict[int | None, Any]] = {}
        self.begun: dict[int, int] = {}
        #: Whether loops are followed turn by turn; whether one could be.
        self.by_turns, self.has_turns = False, False
        #: Whether what is made unknown is followed besides.
        self._followed = False
        #: Conditions about a key of a group: the key, and which way they went.
        self.keyed: dict[int, tuple[str, set[bool]]] = {}
        self.told, self.which = dict(told or {}), which
        #: The parameters of functions that nothing calls, by what they are.
        self.opened: dict[int, dict[str, Any]] = {}
        #: The last schedule that a statement came to.
        self.last: Schedule | None = None

    # --- statements ----------------------------------------------------------------------------

    def text(self, body: list[ast.stmt]) -> None:
        """Follow a whole text."""
        self.whole = body
        self.outermost.names["__name__"] = "__main__"
        with contextlib.suppress(Returning, Raising, Breaking, Continuing):
            self.scopes.append(Scope(body, self.outermost))
            self.body(body, self.outermost)

    def body(self, statements: Sequence[ast.stmt], frame: Frame) -> None:
        for statement in statements:
            self.line = statement.lineno
            self.statement(statement, frame)

    def statement(self, node: ast.stmt, frame: Frame) -> None:
        """Follow one statement."""
        if self.loops.stack:
            self.begun[id(node)] = len(self.set_since)
        match node:
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                pass
            case ast.Expr(value=value):
                self._expression(value, frame)
            case ast.Assign(targets=targets, value=value):
                whole = added(node)
                if isinstance(whole, ast.AugAssign):
                    self._augmented(whole, frame)
                else:
                    self._assign(targets, value, frame)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign([target], value, frame)
            case ast.AnnAssign():
                pass
            case ast.AugAssign():
                self._augmented(node, frame)
            case ast.Import() | ast.ImportFrom():
                self._import(node, frame)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._define(node, frame)
            case ast.ClassDef():
                self._class(node, frame)
            case ast.If(test=test, body=body, orelse=orelse):
                self._if(node, test, body, orelse, frame)
            case ast.For() | ast.AsyncFor():
                self._for(node, frame)
            case ast.While():
                self._while(node, frame)
            case ast.With() | ast.AsyncWith():
                self._with(node, frame)
            case ast.Try():
                self._try(node, frame)
            case ast.Return(value=value):
                found = None if value is None else self.value(value, frame)
                self._came_to(found)
                raise Returning(found)
            case ast.Delete(targets=targets):
                for each in targets:
                    self._delete(each, frame)
            case ast.Global(names=names):
                frame.elsewhere.update(dict.fromkeys(names, frame.outermost))
            case ast.Nonlocal(names=names):
                for name in names:
                    home = frame.parent.home(name) if frame.parent else None
                    frame.elsewhere[name] = home or frame.outermost
            case ast.Break():
                raise Breaking
            case ast.Continue():
                raise Continuing
            case ast.Raise() | ast.Assert(test=ast.Constant(value=False)):
                raise Raising
            case ast.Assert(test=test):
                self.value(test, frame)
            case ast.Match():
                self._match(node, frame)
            case _:
                self.unfollowed(node, frame)

    def _expression(self, node: ast.expr, frame: Frame) -> None:
        found = self.value(node, frame)
        if isinstance(node, ast.Call | ast.List | ast.BinOp | ast.Tuple):
            self._came_to(found)

    def _came_to(self, value: Any) -> None:
        if isinstance(value, Schedule):
            self.last = value

    # --- assignments ---------------------------------------------------------------------------

    def _assign(self, targets: list[ast.expr], value: ast.expr, frame: Frame) -> None:
        found = self.value(value, frame)
        made = found.made[1] if isinstance(found, Unknown) and found.made else ()
        for each in made if isinstance(value, ast.Call) else ():
            if isinstance(each, Schedule) and each.label == dotted(targets[0]):
                raise made_of(value, each)
        for target in targets:
            if isinstance(target, ast.Subscript) and by_hand.is_rate(target):
                self._written_by_hand(target, value, found, frame)
            labelled = self._labelled(target, value, found)
            if isinstance(target, ast.Attribute) and isinstance(labelled, Unknown):
                labelled = by_hand.with_term(self, labelled, target, value, frame)
            self.store(target, labelled, frame)

    def _written_by_hand(
        self, target: ast.Subscript, value: ast.expr, found: Any, frame: Frame
    ) -> None:
        """Take notice of a rate that is written into a parameter group."""
        if not self.loops.stack and frame is self.outermost:
            return
        try:
            if turns.note(self, target, found, frame):
                return
            by_hand.written(self, target, value, frame, self.scopes)
        except LackingError as error:
            self.lacking.append(error)
            by_hand.lacking(self, target)
        except ReadError as error:
            if self.found.built:
                raise
            self.unwritten = self.unwritten or error
            if by_hand.over_turns(self):
                self.unread[id(target)] = error

    def _labelled(self, target: ast.expr, node: ast.expr, value: Any) -> Any:
        """Return a value with the name that it is asked for by."""
        name = dotted(target)
        if isinstance(value, Built | Schedule) and name is not None:
            value.label = value.label or name
            self._came_to(value)
        if isinstance(value, Instance) and name is not None and "(" in value.source:
            value.source = name
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
                before = other_name_of(held)[1] if again else []
                set_ = any(id(each) in self.written_rates for each in (held, *before))
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
        beside = value.call.comes_with() if isinstance(value, Schedule) and value.call else ()
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

    def store_attribute(self, base: Any, name: str, value: Any, target: ast.expr) -> None:
        match base:
            case Instance() | Unknown():
                source = f"{base.source}.{name}"
                for text in {source, unparsed(target)} & self.given.keys():
                    if not isinstance(value, Unknown) and value != self.given[text]:
                        self.given.overruled[text] = value
                    return
                if isinstance(base, Unknown) and base.made and name != "grad":
                    self._reaches(base, target)
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
            case Schedule():
                raise changing(target, base)
            case Class():
                base.names[name] = value
            case Module() if unparsed(target) not in self.given:
                base.frame.set(name, value)

    def _written(self, optimizer: Built, target: ast.AST) -> None:
        """Mind that a part of an optimizer is set by what is not followed."""
        self.rate_changed(optimizer, target)
        optimizer.lost = f"{shown(target)} is set, which is not followed"

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
                    each.lost = Unknown("", self.at(target))
                    groups = each if isinstance(each, List) else ()
                    for group in groups:
                        if isinstance(group, Group):
                            self._written(group.owner, target)

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
                if not (of_groups(base) and isinstance(place, str) and place not in DECIDING):
                    self._reaches(base, target)
                self._reaches_method(base, target)
                if isinstance(place, int | str):
                    base.kept.pop(place, None)  # an attribute, perhaps
                    source = f"{base.source}[{place!r}]"
                    if source not in self.given:
                        rounds = isinstance(place, int) and (
                            base.why or any((base.made or ("",))[:1])
                        )
                        lost = Unknown(source, self.at(target))  # an item of an array, perhaps
                        base.kept[(place,)] = lost if rounds else value
                else:
                    base.kept.clear()
            case Group() if base.owner.used:
                if not isinstance(place, str) or place in DECIDING:
                    self.rate_changed(base.owner, target)
            case List() | Dict():
                self.minded(base, target)
                if self.turns is not None and isinstance(base, Group) and place == "lr":
                    groups = [id(each) for each in base.owner.groups or ()]
                    if id(base) not in groups:
                        raise ReadError(f"{shown(target)} is of a group that the optimizer lost")
                    at, now = groups.index(id(base)), len(self.loops.events)
                    write = turns.Write(base.owner, at, base["lr"], value, target, now)
                    self.turns.written(self, write)
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
                base.kept.clear()
            case Builtin() | Function():
                self.unfollowed(target, self.outermost)

    def _reaches_method(self, base: Unknown, target: ast.AST) -> None:
        if base.source in ("globals()", "locals()", "vars()"):
            self.outermost.lose_all(self.at(target))

    def _augmented(self, node: ast.AugAssign, frame: Frame) -> None:
        target: Any = node.target
        loaded: Any = ast.copy_location(_loaded(target), target)
        before = self.value(loaded, frame)
        added = self.value(node.value, frame)
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
            by_hand.count_in(self, target, frame)
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

    # --- definitions ---------------------------------------------------------------------------

    def _import(self, node: ast.Import | ast.ImportFrom, frame: Frame) -> None:
        self.strange += 1
        match node:
            case ast.Import(names=names):
                for alias in names:
                    head = alias.name.partition(".")[0]
                    if self._module_imported(alias, frame):
                        continue
                    origin = alias.name if alias.asname else head
                    self._imported(alias.asname or head, origin, frame)
            case ast.ImportFrom(module=module, names=names, level=level):
                home = "." * level + (module or "")
                own = self._module(module or "", level, frame)
                for alias in names:
                    if own is not None and self._names_imported(own, alias, node, frame):
                        continue
                    if alias.name == "*":
                        self.outermost.stars.append(home)
                        self.outermost.imported.clear()
                        if not at_home(f"{module}."):
                            frame.lose_all(self.at(node))
                    else:
                        dot = "" if home.endswith(".") else "."
                        origin = registry.at_home(f"{home}{dot}{alias.name}")
                        self._imported(alias.asname or alias.name, origin, frame)

    def _module(self, name: str, level: int, frame: Frame) -> Module | None:
        """Return a module that is given beside the text, followed once; none where it is not."""
        importer = frame.outermost.path or (self.files.entry if self.files else "")
        path = None if self.files is None else self.files.find(name, level, importer)
        if path is None or self.files is None:
            return None
        package = name.partition(".")[0]
        if not level and at_home(f"{package}."):
            text = f"{package} is taken for the package of that name, which the files have, too"
            self.assumed[text] = None
            return None
        if path not in self.modules:
            inner = Frame(self.given)
            inner.path, inner.names["__name__"] = path, name
            self.modules[path] = Module(name, inner)
            line, outermost, self.outermost = self.line, self.outermost, inner
            try:
                self.body(self.files.body(path), inner)
            except (Returning, Raising, Breaking, Continuing, Unfollowable) as end:
                inner.lose_all(f"{path} is not followed" if isinstance(end, Unfollowable) else "")
            finally:
                self.line, self.outermost = line, outermost
        return self.modules[path]

    def _module_imported(self, alias: ast.alias, frame: Frame) -> bool:
        """Import a module that is given beside the text; whether it is one."""
        parts = alias.name.split(".")
        chain = [self._module(".".join(parts[: n + 1]), 0, frame) for n in range(len(parts))]
        held = [module for module in chain if module is not None]
        if len(held) < len(chain):
            return False
        for outer, inner, name in zip(held, held[1:], parts[1:], strict=False):
            outer.frame.names.setdefault(name, inner)
        frame.set(alias.asname or parts[0], held[-1] if alias.asname else held[0])
        return True

    def _names_imported(
        self, module: Module, alias: ast.alias, node: ast.ImportFrom, frame: Frame
    ) -> bool:
        """Import a name from a module that is given beside the text; whether it has it."""
        names = module.frame.names
        if alias.name == "*":
            listed = names.get("__all__", [name for name in names if not name.startswith("_")])
            if not isinstance(listed, list | tuple):
                return False
            for name in listed:
                frame.set(str(name), names.get(str(name), Unknown(str(name))))
            frame.outermost.stars += module.frame.stars
            return True
        if alias.name not in names:
            inner = f"{node.module}.{alias.name}" if node.module else alias.name
            found: Any = self._module(inner, node.level, frame)
            if found is None:
                return False
            names[alias.name] = found
        frame.set(alias.asname or alias.name, names[alias.name])
        return True

    def _imported(self, name: str, origin: str, frame: Frame) -> None:
        from isorate.reading import builtin

        home, _, last = origin.rpartition(".")
        value: Any = Unknown(name, name=Name(name, origin, known=True))
        if origin == "absl.flags.FLAGS":
            value = self.flags
        if home in builtin.MODULES and last in builtin.MODULES[home]:
            value = Builtin(last, home)
        elif home in builtin.MODULES and last in builtin.CONSTANTS:
            value = builtin.CONSTANTS[last]
        of_trainer = self.of_trainer(Name(name, origin, known=True))
        value = value if of_trainer is MISSING else of_trainer
        if name in self.given and frame.entry:
            return
        frame.elsewhere.get(name, frame).names[name] = value
        self.outermost.imported.add(name)

    def of_trainer(self, name: Name) -> Any:
        trainer = registry.trainer_of(name.origin, known=name.known, used=self.trainers)
        if trainer is None:
            return MISSING
        if trainer.name not in self.trainers:
            inner = self.trainers[trainer.name] = Frame(self.given)
            inner.trains = trainer.trains
            inner.names = {"__name__": trainer.name} | {each: Builtin(each) for each in OF_TRAINERS}
            line, outermost, self.outermost = self.line, self.outermost, inner
            self.body(trainer.body(), inner)
            self.line, self.outermost = line, outermost
        return self.trainers[trainer.name].names.get(name.last, MISSING)

    def function(self, node: Any, frame: Frame) -> Function:
        if isinstance(node, ast.Lambda):
            for each in walk(node.body):
                of = self._quiet(each.func, frame) if isinstance(each, ast.Call) else None
                if isinstance(of, Schedule):
                    raise made_of(node, of)
        arguments = node.args
        placed = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
        defaults = dict(
            zip(placed[len(placed) - len(arguments.defaults) :], arguments.defaults, strict=True)
        )
        named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        defaults.update({a.arg: d for a, d in named if d is not None})
        values = {name: self.value(default, frame) for name, default in defaults.items()}
        return Function(node, frame, values)

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef, frame: Frame) -> None:
        function = self.function(node, frame)
        kinds = {"staticmethod": "static", "classmethod": "class", "property": "property",
                 "command": "command"}  # fmt: skip
        for decorator in node.decorator_list:
            inner = decorator.func if isinstance(decorator, ast.Call) else decorator
            last = (dotted(inner) or "").rpartition(".")[2]
            if last in ("option", "argument") and isinstance(decorator, ast.Call):
                placed, named, _ = self._arguments(decorator, frame)
                values = {key: argument.value for key, argument in named.items()}
                declared = option(self, decorator, [a.value for a in placed], values)
                function.defaults |= {} if declared is None else dict([declared])
            function.kind = kinds.get(last, function.kind)
            function.wrapped = function.wrapped or last not in (*kinds, *LEAVING)
        frame.set(node.name, function)

    def _class(self, node: ast.ClassDef, frame: Frame) -> None:
        inner = Frame(self.given, frame)
        inner.is_class = True
        bases = [self.value(base, frame) for base in node.bases]
        self.body(node.body, inner)
        if bases and all(isinstance(b, Unknown) and not _is_home(b) for b in bases):
            bases += self._adopted(node, inner.names)
        decorators = [
            (dotted(d.func if isinstance(d, ast.Call) else d) or "").rpartition(".")[2]
            for d in node.decorator_list
        ]
        found = Class(node.name, inner.names, bases)
        inherited = [b.fields for b in bases if isinstance(b, Class) and b.fields]
        if "dataclass" in decorators or any(_is_named_tuple(base) for base in bases):
            own = [s.target.id for s in node.body if isinstance(s, ast.AnnAssign)
                   and isinstance(s.target, ast.Name)]  # fmt: skip
            found.fields = [*dict.fromkeys([*(f for i in inherited for f in i), *own])]
        elif inherited and "__init__" not in inner.names:
            found.fields = inherited[0]
        for value in inner.names.values():
            if isinstance(value, Function):
                value.of = found
        frame.set(node.name, found)

    def _adopted(self, node: ast.ClassDef, names: Mapping[str, Any]) -> list[Any]:
        """Return the class of a trainer's that a class derives from, going by a method of it."""
        found = []
        for trainer in registry.trainers():
            method = names.get(trainer.mark)
            if isinstance(method, Function) and len(method.node.args.args) == 1:
                origin = f"{trainer.modules[0]}.{trainer.own[0]}"
                found.append(self.of_trainer(Name(origin, origin, known=True)))
                text = f"{node.name} is taken to be a {trainer.own[0]} (line {node.lineno})"
                self.assumed[text] = None
        return found

    # --- conditions ----------------------------------------------------------------------------

    def decided(self, test: ast.expr, branches: Sequence[ast.AST], frame: Frame) -> bool | Unknown:
        truth = self.truth(self.value(test, frame))
        if not isinstance(truth, Unknown):
            return truth
        source = ast.unparse(test)
        if source in self.decisions and truth.askable:
            return self.decisions[source]
        condition = Unknown(
            source, truth.why, parts=tuple(truth.leaves()), varies=not truth.askable
        )
        if self.builds(branches, frame):
            settled = self._settled(test, truth, frame)
            if not isinstance(settled, Unknown):
                return settled
            if not truth.askable or self.loops.stack:
                text = f"{shown(branches[0])} builds a scheduler where it cannot be followed"
                hint = "paste the statements that build it, one by one"
                if not truth.askable:
                    raise ReadError(text, hint=hint)
            raise Fork(condition, builds=True)
        return condition

    def perhaps(self, node: ast.expr, frame: Frame, condition: Unknown) -> Any:
        if not self._trains_in(node, rates=True):
            return self.value(node, frame)
        self.loops.guards.append(Guard(node, holds=True, condition=condition))
        try:
            return self.value(node, frame)
        finally:
            self.loops.guards.pop()
            self.havoc([node], frame, condition, followed=True)

    def _settled(self, test: ast.expr, truth: Unknown, frame: Frame) -> bool | Unknown:
        """Take the defaults that decide a condition, where it is asked which are needed."""
        known = set() if self.needed is None else self.needed
        new = {leaf.source for leaf in truth.leaves()} & self.defaults.keys() - known
        if self.needed is None or not new:
            return truth
        self.needed |= new
        return self.truth(self.value(test, frame))

    def _if(
        self, node: ast.stmt, test: ast.expr, body: list[ast.stmt], orelse: list[ast.stmt],
        frame: Frame,
    ) -> None:  # fmt: skip
        taken = self.taken
        truth = self.decided(test, [node], frame)
        if mentions(node).rates and (about := by_hand.key_of(test)) is not None:
            truth = self._keyed(node, about, truth, frame)
        if not isinstance(truth, Unknown):
            if self.taken != taken and _ends(body if truth else orelse) == "raise":
                truth = not truth  # who runs it gives something else than the default
            self.body(body if truth else orelse, frame)
            return
        ends = [_ends(branch) for branch in (body, orelse)]
        if "raise" in ends:
            self.body(orelse if ends[0] == "raise" else body, frame)
            return
        kinds = {kind for each in (*body, *orelse) for kind in leaving(each)}
        inside = self._own_loop() if "return" in kinds and not truth.askable else None
        if "return" in kinds and inside is None:
            settled = self._settled(test, truth, frame)
            if not isinstance(settled, Unknown):
                self.body(body if settled else orelse, frame)
                return
            if truth.askable:
                raise Fork(truth)
            raise Unfollowable(node)
        trains = self._trains_in(node, rates=bool(self.loops.stack))
        if self.turns is not None and self.sets_rates(node):
            self.turns.decided(self, truth, frame)
            if truth.askable:
                with contextlib.suppress(ReadError):  # what else it lacks
                    self.body(body, frame)
                return
        if truth.askable and self.sets_rates(node):
            settled = self._settled(test, truth, frame)
            if not isinstance(settled, Unknown):
                self.body(body if settled else orelse, frame)
                return
            raise Fork(truth, builds=True)
        if not trains and self.frames and self.sets_rates(node):
            text = f"{shown(node)} sets a rate where it holds, and is not followed"
            self.unwritten = ReadError(text, hint="paste the loop that calls it, too")
        merged = by_hand.merged(self, node, frame)
        self.havoc([node], frame, truth, followed=trains)
        for base, name, term in merged:
            base.kept[name] = replace(base.kept[name], term=term, varies=True)
        guards = [self._guard(node, test, truth, frame, holds=holds) for holds in (True, False)]
        if trains:
            for guard, branch in zip(guards, (body, orelse), strict=True):
                self.loops.guards.append(guard)
                with contextlib.suppress(Breaking, Continuing, Returning):
                    self.body(branch, frame)
                self.loops.guards.pop()
            self.havoc([node], frame, truth, followed=True)
        elif kinds and not self.loops.stack:
            raise Unfollowable(node)
        if not self.loops.stack:
            return
        loop = self.loops.stack[-1]
        for guard, branch in zip(guards, (body, orelse), strict=True):
            ways = {type(each) for each in _ways_out(branch)}
            if ast.Break in ways:
                self._may_end(loop, node, test if guard.holds else None, frame)
            if inside is not None and any("return" in leaving(each) for each in branch):
                frame.may_return = True
                self._may_end(inside, node, test if guard.holds else None, frame)
            if ast.Continue in ways:
                always = isinstance(branch[-1], ast.Continue)
                other = guards[1 - guards.index(guard)]
                loop.rest.append(other if always else replace(other, node=branch[-1], every=None))

    def _own_loop(self) -> Loop | None:
        """Return the outermost loop of the function that is followed; none where it is in none."""
        of = self.frames[-1].of if self.frames else None
        loops = self.loops.stack if of is None else [
            loop for loop in self.loops.stack if loop.node in mentions(of.node).loops
        ]  # fmt: skip
        return loops[0] if loops else None

    def _keyed(
        self, node: Any, about: tuple[str, str], truth: bool | Unknown, frame: Frame
    ) -> bool | Unknown:
        """Decide whether a parameter group has a key, or let it be asked."""
        key, name = about
        group = frame.get(name)
        source = ast.unparse(node.test)
        if isinstance(truth, Unknown):
            if not by_hand.is_group(self, ast.Name(name, ast.Load()), frame):
                return truth
            if source in self.given:
                truth = bool(self.given.take(source))
            elif source in self.decisions:
                truth = self.decisions[source]
            else:
                raise Fork(Unknown(source, self.at(node)), builds=True)
        elif not isinstance(group, Group):
            return truth
        self.keyed.setdefault(id(node), (key, set()))[1].add(truth)
        return truth

    def _guard(
        self, node: ast.AST, test: ast.expr, truth: Unknown, frame: Frame, *, holds: bool
    ) -> Guard:
        """Return a condition, and how often it holds, where it counts a loop's turns."""
        undecided = Guard(node, holds, truth)
        parts = [test]
        if holds and isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
            parts = [part for part in test.values if not self._surely(part, frame)]
        found = undecided
        for part in parts:
            one = self._rare(undecided, part, frame) or self._late(undecided, part, frame)
            if one is None:
                return undecided
            if found is undecided or isinstance(one.every, Unknown):
                found = one
                continue
            if isinstance(found.every, Unknown):
                continue
            if found.every == 1:
                one, found = found, one
            every, same = found.every, (one.counts, one.name) == (found.counts, found.name)
            if one.every != 1 or not isinstance(every, int) or not same:
                return undecided
            ahead = max(0, -(-(one.first - found.first) // every))
            found = replace(found, first=found.first + ahead * every)
        return found

    def _surely(self, part: ast.expr, frame: Frame) -> bool:
        """Whether a part of a condition holds, which has been asked for already."""
        calls = any(isinstance(each, ast.Call | ast.NamedExpr) for each in ast.walk(part))
        return not calls and self.truth(self.value(part, frame)) is True

    def _rare(self, guard: Guard, test: ast.expr, frame: Frame) -> Guard | None:
        """Return a condition that holds in each so-manieth turn of a loop, or none."""
        found = modulo(test, holds=guard.holds)
        if found is None:
            return None
        counted, by, rest, last = found
        every = self.value(by, frame)
        clock = self._clock(counted)
        if clock is None or not isinstance(every, int | Unknown):
            return None
        loop, name, start = clock
        first = (rest - start) % every if isinstance(every, int) and every > 0 else 0
        return replace(guard, every=every, first=first, counts=loop, last=last, name=name)

    def _late(self, guard: Guard, test: ast.expr, frame: Frame) -> Guard | None:
        """Return a condition that holds from some turn of a loop on; none if it is another."""
        for counted, relation, least in since(test, holds=guard.holds):
            clock = self._clock(counted)
            if clock is None:
                continue
            loop, name, start = clock
            value = self.value(least, frame)
            if isinstance(value, Unknown) and value.askable:
                return replace(guard, every=value, counts=loop, name=name)
            first = begins(relation, value, start) if isinstance(value, int | float) else None
            if first is not None:
                return replace(guard, every=1, first=first, counts=loop, name=name)
        return None

    def _clock(self, counted: ast.expr) -> tuple[Loop | None, str, int] | None:
        """Return the loop whose turns something counts, its name, and what it is in the first.

        No loop is where it counts all turns of all loops.
        """
        found = offset(counted)
        if found is None:
            return None
        name, more = found
        for loop in reversed(self.loops.stack):
            start = loop.counters.get(name, loop.before.get(name))
            if start is None:
                continue
            own = name in loop.counters
            if own and stored(loop.node).count(name) > 1:
                return None
            whole = not own and loop is self.loops.stack[0]
            if not (own or whole or name in loop.each):
                return None  # it begins anew with the loop, and does not count its turns
            more += not own and self.loops.counted(name)
            return None if whole else loop, name, start + more
        return None

    def _may_end(self, loop: Loop, node: ast.AST, test: ast.expr | None, frame: Frame) -> None:
        """Take notice of a condition that ends a loop."""
        if node in loop.ends:
            return
        ends = {ast.GtE: "GtE", ast.Eq: "GtE", ast.Gt: "Gt"}
        if isinstance(node, ast.While):
            ends = {ast.Lt: "GtE", ast.NotEq: "GtE", ast.LtE: "Gt"}
        match test:
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in ends:
                bound = self.value(right, frame)
                self.loops.happens("end", (loop, dotted(left), ends[type(op)], bound), node)
            case _:
                self.loops.happens("end", (loop, None, "", None), node)

    def builds(self, nodes: Sequence[ast.AST], frame: Frame) -> bool:
        """Whether some part of the text builds a schedule, or does something to an optimizer."""
        self.steps -= 5  # it takes as long
        waiting, seen = list(nodes), set()
        while waiting:
            node = waiting.pop()
            for each in building(node):
                if isinstance(each, ast.ImportFrom):
                    origins = [f"{each.module}.{alias.name}" for alias in each.names]
                    found = [self.of_trainer(Name(o, o, known=True)) for o in origins]
                    inner = [f for of in found if isinstance(of, Class) for f in _methods(of)]
                    if any(f.name == f.frame.outermost.trains for f in inner):
                        return True
                if self._chooses(each, frame):
                    return True
                if not isinstance(each, ast.Call):
                    continue
                function = self._quiet(each.func, frame)
                if isinstance(function, Unknown) and self.is_constructor(function.name):
                    return True
                while isinstance(function, Bound):
                    function = function.function
                inner = [function] if isinstance(function, Function) else []
                inner = _methods(function) if isinstance(function, Class) else inner
                if any(f.name == f.frame.outermost.trains for f in inner):
                    return True
                waiting += [f.node for f in inner if id(f.node) not in seen]
                seen |= {id(f.node) for f in inner}
        return False

    def _chooses(self, node: ast.AST, frame: Frame) -> bool:
        """Whether one of several schedulers is taken by its name."""
        match node:
            case ast.Call(func=ast.Name(id="getattr"), args=[base, *_]):
                found = self._quiet(base, frame)
                known = isinstance(found, Unknown) and found.name is not None
                return known and holds_schedulers(found.name.origin)
            case ast.Subscript(value=base, ctx=ast.Load()):
                found = self._quiet(base, frame)
                held = found.values() if isinstance(found, Dict) else ()
                return any(isinstance(v, Unknown) and self.is_constructor(v.name) for v in held)
        return False

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

    def _match(self, node: ast.Match, frame: Frame) -> None:
        chain: list[ast.stmt] = []
        for case in reversed(node.cases):
            test = _pattern(node.subject, case.pattern)
            if test is None:
                self.unfollowed(node, frame)
                return
            if case.guard is not None:
                test = ast.BoolOp(ast.And(), [test, case.guard])
            chain = [ast.copy_location(ast.If(test, case.body, chain), node)]
        self.body([ast.fix_missing_locations(each) for each in chain], frame)

    # --- loops ---------------------------------------------------------------------------------

    def _for(self, node: ast.For | ast.AsyncFor, frame: Frame) -> None:
        source = self.value(node.iter, frame)
        items: list[Any] | None = None
        listed = source if isinstance(source, list | tuple) else ()
        objects = source in ([], ()) or any(
            isinstance(each, Built | Schedule) for each in reached(listed)
        )
        objects |= 0 < len(listed) <= MOST_PHASES and all(isinstance(each, str) for each in listed)
        training = self._trains_in(node)
        if not training or objects:
            short = not isinstance(source, range) or len(source) <= MOST_TURNS
            items = self.items(source) if short else None
        apart = None
        if training and items is None and not self.loops.stack:
            self.has_turns = True
            apart = turns.items_of(self, node, source, frame) if self.by_turns else None
        if apart is not None and len(apart) <= MOST_TURNS:
            turns.follow(self, node, apart, frame)
        elif items is None or len(items) > MOST_TURNS or isinstance(source, Schedule):
            made = self._collected(node, frame) if isinstance(source, range) else None
            self._any_turn(node, node.target, source, frame)
            if made is not None:
                self._collect(node, source, *made, frame)
        else:
            try:
                kept = self._gone_through(node.iter, frame)
                before = [list(value) for value in kept]
                for turn, item in enumerate(_turns(source, items)):
                    for value, was in zip(kept, before, strict=True):
                        if any(a is not b for a, b in zip_longest(value[turn:], was[turn:])):
                            text = f"{shown(node)} changes what it goes through"
                            raise ReadError(text, hint="paste only what builds the schedule")
                    self.store(node.target, item, frame)
                    try:
                        self.body(node.body, frame)
                    except Continuing:
                        continue
            except Breaking:
                return
            except Unfollowable:
                self.havoc([node], frame, None)
            else:
                self.body(node.orelse, frame)
                return
        self._otherwise(node, frame)

    def _otherwise(self, node: ast.For | ast.AsyncFor | ast.While, frame: Frame) -> None:
        """Follow what comes after a loop that nothing left, where that is so."""
        if any(isinstance(each, ast.Break) for each in _ways_out(node.body)):
            for statement in node.orelse:
                self.unfollowed(statement, frame)
        else:
            self.body(node.orelse, frame)

    def _collected(self, node: ast.For | ast.AsyncFor, frame: Frame) -> tuple[str, Any] | None:
        """Return the list that a loop makes longer, by its name, and what is in it before."""
        calls = [each.value.id for each in walk(node) if isinstance(each, ast.Attribute)
                 and each.attr == "append" and isinstance(each.value, ast.Name)]  # fmt: skip
        lists = {*calls}
        if len(lists) != 1 or node.orelse:
            return None
        (name,) = lists
        value = frame.names.get(name)
        often = sum(isinstance(each, ast.Name) and each.id == name for each in walk(node))
        if not isinstance(value, List) or value.lost is not None or often > len(calls):
            return None
        parts = [node.body, *(part for each in walk(node) if isinstance(each, ast.If)
                              for part in (each.body, each.orelse))]  # fmt: skip
        inner = (n for part in parts for each in part[:-1] for n in walk(each))
        if any(isinstance(n, ast.Name) and n.id == name for n in inner):
            return None  # a turn goes on after it
        return name, list(value)

    def _collect(
        self, node: ast.For | ast.AsyncFor, source: range, name: str, before: list[Any],
        frame: Frame,
    ) -> None:  # fmt: skip
        """Make a list longer by what a loop puts into it, an item a turn, if that is followed.

        No turn may need what another one has left: the function of the turn has its own names.
        """
        if not isinstance(node.target, ast.Name):
            return
        body = [_Returning(name).visit(copy.deepcopy(each)) for each in node.body]
        turn = ast.arguments([], [ast.arg(node.target.id)], None, [], [], None, [])
        each = ast.Raise()  # a turn that puts nothing into it is none of a function
        made = ast.FunctionDef(f"the loop in line {node.lineno}", turn, [*body, each], [])
        made = ast.fix_missing_locations(ast.copy_location(made, node))
        found = self.of_places(node, Function(made, frame, {}), source)
        if isinstance(found, LongList):
            found = before + found if before else found
        if found is not None:
            frame.names[name] = found

    def _gone_through(self, node: ast.expr, frame: Frame) -> list[List]:
        """Return the lists that a loop goes through by another function."""
        given = node.args if isinstance(node, ast.Call) else []
        values = [self._quiet(each, frame) for each in given]
        return [value for value in values if isinstance(value, List)]

    def _while(self, node: ast.While, frame: Frame) -> None:
        if self._trains_in(node):
            self.value(node.test, frame)
            self._any_turn(node, None, None, frame)
            self._otherwise(node, frame)
            return
        for _ in range(MOST_TURNS):
            truth = self.truth(self.value(node.test, frame))
            if isinstance(truth, Unknown):
                break
            if not truth:
                self.body(node.orelse, frame)
                return
            try:
                self.body(node.body, frame)
            except Continuing:
                continue
            except Breaking:
                return
            except Unfollowable:
                break
        self._any_turn(node, None, None, frame)
        self._otherwise(node, frame)

    def _any_turn(self, node: Any, target: ast.expr | None, source: Any, frame: Frame) -> None:
        """Follow a loop's body once, for whichever turn: what it changes is not known before."""
        loop = Loop(node, None)
        self._counted(loop, frame)
        if target is not None:
            loop.turns, loop.counters = self.count(node.iter, frame), {}
            start = self.first(node.iter, frame)
            index = target.elts[0] if isinstance(target, ast.Tuple) and target.elts else target
            if start is not None and isinstance(index, ast.Name):
                loop.counters[index.id] = start
            text = self._start(node.iter, frame)
            if start is None and text is not None and isinstance(index, ast.Name):
                inside = {name for each in node.body for name in stored(each)}
                if not inside & {n.id for n in walk(text) if isinstance(n, ast.Name)}:
                    before = Frame(self.given, frame)  # range(epoch + 1, ...) is of what it was
                    before.names[index.id] = frame.get(index.id)
                    loop.starts[index.id] = text, before
        unbound, self.unbound = self.unbound, []
        self.havoc([node], frame, None, followed=True)
        self._tallied(self.unbound)
        expected, self.expected = self.expected, {(id(of), n) for of, n, *_ in self.unbound}
        self.expected |= expected
        self.unbound = unbound
        for name in effects([node], {}).bound:  # it is another value in each turn
            value = self._quiet_path(name, frame)
            if isinstance(value, Unknown) and value.name is None:
                value.varies = True
                loop.turn[name] = value
        if target is not None:
            made = source.made if isinstance(source, Unknown) else None
            for each in walk(target):
                if isinstance(getattr(each, "ctx", None), ast.Store) and (
                    isinstance(each, ast.Name | ast.Attribute)
                ):
                    turn = Unknown(ast.unparse(each), self.at(node), varies=True, made=made)
                    frame.own.add(turn.source)  # what is given is what it was before the loop
                    self.store(each, turn, frame)
                    loop.turn[turn.source] = turn
        self._ending(loop, frame)
        self.loops.stack.append(loop)
        self.scopes.append(Scope(node.body, frame, loop))
        try:
            if isinstance(node, ast.While) and not isinstance(node.test, ast.Constant):
                self._may_end(loop, node, node.test, frame)
            self.body(node.body, frame)
        except (Breaking, Continuing):
            pass
        except Unfollowable as end:
            self.loops.lost = self.loops.lost or end.node
        finally:
            self.loops.stack.pop()
            self.scopes.pop()
            self.expected = expected
        self.havoc([node], frame, None, followed=True)

    def _ending(self, loop: Loop, frame: Frame) -> None:
        """Find the conditions that end a loop after a number of turns: ``if epoch > 3: break``."""
        body, trained = loop.node.body, False
        whole = self._own_loop() is None  # so that a return ends it, and nothing around it
        for place, each in enumerate(body):
            if any(isinstance(n, ast.Continue) for n in _ways_out([each])):
                return
            match each:
                case ast.If(test=test, body=[*_, ast.Break() | ast.Return()] as inner, orelse=[]):
                    way = inner[-1]
                case _:
                    trained = trained or self._updates_in(each, frame)
                    continue
            if self._trains_in(each) or (isinstance(way, ast.Return) and not whole):
                return
            if trained and any(self._updates_in(later, frame) for later in body[place:]):
                continue
            equal = isinstance(test, ast.Compare) and [*map(type, test.ops)] == [ast.Eq]
            if isinstance(test, ast.Compare) and equal:
                test = ast.Compare(test.left, [ast.GtE()], test.comparators)
            for counted, relation, least in since(test):
                found = offset(counted)
                start = None if found is None else loop.counters.get(found[0])
                bound = self.value(least, frame)
                if found is None or start is None or type(bound) not in (int, float):
                    continue
                first = start + found[1]
                if stored(loop.node).count(found[0]) > 1 or (equal and bound < first):
                    continue
                turns = begins(relation, bound, first)
                most = 0 if turns is None else turns + trained
                if most and not isinstance(loop.turns, Unknown):
                    loop.turns = most if loop.turns is None else min(loop.turns, most)
                    loop.ends.append(each)

    def _updates_in(self, node: ast.stmt, frame: Frame) -> bool:
        """Whether a statement may train: not one that only steps a scheduler."""
        match node:
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=base, attr="step"))) if (
                isinstance(self._quiet(base, frame), Schedule)
            ):
                return False
        return self._trains_in(node)

    def _tallied(self, unbound: list[tuple[Instance, str, Any, Sequence[ast.AST]]]) -> None:
        """Find the attributes that a loop's methods count by, of those that it may set."""
        for instance, name in {(id(of), name): (of, name) for of, name, *_ in unbound}.values():
            own = [
                (was, nodes) for of, each, was, nodes in unbound if of is instance and each == name
            ]
            value, before = dict.get(instance.kept, name), own[0][0]
            if not isinstance(value, Unknown):
                continue
            value.varies = True
            inside = {
                id(n): n for _, nodes in own for part in nodes for n in map(added, walk(part))
            }
            attributes = [n for n in inside.values() if isinstance(n, ast.Attribute)]
            set_ = [n for n in attributes if n.attr == name and not isinstance(n.ctx, ast.Load)]
            adding = [
                n for n in inside.values() if isinstance(n, ast.AugAssign) and n.target in set_
            ]
            whole = type(before) in (int, float) and float(before).is_integer()
            match adding:
                case [ast.AugAssign(op=ast.Add(), value=ast.Constant(value=1)) as one] if (
                    whole and len(set_) == 1
                ):
                    source = f"{by_hand.TALLY}{len(self.tallies)}"
                    self.tallies[source] = Tally(one, before, (*self.loops.stack,))
                    value.term = ast.Name(source, ast.Load())

    def tally_of(self, value: Any) -> Tally | None:
        """Return what a value counts, as it is when a turn begins; none where it is another."""
        term = value.term if isinstance(value, Unknown) else None
        found = self.tallies.get(term.id) if isinstance(term, ast.Name) else None
        return found if isinstance(found, Tally) else None

    def of_tallies(self, node: ast.AST, frame: Frame) -> bool:
        for part in walk(node) if self.tallies else ():
            if not isinstance(part, ast.Name | ast.Attribute):
                continue
            value = self._quiet(part, frame)
            own = isinstance(part, ast.Name) and part.id in self.tallies
            if own or (isinstance(value, Unknown) and value.term is not None):
                return True
            of = self._quiet(part.value, frame) if isinstance(part, ast.Attribute) else None
            kept = parts_of(of) if isinstance(value, Function) and isinstance(of, Instance) else ()
            if any(isinstance(each, Unknown) and each.term is not None for each in kept):
                return True
        return False

    def _counted(self, loop: Loop, frame: Frame) -> None:
        """Find the names that a loop counts its turns by, and what they are before it."""
        elsewhere = self.set_by_functions()
        for name, each in counters(loop.node).items():
            value = self._quiet_path(name, frame)
            if type(value) is int and name not in elsewhere:
                loop.before[name] = value
                loop.each |= {name} if each else set()

    def count(self, node: ast.expr, frame: Frame) -> Count:
        """Return how many turns a loop takes that goes through something."""
        match node:
            case ast.Call(func=func, args=[first, *rest]):
                last = str(dotted(func) or getattr(func, "attr", "")).rpartition(".")[2]
                if isinstance(self._quiet(func, frame), Function):
                    return None
                if last in HANDING_ON:
                    return self.count(first, frame)
                if last in ("range", "trange"):
                    bounds = [self.value(each, frame) for each in (first, *rest)]
                    if all(type(each) is int for each in bounds):
                        return turns_of(range(*bounds)) if len(bounds) < 3 or bounds[2] else None
                    unknown = [u for each in bounds for u in unknown_in(each)]
                    varies = not unknown or not all(u.askable for u in unknown)
                    return None if varies else Unknown(unparsed(node), parts=tuple(unknown))
                if last in ("count", "cycle", "zip", "islice"):
                    return None
        kept = self._quiet(node, frame)
        if isinstance(kept, List | Dict) and kept.counted:
            return len(kept)
        value = self.value(node, frame)
        if isinstance(value, range):
            return turns_of(value)
        if isinstance(value, list | tuple | dict | set | str):
            return len(value)
        if not isinstance(value, Unknown):
            return None
        found: Count = self.length(value, node)
        known = isinstance(found, int) or (isinstance(found, Unknown) and found.askable)
        return found if known else None

    def first(self, node: ast.expr, frame: Frame) -> int | None:
        """Return what a loop's counter is in the first turn; none where it counts nothing."""
        start = self._start(node, frame)
        value = None if start is None else self.value(start, frame)
        return value if isinstance(value, int) else None

    def _start(self, node: ast.expr, frame: Frame) -> ast.expr | None:
        """Return the text of what a loop's counter is in the first turn."""
        match node:
            case ast.Call(func=func) if isinstance(self._quiet(func, frame), Function):
                return None
            case ast.Call(func=func, args=given, keywords=named):
                last = (dotted(func) or "").rpartition(".")[2]
                if last == "enumerate":
                    named_start = [k.value for k in named if k.arg == "start"]
                    return (*given[1:2], *named_start, ast.Constant(0))[0]
                if last == "count":
                    return (*given[:1], ast.Constant(0))[0]
                if last in ("range", "trange") and len(given) < 3:
                    return given[0] if len(given) == 2 else ast.Constant(0)
                if last in HANDING_ON and last not in ORDERING and given:
                    return self._start(given[0], frame)
        return None

    def stepped(self, schedule: Schedule, node: ast.Call, given: list[Any]) -> None:
        call = schedule.call
        told = given and not self._takes(schedule, given[0])
        if id(call) in self.found.held:
            text = f"{shown(node)} steps a part of another scheduler, which is not followed"
            raise ReadError(text, hint="paste only what builds the schedule")
        before = [e.node for e in self.loops.events if e.kind == "step" and e.of is schedule]
        apart = any(one is not node and (given or _is_told(one)) for one in before)
        if told or isinstance(schedule.stepped, ast.AST) or (apart and not self._follows(schedule)):
            by_hand.told(self, schedule, node, self.caller[1])
            return
        schedule.stepped = True
        if schedule.trains == "before":
            self.loops.happens("update", schedule.optimizer, node)
        self.loops.happens("step", schedule, node)
        if schedule.trains == "after":
            self.loops.happens("update", schedule.optimizer, node)

    def _follows(self, schedule: Schedule) -> bool:
        """Whether a scheduler follows a metric, which it is given."""
        return schedule.call is not None and isinstance(schedule.call.returned, Feedback)

    def _takes(self, schedule: Schedule, place: Any) -> bool:
        """Whether a scheduler steps once where it is given something.

        It follows a metric, or is told in each turn of its loop which turn that is, from 1, and so
        takes a step a turn, as others do that are told nothing.
        """
        if self._follows(schedule):
            return True
        returned = None if schedule.call is None else schedule.call.returned
        told = returned is not None and returned.told_by
        if not told or not isinstance(place, Unknown) or not self.loops.stack:
            return False
        loop = self.loops.stack[-1]
        try:
            found = offset(ast.parse(place.source, mode="eval").body)
        except SyntaxError:
            return False
        if found is None or (*schedule.loops, loop) != (*self.loops.stack,):
            return False
        turn = loop.turn.get(found[0])  # which its name may not be any more
        counts = turn is not None and any(each is turn for each in (place, *place.parts))
        held = (any(map(guard.same, schedule.guards)) for guard in self.loops.conditions())
        return counts and loop.counters.get(found[0]) == 1 - found[1] and all(held)

    # --- other blocks --------------------------------------------------------------------------

    def _with(self, node: ast.With | ast.AsyncWith, frame: Frame) -> None:
        for item in node.items:
            value = self.value(item.context_expr, frame)
            if item.optional_vars is not None:
                name = ast.unparse(item.optional_vars)
                bound = value if isinstance(value, Instance) else Unknown(name, self.at(node))
                self.store(item.optional_vars, bound, frame)
        self.body(node.body, frame)

    def _try(self, node: ast.Try, frame: Frame) -> None:
        strange = self.strange
        handled = [h for h in node.handlers if _ends(h.body) not in ("raise", "exit")]
        try:
            self.body(node.body, frame)
        except Raising:
            if not handled:
                raise
            self.strange += 1
        if handled and self.strange != strange:
            self.havoc(node.body, frame, None, followed=True)
            self.havoc(handled, frame, None)
        self.body(node.orelse, frame)
        self.body(node.finalbody, frame)

    # --- what is not followed ------------------------------------------------------------------

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
        inner.names |= given or {}
        self._losing.add(id(node))
        try:
            self.havoc(list(body), inner, None)
        finally:
            self._losing.discard(id(node))

    def havoc(
        self, nodes: Sequence[ast.AST], frame: Frame, condition: Unknown | None,
        *, followed: bool = False,
    ) -> None:  # fmt: skip
        """Let whatever statements may touch be unknown, which may be followed besides."""
        before, self._followed = self._followed, self._followed or followed
        try:
            self._havoc(nodes, frame, condition)
        finally:
            self._followed = before

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
            self.bound_effects(Function(function, frame, {}))
        for name in found.changed | found.passed | found.called:
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
            given = [*found.given.get(name, ()), ast.Name(name)]
            plain = all(self._hands_on(each, frame) for each in given)
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
            if type(of) is not Instance:
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
        objects = {name: value for name, value in values.items() if type(value) is Instance}
        whole = {n for n, node in pairs if isinstance(node, ast.Name | ast.Attribute)}
        inside = (n for name, node in pairs if name not in whole for n in walk(node))
        parts = (n for n in inside if isinstance(n, ast.Name | ast.Attribute))
        if any(type(self._quiet(part, frame)) is Instance for part in parts):
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
        return isinstance(value, Unknown) and by_hand.counter(self, value) is not None

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
        """Whether a statement sets a rate, or calls functions of the text that do."""
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
        functions = self._functions(frame or self.outermost)
        called = (each for name in inside.called & functions.keys() for each in functions[name])
        return any(
            self._trains_in(f.node, f.frame.outermost, depth + 1, rates=rates, steps=steps)
            for f in called
        )

    def _quiet_path(self, name: str, frame: Frame) -> Any:
        head, *rest = name.split(".")
        value: Any = frame.get(head)
        for attribute in rest:
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
        changed, ends = name in effects.changed, name in effects.ends
        for call in effects.handing.get(name, ()):
            own = self._quiet(call.func, frame)
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
                if value.call is not None and not hasattr(value.call, "optimizer"):
                    return
                raise changing(where, value)
            case List() | Array() if name not in effects.entire and of_numbers(value):
                pass
            case List() | Dict() | Array():
                counted = name not in effects.resized | effects.passed
                counted = counted and (value.lost is None or value.counted)
                value.lost = Unknown(name, self.at(where), condition=condition)
                value.counted = counted
            case Parser():
                value.lost = self.at(where)
            case Instance() | Unknown() if ends:
                if isinstance(value, Instance):
                    first = not value.kept.touched
                    turning = bool(self.loops.stack) or self.unbound is not None
                    condition = condition if first else None
                    value.kept.forgets(self.at(where), condition, varies=turning)
                for key, held in list(value.kept.items()):
                    parts = held if isinstance(held, tuple) else [held]
                    if not all(isinstance(each, Built | Schedule | Function) for each in parts):
                        del value.kept[key]

    def _unrated(self, optimizer: Built, where: ast.AST) -> None:
        """Let the rates of an optimizer be others each time."""
        self.open(optimizer)
        if optimizer.groups is None:
            optimizer.lost = f"{shown(where)} sets its rate"
        for place, group in enumerate(optimizer.groups or ()):
            source = f"{optimizer.label}.param_groups[{place}]['lr']"
            group["lr"] = Unknown(source, self.at(where), varies=True)

    def _hands_on(self, node: ast.expr, frame: Frame) -> bool:
        """Whether an expression that is not followed hands out parameters without rates."""
        match node:
            case ast.Name(id=name):
                value = frame.get(name)
                return value is None or value is MISSING or self.is_plain(value)
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
        value = Unknown(name, self.at(nodes[0]), condition=condition, plain=plain)
        turning = self.turns is not None
        value.varies = varies and (condition is None or turning or not condition.askable)
        if not dot:
            before = frame.get(name)
            made = [v for v in (before, *sources) if not isinstance(v, Missing | Function | Class)]
            value.made = other_name_of(*(v for v in made if v is not None))
            if isinstance(before, Built | Schedule) and varies:
                return
            frame.set(name, value)
            return
        base = self._quiet_path(head, frame)
        if isinstance(base, Instance):
            before = dict.get(base.kept, last)
            if self.unbound is not None:
                self.unbound.append((base, last, before, nodes))
            if self._followed and isinstance(before, Unknown) and self.tally_of(before):
                value.term, value.varies = before.term, True
        if isinstance(base, Instance | Unknown):
            base.kept[last] = value
        if isinstance(base, Module):
            base.frame.set(last, value)

    # --- what is missing -----------------------------------------------------------------------

    def lack(self, name: str, missing: list[Unknown], *, rate: bool = False) -> None:
        for unknown in missing:
            if unknown.condition is not None and unknown.condition.askable:
                raise Fork(unknown.condition, builds=True)
            if unknown.why.startswith("cannot compute"):
                raise ReadError(unknown.why)
        raise LackingError(name, list({id(u): u for u in missing}.values()), rate=rate)

    def rate_lacks(self, error: MissingRateError) -> None:
        for unknown in getattr(error, "leaves", ()):
            if unknown.condition is not None and unknown.condition.askable:
                raise Fork(unknown.condition, builds=True)

    def _beside(self, constructor: type[Call], schedule: Schedule) -> Optimizer:
        from isorate.reading.optimizers import RATES
        from isorate.reading.schedules import Argument

        known = registry.get(constructor.card.runs_in).optimizers
        nodes = [node for part in self.whole for node in walk(part)]
        calls = [n for n in nodes if isinstance(n, ast.Call)]
        own = []
        for node in calls:
            function = self._quiet(node.func, self.outermost)
            name = function.name if isinstance(function, Unknown) else None
            if name is not None and name.last in known:
                own += [node] if name.origin == f"{known.module}.{name.last}" else []
        held = any(isinstance(n, ast.Attribute) and n.attr in RATES for n in nodes)
        sole = own[0] if len(own) == 1 and not held else None
        value = None if sole is None else self.value(sole, self.outermost)
        argument = None if sole is None else Argument(value, sole)
        return self.optimizer_of(argument, constructor, schedule)


def _methods(of: Class) -> list[Function]:
    return [each for each in of.names.values() if isinstance(each, Function)]


class Unfollowable(Undecided):
    """A statement decides where a text goes on, and nobody knows it."""

    def __init__(self, node: ast.AST) -> None:
        self.node = node


def _turns(source: Any, items: list[Any]) -> Iterator[Any]:
    """Go through a list as Python does, which minds what becomes of it meanwhile."""
    if not isinstance(source, list):
        yield from items
        return
    place = 0
    while place < len(source):
        yield source[place]
        place += 1
        if place > MOST_TURNS:
            raise ReadError("a loop takes too many turns to follow")


def _size(value: Any) -> int:
    try:
        return Sizes(10**9).of(value)
    except ReadError:
        return 10**9


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


def _is_told(step: ast.AST) -> bool:
    return isinstance(step, ast.Call) and bool(step.args or step.keywords)


def _is_home(base: Unknown) -> bool:
    return base.name is not None and at_home(f"{base.name.origin}.")


def _is_named_tuple(base: Any) -> bool:
    return isinstance(base, Unknown) and base.source.rpartition(".")[2] == "NamedTuple"


def _ends(body: Sequence[ast.AST]) -> str:
    """Return how a block ends, where it always ends so."""
    match body[-1] if body else None:
        case ast.Raise() | ast.Assert(test=ast.Constant(value=False)):
            return "raise"
        case ast.Expr(value=ast.Call(func=func)) if dotted(func) in ("sys.exit", "exit", "quit"):
            return "raise"
    return ""


def _ways_out(body: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """Visit what ends a turn of the loop that a block is in."""
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        match node:
            case ast.Break() | ast.Continue():
                yield node
            case ast.For() | ast.While() | ast.AsyncFor() | ast.FunctionDef() | ast.Lambda():
                continue
        waiting += children(node)


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


def _pattern(subject: ast.expr, pattern: ast.pattern) -> ast.expr | None:
    """Return a pattern as a condition; none where it is something else."""
    match pattern:
        case ast.MatchValue(value=value):
            return ast.Compare(subject, [ast.Eq()], [value])
        case ast.MatchSingleton(value=constant):
            return ast.Compare(subject, [ast.Is()], [ast.Constant(constant)])
        case ast.MatchAs(pattern=None, name=None):
            return ast.Constant(True)
        case ast.MatchOr(patterns=several):
            each = [_pattern(subject, one) for one in several]
            return None if None in each else ast.BoolOp(ast.Or(), each)  # type: ignore[arg-type]
    return None
