"""What loops count, as arithmetic: a rate as a function of the turns that are over."""

from __future__ import annotations

import ast
import copy
import math
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import replace

from isorate.reading import functions
from isorate.reading.effects import HARMLESS, PURE, STAYING
from isorate.reading.frames import Frame
from isorate.reading.loops import (
    Guard,
    Loop,
    Scope,
    Tally,
    alike,
    counters,
    offset_of,
    parsed_source,
    stored,
)
from isorate.reading.mentions import mentions
from isorate.reading.schedules import LackingError
from isorate.reading.values import MISSING, Instance, Unknown
from isorate.schedule.errors import ReadError
from isorate.schedule.syntax import Placing, dotted, number_node, shown, unparsed, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from isorate.reading.interpreter import Interpreter
    from isorate.schedule.expression import Expression

#: What functions call the place in the run that they are given: surely so, and perhaps.
COUNTERS: Final = (
    re.compile(
        r"_*((curr?|current|now|global|training|train|i|the)_?)?"
        r"(epoch|step|iter(ation)?|it|t|i|idx|x|update)"
        r"(_?(num|idx|index|count|id|number|i))?"
        r"|_*(curr?|current|now)_?(epoch|step|iter(ation)?|update)s"
        r"|current|curr"
    ),
    re.compile(
        r"(?!(max|total|warm|n_|num_(?!upd)|end|decay|len|per|start|final|all|cycle|every|last|min|no_))"
        r"(.*_)?(epoch|step|iter(ation)?|it|t|i|idx|updates?|num)"
    ),
)
#: A plural that is the place where another name says how long the run is.
PLURALS: Final = ("iters", "iterations", "steps", "updates", "epochs")
#: What may run again, or some time else.
AGAIN: Final = (ast.For, ast.AsyncFor, ast.While, ast.FunctionDef, ast.AsyncFunctionDef,
                ast.ClassDef, ast.Lambda)  # fmt: skip
#: What stands in a formula for what is counted begins so.
TALLY: Final = "tally_"
#: The methods that make a list longer or shorter.
RESIZING: Final = frozenset({"append", "extend", "insert", "pop", "popleft", "remove", "clear"})
#: The name that stands for an attribute that is set.
SET: Final = "set_"
#: The name that stands for how many turns are over.
TURN: Final = "step"
#: The name that stands for the rate that a group has before a loop sets one.
FIRST: Final = "first_rate"


def over_turns(follower: Interpreter) -> list[Loop]:
    """Return the loops that are followed, but those over parameter groups."""
    return [loop for loop in follower.loops.stack if not is_over_groups(loop)]


def counter_of(names: Sequence[str], *, sure: bool = False) -> str | None:
    """Return the one of some names that says the place in the run; none where none does."""
    found = counters_of(names, sure=sure)
    return found[0] if len(found) == 1 else None


def counters_of(names: Sequence[str], *, sure: bool = False) -> list[str]:
    """Return those of some names that may say the place in the run.

    Where it is to be ``sure``, no plural does, which may be how long the run is.
    """
    likely, perhaps = ([n for n in names if pattern.fullmatch(n)] for pattern in COUNTERS)
    several = [n for n in PLURALS if n in names and {f"max_{n}", f"total_{n}"} & {*names}]
    return likely or ([] if sure else several or perhaps)


def names_of(node: ast.AST) -> set[str]:
    """Return the names in a part of a text."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def is_over_groups(loop: Loop) -> bool:
    """Whether a loop goes through an optimizer's parameter groups."""
    return getattr(goes_through(loop.node)[-1], "attr", "") == "param_groups"


def goes_through(node: ast.AST) -> list[ast.expr | None]:
    """Return the target of a loop and what it goes through, whether it counts that or not."""
    match node:
        case ast.For(
            target=ast.Tuple(elts=[_, target]),
            iter=ast.Call(func=ast.Name(id="enumerate"), args=[source, *_]),
        ):  # fmt: skip
            return [target, source]
        case ast.For(target=target, iter=source):
            return [target, source]
    return [None, None]


def function_of(
    follower: Interpreter, target: ast.expr, value: ast.expr, frame: Frame,
    scopes: list[Scope], *, late: bool = False,
) -> tuple[Expression, tuple[Loop, ...] | None, Guard | None, tuple[Guard, ...]]:  # fmt: skip
    """Return a rate as an expression of the turns that are over, and the loops they are of.

    And the condition that holds in each so-manieth turn, where it is set in those, and all that
    has to hold where it is not set in each turn. What is set late is one of the innermost loop's
    turns.
    """
    at, value, frame = _as_its_caller_says(target, value, frame, scopes)
    own = _own(scopes, frame)
    statements, before = _slice(own, at, value, frame)
    around = [*own, *(scope for scope in scopes if scope.loop is not None)]
    set_ = {n for s in around for each in s.statements for n in stored(each) if "." in n}
    others = set_ | {n for n in follower.set_by_functions() if not _set_before(follower, n)}
    _check_not_set(follower, others, statements, value, frame)
    loops = over_turns(follower)
    where = f"{shown(target)} (line {target.lineno})"
    if not loops:
        return _of_one_count(follower, statements, value, frame, before, where), None, None, ()
    missing: list[Unknown] = []
    if follower.set_since:
        _check_since(follower, own, statements, value, at)
    tallied = _tallied(follower, statements, value, frame, before)
    counts_all = _counts_all(follower, loops, tallied)
    stride, since = (None, None) if counts_all else _stride(follower, loops, where, missing, late)
    terms_ = _Terms(follower, others, missing)
    terms = {
        name: terms_.of(name, found, frame)
        for name, found in before.items()
        if not _stays(found) or terms_.is_computed(name, found, frame)
    }
    for name, begins in ((n, o.open[n]) for o in loops for n in o.open if n in terms):
        if terms[name] is None and begins.askable:
            missing += begins.leaves()
            terms[name] = ast.Constant(1)  # which nobody sees
    if varying := ", ".join(sorted(name for name, term in terms.items() if term is None)):
        raise ReadError(f"{where} is no function of what the loop counts: {varying} is another "
                        "each time")  # fmt: skip
    counted = [n for term in terms.values() if term for n in ast.walk(term) if isinstance(n, Count)]
    tallies = {name: _Terms.tally(follower, loops, name, where) for name in tallied}
    if counted and counts_all and follower.loops.conditions():
        raise ReadError(f"{where} is set where a condition holds that is not followed")
    counted += tallies.values()
    if any(each.loop not in loops for each in counted):
        raise ReadError(f"{where} is set to another rate in each of the groups")
    deepest = max((loops.index(each.loop) for each in counted), default=0)
    if late or counts_all or since or (stride is not None and stride.every != 1):
        deepest = len(loops) - 1
    whole = tuple(loops[: deepest + 1])
    for each in counted:
        each.value = _place(each, whole, target, stride, missing)
        at_ = whole.index(each.loop)
        follower.rests_on += whole[max(1, at_ if not each.whole else at_ + 1) :]
    placed = {name: each.value for name, each in tallies.items()}
    put = {name: _Placed().visit(term) for name, term in terms.items() if term}
    try:
        made = _computed(follower, statements, value, frame, _numbers(before) | put, placed)
    except LackingError as error:
        for leaf in (each for each in error.leaves if each.source in others or _is_rate_read(each)):
            raise ReadError(f"{where} is no function of what the loop counts: {leaf.source} is "
                            f"another each time ({leaf.why})") from None  # fmt: skip
        missing = [*missing, *error.leaves]
    _check_kept(missing, [each for s in around if s.loop is not None for each in s.statements])
    if missing:
        follower.lack("the rate", missing)
    if since is not None:
        made = _holding(made, since)
    guarded = counts_all or (stride is not None and stride.every != 1)
    return made, whole, stride, follower.loops.conditions() if guarded else ()


def _as_its_caller_says(
    target: ast.expr, value: ast.expr, frame: Frame, scopes: list[Scope]
) -> tuple[ast.AST, ast.expr, Frame]:
    """Return where a value is said, as whom, and in which frame: a parameter's by its caller."""
    at: ast.AST = target
    while isinstance(value, ast.Name):
        name = value.id
        given, said, caller = frame.arguments.get(name, (None, None, frame))
        same = frame.get(name) is given and isinstance(given, Unknown)
        through = same and given is not None and given.term is None
        if not through or said is None or not any(s.frame is caller for s in scopes):
            break
        at, value, frame = said, said, caller
    return at, value, frame


def _of_one_count(
    follower: Interpreter, statements: list[ast.stmt], value: ast.expr, frame: Frame,
    before: dict[str, Any], where: str,
) -> Expression:  # fmt: skip
    """Return a rate that no loop of the text sets, by the name that is taken to count updates."""
    unknown = [(n, v) for n, v in before.items() if isinstance(v, Unknown) and not v.made]
    named = [name for name, found in unknown if not found.askable]
    open_names = sorted(name for name, value in before.items() if _is_open(value))
    counters = named if len(named) == 1 else counters_of(open_names)
    for counts in counters:  # of which the rate may use one
        text = f"{counts} is taken to be 0, 1, 2 and so on, one for each update"
        put = {counts: turn_name()} | _numbers(before)
        try:
            found = _computed(follower, statements, value, frame, put)
        except LackingError as error:
            if {*counters} & {leaf.source for leaf in error.leaves}:
                continue
            raise
        follower.assumed[text] = None
        return found
    raise ReadError(f"{where} is no function of one count")


def with_term(
    follower: Interpreter, value: Unknown, target: ast.AST, node: ast.expr, frame: Frame
) -> Unknown:
    """Return what is put into an attribute, as arithmetic of what objects count, if it is such."""
    count_in(follower, node, frame)
    if not follower.tallies or value.term or not follower.loops.stack or follower.turns:
        return value
    own = _own(follower.scopes, frame)
    try:
        statements, before = _slice(own, target, node, frame)
        _check_since(follower, own, statements, node, target)
        terms = _open_terms(before)
        found = _formula(follower, statements, node, frame, _numbers(before) | terms)
    except ReadError:
        return value
    return replace(value, term=found, varies=True)


def merged(
    follower: Interpreter, node: ast.stmt, frame: Frame
) -> list[tuple[Instance, str, ast.expr]]:
    """Return the attributes that a condition decides, as arithmetic of what objects count.

    None are of one that nothing counted decides, or that does something else than set them.
    """
    found: list[tuple[Instance, str, ast.expr]] = []
    if any("." in name for name in stored(node)):
        count_in(follower, node, frame)
    if not follower.tallies or not follower.loops.stack or follower.turns:
        return found
    for source in sorted(n for n in {*stored(node)} if n.count(".") == 1):
        own, name = source.split(".")
        base = frame.get(own)
        if not isinstance(base, Instance):
            continue
        value: Any = ast.Attribute(ast.Name(own, ast.Load()), name, ast.Load())
        first = ast.Assign([ast.Name(SET, ast.Store())], value)
        inside = _Naming(source).visit(copy.deepcopy(node))
        try:
            own_ = _own(follower.scopes, frame)
            statements, before = _slice(own_, node, node, frame)
            _check_since(follower, own_, statements, value, node)
            put = _numbers(before) | _open_terms(before)
            result = ast.Name(SET, ast.Load())
            made = _formula(follower, [*statements, first, inside], result, frame, put)
        except ReadError:
            continue
        found.append((base, name, made))
    return found


class _Naming(ast.NodeTransformer):
    """Puts a name in place of an attribute."""

    def __init__(self, source: str) -> None:
        self.source = source

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if dotted(node) == self.source:
            return ast.Name(SET, node.ctx)
        return self.generic_visit(node)  # type: ignore[return-value]


def count_in(follower: Interpreter, node: ast.AST, frame: Frame) -> None:
    """Let what loops count be terms, where an attribute is made of it."""
    if not follower.loops.stack or follower.turns:
        return
    for name in sorted(names_of(node)):
        value = frame.get(name)
        if _stays(value) or value.term is not None:
            continue
        counted = counter(follower, value)
        through = None if counted else counted_through(follower, value)
        if counted or through:
            loop, start = counted or through  # type: ignore[misc]
            key = f"{TALLY}{len(follower.tallies)}"
            follower.tallies[key] = _counting(loop, start, whole=through is not None)
            value.term = ast.Name(key, ast.Load())


def _open_terms(before: dict[str, Any]) -> dict[str, ast.expr]:
    """Return the values that are not known as arithmetic of what objects count.

    Raises:
        ReadError: one is no such.

    """
    found = {name: value.term for name, value in before.items() if not _stays(value)}
    if None in found.values():
        raise ReadError("it is another each time")
    return found


def _own(scopes: Sequence[Scope], frame: Frame) -> list[Scope]:
    """Return the bodies of a function, from the first of its loops on: what is before is known."""
    own = [scope for scope in scopes if scope.frame is frame]
    inside = [scope for scope in own if scope.loop is not None and not is_over_groups(scope.loop)]
    return own[own.index(inside[0]) :] if inside else own


def _stored_in(scopes: Sequence[Scope]) -> set[str]:
    return {name for scope in scopes for each in scope.statements for name in stored(each)}


def _tallied(
    follower: Interpreter, statements: list[ast.stmt], value: ast.expr, frame: Frame,
    before: dict[str, Any],
) -> list[str]:  # fmt: skip
    """Return what stands for what objects count, of that which a rate depends on."""
    if not follower.tallies:
        return []
    put = {name: getattr(value, "term", None) or turn_name() for name, value in before.items()
           if not _stays(value)}  # fmt: skip
    try:
        found = _formula(follower, statements, value, frame, _numbers(before) | put)
    except LackingError:
        return []  # it is asked for anyway
    return sorted({*follower.tallies} & names_of(found))


def _counts_all(follower: Interpreter, loops: list[Loop], tallied: Sequence[str]) -> bool:
    """Whether all that is counted is how often the rate is set, under whatever condition."""
    guards, found = follower.loops.conditions(), [follower.tallies[name] for name in tallied]
    adds = [e for e in follower.loops.events if e.kind == "adds" and e.of in found]
    whole = all(isinstance(tally, Tally) and not tally.outer for tally in found)
    return bool(found) and whole and all(
        besides_groups(e.loops) == loops and alike(e.guards, guards) for e in adds
    )  # fmt: skip


def besides_groups(loops: Sequence[Loop]) -> list[Loop]:
    """Return the loops that go through something else than parameter groups."""
    return [loop for loop in loops if not is_over_groups(loop)]


def _around(own: Sequence[Scope], at: ast.AST) -> Iterator[ast.AST]:
    """Visit the statements of some bodies that something stands in."""
    waiting: list[ast.AST] = [each for scope in own for each in scope.statements]
    while waiting:
        node = waiting.pop()
        if _within(at, node):
            yield node
            waiting = [*ast.iter_child_nodes(node)]


def _check_since(
    follower: Interpreter, own: Sequence[Scope], statements: Sequence[ast.stmt], value: ast.expr,
    at: ast.AST,
) -> None:  # fmt: skip
    """Refuse what depends on attributes that were set since it was computed."""
    around = max((follower.begun.get(id(each), 0) for each in _around(own, at)), default=0)
    begun = [around, *(follower.begun.get(id(each), 0) for each in statements)]
    since = {*follower.set_since[min(begun) :]}
    used, waiting = set[str](), set().union(*(mentions(each).used for each in (*statements, value)))
    while waiting and since:
        used |= waiting
        inner = follower.named(waiting)
        waiting = set().union(*(mentions(each.node).used for each in inner)) - used
    for name in sorted(since & used):
        text = f"{shown(value)} (line {getattr(at, 'lineno', 0)}) depends on {name}, which is set"
        raise ReadError(f"{text} again before the rate is", hint="paste only what sets the rate")


def _is_rate_read(leaf: Unknown) -> bool:
    """Whether something is the rate that a parameter group has in a turn."""
    return leaf.varies and leaf.source.endswith("['lr']")


class Count(ast.expr):
    """What counts the turns of a loop, in an expression."""

    loop: Loop
    start: float
    whole: bool
    value: ast.expr


def _counting(loop: Loop, start: float, *, whole: bool = False) -> Count:
    """Return the turns of a loop, counted from some number; anew in each turn of the outer ones."""
    count = Count()
    count.loop, count.start, count.whole = loop, start, whole
    return count


class _Placed(ast.NodeTransformer):
    """Puts what it is worth in place of what counts."""

    def visit_Count(self, node: Count) -> ast.expr:
        return node.value


class _Terms(msgspec.Struct, frozen=True):
    """Values as arithmetic with what loops count.

    Args:
        follower: what follows the text.
        others: names that something may have set meanwhile.
        missing: what has to be given for them.

    """

    follower: Interpreter
    others: set[str]
    missing: list[Unknown]

    def of(self, name: str, value: Any, frame: Frame) -> ast.expr | None:
        """Return a value; what a function is given is what the call says.

        None where it is another each time.
        """
        found = counter(self.follower, value)
        if found is not None:
            return _counting(*found)
        through = counted_through(self.follower, value)
        if through is not None:
            return _counting(*through, whole=True)
        if isinstance(value, Unknown) and value.term is not None:
            return copy.deepcopy(value.term)
        for loop in self.follower.loops.stack:
            for counted, (start, where) in loop.starts.items():
                if loop.turn.get(counted) is value is not None:
                    begins = self.text(start, where)
                    return begins and ast.BinOp(_counting(loop, 0), ast.Add(), begins)
        text, caller = self._given(name, value, frame)
        return None if text is None else self.said(text, caller)

    def is_computed(self, name: str, value: Any, frame: Frame) -> bool:
        """Whether a function is given what the statements of its caller's loop compute."""
        text, caller = self._given(name, value, frame)
        own = _own(self.follower.scopes, caller)
        if (
            text is None
            or not isinstance(value, Unknown)
            or not any(scope.loop is not None for scope in own)
        ):
            return False
        return not names_of(text).isdisjoint(_stored_in(own))

    @staticmethod
    def _given(name: str, value: Any, frame: Frame) -> tuple[ast.expr | None, Frame]:
        """Return what a call says of what a function is given, and the frame that it is in."""
        given, text, caller = frame.arguments.get(name, (None, None, frame))
        return (text, caller) if given is value else (None, frame)

    def said(self, node: ast.expr, frame: Frame) -> ast.expr | None:
        """Return what a function is given, as the statements before its call compute it.

        None where it is another each time.
        """
        own = _own(self.follower.scopes, frame)
        terms: dict[str, Any] = {}
        try:
            statements, before = _slice(own, node, node, frame) if own else ([], {})
            if not statements:
                return self.text(node, frame)
            _check_not_set(self.follower, self.others, statements, node, frame)
            _check_since(self.follower, own, statements, node, node)
            open_ = {name: found for name, found in before.items() if not _stays(found)}
            terms = {f"{name} of the loop": self.of(name, open_[name], frame) for name in open_}
            if None in terms.values():
                return None
            put = {name: ast.Name(f"{name} of the loop", ast.Load()) for name in open_}
            numbers = _numbers(before)
            made = _formula(self.follower, statements, node, frame, numbers | put, terms)
        except LackingError as error:
            set_ = _stored_in(own)
            if any(each.varies or each.source in set_ for each in error.leaves):
                return None
            self.missing.extend(error.leaves)
            seen: ast.expr = ast.Constant(1)  # which nobody sees, but what it counts is asked for
            for term in terms.values():
                seen = ast.BinOp(seen, ast.Add(), term)
            return seen
        except ReadError:
            return None
        return Placing(terms).visit(made)  # type: ignore[no-any-return]

    @staticmethod
    def tally(follower: Interpreter, loops: list[Loop], name: str, where: str) -> Count:
        """Return what an object counts, which is added to once in each turn of some loops.

        Raises:
            ReadError: it is added to otherwise.

        """
        tally: Any = follower.tallies[name]
        guards = follower.loops.conditions()
        if isinstance(tally, Count):
            return _counting(tally.loop, tally.start, whole=tally.whole)
        adds = [e for e in follower.loops.events if e.kind == "adds" and e.of is tally]
        own = (
            besides_groups(adds[0].loops) if adds else loops
        )  # it is added to after that, as often
        when = adds[0].guards if adds else guards
        follower.counting.append((tally, own, when, where))
        same = not tally.outer and own == loops and alike(when, guards)
        nested = own[:-1] == [*tally.outer] if tally.outer else True
        if len(adds) > 1 or not (same or (nested and own == loops[: len(own)] and not when)):
            raise ReadError(f"{where} depends on what {shown(tally.node)} counts, which is not "
                            "followed")  # fmt: skip
        return _counting(own[-1], tally.start, whole=not tally.outer and len(own) > 1)

    def text(self, node: ast.expr, frame: Frame) -> ast.expr | None:
        """Return an expression of a frame."""
        match node:
            case ast.BinOp(left=one, op=op, right=other):
                left, right = self.text(one, frame), self.text(other, frame)
                return None if left is None or right is None else ast.BinOp(left, op, right)
            case ast.Constant() | ast.Name() | ast.Attribute() | ast.Call(func=ast.Name(id="len")):
                value = self.follower.value(node, frame)
            case _:
                return None
        named = [n for n in ast.walk(node) if isinstance(n, ast.Name | ast.Attribute)]
        if not self.others.isdisjoint(str(dotted(n)) for n in named):
            return None
        if type(value) in (int, float):
            return number_node(value)
        if isinstance(value, Unknown) and value.askable:
            self.missing.extend(value.leaves())
            return ast.Constant(1)  # which nobody sees
        return self.of(node.id, value, frame) if isinstance(node, ast.Name) else None


def _stride(
    follower: Interpreter, loops: list[Loop], where: str, missing: list[Unknown], late: bool
) -> tuple[Guard | None, Guard | None]:  # fmt: skip
    """Return what says that a rate is set in each so-manieth turn; none where it is in each.

    It is told by how often it was set so far, or else by the turns, between which it stays.
    """
    conditions = follower.loops.conditions()
    if not conditions:
        return None, None
    guard = conditions[0]
    whole = guard.counts is None and guard.name in counters(loops[-1].node)
    if isinstance(guard.every, Unknown) and guard.every.askable and (
        guard.counts in loops or whole
    ):  # fmt: skip
        missing += guard.every.leaves()
        guard = replace(guard, every=1)
    if len(conditions) == 1 and isinstance(guard.every, int) and guard.every > 0 and not guard.last:
        if guard.first == 0 and guard.counts is loops[-1] and not (late and guard.every > 1):
            return guard, None
        each = whole and counters(loops[-1].node)[guard.name]
        if each or (guard.counts is loops[-1] and len(loops) == 1):
            return None, guard
    raise ReadError(f"{where} is set where a condition holds that is not followed")


def _holding(made: Expression, since: Guard) -> Expression:
    """Return a rate by the turn in which it was set last, where some leave it as it is.

    Before the first of them it is ``FIRST``.
    """
    first, every = since.first, since.every
    last = f"{TURN} // {every} * {every}" if not first else (
        f"({TURN} - {first}) // {every} * {every} + {first}"
    )  # fmt: skip
    turn = turn_name() if every == 1 else ast.parse(last, mode="eval").body
    found = placed(made.source, turn)
    if first:
        test = ast.Compare(turn_name(), [ast.Lt()], [ast.Constant(first)])
        found = ast.IfExp(test, ast.Name(FIRST, ast.Load()), found)
    return replace(made, source=ast.unparse(ast.fix_missing_locations(found)))


def placed(source: str, turn: ast.expr) -> ast.expr:
    """Return a function of the turns as one of something else."""
    return Placing({TURN: turn}).visit(ast.parse(source, mode="eval").body)  # type: ignore[no-any-return]


def _slice(
    scopes: list[Scope], target: ast.AST, value: ast.AST, frame: Frame
) -> tuple[list[ast.stmt], dict[str, Any]]:
    """Return the statements that a value depends on, and what the names are that they begin with.

    What a loop changes is at the beginning of a turn what the turn before has left.
    """
    kept: list[ast.stmt] = []
    needed, before = names_of(value), dict[str, Any]()
    own = {scope.loop.node for scope in scopes if scope.loop is not None}
    around = [each for each in _around(scopes, target) if isinstance(each, ast.For)]
    inner = [each for each in around if each not in own]
    items = {name for each in inner for name in names_of(each.target)}
    items -= {name for each in inner for part in each.body for name in stored(part)}
    needed -= items
    later, counted = set[str](), dict[str, Any]()
    begun: set[str] | None = None  # what is asked for where the loop over the groups begins
    for scope in reversed(scopes):
        for statement in reversed(_ahead(scope, target)):
            if begun is None and not any(_within(statement, each) for each in inner):
                begun = {*needed}
            counted |= {n: frame.get(n) for n in needed - later if _is_counted(frame.get(n))}
            needed -= counted.keys()  # as it was when it was counted
            own_later, sets = later, {*stored(statement)}
            later = later | sets
            if not (needed & sets) or isinstance(statement, ast.FunctionDef):
                continue
            if again := counted.keys() & (sets | _reads(statement) & own_later):
                raise ReadError(f"{min(again)} is counted anew before the rate is set")
            kept.insert(0, statement)
            needed = (needed - _sets(statement) | _reads(statement)) - items
        if needed & before.keys():
            name = min(needed & before.keys())
            raise ReadError(f"{name} is set in a loop and in a loop of that, which is not followed")
        changed = needed & {*stored(scope.loop.node)} if scope.loop is not None else set()
        if scope is scopes[0]:
            changed = set(needed)
            if scope.loop is None and frame is not frame.outermost:  # what it sets is its own
                own = {n for each in scope.statements for n in stored(each)}
                changed -= own - scope.start.keys() - frame.elsewhere.keys()
        needed -= changed
        before |= {name: scope.start.get(name, MISSING) for name in changed}
    parts = [node for each in inner for part in each.body for node in walk(part)]
    asked = {*before, *needed, *(begun or ())}
    bound = {name for name in asked if any(_binds(node, name) for node in parts)}
    if bound:  # which another group finds as the one before has left it
        raise ReadError(f"{min(bound)} is set in the loop over the groups, and asked for before")
    before |= counted
    for name, found in before.items():  # a loop that is gone through says what its items are
        before[name] = frame.get(name) if found is MISSING else found
    return kept, before


def _is_counted(value: Any) -> bool:
    """Whether a value is arithmetic of what objects count."""
    return isinstance(value, Unknown) and value.term is not None


def _sets(statement: ast.stmt) -> set[str]:
    """Return the names that a statement surely sets."""
    match statement:
        case ast.Assign() | ast.AnnAssign():
            return {*stored(statement)}
        case ast.If(body=body, orelse=orelse):
            ways = [way for way in (body, orelse) if not (way and isinstance(way[-1], ast.Raise))]
            sets = [set[str]().union(*map(_sets, way)) for way in ways]
            return set.intersection(*sets) if sets else set()
    return set()


def _reads(statement: ast.stmt) -> set[str]:
    """Return the names that a statement reads, but those that it surely sets before."""
    match statement:
        case ast.AugAssign():
            return names_of(statement)
        case ast.If(test=test, body=body, orelse=orelse):
            found = names_of(test)
            for branch in (body, orelse):
                known = set[str]()
                for each in branch:
                    found |= _reads(each) - known
                    known |= _sets(each)
            return found
    nodes = (n for n in ast.walk(statement) if isinstance(n, ast.Name))
    return {n.id for n in nodes if isinstance(n.ctx, ast.Load)}


def _set_before(follower: Interpreter, name: str) -> bool:
    """Whether all that sets a name is in what is followed, before its loops."""
    inner = [follower.files.body(path) for path in follower.modules] if follower.files else []
    everything = [*follower.whole, *(statement for body in inner for statement in body)]
    left = {n for s in everything for n in ast.walk(s) if _binds(n, name)}
    ahead: list[ast.AST] = []
    for scope in follower.scopes:
        if scope.loop is not None:
            break
        ahead += scope.statements
    while ahead:
        node = ahead.pop()
        if not isinstance(node, AGAIN):
            left.discard(node)
            ahead += ast.iter_child_nodes(node)
    return not left


def _binds(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Name(id=own, ctx=ast.Store() | ast.Del()):
            return own == name
        case ast.alias():
            return (node.asname or node.name.partition(".")[0]) in (name, "*")
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return node.name == name
    return False


def _check_not_set(
    follower: Interpreter, others: set[str], statements: list[ast.stmt], value: ast.expr,
    frame: Frame,
) -> None:  # fmt: skip
    """Refuse a rate that depends on what is set besides: attributes, and names by functions."""
    for part in (part for each in (*statements, value) for part in ast.walk(each)):
        if (
            isinstance(part, ast.Name | ast.Attribute) and dotted(part) in others
            and not (isinstance(part, ast.Attribute) and follower.of_tallies(part, frame))
        ):  # fmt: skip
            text = f"the rate depends on {dotted(part)}, which is another each time"
            raise ReadError(text, hint="paste only what sets the rate")


def _ahead(scope: Scope, target: ast.AST) -> list[ast.stmt]:
    """Return the statements of a body that come before something in it."""
    found: list[ast.stmt] = []
    body = list(scope.statements)
    while body:
        at = next((i for i, s in enumerate(body) if _within(target, s)), None)
        if at is None:
            break
        found += body[:at]
        inner: Any = body[at]
        if isinstance(inner, ast.If):
            body = list(inner.body if any(_within(target, s) for s in inner.body) else inner.orelse)
        else:
            body = list(inner.body) if isinstance(inner, ast.With | ast.Try | ast.For) else []
    return found


def _within(inner: ast.AST, outer: ast.AST) -> bool:
    return any(node is inner for node in ast.walk(outer))


def counter(follower: Interpreter, value: Any) -> tuple[Loop, int] | None:
    """Return the loop whose turns a value counts, and what it is in the first of them."""
    found = None if _stays(value) else offset_of(value.source)
    if found is None:
        return None
    (counted, more), leaf = found, next(value.leaves())
    for loop in reversed(follower.loops.stack):
        if loop.turn.get(counted) is leaf:
            first = loop.counters.get(counted)
            if first is None and counted in loop.each:
                first = loop.before[counted]
            return None if first is None else (loop, first + more)
    return None


def counted_through(follower: Interpreter, value: Any) -> tuple[Loop, int] | None:
    """Return the loop all of whose turns a value counts, and what it is in the first of all."""
    found = None if _stays(value) else offset_of(value.source)
    if found is None:
        return None
    (name, more), leaf = found, next(value.leaves())
    for loop in over_turns(follower):
        if loop.turn.get(name) is leaf and counters(loop.node).get(name):
            start = follower.loops.stack[0].before.get(name)
            return None if start is None else (loop, start + more)
    return None


def _place(
    count: Count, loops: Sequence[Loop], target: ast.AST, stride: Guard | None,
    missing: list[Unknown],
) -> ast.expr:  # fmt: skip
    """Return what a counter is, by how often the innermost loop has set the rate."""
    found, start = turn_name(), count.start
    place, every = loops.index(count.loop), 1
    counts = [each.turns for each in loops]
    if count.whole:
        if stride is not None and stride.every != 1:
            raise ReadError(f"{shown(target)} is set where a condition holds, and counts all turns")
        counts[place] = 1  # which does not matter
    for at, turns in enumerate(counts):
        if at >= place and at > 0 and isinstance(turns, Unknown) and turns.askable:
            missing += turns.leaves()
            counts[at] = 1
    if stride is not None and stride.every != 1:
        assert isinstance(stride.every, int)
        every, turns = stride.every, counts[-1]
        counts[-1] = turns // every if isinstance(turns, int) and turns >= every else None
    inner = counts[place + 1 :]
    if not all(isinstance(turns, int) for turns in inner) or (
        (place > 0 or every > 1) and not isinstance(counts[place], int)
    ):
        raise ReadError(f"{shown(target)} (line {getattr(target, 'lineno', 0)}) depends on how "
                        "many turns the inner loop takes", hint="give the length of what it "
                        'goes through: --set "len(loader)=391"')  # fmt: skip
    each = math.prod(turns for turns in inner if isinstance(turns, int))
    if inner and each != 1:
        found = ast.BinOp(found, ast.FloorDiv(), ast.Constant(each))
    if place > 0 and not count.whole:
        found = ast.BinOp(found, ast.Mod(), ast.Constant(int(counts[place])))  # type: ignore[arg-type]
    if every > 1 and place == len(loops) - 1:
        found = ast.BinOp(ast.Constant(every), ast.Mult(), found)
    if type(start) is float or start:
        found = ast.BinOp(found, ast.Add(), number_node(start))
    return found


def turn_name() -> ast.expr:
    """Return the name that stands for how many turns are over."""
    return ast.Name(TURN, ast.Load())


def _computed(
    follower: Interpreter, statements: list[ast.stmt], value: ast.expr, frame: Frame,
    put: dict[str, ast.expr], placed: Mapping[str, ast.expr] = MappingProxyType({}),
) -> Expression:  # fmt: skip
    """Return what some statements compute, names being worth so much before them."""
    try:
        made = _formula(follower, statements, value, frame, put)
    except LackingError as error:
        _check_same(error.leaves, [*statements, value])
        raise
    made = Placing(placed).visit(copy.deepcopy(made)) if placed else made
    return functions.said(TURN, ast.fix_missing_locations(made))


def _formula(
    follower: Interpreter, statements: list[ast.stmt], value: ast.expr, frame: Frame,
    put: dict[str, ast.expr], open_: Iterable[str] = (),
) -> ast.expr:  # fmt: skip
    """Return what some statements compute, of the turns and of what objects count.

    And of other names, which are kept.
    """
    inner = Frame(follower.given, frame)
    for name in (*follower.tallies, *open_):
        inner.names[name] = Unknown(name, varies=True, term=ast.Name(name, ast.Load()))
    whole = functions.stating("the rate", TURN, _body(statements, value, put), inner)
    return functions.formula(follower, whole, follower.longest)[1]


def _body(statements: list[ast.stmt], value: ast.expr, put: dict[str, ast.expr]) -> list[ast.stmt]:
    first = [ast.Assign([ast.Name(name, ast.Store())], found) for name, found in put.items()]
    return [*first, *copy.deepcopy(statements), ast.Return(copy.deepcopy(value))]


def _check_same(leaves: Iterable[Unknown], nodes: Sequence[ast.AST]) -> None:
    """Refuse to ask once for what a function is asked for in each turn, which nobody knows."""
    sources = {leaf.source for leaf in leaves}
    parts = [part for node in nodes for part in ast.walk(node)]
    named = [p.value for p in parts if isinstance(p, ast.Assign) and sources & {*stored(p)}]
    calls = [p for p in parts if isinstance(p, ast.Call) and unparsed(p) in sources]
    calls += [p for value in named for p in ast.walk(value) if isinstance(p, ast.Call)]
    for each in calls:
        if unparsed(each.func).rpartition(".")[2] not in (*PURE, *HARMLESS, *STAYING):
            text = f"the rate depends on {shown(each)}, which may be another each time"
            raise ReadError(text, hint="paste the function that it calls, too")


def _check_kept(leaves: Iterable[Unknown], turns: list[ast.stmt]) -> None:
    """Refuse to ask once for an item that turns change, or for how long a list is that they do."""
    items = [n for each in turns for n in walk(each) if isinstance(n, ast.Subscript)]
    items = [n for n in items if not isinstance(n.ctx, ast.Load)]
    methods = [n for each in turns for n in walk(each) if isinstance(n, ast.Attribute)]
    resized = {dotted(n.value) for n in methods if n.attr in RESIZING}
    for leaf in leaves:
        match parsed_source(leaf.source):
            case ast.Subscript(value=of, slice=place) as item:
                own = [n for n in items if unparsed(n.value) == unparsed(of)]
                sure = isinstance(place, ast.Constant)
                kept = all(sure and isinstance(n.slice, ast.Constant) for n in own)
                changes = not kept or leaf.varies or unparsed(item) in map(unparsed, own)
            case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)]):
                changes = name in resized
            case _:
                changes = False
        if changes:
            text = f"the rate depends on {leaf.source}, which is another each time"
            raise ReadError(text, hint="paste only what sets the rate")


def _numbers(values: dict[str, Any]) -> dict[str, ast.expr]:
    """Return the numbers among values, written out: no lists that might be changed in place."""
    return {n: number_node(v) for n, v in values.items() if isinstance(v, int | float)}


def _stays(value: Any) -> bool:
    """Whether a value is the same in each turn."""
    return not isinstance(value, Unknown) or value.askable


def _is_open(value: Any) -> bool:
    return value is MISSING or isinstance(value, Unknown)
