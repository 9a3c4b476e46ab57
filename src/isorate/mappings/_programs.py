"""A call and its run as code that its framework runs: a training loop that prints the rates."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.kit.call import Call
    from isorate.schedule.run import Run

#: Lines longer than this are broken at their arguments.
WIDTH = 88

TORCH = """\
import torch

params = [torch.nn.Parameter(torch.zeros(1))]
optimizer = {optimizer}
scheduler = {scheduler}
rates = []
{loop}
print(rates)
"""

EXPERIMENTAL = """\
import mindspore
import mindspore.experimental

params = [mindspore.Parameter(mindspore.Tensor(0.0), name="p")]
gradients = (mindspore.Tensor(0.0),)
optimizer = {optimizer}
scheduler = {scheduler}
rates = []  # copies: asnumpy() shows the parameter itself, whatever it becomes
{loop}
print(*rates)
"""

FUNCTION = """\
import mindspore

rates = {rates}
print(rates)
"""

LIST = """\
import mindspore

rates = {rates}
params = [mindspore.Parameter(mindspore.Tensor(0.0), name="p")]
gradients = (mindspore.Tensor(0.0),)
optimizer = mindspore.nn.SGD(params, learning_rate=rates)
used = []
for update in range({updates}):
    used.append(optimizer.get_lr().asnumpy())  # the rate that this update uses
    optimizer(gradients)
print(*used)
"""


def program(call: Call, run: Run) -> str:
    """Return a program that prints the rates of a run, one an update.

    Args:
        call: a torch scheduler, one of MindSpore's experimental ones, or what gives a list.
        run: a run with a length of whole epochs.

    """
    if call.card.clock == "update":
        rates = laid_out(call.code)
        text = LIST if call.code.startswith("[") else FUNCTION
        return text.format(rates=rates, updates=run.length)
    optimizer = call.naming().removeprefix("optimizer := ")
    scheduler = laid_out(call.written("optimizer"))
    if call.card.runs_in == "torch":
        loop = _loop(run, 'optimizer.param_groups[0]["lr"]', "optimizer.step()")
        text = TORCH
    else:
        loop = _loop(
            run, 'optimizer.param_groups[0]["lr"].asnumpy().copy()', "optimizer(gradients)"
        )
        text = EXPERIMENTAL
    code = text.format(optimizer=optimizer, scheduler=scheduler, loop="\n".join(loop))
    return f"import math\n\n{code}" if "math." in scheduler else code


def _loop(run: Run, rate: str, update: str) -> Iterator[str]:
    """Visit the lines of a training loop that steps the scheduler as the run does."""
    step = "scheduler.step()"
    if run.metrics is not None:
        yield f"metrics = {list(run.metrics)}"
        step = "scheduler.step(metrics[update])"
    inner = [f"rates.append({rate})  # the rate that this update uses", update]
    if run.updates_per_step == 1:
        yield f"for update in range({run.length}):"
        yield from (f"    {line}" for line in (*inner, step))
        return
    yield f"for epoch in range({run.length // run.updates_per_step}):"
    yield f"    for update in range({run.updates_per_step}):"
    yield from (f"        {line}" for line in inner)
    yield f"    {step}"


def laid_out(text: str, indent: int = 0) -> str:
    """Return an expression broken over lines at its arguments or elements, where it is long."""
    node = ast.parse(text, mode="eval").body
    if len(text) + indent <= WIDTH:
        return text
    if isinstance(node, ast.BinOp):
        sides = (ast.get_source_segment(text, side) or "" for side in (node.left, node.right))
        pad = " " * (indent + 4)
        left, right = (laid_out(side, indent + 4) for side in sides)
        return f"(\n{pad}{left}\n{pad}+ {right}\n{' ' * indent})"
    if isinstance(node, ast.Call):
        opening, parts, closing = ast.unparse(node.func) + "(", [*node.args, *node.keywords], ")"
    elif isinstance(node, ast.List):
        opening, parts, closing = "[", list(node.elts), "]"
    else:
        return text
    pad = " " * (indent + 4)
    lines = []
    for part in parts:
        if isinstance(part, ast.keyword):
            value = ast.get_source_segment(text, part.value) or ""
            lines.append(f"{pad}{part.arg}={laid_out(value, indent + 4)},")
        else:
            lines.append(f"{pad}{laid_out(ast.get_source_segment(text, part) or '', indent + 4)},")
    return "\n".join([opening, *lines, " " * indent + closing])
