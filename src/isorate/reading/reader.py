"""Source text → Call. The text is parsed, never executed, imported or unpickled."""

from __future__ import annotations

import ast
import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import replace

from isorate.kit import registry
from isorate.kit.call import Call
from isorate.kit.plateau import Feedback
from isorate.reading import beside, by_hand, in_arrays
from isorate.reading.alone import RATE as RATED
from isorate.reading.alone import came_to, functions_of, rates_of, unrun
from isorate.reading.arrays import Array
from isorate.reading.effects import names_in
from isorate.reading.endings import Fork, Unfollowable
from isorate.reading.expressions import MOST_STEPS
from isorate.reading.foreign import SCHEDULER_LIKE
from isorate.reading.frames import Given, canonical
from isorate.reading.functions import expression, names_of
from isorate.reading.interpreter import Interpreter
from isorate.reading.loops import alike
from isorate.reading.mentions import mentions, once
from isorate.reading.naming import (
    HERE,
    Name,
    at_home,
    is_elsewhere,
    no_constructor,
    not_a_name,
    path_of,
    unread_of,
)
from isorate.reading.needed import assumed, lacking
from isorate.reading.optimizers import apart, hint_of
from isorate.reading.pieces import completed
from isorate.reading.schedules import LackingError, all_of
from isorate.reading.text import parsed
from isorate.reading.values import (
    Function,
    Instance,
    Schedule,
    Unknown,
    each_once,
)
from isorate.reading.values import (
    Given as Taker,
)
from isorate.schedule.combinators.clocks import on_steps
from isorate.schedule.errors import MissingRateError, ReadError
from isorate.schedule.node import Schedule as Data
from isorate.schedule.syntax import dotted, shown, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from isorate.reading.files import Files
    from isorate.reading.loops import Facts

#: Longer texts are refused before they are parsed: a parsed literal takes a kilobyte a number.
LONGEST_TEXT: Final = 1 << 20
#: A text of no more statements is no script, of which one would expect a loop.
SNIPPET: Final = 3
#: What lists of rates are called.
RATES: Final = re.compile(r"(^|_)(lrs?|rates?|learning_rates?|schedule)($|_)")
#: More schedules no text has.
MOST_SCHEDULES: Final = 100
#: So often a text is read with conditions decided one way and the other.
MOST_WAYS: Final = 48


class Reading(msgspec.Struct, frozen=True):
    """What a text came to.

    Args:
        call: the call.
        assumptions: what was taken for granted, a sentence each.
        used: the names given beside the text that it needed.
        mentioned: the names that the text has, for hints.
        prepared: whether the text hands a scheduler to a ``prepare``.
        said: the names that the text gives a value itself.
        taken: the defaults that it needed, by their source.
        run: what the text's loop says of the run, by the arguments of ``Run``.
        wanted: what would say how long it is, where nobody does.
        counted: what is told of the run beside the text, and a trainer counts its updates by.
        title: what the text calls the schedule, or its class and line.
        line: the line that builds it.
        saved: of a checkpoint, where its scheduler stood, and what contradicts that.

    """

    call: Call
    assumptions: tuple[str, ...]
    used: frozenset[str]
    mentioned: frozenset[str]
    prepared: bool = False
    said: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset()
    run: dict[str, Any] = msgspec.field(default_factory=dict)
    wanted: tuple[Unknown, ...] = ()
    title: str = ""
    line: int = 0
    counted: frozenset[str] = frozenset()
    saved: tuple[str, ...] = ()


class Way(msgspec.Struct):
    """What a text comes to, conditions that nobody decides being taken to be so."""

    decisions: dict[str, bool]
    reading: Reading | None = None
    error: ReadError | None = None
    conditions: list[Unknown] = msgspec.field(default_factory=list)


def reading(
    text: str,
    *,
    lr: float | Sequence[float] | None = None,
    dialect: str | None = None,
    names: Mapping[str, Any] | None = None,
    files: Files | None = None,
    told: Mapping[str, Any] | None = None,
    which: str | None = None,
) -> Reading:
    """Read one schedule, and say what was taken for granted (``isorate.read``).

    Imports are followed to ``files``, and nowhere else. What the loop says of the run is not asked
    for where it is ``told`` beside the text: the arguments of ``Run``, by name, and ``examples``,
    ``batches``, ``batch_size`` and ``max_steps`` of what a trainer trains with. Of several
    schedules that a text has, ``which`` names one.

    Example:
        >>> reading("StepLR(3)", lr=0.1).assumptions
        ("StepLR is torch's; mindspore and mmengine have one, too",)

    """
    if not isinstance(text, str):
        raise ReadError("the call is not text", required="a str", got=type(text).__name__)
    if len(text) > LONGEST_TEXT:
        raise ReadError(
            "the text is too long", required="at most 1 MiB", got=f"{len(text)} characters"
        )
    if not text.strip():
        raise ReadError("the text is empty", required="one schedule call")
    known = None if dialect is None else registry.get(dialect).name
    try:
        said = read_document(text)
        if said is not None:
            return Reading(said, (), frozenset(), frozenset())
        body, cut = parsed(text)
        body, told_by = completed(body)
        known_names = names or {}

        def of(given: Mapping[str, Any], *, sure: bool = False) -> Reading:
            long = LONGEST_TEXT if files else len(text)
            made = partial(
                Interpreter, lr=lr, dialect=known, longest=long, files=files, told=told, which=which
            )
            return _chosen(list(_ways(body, given, made, cut + told_by, sure=sure)))

        try:
            found = of(known_names)
        except NoScheduleError as error:
            what = "; ".join(["it is cut out of a longer one", *cut])
            raise NoScheduleError(error.what, hint=what) if cut else error from None
        return replace(found, used=frozenset(_needed(found, known_names, of)))
    except RecursionError:
        raise ReadError("the text is nested too deeply") from None


def readings(
    text: str, *, which: str | None = None, alternatives: bool = False, **given: Any
) -> list[Reading]:
    """Read every schedule of a text as ``reading`` does, or the one that is asked for.

    With ``alternatives`` also those between which a condition decides that nobody does.
    """
    try:
        return [reading(text, **given, which=which)]
    except AlternativesError as error:
        if not (alternatives and error.readings):
            raise
        return error.readings
    except SeveralError as several:
        if which is not None:
            raise
        choices = several.choices
    found = [reading(text, **given, which=choice) for choice in choices]
    used = frozenset(name for each in found for name in each.used)
    return [replace(each, used=used) for each in found]


def _needed(found: Reading, names: Mapping[str, Any], of: Callable[..., Reading]) -> Iterator[str]:
    """Visit the names that a text needs, of those that something of it uses.

    Those are among them that it asks for where nothing is given: which it is that decides between
    schedules is not known before.
    """
    if not names:
        return
    asked: set[str] = set()
    try:
        of({}, sure=True)
    except ReadError as error:
        asked = {leaf.source for leaf in getattr(error, "leaves", ())}
    for name in names:
        if canonical(name) in asked:
            yield name
            continue
        if canonical(name) not in found.used:
            continue
        others = {key: value for key, value in names.items() if key != name}
        try:
            without = of(others, sure=True)
        except ReadError:
            yield name
            continue
        other = without.call.code != found.call.code or without.run != found.run
        if other or canonical(name) in without.said or canonical(name) in of(others).taken:
            yield name


def _sources(error: ReadError) -> set[str]:
    """Return what an error asks for, by its source."""
    return {leaf.source for leaf in getattr(error, "leaves", ())}


def _ways(
    body: list[ast.stmt],
    names: Mapping[str, Any],
    made: Callable[..., Interpreter],
    cut: tuple[str, ...],
    *,
    sure: bool,
) -> Iterator[Way]:
    """Read a text, once for each way in which conditions may go that nobody decides.

    Where it is ``cut`` out of a longer one, what it lacks is said with each.
    Where it is ``sure``, it does not matter which defaults are taken.
    """
    waiting: list[tuple[dict[str, bool], list[Unknown], dict[str, Any]]] = [({}, [], {})]
    left = MOST_STEPS
    ran: set[int] = set()
    asked_for: set[str] = set()  # what defaults of none decide is asked for in one way of several
    for _ in range(MOST_WAYS):
        if not waiting:
            return
        decisions, conditions, supposed = waiting.pop()
        way = Way(decisions, conditions=conditions)

        by_turns, kept = False, 0

        def follower(needed: set[str] | None = None) -> Interpreter:
            given = Given({**supposed, **names})  # noqa: B023 - it is called in this turn
            found = made(given, decisions=decisions)  # noqa: B023
            found.needed, found.by_turns, found.ran = needed, by_turns, ran  # noqa: B023
            return found

        def again(needed: set[str]) -> Reading:
            return _followed(follower(needed), body)

        first = follower()
        first.steps = most = min(left, first.steps)
        try:
            try:
                found = _followed(first, body)
            except ReadError as error:
                if not _may_go_by_turns(first, body, error):
                    raise
                share = first.steps // (1 + len(waiting))  # turns may be many
                by_turns, kept = True, first.steps - share
                first = follower()
                first.steps = share
                found = _by_turns(first, body, error)
            taken = {} if sure else assumed(first.defaults, found, again)
            said = cut + found.assumptions + tuple(taken.values())
            way.reading = replace(found, assumptions=said, taken=frozenset(taken))
        except Fork as fork:
            condition = fork.condition
            if condition.source not in decisions:
                for value in (False, True):
                    more = {**supposed, **(_supposed(condition.source) if value else {})}
                    ahead = {**decisions, condition.source: value}
                    waiting.append((ahead, [*conditions, condition], more))
                continue
            way.error = ReadError(f"{condition.source} is not decided")
        except ReadError as error:
            none = not sure and (_asks(error) or "None" in str(error))  # a default, perhaps
            none = none and asked_for.isdisjoint(_sources(error))
            way.error = (lacking(first.defaults, again) if none else None) or error
            asked_for |= _sources(way.error) if none else set()
        except Unfollowable as end:
            text = f"{shown(end.node)} decides where the text goes on, and nobody knows it"
            way.error = ReadError(text, hint="paste only what builds the schedule")
        finally:
            left -= most - kept - first.steps
        yield way


def _may_go_by_turns(follower: Interpreter, body: list[ast.stmt], error: ReadError) -> bool:
    """Whether a text that is not followed may be, its loop being followed turn by turn."""
    if not follower.has_turns or _asks(error):
        return False
    return any(mentions(part).rates for part in _parts(follower, body))


def _by_turns(follower: Interpreter, body: list[ast.stmt], error: ReadError) -> Reading:
    """Read a text turn by turn; where that comes to nothing, say what was said before."""
    try:
        return _followed(follower, body)
    except SeveralError as several:
        raise (several if several.apart else error) from None
    except ReadError as other:
        raise (other if _asks(other) else error) from None
    except Unfollowable:
        raise error from None


def _asks(error: ReadError) -> bool:
    """Whether an error asks for something."""
    return bool(getattr(error, "leaves", ())) or isinstance(error, MissingRateError)


def _parts(follower: Interpreter, body: list[ast.stmt]) -> list[ast.stmt]:
    """Return the statements of a text, and of what it imports."""
    inner = [follower.files.body(path) for path in follower.modules] if follower.files else []
    return [*body, *(part for each in inner for part in each)]


def _supposed(source: str) -> dict[str, Any]:
    """Return the value that a condition says, where it holds."""
    match ast.parse(source, mode="eval").body:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[ast.Constant(value=value)]):
            return {ast.unparse(left): value}
    return {}


def _chosen(ways: list[Way]) -> Reading:
    """Return the one schedule that all ways come to, or say what decides between them."""
    if len(ways) == 1:
        if ways[0].reading is None:
            assert ways[0].error is not None
            raise ways[0].error
        return ways[0].reading
    readable = [way for way in ways if way.reading is not None]
    nothing = [way for way in ways if isinstance(way.error, NoScheduleError)]
    if len(nothing) == len(ways):  # whatever decides
        raise nothing[0].error  # type: ignore[misc]
    if len(readable) + len(nothing) == len(ways) and readable:
        calls = {_said(way.reading): way.reading for way in readable if way.reading}
        if len(calls) == 1 and not nothing:
            return next(iter(calls.values()))
    conditions = {leaf.source: leaf for way in ways for c in way.conditions for leaf in c.leaves()}
    missing = [e for w in ways for e in getattr(w.error, "leaves", [])]
    leaves = apart([*conditions.values(), *missing])
    told = "; ".join(dict.fromkeys(_told(way) for way in ways if way not in nothing))
    text = f"the text has several schedules: {told}"
    rate = any(
        getattr(way.error, "rate", isinstance(way.error, MissingRateError) and not missing)
        for way in ways
    )
    error = AlternativesError(text, hint=hint_of(leaves, " --lr 0.1" if rate else ""))
    error.leaves, error.rate = leaves, rate
    if len(readable) + len(nothing) == len(ways):
        found = [(way.reading, f"where {_holds(way)}") for way in readable if way.reading]
        error.readings = [replace(r, assumptions=(*r.assumptions, said)) for r, said in found]
    raise error


def _said(found: Reading) -> tuple[str, str]:
    return found.call.code, str(sorted(found.run.items()))


def _told(way: Way) -> str:
    what = way.reading.call.name if way.reading else "one that is not known"
    if isinstance(way.error, LackingError):
        what = way.error.what.partition(" uses ")[0].rpartition(".")[2]
    elif isinstance(way.error, MissingRateError):
        what = way.error.what.partition(" takes ")[0].partition(":")[0]
    return f"{what} if {_holds(way)}"


def _holds(way: Way) -> str:
    """Return what has to hold for a way to be gone.

    That something is not so goes without saying beside what the same thing is.
    """
    said = {name for source, holds in way.decisions.items() if holds for name in _about(source)}
    return " and ".join(
        source if holds else f"not ({source})"
        for source, holds in way.decisions.items()
        if holds or not said & _about(source)
    )


def _about(condition: str) -> set[str]:
    """Return the names that a condition asks of, whole."""
    nodes = [*ast.walk(ast.parse(condition, mode="eval"))]
    inner = {id(n.value) for n in nodes if isinstance(n, ast.Attribute)}
    whole = (n for n in nodes if isinstance(n, ast.Attribute | ast.Name) and id(n) not in inner)
    return {ast.unparse(each) for each in whole}


class AlternativesError(ReadError):
    """A condition decides between schedules, and nobody decides it."""

    #: What has to be given, and whether a rate has to be.
    leaves: list[Unknown]
    rate: bool
    #: The schedules, where all of them can be read.
    readings: list[Reading] = []  # noqa: RUF012 - it is set anew


class LateError(ReadError):
    """A text changes what a function of its schedule uses, after it was first asked."""

    def __init__(self, name: str, leaves: Sequence[Unknown] = ()) -> None:
        names = ", ".join(leaf.source for leaf in leaves) or name
        text = f"a function of the schedule uses {names}, which the text changes afterwards"
        hint = hint_of(leaves) or f"--set {name}=..."
        super().__init__(text, hint=f"give the value that it runs with: {hint}")
        self.leaves, self.rate = leaves, False


class NoScheduleError(ReadError):
    """A text builds no schedule."""

    def __init__(self, what: str, **told: Any) -> None:
        super().__init__(what, **told)
        #: What has to be given for it to build one.
        self.leaves: list[Unknown] = []


class SeveralError(ReadError):
    """A text has several schedules, each by itself.

    Args:
        found: them.
        asked: which one was asked for that is not among them.

    """

    def __init__(self, found: Sequence[Schedule], asked: str | None) -> None:
        self.choices = _titles(found)
        #: Whether each has an optimizer that stands elsewhere in the text.
        self.apart = len({id(getattr(e.optimizer, "node", None)) for e in found}) == len(found)
        told = [
            f"{title} ({_described(each)})" for title, each in zip(self.choices, found, strict=True)
        ]
        what = "schedules"
        if len({id(each.optimizer) for each in found if each.optimizer is not None}) == len(found):
            what = "optimizers, each with a schedule of its own"
        text = f"the text has several {what}: {', '.join(told)}"
        if asked is not None:
            text = f"--which {asked} is none of the text's schedules: {', '.join(told)}"
        super().__init__(text, hint=f"choose one: --which {self.choices[0]}")


def _titles(found: Sequence[Schedule]) -> list[str]:
    """Return what schedules are chosen by, each by another: those of one line are counted."""
    titles = [_title(each, found) for each in found]
    return [
        title if titles.count(title) == 1 else f"{title}:{titles[:place].count(title) + 1}"
        for place, title in enumerate(titles)
    ]


def _title(schedule: Schedule, among: Sequence[Schedule]) -> str:
    """Return what a schedule is chosen by: its name in the text, or its class and line."""
    for name in (schedule.label, _place(schedule)):
        if (
            name
            and [each.label for each in among].count(name) + [*map(_place, among)].count(name) == 1
        ):
            return name
    return _whole(schedule)


def _place(schedule: Schedule) -> str:
    """Return a schedule's class, and the line that builds it."""
    return f"{_short(schedule)}:{getattr(schedule.node, 'lineno', 0)}"


def _whole(schedule: Schedule) -> str:
    """Return a schedule's class, its line, and the optimizer that it acts on."""
    whose = getattr(schedule.optimizer, "label", "") or getattr(schedule.optimizer, "source", "")
    return f"{_place(schedule)}:{whose}"


def _short(schedule: Schedule) -> str:
    """Return a schedule's class."""
    return schedule.call.card.name.rpartition(".")[2] if schedule.call else "a schedule"


def _described(schedule: Schedule) -> str:
    name = _short(schedule)
    whose = _whole(schedule).removeprefix(f"{_place(schedule)}:")
    return f"{name} on {whose}" if whose else name


def _followed(follower: Interpreter, body: list[ast.stmt]) -> Reading:
    """Follow a text; return the schedule that it comes to, which holds all the others."""
    try:
        try:
            follower.text(body)
        finally:
            follower.ran |= follower.run_
        if not (follower.last or follower.found.built or follower.found.lacking):
            _alone(follower, body)
        if not any(event.kind == "update" for event in follower.loops.events):
            unrun(follower)
        trains = any(event.kind == "update" for event in follower.loops.events)
        if not (trains or follower.last or follower.found.built or follower.found.lacking):
            functions_of(follower)
    except (ReadError, Unfollowable):
        if not follower.lacking:
            raise
    if follower.lacking:
        nothing = not (follower.last or follower.found.built or follower.found.lacking)
        if nothing and all(getattr(each, "name", "") == "the loop" for each in follower.lacking):
            raise _nothing(follower, body)
        more = ""
        for one in (follower.found.lacking or follower.found.built)[-1:]:
            facts = _of_loops(follower, one)
            more = " --step-every update" if facts.why and "step_every" not in follower.told else ""
        raise all_of(follower.lacking, more)
    if follower.twice is not None and not follower.beside_used:
        raise follower.twice
    schedule = _one(follower, body)
    call = schedule.call
    if call is None:
        raise _nothing(follower, body)
    whole = _parts(follower, body)
    beside.check(follower, schedule)
    check_order(call, [each.call for each in follower.found.built if each.call is not None])
    _check_late(follower, schedule)
    by_hand.check(follower, schedule, whole)
    facts = _of_loops(follower, schedule)
    if follower.lacking:
        raise all_of(follower.lacking)
    prepared = follower.is_prepared([schedule])
    if prepared and follower.splits and "processes" in follower.told:
        facts.known["split_batches"] = True
    counted = call.card.clock == "step" and "step_every" not in follower.told
    happens = any(event.kind in ("step", "update") for event in follower.loops.events)
    if counted and not happens and not facts.said and len(body) > SNIPPET:
        where = _uncalled(follower, schedule, whole) or "the text has no loop"
        facts.said.append(f"{where}: step() is taken to be called after each update")
    return Reading(
        call,
        (*_assumptions(follower), *facts.said),
        frozenset(follower.given.used | follower.given.overruled.keys()),
        frozenset().union(*(once(part, "_names", partial(names_in, part)) for part in whole)),
        prepared,
        frozenset(
            name for name in follower.outermost.names if name not in follower.outermost.freed
        ),
        run=facts.known,
        wanted=tuple(facts.wanted),
        title=follower.which or _title(schedule, follower.found.built),
        line=getattr(schedule.node, "lineno", 0),
        counted=frozenset(follower.counted),
    )


def _uncalled(follower: Interpreter, schedule: Schedule, whole: list[ast.stmt]) -> str:
    """Return which function steps a schedule that others are to call; nothing where none does."""
    for node in (each for part in whole for each in walk(part)):
        if isinstance(node, ast.FunctionDef) and id(node) not in follower.run_:
            for call in walk(node):
                function = dotted(call.func) if isinstance(call, ast.Call) else None
                if function and schedule.label and function == f"{schedule.label}.step":
                    return f"nothing of the text calls {node.name} (line {node.lineno})"
    return ""


def _of_loops(follower: Interpreter, schedule: Schedule) -> Facts:
    """Return what the loops say of a schedule's run.

    Raises:
        ReadError: a run does not say what the loop does.

    """
    facts = follower.loops.facts(schedule)
    if schedule.updates is not None and not follower.loops.events:
        facts.known["updates"] = schedule.updates
    by_hand = schedule.call is None or schedule.call.card.clock == "step"
    if not by_hand or "step_every" in follower.told:
        return facts
    if facts.why and schedule.call is None and facts.undecided:
        asked = [leaf for each in facts.undecided if each.askable for leaf in each.leaves()]
        follower.lacking += [LackingError("the loop", asked)] if asked else []
        facts.why = "" if asked else facts.why  # which it may not be, once that is known
    if facts.why and schedule.call is not None:
        for condition in facts.undecided:
            if condition.askable:
                raise Fork(condition)
        raise ReadError(f"{schedule.call.card.name}: {facts.why}", hint=facts.hint)
    each = {"updates_per_epoch", "batches_per_epoch"}
    told = {*follower.told, *(each if each & {*follower.told} else ())}
    for name, needed in list(facts.missing.items()):
        if needed.source in follower.given:  # which the text does not have: a call trains an epoch
            facts.known[name] = follower.given.take(needed.source)
            del facts.missing[name]
    leaves = [u for name, n in facts.missing.items() if name not in told for u in n.leaves()]
    if leaves:
        follower.lacking.append(LackingError("the loop", leaves))
    return facts


def _alone(follower: Interpreter, body: list[ast.stmt]) -> None:
    """Read a text of one expression as the list of rates that it may be, or say what it is.

    A text of several statements may come to a list of rates, too, if its name says that it is one.
    """
    said = [each for each in body if not _prints(each)]
    match said[-1:]:
        case [ast.Expr(value=node)]:
            own = ""
        case [ast.Assign(targets=[ast.Name() | ast.Attribute() as target], value=node)]:
            own = ast.unparse(target)
        case [ast.AnnAssign(target=ast.Name(id=own), value=ast.Lambda() as node)]:
            pass
        case _:
            return
    alone = len(body) == 1
    if not alone and not RATES.search(own):
        return
    value = follower.value(node, follower.outermost)
    listed = isinstance(value, list) and isinstance(node, ast.List | ast.ListComp | ast.BinOp)
    if listed and (value or alone):
        follower.last = follower.plain_list(node, value)
    if isinstance(value, Array) and not value.single and isinstance(node, ast.ListComp):
        rates_of(follower, own or shown(node), node, value)
    made = follower.value(node.func, follower.outermost) if isinstance(node, ast.Call) else None
    if isinstance(made, Function) and own:  # which makes them
        came_to(follower, made, value)
    if listed:
        return
    if isinstance(value, Function) and isinstance(node, ast.Lambda):
        constructor = registry.own_in(follower.dialect, in_arrays.used(follower, body[-1]))
        if constructor is not None:
            follower.own_function(constructor, value, ast.Call(node, [], []))
            return
    if not alone:
        return
    if isinstance(value, Schedule):
        follower.found.built += [] if value in follower.found.built else [value]
        return
    if isinstance(value, Unknown) and isinstance(node, ast.BinOp) and _has_list(node):
        follower.lack("the list", list(value.leaves()))
    if isinstance(value, Instance):
        follower.outermost.names[value.source] = value
        return
    if isinstance(value, Taker):
        follower.last = value.schedule
        return
    if not isinstance(node, ast.Call):
        required = "a constructor call such as CosineAnnealingLR(T_max=100)"
        raise ReadError(f"{shown(node)} is not a call", required=required)
    if dotted(node.func) is None:
        raise not_a_name(node.func)
    function = follower.value(node.func, follower.outermost)
    name = getattr(function, "name", None)
    if name is not None:
        name = Name(name, name, known=False) if isinstance(name, str) else name
        raise no_constructor(name, follower.dialect)


def _prints(node: ast.stmt) -> bool:
    """Whether a statement only shows something."""
    call = node.value if isinstance(node, ast.Expr) else None
    called = (dotted(call.func) or "") if isinstance(call, ast.Call) else ""
    return called == "print" or called.startswith(("plt.", "ax."))


def _has_list(node: ast.expr) -> bool:
    return any(isinstance(each, ast.List) for each in ast.walk(node))


def _last(follower: Interpreter, body: list[ast.stmt]) -> Schedule:
    built = [each for each in follower.found.built if each.call is not None]
    if follower.last is not None and not built:
        return follower.last
    if not built:
        raise follower.unwritten or _nothing(follower, body)
    return built[-1] if follower.last is None or follower.last not in built else follower.last


def _nothing(follower: Interpreter, body: list[ast.stmt]) -> NoScheduleError:
    """Return what there is to say of a text without schedules."""
    if follower.own_scheduler:
        own = follower.own_scheduler
        found = no_constructor(Name(own, f"{HERE}.{own}", known=True), None)
        return NoScheduleError(found.what, hint=found.hint)
    values = follower.outermost.names.values()
    names = [v.name for v in values if isinstance(v, Unknown) and v.name and v.name.known]
    elsewhere = any(map(is_elsewhere, names))
    unread = unread_of(names)
    hint = "what it imports is not opened: give the files, too" if elsewhere else None
    told = [n for n in names if is_elsewhere(n) and SCHEDULER_LIKE.search(n.written)]
    told += _rated_elsewhere(follower, body)
    told = [name for name in told if unread_of([name]) is None]
    strange = _strange(_parts(follower, body))
    stars = [star for star in follower.outermost.stars if not at_home(f"{star}.")]
    if strange is not None and stars and isinstance(strange.func, ast.Name):
        text = f"{strange.func.id} (line {strange.lineno}) may be of a file that is not opened"
        hint = f"{text}: give {' or '.join(dict.fromkeys(map(path_of, stars)))}, too"
    elif follower.not_by_default:
        given = hint_of(follower.defaulting) or "--set what it is made of"
        hint = f"{follower.not_by_default}: {given}, where it trains so"
    elif told:
        homes = dict.fromkeys(name.origin.lstrip(".").rpartition(".")[0] for name in told[:3])
        called = " and ".join(dict.fromkeys(name.written for name in told[:3]))
        files = " and ".join(path_of(home) for home in homes if home)
        hint = f"the file that has {called} is not opened: give {files or 'it'}, too"
    elif unread is not None:
        hint = f"Isorate knows of {unread}, and does not read it yet"
    elif strange is not None:
        text = f"{dotted(strange.func)} (line {strange.lineno})"
        last = str(dotted(strange.func)).rpartition(".")[2]
        hint = f"{text} is in no dialect and not in the text: give the file that has it, too"
        if registry.called(last):
            hint = f"{text} stands where it is not followed: paste only what builds the schedule"
    elif follower.unread_rate:
        hint = follower.unread_rate
    found = NoScheduleError("the text builds no scheduler", required="one schedule call", hint=hint)
    found.leaves += follower.defaulting
    return found


def _rated_elsewhere(follower: Interpreter, body: list[ast.stmt]) -> list[Name]:
    """Return the functions of files that are not given which may make a text's rates.

    They are called as such functions are, or are given an optimizer.
    """
    nodes = [node for part in _parts(follower, body) for node in walk(part)]
    made = {
        each.targets[0].id: each.value.func for each in nodes
        if isinstance(each, ast.Assign) and isinstance(each.value, ast.Call)
        and isinstance(each.targets[0], ast.Name)
    }  # fmt: skip
    found = list[Name]()
    for call in (each for each in nodes if isinstance(each, ast.Call)):
        path = dotted(call.func) or ""
        of = made.get(path.partition(".")[0]) if "." in path else None  # a class whose method it is
        value = follower._quiet(of or call.func, follower.outermost)
        name = value.name if isinstance(value, Unknown) else None
        given = any("optim" in (dotted(each) or "") for each in call.args)
        rates = given or RATED.search(path.rpartition(".")[2])
        if name is not None and name.known and is_elsewhere(name) and rates:
            found.append(name)
    return found


def _strange(parts: Sequence[ast.AST]) -> ast.Call | None:
    """Return the first call of what is named as a scheduler is, and is not defined in a text."""
    nodes = [node for part in parts for node in walk(part)]
    own = {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    calls = (node for node in nodes if isinstance(node, ast.Call))
    named = ((call, (dotted(call.func) or "").rpartition(".")[2]) for call in calls)
    return next((call for call, name in named if SCHEDULER_LIKE.search(name) and name not in own),
                None)  # fmt: skip


def _one(follower: Interpreter, body: list[ast.stmt]) -> Schedule:
    """Return the one schedule of a text, or the one that is asked for.

    Raises:
        ReadError: there are several, or others act on its optimizer as well.

    """
    last = _last(follower, body)
    for error in follower.unasked.values():
        raise error
    built = [each for each in follower.found.built if each.call is not None]
    held = {id(part) for each in built for part in each.members}
    held |= {id(call) for each in built for call in [*_in_order(each.call)][:-1]}  # type: ignore[arg-type]
    if last.call is not None:
        held |= {id(call) for call in _in_order(last.call)} - {id(last.call)}
    several = [each for each in built if not {id(each), id(each.call)} & held]
    several += [] if last in several else [last]
    which = follower.which
    if which is None and len(several) == 1:
        return beside.whole(follower, several) or last
    if len(several) > MOST_SCHEDULES:
        required = f"at most {MOST_SCHEDULES}"
        text = "the text builds more schedules than can be told apart"
        raise ReadError(text, required=required, got=len(several))
    titles = zip(several, _titles(several), strict=True)
    chosen = [each for each, title in titles if which == title]
    if not chosen and which is not None:
        chosen = [each for each in several if which in (each.label, _place(each), _whole(each))]
    if not chosen and which is not None:
        chosen = [each for each in several if _short(each) == which]
    for one in several:
        same = [e for e in several if _acted_on(e) is _acted_on(one) is not None]
        if len(same) > 1 and (one in chosen or len(same) == len(several)):
            chain = beside.whole(follower, same) or _side_by_side(follower, same)
            if chain is not None:
                return chain
            names = ", ".join(each.call.name for each in same[:-1][:5] if each.call)
            final = same[-1].call
            assert final is not None
            text = f"{names} acts on the optimizer as well, and {final.name} does not hold it"
            raise ReadError(text, hint="paste only the schedulers that the loop steps")
    if len(chosen) != 1:
        raise SeveralError(several, which)
    return chosen[0]


def _side_by_side(follower: Interpreter, several: Sequence[Schedule]) -> Schedule | None:
    """Return the chain that schedulers of one optimizer are which the loop steps one by one.

    None where it steps them otherwise.
    """
    steps = [[e for e in follower.loops.events if e.of is each] for each in several]
    calls = [each.call for each in several if each.call is not None]
    if any(len(events) != 1 or not events[0].loops for events in steps):
        return None
    if any(
        isinstance(c.returned, Feedback) or c.card.dialect != calls[0].card.dialect for c in calls
    ):
        return None
    first, *others = (events[0] for events in steps)
    updates = [e.place for e in follower.loops.events if e.kind != "step"]
    last = others[-1].place
    if any(
        other.loops != first.loops or not alike(other.guards, first.guards) for other in others
    ) or any(first.place < place < last for place in updates):
        return None
    if [e[0].place for e in steps] != sorted(e[0].place for e in steps):
        return None
    constructor = registry.first("side_by_side", calls[0].card.runs_in)
    call = constructor.of({"schedulers": calls})
    chain = Schedule(call, several[-1].node, several[-1].optimizer, list(several))
    chain.loops, chain.guards = several[-1].loops, several[-1].guards
    follower.found.built.append(chain)
    follower.loops.events.append(replace(others[-1], of=chain))
    names = " and ".join(call.name.rpartition(".")[2] for call in calls)
    follower.assumed[f"{names} act on one optimizer, one after the other"] = None
    return chain


def _check_late(follower: Interpreter, schedule: Schedule) -> None:
    """Refuse functions whose names the text changes after they are first asked."""
    follower.asked = []
    for part in each_once([schedule], lambda part: part.members):
        follower.tensors = part.call is not None and part.call.tensors
        for function, before, names in part.functions:
            later = names_of(function)
            changed = [name for name, value in names.items() if later[name] is not value]
            name = changed[0] if changed else "a name"
            try:
                now = expression(follower, function, follower.longest).source
            except ReadError as error:
                raise LateError(name, getattr(error, "leaves", ())) from None
            if now != before:
                raise LateError(name)


def _assumptions(follower: Interpreter) -> Iterator[str]:
    """Visit what was taken for granted, a sentence each."""
    yield from follower.found.choices.values()
    for name, value in follower.given.overruled.items():
        if name not in follower.given:  # which the text goes on from
            continue
        given = follower.given[name]
        yield f"{name} = {given!r} as given, not {str(value)[:40]} as the text has it"
    calls = [each.call for each in follower.found.built if each.call is not None]
    yield from dict.fromkeys(filter(None, (call.supposed() for call in calls)))
    yield from follower.assumed
    if follower.handed:
        yield f"taken to write no rate: {', '.join(follower.handed)}"
    if follower.loaded:
        yield "the run starts anew, where the text may go on from a saved state"


def read_document(text: str) -> Call | None:
    """Return the call that JSON says, as a framework writes its schedules down; else none."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        return registry.document(json.loads(text))
    except ValueError:
        return None


def read_schedule(
    text: str, rates: Sequence[float] = (), *, names: Mapping[str, Any] | None = None
) -> Data:
    """Read a schedule: JSON, or a call, whose schedule is put on the clock of what steps it.

    Args:
        text: one JSON document, or text as ``read`` takes it.
        rates: the first rate of each parameter group, for a call that leaves them to an optimizer.
        names: values of the names that the text uses.

    Raises:
        ReadError: text that cannot be read.
        ScheduleError: JSON that is no schedule.
        ConvertError: a call that has no schedule.

    Example:
        >>> read_schedule("LinearLR(start_factor=0.5, total_iters=4)", [0.5])
        Linear(start=0.25, end=0.5, duration=4, after='hold')

    """
    if text.lstrip().startswith("{") and read_document(text) is None:
        return Data.from_json(text)
    try:
        call = reading(text, names=names).call
    except MissingRateError:
        if not rates:
            raise
        call = reading(text, lr=list(rates), names=names).call
    return on_steps(call.lower())


def _acted_on(schedule: Schedule) -> object:
    """Return the optimizer that a schedule acts on, as the text has it."""
    return schedule.optimizer or _optimizer_of(schedule.call)


def _optimizer_of(call: Call | None) -> object:
    if call is None:
        return None
    return call.owner or getattr(call, "optimizer", None)  # of a callback it is no argument


def check_order(call: Call, built: Sequence[Call]) -> None:
    """Raise where schedulers are built in another order than they are listed, and that matters.

    Every scheduler changes the optimizer as it is built. What holds them in sequence puts the rate
    back, so that only those that leave more than a rate behind make a difference.

    Raises:
        ReadError: the rates would depend on an order that a call cannot say.

    """
    places = {id(part): place for place, part in enumerate(built)}
    listed = [part for part in _in_order(call) if id(part) in places]
    order = [places[id(part)] for part in listed]
    if order == sorted(order):
        return
    named = [part.name for part in listed if part.leaves_behind]
    if named:
        text = "the schedulers are built in another order than they are listed"
        hint = f"write them in the order of the list: it matters for {named[0]}"
        raise ReadError(text, hint=hint)


def _in_order(call: Call) -> Iterator[Call]:
    """Visit a call and what it holds in the order in which Python would build them."""
    for member in call.members:
        if isinstance(member, Call):
            yield from _in_order(member)
    yield call
