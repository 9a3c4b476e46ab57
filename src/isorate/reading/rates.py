"""The rates that a call's text carries: numbers, names, and the optimizer with its groups."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Final

import msgspec

from isorate.kit import registry
from isorate.kit.optimizer import Optimizer, ParamGroup
from isorate.schedule.errors import MissingRateError, OwnRateError, ReadError
from isorate.schedule.expression import constant, missing_names
from isorate.schedule.syntax import dotted, number_node, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from isorate.kit.optimizer import Optimizers

    Names = Mapping[str, Any]
    #: One parameter group as the text has it: its entries by their keys, ``params`` left out.
    Entries = dict[str, ast.expr]

#: More parameter groups than this no text puts together.
MOST_GROUPS: Final = 1000
RATES: Final = ("lr", "learning_rate")
DTYPES: Final = {"float": "float32", "double": "float64"}
#: What hands out or hands on parameters that have no rates of their own.
PLAIN: Final = ("parameters", "trainable_params", "get_parameters", "filter", "list", "tuple",
                "chain", "iter", "reversed")  # fmt: skip


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


def of_rates(rates: float | Sequence[float]) -> Optimizer:
    """Return an optimizer of the rates given beside a text, one a parameter group.

    Raises:
        ReadError: there are none, or one is no rate.
    """
    listed = rates if isinstance(rates, list | tuple) else [rates]
    if not listed:
        raise ReadError("lr is empty", required="one rate for each parameter group")
    return Optimizer.of(*listed)


def read_optimizer(
    node: ast.Call,
    name: str,
    own: Mapping[str, str | None] | None,
    known: Optimizers,
    beside: float | Sequence[float] | None,
    names: Names,
    groups_of: Mapping[str, list[Entries] | None],
) -> Optimizer:
    """Read an optimizer's text.

    Args:
        node: the call that builds it.
        name: its class, as it is to be written.
        own: the parameters of a class of the framework's own, with their defaults; else none.
        known: the framework's optimizers.
        beside: the rates given beside the text, one a parameter group.
        names: the names that have a value.
        groups_of: the parameter groups that the text has names for; none where they are not known.

    Raises:
        MissingRateError: neither the text nor what is beside it says a rate.
        ReadError: both do, or the text cannot be read.
    """
    if own is None and not name.rpartition(".")[2][:1].isupper():  # a function, of whatever
        if beside is not None:
            return of_rates(beside)
        raise MissingRateError(f"{shown(node)} is not followed", hint="give its rate: --lr 0.1")
    signature = {"params": None} if own is None else own
    arguments, placed, spread = _bound(node, signature)
    rates = [key for key in RATES if own is None or key in own]
    if own and known.schedules:  # the first parameter, as for a schedule
        rates = [*own][:1]
    default = next((arguments[key] for key in rates if key in arguments), None)
    entries = None if spread and default is None else _entries(arguments.get("params"), groups_of)
    rest = [ast.unparse(_plain(value, names)) for value in placed]
    rest += [
        f"{key}={ast.unparse(_plain(value, names))}"
        for key, value in arguments.items()
        if key not in ("params", *rates)
    ] + spread
    kept = Optimizer((), name, tuple(rest))
    try:
        stated = entries is not None and (default is not None or any("lr" in e for e in entries))
        if beside is not None and not stated:
            return msgspec.structs.replace(kept, groups=of_rates(beside).groups)
        usual = next((signature[key] for key in rates if signature.get(key) is not None), None)
        if default is None and usual is not None:
            default = ast.parse(usual, mode="eval").body
        if entries is None:
            raise MissingRateError(
                f"the parameter groups in {shown(node)} are not known, and may have rates",
                hint="give them: --lr 0.1, or 0.1,0.01 for two groups",
            )
        groups = tuple(_group(each, default, kept.name, known, names) for each in entries)
        own_rates = ["lr" in each for each in entries]
        if entries != [{}]:  # else the only group is the only one that holds the tensor
            pairs = zip(groups, own_rates, strict=True)
            groups = tuple(
                g if own or g.tensor is None else msgspec.structs.replace(g, shared=True)
                for g, own in pairs
            )
        kept = msgspec.structs.replace(
            kept, groups=groups, stated=_stated(default, groups, own_rates, known, names)
        )
    except MissingRateError:  # lr=args.lr: the rate beside it may be meant for just that
        if beside is None:
            raise
        return msgspec.structs.replace(kept, groups=of_rates(beside).groups)
    if beside is not None:
        text = "the rate is given twice, in the text and beside it"
        raise OwnRateError(text, hint="leave lr away")
    return kept


def _stated(
    default: ast.expr | None,
    groups: Sequence[ParamGroup],
    own_rates: Sequence[bool],
    known: Optimizers,
    names: Names,
) -> ParamGroup | str | None:
    """Return the rate that an optimizer is given besides those of its groups."""
    if default is None:
        return "lr"
    try:
        stated = _rated(default, None, known, names)
    except ReadError:  # which is no matter where every group has its own
        return shown(default)
    if stated.tensor is not None and not all(own_rates):
        return None
    first = groups[0]
    same = (type(stated.lr), stated.lr, None) == (type(first.lr), first.lr, first.tensor)
    return None if same and stated.tensor is None else stated


def _bound(
    node: ast.Call, signature: Mapping[str, Any]
) -> tuple[dict[str, ast.expr], list[ast.expr], list[str]]:
    """Return an optimizer's arguments by name, those that no name is known for, and ``**`` ones."""
    positional = [a for a in node.args if not isinstance(a, ast.Starred)]
    arguments = dict(zip(signature, positional, strict=False))
    placed = positional[len(signature) :]
    arguments.update({k.arg: k.value for k in node.keywords if k.arg is not None})
    spread = [f"**{ast.unparse(k.value)}" for k in node.keywords if k.arg is None]
    spread += [ast.unparse(a) for a in node.args if isinstance(a, ast.Starred)]
    return arguments, placed, spread


def find_groups(
    node: ast.expr, groups_of: Mapping[str, list[Entries] | None], names: Names
) -> list[Entries] | None:
    """Return the parameter groups that a value of the text is, its names put in as they are now.

    None where they are not known.
    """
    entries = _entries(node, groups_of)
    if entries is None:
        return None
    return [
        each
        if isinstance(each, _AsItWas)
        else _AsItWas({key: _plain(value, names) for key, value in each.items()})
        for each in entries
    ]


class _AsItWas(dict[str, ast.expr]):
    """The entries of a group whose names have been put in."""


def _entries(
    node: ast.expr | None, groups_of: Mapping[str, list[Entries] | None]
) -> list[Entries] | None:
    """Return the groups that parameters are: one without entries where they are plain."""
    match node:
        case None | ast.Attribute() | ast.Subscript() | ast.GeneratorExp():
            return [{}]
        case ast.Name(id=name):
            return groups_of.get(name, [{}])
        case ast.List(elts=items) | ast.Tuple(elts=items):
            found = [_entry(item, groups_of) for item in items]
            if all(entry == {} for entry in found):
                return [{}]
            wrong = next((item for item in items if isinstance(item, ast.Constant)), None)
            if wrong is not None:
                raise ReadError(f"{shown(wrong)} is not a parameter group", required="a dict")
            return [entry for entry in found if entry] if all(found) else None
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            a, b = _entries(left, groups_of), _entries(right, groups_of)
            if a == b == [{}]:
                return a
            if a is None or b is None or {} in (*a, *b):
                return None
            if len(a) + len(b) > MOST_GROUPS:
                raise ReadError("too many parameter groups", required=f"at most {MOST_GROUPS}")
            return [*a, *b]
        case ast.ListComp(elt=ast.Name() | ast.Subscript()):
            return [{}]
        case ast.Call(func=func):
            called = func.attr if isinstance(func, ast.Attribute) else dotted(func)
            if called not in PLAIN:
                return None
            return [{}] if all(_entries(a, groups_of) == [{}] for a in node.args[-1:]) else None
    return None


def _entry(item: ast.expr, groups_of: Mapping[str, list[Entries] | None]) -> Entries | None:
    """Return the entries of one element of a list; empty for a plain parameter."""
    match item:
        case ast.Dict(keys=keys, values=values):
            if not all(isinstance(key, ast.Constant) for key in keys):
                return None
            pairs = zip(keys, values, strict=True)
            entries = {str(k.value): v for k, v in pairs if isinstance(k, ast.Constant)}
            return _with_params(entries)
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
            return _with_params({k.arg: k.value for k in keywords if k.arg is not None})
        case ast.Name(id=name) if name in groups_of:
            found = groups_of[name]
            return found[0] if found is not None and len(found) == 1 else None
        case ast.Starred(value=value):
            return {} if _entries(value, groups_of) == [{}] else None
    return {}


def _with_params(entries: Entries) -> Entries:
    """Return a group's entries, never empty, so that it is told from a plain parameter."""
    entries.setdefault("params", ast.Constant(None))
    return entries


def _group(
    entries: Entries,
    default: ast.expr | None,
    caller: str,
    known: Optimizers,
    names: Names,
) -> ParamGroup:
    rate = entries.get("lr", default)
    if rate is None:
        text = (
            f"a parameter group of {caller} has no lr" if entries else f"{caller} is given no rate"
        )
        raise MissingRateError(text, hint=f"write {caller}(params, lr=0.1), or give --lr 0.1")
    group = _rated(rate, entries.get("initial_lr"), known, names)
    left = {name: known_value(entries[name], names) for name in known.left if name in entries}
    others = tuple(
        f"{key!r}: {ast.unparse(_plain(value, names))}"
        for key, value in entries.items()
        if key not in ("params", "lr", "initial_lr", *known.left)
    )
    return msgspec.structs.replace(group, left=left, others=others) if left or others else group


def _rated(rate: ast.expr, initial: ast.expr | None, known: Optimizers, names: Names) -> ParamGroup:
    lr, tensor = _rate(rate, known, names)
    if initial is None:
        return ParamGroup(lr, None, tensor)
    initial_lr, initial_tensor = _rate(initial, known, names)
    if initial_tensor != tensor:
        text = "lr and initial_lr differ in kind"
        raise ReadError(text, required="both tensors or both floats")
    return ParamGroup(lr, initial_lr, tensor)


def _rate(node: ast.expr, known: Optimizers, names: Names) -> tuple[Any, Any]:
    """Return a rate and, where a tensor is made of it, the tensor's dtype."""
    written = (dotted(node.func) or "") if isinstance(node, ast.Call) else ""
    home, last = written.partition(".")[0], written.rpartition(".")[2]
    if not isinstance(node, ast.Call) or (last not in known.tensors and home != known.package):
        return known_value(node, names), None
    if (home != known.package and home in registry.builtin()) or last not in known.tensors:
        needed = f"{known.package}.{next(iter(known.tensors), 'tensor')} of one number"
        raise ReadError(f"{shown(node)} cannot be read", required=needed)
    if len(node.args) != 1:
        raise ReadError(f"{shown(node)} cannot be read", required="a tensor of one number")
    rate = known_value(node.args[0], names)
    dtype = known.tensors[last] if isinstance(rate, int) else "float32"
    for keyword in node.keywords:
        if keyword.arg == "dtype":
            written = (dotted(keyword.value) or "").rpartition(".")[2]
            dtype = DTYPES.get(written, written)
    if dtype not in DTYPES.values():
        text = "the tensor's dtype has no native arithmetic here"
        raise ReadError(text, required="float32 or float64", got=dtype or "?")
    return rate, dtype


def _plain(node: ast.expr, names: Names) -> ast.expr:
    """Return an expression with the numbers put in that its names stand for."""
    return _Numbers(names).visit(ast.parse(ast.unparse(node), mode="eval").body)  # type: ignore[no-any-return]


class _Numbers(ast.NodeTransformer):
    """Puts numbers where their names are."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._put(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return self._put(node)

    def _put(self, node: ast.expr) -> ast.expr:
        name = dotted(node)
        value = self.names[name] if name is not None and name in self.names else None
        return number_node(value) if isinstance(value, int | float) else node
