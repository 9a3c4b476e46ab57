"""What the documentation says of schedulers that are made from calls."""

from __future__ import annotations

import re
from dataclasses import dataclass
from textwrap import fill, indent
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from isorate.kit.call import Call

#: What a framework raises at some step, a drop-in raises at once.
WHEN: Final = r": (at|when) [^;]*"


@dataclass(frozen=True, slots=True)
class Formula:
    """What a scheduler computes, in a formula and one example.

    Args:
        text: the formula, its symbols explained.
        arguments: those of an example, whose optimizer has the rate 1.
        step: a step, at a boundary where there is one.
        rate: the example's rate at that step.
        past_end: what comes after the end, where it is not what the framework's own does.

    """

    text: str
    arguments: str
    step: int
    rate: str
    past_end: str | None = None


FORMULAS: Final = {
    "StepLR": Formula(
        "``lr(t) = base·gamma^⌊t/step_size⌋``.", "step_size=30, gamma=0.5", 30, "0.5"
    ),
    "MultiStepLR": Formula(
        "``lr(t) = base·gamma^n``, n the number of milestones up to t; one that is listed twice "
        "counts twice.",
        "milestones=[30, 80], gamma=0.5",
        80,
        "0.25",
    ),
    "ConstantLR": Formula(
        "``lr(t) = base·factor`` for t < ``total_iters``, then base.",
        "factor=0.5, total_iters=4",
        3,
        "0.5",
    ),
    "LinearLR": Formula(
        "``lr(t) = base·(start + (end−start)·min(t, T)/T)``, start = ``start_factor``, end = "
        "``end_factor``, T = ``total_iters``; where T is 0, base·start for good.",
        "start_factor=0.25, total_iters=4",
        2,
        "0.625",
    ),
    "ExponentialLR": Formula("``lr(t) = base·gamma^t``.", "gamma=0.5", 3, "0.125"),
    "PolynomialLR": Formula(
        "``lr(t) = base·(1 − min(t, T)/T)^power``, T = ``total_iters``.",
        "total_iters=4, power=2.0",
        2,
        "0.25",
    ),
    "CosineAnnealingLR": Formula(
        "``lr(t) = base·sin²(π(T−t)/(2T)) + eta_min·sin²(πt/(2T))``, t folded into [0, T], T = "
        "abs(``T_max``): the documented cosine without its cancellation.",
        "T_max=2, eta_min=0.25",
        2,
        "0.25",
    ),
    "CosineAnnealingWarmRestarts": Formula(
        "``lr(t) = η + (base−η)(1+cos(πu/T))/2``, u the steps since cycle c = 0, 1, 2, … began, "
        "T = ``T_0``·``T_mult``^c its length, η = ``eta_min``.",
        "T_0=10, T_mult=2",
        30,
        "1.0",
    ),
    "CyclicLR": Formula(
        "``lr(t) = base_lr + (max_lr−base_lr)·h·s``, h the height of a triangle of "
        "``step_size_up`` steps up and ``step_size_down`` down; s = 1 (``triangular``), "
        "1/2^(cycle−1) (``triangular2``) or ``gamma``^t (``exp_range``), or ``scale_fn`` of the "
        "cycle, from 1, or of t. With ``cycle_momentum`` a momentum, or Adam's first beta, goes "
        "the other way. "
        "``initial_lr`` stays what it was.",
        "base_lr=0.1, max_lr=0.5, step_size_up=2",
        2,
        "0.5",
    ),
    "OneCycleLR": Formula(
        "Up from ``max_lr/div_factor`` to ``max_lr`` at step ``pct_start·total_steps − 1``, then "
        "down to ``max_lr/div_factor/final_div_factor`` at step ``total_steps − 1``; with "
        "``three_phase`` as far down as it began in as many steps as up, and then further. "
        "With ``cycle_momentum`` a momentum, or Adam's first beta, goes the other way.",
        "max_lr=0.5, total_steps=10",
        2,
        "0.5",
        "step total_steps keeps the last rate, where the original's rebounds; a further one raises",
    ),
    "SWALR": Formula(
        "``lr(t) = began + (swa_lr−began)·a(t/anneal_epochs)``, a(x) = (1−cos(πx))/2 or x, began "
        "the rate that the group holds when the first step is taken, whatever other schedulers "
        "have made of it until then.",
        "swa_lr=0.25, anneal_epochs=2",
        2,
        "0.25",
    ),
    "LambdaLR": Formula(
        "``lr(t) = base·λ(t)``, λ = ``lr_lambda``, of an int. A checkpoint holds the names of the "
        "functions, not what they do: on resume they are those that the script gives.",
        "lambda step: 0.5**step",
        2,
        "0.25",
    ),
    "MultiplicativeLR": Formula(
        "``lr(t) = base·λ(1)·…·λ(t)``, λ = ``lr_lambda``, of an int; products are taken in this "
        "order. Resuming at step t calls the function t times. A checkpoint holds its name only.",
        "lambda step: 1 / step",
        2,
        "0.5",
    ),
    "SequentialLR": Formula(
        "``lr(t) = schedulers[i].lr(t − m[i−1])`` for ``m[i−1] <= t < m[i]``, m = ``milestones``, "
        "m[−1] = 0. Only the schedules of its schedulers matter: neither in which order they were "
        "built nor what that did to the optimizer, and they need not be stepped. One that begins "
        "with the rate it finds has what the one before it has got to. It may hold others.",
        "[LinearLR(optimizer, 0.5, total_iters=2), ExponentialLR(optimizer, 0.5)], milestones=[2]",
        3,
        "0.5",
    ),
    "ChainedScheduler": Formula(
        "``lr(t) = base·f_1(t)·f_2(t)·…``, f_i what scheduler i makes of a rate of 1: the "
        "chain where each of them multiplies the rate that it finds, as ``CosineAnnealingLR`` "
        "does down to 0, up to its trough. Another chain is taken where it has a closed form.",
        "[ConstantLR(optimizer, 0.5, 4), ExponentialLR(optimizer, 0.5)]",
        3,
        "0.0625",
    ),
    "cosine_decay_lr": Formula(
        "``lr(t) = min_lr + (max_lr−min_lr)(1 + cos(π·min(e, D)/D))/2``, e = ⌊t/step_per_epoch⌋, D "
        "= ``decay_epoch``: absolute rates. They come to ``min_lr`` at t = D·step_per_epoch, which "
        "a ``total_step`` of as many, the usual length, does not reach.",
        "0.25, 1.0, total_step=4, step_per_epoch=2, decay_epoch=1",
        2,
        "0.25",
    ),
    "exponential_decay_lr": Formula(
        "``lr(t) = learning_rate·decay_rate^(e/D)``, e = ⌊t/step_per_epoch⌋, D = ``decay_epoch``; "
        "with ``is_stair``, ⌊e/D⌋ in the place of e/D.",
        "1.0, 0.5, total_step=4, step_per_epoch=2, decay_epoch=1",
        2,
        "0.5",
    ),
    "natural_exp_decay_lr": Formula(
        "``lr(t) = learning_rate·exp(−decay_rate·e)``, e = ⌊t/step_per_epoch⌋; with ``is_stair``, "
        "e rounded down to a multiple of ``decay_epoch``, which has no effect without.",
        "1.0, 0.9, total_step=4, step_per_epoch=2, decay_epoch=1",
        2,
        "0.4065696597405991",
    ),
    "inverse_decay_lr": Formula(
        "``lr(t) = learning_rate/(1 + decay_rate·e/D)``, e = ⌊t/step_per_epoch⌋, D = "
        "``decay_epoch``; with ``is_stair``, ⌊e/D⌋ in the place of e/D.",
        "1.0, 1.0, total_step=4, step_per_epoch=2, decay_epoch=1",
        2,
        "0.5",
    ),
    "polynomial_decay_lr": Formula(
        "``lr(t) = (learning_rate−end_learning_rate)(1 − min(e, D)/D)^power + end_learning_rate``, "
        "e = ⌊t/step_per_epoch⌋, D = ``decay_epoch``; with ``update_decay_epoch``, D is 2D, 3D, … "
        "from there on, so that the rate jumps up and decays again.",
        "1.0, 0.0, total_step=5, step_per_epoch=1, decay_epoch=2, power=1.0",
        1,
        "0.5",
    ),
    "piecewise_constant_lr": Formula(
        "``lr(t) = learning_rates[i]``, i the number of milestones up to t; the last milestone is "
        "the length of the list.",
        "[2, 4], [1.0, 0.5]",
        2,
        "0.5",
    ),
    "warmup_lr": Formula(
        "``lr(t) = learning_rate·min(e, W)/W``, e = ⌊t/step_per_epoch⌋, W = ``warmup_epoch``: the "
        "whole first epoch has the rate 0.",
        "1.0, total_step=4, step_per_epoch=1, warmup_epoch=2",
        1,
        "0.5",
    ),
}


def documented(
    constructor: type[Call], first: str, time: str, example: str, before: str = ""
) -> str:
    """Return the documentation of what is made from a call.

    Args:
        constructor: the call.
        first: what is made of it, ``{}`` in the place of its name.
        time: what t is.
        example: an example, with its ``name``, ``arguments``, ``step`` and ``rate`` in braces.
        before: what comes before the example's arguments.

    """
    card = constructor.card
    name = card.name.rpartition(".")[2]
    formula = FORMULAS[name]
    paragraphs = [
        first.format(f"``{name}``"),
        formula.text,
        time,
        f"Past its end: {formula.past_end or card.past_end}.",
        f"Arguments: those of ``{card.name}``, {card.docs}",
    ]
    arguments = f"{before}{formula.arguments}"
    raises = [f"{error}: {re.sub(WHEN, '', why)}." for error, why in card.raises.items()]
    sections = {
        "Raises": "\n".join(_filled(line, 90) for line in raises),
        "Example": example.format(
            name=name, arguments=arguments, step=formula.step, rate=formula.rate
        ),
        "Source": f"``{card.name}``, {card.version}.",
    }
    paragraphs = [_filled(text, 94) for text in paragraphs]
    paragraphs += [f"{title}:\n{indent(text, '    ')}" for title, text in sections.items()]
    return indent("\n\n".join(paragraphs), "    ").lstrip() + "\n\n    "


def _filled(text: str, width: int) -> str:
    return fill(text, width, break_long_words=False, break_on_hyphens=False)
