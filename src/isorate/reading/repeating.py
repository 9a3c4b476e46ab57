"""Loops: turn by turn where the turns are known, else as one turn that stands for all."""

from __future__ import annotations

import ast
import copy
from contextlib import suppress
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

from isorate.kit.plateau import Feedback
from isorate.reading import beside, by_hand, terms, turns
from isorate.reading.arrays import LongList
from isorate.reading.deciding import Deciding
from isorate.reading.endings import Breaking, Continuing, Returning, Unfollowable, ways_out
from isorate.reading.expressions import is_typed
from isorate.reading.frames import Frame
from isorate.reading.loops import (
    HANDING_ON,
    ORDERING,
    Count,
    Loop,
    Scope,
    Tally,
    added,
    begins,
    counters,
    offset,
    offset_of,
    since,
    stored,
)
from isorate.reading.loops import turns as turns_of
from isorate.reading.mentions import effects, once
from isorate.reading.touching import TALK, TRAINING
from isorate.reading.values import (
    Built,
    Dict,
    Function,
    Instance,
    List,
    Schedule,
    Unknown,
    parts_of,
    reached,
    unknown_in,
)
from isorate.schedule.errors import ReadError
from isorate.schedule.syntax import dotted, shown, unparsed, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


#: A loop over texts trains in some of them: ``for phase in ["train", "val"]``.
MOST_PHASES: Final = 4
#: What conditions are made of that do nothing.
PLAIN_TEST: Final = (ast.Name, ast.Attribute, ast.Subscript, ast.Constant, ast.BoolOp, ast.boolop,
                     ast.UnaryOp, ast.unaryop, ast.BinOp, ast.operator, ast.Compare, ast.cmpop,
                     ast.expr_context)  # fmt: skip
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


class _Appending(ast.NodeTransformer):
    """Writes ``rates += [rate]`` as ``rates.append(rate)``, and ``rates = rates + [rate]``, too."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        match node:
            case ast.AugAssign(ast.Name(id=name), ast.Add(), ast.List([_] as given)) | ast.Assign(
                [ast.Name(id=name)], ast.BinOp(ast.Name(), ast.Add(), ast.List([_] as given))
            ) if isinstance(node, ast.AugAssign) or node.value.left.id == name:  # type: ignore[attr-defined]
                append = ast.Attribute(ast.Name(name, ast.Load()), "append", ast.Load())
                call = ast.Expr(ast.Call(append, given, []))
                return ast.fix_missing_locations(ast.copy_location(call, node))
        return super().generic_visit(node)


class Repeating(Deciding):
    """Follows loops."""

    def __init__(self, given: Any) -> None:
        super().__init__(given)
        #: Whether loops are followed turn by turn; whether one could be.
        self.by_turns, self.has_turns = False, False

    def _for(self, node: ast.For | ast.AsyncFor, frame: Frame) -> None:
        source = self.value(node.iter, frame)
        self.operated(source)
        items: list[Any] | None = None
        listed = source if isinstance(source, list | tuple) else ()
        objects = source in ([], ()) or any(
            isinstance(each, Built | Schedule | Function) for each in reached(listed)
        )
        objects |= 0 < len(listed) <= MOST_PHASES and all(isinstance(each, str) for each in listed)
        training = self._trains_by(node, frame)
        if not training or objects:
            short = not isinstance(source, range) or len(source) <= MOST_TURNS
            items = self.items(source) if short else None
        apart = None
        if training and items is None and not self.loops.stack:
            self.has_turns = True
            apart = turns.items_of(self.interpreter, node, source, frame) if self.by_turns else None
        if apart is not None and len(apart) <= MOST_TURNS:
            turns.follow(self.interpreter, node, apart, frame)
        elif items is None or len(items) > MOST_TURNS or isinstance(source, Schedule):
            ranged = isinstance(source, range)
            appending = _Appending().visit(copy.deepcopy(node)) if ranged else node
            made = self._collected(appending, frame) if ranged else None
            self._any_turn(node, node.target, source, frame)
            if made is not None:
                self._collect(appending, source, *made, frame)
        else:
            try:
                kept = self._gone_through(node.iter, frame)
                before = [list(value) for value in kept]
                least = self.steps // 4  # what is left for all that comes after it
                for turn, item in enumerate(_turns(source, items)):
                    if self.steps < least:
                        raise Unfollowable(node)
                    for value, was in zip(kept, before, strict=True):
                        if any(a is not b for a, b in zip_longest(value[turn:], was[turn:])):
                            text = f"{shown(node)} changes what it goes through"
                            raise ReadError(text, hint="paste only what builds the schedule")
                    self.store(node.target, item, frame)
                    self.turn(node.body, frame)
            except Breaking:
                return
            except Unfollowable:
                self.havoc([node], frame, None)
            else:
                self.body(node.orelse, frame)
                return
        self._otherwise(node, frame)

    def _trains_by(self, node: ast.For | ast.AsyncFor | ast.While, frame: Frame) -> bool:
        """Whether a loop trains, perhaps by functions that the text has not."""
        if self._trains_in(node) or not self.sets_rates(node):
            return self._trains_in(node)
        calls = (n for n in walk(node) if isinstance(n, ast.Call) and TRAINING.search(
            (dotted(n.func) or "").rpartition(".")[2].lower()))  # fmt: skip
        given = (each for n in calls for each in (*n.args, *(k.value for k in n.keywords)))
        return any(isinstance(self._quiet(each, frame), Built) for each in given)

    def turn(self, body: list[ast.stmt], frame: Frame) -> None:
        """Follow one turn of a loop, which ``continue`` ends."""
        with suppress(Continuing):
            self.body(body, frame)

    def _otherwise(self, node: ast.For | ast.AsyncFor | ast.While, frame: Frame) -> None:
        """Follow what comes after a loop that nothing left, where that is so."""
        if any(isinstance(each, ast.Break) for each in ways_out(node.body)):
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
        if self._trains_by(node, frame):
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
                self.turn(node.body, frame)
            except Breaking:
                return
            except Unfollowable:
                break
        self._any_turn(node, None, None, frame)
        self._otherwise(node, frame)

    def _any_turn(self, node: Any, target: ast.expr | None, source: Any, frame: Frame) -> None:
        """Follow a loop's body once, for whichever turn: what it changes is not known before."""
        loop, by, turned = Loop(node, None), self._needed_by(node, frame), len(self.turned)
        anew, outer = self.anew, bool(self.loops.stack)
        self.anew = (anew or not outer) and self.builds(node.body, frame)
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
        self._lose_turns(node, frame)
        if isinstance(source, List) and source.lost is not None and not source.counted:
            loop.turns = None
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
                    turn = Unknown(unparsed(each), self.at(node), varies=True, made=made)
                    frame.own.add(turn.source)  # what is given is what it was before the loop
                    self.store(each, turn, frame)
                    loop.turn[turn.source] = turn
        self._ending(loop, frame)
        self.loops.stack.append(loop)
        self.scopes.append(Scope(node.body, frame, loop))
        try:
            if isinstance(node, ast.While) and not isinstance(node.test, ast.Constant):
                self._may_end(loop, node, node.test, frame)
            self.turn(node.body, frame)
        except (Breaking, Returning) as left:
            if self._trains_in(node) or self.sets_rates(node):
                said = f"{shown(node)} ends in its first turn, which is not followed"
                raise ReadError(said, hint="paste what it does without the loop") from None
            if isinstance(left, Returning):
                raise
        except Unfollowable as end:
            self.loops.lost = self.loops.lost or end.node
        finally:
            self.loops.stack.pop()
            self.scopes.pop()
            self.expected = expected
        self._lose_turns(node, frame, by)
        self.anew = anew
        if not self.loops.stack and not self._trains_in(node):  # what it has left stays so
            for kept, varied in reversed(self.turned[turned:]):
                kept.varies = varied

    def _lose_turns(self, node: ast.stmt, frame: Frame, by: Sequence[Unknown] = ()) -> None:
        """Let be unknown what a loop's turns may touch, but by branches that none of them takes."""
        tests: list[tuple[ast.expr, bool]] = []
        (live,) = self._taken([node], frame, tests)
        kept = once(node, "_taken", dict)
        live = kept.setdefault(tuple((id(test), truth) for test, truth in tests), live)
        self.havoc([live], frame, None, followed=True, by=by)
        if any(self._plainly(test, frame) is not truth for test, truth in tests):
            self.havoc([node], frame, None, followed=True, by=by)  # a turn decides it

    def _taken(
        self, body: Sequence[ast.stmt], frame: Frame, tests: list[tuple[ast.expr, bool]]
    ) -> list[ast.stmt]:  # fmt: skip
        """Return statements without the branches that are not taken as things are."""
        found: list[ast.stmt] = []
        for node in body:
            truth = self._plainly(node.test, frame) if isinstance(node, ast.If) else None
            if isinstance(node, ast.If) and truth is not None:
                tests.append((node.test, truth))
                found += self._taken(node.body if truth else node.orelse, frame, tests)
                continue
            inner = {name: getattr(node, name) for name in ("body", "orelse")
                     if isinstance(node, ast.If | ast.For | ast.While | ast.With)
                     and getattr(node, name, None)}  # fmt: skip
            left = {name: self._taken(part, frame, tests) for name, part in inner.items()}
            if left != inner:
                parts = {**dict(ast.iter_fields(node)), **left}
                parts["body"] = parts["body"] or [ast.Pass(lineno=node.lineno)]
                node = ast.copy_location(type(node)(**parts), node)
            found.append(node)
        return found

    def _plainly(self, test: ast.expr, frame: Frame) -> bool | None:
        """Return what a condition comes to, of values alone; none where nobody knows it."""
        if not all(isinstance(each, PLAIN_TEST) for each in walk(test)):
            return None
        strange = self.strange
        truth = self.truth(self.value(test, frame))
        self.strange = strange
        return truth if isinstance(truth, bool) else None

    def _needed_by(
        self, node: ast.For | ast.AsyncFor | ast.While, frame: Frame
    ) -> tuple[Unknown, ...]:
        """Return what has to be known, so that a loop that trains nothing is gone through.

        That is how many turns it takes, and what else its turns are made of.
        """
        match node:
            case ast.For(iter=ast.Call(func=ast.Name(id="range")) as often):
                pass
            case ast.While(test=ast.Compare() as often):
                pass
            case _:
                return ()
        turns = () if self.loops.stack or self._trains_in(node) else [self.value(often, frame)]
        if not any(isinstance(each, Unknown) and each.askable for each in turns):
            return ()
        own = effects([node], {}).bound
        used = [part for name, part in _used(node) if name not in own or frame.home(name)]
        values = [*turns, *(self._quiet(part, frame) for part in used)]
        unknown = [leaf for v in values if isinstance(v, Unknown) for leaf in v.leaves()]
        leaves = {each.source: each for each in unknown if each.askable and _may_be_a_number(each)}
        return tuple(leaves.values())

    def _ending(self, loop: Loop, frame: Frame) -> None:
        """Find the conditions that end a loop after a number of turns: ``if epoch > 3: break``."""
        body, trained = loop.node.body, False
        whole = self._own_loop() is None  # so that a return ends it, and nothing around it
        for place, each in enumerate(body):
            if any(isinstance(n, ast.Continue) for n in ways_out([each])):
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
                    source = f"{terms.TALLY}{len(self.tallies)}"
                    self.tallies[source] = Tally(one, before, (*self.loops.stack,))
                    value.term = ast.Name(source, ast.Load())

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
            if isinstance(value, Unknown):
                loop.open[name] = value
            if type(value) is int and name not in elsewhere:
                loop.before[name] = value
                loop.each |= {name} if each else set()

    def count(self, node: ast.expr, frame: Frame) -> Count:
        """Return how many turns a loop takes that goes through something."""
        match node:
            case ast.Call(func=func, args=[]) if str(dotted(func)).rpartition(".")[2] == "count":
                return None  # for ever
            case ast.Call(func=func, args=[first, *rest]):
                last = str(dotted(func) or getattr(func, "attr", "")).rpartition(".")[2]
                if self._is_own(func, frame):
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
        while isinstance(value, Unknown) and value.made and value.made[1] and (
            value.made[0].rpartition(".")[2] in HANDING_ON
        ):  # fmt: skip
            value = value.made[1][0]  # which another name stands for
            node = ast.Name(value.source) if isinstance(value, Unknown) else node
        if isinstance(value, range):
            return turns_of(value)
        if isinstance(value, list | tuple | dict | set | str):
            return len(value)
        if not isinstance(value, Unknown):
            return None
        found: Count = self.length(value, node)
        known = isinstance(found, int) or (isinstance(found, Unknown) and found.askable)
        return found if known else None

    def _is_own(self, func: ast.expr, frame: Frame) -> bool:
        """Whether a function is of the text, or goes by the name of one that the text gives it."""
        found = self._quiet(func, frame)
        lost = isinstance(func, ast.Name) and isinstance(found, Unknown) and found.name is None
        return isinstance(found, Function) or lost

    def first(self, node: ast.expr, frame: Frame) -> int | None:
        """Return what a loop's counter is in the first turn; none where it counts nothing."""
        start = self._start(node, frame)
        value = None if start is None else self.value(start, frame)
        return value if isinstance(value, int) else None

    def _start(self, node: ast.expr, frame: Frame) -> ast.expr | None:
        """Return the text of what a loop's counter is in the first turn."""
        match node:
            case ast.Call(func=func) if self._is_own(func, frame):
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
        told = given and call is not None and not self._takes(schedule, given[0])
        if id(call) in self.found.held:
            text = f"{shown(node)} steps a part of another scheduler, which is not followed"
            raise ReadError(text, hint="paste only what builds the schedule")
        before = [e.node for e in self.loops.events if e.kind == "step" and e.of is schedule]
        apart = any(one is not node and (given or _is_told(one)) for one in before)
        if told or isinstance(schedule.stepped, ast.AST) or (apart and not self._follows(schedule)):
            by_hand.told(self.interpreter, schedule, node, self.caller[1])
            return
        schedule.stepped = True
        if schedule.trains == "before":
            self.happens("update", schedule.optimizer, node)
        self.happens("step", schedule, node)
        beside.conditions(self.interpreter, self.loops.events[-1])
        if schedule.trains == "after":
            self.happens("update", schedule.optimizer, node)

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
        found = offset_of(place.source)
        if found is None or (*schedule.loops, loop) != (*self.loops.stack,):
            return False
        turn = loop.turn.get(found[0])  # which its name may not be any more
        counts = turn is not None and any(each is turn for each in (place, *place.parts))
        held = (any(map(guard.same, schedule.guards)) for guard in self.loops.conditions())
        return counts and loop.counters.get(found[0]) == 1 - found[1] and all(held)


def _may_be_a_number(unknown: Unknown) -> bool:
    """Whether a value may be a number that can be given: no object of a class."""
    maker = "" if unknown.made is None else unknown.made[0].rpartition(".")[2]
    return is_typed(unknown.source) and not maker[:1].isupper()


def _used(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Visit the names in a statement, dotted ones whole, each with its first part.

    Those of the functions that it calls are left out.
    """
    match node:
        case ast.Attribute() | ast.Name():
            name = dotted(node)
            if name is not None:
                yield name.partition(".")[0], node
                return
        case ast.Call(func=func, args=given, keywords=named):
            name = dotted(func) or ""
            if name in ("range", "len") or name.partition(".")[0] not in TALK:
                for each in (*given, *named):
                    yield from _used(each)
            return
    for each in ast.iter_child_nodes(node):
        yield from _used(each)


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


def _is_told(step: ast.AST) -> bool:
    return isinstance(step, ast.Call) and bool(step.args or step.keywords)
