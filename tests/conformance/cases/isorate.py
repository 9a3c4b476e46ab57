"""The rows of Isorate's own schedulers, which run inside torch and MindSpore."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec.structs import replace as changed

from isorate.kit.optimizer import Optimizer
from tests.conformance.cases import mindspore, torch
from tests.conformance.cases._case import Case, in_order
from tests.conformance.cases._home import WIDTH, Home, How, Seen
from tests.conformance.cases.mindspore.lists import (
    mindspore_decay_lists,
    mindspore_lists,
    mindspore_piecewise_lists,
    mindspore_polynomial_lists,
    mindspore_refused_lists,
    mindspore_warmup_lists,
)
from tests.conformance.cases.torch.cosine import NAMES, torch_cases, torch_cosine, torch_groups

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.schedule.run import Run
    from tests.conformance.cases._home import Rates

TWO_GROUPS = (
    '{"shape":"groups","of":[{"shape":"constant","rate":0.1},{"shape":"constant","rate":0.2}]}'
)


def isorate_annealing() -> Iterator[Case]:
    """Give Isorate's CosineAnnealingLR what torch's gets."""
    for case in torch_cases():
        if "CosineAnnealingLR(torch." in case.text and case.id not in OTHERWISE:
            text = f"isorate.torch.{case.text.removeprefix(NAMES)}"
            yield replace(case, text=text, drifts=None)
    for T in ("float('inf')", "float('nan')"):
        yield Case(f"bad-{T}", f"isorate.torch.{torch_cosine(f'T_max={T}')}", raises=True)
    group = "'lr': 0.1, 'initial_lr': 0.1"
    for k in ("-2", "1.5"):
        text = torch_groups(f"5, 0.0, {k}", group, name="isorate.torch.CosineAnnealingLR")
        yield Case(f"bad-last_epoch={k}", text, raises=True)


def isorate_schedules() -> Iterator[Case]:
    """List any schedule as text: JSON, and calls of both frameworks."""
    sgd = "torch.optim.SGD(params, lr=0.1)"
    cosine = '{"shape":"cosine","start":0.1,"end":0.001,"duration":20,"after":"hold"}'
    texts = {
        "json": repr(cosine),
        "call": "'CosineAnnealingLR(T_max=20, eta_min=0.001)'",
        "stairs": "'StepLR(step_size=4, gamma=0.5)'",
        "mindspore": "'cosine_decay_lr(0.001, 0.1, 40, 2, 10)'",
        "polynomial": "'PolynomialDecayLR(0.1, 0.001, 20, 2.0)'",
        "formula": "'LambdaLR(lr_lambda=lambda t: 1 / (1 + t))'",
    }
    for name, text in texts.items():
        yield Case(f"schedule-{name}", f"isorate.torch.ScheduleLR({sgd}, {text})", 30)
    yield Case("schedule-epochs", f"isorate.torch.ScheduleLR({sgd}, {texts['json']})", 30, every=3)
    ending = "'cosine_decay_lr(0.001, 0.1, 6, 1, 6)'"
    past = "the step after the last update keeps its rate"
    for updates in (7, 9):
        text = f"isorate.torch.ScheduleLR({sgd}, {ending})"
        yield Case(f"schedule-ends-{updates}", text, updates, past=past)
    tensor = "torch.optim.SGD(params, lr=torch.tensor(0.1))"
    yield Case("schedule-tensor", f"isorate.torch.ScheduleLR({tensor}, {texts['json']})", 30)
    groups = ("'lr': 0.1", "'lr': 0.2")
    for name in ("json", "call"):
        two = torch_groups(texts[name], *groups, name="isorate.torch.ScheduleLR")
        yield Case(f"schedule-groups-{name}", two, 12)
    for choice in ("counting='steps'", "on_mismatch='mine'"):
        text = f"isorate.torch.ScheduleLR({sgd}, {texts['json']}, {choice})"
        yield Case(f"schedule-{choice}", text, 12)
        bad = text.replace("='", "='no ")
        yield Case(f"schedule-bad-{choice}", bad, raises=True)
    resumed = torch_groups(f"{texts['json']}, 7", groups[0], name="isorate.torch.ScheduleLR")
    yield Case("schedule-resumed", resumed, 20)
    own = "isorate.mindspore.ScheduleLR("
    sgd_cosine = "'CosineAnnealingLR(torch.optim.SGD(params, lr=0.1), T_max=10)'"
    for name, text in {**texts, "call": sgd_cosine, "stairs": ending}.items():
        if name != "formula":
            yield Case(f"cell-schedule-{name}", f"{own}{text})", 24)
    for name, text in {"number": "0.1", "groups": repr(TWO_GROUPS)}.items():
        yield Case(f"bad-cell-schedule-{name}", f"{own}{text})", raises=True)
    yield Case("schedule-number", f"isorate.torch.ScheduleLR({sgd}, 0.1)", raises=True)
    yield Case("schedule-below", f"isorate.torch.ScheduleLR({sgd}, {ending}, -2)", raises=True)
    yield Case("schedule-beyond", f"isorate.torch.ScheduleLR({sgd}, {ending}, 6)", raises=True)


def isorate_decays() -> Iterator[Case]:
    """Give Isorate's cosine_decay_lr what MindSpore's gets."""
    for case in (*mindspore_lists(), *mindspore_refused_lists()):
        arguments = case.text.partition("(")[2]
        yield replace(case, text=f"isorate.mindspore.cosine_decay_lr({arguments}")


def isorate_lists() -> Iterator[Case]:
    """Give the lists that stay what MindSpore's get."""
    for cases in (
        mindspore_decay_lists,
        mindspore_polynomial_lists,
        mindspore_warmup_lists,
        mindspore_piecewise_lists,
    ):
        for case in cases():
            if case.text.startswith("mindspore.nn.") and "mindspore." not in case.text[13:]:
                text = case.text.replace("mindspore.nn.", "isorate.mindspore.")
                yield replace(case, id=f"stays-{case.id}", text=text)


#: Rows of torch's that Isorate's scheduler refuses, and says so in rows of its own.
OTHERWISE = (
    *("T_max=inf", "T_max=nan", "T_max=1e300", "eta_min=nan"),
    *("last_epoch=-2", "last_epoch=True", "bad-tiny"),
)


def isorate_scope(lr: Any, bare: bool) -> dict[str, Any]:
    """Return what a text may name: MindSpore's names and torch's."""
    return mindspore.mindspore_scope(lr, bare) | torch.torch_scope(lr, bare)


def go_through(built: Any, run: Run, how: How) -> Seen:
    """Go through a run in the framework that a scheduler is for."""
    if hasattr(built, "state_dict"):
        return torch.go_through(built, run, how)
    return mindspore.go_through(built, run, how)


def resumed(call: Any, start: int) -> Rates:
    """Resume at a step: Isorate's own schedulers say their rates from there."""
    group = changed(call.optimizer.groups[0], initial_lr=call.optimizer.groups[0].lr)
    begun = changed(call, optimizer=Optimizer((group,)), last_epoch=start - 1)
    return np.concatenate([block[0] for block in begun.native(WIDTH)])


#: List the rows of Isorate's schedulers, which run inside torch and MindSpore.
isorate_cases = in_order(isorate_annealing, isorate_schedules, isorate_decays, isorate_lists)

HOME = Home(
    parts={"schedulers": isorate_cases},
    packages=("torch", "mindspore"),
    scope=isorate_scope,
    drive=go_through,
    fewest=1,  # they are held against frameworks elsewhere, too
    entered={
        "isorate.torch.CosineAnnealingLR": (
            "isorate.torch.CosineAnnealingLR(SGD(p, lr=0.1), {}, 0.003)",
            resumed,
        ),
        "isorate.torch.ScheduleLR": (
            "ScheduleLR(SGD(p, lr=0.1), 'CosineAnnealingLR(SGD(p, lr=0.1), {}, 0.003)')",
            resumed,
        ),
        **{
            f"isorate.mindspore.{name.rpartition('.')[2]}": (f"isorate.mindspore.{text}", enter)
            for name, (text, enter) in mindspore.HOME.entered.items()
        },
    },
)
