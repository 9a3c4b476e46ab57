"""Schedulers of the text's own whose ``get_lr`` says their rates: a function of the step."""

from __future__ import annotations

import ast
import copy
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from isorate.kit import registry
from isorate.reading import functions
from isorate.reading.frames import Frame
from isorate.reading.mentions import mentions
from isorate.reading.schedules import Argument, LackingError
from isorate.reading.values import (
    MISSING,
    Bound,
    Class,
    Function,
    Instance,
    Schedule,
    Unknown,
)
from isorate.schedule.errors import MissingRateError, ReadError
from isorate.schedule.syntax import Placing, number_node, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from isorate.kit.call import Call
    from isorate.reading.calls import Calls
    from isorate.reading.naming import Name
    from isorate.schedule.expression import Expression

#: What is derived from, where nothing but ``get_lr`` says the rates.
BARE: Final = ("LRScheduler", "_LRScheduler")
#: Methods that change when the rate is set, or that are asked besides.
OTHERS: Final = ("step", "_initial_step", "_update_lr", "get_last_lr", "load_state_dict")
#: What a ``get_lr`` asks of them for where it stands.
COUNTED: Final = frozenset({"last_epoch", "_step_count", "base_lrs"})
#: What the step is called in the function that is made.
STEP: Final = "step"
#: What stands for the attribute that counts the steps, in such a function and in what it calls.
COUNT: Final = "counted_"


def subclass(
    follower: Calls, of: Class, given: list[Any], named: dict[str, Any], node: ast.Call,
    start: Callable[[Instance], object],
) -> Schedule | None:  # fmt: skip
    """Return what an object of a scheduler's class makes; none where that is not followed.

    ``start`` builds the object.

    Raises:
        ReadError: its ``get_lr`` is no function of the step.

    """
    rates, base = of.find("get_lr"), base_of(of)
    if base is None:
        return _of_the_count(follower, of, node, start)
    if not isinstance(rates, Function) or any(of.find(name) is not MISSING for name in OTHERS):
        return None
    _check_start(of, given, named)
    alone = _rated(base)
    if alone is not None:
        return _with_its_rate(follower, of, rates, alone, given, named, node)
    constructor = registry.first("function", follower.dialect)
    schedule = Schedule(None, node)
    value = named.get("optimizer", given[0] if given else None)
    text = next(iter(node.args), None)
    instance = Instance(of, _source(node))
    try:
        optimizer = follower.optimizer_of(Argument(value, text), constructor, schedule)
    except MissingRateError as error:
        rated = getattr(error, "leaves", ())
        start(instance)
        try:
            _of_group(follower, rates, instance, 1.0, 0)
        except LackingError as lacking:  # which is asked for at once
            leaves = [*rated, *lacking.leaves]
            raise LackingError(of.name, leaves, rate=not rated) from None
        raise
    start(instance)
    made = [
        _of_group(follower, rates, instance, group.base, place)
        for place, group in enumerate(optimizer.groups)
    ]
    schedule.call = follower.of_function(made, schedule.optimizer)
    follower.found.built.append(schedule)
    follower.assumed[f"{of.name} is the text's own: its rate is a factor of 1.0 here"] = None
    return schedule


def _of_the_count(
    follower: Calls, of: Class, node: ast.Call, start: Callable[[Instance], object]
) -> Schedule | None:
    """Return what an object makes that a method of its class says of an optimizer's count."""
    bases = [base.name for base in of.foreign if base.name is not None]
    known = registry.derived_from(bases[0].origin) if len(bases) == 1 else None
    method = MISSING if known is None else of.find(known[1])
    if known is None or not isinstance(method, Function):
        return None
    instance, before = Instance(of, _source(node)), len(follower.found.built)
    start(instance)
    inside = follower.found.built[before:]  # they are the object's, be they asked or not
    schedule = follower.own_function(known[0], Bound(method, [instance]), node)
    schedule.members += inside
    return schedule


def _with_its_rate(
    follower: Calls, of: Class, rates: Function, constructor: type[Call], given: list[Any],
    named: dict[str, Any], node: ast.Call,
) -> Schedule:  # fmt: skip
    """Return what an object makes that has its first rate itself, and hands it to its base."""
    instance = Instance(of, _source(node))
    first = of.find("__init__")
    inherited = ast.parse("def __init__(self, learning_rate): self.base_lr = learning_rate").body[0]
    start = Function(inherited, rates.frame, {"learning_rate": 0.1})  # type: ignore[arg-type]
    if isinstance(first, Function):
        based = _Based(first.node.args.args[0].arg).visit(copy.deepcopy(first.node))
        start = replace(first, node=ast.fix_missing_locations(based))
    follower.called(start, [instance, *given], named, node)
    base = instance.kept.get("base_lr")
    methods = [m.node for m in of.names.values() if isinstance(m, Function)]
    used = any(getattr(n, "attr", "") == "base_lr" for m in methods for n in ast.walk(m))
    lacking = [*base.leaves()] if isinstance(base, Unknown) and used else []
    if isinstance(base, Unknown) and not used:
        base = 1.0  # which nobody asks
    if not lacking and (isinstance(base, bool) or not isinstance(base, int | float)):
        raise ReadError(f"{of.name} hands no first rate to its base")
    instance.kept["base_lr"] = 1.0 if lacking else float(base)  # type: ignore[arg-type]
    frame = Frame(follower.given, rates.frame)
    own = rates.node.args.args[0].arg
    frame.names[own] = instance
    body = _OfStep(own).visit(ast.Module(copy.deepcopy(rates.node.body), [])).body  # type: ignore[arg-type]
    try:
        made = _of_steps(follower, instance, body, frame)
    except LackingError as error:
        raise LackingError(of.name, [*lacking, *error.leaves]) from None
    if lacking:
        raise LackingError(of.name, lacking)
    call = constructor.of(dict(zip(constructor.parameters(), (1.0, made), strict=False)))
    schedule = Schedule(call, node)
    follower.found.built.append(schedule)
    follower.assumed[f"{of.name} is the text's own: its rate is a factor of 1.0 here"] = None
    return schedule


class _Based(ast.NodeTransformer):
    """Puts the first rate that a base is handed in place of the call that hands it."""

    def __init__(self, own: str) -> None:
        self.own = own

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        match node.value:
            case ast.Call(func=ast.Attribute(value=base, attr="__init__"), args=given) as call:
                bound = isinstance(base, ast.Call)
                placed = given if bound else given[1:]
                named = {keyword.arg: keyword.value for keyword in call.keywords}
                if None in named or any(isinstance(each, ast.Starred) for each in placed):
                    raise ReadError(f"{shown(node)} is not followed")
                rate = named.get("learning_rate", next(iter(placed), ast.Constant(0.1)))
                place = ast.Attribute(ast.Name(self.own, ast.Load()), "base_lr", ast.Store())
                return ast.copy_location(ast.Assign([place], rate), node)
        return self.generic_visit(node)


class _OfStep(ast.NodeTransformer):
    """Puts the step in place of the attribute that counts it."""

    def __init__(self, own: str) -> None:
        self.own = own

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id == self.own:
            if node.attr in COUNTED and not isinstance(node.ctx, ast.Load):
                raise ReadError(f"{shown(node)} is set in a get_lr, which is not followed")
            if node.attr == "last_epoch":
                return ast.Name(STEP, ast.Load())
            if node.attr in ("last_lr", "__dict__"):
                raise ReadError(f"{shown(node)} is not followed in a get_lr")
        return self.generic_visit(node)


def base_of(of: Class) -> Name | None:
    """Return what a class is derived from, where that leaves it to ``get_lr`` to say the rates."""
    bases = [base.name for base in of.foreign if base.name is not None]
    bare = len(bases) == 1 and bases[0].origin.rpartition(".")[2] in BARE
    return bases[0] if bare else None


def _source(node: ast.Call) -> str:
    """Return what an object is known by: as its methods say it, where no text builds it."""
    return "self" if getattr(node, "end_lineno", None) is None else ast.unparse(node)


def base_that(*, grouped: bool) -> type[Call]:
    """Return the first constructor of functions that is of an optimizer's groups, or is not."""
    known = (each.function for each in registry.builtin().values() if each.function)
    return next(each for each in known if ("optimizer" in each.parameters()) is grouped)


def _rated(base: Name) -> type[Call] | None:
    """Return what says a rate by itself in the framework of a base; none where no such does."""
    own = registry.builtin().get(base.origin.partition(".")[0])
    found = own.function if own is not None else None
    return None if found is None or "optimizer" in found.parameters() else found


def first_of(of: Class) -> str:
    """Return what a scheduler is given first, where its class does not say it."""
    base = base_of(of)
    return "learning_rate" if base is not None and _rated(base) else "optimizer"


def by_its_base(of: Class) -> bool:
    """Whether a class leaves it to its base when its ``get_lr`` is asked."""
    asked = isinstance(of.find("get_lr"), Function) and base_of(of) is not None
    return asked and all(of.find(name) is MISSING for name in OTHERS)


def _check_start(of: Class, given: list[Any], named: dict[str, Any]) -> None:
    """Refuse an object that goes on from a step, or is built further once it was asked."""
    first = of.find("__init__")
    if not isinstance(first, Function) or isinstance(first.node, ast.Lambda):
        return
    placed = [a.arg for a in first.node.args.args][1:]
    values = {**first.defaults, **dict(zip(placed, given, strict=False)), **named}
    last = values.get("last_epoch", -1)
    if getattr(last, "value", last) != -1:
        raise ReadError(f"{of.name} goes on from last_epoch, which is not followed here")
    body = first.node.body
    at = [i for i, s in enumerate(body) if "__init__(" in ast.unparse(s)]
    calls = [n for i in at for n in ast.walk(body[i]) if isinstance(n, ast.Call)]
    for call in calls:
        given_last = [k.value for k in call.keywords if k.arg == "last_epoch"]
        for value in (*given_last, *call.args):
            if isinstance(value, ast.Constant | ast.UnaryOp) and ast.unparse(value) != "-1":
                raise ReadError(f"{of.name} goes on from a step, which is not followed here")
    late = [n for s in body[at[0] + 1 :] for n in ast.walk(s)] if at else []
    own = [n for n in late if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)]
    others = [m.node for m in of.names.values() if isinstance(m, Function) and m is not first]
    used = {n.attr for m in others for n in ast.walk(m) if isinstance(n, ast.Attribute)}
    for each in own:
        if each.attr in used:
            text = f"{shown(each)} is set after {of.name} was asked for its first rates"
            raise ReadError(text, hint="set it before super().__init__(...)")


def _of_group(
    follower: Calls, rates: Function, instance: Instance, base: Any, place: int
) -> Expression:
    """Return the rate of one parameter group as an expression of the step."""
    node = rates.node
    assert not isinstance(node, ast.Lambda)
    frame = Frame(follower.given, rates.frame)
    own = node.args.args[0].arg
    frame.names[own] = instance
    whole = ast.Module(copy.deepcopy(node.body), [])
    body = _OfGroup(own, base, place).visit(whole).body
    return _of_steps(follower, instance, body, frame)


def _of_steps(
    follower: Calls, instance: Instance, body: list[ast.stmt], frame: Frame
) -> Expression:
    """Return what statements compute of the step, which other methods of an object ask for, too."""
    count = ast.Name(COUNT, ast.Load())
    further = ast.BinOp(count, ast.Add(), ast.Constant(1))
    follower.tallies[COUNT] = count
    for name, term in (("last_epoch", count), ("_step_count", further)):
        instance.kept[name] = Unknown(f"self.{name}", varies=True, term=term)
    frame.names[COUNT] = Unknown(COUNT, varies=True, term=count)
    try:
        whole = functions.stating("get_lr", STEP, body, frame)
        made = functions.formula(follower, whole, follower.longest)[1]
    finally:
        del follower.tallies[COUNT]
    return functions.said(STEP, Placing({COUNT: ast.Name(STEP, ast.Load())}).visit(made))


class _OfGroup(ast.NodeTransformer):
    """Takes of a ``get_lr`` what it says of one parameter group."""

    def __init__(self, own: str, base: Any, place: int) -> None:
        self.own, self.base, self.place = own, base, place
        #: The lists that rates are put into, one of each group.
        self.listed: set[str] = set()

    def visit_If(self, node: ast.If) -> Any:
        if "_get_lr_called_within_step" in ast.unparse(node.test):
            return None  # which only warns
        return self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> Any:
        match node.value:
            case ast.ListComp(
                elt=elt, generators=[ast.comprehension(ast.Name(id=name), source, [])]
            ) if self._is_groups(source):
                first = _First(name, self._base())
                said = ast.Return(self.visit(first.visit(elt)))
                if not first.others:
                    return said
            case ast.ListComp(
                elt=elt, generators=[ast.comprehension(target=target, iter=source, ifs=[])]
            ):
                named = self._named(target, source)
                said = ast.Return(self.visit(elt))
                if named is not None:
                    return [*named, said]
            case ast.expr() as value if self._is_bases(value):
                return ast.Return(self._base())
            case ast.Call(func=ast.Name(id="list"), args=[value]) if self._is_bases(value):
                return ast.Return(self._base())
            case ast.BinOp(
                ast.List([elt]), ast.Mult(), ast.Call(ast.Name(id="len"), [several])
            ) if self._is_bases(several) or self._is_groups(several):
                return ast.Return(self.visit(elt))
            case ast.Name(id=name) if name in self.listed:
                return node
        raise ReadError(f"{shown(node)} is no rate of each of the first rates")

    def visit_For(self, node: ast.For) -> Any:
        first = self._named(node.target, node.iter)
        if first is None or node.orelse or not _lists(node.body):
            return self.generic_visit(node)
        named = _Naming(self.listed)
        body = [self.visit(named.visit(each)) for each in node.body]
        return [*first, *body]

    def _named(self, target: ast.expr, source: ast.expr) -> list[ast.stmt] | None:
        """Name the first rate of the group, and what else a loop goes through beside those.

        None is where it goes through something else.
        """
        match source, target:
            case _, ast.Name() if self._is_bases(source):
                return [ast.Assign([target], self._base())]
            case (
                ast.Call(func=ast.Name(id="enumerate"), args=[inner]),
                ast.Tuple(elts=[ast.Name() as index, each]),
            ):
                rest = self._named(each, inner)
                place = ast.Assign([index], ast.Constant(self.place))
                return None if rest is None else [place, *rest]
            case ast.Call(func=ast.Name(id="zip"), args=several), ast.Tuple(elts=names) if len(
                several
            ) == len(names) and all(isinstance(n, ast.Name) for n in names):
                if [*map(self._is_bases, several)].count(True) != 1:
                    return None
                place_ = ast.Constant(self.place)
                items = (
                    self._base()
                    if self._is_bases(each)
                    else ast.Subscript(self.visit(each), place_, ast.Load())
                    for each in several
                )
                pairs = zip(names, items, strict=True)
                return [ast.Assign([name], item) for name, item in pairs]
        return None

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        if isinstance(node.value, ast.Name) and node.value.id == self.own:
            if node.attr in COUNTED and not isinstance(node.ctx, ast.Load):
                raise ReadError(f"{shown(node)} is set in a get_lr, which is not followed")
            if node.attr == "last_epoch":
                return ast.Name(STEP, ast.Load())
            if node.attr == "_step_count":
                return ast.BinOp(ast.Name(STEP, ast.Load()), ast.Add(), ast.Constant(1))
            if node.attr in ("base_lrs", "optimizer", "_last_lr"):
                raise ReadError(f"{shown(node)} is not followed in a get_lr")
        return self.generic_visit(node)

    def _is_bases(self, node: ast.AST) -> bool:
        return ast.unparse(node) == f"{self.own}.base_lrs"

    def _is_groups(self, node: ast.AST) -> bool:
        return ast.unparse(node) == f"{self.own}.optimizer.param_groups"

    def _base(self) -> ast.expr:
        return number_node(self.base)


def _lists(body: list[ast.stmt]) -> bool:
    """Whether a loop's body puts one item into a list, in whichever branch, and goes on."""
    nodes = [node for each in body for node in ast.walk(each)]
    if any(isinstance(n, ast.Break | ast.Continue | ast.For | ast.While) for n in nodes):
        return False
    several = [body, *(way for n in nodes if isinstance(n, ast.If) for way in (n.body, n.orelse))]
    putting = [[each for each in way if "append" in mentions(each).called] for way in several]
    return bool(putting[0]) and all(len(each) < 2 for each in putting)


class _Naming(ast.NodeTransformer):
    """Names a rate where it is put into a list of one rate for each group."""

    def __init__(self, listed: set[str]) -> None:
        self.listed = listed

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        match node.value:
            case ast.Call(ast.Attribute(ast.Name(id=name), "append"), [rate], []):
                self.listed.add(name)
                return ast.Assign([ast.Name(name, ast.Store())], rate)
        return node


class _First(ast.NodeTransformer):
    """Puts the first rate in place of the one that a parameter group keeps."""

    def __init__(self, group: str, base: ast.expr) -> None:
        self.group, self.base = group, base
        #: Whether anything else is asked of the group.
        self.others = False

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        match node:
            case ast.Subscript(ast.Name(id=name), ast.Constant("initial_lr")) if name == self.group:
                return self.base
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        self.others = self.others or node.id == self.group
        return node
