"""Functions pasted without what calls them: what they are given each time, by how they use it.

A method that stands without its class asks the object for the place in the run; an adjusting
function may be told the epoch and the batch; a function that trains one epoch is called once for
each. That is said as Python, before anything of the text is followed.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final

from isorate.kit import registry
from isorate.reading.alone import RATE
from isorate.reading.loops import Supposed, stored
from isorate.reading.mentions import forget, mentions
from isorate.reading.subclasses import BARE, COUNTED, base_that
from isorate.reading.terms import COUNTERS, counters_of
from isorate.schedule.syntax import dotted, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: What attributes are called that count, of the names that may.
PLACES: Final = re.compile(r".*(epoch|step|iter|update).*")
#: What a place in an epoch is called besides.
BATCH: Final = re.compile(r"batch(_?(idx|index|i|num|id|step))?")
#: What the place in the run is called in a function that is told it in two parts.
BOTH: Final = ("global_step", "step_in_all")
#: What a length of an epoch may be.
LENGTHS: Final = (ast.Name, ast.Attribute, ast.Call)


def completed(body: list[ast.stmt]) -> tuple[list[ast.stmt], tuple[str, ...]]:
    """Return a text with what its functions are given said, and what was taken for granted."""
    body, said = _arguments_of(list(map(_named, body)))
    calls: list[ast.stmt] = []
    nodes = [n for each in body for n in walk(each)]
    called = {_last(n.func) for n in nodes if isinstance(n, ast.Call)}
    handed = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    rating = _rating(node for node, _ in _functions(body))
    for node, method in _functions(body):
        if not method and _is_method(node):
            _apart(node)
        if node.name in called | handed or node.decorator_list:
            continue
        if not method and _is_method(node) and (mentions(node).rates or _returns_a_rate(node)):
            said += _told_by_itself(node, nodes)
        said += _in_two_parts(node)
        said += _of_a_group(node)
        forget(node)
        calls += () if method else _for_each_epoch(node, rating)
    body, base = _with_a_class(body)
    said += base
    return [*body, *(calls if len(calls) == 1 else ())], tuple(said)


def _with_a_class(body: list[ast.stmt]) -> tuple[list[ast.stmt], list[str]]:
    """Give methods that stand without their class one, by what they ask of it.

    A ``get_lr`` of each of the first rates is of an optimizer's groups; one rate is by itself.
    """
    methods = [each for each in body if isinstance(each, ast.FunctionDef) and _is_method(each)]
    by_name = {each.name: each for each in methods}
    rates = by_name.get("get_lr")
    asks = {getattr(n, "attr", "") for n in walk(rates)} if rates else set()
    counted = _counted(methods)
    bases, said = list[ast.expr](), list[str]()
    if asks & COUNTED:
        constructor = base_that(grouped=bool(asks & {"base_lrs", "param_groups"}))
        base = f"{constructor.card.name.rpartition('.')[0]}.{BARE[0]}"
        bases = [ast.parse(base, mode="eval").body]
        said = [f"get_lr is taken to be a method of a {base}"]
    elif counted and "__init__" not in by_name and _rating(methods):
        start = "\n    ".join(f"self.{each} = 0" for each in counted)
        methods += ast.parse(f"def __init__(self):\n    {start}").body  # type: ignore[arg-type]
        text = "is taken to begin with 0, as nothing here sets it"
        said = [f"self.{each} {text}" for each in counted]
    else:
        return body, []
    first = next(iter(by_name.values()))
    at = body.index(first)
    whole = ast.ClassDef(f"the class of {first.name}", bases, [], [*methods], [])
    left = [each for each in body if each not in methods]
    return [*left[:at], ast.copy_location(whole, first), *left[at:]], said


def _counted(methods: Sequence[ast.FunctionDef]) -> list[str]:
    """Return the attributes that methods add to, and set otherwise nowhere."""
    nodes = [n for each in methods for n in walk(each)]
    added = [n.target for n in nodes if isinstance(n, ast.AugAssign) and isinstance(n.op, ast.Add)]
    set_ = [n.attr for n in nodes if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)]
    own = [n.attr for n in added if isinstance(n, ast.Attribute) and dotted(n.value) == "self"]
    return [name for name in own if set_.count(name) == 1]


def _functions(body: Sequence[ast.stmt]) -> Iterator[tuple[ast.FunctionDef, bool]]:
    """Visit the functions of a text, and the methods of its classes."""
    for each in body:
        if isinstance(each, ast.FunctionDef):
            yield each, False
        elif isinstance(each, ast.ClassDef):
            yield from ((m, True) for m in each.body if isinstance(m, ast.FunctionDef))


def _named(node: ast.stmt) -> ast.stmt:
    """Return a lambda that is given an optimizer, and has a name, as the function that it is."""
    match node:
        case ast.Assign([ast.Name(id=name)], ast.Lambda(arguments, ast.Call() as made)):
            first = [a.arg for a in arguments.args][:1]
            if first and "optim" in first[0]:
                function = ast.FunctionDef(name, arguments, [ast.Return(made)], [])
                return ast.fix_missing_locations(ast.copy_location(function, node))
    return node


def _arguments_of(body: list[ast.stmt]) -> tuple[list[ast.stmt], list[str]]:
    """Return arguments of a trainer's that were copied without their class as a call of it."""
    named = _keywords(body)
    names = {each.arg for each in named}
    for trainer in registry.trainers():
        if trainer.fragment is not None and trainer.fragment[1] in names:
            title = trainer.fragment[0]
            call = ast.Call(ast.Name(title, ast.Load()), [], named)
            made = ast.copy_location(ast.Expr(ast.copy_location(call, body[0])), body[0])
            said = (
                f"these are taken to be arguments of {trainer.name}' {title}, others its defaults"
            )
            return [ast.fix_missing_locations(made)], [said]
    return body, []


def _keywords(body: list[ast.stmt]) -> list[ast.keyword]:
    """Return the arguments that a text is: one a line they are Python, if something else there."""
    match body:
        case [ast.Expr(ast.Call(ast.Name(id="dict"), [], named))]:
            return named
    found: list[ast.keyword] = []
    for each in body if len(body) > 1 else []:
        match each:
            case ast.Assign([ast.Name(id=name)], ast.Tuple([value])):
                found.append(ast.keyword(name, value))
            case ast.Assign([ast.Name(id=name)], value) if each is body[-1]:
                found.append(ast.keyword(name, value))
            case _:
                return []
    return found


def _rating(functions: Iterable[ast.FunctionDef]) -> set[str]:
    """Return the functions that set rates, or call others that do."""
    named = {node.name: mentions(node) for node in functions}
    found = {name for name, each in named.items() if each.rates}
    for _ in named:
        found |= {name for name, each in named.items() if each.called & found}
    return found


def _last(node: ast.expr) -> str:
    """Return the last part of what is called."""
    return getattr(node, "attr", "") or getattr(node, "id", "")


def _apart(node: ast.FunctionDef) -> None:
    """Give a method without its class, which calls a function of its name, another name."""
    inside = (n for each in node.body for n in ast.walk(each))
    if any(isinstance(n, ast.Name) and n.id == node.name for n in inside):
        node.name = f"{node.name} of self"


def _is_method(node: ast.FunctionDef) -> bool:
    return bool(node.args.args) and node.args.args[0].arg == "self"


def _returns_a_rate(node: ast.FunctionDef) -> bool:
    """Whether a function is called as one that returns a rate, and builds nothing."""
    called = mentions(node).called
    builds = any(name[:1].isupper() or "sched" in name for name in called)
    returns = any(isinstance(n, ast.Return) and n.value is not None for n in walk(node))
    return bool(RATE.search(node.name)) and returns and not builds


def _open(node: ast.FunctionDef) -> list[str]:
    """Return the parameters that whoever calls a function has to give it."""
    arguments = node.args
    placed = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    named = [a.arg for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
             if d is None]  # fmt: skip
    return [*placed[: len(placed) - len(arguments.defaults)], *named]


def _told_by_itself(node: ast.FunctionDef, nodes: Sequence[ast.AST]) -> Iterator[str]:
    """Let a method without its class be given the one attribute that counts, where none sets it."""
    own = [n for n in nodes if isinstance(n, ast.Attribute) and dotted(n.value) == "self"]
    functions = {id(n.func) for n in nodes if isinstance(n, ast.Call)}
    apart = {n.attr for n in own if not isinstance(n.ctx, ast.Load) or id(n) in functions}
    asked = {n.attr for n in walk(node) if n in own and isinstance(n, ast.Attribute)}
    if asked & COUNTED:
        return
    names = [name for name in counters_of(sorted(asked), sure=True) if PLACES.fullmatch(name)]
    if len(names) != 1 or apart & {*names} or counters_of(_open(node), sure=True):
        return
    taken = {n.id for n in walk(node) if isinstance(n, ast.Name)}
    taken |= {a.arg for a in node.args.args}
    name = names[0] if names[0] not in taken else f"_{names[0]}"
    if name in taken:
        return
    _Given(names[0], name).visit(node)
    node.args.args.insert(1, ast.arg(name))
    yield f"self.{names[0]} is taken to be 0, 1, 2 and so on, as nothing here sets it"


class _Given(ast.NodeTransformer):
    """Puts a parameter in place of an attribute."""

    def __init__(self, attribute: str, name: str) -> None:
        self.attribute, self.name = attribute, name

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if node.attr == self.attribute and dotted(node.value) == "self":
            return ast.copy_location(ast.Name(self.name, ast.Load()), node)
        return self.generic_visit(node)


def _of_a_group(node: ast.FunctionDef) -> Iterator[str]:
    """Let a function that is given a parameter group, and sets its rate, be given the optimizer."""
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    placed = [each for each in node.args.args if each.arg in _open(node)]
    for each in placed if not {"optimizer", "param_groups"} & names else ():
        setting = _Setting(each.arg)
        setting.visit(node)
        if setting.found and not setting.others:
            setting.done = True
            setting.visit(node)
            text = f"{each.arg} of {node.name} is taken to be each of the optimizer's groups"
            each.arg = "optimizer"
            yield text
            return


class _Setting(ast.NodeTransformer):
    """Finds where a group's rate is set, and sets it in all groups when that is ``done``."""

    def __init__(self, name: str) -> None:
        self.name, self.found, self.others, self.done = name, False, False, False

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        match node.targets:
            case [ast.Subscript(ast.Name(id=name), ast.Constant("lr"))] if name == self.name:
                self.found = True
                groups = ast.Attribute(
                    ast.Name("optimizer", ast.Load()), "param_groups", ast.Load()
                )
                loop = ast.For(ast.Name(name, ast.Store()), groups, [node], [])
                made = ast.fix_missing_locations(ast.copy_location(loop, node))
                return made if self.done else node
        return self.generic_visit(node)  # type: ignore[return-value]

    def visit_Name(self, node: ast.Name) -> ast.expr:
        self.others = self.others or node.id == self.name
        return node


def _in_two_parts(node: ast.FunctionDef) -> Iterator[str]:
    """Let a function that is told the epoch and the batch be told the place in the run.

    Which is which, and how long an epoch is, is what it adds them up by.
    """
    places = (*COUNTERS, BATCH)
    told = [name for name in _open(node) if any(each.fullmatch(name) for each in places)]
    found = {ast.dump(length): (epoch, batch, length)
             for n in walk(node) for epoch, batch, length in _sums(n)
             if {epoch, batch} <= {*told}}  # fmt: skip
    if len({(epoch, batch) for epoch, batch, _ in found.values()}) != 1 or len(found) != 1:
        return
    ((epoch, batch, length),) = found.values()
    inside = {n.id for n in walk(length) if isinstance(n, ast.Name)}
    whole = next((name for name in BOTH if name not in mentions(node).used), None)
    set_ = {name for each in node.body for name in stored(each)}
    if whole is None or set_ & {epoch, batch, *inside} or not isinstance(length, LENGTHS):
        return
    for name, op in ((epoch, ast.FloorDiv()), (batch, ast.Mod())):
        value = ast.BinOp(ast.Name(whole, ast.Load()), op, length)
        node.body.insert(0, ast.Assign([ast.Name(name, ast.Store())], value))
        ast.fix_missing_locations(ast.copy_location(node.body[0], node.body[-1]))
    arguments = node.args
    for placed in (arguments.posonlyargs, arguments.args, arguments.kwonlyargs):
        for each in placed:
            if each.arg == batch:
                each.arg = whole
    _without(node, epoch)
    text = ast.unparse(length)
    yield f"{node.name} is taken to be called for each {batch} of the {text} of an {epoch}"


def _without(node: ast.FunctionDef, name: str) -> None:
    """Take a parameter away that has no default."""
    arguments = node.args
    for placed in (arguments.posonlyargs, arguments.args):
        placed[:] = [each for each in placed if each.arg != name]
    kept = [(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
            if a.arg != name]  # fmt: skip
    arguments.kwonlyargs, arguments.kw_defaults = [a for a, _ in kept], [d for _, d in kept]


def _sums(node: ast.AST) -> Iterator[tuple[str, str, ast.expr]]:
    """Visit the ways in which a sum counts on: epochs of a length, and batches."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Add):
        return
    for one, other in ((node.left, node.right), (node.right, node.left)):
        match one, other:
            case ast.BinOp(left, ast.Mult(), right), ast.Name(id=batch):  # epoch * length + batch
                for epoch, length in ((left, right), (right, left)):
                    if isinstance(epoch, ast.Name):
                        yield epoch.id, batch, length
            case ast.BinOp(batch_, ast.Div(), length), ast.Name(id=epoch):  # epoch + batch / length
                batches, length = _bare(batch_), _bare(length)
                if isinstance(batches, ast.Name):
                    yield epoch, batches.id, length


def _bare(node: ast.expr) -> ast.expr:
    """Return what is made a float of."""
    match node:
        case ast.Call(ast.Name(id="float"), [inner], []):
            return inner
    return node


def _for_each_epoch(node: ast.FunctionDef, rating: set[str]) -> Iterator[ast.stmt]:
    """Call a function that trains in a loop of its own, and is told the epoch, for each of them."""
    told = counters_of(_open(node), sure=True)
    sets = (m for m in map(mentions, mentions(node).loops) if m.rates or m.called & rating)
    loops = [each for each in sets if each.steps]
    if len(told) != 1 or not loops or node.args.kwonlyargs or _is_method(node):
        return
    given: list[ast.expr] = [ast.Name(name, ast.Load()) for name in _open(node)]
    call = ast.Call(ast.Name(node.name, ast.Load()), given, [])
    turns = ast.Call(ast.Name("count", ast.Load()), [], [])
    loop = Supposed(ast.Name(told[0], ast.Store()), turns, [ast.Expr(call)], [])
    yield ast.fix_missing_locations(ast.copy_location(loop, node))
