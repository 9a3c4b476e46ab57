"""A pasted block of statements, followed as Python would run it, as far as a schedule needs it.

What is not followed makes unknown whatever it may touch. Nothing is ever executed.
"""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from isorate.kit.call import Call
from isorate.kit.counted import Counted
from isorate.kit.plateau import Feedback
from isorate.reading.naming import no_constructor
from isorate.reading.scope import Effects, function_effects, names_in
from isorate.schedule.errors import ReadError
from isorate.schedule.functions import lambda_of
from isorate.schedule.syntax import dotted, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from isorate.reading.naming import Name
    from isorate.reading.reader import Reader

#: Calls that only say something, and train nothing.
TALK: Final = ("print", "logger", "logging", "log", "warnings", "range", "len", "tqdm")
#: Functions that hand a list or a function of rates on as it is.
HANDED_ON: Final = ("array", "asarray", "jit", "list", "tuple")
#: An unknown call of such a name that is given an optimizer or a scheduler makes a scheduler.
SCHEDULER_LIKE: Final = re.compile(r"(LR|Scheduler|Schedule|Warmup|WarmUp)$|_?(lr_)?schedul(er|e)$")


def statements(text: str) -> list[ast.stmt]:
    """Parse a text as people copy it: indented, with prompts, fences, a byte-order mark.

    Raises:
        ReadError: the text is no Python.

    """
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    fences = [i for i, line in enumerate(lines) if line.lstrip().startswith("```")]
    if fences:
        lines = lines[fences[0] + 1 : fences[1] if len(fences) > 1 else None]
    if any(line.lstrip().startswith(">>> ") for line in lines):
        prompted = (line.lstrip() for line in lines)
        lines = [line[4:] for line in prompted if line.startswith((">>> ", "... "))]
    plain = "\n".join(lines)
    first, _, rest = plain.lstrip().partition("\n")
    error: SyntaxError | None = None
    written_in = [plain.strip(), textwrap.dedent(plain), f"{first}\n{textwrap.dedent(rest)}"]
    if any(line.lstrip().startswith(("%", "!")) for line in lines):  # a notebook's own lines
        code = "\n".join(line for line in lines if not line.lstrip().startswith(("%", "!")))
        written_in.append(textwrap.dedent(code))
    for written in dict.fromkeys(written_in):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SyntaxWarning)  # "1if" and the like
                return ast.parse(written).body
        except SyntaxError as caught:
            error = error or caught
        except (ValueError, MemoryError, RecursionError) as caught:
            text = f"not Python that can be parsed: {caught or type(caught).__name__}"
            raise ReadError(text) from None
    assert error is not None
    where = f"line {error.lineno}, column {error.offset}" if error.lineno else "the text"
    raise ReadError(f"not Python: {error.msg} at {where}")


class Script:
    """Follows statements for a reader, and remembers the scheduler that they come to."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.last: Call | None = None
        #: Functions of the text that change what they are given.
        self.changers: set[str] = set()
        #: Whether something may have trained since the last scheduler was built.
        self.trained = False

    def follow(self, body: list[ast.stmt]) -> Call:
        """Read all statements; return the last scheduler, which holds all the others."""
        for statement in body:
            self._statement(statement)
        if self.last is None:
            raise ReadError("the text builds no scheduler", required="one schedule call")
        for name in self.reader.names.volatile:
            if name in self.reader.objects.schedulers or self.reader.objects.is_used(name):
                text = f"a function of the text changes {name}, which is not followed"
                raise ReadError(text, hint="paste only what builds the schedule")
        self._check_left(self.last)
        check_order(self.last, self.reader.built)
        return self.last

    def _check_left(self, last: Call) -> None:
        held = {id(call) for call in _in_order(last)}
        left = [call for call in self.reader.built if id(call) not in held]
        if not left:
            return
        names = ", ".join(call.name for call in left[:5])
        if all(_optimizer_of(call) is _optimizer_of(last) is not None for call in left):
            text = f"{names} acts on the optimizer as well, and {last.name} does not hold it"
            raise ReadError(text, hint="paste only the schedulers that the loop steps")
        text = f"the text has several schedules: {names}, {last.name}"
        raise ReadError(text, hint="paste the lines of one of them")

    def _statement(self, statement: ast.stmt) -> None:
        self._handed_over(statement)
        match statement:
            case ast.Import() | ast.ImportFrom():
                self._unfollowed(statement)
                self.reader.origins.learn(statement)
                self._unshadow(statement)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self._definition(statement)
            case ast.Assign(targets=targets, value=value):
                self._assignment(statement, targets, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assignment(statement, [target], value)
            case ast.AugAssign(target=ast.Name(id=name) as target, op=op, value=value):
                self.reader.names.mutate(name)  # a list; a number stays
                read = ast.copy_location(ast.Name(name, ast.Load()), target)
                self._assignment(statement, [target], ast.BinOp(read, op, value))
            case ast.Expr(value=ast.Call() as value) if self.reader.tells(value):
                pass
            case ast.Expr(value=ast.Call() as value) if self.reader.is_scheduler(value):
                self._built(self.reader.call(value))
            case ast.Return(value=ast.Call() as value) if self.reader.is_scheduler(value):
                self._built(self.reader.call(value))
            case _:
                self._unfollowed(statement)

    def _handed_over(self, statement: ast.stmt) -> None:
        """Read what a call is given that is for nobody else: it is no concern of the call any more.

        That is an optimizer with its schedule, and what is called back.
        """
        value = getattr(statement, "value", None)
        if not isinstance(value, ast.Call) or self.reader.is_scheduler(value):
            return
        lists = [k.value.elts for k in value.keywords if isinstance(k.value, ast.List)]
        for given in (value.args, *lists):
            given[:] = map(self._kept, given)
        for keyword in value.keywords:
            keyword.value = self._kept(keyword.value)

    def _kept(self, node: ast.expr) -> ast.expr:
        """Return an argument, and none in place of one that is handed over."""
        if not isinstance(node, ast.Call) or not self.reader.is_handed_over(node):
            return node
        self._built(self.reader.call(node))
        return ast.Constant(None)

    def _built(self, call: Call) -> Call:
        self.last, self.trained = call, False
        return call

    # --- assignments ---------------------------------------------------------------------------

    def _assignment(self, statement: ast.stmt, targets: list[ast.expr], value: ast.expr) -> None:
        match targets, value:
            case [[ast.Tuple(elts=names) | ast.List(elts=names)], ast.Tuple(elts=values)] if len(
                names
            ) == len(values) and all(map(dotted, names)):
                read = [
                    self._read(statement, name, each)
                    for name, each in zip(names, values, strict=True)
                ]
                pairs = zip(names, values, read, strict=True)
            case [[*names], _] if all(map(dotted, names)):
                read = [self._read(statement, names[0], value)]
                pairs = zip(names, [value] * len(names), read * len(names), strict=True)
            case _:
                self._unfollowed(statement)
                return
        if not any(isinstance(result, Call) for _, result in read):
            self._check_steps(statement)
            effects = Effects([value], self.changers)
            for target in targets:
                if isinstance(target, ast.Attribute):
                    effects.change(target.value)
            self._apply(statement, effects)
        for target, each, (known, result) in pairs:
            self._bind(str(dotted(target)), each, known, result)

    def _read(self, statement: ast.stmt, target: ast.expr, value: ast.expr) -> tuple[bool, Any]:
        """Read the value of an assignment: whether it is known, and what it is."""
        reader = self.reader
        if isinstance(value, ast.Call) and self.reader.is_scheduler(value):
            return True, self._built(reader.call(value))
        if self.reader.mentions_scheduler(value):
            raise _cannot_follow(statement, value)
        self._check_unknown_scheduler(str(dotted(target)), value)
        if isinstance(value, ast.Lambda):  # its names are looked up when it runs
            return True, value
        try:
            return True, reader.value(value)
        except ReadError as error:
            if "longer than the text" in str(error):
                raise
            return False, None

    def _bind(self, name: str, node: ast.expr, known: bool, value: Any) -> None:
        reader = self.reader
        reader.objects.forget(name)
        if isinstance(value, Call):
            reader.names.forget(name)
            reader.objects.schedulers[name] = value
            return
        reader.origins.alias(name, reader.origins.name(node))
        if known:
            reader.names.bind(name, value)
            return
        reader.names.forget(name)
        reader.names.shadow(name)
        reader.objects.bind(name, node)

    # --- what is not followed ------------------------------------------------------------------

    def _definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        self._unfollowed(node)
        self.reader.defined.add(node.name)
        if isinstance(node, ast.FunctionDef):
            with suppress(ReadError):  # what it returns is not known, nor what it changes
                self.reader.names.bind(node.name, lambda_of(node))
                return
        for each in ast.walk(node):
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
                outside, arguments = function_effects(each)
                self.reader.names.volatile |= outside
                for name in outside:
                    self.reader.names.mutate(name)
                    self.reader.names.forget(name)
                self.changers |= {each.name} if arguments else set()

    def _unshadow(self, statement: ast.Import | ast.ImportFrom) -> None:
        """Know the modules of arithmetic under the names that they go by."""
        for name, home in (("math", "math"), ("np", "numpy"), ("numpy", "numpy")):
            found = self.reader.origins.name(ast.Name(name))
            if found is not None and found.origin == home:
                self.reader.names.unshadow(name)

    def _unfollowed(self, statement: ast.stmt) -> None:
        """Forget whatever a statement may touch."""
        if self.reader.mentions_scheduler(statement):
            raise _cannot_follow(statement)
        self._check_steps(statement)
        self._apply(statement, Effects([statement], self.changers))

    def _apply(self, statement: ast.stmt, effects: Effects) -> None:
        reader = self.reader
        reader.loaded = reader.loaded or (bool(effects.loaded) and self.last is not None)
        reader.prepared = reader.prepared or not effects.prepared.isdisjoint(
            reader.objects.schedulers
        )
        if effects.everything:
            reader.names.forget_all()
            reader.objects.lose_all(statement)
        touched = reader.objects.reached(effects.changed)
        touched |= reader.objects.reached(effects.called) - effects.called
        ends = reader.objects.reached(effects.ends)
        if self.last is None:
            touched |= effects.passed | effects.loaded
        for name in touched:
            if isinstance(reader.objects.schedulers.get(name), Counted):
                continue  # a function, which nothing changes
            if name in reader.objects.schedulers or reader.objects.is_used(name):
                if name not in effects.passed | effects.loaded or name in effects.changed:
                    text = f"{shown(statement)} changes {name}, which is not followed"
                    raise ReadError(text, hint="paste only what builds the schedule")
            elif reader.objects.holds(name):
                reader.objects.lose_rate(name, statement)
            reader.names.mutate(name)
            reader.objects.lose_groups(name, passed=name not in effects.changed)
            if name in ends:
                reader.names.forget_attributes(name)
        for name in effects.bound:
            reader.names.forget(name)
            reader.objects.forget(name)
            reader.objects.lose_rate(name, statement)
            reader.origins.alias(name, None)
            reader.names.shadow(name)

    def _check_steps(self, statement: ast.stmt) -> None:
        """Refuse steps that are taken before training begins, or to a place that is named."""
        body = getattr(statement, "body", [statement])
        calls = [n for part in body for n in ast.walk(part) if isinstance(n, ast.Call)]
        others = False
        steps = []
        for call in calls:
            name = dotted(call.func) or ""
            scheduler = self.reader.objects.schedulers.get(name.removesuffix(".step"))
            if scheduler is not None and name.endswith(".step"):
                steps.append(call)
                if (call.args or call.keywords) and not isinstance(scheduler.returned, Feedback):
                    text = (
                        f"the loop calls {shown(call)}, and a step to a given place is not followed"
                    )
                    raise ReadError(text, hint="paste it without the loop where it calls step()")
            else:
                others = others or name.partition(".")[0] not in TALK
        if steps and not (others or self.trained):
            text = f"{shown(statement)} steps the scheduler before anything is trained"
            hint = "paste only what builds the schedule, and last_epoch where it is resumed"
            raise ReadError(text, hint=hint)
        self.trained = self.trained or others

    def _check_unknown_scheduler(self, target: str, value: ast.expr) -> None:
        """Refuse what is made of a schedule, and a scheduler of nobody knows whom."""
        reader = self.reader
        given = {name for name in names_in(value) if reader.objects.holds(name)}
        if not given:
            return
        name = reader.origins.name(value.func) if isinstance(value, ast.Call) else None
        if name is not None and SCHEDULER_LIKE.search(name.written):
            raise no_constructor(name, None)
        lists = [n for n in given if n in reader.objects.schedulers and _is_list(reader, n)]
        lists = [n for n in lists if not _is_asked(value, n)]
        if lists and not (name is not None and (_is_class(name) or name.last in HANDED_ON)):
            text = f"{shown(value)} makes something else of {lists[0]}, which is not followed"
            raise ReadError(text, hint="paste only what builds the schedule")
        if target in given and target in reader.objects.schedulers:
            text = f"{shown(value)} makes something else of {target}, which is not followed"
            raise ReadError(text, hint="paste only what builds the schedule")


def _is_class(name: Name) -> bool:
    """Whether a name is a class, or a method of one: ``TrainState.create``."""
    return any(part[:1].isupper() for part in name.written.split(".")[-2:])


def _is_asked(value: ast.expr, name: str) -> bool:
    """Whether a value only calls what a name holds: ``schedule(0)``, ``tx.init(params)``."""
    asked = {
        id(node.func if isinstance(node, ast.Call) else node.value)
        for node in ast.walk(value)
        if isinstance(node, ast.Call | ast.Attribute)
    }
    nodes = list(ast.walk(value))
    held = [node for node in nodes if isinstance(node, ast.expr) and dotted(node) == name]
    return all(id(node) in asked for node in held) and not any(
        isinstance(node, ast.Lambda) for node in nodes
    )


def _is_list(reader: Reader, name: str) -> bool:
    return not hasattr(reader.objects.schedulers[name], "optimizer")


def _cannot_follow(statement: ast.stmt, value: ast.expr | None = None) -> ReadError:
    if isinstance(value, ast.List | ast.Tuple):
        text = f"{shown(statement)} is a list of schedulers"
        return ReadError(text, hint="write the list where it is used")
    text = f"{shown(statement)} builds a scheduler where it cannot be followed"
    return ReadError(text, hint="paste the statements that build it, one by one")


def _optimizer_of(call: Call) -> object:
    return call.owner or getattr(call, "optimizer", None)  # of a callback it is no argument


def check_order(call: Call, built: Sequence[Call]) -> None:
    """Raise where schedulers are built in another order than they are listed, and that matters.

    Every scheduler changes the optimizer as it is built. What holds them in sequence puts the rate
    back, so that only those that leave more than a rate behind make a difference.

    Raises:
        ReadError: the rates would depend on an order that a call cannot say.

    """
    listed = list(_in_order(call))
    places = {id(part): place for place, part in enumerate(built)}
    order = [places[id(part)] for part in listed]
    if order == sorted(order):
        return
    named = [part.name for part in listed if part.leaves_behind]
    if named:
        text = "the schedulers are built in another order than they are listed"
        hint = f"write them in the order of the list: it matters for {named[0]}"
        raise ReadError(text, hint=hint)


def _in_order(call: Call) -> Iterator[Call]:
    """Visit a call and what it holds in the order in which Python would build them."""
    for member in call.members:
        if isinstance(member, Call):
            yield from _in_order(member)
    yield call
