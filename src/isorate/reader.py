"""Source text → Call. The text is parsed, never executed, imported or unpickled."""

from __future__ import annotations

import ast
import contextlib
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from isorate import dialects
from isorate.core.combinators.clocks import on_steps
from isorate.core.errors import MissingRateError, ReadError, ScheduleError
from isorate.core.expression import (
    MODULES,
    Expression,
    constant,
    dotted,
    missing_names,
    parse_value,
    shown,
)
from isorate.core.schedule import Schedule
from isorate.dialects._base import Call, Composition
from isorate.dialects.mindspore import (
    LearningRateList,
    ListConcatenation,
    concatenated,
    is_list,
)
from isorate.rates import known_value, read_optimizer
from isorate.script import check_order, is_optimizer_text, statements

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from isorate.dialects._base import Optimizer

#: Longer texts are refused before they are parsed: a parsed literal takes a kilobyte a number.
LONGEST_TEXT: Final = 1 << 20


def read(
    text: str,
    *,
    lr: float | Sequence[float] | None = None,
    dialect: str | None = None,
    names: Mapping[str, Any] | None = None,
) -> Call:
    """Read one schedule call as people paste it, alone or as the value of an assignment.

    A block of statements may be pasted whole: numbers, the optimizer and the schedulers that a
    scheduler holds are taken by their names, and the last scheduler is the call.

    The name may carry its dotted prefix or any tail of it. A bare name that several frameworks
    share is torch's, unless ``dialect`` says otherwise. Arguments may be positional or keywords,
    arithmetic of literals, and names that ``names`` defines. Where the framework keeps the rate
    in the optimizer, the optimizer may stand in the text, with its parameter groups; otherwise
    ``lr`` gives the rate.

    Args:
        text: Python source of one call, or a list of rates.
        lr: the optimizer's rate; a sequence has one rate for each parameter group.
        dialect: the dialect to read in, e.g. ``"mindspore"``.
        names: values of the names that the text uses, dotted ones as ``"args.epochs"``.

    Returns:
        The call. Its arguments are not yet checked as the framework would: ``Call.fault`` does.

    Raises:
        ReadError: anything but one readable call; it says what is wrong and what would help.

    Example:
        >>> read("CosineAnnealingLR(T_max=2 * 50, eta_min=1e-3)", lr=0.1).T_max
        100

    """
    if not isinstance(text, str):
        raise ReadError("the call is not text", required="a str", got=type(text).__name__)
    if len(text) > LONGEST_TEXT:
        raise ReadError(
            "the text is too long", required="at most 1 MiB", got=f"{len(text)} characters"
        )
    if not text.strip():
        raise ReadError("the text is empty", required="one schedule call")
    try:
        reader = _Reader(dict(names or {}), lr, dialect)
        body = statements(text)
        return reader.call(parse_value(text)) if body is None else reader.script(body)
    except RecursionError:
        raise ReadError("the text is nested too deeply") from None


def read_schedule(
    text: str, rates: Sequence[float] = (), *, names: Mapping[str, Any] | None = None
) -> Schedule:
    """Read a schedule: JSON, or a call, whose schedule is put on the clock of what steps it.

    Args:
        text: one JSON document, or text as ``read`` takes it.
        rates: the first rate of each parameter group, for a call that leaves them to an optimizer.
        names: values of the names that the text uses.

    Raises:
        ReadError: text that cannot be read.
        ScheduleError: JSON that is no schedule.
        ConvertError: a call that has no schedule.

    Example:
        >>> read_schedule("LinearLR(start_factor=0.5, total_iters=4)", [0.5])
        Linear(start=0.25, end=0.5, duration=4, after='hold')

    """
    if text.lstrip().startswith("{"):
        return Schedule.from_json(text)
    try:
        call = read(text, names=names)
    except MissingRateError:
        if not rates:
            raise
        call = read(text, lr=list(rates), names=names)
    return on_steps(call.lower())


class _Reader:
    """Reads one syntax tree, with the names and rates that were given beside it."""

    def __init__(self, names: dict[str, Any], lr: Any, dialect: str | None) -> None:
        self.names = names
        self.lr = lr
        self.dialect = None if dialect is None else dialects.get(dialect).name
        #: The optimizers and schedulers of the text that have a name.
        self.optimizers: dict[str, Optimizer] = {}
        self.schedulers: dict[str, Call] = {}
        #: The schedulers in the order in which Python would build them.
        self.built: list[Call] = []
        #: The optimizer that the text is about, once it has been read.
        self.optimizer: Optimizer | None = None

    def call(self, node: ast.expr) -> Call:
        match node:
            case ast.List() | ast.BinOp(op=ast.Add() | ast.Mult()):
                return self._list(node)
            case ast.Call(func=func):
                constructor = self._constructor(func)
                return self._bind(constructor, node)
        raise ReadError(
            f"{shown(node)} is not a call",
            required="a constructor call such as CosineAnnealingLR(T_max=100)",
        )

    # --- a block of statements -----------------------------------------------------------------

    def script(self, body: list[ast.stmt]) -> Call:
        """Read statements as Python would run them, as far as they are about the schedule."""
        last: Call | None = None
        for statement in body:
            match statement:
                case ast.Assign(targets=[ast.Name() | ast.Attribute() as target], value=value):
                    last = self._assigned(dotted(target), value) or last
                case ast.Expr(value=ast.Call() as value) if self._is_scheduler(value):
                    last = self.call(value)
                case _ if self._mentions_scheduler(statement):
                    first = ast.unparse(statement).partition("\n")[0]
                    text = f"{first[:60]} builds a scheduler where it cannot be followed"
                    raise ReadError(text, hint="paste the statements that build it, one by one")
        if last is None:
            raise ReadError("the text builds no scheduler", required="one schedule call")
        left = [call for call in self.built if not _holds(last, call)]
        if left:
            names = ", ".join(call.name for call in left)
            text = f"{names} acts on the optimizer as well, and {last.name} does not hold it"
            raise ReadError(text, hint="paste only the schedulers that the loop steps")
        check_order(last, self.built)
        return last

    def _assigned(self, name: str | None, value: ast.expr) -> Call | None:
        """Read one assignment; return the scheduler that it builds, if it does."""
        if name is None:
            return None
        if isinstance(value, ast.Call) and self._is_scheduler(value):
            call = self.call(value)
            self.schedulers[name] = call
            return call
        if isinstance(value, ast.Call) and is_optimizer_text(value):
            self._bind_optimizer(name, value)
            return None
        if isinstance(value, ast.List) and any(map(self._mentions_scheduler, value.elts)):
            text = f"{name} is a list of schedulers"
            raise ReadError(text, hint="write the list where it is used")
        with contextlib.suppress(ReadError):  # a model, a loader: nothing that a schedule needs
            self.names[name] = self._value(value)
        return None

    def _bind_optimizer(self, name: str, value: ast.Call) -> None:
        beside = self.lr if self.optimizer is None else None
        self.optimizers[name] = read_optimizer(value, beside, self.names, name)
        self.optimizer = self.optimizers[name]

    def _is_scheduler(self, node: ast.Call) -> bool:
        last = (dotted(node.func) or "").rpartition(".")[2]
        known = dialects.builtin().values()
        return any(_last(c) == last for dialect in known for c in dialect.constructors)

    def _mentions_scheduler(self, node: ast.AST) -> bool:
        return any(isinstance(n, ast.Call) and self._is_scheduler(n) for n in ast.walk(node))

    # --- which constructor ---------------------------------------------------------------------

    def _constructor(self, func: ast.expr) -> type[Call]:
        written = dotted(func)
        if written is None:
            raise ReadError(f"{shown(func)} is not a constructor's name")
        prefix, _, last = written.rpartition(".")
        candidates = [c for c in self._known() if _last(c) == last]
        if not candidates and self.dialect is None:  # perhaps another package has it
            candidates = [c for c in dialects.constructors() if _last(c) == last]
        if not candidates:
            raise ReadError(f"no dialect has {last}", hint=self._suggest(last))
        if prefix:
            matching = [c for c in candidates if self._prefix_fits(prefix, c)]
            if not matching:
                full = " or ".join(c.card.name for c in candidates)
                if prefix == "isorate.torch":  # it has more names than there are calls of it
                    what = f"{written} is not read; it gives the rates that torch's means"
                    raise ReadError(what, hint=f"write {full}")
                raise ReadError(f"{written} does not exist", hint=f"write {full}")
            candidates = matching
        if len(candidates) > 1:
            candidates = [c for c in candidates if c.card.bare] or candidates
        if len(candidates) > 1:
            full = " or ".join(c.card.name for c in candidates)
            raise ReadError(f"{written} could be several calls", hint=f"write {full}")
        return candidates[0]

    def _known(self) -> list[type[Call]]:
        if self.dialect is not None:
            return list(dialects.get(self.dialect).constructors)
        return [c for d in dialects.builtin().values() for c in d.constructors]

    def _prefix_fits(self, prefix: str, constructor: type[Call]) -> bool:
        module = constructor.card.name.rpartition(".")[0]
        home = dialects.get(constructor.card.dialect)
        head, _, tail = prefix.partition(".")
        expanded = {prefix, home.aliases.get(prefix, prefix)}
        if head in home.aliases:
            expanded.add(f"{home.aliases[head]}.{tail}" if tail else home.aliases[head])
        return any(module == e or module.endswith(f".{e}") for e in expanded)

    def _suggest(self, last: str) -> str:
        known = {_last(c) for c in self._known()}
        close = get_close_matches(last, known, n=1, cutoff=0.5)
        return f"did you mean {close[0]}?" if close else "isorate dialects lists what there is"

    # --- which arguments -----------------------------------------------------------------------

    def _bind(self, constructor: type[Call], node: ast.Call) -> Call:
        fields = list(constructor.__struct_fields__)
        name = constructor.card.name
        wants_optimizer = "optimizer" in fields
        positional = list(node.args)
        given: dict[str, ast.expr] = {}
        if any(isinstance(arg, ast.Starred) for arg in positional):
            raise ReadError(f"{name}: *arguments cannot be read")
        # ChainedScheduler has its optimizer last: there, the first one is no optimizer anyway
        first = fields[0] == "optimizer"
        if wants_optimizer and first and not (positional and self._is_optimizer(positional[0])):
            fields.remove("optimizer")
        if len(positional) > len(fields):
            raise ReadError(
                f"{name} has too many arguments",
                required=f"at most {len(fields)}",
                got=len(positional),
            )
        given.update(zip(fields, positional, strict=False))
        for keyword in node.keywords:
            if keyword.arg is None:
                raise ReadError(f"{name}: **arguments cannot be read")
            if keyword.arg not in constructor.__struct_fields__:
                close = get_close_matches(keyword.arg, constructor.__struct_fields__, n=1)
                near = f"did you mean {close[0]}?" if close else constructor.signature()
                raise ReadError(f"{name} has no argument {keyword.arg!r}", hint=near)
            if keyword.arg in given:
                raise ReadError(f"{name} got {keyword.arg!r} twice")
            given[keyword.arg] = keyword.value
        values: dict[str, Any] = {}
        if "schedulers" in given:
            return self._composition(constructor, given)
        if wants_optimizer:
            values["optimizer"] = self._optimizer(given.pop("optimizer", None), name)
        elif self.lr is not None:
            raise ReadError(f"{name} carries its own rates", hint="leave lr away")
        unset = dict.fromkeys(n for value in given.values() for n in self._missing(value))
        if unset:
            raise ReadError(
                f"{name} uses names without a value: {', '.join(unset)}",
                hint=" ".join(f"--set {n}=..." for n in unset),
            )
        values.update({field: self._value(value) for field, value in given.items()})
        if isinstance(values.get("schedule"), str):
            optimizer = values.get("optimizer")
            bases = [group.base for group in optimizer.groups] if optimizer else []
            try:
                values["schedule"] = read_schedule(values["schedule"], bases, names=self.names)
            except ScheduleError as error:
                raise ReadError(str(error)) from None
        defaults = constructor.defaults()
        for field in constructor.__struct_fields__:
            if field not in values and field not in defaults:
                hint: str | None = None
                if wants_optimizer and positional and isinstance(positional[0], ast.Name):
                    written = positional[0].id
                    hint = f"{written!r} was taken for the optimizer; or --set {written}=..."
                raise ReadError(f"{name} lacks the argument {field!r}", hint=hint)
        call = constructor(**values)
        self.built.append(call)
        return call

    def _composition(self, constructor: type[Call], given: dict[str, ast.expr]) -> Call:
        """Read a scheduler that holds others; who comes first in the text says the optimizer."""
        name = constructor.card.name
        optimizer = given.pop("optimizer", None)
        values: dict[str, Any] = {}
        if optimizer is not None and not isinstance(optimizer, ast.Name | ast.Attribute):
            values["optimizer"] = self._optimizer(optimizer, name)
        values["schedulers"] = self._members(given.pop("schedulers"), name)
        if "optimizer" not in values and "optimizer" not in constructor.defaults():
            values["optimizer"] = self._optimizer(optimizer, name)
        unset = dict.fromkeys(n for value in given.values() for n in self._missing(value))
        if unset:
            raise ReadError(
                f"{name} uses names without a value: {', '.join(unset)}",
                hint=" ".join(f"--set {n}=..." for n in unset),
            )
        values.update({field: self._value(value) for field, value in given.items()})
        for field in constructor.__struct_fields__:
            if field not in values and field not in constructor.defaults():
                raise ReadError(f"{name} lacks the argument {field!r}")
        call = constructor(**values)
        self.built.append(call)
        return call

    def _members(self, node: ast.expr, name: str) -> list[Any]:
        """Read the schedulers of a list: calls, names of calls, or anything else as it is."""
        if not isinstance(node, ast.List | ast.Tuple):
            raise ReadError(f"{name}: schedulers is not a list", got=shown(node))
        members: list[Any] = []
        for item in node.elts:
            written = dotted(item)
            if isinstance(item, ast.Call) and (self._is_scheduler(item) or written is None):
                members.append(self.call(item))
            elif written is not None and written in self.schedulers:
                members.append(self.schedulers[written])
            elif written is not None and written not in self.names:
                text = f"{name} holds {written}, and the text does not say what it is"
                raise ReadError(text, hint=f"paste the line {written} = ... before it")
            else:
                members.append(self._value(item))
        return members

    def _optimizer(self, node: ast.expr | None, caller: str) -> Optimizer:
        """Return the optimizer that a scheduler is given: by name, in the text, or beside it."""
        if isinstance(node, ast.NamedExpr):
            if not isinstance(node.value, ast.Call):
                raise ReadError(f"{shown(node)} is not an optimizer")
            self._bind_optimizer(node.target.id, node.value)
            return self.optimizers[node.target.id]
        written = None if node is None else dotted(node)
        if written in self.optimizers:
            return self.optimizers[str(written)]
        if isinstance(node, ast.Call) and self.optimizer is not None:
            text = "the schedulers have optimizers of their own, which torch refuses"
            raise ReadError(text, hint="name it once: optimizer := SGD(params, lr=0.1)")
        if self.optimizer is None or isinstance(node, ast.Call):
            self.optimizer = read_optimizer(node, self.lr, self.names, caller)
        return self.optimizer

    def _is_optimizer(self, node: ast.expr) -> bool:
        match node:
            case ast.NamedExpr():
                return True
            case ast.Name(id=name):
                return name in self.optimizers or name not in self.names
            case ast.Call(func=func):
                return (dotted(func) or "float").rpartition(".")[2] not in ("float", "int")
            case ast.Attribute() | ast.Subscript():
                path = dotted(node) or ""
                return path not in self.names and path.partition(".")[0] not in MODULES
        return False

    def _missing(self, node: ast.expr) -> list[str]:
        match node:
            case ast.Lambda():
                return []
            case ast.Call() if self._is_scheduler(node):
                return []  # it is read by itself
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return [name for item in items for name in self._missing(item)]
        return missing_names(node, self.names)

    def _value(self, node: ast.expr) -> Any:
        match node:
            case ast.Lambda():
                return self._lambda(node)
            case ast.Call() if self._is_scheduler(node):
                return self._nested(node)
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return [self._value(item) for item in items]
        return constant(node, self.names)

    def _nested(self, node: ast.Call) -> Call:
        """Read a call that is an argument, perhaps of another dialect than what it is given to."""
        dialect, self.dialect = self.dialect, None
        try:
            return self.call(node)
        finally:
            self.dialect = dialect

    def _lambda(self, node: ast.Lambda) -> Expression:
        arguments = node.args
        if (
            len(arguments.args) != 1
            or arguments.defaults
            or arguments.vararg
            or arguments.kwarg
            or arguments.kwonlyargs
            or arguments.posonlyargs
        ):
            raise ReadError(f"{shown(node)} cannot be read", required="a lambda of one argument")
        variable = arguments.args[0].arg
        body = _Inline({n: v for n, v in self.names.items() if n != variable}).visit(node.body)
        expression = Expression(variable, ast.unparse(body))
        expression.function()  # whitelisted now, or refused now
        return expression

    # --- a list of rates -----------------------------------------------------------------------

    def _list(self, node: ast.expr) -> Call:
        if self.lr is not None:
            raise ReadError("a list carries its own rates", hint="leave lr away")
        if self.dialect not in (None, "mindspore"):
            raise ReadError(f"{self.dialect} takes no list of rates", hint="mindspore does")
        return concatenated(self._lists(node))

    def _lists(self, node: ast.expr) -> list[Call]:
        """Read lists joined by ``+``: plain ones, and calls that return a list."""
        match node:
            case ast.List(elts=items):
                return [LearningRateList(tuple(known_value(item, self.names) for item in items))]
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return _short([*self._lists(left), *self._lists(right)])
            case ast.BinOp(
                left=ast.List() | ast.BinOp() | ast.Call() as left, op=ast.Mult(), right=right
            ):
                lists, times = _short(self._lists(left)), known_value(right, self.names)
                if isinstance(times, bool) or not isinstance(times, int) or times < 0:
                    raise ReadError(
                        "a list is repeated", required="an integer >= 0 times", got=times
                    )
                if _written(lists) * times > LONGEST_TEXT:
                    raise ReadError("a list is too long", required=f"at most {LONGEST_TEXT} rates")
                match lists:
                    case [LearningRateList(rates=rates)]:
                        return [LearningRateList(rates * times)]
                return lists * times
            case ast.Call():
                call = self.call(node)
                if is_list(call):
                    return [call]
        raise ReadError(f"{shown(node)} is not a list of rates")


class _Inline(ast.NodeTransformer):
    """Puts the values of known names into a lambda's body."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(self.names[node.id]) if node.id in self.names else node


def _holds(call: Call, member: Call) -> bool:
    """Whether a call is another one, or holds it somewhere."""
    held = call.members if isinstance(call, Composition) else ()
    return call is member or any(_holds(part, member) for part in held if isinstance(part, Call))


def _last(constructor: type[Call]) -> str:
    return constructor.card.name.rpartition(".")[2]


def _short(lists: list[Call]) -> list[Call]:
    """Return lists, plain neighbours as one, unless they are too long."""
    joined = concatenated(lists)
    short = list(joined.lists) if isinstance(joined, ListConcatenation) else [joined]
    if _written(short) > LONGEST_TEXT:
        raise ReadError("a list is too long", required=f"at most {LONGEST_TEXT} rates")
    return short


def _written(lists: list[Call]) -> int:
    """Return how many rates are written out in lists; a call counts as one."""
    return sum(len(part.rates) if isinstance(part, LearningRateList) else 1 for part in lists)
