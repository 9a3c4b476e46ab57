"""Batches that several processes share, and several of which make one update.

Some packages wrap what a loop uses: ``prepare`` hands back the loader, of which each process has
its own part, and the optimizer and the scheduler, which take no step in
``with accelerator.accumulate(model):`` until so many batches were gathered, or the loader ends.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from isorate.reading.loops import HANDING_ON, Count, Guard
from isorate.reading.repeating import Repeating
from isorate.reading.values import Unknown
from isorate.schedule.syntax import dotted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isorate.reading.frames import Frame


class Gathering(Repeating):
    """Follows what was prepared."""

    def __init__(self, given: Any) -> None:
        super().__init__(given)
        #: Where so many batches make an update, and who gathers them.
        self.gathered: tuple[Guard, str] | None = None

    def gathers(self, call: ast.expr, node: ast.AST, frame: Frame) -> None:
        """Take notice of a block that trains where so many batches were gathered."""
        match call:
            case ast.Call(func=ast.Attribute(value=base, attr="accumulate")):
                of = self._quiet(base, frame)
            case _:
                return
        every = self._batches(of, base, frame) if isinstance(of, Unknown) else 1
        if every == 1 or not self.loops.stack:
            return
        loop = self.loops.stack[-1]
        twice = self.gathered is not None and self.gathered[0].inside[-1] is loop
        loader = _gone_through(loop.node)
        if twice or loader is None or self.loops.conditions():
            self.loops.lost = self.loops.lost or node
            return
        ends = self.is_prepared([self._quiet(loader, frame)])
        counts = loop if ends or loop is self.loops.stack[0] else None
        if counts is None:
            text = "is not prepared: what an epoch leaves over waits for the next"
            self.assumed[f"{ast.unparse(loader)} {text}"] = None
        first = every - 1 if isinstance(every, int) else 0
        unit = ast.unparse(base)
        name, inside = f"{unit}.step", (*self.loops.stack,)
        guard = Guard(node, True, None, every, first, counts, ends, name, inside=inside)
        self.gathered = guard, unit

    def _batches(self, of: Unknown, base: ast.expr, frame: Frame) -> Count:
        """Return how many batches make an update, as it was told when it was made."""
        name, given, named = of.made or ("", [], {})
        plugin = named.get("gradient_accumulation_plugin")
        found: Any = None
        if isinstance(plugin, Unknown) and plugin.made:
            _, given, named = plugin.made
            found = named.get("num_steps", given[0] if given else None)
        elif plugin is None and name.rpartition(".")[2][:1].isupper():
            found = named.get("gradient_accumulation_steps", given[3] if len(given) > 3 else 1)
        if not isinstance(found, int | Unknown):
            asked = ast.Attribute(base, "gradient_accumulation_steps", ast.Load())
            found = self.value(ast.copy_location(asked, base), frame)
        every: Count = found
        return every

    def happens(self, kind: str, of: Any, node: ast.AST) -> None:
        guard = self._guard_of(of)
        self.loops.guards += guard
        self.loops.happens(kind, of, node)
        if guard:
            self.loops.guards.pop()

    def _guard_of(self, of: Any) -> list[Guard]:
        """Return the condition under which something that was prepared takes a step."""
        if self.gathered is None or not self.is_prepared([of]):
            return []
        guard = self.gathered[0]
        if not self._gathering(guard):
            if not guard.last:  # whether the last batches were gathered is nobody's to say
                self.loops.lost = self.loops.lost or guard.node
            return []
        return [] if any(map(guard.same, self.loops.conditions())) else [guard]

    def _gathering(self, guard: Guard) -> bool:
        """Whether the loop that gathers batches is still being followed."""
        return guard.inside[-1] in self.loops.stack

    def decided(self, test: ast.expr, branches: Sequence[ast.AST], frame: Frame) -> bool | Unknown:
        if not isinstance(test, ast.Attribute) or test.attr != "sync_gradients":
            return super().decided(test, branches, frame)
        of = self._quiet(test.value, frame)
        if not isinstance(of, Unknown):
            return super().decided(test, branches, frame)
        always = self._batches(of, test.value, frame) == 1
        return True if always else Unknown(ast.unparse(test), varies=True)

    def _rare(self, guard: Guard, test: ast.expr, frame: Frame) -> Guard | None:
        if self.gathered is not None and ast.unparse(test) == f"{self.gathered[1]}.sync_gradients":
            gathered = self.gathered[0]
            return gathered if guard.holds and self._gathering(gathered) else None
        return super()._rare(guard, test, frame)


def _gone_through(loop: ast.AST) -> ast.expr | None:
    """Return the loader that a loop goes through, batch by batch; none where it is another loop."""
    node = loop.iter if isinstance(loop, ast.For | ast.AsyncFor) else None
    while isinstance(node, ast.Call):
        last = (dotted(node.func) or "").rpartition(".")[2]
        handed = last in (*HANDING_ON, "skip_first_batches") and node.args
        node = node.args[0] if handed else None
    return node
