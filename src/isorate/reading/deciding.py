"""Conditions: which branch is followed, and what comes of one that nobody decides."""

from __future__ import annotations

import ast
import builtins
import contextlib
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from isorate.kit import registry
from isorate.reading import by_hand, terms
from isorate.reading.defining import Defining
from isorate.reading.endings import (
    Breaking,
    Continuing,
    Fork,
    Returning,
    Unfollowable,
    end_of,
    ways_out,
)
from isorate.reading.foreign import is_of_rates
from isorate.reading.loops import Guard, Loop, added, begins, modulo, offset, since, stored
from isorate.reading.mentions import building, leaving, mentions
from isorate.reading.naming import Name, holds_schedulers
from isorate.reading.values import Bound, Class, Dict, Function, Group, Unknown
from isorate.schedule.errors import ReadError
from isorate.schedule.syntax import dotted, shown, unparsed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from isorate.reading.frames import Frame


class Deciding(Defining):
    """Follows branches."""

    decisions: Mapping[str, bool]

    def __init__(self, given: Any) -> None:
        super().__init__(given)
        #: What is so by default that leaves out what builds a schedule, and what it is of.
        self.not_by_default = ""
        self.defaulting: list[Unknown] = []
        #: Conditions about a key of a group: the key, and which way they went.
        self.keyed: dict[int, tuple[str, set[bool]]] = {}
        #: What catches what is raised.
        self.catching: list[ast.ExceptHandler] = []
        #: Which ways conditions went.
        self.went: dict[int, set[bool]] = {}

    def decided(self, test: ast.expr, branches: Sequence[ast.AST], frame: Frame) -> bool | Unknown:
        truth = self.truth(self.value(test, frame))
        if not isinstance(truth, Unknown):
            return truth
        source = unparsed(test)
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
        inside = (*self.loops.stack,)
        self.loops.guards.append(Guard(node, holds=True, condition=condition, inside=inside))
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
        if self.loops.stack and not orelse and self._builds_at_first(node, test, body, frame):
            return
        truth = self.decided(test, [node], frame)
        if mentions(node).rates and (about := by_hand.key_of(test)) is not None:
            truth = self._keyed(node, about, truth, frame)
        match test:
            case ast.Compare(left=left, ops=[ast.Is()], comparators=[ast.Constant(None)]) if (
                truth is True and dotted(left) in {n for each in body for n in stored(each)}
            ):  # what is given is what it was before
                self.given.pop(str(dotted(left)), None)
        went = {True, False} if isinstance(truth, Unknown) else {truth}
        self.went.setdefault(id(node), set()).update(went)
        if not isinstance(truth, Unknown):
            by_default = self.taken != taken or bool(self._defaults_in(test, frame))
            if by_default and end_of(body if truth else orelse) == "raise":
                truth = not truth  # who runs it gives something else than the default
            elif by_default and self.builds(orelse if truth else body, frame):
                self.not_by_default = f"{unparsed(test)} is {truth} by default"
                self.defaulting = [Unknown(name) for name in self._defaults_in(test, frame)]
            self.body(body if truth else orelse, frame)
            return
        ends = [end_of(branch) for branch in (body, orelse)]
        if "raise" in ends:
            raised = (body if ends[0] == "raise" else orelse)[-1]
            if self.loops.stack and any(catches(each, raised) for each in self.catching):
                raise Unfollowable(node)
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
            self.turns.decided(self.interpreter, truth, frame)
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
        merged = terms.merged(self.interpreter, node, frame)
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
        for guard, branch in zip(guards, (body, orelse), strict=True) if self.loops.stack else ():
            if not trains:
                self._counted_where(guard, branch)
            other = guards[1 - guards.index(guard)]
            self._left_where(node, test, branch, guard, other, inside, frame)

    def _defaults_in(self, test: ast.expr, frame: Frame) -> list[str]:
        """Return the arguments by default that a condition asks for, where nothing calls it all."""
        own = frame.of.defaults if frame.entry and isinstance(frame.of, Function) else {}
        return [name for name in terms.names_of(test) if name in own and name not in frame.own]

    def _left_where(
        self, node: ast.stmt, test: ast.expr, branch: list[ast.stmt], guard: Guard, other: Guard,
        inside: Loop | None, frame: Frame,
    ) -> None:  # fmt: skip
        """Take notice of the ways in which a branch leaves a turn of the loop, or the loop."""
        loop, ways = self.loops.stack[-1], {type(each) for each in ways_out(branch)}
        if ast.Break in ways:
            self._may_end(loop, node, test if guard.holds else None, frame)
        if inside is not None and any("return" in leaving(each) for each in branch):
            frame.may_return = True
            self._may_end(inside, node, test if guard.holds else None, frame)
        if ast.Continue in ways:
            always = isinstance(branch[-1], ast.Continue)
            loop.rest.append(other if always else replace(other, node=branch[-1], every=None))

    def _counted_where(self, guard: Guard, branch: Sequence[ast.stmt]) -> None:
        """Take notice of what counts where a condition holds, of a branch that is not followed."""
        self.loops.guards.append(guard)
        for node in map(added, branch):
            match node:
                case ast.AugAssign(target=target, op=ast.Add(), value=ast.Constant(value=1)):
                    self.loops.happens("count", dotted(target), node)
        self.loops.guards.pop()

    def _builds_at_first(
        self, node: ast.stmt, test: ast.expr, body: list[ast.stmt], frame: Frame
    ) -> bool:
        """Follow what builds a scheduler in the first turn of the loop, as if before the loop."""
        match test:
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
                counted = terms.counter(self.interpreter, self.value(left, frame))
            case _:
                return False
        loops = terms.over_turns(self.interpreter)
        targets = [each.targets[0] for each in body if isinstance(each, ast.Assign)]
        names = {each.id for each in targets if isinstance(each, ast.Name)}
        free = {name for name in names if frame.get(name) is None}  # as it is in the other turns
        plain = len(free) == 1 and len(targets) == len(names) == len(body)
        if counted is None or not plain or counted[0] is not loops[0] or len(loops) > 1:
            return False
        begun = (e for e in self.loops.events if e.kind in ("step", "update", "set") and e.loops)
        if self.value(right, frame) != counted[1] or any(begun) or not self.builds(body, frame):
            return False
        known = len(self.found.built)
        self.body(body, frame)
        built, (name,) = self.found.built[known:], free
        schedule = frame.get(name)
        if len(built) != 1 or schedule is not built[0]:
            text = f"{shown(node)} builds a scheduler where it cannot be followed"
            raise ReadError(text, hint="paste the statements that build it, one by one")
        self.havoc([node], frame, None, followed=True)
        schedule.loops, schedule.guards, schedule.only = (), (), (test, frame, node)
        frame.set(name, schedule)
        return True

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
        source = unparsed(node.test)
        if source in self.given and by_hand.is_group(
            self.interpreter, ast.Name(name, ast.Load()), frame
        ):
            truth = bool(self.given.take(source))
        elif isinstance(truth, Unknown):
            if not by_hand.is_group(self.interpreter, ast.Name(name, ast.Load()), frame):
                return truth
            if source not in self.decisions:
                raise Fork(Unknown(source, self.at(node)), builds=True)
            truth = self.decisions[source]
        elif not isinstance(group, Group):
            return truth
        stays = isinstance(group, Group) and key in group.owner.keys  # whatever is set there
        self.keyed.setdefault(id(node), ("" if stays else key, set()))[1].add(truth)
        return truth

    def _guard(
        self, node: ast.AST, test: ast.expr, truth: Unknown, frame: Frame, *, holds: bool
    ) -> Guard:
        """Return a condition, and how often it holds, where it counts a loop's turns."""
        inside = (*self.loops.stack,)
        undecided = Guard(node, holds, truth, test=test, frame=frame, inside=inside)
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
        match test:
            case ast.Call(func=ast.Name(id="every"), args=[by]) if frame.outermost.trains:
                every, stack = self.value(by, frame), self.loops.stack
                if not guard.holds or not stack or not isinstance(every, int | Unknown):
                    return None
                counts = stack[0] if len(stack) == 1 else None
                first = every - 1 if isinstance(every, int) else 0
                return replace(guard, every=every, first=first, counts=counts, name="every")
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
                if isinstance(function, Unknown) and self._is_given_rates(function, each, frame):
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

    def _is_given_rates(self, function: Unknown, call: ast.Call, frame: Frame) -> bool:
        """Whether an optimizer is given a list of rates, or a schedule."""
        name = function.name
        known = None if name is None else registry.taking_schedules(name.origin)
        if name is None or known is None:
            return False
        first, place = known.rate_of(name.last)
        given = [k.value for k in call.keywords if k.arg == first] or call.args[place : place + 1]
        values = [self._quiet(each, frame) for each in given if first is not None]
        open_ = (v for v in values if isinstance(v, Unknown) and v.condition is not None)
        return any(isinstance(v, list) or is_of_rates(v) for v in values) or any(open_)

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


def catches(handler: ast.ExceptHandler, raised: ast.AST) -> bool:
    """Whether a handler may catch what a statement raises: classes of a text derive from any."""
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    node = getattr(raised, "exc", None)
    name = dotted(node.func if isinstance(node, ast.Call) else node) if node else None
    if not isinstance(raised, ast.Raise):
        name = "AssertionError" if isinstance(raised, ast.Assert) else "SystemExit"
    made = getattr(builtins, str(name), None)
    for kind in kinds:
        caught = BaseException if kind is None else getattr(builtins, str(dotted(kind)), None)
        if isinstance(made, type) and isinstance(caught, type):
            may = issubclass(made, caught)
        else:
            may = not isinstance(made, type) and caught not in (KeyboardInterrupt, SystemExit)
        if may:
            return True
    return False


def _methods(of: Class) -> list[Function]:
    return [each for each in of.names.values() if isinstance(each, Function)]


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
