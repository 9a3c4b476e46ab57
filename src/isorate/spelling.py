"""A recipe in the keys of a trainer's configuration: each way is foretold and measured."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from isorate.comparison import Comparison, compare
from isorate.configs.configuration import Wanted
from isorate.configs.reading import CONFIGURATIONS
from isorate.given import configured
from isorate.schedule.curve import Curve
from isorate.schedule.errors import IsorateError, RunError
from isorate.schedule.node import end_of_course
from isorate.schedule.printable import owner
from isorate.schedule.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isorate.recipe import Recipe


#: Longer runs are not tried: each of some dozen ways goes through all of it.
LONGEST = 10**5
#: So many ways are kept.
MOST = 3

#: What the trainers are laid side by side with: 1e-3, a warm-up of 10 of 100, a cosine to 1e-4.
ONE_RECIPE = Wanted(1e-3, 10, 100, 1e-4)
#: Rates as near as this, as a share of the peak, are one curve.
SAME = 1e-6


@dataclass(frozen=True)
class Spelling:
    """A way to say a recipe.

    Args:
        keys: what to write.
        comparison: the recipe beside what the trainer makes of that.

    """

    keys: Mapping[str, Any]
    comparison: Comparison


class Told(NamedTuple):
    """A recipe in a trainer's keys, and the first of the trainer's ways to say it."""

    trainer: str
    keys: Mapping[str, Any]
    first: Mapping[str, Any]


def side_by_side(wanted: Wanted = ONE_RECIPE) -> list[tuple[np.ndarray, list[Told]]]:
    """Return the curves that one recipe is in the trainers' keys, and who trains with each.

    A trainer's ways are those that call it a cosine. The curve of most trainers comes first.
    """
    found: list[tuple[np.ndarray, list[Told]]] = []
    for name, of in CONFIGURATIONS.items():
        ways = [] if of.spell is None else [*of.spell(wanted)]
        ways = [keys for keys in ways if "cosine" in str(keys).lower()] or ways[:1]
        for keys in ways:
            rates = np.atleast_2d(configured(keys, name).curve.values)[0]
            same = [told for curve, told in found if _near(rates, curve, SAME * wanted.peak)]
            if not same:
                same = [[]]
                found.append((rates, same[0]))
            if all(told.trainer != name for told in same[0]):
                same[0].append(Told(name, keys, ways[0]))
    return sorted(found, key=lambda each: -len(each[1]))


def _near(a: np.ndarray, b: np.ndarray, far: float) -> bool:
    return len(a) == len(b) and bool(np.abs(a - b).max() <= far)


def spellings(recipe: Recipe, to: str) -> list[Spelling]:
    """Return the best ways to say a recipe in a trainer's configuration, the best one first.

    Raises:
        RunError: the run is too long to try them.

    Example:
        >>> from isorate import read
        >>> recipe = read("CosineAnnealingLR(AdamW(params, lr=0.001), 100)").lasting(100)
        >>> spellings(recipe, "transformers")[0].keys
        {'learning_rate': 0.001, 'max_steps': 100, 'lr_scheduler_type': 'cosine'}

    """
    given = recipe
    if recipe.run.updates is None:  # a trainer's run ends as its schedule does
        form = recipe.normal  # a list ends after its last rate
        end = None if form is None or form.length is not None else end_of_course(form)
        given = recipe.lasting(end or recipe.trained)
    if given.run.length > LONGEST:
        required = f"at most {LONGEST} updates"
        raise RunError("the run is too long to try ways", required=required, got=given.run.length)
    of = CONFIGURATIONS[to]
    if of.spell is None:
        raise RunError(f"{owner(of.title)} keys are read, and not written")
    rows = np.atleast_2d(given.curve.values)
    rates = rows[0]
    if (rows != rates).any():
        required = "one parameter group, or the same rate in each"
        raise RunError(
            f"{owner(of.title)} keys say one rate", required=required, got=f"{len(rows)}"
        )
    if len(rows) > 1:
        given = replace(given, call=Curve(rates, given.code), run=Run(len(rates)))
    tried: dict[str, tuple[float, dict[str, Any], Recipe]] = {}
    for wanted in _wanted(given, rates):
        for keys in of.spell(wanted):
            try:
                other = configured(keys, to)
                theirs = np.atleast_2d(other.curve.values)[0]
            except IsorateError:
                continue
            if len(theirs) == len(rates):
                far = float(np.abs(theirs - rates).max())
                if str(keys) not in tried:
                    tried[str(keys)] = (far, keys, other)
    best = sorted(tried.values(), key=lambda each: each[0])[:MOST]
    found = [Spelling(keys, compare(given, other)) for _, keys, other in best]
    equal = [each for each in found if each.comparison.equal]
    return equal[:1] or found


def _wanted(recipe: Recipe, rates: np.ndarray) -> Iterator[Wanted]:
    """Visit what the rates may be: how long they rise, from where, and to which they go down."""
    updates, peak = len(rates), float(rates.max())
    at = int(np.abs(rates - peak).argmin())
    after = np.atleast_2d(recipe.lasting(updates + 1).curve.values)[0]
    end = float(after[-1])
    lows = {0.0, end, float(f"{end:.12g}"), float(f"{float(rates[-1]):.6g}")}
    asked = float(f"{peak:.12g}")
    for warmup in dict.fromkeys((at, at + 1, max(at - 1, 0))):
        first = float(f"{float(rates[0]):.12g}")
        starts = dict.fromkeys((0.0, first)) if warmup and 0 < first < peak else (0.0,)
        for start in starts:
            for low in sorted(low for low in lows if 0 <= low <= peak):
                yield Wanted(asked, warmup, updates, low, start)
