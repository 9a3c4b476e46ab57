"""The rows of Isorate's own schedulers, which run inside torch and MindSpore."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.conformance.cases._case import Case
from tests.conformance.cases.mindspore_lists import (
    mindspore_decay_lists,
    mindspore_lists,
    mindspore_piecewise_lists,
    mindspore_polynomial_lists,
    mindspore_refused_lists,
    mindspore_warmup_lists,
)
from tests.conformance.cases.torch import NAMES, torch_cases, torch_cosine, torch_groups

if TYPE_CHECKING:
    from collections.abc import Iterator


TWO_GROUPS = (
    '{"shape":"groups","of":[{"shape":"constant","rate":0.1},{"shape":"constant","rate":0.2}]}'
)


def isorate_cases() -> Iterator[Case]:
    """List the rows of Isorate's schedulers, which run inside torch and MindSpore."""
    yield from isorate_annealing()
    yield from isorate_schedules()
    yield from isorate_decays()
    yield from isorate_lists()
    yield from isorate_annealing_lists()
    yield from isorate_cells()


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
    """Give Isorate's cosine_decay_lr, as a list and in torch, what MindSpore's gets."""
    in_torch = "isorate.torch.cosine_decay_lr(torch.optim.SGD(params, lr=1.0), "
    for case in (*mindspore_lists(), *mindspore_refused_lists()):
        arguments = case.text.partition("(")[2]
        yield replace(case, text=f"isorate.mindspore.cosine_decay_lr({arguments}")
        if "runs-out" not in case.id:
            text = in_torch + arguments
            yield replace(case, id=f"torch-{case.id}", text=text, drifts=None)
    stepped = f"{in_torch}0.01, 0.1, 6, 2, 2)"
    past = "the step after the last update keeps its rate"
    yield Case("torch-list-one-past", stepped, 7, past=past)
    yield Case("torch-list-runs-out", stepped, 9, past=past)
    yield Case("torch-list-epochs", stepped, 14, every=2, past=past)
    groups = ("'lr': 0.1", "'lr': 0.2")
    two = torch_groups("0.01, 0.1, 6, 2, 2", *groups, name="isorate.torch.cosine_decay_lr")
    yield Case("torch-list-groups", two, 6)


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


def isorate_annealing_lists() -> Iterator[Case]:
    """Call cosine_annealing_lr."""
    for arguments, updates in (
        ("0.1, 10, 0.0, 45", 45), ("0.1, 10, 0.001, 60, 3", 60), ("0.1, 1, 0.0, 5", 5),
        ("0.1, 7, 0.5, 40", 40), ("0.1, 1000, 0.001, 7000", 7000), ("0.0, 3, 0.0, 5", 5),
        ("0.1, 3, 0.0, 6", 8),
    ):  # fmt: skip
        own = f"isorate.mindspore.cosine_annealing_lr({arguments})"
        yield Case(f"annealing-list-{arguments}", own, updates)
    for arguments in (
        "1, 10, 0.0, 5", "0.1, 10, 0, 5", "0.1, 10.0, 0.0, 5", "0.1, 0, 0.0, 5", "0.1, 10, 0.0, 0",
        "-0.1, 10, 0.0, 5", "0.1, 10, float('nan'), 5", "0.1, 10, 0.0, 5, 0",
    ):  # fmt: skip
        own = f"isorate.mindspore.cosine_annealing_lr({arguments})"
        yield Case(f"bad-annealing-list-{arguments}", own, raises=True)


def isorate_cells() -> Iterator[Case]:
    """Call Isorate's cell."""
    for arguments, updates in (
        ("0.1, 10, 0.0", 45), ("0.1, 10", 25), ("0.1, 7, 0.001", 40), ("0.1, 1", 5),
        ("0.1, 5, 0.5", 25), ("1.0, 1000, 1e-05", 120), ("0.0, 3", 5),
    ):  # fmt: skip
        own = f"isorate.mindspore.CosineAnnealingLR({arguments})"
        yield Case(f"cell-{arguments}", own, updates)
    for after, updates in (
        ("mindspore.nn.CosineDecayLR(0.0, 0.1, 10)", 25),
        ("mindspore.nn.ExponentialDecayLR(0.1, 0.9, 3)", 25),
        ("mindspore.nn.PolynomialDecayLR(0.1, 0.01, 8, 2.0)", 20),
        ("mindspore.nn.InverseDecayLR(0.1, 0.5, 4, True)", 20),
        ("mindspore.nn.WarmUpLR(0.2, 3)", 15),
        ("mindspore.nn.NaturalExpDecayLR(0.1, 0.2, 4)", 1),
    ):
        for steps in (1, 5):
            then = f"isorate.mindspore.WarmUpThen(mindspore.nn.WarmUpLR(0.1, {steps}), {after})"
            yield Case(f"warm-up-{steps}-{after}", then, updates)
    for arguments in (
        "0.1, mindspore.nn.WarmUpLR(0.1, 2)", "mindspore.nn.WarmUpLR(0.1, 2), 0.1",
        "mindspore.nn.WarmUpLR(0.1, 0), mindspore.nn.WarmUpLR(0.1, 2)",
    ):  # fmt: skip
        yield Case(f"bad-{arguments}", f"isorate.mindspore.WarmUpThen({arguments})", raises=True)
    for arguments in ("1, 10", "0.1, 10.0", "0.1, 0", "-0.1, 10", "0.1, 10, 0", "0.1, True"):
        own = f"isorate.mindspore.CosineAnnealingLR({arguments})"
        yield Case(f"bad-cell-{arguments}", own, raises=True)


#: Rows of torch's that Isorate's scheduler refuses, and says so in rows of its own.
OTHERWISE = (
    *("T_max=inf", "T_max=nan", "T_max=1e300", "eta_min=nan"),
    *("last_epoch=-2", "last_epoch=True", "bad-tiny"),
)
