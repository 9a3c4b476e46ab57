"""Save the states of every version of torch's schedulers to ``tests/tables/states/torch.json``.

    python tools/capture_torch_states.py FOLDER

FOLDER has a folder for each version, named after it (``2.0.1``), with that version's
``torch/optim/lr_scheduler.py`` and ``torch/optim/swa_utils.py``, as any of its wheels has them.
These two files decide what a state holds and are Python alone, so that they run on the optimizers
of the torch that is installed, which has to be one of the versions: there the real classes have to
save the very same. A row is the text of a call, the step and the state that was saved at it, once
for all the versions that save the same.
"""

from __future__ import annotations

import importlib.util
import json
import platform
import sys
import warnings
from collections import Counter
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any

import torch
from torch.optim import lr_scheduler, swa_utils

REPOSITORY = Path(__file__).resolve().parents[1]
TABLE = REPOSITORY / "tests" / "tables" / "states" / "torch.json"

ONE = "torch.optim.SGD(params, lr=0.1)"
LOW = "torch.optim.SGD(params, lr=0.01)"
TWO = "torch.optim.SGD([{'params': params_0, 'lr': 0.1}, {'params': params_1, 'lr': 0.02}])"
TENSOR = "torch.optim.SGD(params, lr=torch.tensor(0.5))"

CHAIN_IN_SEQUENCE = (
    f"SequentialLR(optimizer := {ONE}, schedulers=[ChainedScheduler(schedulers=["
    "LinearLR(optimizer, total_iters=3), ExponentialLR(optimizer, gamma=0.9)]), "
    "StepLR(optimizer, step_size=2)], milestones=[4])"
)
RATE_LOST = f"CyclicLR({ONE}, base_lr=0.01, max_lr=0.1, step_size_up=5)"
#: The calls; where a scheduler sets the first rate, the optimizer has that rate already.
TEXTS = (
    f"StepLR({ONE}, step_size=3)",
    f"StepLR({TWO}, step_size=2, gamma=0.5)",
    f"StepLR({TENSOR}, step_size=2, gamma=0.5)",
    f"MultiStepLR({ONE}, milestones=[2, 5])",
    f"MultiStepLR({TWO}, milestones=[5, 1, 1], gamma=0.5)",
    f"ConstantLR({ONE})",
    f"ConstantLR({TWO}, factor=0.25, total_iters=2)",
    f"LinearLR({ONE})",
    f"LinearLR({TWO}, start_factor=0.25, end_factor=0.75, total_iters=4)",
    f"ExponentialLR({ONE}, gamma=0.9)",
    f"ExponentialLR({TWO}, gamma=0.95)",
    f"PolynomialLR({ONE})",
    f"PolynomialLR({TWO}, total_iters=6, power=2.0)",
    f"CosineAnnealingLR({ONE}, T_max=10)",
    f"CosineAnnealingLR({TWO}, T_max=4, eta_min=0.001)",
    f"CosineAnnealingLR({TENSOR}, T_max=4, eta_min=0.25)",
    f"CosineAnnealingWarmRestarts({ONE}, T_0=4)",
    f"CosineAnnealingWarmRestarts({TWO}, T_0=2, T_mult=2, eta_min=0.001)",
    f"CyclicLR({LOW}, base_lr=0.01, max_lr=0.1)",
    f"CyclicLR({LOW}, base_lr=0.01, max_lr=0.1, step_size_up=3, step_size_down=7, "
    "mode='triangular2')",
    f"CyclicLR({TWO}, base_lr=[0.1, 0.02], max_lr=[0.5, 0.2], step_size_up=3, mode='exp_range', "
    "gamma=0.9, base_momentum=[0.8, 0.7], max_momentum=[0.95, 0.9])",
    f"CyclicLR({LOW}, base_lr=0.01, max_lr=0.1, step_size_up=2.5, cycle_momentum=False)",
    RATE_LOST,
    f"CyclicLR({LOW}, base_lr=0.01, max_lr=0.1, step_size_up=2, scale_fn=lambda x: 0.5 ** x)",
    "OneCycleLR(torch.optim.SGD(params, lr=0.004), max_lr=0.1, total_steps=20)",
    "OneCycleLR(torch.optim.SGD(params, lr=0.025), max_lr=0.1, total_steps=30, pct_start=0.25, "
    "anneal_strategy='linear', cycle_momentum=False, div_factor=4.0, final_div_factor=100.0, "
    "three_phase=True)",
    f"OneCycleLR({TWO}, max_lr=[1.0, 0.2], total_steps=23, base_momentum=[0.8, 0.7], "
    "div_factor=10.0)",
    f"SWALR({ONE}, swa_lr=0.05)",
    f"SWALR({TWO}, swa_lr=[0.05, 0.01], anneal_epochs=3, anneal_strategy='linear')",
    f"LambdaLR({ONE}, lr_lambda=lambda t: 0.95 ** t)",
    f"LambdaLR({TWO}, lr_lambda=[lambda t: 0.95 ** t, lambda t: 1 / (1 + t)])",
    f"MultiplicativeLR({ONE}, lr_lambda=lambda t: 0.95)",
    f"MultiplicativeLR({TWO}, lr_lambda=[lambda t: 0.95, lambda t: 0.9])",
    f"ReduceLROnPlateau({ONE})",
    f"ReduceLROnPlateau({TWO}, min_lr=[0.001, 0.0001])",
    f"SequentialLR(optimizer := {ONE}, schedulers=[LinearLR(optimizer, total_iters=3), "
    "CosineAnnealingLR(optimizer, T_max=10)], milestones=[3])",
    f"SequentialLR(optimizer := {TWO}, schedulers=[ConstantLR(optimizer, factor=0.5, "
    "total_iters=9), CosineAnnealingWarmRestarts(optimizer, T_0=2, T_mult=2), "
    "MultiStepLR(optimizer, milestones=[2])], milestones=[2, 5])",
    f"SequentialLR(optimizer := {ONE}, schedulers=[SequentialLR(optimizer, schedulers=["
    "ConstantLR(optimizer, factor=0.5, total_iters=9), StepLR(optimizer, step_size=2)], "
    "milestones=[2]), ExponentialLR(optimizer, gamma=0.9)], milestones=[4])",
    CHAIN_IN_SEQUENCE,
    f"ChainedScheduler(schedulers=[ConstantLR(optimizer := {ONE}, factor=0.5, total_iters=3), "
    "ExponentialLR(optimizer, gamma=0.9)])",
    f"ChainedScheduler(schedulers=[LinearLR(optimizer := {TWO}), StepLR(optimizer, step_size=3), "
    "ExponentialLR(optimizer, gamma=0.9)])",
    f"ChainedScheduler(schedulers=[SequentialLR(optimizer := {ONE}, schedulers=["
    "LinearLR(optimizer), PolynomialLR(optimizer, total_iters=8)], milestones=[5]), "
    "ExponentialLR(optimizer, gamma=0.9)])",
)
#: What a state says instead: a ``CyclicLR`` puts its own rates in place of the optimizer's.
MEANT = {RATE_LOST: RATE_LOST.replace(ONE, LOW)}
#: What versions before one refuse: they look for a step that a chain does not have.
SINCE = {CHAIN_IN_SEQUENCE: (2, 6)}
#: What schedulers keep in the optimizer's groups.
HELD = ("lr", "initial_lr", "max_lr", "min_lr", "swa_lr", "base_momentum", "max_momentum")
NAMES = sorted({text.partition("(")[0] for text in TEXTS})
STEPS = (0, 1, 7)


def constructors(folder: Path) -> dict[str, Any]:
    """Return the schedulers of one version, made from its two files."""
    standing = {module.__name__: module for module in (lr_scheduler, swa_utils)}
    try:
        scope: dict[str, Any] = {}
        for name in standing:  # SWALR's module takes its base class from the one before it
            spec = importlib.util.spec_from_file_location(
                name, folder / f"{name.rpartition('.')[2]}.py"
            )
            assert spec is not None
            assert spec.loader is not None
            sys.modules[name] = module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            scope |= {each: getattr(module, each) for each in NAMES if hasattr(module, each)}
    finally:
        sys.modules |= standing
    return scope


def states(text: str, scope: dict[str, Any]) -> list[dict[str, Any]]:
    """Build one scheduler and return its row at each step."""
    names = ("params", "params_0", "params_1")
    parameters = {name: [torch.zeros((), requires_grad=True)] for name in names}
    scheduler = eval(text, {"torch": torch, **parameters, **scope})  # our own text, from above
    metric = [1.0] if text.startswith("ReduceLROnPlateau") else []
    rows = []
    for step in range(max(STEPS) + 1):
        if step:
            scheduler.optimizer.step()
            scheduler.step(*metric)
        if step in STEPS:
            groups = [
                {key: written(value) for key, value in group.items() if key in HELD}
                for group in scheduler.optimizer.param_groups
            ]
            state = written(scheduler.state_dict())
            row = {"text": text, "step": step, "state": state, "groups": groups}
            rows.append(row | ({"meant": MEANT[text]} if text in MEANT else {}))
    return rows


def written(value: Any) -> Any:
    """Return a value as JSON has it; what JSON has not, as a dictionary with its type as key."""
    if isinstance(value, Counter):
        return {"Counter": [[written(key), times] for key, times in value.items()]}
    if isinstance(value, dict):
        return {key: written(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [written(each) for each in value]
    if isinstance(value, torch.Tensor):
        return {"tensor": value.item()}
    if isinstance(value, FunctionType | MethodType):
        return {"function": value.__qualname__}
    assert value is None or isinstance(value, bool | int | float | str), value
    return value


def numbers(version: str) -> tuple[int, ...]:
    """Return a version in the order of versions."""
    return tuple(map(int, version.split(".")))


def captured(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the rows of all versions, by what they hold."""
    rows: dict[str, dict[str, Any]] = {}
    found = sorted(folder.iterdir(), key=lambda path: numbers(path.name))
    versions = [path.name for path in found]
    here = torch.__version__.partition("+")[0]
    if here not in versions:
        raise SystemExit(f"{folder} lacks {here}, which is installed: {versions}")
    real = {name: getattr(lr_scheduler, name, None) or getattr(swa_utils, name) for name in NAMES}
    for path in found:
        scope = constructors(path)
        for text in TEXTS:
            if numbers(path.name) < SINCE.get(text, ()):
                continue
            saved = states(text, scope)
            if path.name == here and saved != states(text, real):
                raise SystemExit(f"torch {here} itself saves another state: {text}")
            for row in saved:
                held = rows.setdefault(json.dumps(row), {**row, "versions": []})
                held["versions"].append(path.name)
    return rows


def main() -> int:
    """Capture the table."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        raise SystemExit("usage: python tools/capture_torch_states.py FOLDER")
    warnings.simplefilter("ignore")
    rows = captured(Path(sys.argv[1])).values()
    header = {
        "torch": torch.__version__.partition("+")[0],
        "python": platform.python_version(),
        "command": "python tools/capture_torch_states.py FOLDER",
    }
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}," for key, value in header.items()]
    body = ",\n".join(f"    {json.dumps(row)}" for row in rows)
    TABLE.write_text("{\n" + "\n".join(lines) + f'\n  "rows": [\n{body}\n  ]\n}}\n')
    print(f"{TABLE.name}: {len(rows)} rows")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
