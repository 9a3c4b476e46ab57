"""The rates that a call's text carries: numbers, names, and the optimizer with its groups."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import msgspec

from isorate.core.errors import MissingRateError, ReadError
from isorate.core.expression import constant, dotted, missing_names, shown
from isorate.dialects._base import Optimizer, ParamGroup

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Names = Mapping[str, Any]

#: What a scheduler leaves in a parameter group besides its rates, for one that is resumed.
LEFT_BEHIND = ("max_lr", "min_lr", "max_momentum", "base_momentum")
TENSORS = ("tensor", "Tensor", "as_tensor")
DTYPES = {"float": "float32", "double": "float64"}


def known_value(node: ast.expr, names: Names) -> Any:
    """Compute a number of the text.

    Raises:
        MissingRateError: it uses names that have no value.
        ReadError: it is no arithmetic.
    """
    missing = missing_names(node, names)
    if missing:
        raise MissingRateError(
            f"the rate uses names without a value: {', '.join(missing)}",
            hint=" ".join(f"--set {name}=..." for name in missing),
        )
    return constant(node, names)


def read_optimizer(
    node: ast.expr | None, beside: float | Sequence[float] | None, names: Names, caller: str
) -> Optimizer:
    """Read the optimizer that a scheduler is given, or make one of the rates given beside it.

    Args:
        node: the optimizer's text, if there is one.
        beside: the rates given beside the text, one a parameter group.
        names: the names that have a value.
        caller: the scheduler's name, for messages.

    Raises:
        MissingRateError: neither says a rate.
        ReadError: both do, or the text cannot be read.
    """
    groups: list[ParamGroup] | None = None
    if isinstance(node, ast.Call):
        try:
            groups = _groups(node, names)
        except MissingRateError:  # lr=args.lr: the rate beside it may be meant for just that
            if beside is None:
                raise
    if groups is not None:
        if beside is not None:
            text = "the rate is given twice, in the text and beside it"
            raise ReadError(text, hint="leave lr away")
        return Optimizer(tuple(groups))
    if beside is None:
        raise MissingRateError(
            f"{caller} takes its first rate from the optimizer",
            hint="give it as lr, --lr 0.1, or in the text: SGD(params, lr=0.1)",
        )
    rates = beside if isinstance(beside, list | tuple) else [beside]
    if not rates:
        raise ReadError("lr is empty", required="one rate for each parameter group")
    return Optimizer.of(*rates)


def _groups(node: ast.Call, names: Names) -> list[ParamGroup] | None:
    """Return the parameter groups of an optimizer's text; none where it says no rate."""
    keywords = {k.arg: k.value for k in node.keywords if k.arg is not None}
    default = keywords.get("lr", keywords.get("learning_rate"))
    if default is None and len(node.args) > 1:
        default = node.args[1]
    params = keywords.get("params", node.args[0] if node.args else None)
    listed = params.elts if isinstance(params, ast.List | ast.Tuple) else []
    if not any(isinstance(item, ast.Dict) for item in listed):
        return None if default is None else [_group(default, None, names)]
    groups = []
    for item in listed:
        if not isinstance(item, ast.Dict):
            raise ReadError(f"{shown(item)} is not a parameter group", required="a dict")
        entries = {
            key.value: value
            for key, value in zip(item.keys, item.values, strict=True)
            if isinstance(key, ast.Constant)
        }
        rate = entries.get("lr", default)
        if rate is None:
            raise ReadError(f"the parameter group {shown(item)} has no lr")
        left = {name: known_value(entries[name], names) for name in LEFT_BEHIND if name in entries}
        group = _group(rate, entries.get("initial_lr"), names)
        groups.append(msgspec.structs.replace(group, left=left) if left else group)
    return groups


def _group(rate: ast.expr, initial: ast.expr | None, names: Names) -> ParamGroup:
    lr, tensor = _rate(rate, names)
    if initial is None:
        return ParamGroup(lr, None, tensor)
    initial_lr, initial_tensor = _rate(initial, names)
    if initial_tensor != tensor:
        text = "lr and initial_lr differ in kind"
        raise ReadError(text, required="both tensors or both floats")
    return ParamGroup(lr, initial_lr, tensor)


def _rate(node: ast.expr, names: Names) -> tuple[Any, Any]:
    """Return a rate and, for ``torch.tensor(…)``, its dtype."""
    called = dotted(node.func) if isinstance(node, ast.Call) else None
    if not isinstance(node, ast.Call) or (called or "").rpartition(".")[2] not in TENSORS:
        return known_value(node, names), None
    if len(node.args) != 1:
        raise ReadError(f"{shown(node)} cannot be read", required="a tensor of one number")
    dtype = "float32"
    for keyword in node.keywords:
        if keyword.arg == "dtype":
            written = (dotted(keyword.value) or "").rpartition(".")[2]
            dtype = DTYPES.get(written, written)
    if dtype not in DTYPES.values():
        text = "the tensor's dtype has no native arithmetic here"
        raise ReadError(text, required="float32 or float64", got=dtype or "?")
    return known_value(node.args[0], names), dtype
