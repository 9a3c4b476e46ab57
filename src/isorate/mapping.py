"""What the calls of one dialect are in another's words, from equating what both mean.

Two constructors are counterparts where their meanings are alike: which argument of one is which of
the other follows from that. What they are shown by is one usual schedule, which both are solved
for: the same inputs on both sides. A constructor that has no counterpart of this kind, or whose
meaning is written by hand, is mapped by the best way in which its usual call converts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from isorate.comparison import Comparison, compare_recipes
from isorate.conversion import Conversion, convert
from isorate.kit import registry
from isorate.kit.call import Call, Lift
from isorate.kit.counted import Count
from isorate.kit.equating import equate, rearranged
from isorate.kit.optimizer import Optimizer
from isorate.kit.plateau import Feedback, Plateau
from isorate.kit.solving import meanings
from isorate.kit.unknown import Unknown, Unsolved, names
from isorate.kit.writing import same, source
from isorate.recipe import Recipe, together
from isorate.schedule.combinators import Join, Repeat, Staircase
from isorate.schedule.errors import IsorateError, ReadError
from isorate.schedule.nearest import did_you_mean
from isorate.schedule.run import Run
from isorate.schedule.shapes.decays import Exponential, Inverse, NaturalExponential
from isorate.schedule.shapes.lists import PiecewiseConstant
from isorate.schedule.shapes.waves import Constant, Cosine, Linear, Polynomial

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from isorate.kit.card import Role
    from isorate.kit.registry import Dialect
    from isorate.schedule.node import Schedule

LOW, HIGH = 0.025, 0.1
RISE, WARMUP = Linear(LOW, HIGH, 2), Linear(0.0, HIGH, 2)

#: The schedules that constructors are shown by, each by the first that it says, in so many ticks.
USUAL: tuple[tuple[Schedule, int], ...] = (
    (Cosine(HIGH, 0.01, 2, "mirror"), 3),
    (Cosine(HIGH, LOW, 2), 3),
    (Join((RISE, Constant(HIGH), Cosine(HIGH, LOW, 3)), (2, 4)), 8),
    (Join((RISE, Cosine(HIGH, LOW, 4)), (2,)), 7),
    (Join((WARMUP, Cosine(HIGH, LOW, 4)), (2,)), 7),
    (Join((WARMUP, Cosine(HIGH, LOW, 4, "mirror")), (2,)), 7),
    (Join((WARMUP, Cosine(HIGH, 0.0, 4, "mirror")), (2,)), 7),
    (Join((WARMUP, Cosine(HIGH, 0.0, 4)), (2,)), 7),
    (Join((WARMUP, Linear(HIGH, 0.0, 4)), (2,)), 7),
    (Join((WARMUP, Polynomial(HIGH, LOW, 4, 2.0)), (2,)), 7),
    (Join((WARMUP, Exponential(HIGH, 0.5, 2)), (2,)), 6),
    (Polynomial(HIGH, 0.0, 3, 2.0), 4),
    (Polynomial(HIGH, LOW, 3, 2.0), 4),
    (RISE, 4),
    (WARMUP, 4),
    (Linear(HIGH, LOW, 3), 4),
    (Exponential(HIGH, 0.5), 4),
    (Exponential(HIGH, 0.5, 2), 4),
    (Staircase(Exponential(HIGH, 0.5), 2), 5),
    (NaturalExponential(HIGH, 0.5), 4),
    (Inverse(HIGH, 0.5, 2), 4),
    (Inverse(HIGH, 0.5), 4),
    (PiecewiseConstant((HIGH, 0.05, 0.025), (2, 3)), 5),
    (PiecewiseConstant((0.05, HIGH), (3,)), 5),
    (Repeat(Cosine(HIGH, LOW, 2), 2, 2), 7),
    (Linear(LOW, HIGH, 2, "mirror"), 6),
    (Join((Cosine(0.004, HIGH, 3), Cosine(HIGH, 1e-5, 5)), (3,)), 9),
    (Constant(HIGH), 4),
)
FOLLOWED = Run(8, metrics=[1.0, 0.9, 0.9, 0.9, 0.9, 0.8, 0.8, 0.8])
STUCK = Plateau((HIGH,), "min", 0.5, 1, 1e-4, "rel", 0, (0,), 1e-8)

#: What the fields of a schedule say.
SAYS = {
    "start": "the first rate",
    "end": "the rate at the end",
    "rate": "the rate",
    "rates": "the rates",
    "duration": "how long it takes",
    "factor": "what the rate is multiplied by",
    "decay": "how strongly it decays",
    "power": "the power",
    "every": "updates at one rate",
    "updates": "how many updates have a rate",
    "boundaries": "where the next part begins",
    "period": "how long a cycle is",
    "growth": "how much longer the next cycle is",
    "shrink": "how much lower the next cycle is",
    "floor": "what cycles shrink to",
    "least": "the lowest rate",
    "most": "the highest rate",
    "scale": "what a formula is multiplied by",
    "by": "where in its course it begins",
}

#: What a role on a card says, where no meaning does.
ROLES: dict[Role | None, str] = {
    "start": "the first rate",
    "end": "the rate at the end",
    "duration": "from the first rate to the last, or from one change to the next",
    "factor": "what the rate is multiplied by, or how strongly it decays",
    "shape": "the course in between",
    "clock": "when the rate moves",
    "length": "how many updates have a rate",
    "begin": "where a resumed run stands",
    None: "does not change the rates here",
}
NONE = "none"
LACKING = {"every": "none: it moves at every update", "updates": "none: it never ends"}

#: How losses begin that a card or a comparison says as well.
SAID_ELSEWHERE = ("computed in ", "deprecated by ", "the way out", "ends after ", "goes on after ")


@dataclass(frozen=True, slots=True)
class Row:
    """What says one thing on either side."""

    a: str
    b: str
    says: str


@dataclass(frozen=True, slots=True)
class Counterpart:
    """A constructor of the other dialect that says what one of this says.

    Args:
        example: both calls beside each other, each stepped as its loop has to.
        beyond: the same on past every end and period.
        rows: which argument is which.
        equated: whether the rows come from what both mean; else from what their cards say.
        how: arguments of the other side in terms of this one's, where one is not just another.
        losses: what is to be minded, where it is a conversion.

    """

    example: Comparison
    beyond: Comparison
    rows: tuple[Row, ...]
    equated: bool
    how: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()

    @property
    def calls(self) -> tuple[Call, Call]:
        """Both calls."""
        a, b = (recipe.call for recipe in self.example.recipes or ())
        assert isinstance(a, Call)
        assert isinstance(b, Call)
        return a, b


@dataclass(frozen=True, slots=True)
class Mapping:
    """What a constructor is in another dialect.

    Args:
        constructor: the class.
        to: the other dialect.
        counterparts: those whose meaning is alike; else the best way to say its usual call.
        conversion: how its usual call converts, and why not by other constructors; none where that
            cannot be said.
        why: why not.

    """

    constructor: type[Call]
    to: str
    counterparts: tuple[Counterpart, ...]
    conversion: Conversion | None
    why: str | None = None


def mapping(constructor: type[Call] | Call, to: str) -> Mapping:
    """Say what a constructor, or one call of it, is in another dialect.

    Raises:
        ReadError: there is no such dialect.
        NativeError: the framework refuses the call.

    """
    target = registry.get(to)
    if isinstance(constructor, Recipe):
        constructor = constructor.call
    if isinstance(constructor, Call):
        measured = isinstance(constructor.returned, Feedback)
        conversion = convert(constructor, to=to, run=FOLLOWED if measured else None)
        return Mapping(type(constructor), to, tuple(_converted(conversion)), conversion)
    call, run = usual_call(constructor)
    if call is None:
        typed = f"isorate mapping {constructor.card.dialect} {to} '{constructor.__name__}(...)'"
        return Mapping(constructor, to, (), None, f"It has no usual call; give one: `{typed}`")
    try:
        conversion = convert(call, to=to, run=run)
    except IsorateError as error:
        return Mapping(constructor, to, (), None, str(error))
    found = sorted(_alike(constructor, target), key=itemgetter(0))
    shown = [counterpart for _, counterpart in found]
    if not found or found[0][0] > 0:  # none of them says its usual call
        known = {type(counterpart.calls[1]) for counterpart in shown}
        shown[:0] = [c for c in _converted(conversion) if type(c.calls[1]) not in known]
    return Mapping(constructor, to, tuple(shown), conversion)


def named(a: str, b: str, name: str) -> tuple[type[Call], str]:
    """Return a constructor of one of two dialects by its name, and the other dialect.

    Raises:
        ReadError: neither has it.

    """
    known = {
        spelled: (constructor, to)
        for dialect, to in ((b, a), (a, b))
        for constructor in registry.get(dialect).constructors
        for spelled in (constructor.card.name, constructor.card.name.rpartition(".")[2])
    }
    found = known.get(name)
    if found is None:
        last = sorted(spelled for spelled in known if "." not in spelled)
        part = name.replace("-", "").lower()
        inside = [spelled for spelled in last if part and part in spelled.lower()]
        near = f"did you mean {' or '.join(inside)}?" if inside else did_you_mean(name, last)
        listed = f"isorate dialects {a} {b} lists them"
        raise ReadError(f"{a} and {b} have no constructor {name!r}", hint=near or listed)
    return found


# --- usual calls ---------------------------------------------------------------------------------


@cache
def _usual(constructor: type[Call]) -> tuple[tuple[Schedule, int, Lift], ...]:
    """Return the usual schedules that a constructor says, to their ends."""
    found = []
    for schedule, ticks in USUAL:
        said = constructor.lift(schedule.normal(), ticks)
        if isinstance(said, Lift) and said.updates_per_step == 1:
            found.append((schedule, ticks, said))
    return tuple(found)


def usual_call(constructor: type[Call]) -> tuple[Call | None, Run]:
    """Return the usual call of a constructor, and a run that shows it; none where it has none."""
    if issubclass(constructor, Feedback):
        said = constructor.say(STUCK)
        call = said.call if isinstance(said, Lift) else _by_roles(constructor)
        return call, FOLLOWED
    for _, ticks, lift in _usual(constructor):
        return lift.call, Run(ticks)
    return _by_roles(constructor), Run()


def _by_roles(constructor: type[Call]) -> Call | None:
    """Return a call whose arguments are what their roles ask for; none where that is no call."""
    needed = [name for name in constructor.parameters() if name not in constructor.defaults()]
    spans = [name for name in needed if constructor.card.roles.get(name) == "duration"]
    durations = iter((2, 6, 10) if len(spans) > 1 else (6,))
    arguments: dict[str, Any] = {}
    for name in needed:
        role = constructor.card.roles.get(name)
        if name == "optimizer":
            arguments[name] = Optimizer.of(HIGH)
        elif name == constructor.count:
            arguments[name] = Count(name)
        elif role == "duration":
            arguments[name] = next(durations)
        else:
            arguments[name] = {"start": HIGH, "end": LOW, "factor": 0.5}.get(role or "")
    try:
        return constructor.of(arguments).checked()
    except (IsorateError, TypeError, StopIteration):
        return None


# --- counterparts --------------------------------------------------------------------------------


def says_meaning(constructor: type[Call]) -> bool:
    """Whether what a constructor means is an equation in its arguments, and not written by hand."""
    try:
        return bool(meanings(constructor))
    except (NotImplementedError, AttributeError, TypeError):  # it asks more than arithmetic of them
        return False


def _alike(constructor: type[Call], target: Dialect) -> Iterator[tuple[int, Counterpart]]:
    """Visit the counterparts of a constructor whose meanings are alike, each by one example.

    Each comes with the number of the usual schedule that shows it.
    """
    for other in target.constructors:
        for number, updates, lifts, equal in _pairs(constructor, other):
            example = compare_recipes(*(Recipe(lift.call, _run(lift, updates)) for lift in lifts))
            if example.equal:
                yield number, _counterpart(example, equal)
                break


def _pairs(a: type[Call], b: type[Call]) -> Iterator[tuple[int, int, list[Lift], list[Equal]]]:
    """Visit the usual schedules that both constructors say, by meanings that are alike.

    Where one of them moves once in several updates, so does the schedule.
    """
    if a is b or not (says_meaning(a) and says_meaning(b)):
        return
    paces = (2, 1) if _clock(a) or _clock(b) else (1,)
    for (number, (schedule, ticks, _)), every in product(enumerate(_usual(a)), paces):
        form = Staircase(schedule, every).normal()
        lifts = [c.lift(form, ticks * every) for c in (a, b)]
        said = [lift for lift in lifts if isinstance(lift, Lift)]
        equal = _equal(said[0].call, said[1].call) if len(said) == 2 else None
        if equal is not None:
            yield number, ticks * every, said, equal


def _clock(constructor: type[Call]) -> bool:
    """Whether an argument says how many updates have one rate."""
    roles, own = constructor.card.roles, constructor.parameters()
    return any(roles.get(name) == "clock" and name not in constructor.defaults() for name in own)


def _run(lift: Lift, updates: int) -> Run:
    every = lift.updates_per_step
    return Run(updates) if every == 1 else Run(updates, updates_per_epoch=every, step_every="epoch")


def _converted(conversion: Conversion) -> Iterator[Counterpart]:
    """Visit the best way of a conversion, those that are named as the original, or mean alike."""
    for number, way in enumerate(conversion.ways):
        equal = _equal(conversion.call, way.call)
        named = way.call.name == conversion.call.name
        at_home = way.call.dialect == conversion.to and way.comparison.equal
        if at_home and (number == 0 or named or equal is not None):
            losses = (text for text in way.losses if not text.startswith(SAID_ELSEWHERE))
            yield _counterpart(way.comparison, equal, tuple(losses))


def _counterpart(
    example: Comparison, equal: list[Equal] | None, losses: tuple[str, ...] = ()
) -> Counterpart:
    assert example.recipes is not None
    beyond = example
    if example.run.metrics is None:
        beyond = compare_recipes(*together(*(_endless(recipe) for recipe in example.recipes)))
    found = Counterpart(example, beyond, (), False, (), losses)
    a, b = found.calls
    if equal is None:
        return replace(found, rows=tuple(_by_cards(a, b)))
    rows = [Row(_cell(a, x, field), _cell(b, y, field), SAYS[field]) for field, x, y in equal]
    rows = list({(row.a, row.b): row for row in reversed(rows)}.values())[::-1]
    here = dict(_left(a, [x for _, x, _ in equal]))
    there = dict(_left(b, [y for _, _, y in equal]))
    for text, says in {**here, **there}.items():  # of one name and default, they say the same
        rows.append(Row(text if text in here else NONE, text if text in there else NONE, says))
    return replace(found, rows=tuple(rows), equated=True, how=tuple(_how(a, b, equal)))


def _endless(recipe: Recipe) -> Recipe:
    """Return a recipe whose run goes on as far as shows all of it."""
    run = replace(recipe.run, updates=None, epochs=None)
    return Recipe(recipe.call, run)


# --- which argument is which ---------------------------------------------------------------------

#: What is equal on both sides: the field of a schedule, and what says it here and there.
Equal = tuple[str, Any, Any]


def _equal(a: Call, b: Call) -> list[Equal] | None:
    """Return what is equal of two calls' meanings; none where they are not alike."""
    if not (says_meaning(type(a)) and says_meaning(type(b))):
        return None
    for here, there in product(_chosen(a), _chosen(b)):
        try:
            return list(equate(here, there))
        except Unsolved:
            continue
    return None


def _chosen(call: Call) -> Iterator[Any]:
    """Visit a call's meanings in unknowns: those for the choices that it has made."""
    arguments, choices = call.arguments(), type(call).choices
    for known, meaning in meanings(type(call)):
        listed = [name for name in choices if name in arguments and name not in known]
        if any(arguments[name] in choices[name] for name in listed):
            continue  # it is not any other than those listed
        if all(name not in arguments or arguments[name] == at for name, at in known.items()):
            yield meaning


def _cell(call: Call, said: Any, field: str) -> str:
    """Return what says something on one side, as a cell of a table."""
    if said is None:
        stepped = field == "every" and call.card.clock == "step"
        return "how often `step()` is called" if stepped else LACKING.get(field, NONE)
    if not isinstance(said, Unknown):
        return f"always `{source(said)}`"
    if not said.operands and said.text == "base":
        return "`lr` of the optimizer"
    return f"`{_argument(call, said)}`"


def _argument(call: Call, said: Any) -> str:
    """Return an expression in a call's arguments; of a lone one, its default besides."""
    text = re.sub(r"\bbase\b", "lr", str(said))
    defaults = type(call).defaults()
    return f"{text}={source(defaults[text])}" if text in defaults else text


def _left(call: Call, equal: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """Visit the arguments of a call that no expression has, with what they say."""
    used = set().union(*map(names, equal))
    arguments, defaults = call.arguments(), type(call).defaults()
    for name, at in arguments.items():
        if name in used or isinstance(at, Optimizer):
            continue
        says = ROLES[call.card.roles.get(name)]
        if name in defaults and same(at, defaults[name]):
            yield f"`{name}={source(at)}`", says
        else:
            yield f"`{name}`", f"{says}; here {source(at)}"


def _how(a: Call, b: Call, equal: Sequence[Equal]) -> Iterator[str]:
    """Visit the second call's arguments in the first one's, where any is not just another."""
    pairs = [(x, y) for _, x, y in equal if x is not None and isinstance(y, Unknown)]
    said = rearranged(pairs)
    told = [y for x, y in pairs if y.operands and str(x) != str(y)]
    if not told or any(names(y) - said.keys() for y in told):
        return
    for name, found in said.items():
        if name in type(b).parameters():
            lone = isinstance(found, Unknown)
            yield f"{name} = {_argument(a, found).partition('=')[0] if lone else source(found)}"


def _by_cards(a: Call, b: Call) -> Iterator[Row]:
    """Visit the arguments that play one role on either side."""
    for role, says in ROLES.items():
        cells = [
            ", ".join(
                "`lr` of the optimizer" if name == "optimizer" else f"`{name}`"
                for name, played in call.card.roles.items()
                if played == role
            )
            for call in (a, b)
        ]
        if role is not None and any(cells):
            yield Row(cells[0] or NONE, cells[1] or NONE, says)
