"""One framework's call said in another's words, each way with its difference measured."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from isorate.comparison import Comparison, compare_recipes
from isorate.driving import Side, check_length, loop_of
from isorate.given import as_recipe
from isorate.kit import registry
from isorate.kit.call import Lift
from isorate.kit.match import Afterwards, Refusal
from isorate.kit.optimizer import Optimizer
from isorate.kit.plateau import Feedback
from isorate.kit.writing import shortened
from isorate.recipe import Recipe
from isorate.schedule.curve import Curve
from isorate.schedule.errors import ConvertError, IsorateError, ReadError
from isorate.schedule.node import Schedule
from isorate.schedule.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from isorate.given import Given
    from isorate.kit.call import Call
    from isorate.schedule.laws import Law

#: Longer lists of rates are not written out: their text would be tens of megabytes.
LONGEST_LIST = 10**6

_RANK = {"identical": 0, "equal": 0, "diverge": 1, "different": 2}


@dataclass(frozen=True, slots=True)
class Way:
    """One way to say a call in another dialect.

    Args:
        call: the call that says it.
        comparison: the original beside this call, measured over the run.
        losses: what is lost or has to be minded, in words.
        run: how the loop has to step this call.
        after: where no run was given, what comes after it, measured: what this call does then, and
            what the original.
        lasting: whether it goes on as the original does, as far as was measured.

    """

    call: Call
    comparison: Comparison
    losses: tuple[str, ...]
    run: Run
    after: str | None = None
    lasting: bool = False

    @property
    def code(self) -> str:
        """The call as one expression; ``params`` stands for the model's parameters."""
        return self.call.code

    @property
    def statements(self) -> str:
        """The call as statements to paste: imports, optimizer, scheduler, and how to step it."""
        every, late = self.run.updates_per_step, self.run.updates_to_first_step
        call, step = self.call, self.call.stepping
        told = step != "scheduler.step()"
        if call.card.clock == "update" or (every == late == 1 and not told):
            return call.statements
        often = "an update" if every == 1 else f"in {every} updates"
        first = "" if late == every else f", after {late} for the first time"
        counted = ", n from 1 on" if told else ""
        return f"{call.statements}  # {step} once {often}{first}{counted}"


@dataclass(frozen=True, slots=True)
class Conversion:
    """Every way the target can say a call, best first; or why there is none.

    Args:
        call: the original.
        to: the name of the target dialect.
        run: the run over which the ways were measured.
        ways: best first: equal before diverging, the framework's own before a drop-in, and a
            plain list of rates last.
        refusals: the constructors that cannot say it, each with its reason.
        law: of a list of rates the lines, cosines and so on that the ways say, where it is such.

    """

    call: Call
    to: str
    run: Run
    ways: tuple[Way, ...]
    refusals: tuple[tuple[str, str], ...]
    law: Law | None = None

    @property
    def refusal(self) -> str | None:
        """Why there is no way at all; none where there is one."""
        if self.ways:
            return None
        return "; ".join(f"{name}: {reason}" for name, reason in self.refusals)

    @property
    def refused(self) -> dict[str, list[str]]:
        """The refusals by their reasons; those for another shape than the schedule's together."""
        found: dict[str, list[str]] = {}
        for name, reason in self.refusals:
            shape, other, _ = reason.partition(", not ")
            if other and shape.startswith("the schedule is "):
                reason = f"{shape}, and they say other shapes"
            names = found.setdefault(reason, [])
            if name not in names:
                names.append(name)
        return found

    def __str__(self) -> str:
        if self.refusal is not None:
            return f"no way to say it in {self.to}: {self.refusal}"
        return "\n".join(f"{shortened(way.code)}\n  {way.comparison}" for way in self.ways)

    def _repr_html_(self) -> str:
        from isorate.schedule.notebook import table

        rows: list[tuple[str, object]] = [
            ("from", self.call.code),
            ("to", self.to),
            ("run", self.run),
        ]
        for number, way in enumerate(self.ways, 1):
            rows.append((f"way {number}", f"{shortened(way.code)} — {way.comparison.sentence}"))
            rows += [("", text) for text in (way.after, *way.losses) if text is not None]
        rows += [(f"not {name}", reason) for name, reason in self.refusals]
        best = self.ways[0].comparison._repr_html_() if self.ways else ""
        return table(rows) + best


def convert(
    x: Given,
    *,
    to: str,
    run: Run | int | None = None,
    progress: Callable[[int], object] | None = None,
) -> Conversion:
    """Say a call in another dialect, in every way it can, each measured against the original.

    Args:
        x: a call, or its text; or a schedule, or rates as a list or an array, for the scheduler
            or the list that has them.
        to: the target: ``"torch"``, ``"mindspore"``, or ``"isorate"`` for the drop-ins alone. A
            framework's ways include the drop-ins that run in it.
        run: the loop, or its number of updates. Without a length the ways are measured over the
            run one trains: to the end of the schedule, the first return of a periodic one, or all
            rates of a list; and past it, for what each of them does after it.
        progress: called with the number of updates done.

    Returns:
        The conversion; ``refusal`` says why where no way exists.

    Raises:
        ConvertError: the target is unknown.
        ReadError, NativeError, RunError: the call cannot be read, or its framework refuses it.

    Example:
        >>> from isorate import Run, read
        >>> call = read("CosineAnnealingLR(T_max=10)", lr=0.1)
        >>> [way.call.name for way in convert(call, to="mindspore", run=Run(10)).ways[:2]]
        ['cosine_decay_lr', 'cosine_decay_lr']

    """
    given = as_recipe(x, run)
    call = _call_of(given.call)
    original = given if call is given.call else replace(given, call=call)
    if call.counts == "epochs":
        original = replace(original, run=loop_of(call, original.run))
    call.checked()
    constructors = list(_targets(to, call))
    chosen = original.run.updates is None
    if chosen:
        original = original.lasting(original.trained)
    check_length(original.run)
    lifts: list[Lift] = []
    refusals: list[tuple[str, str]] = []
    for constructor, said in _said(call, original, constructors):
        if isinstance(said, Lift):
            lifts.append(_with_optimizer(said, call))
        else:
            refusals.append((constructor.card.name, said.reason))
    ways = []
    for lift in lifts:
        try:
            way = Recipe(lift.call, _run_for(lift, call, original.run))
            comparison = compare_recipes(original, way, progress=progress)
            after = _afterwards(comparison) if chosen and comparison.equal else comparison
        except IsorateError as error:
            refusals.append((lift.call.card.name, str(error)))
            continue
        losses = [*_measured(comparison), *lift.losses, *_spoken(lift.call, lift.updates_per_step)]
        told = None
        if after is not comparison:
            told = _told(after, original.run.length - 1)
            losses = [loss for loss in losses if not isinstance(loss, Afterwards)]
        ways.append(Way(lift.call, comparison, tuple(map(str, losses)), way.run, told, after.equal))
    ways.sort(key=_rank)
    return Conversion(call, to, original.run, tuple(ways), tuple(refusals), original.law)


def _call_of(given: Side) -> Call:
    """Return a call: of a schedule the scheduler that follows it, of rates their list.

    Raises:
        ReadError: rates of several parameter groups, which no list has.

    """
    if isinstance(given, Schedule):
        said: Lift = registry.first("follower").lift(given, 1)
        return said.call
    if isinstance(given, Curve):
        if given.groups > 1:
            what = f"the given rates are of {given.groups} parameter groups"
            raise ReadError(what, required="one", hint="take the groups one by one")
        listed: Call = registry.first("lists").plain(tuple(given.values.reshape(-1).tolist()))
        return listed
    return given


def _with_optimizer(lift: Lift, original: Call) -> Lift:
    """Keep the optimizer's class and arguments, as far as the target has them."""
    was = _optimizer_of(original)
    if was is None or lift.call is original or _optimizer_of(lift.call) is None:
        return lift
    framework = lift.call.card.runs_in
    like, losses = was, lift.losses
    if framework != original.card.runs_in:
        like, lost = _translated(was, framework)
        losses = (*losses, *lost)
    return msgspec.structs.replace(lift, call=lift.call.given(like), losses=losses)


def _translated(was: Optimizer, framework: str) -> tuple[Optimizer, list[str]]:
    """Say an optimizer by the class of the same name; else by ``SGD``, whose updates are others."""
    known = registry.get(framework).optimizers
    if was.name not in known:
        return Optimizer.of(), [f"{framework} has no {was.name}: SGD stands for it"]
    parameters = known.parameters(was.name)

    def name(argument: str) -> str:
        return argument.partition("=")[0]

    def key(entry: str) -> str:
        return entry.partition(":")[0].strip("'")

    groups = tuple(
        msgspec.structs.replace(
            group, others=tuple(o for o in group.others if key(o) in parameters)
        )
        for group in was.groups
    )
    kept = Optimizer(groups, was.name, tuple(a for a in was.arguments if name(a) in parameters))
    said = [*map(name, was.arguments), *(key(o) for group in was.groups for o in group.others)]
    lost = dict.fromkeys(each for each in said if each not in parameters)
    return kept, [f"{framework}'s {was.name} has no {each}" for each in lost]


def _optimizer_of(call: Call) -> Optimizer | None:
    found = call.owner or getattr(call, "optimizer", None)
    return found if isinstance(found, Optimizer) else None


def _targets(to: str, call: Call) -> Iterator[type[Call]]:
    """Visit the constructors of a dialect, and what else there is for its framework.

    That is drop-ins, and what the call's own dialect has, which is at hand where the call is.
    """
    try:
        target = registry.get(str(to))
    except IsorateError as error:
        raise ConvertError(str(error)) from None
    yield from target.constructors
    for constructor in registry.constructors():
        card = constructor.card
        if card.runs_in == to != card.dialect and (card.drop_in or card.dialect == call.dialect):
            yield constructor


def _said(
    call: Call, original: Recipe, constructors: list[type[Call]]
) -> Iterator[tuple[type[Call], Lift | Refusal]]:
    """Ask every constructor to say the call's schedule, or else its rates."""
    run = original.run
    for constructor in constructors:
        schedule = original.stepped if _in_the_same_loop(constructor, call) else original.normal
        if type(call) is constructor:
            yield constructor, _same_pace(Lift(call), run)
        elif constructor.spells:
            yield constructor, _spelled(original, constructor)
        elif isinstance(call.returned, Feedback) and issubclass(constructor, Feedback):
            yield constructor, _same_pace(constructor.say(call.returned.plateau()), run)
        elif schedule is None:
            yield constructor, Refusal(f"the call has no schedule: {original.unsaid}")
        else:
            for said in _lifted(constructor, original, schedule):
                yield constructor, said


def _lifted(
    constructor: type[Call], original: Recipe, schedule: Schedule
) -> Iterator[Lift | Refusal]:
    """Ask a constructor to say a schedule; of a list its law, and the numbers if that is not it."""
    updates, law = original.run.length, original.law
    listed = _lift(constructor, schedule, updates)
    if law is None:
        yield listed
        return
    said = _lift(constructor, law.schedule, updates)
    if isinstance(said, Lift) or isinstance(listed, Refusal):
        yield said
    if isinstance(listed, Lift) and (isinstance(said, Refusal) or not law.exact):
        yield listed


def _lift(constructor: type[Call], schedule: Schedule, updates: int) -> Lift | Refusal:
    try:
        return constructor.lift(schedule, updates)
    except IsorateError as error:
        return Refusal(str(error))


def _same_pace(said: Lift | Refusal, run: Run) -> Lift | Refusal:
    """Return a way that is stepped as often as the original."""
    if isinstance(said, Refusal) or run.updates_per_step == 1:
        return said
    return msgspec.structs.replace(said, updates_per_step=run.updates_per_step)


def _spelled(original: Recipe, constructor: type[Call]) -> Lift | Refusal:
    if original.run.length > LONGEST_LIST:
        return Refusal(
            f"a list of {original.run.length} rates is too long to write out; at most "
            f"{LONGEST_LIST}"
        )
    curve = original.simulated()
    return constructor.spell(curve) if curve.updates else Refusal("there is no rate to write")


def _in_the_same_loop(constructor: type[Call], call: Call) -> bool:
    """Whether Accelerate, where it steps the call, steps what is built instead of it."""
    a, b = constructor.card, call.card
    counted = a.counts == call.counts == "steps"
    return counted and a.runs_in == b.runs_in and a.clock == b.clock == "step"


def _run_for(lift: Lift, call: Call, run: Run) -> Run:
    """Return the loop that the way needs: its own stepping over the same updates."""
    every = lift.updates_per_step
    if lift.call.card.clock == "update":
        return run
    if lift.call.counts == "epochs" and run.updates_per_epoch not in (None, every):
        text = f"it is called once an epoch, of {run.updates_per_epoch} updates"
        raise ConvertError(text, hint=f"it would have to be once in {every}")
    if run.accelerate is not None and _in_the_same_loop(type(lift.call), call):
        return replace(
            run,
            epochs=None,
            batches_per_epoch=None,
            steps_before=0,
            first_step=None,
            updates_per_epoch=run.updates_per_epoch if every == 1 else every,
            step_every=lift.step_every,
        )
    if every == 1 and lift.call.counts != "epochs":
        return Run(run.length, updates_per_epoch=run.updates_per_epoch, metrics=run.metrics)
    return Run(run.length, updates_per_epoch=every, step_every="epoch", metrics=run.metrics)


def _afterwards(comparison: Comparison) -> Comparison:
    """Measure on past the run, as far as shows what both do then; the same where nothing comes."""
    assert comparison.recipes is not None
    farther = max(recipe.horizon for recipe in comparison.recipes)
    if farther <= comparison.updates:
        return comparison
    a, b = (recipe.lasting(farther) for recipe in comparison.recipes)
    return compare_recipes(a, b, tolerance=comparison.tolerance)


def _told(after: Comparison, end: int) -> str:
    """Say what comes after the update at which the run ends."""
    where = f"after update {end:,}"
    if after.parting is None or after.first_difference is None:
        return f"{where}: goes on as the original does, measured over {after.updates:,} updates"
    original, way = after.parting
    late = after.first_difference - 1 > end
    since = f" from update {after.first_difference:,} on" if late else ""
    return f"{where}: {way}{since}, where the original {original}"


def _measured(comparison: Comparison) -> Iterator[str]:
    """Say what the comparison found besides the difference itself."""
    if comparison.a.dtype != comparison.b.dtype:
        yield f"computed in {comparison.b.dtype}, the original in {comparison.a.dtype}"
    if comparison.nan is not None:
        side, update = comparison.nan
        whose = {"a": "the original's", "b": "its"}.get(side, "either")
        yield f"{whose} rate is NaN from update {update} on"


def _spoken(call: Call, every: int) -> Iterator[str]:
    """Say what the card holds against a call that is stepped once in some updates."""
    card = call.card
    if call.counts == "epochs":
        yield f"called once an epoch, which is to have {every} update{'s' * (every > 1)}"
    if card.deprecation is not None:
        yield f"deprecated by {card.runs_in}: “{card.deprecation}”"
        if card.way_out is not None:
            yield f"the way out: {card.way_out}, which stays"
    if card.is_elsewhere:
        title = registry.get(card.dialect).title
        yield f"needs {title} installed where {card.runs_in} trains"


def _rank(way: Way) -> tuple[bool, int, bool, int, bool, bool, bool, bool]:
    comparison = way.comparison
    first = comparison.first_difference
    return (
        way.call.spells,
        _RANK[comparison.verdict],
        way.call.by_formula,
        -(first or 0),
        comparison.a.dtype != comparison.b.dtype,
        not way.lasting,
        way.call.card.is_elsewhere,
        way.run.updates_per_step != comparison.run.updates_per_step,
    )
