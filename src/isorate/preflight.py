"""What a run will do before it is started: its rates where they tell most, and what is unexpected.

The trainer's own rules have said how long the run is and which scheduler steps through it
(``configs/``); here the rates are looked at, whoever's they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from isorate.configs.configuration import Caution, Foretold
from isorate.given import recipe_of_foretold
from isorate.schedule.curve import bounds
from isorate.schedule.errors import IsorateError
from isorate.schedule.node import end_of_course

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from isorate.recipe import Recipe
    from isorate.schedule.curve import Curve


#: Rates this close to the peak that is asked for have reached it.
NEAR = 1e-6


class Preflight(msgspec.Struct, frozen=True):
    """What a configuration comes to.

    Args:
        foretold: what the trainer's rules make of it.
        recipe: its call in its run.
        curve: the rates of every update.
        cautions: what a usual reader would not expect, by the key that causes it.

    """

    foretold: Foretold
    recipe: Recipe
    curve: Curve
    cautions: tuple[Caution, ...]

    @property
    def zeros(self) -> tuple[int, ...]:
        """Which of the first and the last update train with a rate of 0."""
        rates = self.curve.rows[0]
        ends = dict.fromkeys((0, len(rates) - 1)) if len(rates) else ()
        return tuple(at for at in ends if rates[at] == 0.0)


def preflight(foretold: Foretold) -> Preflight:
    """Return what a run of a configuration will do.

    Raises:
        NativeError: the trainer fails as it builds its scheduler.

    """
    recipe = recipe_of_foretold(foretold)
    curve = recipe.curve
    cautions = (*foretold.cautions, *_of_rates(foretold, recipe, curve))
    return Preflight(foretold, recipe, curve, tuple(dict.fromkeys(cautions)))


def _of_rates(foretold: Foretold, recipe: Recipe, curve: Curve) -> Iterator[Caution]:
    """Visit what the rates show."""
    rates = curve.rows[0]
    keys, updates, peak = foretold.keys, foretold.updates, foretold.peak
    if curve.halt is not None:
        yield Caution(keys["length"], f"the run ends early: {curve.halt}")
    if not len(rates):
        return
    if foretold.warmup and foretold.warmup >= updates:
        text = f"the warm-up takes {foretold.warmup} updates, and the run has {updates}"
        yield Caution(keys["warmup"], text)
    highest = bounds(rates)[1]
    at = next((update for update, rate in enumerate(rates) if rate == highest), 0)
    if highest < peak * (1 - NEAR):
        text = f"the rate never gets to {peak:g}: its highest is {highest:.6g}, at update {at}"
        yield Caution(keys["rate"], text)
    elif highest > peak * (1 + NEAR):
        yield Caution(keys["rate"], f"the rate goes above {peak:g}: {highest:.6g} at update {at}")
    yield from _of_horizon(foretold, recipe, rates)


def _of_horizon(foretold: Foretold, recipe: Recipe, rates: Sequence[float]) -> Iterator[Caution]:
    """Visit where the schedule ends before the run does, or after it."""
    form, updates, key = recipe.normal, foretold.updates, foretold.keys["length"]
    end = None if form is None else end_of_course(form)
    if form is None or end is None:
        return
    if end < updates - 1:
        last, low = float(rates[-1]), float(rates[min(end, updates - 1)])
        if end <= (foretold.warmup or 0) and last == low:
            return  # constant, after its warm-up
        if last > low * (1 + NEAR) + foretold.peak * NEAR:
            text = f"the rate climbs again after update {end}: the last one trains with {last:.6g}"
        else:
            text = f"the schedule is over at update {end} of {updates}: {low:.6g} from there on"
        yield Caution(key, text)
    elif end > updates:
        try:
            aim = float(form.at(end))
        except IsorateError:
            return
        text = f"the run ends at update {updates - 1}, where the rate is {float(rates[-1]):.6g}"
        yield Caution(key, f"{text}: the schedule goes on to update {end}, to {aim:.6g}")
