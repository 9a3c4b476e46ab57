"""What the names of a text hold that is no value: optimizers, parameter groups, schedulers."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from isorate.kit import registry
from isorate.kit.optimizer import NO_OPTIMIZERS
from isorate.reading.naming import prefix_fits
from isorate.reading.rates import find_groups, of_rates, read_optimizer
from isorate.reading.scope import names_in
from isorate.schedule.errors import MissingRateError, ReadError
from isorate.schedule.syntax import dotted, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from isorate.kit.call import Call
    from isorate.kit.optimizer import Optimizer
    from isorate.reading.naming import Origins
    from isorate.reading.rates import Entries
    from isorate.reading.scope import Scope


class Objects:
    """The objects that a text's names hold.

    An optimizer is kept as each framework would have it, or with the reason why its rate is not
    known: only a scheduler that is given it says whose it is.

    Args:
        names: the names that have a value.
        origins: where names come from.
        lr: the rates given beside the text.

    """

    def __init__(self, names: Scope, origins: Origins, lr: Any) -> None:
        self.names = names
        self.origins = origins
        self.lr = lr
        self.schedulers: dict[str, Call] = {}
        self._optimizers: dict[str, dict[str, Optimizer | ReadError]] = {}
        self._groups: dict[str, list[Entries] | None] = {}
        #: The optimizers that schedulers were built on; to hold them keeps their identities theirs.
        self._used: dict[int, Optimizer] = {}
        #: Names by which something is reached that another name holds.
        self._aliases: dict[str, set[str]] = {}

    def forget(self, name: str) -> None:
        """Forget what a name held."""
        for held in (self.schedulers, self._optimizers, self._groups, self._aliases):
            held.pop(name, None)

    def bind(self, name: str, node: ast.expr) -> None:
        """Let a name hold what an expression makes, which is no value."""
        same = dotted(node)
        if same is not None:
            self._aliases[name] = {same, *self._ways(node)}
        elif not isinstance(node, ast.Call):  # an object may keep what it is given
            self._aliases[name] = self._ways(node)
        if same in self._optimizers:
            self._optimizers[name] = self._optimizers[same]
            return
        if isinstance(node, ast.Call):
            self._optimizers[name] = self._as_each(node)
        else:
            self.lose_rate(name, node)
        try:
            self._groups[name] = find_groups(node, self._groups, self.names)
        except ReadError:
            self._groups[name] = None

    def holds(self, name: str) -> bool:
        """Whether a name holds a scheduler, or an optimizer whose rate the text says."""
        found = self._optimizers.get(name, {}).values()
        return name in self.schedulers or any(not isinstance(o, MissingRateError) for o in found)

    def _ways(self, node: ast.expr) -> set[str]:
        """Return the names in an expression that hold what can be changed in place."""
        return {
            name
            for name in names_in(node)
            if self.holds(name) or self._groups.get(name) or self.names.may_change(name)
        }

    def lose_all(self, node: ast.AST) -> None:
        """Take notice that no rate is known any more."""
        for name in self._optimizers:
            self.lose_rate(name, node)

    def optimizer(self, name: str, framework: str) -> Optimizer | None:
        """Return the optimizer that a name holds; none where the text says nothing of the name.

        Raises:
            ReadError: the text says what it is, and not its rate.

        """
        found = self._optimizers.get(name)
        if found is None:
            return None
        optimizer = found.get(framework) or next(iter(found.values()))
        if isinstance(optimizer, ReadError):
            raise optimizer
        self._used[id(optimizer)] = optimizer
        return optimizer

    def lose_rate(self, name: str, node: ast.AST) -> None:
        """Take notice that the rate of what a name holds is not known any more."""
        unknown: Optimizer | ReadError
        if self.lr is None:
            text = f"{shown(node)} is not followed, and may say {name}'s rate"
            unknown = MissingRateError(text, hint="give it: --lr 0.1")
        else:
            unknown = of_rates(self.lr)
        self._optimizers[name] = dict.fromkeys(registry.builtin(), unknown)

    def lose_groups(self, name: str, *, passed: bool) -> None:
        """Take notice that a list of groups may be another one; plain parameters stay plain."""
        if self._groups.get(name) and not (passed and self._groups[name] == [{}]):
            self._groups[name] = None

    def is_used(self, name: str) -> bool:
        """Whether a name holds an optimizer that a scheduler was built on."""
        return any(id(each) in self._used for each in self._optimizers.get(name, {}).values())

    def reached(self, names: Iterable[str]) -> set[str]:
        """Return names and those of what they are another way to reach."""
        return {each for name in names for each in (name, *self._aliases.get(name, ()))}

    def read(self, node: ast.Call, framework: str) -> Optimizer:
        """Read the call that builds an optimizer of a framework, or a class of another package.

        Raises:
            ReadError: it says no rate, or cannot be read.

        """
        name = self.origins.name(node.func)
        if name is None and self.lr is not None:
            return of_rates(self.lr)
        if name is None:
            text = f"{shown(node)} is not followed"
            raise MissingRateError(text, hint="give its rate: --lr 0.1")
        if name.is_here:
            if self.lr is not None:
                return of_rates(self.lr)
            text = f"{shown(node)} is of the text's own, which is not followed"
            raise MissingRateError(text, hint="give its rate: --lr 0.1")
        dialect = registry.get(framework)
        known, (home, _, last) = dialect.optimizers, name.origin.rpartition(".")
        fits = f"{home}.".startswith(f"{known.module}.") or (
            not name.known and (not home or prefix_fits(home, known.module, dialect))
        )
        own = known.parameters(last) if last in known and fits else None
        written = last if own is not None else name.origin
        return read_optimizer(node, written, own, known, self.lr, self.names, self._groups)

    def _read(self, node: ast.Call, framework: str) -> Optimizer | ReadError:
        try:
            return self.read(node, framework)
        except ReadError as error:
            return error

    def framework(self, node: ast.expr) -> str | None:
        """Return whose optimizer an expression is; none where it could be several frameworks'."""
        if isinstance(node, ast.NamedExpr):
            node = node.value
        read = self._optimizers.get(dotted(node) or "", {})
        if isinstance(node, ast.Call):
            read = self._as_each(node)
        own = [f for f, o in read.items() if not isinstance(o, ReadError) and "." not in o.name]
        return own[0] if len(own) == 1 else None

    def _as_each(self, node: ast.Call) -> dict[str, Optimizer | ReadError]:
        """Read an optimizer as each framework that has any would have it."""
        known = registry.builtin().values()
        frameworks = [
            d.name
            for d in known
            if d.optimizers is not NO_OPTIMIZERS and not d.optimizers.schedules
        ]
        return {framework: self._read(node, framework) for framework in frameworks}

    def is_named(self, node: ast.expr) -> bool:
        """Whether an expression is a name that holds an optimizer, known or not."""
        return dotted(node) in self._optimizers
