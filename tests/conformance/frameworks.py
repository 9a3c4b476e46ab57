"""The real frameworks, driven by the text that Isorate reads.

One text is evaluated with the framework's names in scope and stepped as a training loop would; the
rate of every update is read back from the optimizer. ``tools/capture.py`` writes the tables with
it, the conformance tests lay it beside native arithmetic. Nothing here knows what to expect, nor
any framework: each dialect's home does (``cases/``).
"""

from __future__ import annotations

import ast
import importlib
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.conformance.cases import HOMES, How, Seen
from tests.conformance.cases._home import quiet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isorate.schedule.run import Run


def drive(
    text: str,
    run: Run,
    *,
    framework: str,
    lr: float | Sequence[float] | None = None,
    weigh: bool = False,
    optimizer: str = "SGD",
    compiled: bool = False,
) -> Seen:
    """Evaluate a text and go through a run with what it builds.

    Args:
        text: the call, as users write it; it is evaluated as Python.
        run: a run with a length.
        framework: the dialect whose names are in scope, beside ``isorate`` itself.
        lr: the optimizer's rate, one a parameter group, where the text has no optimizer.
        weigh: see ``How``.
        optimizer: see ``How``.
        compiled: see ``How``.

    """
    home = HOMES[framework]
    with quiet():
        scope = scope_of(framework, lr, bare="optimizer" not in text)
        try:
            built = evaluated(text, scope)
        except Exception as error:
            return Seen(np.empty((1, 0)), type(error).__name__, constructing=True)
        return home.drive(built, run, How(weigh, optimizer, compiled, scope))


def scope_of(
    framework: str, lr: float | Sequence[float] | None = None, *, bare: bool = False
) -> dict[str, Any]:
    """Return what a text of a dialect may name."""
    own = {"math": math, "isorate": importlib.import_module("isorate")}
    return own | HOMES[framework].scope(lr, bare)


def evaluated(text: str, scope: dict[str, Any]) -> Any:
    """Run a text of our own, or one that Isorate wrote; its last statement is what it builds."""
    *before, last = ast.parse(text).body
    exec(compile(ast.Module(before, []), "<text>", "exec"), scope)
    assert isinstance(last, ast.Expr | ast.Assign)
    return eval(compile(ast.Expression(last.value), "<text>", "eval"), scope)


def build(text: str, framework: str = "mindspore") -> Any:
    """Evaluate a text that carries all it needs."""
    with quiet():
        return eval(text, scope_of(framework))
