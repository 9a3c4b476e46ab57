"""Texts run for real beside their reading: what ``sched`` names in them, update by update.

    python -m tests.conformance.reading     run the cases anew and write their rates

A case in ``tests/cases/reading`` is a text, the ``rates`` that the framework itself gave for it,
and where the text needs more than it says: ``beside``, which is run before it and not read, and
``set`` and ``lr``, what is given for that; ``after`` is run after it, and ``run`` in its stead. Of
a text that trains, its own updates are taken.
"""

from __future__ import annotations

import json
import math
import sys
import textwrap
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

import numpy as np

from isorate import Run
from tests.conformance.cases import HOMES, How
from tests.conformance.cases._home import quiet
from tests.conformance.frameworks import scope_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

CASES: Final = Path(__file__).parents[1] / "cases" / "reading"
UPDATES: Final = 8


def cases() -> Iterator[tuple[Path, list[dict[str, Any]]]]:
    """Visit the files of cases and what is in them."""
    for path in sorted(CASES.glob("*.json")):
        yield path, json.loads(path.read_text(encoding="utf-8"))


def rates_of(row: Mapping[str, Any]) -> NDArray[np.floating[Any]]:
    """Run a case; return the rates, shape ``(groups, updates)``."""
    text = f"{textwrap.dedent(row.get('run', row['text']))}\n{row.get('after', '')}"
    return run(text, row.get("beside", ""), row.get("framework", "torch"))


def run(text: str, beside: str = "", framework: str = "torch") -> NDArray[np.floating[Any]]:
    """Run a text and whatever it builds; return the rates, shape ``(groups, updates)``."""
    scope = {**scope_of(framework), "__name__": "__main__", "math": math, "np": np}
    scope |= {"body": scope.get("params_0"), "head": scope.get("params_1"), "loader": range(5)}
    scope |= {"a": scope["body"], "b": scope["head"]}
    with quiet(), patch.object(sys, "argv", ["train.py"]):  # which a command line is parsed of
        if framework != "torch":
            exec(compile(beside, "<beside>", "exec"), scope)
            exec(compile(text, "<text>", "exec"), scope)
            how = How(names=scope)
            return np.atleast_2d(HOMES[framework].drive(scope["sched"], Run(UPDATES), how).rates)
        return _torch(text, beside, scope)


def _torch(text: str, beside: str, scope: dict[str, Any]) -> NDArray[np.floating[Any]]:
    import torch
    from torch import nn
    from torch.optim.optimizer import register_optimizer_step_pre_hook

    scope["model"] = nn.Sequential(OrderedDict(body=nn.Linear(2, 2), head=nn.Linear(2, 2)))
    taken: list[tuple[Any, list[float]]] = []
    begun: list[tuple[Any, int]] = []
    base = torch.optim.lr_scheduler.LRScheduler

    def built(scheduler: Any, optimizer: Any, *given: Any, **named: Any) -> None:
        begun.append((scheduler, len(taken)))
        before(scheduler, optimizer, *given, **named)

    def stepped(optimizer: Any, *_: Any) -> None:
        taken.append((optimizer, [float(g["lr"]) for g in optimizer.param_groups]))

    before, base.__init__ = base.__init__, built
    hook = register_optimizer_step_pre_hook(stepped)
    try:
        exec(compile(beside, "<beside>", "exec"), scope)
        exec(compile(text, "<text>", "exec"), scope)
        scheduler: Any = scope.get("sched")  # none where the text sets its rates by hand
        optimizer = scope["opt"] if scheduler is None else scheduler.optimizer
        parts = (scheduler, *getattr(scheduler, "_schedulers", ()))
        start = max((at for of, at in begun if any(of is part for part in parts)), default=0)
        trains = any(of is optimizer for of, _ in taken[start:])
        for _ in () if trains else range(UPDATES):
            optimizer.step()
            scheduler.step()
    finally:
        base.__init__ = before
        hook.remove()
    return np.array([rates for of, rates in taken[start:] if of is optimizer]).T


if __name__ == "__main__":
    for path, rows in cases():
        for row in rows:
            row["rates"] = rates_of(row).tolist()
        lines = ",\n".join(map(json.dumps, rows))
        path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
