"""Calls and optimizers as Python source."""

from __future__ import annotations

import ast
import math
import re
from typing import TYPE_CHECKING, Any

from isorate.kit.optimizer import Optimizer, Optimizers, ParamGroup
from isorate.schedule.expression import Expression

if TYPE_CHECKING:
    from collections.abc import Mapping


#: Code longer than this is shown by its two ends; lists of rates sooner, as they say less.
LONGEST_SHOWN, LONGEST_LIST = 1200, 400


def source(value: Any) -> str:
    """Return a value as Python source that reads back to the same value."""
    if isinstance(value, float) and not math.isfinite(value):
        return "float('nan')" if math.isnan(value) else f"float('{value}')"
    if isinstance(value, Optimizer):
        return f"<optimizer of {len(value.groups)} groups>"
    if isinstance(value, list):
        return f"[{', '.join(map(source, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(source, value))}{',' * (len(value) == 1)})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{source(k)}: {source(v)}' for k, v in value.items())}}}"
    if hasattr(value, "to_json"):  # a schedule
        return repr(value.to_json())
    if hasattr(value, "written"):  # a call
        return str(value.written())
    code = getattr(value, "code", None)
    return code if isinstance(code, str) else repr(value)


def formula(text: str, values: Mapping[str, Any]) -> Expression:
    """Return a function of ``t``, numbers standing in the place of their names.

    Example:
        >>> formula("base * gamma ** t", {"base": 0.1, "gamma": 0.5}).source
        '(0.1) * (0.5) ** t'

    """
    names = re.compile(rf"\b({'|'.join(values)})\b")
    return Expression("t", names.sub(lambda name: f"({source(values[name.group()])})", text))


#: What is imported for a name, where it is not the module of that name.
IMPORTS = {"isorate": "import isorate.{}", "np": "import numpy as np", "math": "import math"}


def imports_of(code: str, packages: Mapping[str, str]) -> list[str]:
    """Return the imports that statements need: those of packages by the names they begin with.

    Example:
        >>> imports_of("rate = torch.optim.SGD(params, lr=math.pi)", {"torch": "import torch"})
        ['import math', 'import torch']

    """
    known = {**packages, **IMPORTS}
    found = {
        known[node.value.id].format(node.attr)
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        if node.value.id in known
    }
    return sorted(found)


def shortened(code: str) -> str:
    """Return code that fits a screen: long lists by their two ends."""
    longest = LONGEST_LIST if code.startswith("[") else LONGEST_SHOWN
    return code if len(code) <= longest else f"{code[:80]} … {code[-40:]}"


def optimizer_code(known: Optimizers, optimizer: Optimizer) -> str:
    """Return an optimizer with these groups as Python source."""
    constructor = f"{known.module}.{optimizer.name}" if optimizer.name in known else optimizer.name
    groups = optimizer.groups
    default = optimizer.default
    first = _rate(default.lr, default, known.package)
    if known.schedules:  # the rate is their first parameter, and there are no groups
        rate = next(iter(known.parameters(optimizer.name))) if optimizer.name in known else "lr"
        return f"{constructor}({', '.join([f'{rate}={first}', *optimizer.arguments])})"
    if [ParamGroup(default.lr, None, default.tensor)] == [*groups] and default is groups[0]:
        params = "params"
    else:
        names = ["params"] if len(groups) == 1 else [f"params_{i}" for i in range(len(groups))]
        pairs = zip(names, groups, strict=True)
        params = f"[{', '.join(_group_code(name, g, known.package) for name, g in pairs)}]"
    named = [a for a in optimizer.arguments if a.partition("=")[0].isidentifier() or a[:2] == "**"]
    placed = [a for a in optimizer.arguments if a not in named]  # they stand before any keyword
    return f"{constructor}({', '.join([params, *placed, f'lr={first}', *named])})"


def _group_code(params: str, group: ParamGroup, package: str) -> str:
    entries = [f"'params': {params}"]
    if not group.shared:
        entries.append(f"'lr': {_rate(group.lr, group, package)}")
    if group.initial_lr is not None:
        entries.append(f"'initial_lr': {_rate(group.initial_lr, group, package)}")
    entries += [f"{name!r}: {source(value)}" for name, value in group.left.items()]
    return f"{{{', '.join([*entries, *group.others])}}}"


def _rate(value: float, group: ParamGroup, package: str) -> str:
    if group.tensor is None:
        return source(value)
    dtype = "" if group.tensor == "float32" else f", dtype={package}.{group.tensor}"
    return f"{package}.tensor({source(value)}{dtype})"


def same(a: Any, b: Any) -> bool:
    """Whether two arguments are one, to the kind of number; NaN is itself."""
    return type(a) is type(b) and (a == b or (a != a and b != b))
