"""Statements, followed as Python would run them; nothing is ever executed.

What is not followed makes unknown whatever it may touch: it never leaves an old value standing. A
condition that nobody decides leaves unknown what either branch may touch; where a branch builds a
schedule, the text is read once for each way.
"""

from __future__ import annotations

import ast
import contextlib
from typing import TYPE_CHECKING, Any

from isorate.kit import registry
from isorate.reading.deciding import catches
from isorate.reading.endings import Breaking, Continuing, Fork, Raising, Returning, end_of
from isorate.reading.gathering import Gathering
from isorate.reading.loops import Guard, Loop, Scope, Tally, added
from isorate.reading.mentions import mentions, once
from isorate.reading.schedules import Found, LackingError
from isorate.reading.values import Function, Instance, Schedule, Sizes, Unknown
from isorate.schedule.errors import MissingRateError, ReadError
from isorate.schedule.syntax import walk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from isorate.kit.call import Call
    from isorate.kit.optimizer import Optimizer
    from isorate.reading.files import Files
    from isorate.reading.frames import Frame, Given


class Interpreter(Gathering):
    """Follows a text.

    Args:
        given: the values that are given beside the text, by its own source.
        lr: the rate of the optimizer, or one for each group.
        dialect: the dialect to read in; any where it is none.
        longest: the length of the text.
        decisions: what conditions are taken to be that nobody decides, by their source.
        files: what its imports may lead to.
        told: what is said of the run beside the text: the arguments of ``Run``, and the facts
            that a trainer's code counts updates by.
        which: the schedule that is asked for, of several.

    """

    def __init__(
        self, given: Given, lr: Any, dialect: str | None, longest: int,
        decisions: Mapping[str, bool], files: Files | None = None,
        told: Mapping[str, Any] | None = None, which: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(given)
        self.lr, self.dialect, self.longest = lr, dialect, longest
        self.decisions = decisions
        self.found = Found()
        self.sizes = Sizes(1000 + longest + sum(map(_size, given.values())))
        self.beside: Optimizer | None = None
        self.expressions = {}
        self.files = files
        self.whole: list[ast.stmt] = []
        #: The loops whose numbers of turns a rate is of, but the outermost.
        self.rests_on: list[Loop] = []
        #: The attributes that were set in loops, and how many those were when a statement began.
        self.counting: list[tuple[Tally, list[Loop], tuple[Guard, ...], str]] = []
        #: The rates that functions have set before any loop, by optimizer and place; none for all.
        self.set_before: dict[int, dict[int | None, Any]] = {}
        self.begun: dict[int, int] = {}
        self.told, self.which = dict(told or {}), which
        #: The functions that the text runs, whichever way its conditions go.
        self.ran: set[int] = set()
        #: The parameters of functions that nothing calls, by what they are.
        self.opened: dict[int, dict[str, Any]] = {}

    # --- statements ----------------------------------------------------------------------------

    def text(self, body: list[ast.stmt]) -> None:
        """Follow a whole text."""
        self.whole = body
        self.outermost.names["__name__"] = "__main__"
        with contextlib.suppress(Returning, Raising, Breaking, Continuing):
            self.scopes.append(Scope(body, self.outermost))
            self.body(body, self.outermost)

    def body(self, statements: Sequence[ast.stmt], frame: Frame) -> None:
        for place, statement in enumerate(statements):
            self.line = statement.lineno
            turns = self.turns
            if turns is not None and turns.leaves_out(self, statement, frame):
                continue
            events = len(self.loops.events)
            rest = self._rest(statement, statements, place) if self.loops.stack else None
            self.statement(statement if rest is None else rest, frame)
            if turns is not None and turns.needed is None:
                turns.spans.append((statement, events, len(self.loops.events)))
            if rest is not None:
                return

    def _rest(
        self, node: ast.stmt, body: Sequence[ast.stmt], place: int
    ) -> ast.stmt | None:  # fmt: skip
        """Return ``if a: return`` before what sets a rate as ``if not a`` with the rest in it."""
        of = self.frames[-1].of if self.frames else None
        match node:
            case ast.If(test=test, body=[ast.Return(value=None | ast.Constant(None))], orelse=[]):
                after = body[place + 1 :]
                whole = of is not None and of.node.body is body  # so that nothing comes after it
                if not whole or not any(mentions(each).rates for each in after):
                    return None
                made: Any = ast.If(ast.UnaryOp(ast.Not(), test), [*after], [])
                made = ast.fix_missing_locations(ast.copy_location(made, node))
                made.stands_for = node
                return once(node, "_rest", lambda: made)  # type: ignore[no-any-return]
        return None

    def statement(self, node: ast.stmt, frame: Frame) -> None:
        """Follow one statement."""
        if self.loops.stack:
            self.begun[id(node)] = len(self.set_since)
        match node:
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                pass
            case ast.Expr(value=value):
                self._expression(value, frame)
            case ast.Assign(targets=targets, value=value):
                whole = added(node)
                if isinstance(whole, ast.AugAssign):
                    self._augmented(whole, frame)
                else:
                    self._assign(targets, value, frame)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign([target], value, frame)
            case ast.AnnAssign():
                pass
            case ast.AugAssign():
                self._augmented(node, frame)
            case ast.Import() | ast.ImportFrom():
                self.imports(node, frame)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._define(node, frame)
            case ast.ClassDef():
                self._class(node, frame)
            case ast.If(test=test, body=body, orelse=orelse):
                self._if(node, test, body, orelse, frame)
            case ast.For() | ast.AsyncFor():
                self._for(node, frame)
            case ast.While():
                self._while(node, frame)
            case ast.With() | ast.AsyncWith():
                self._with(node, frame)
            case ast.Try():
                self._try(node, frame)
            case ast.Return(value=value):
                found = None if value is None else self.value(value, frame)
                self._came_to(found)
                raise Returning(found)
            case ast.Delete(targets=targets):
                for each in targets:
                    self._delete(each, frame)
            case ast.Global(names=names):
                frame.elsewhere.update(dict.fromkeys(names, frame.outermost))
            case ast.Nonlocal(names=names):
                for name in names:
                    home = frame.parent.home(name) if frame.parent else None
                    frame.elsewhere[name] = home or frame.outermost
            case ast.Break():
                raise Breaking
            case ast.Continue():
                raise Continuing
            case ast.Raise() | ast.Assert(test=ast.Constant(value=False)):
                raise Raising
            case ast.Assert(test=test):
                self.value(test, frame)
            case ast.Match():
                self._match(node, frame)
            case _:
                self.unfollowed(node, frame)

    def _expression(self, node: ast.expr, frame: Frame) -> None:
        found = self.value(node, frame)
        if isinstance(node, ast.Call | ast.List | ast.ListComp | ast.BinOp | ast.Tuple):
            self._came_to(found)

    # --- other blocks --------------------------------------------------------------------------

    def _with(self, node: ast.With | ast.AsyncWith, frame: Frame) -> None:
        handlers: list[ast.ExceptHandler] = []  # what it keeps from going on
        for item in node.items:
            value = self.value(item.context_expr, frame)
            self.operated(value)
            if item.optional_vars is not None:
                name = ast.unparse(item.optional_vars)
                bound = value if isinstance(value, Instance) else Unknown(name, self.at(node))
                self.store(item.optional_vars, bound, frame)
            self.gathers(item.context_expr, node, frame)
            hook = value.of.find("__exit__") if isinstance(value, Instance) else None
            name = value.made[0] if isinstance(value, Unknown) and value.made else ""
            if name == "contextlib.suppress":
                kinds = ast.Tuple(getattr(item.context_expr, "args", []), ast.Load())
                handlers.append(ast.ExceptHandler(kinds, None, [ast.Pass()]))
            elif isinstance(hook, Function):
                self.lose_steps(hook.node)
                said = (n.value for n in walk(hook.node) if isinstance(n, ast.Return))
                if any(not isinstance(v, ast.Constant | None) or (v and v.value) for v in said):
                    handlers.append(ast.ExceptHandler(None, None, [ast.Pass()]))
        self._tried(node.body, handlers, frame)

    def _try(self, node: ast.Try, frame: Frame) -> None:
        try:
            self._tried(node.body, node.handlers, frame)
            self.body(node.orelse, frame)
        except (Returning, Breaking, Continuing, Raising):
            self.body(node.finalbody, frame)
            raise
        self.body(node.finalbody, frame)

    def _tried(
        self, body: list[ast.stmt], handlers: list[ast.ExceptHandler], frame: Frame
    ) -> None:  # fmt: skip
        strange = self.strange
        handled = [h for h in handlers if end_of(h.body) not in ("raise", "exit")]
        self.catching += handled
        try:
            self.body(body, frame)
        except Raising:
            if not handled:
                raise
            self.strange += 1
        finally:
            del self.catching[len(self.catching) - len(handled) :]
        if handled and self.strange != strange:
            caught = any(catches(each, ast.Raise()) for each in handled)
            inner = () if self.loops.stack else (ast.For, ast.While)  # after which it trains anew
            steps = any(self.steps_in(each) for each in body if not isinstance(each, inner))
            if caught and steps:
                self.assumed[
                    f"what is tried in line {body[0].lineno} is taken to raise nothing"
                ] = None
            self.havoc(body, frame, None, followed=True)
            self.havoc(handled, frame, None)
            for handler in handled if self.loops.stack else ():  # else it trains anew
                self.lose_steps(handler)

    # --- what is missing -----------------------------------------------------------------------

    def lack(self, name: str, missing: list[Unknown], *, rate: bool = False) -> None:
        for unknown in missing:
            if unknown.condition is not None and unknown.condition.askable:
                raise Fork(unknown.condition, builds=True)
            if unknown.why.startswith("cannot compute"):
                raise ReadError(unknown.why)
        raise LackingError(name, list({id(u): u for u in missing}.values()), rate=rate)

    def rate_lacks(self, error: MissingRateError) -> None:
        for unknown in getattr(error, "leaves", ()):
            if unknown.condition is not None and unknown.condition.askable:
                raise Fork(unknown.condition, builds=True)

    def _beside(self, constructor: type[Call], schedule: Schedule) -> Optimizer:
        from isorate.reading.optimizers import RATES
        from isorate.reading.schedules import Argument

        known = registry.get(constructor.card.runs_in).optimizers
        nodes = [node for part in self.whole for node in walk(part)]
        calls = [n for n in nodes if isinstance(n, ast.Call)]
        own = []
        for node in calls:
            function = self._quiet(node.func, self.outermost)
            name = function.name if isinstance(function, Unknown) else None
            if name is not None and name.last in known:
                own += [node] if name.origin == f"{known.module}.{name.last}" else []
        held = any(isinstance(n, ast.Attribute) and n.attr in RATES for n in nodes)
        sole = own[0] if len(own) == 1 and not held else None
        value = None if sole is None else self.value(sole, self.outermost)
        argument = None if sole is None else Argument(value, sole)
        return self.optimizer_of(argument, constructor, schedule)


def _size(value: Any) -> int:
    try:
        return Sizes(10**9).of(value)
    except ReadError:
        return 10**9
