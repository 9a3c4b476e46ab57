"""Calls of methods: of schedulers, of optimizers, of parsers and of values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isorate.reading import builtin
from isorate.reading.arguments import Commands, Dataclasses, Parser
from isorate.reading.arrays import Array
from isorate.reading.effects import HARMLESS
from isorate.reading.expressions import TROUBLE
from isorate.reading.python import Python, with_dtypes
from isorate.reading.schedules import made_of
from isorate.reading.touching import changing
from isorate.reading.values import (
    MISSING,
    Built,
    Dict,
    Group,
    List,
    Method,
    Schedule,
    Unknown,
    unknown_in,
    written,
)
from isorate.schedule.errors import ReadError
from isorate.schedule.syntax import shown, unparsed

if TYPE_CHECKING:
    import ast


class Methods(Python):
    """Follows calls of methods."""

    def stepped(self, schedule: Schedule, node: ast.Call, given: list[Any]) -> None:
        """Take notice that a scheduler takes a step."""
        raise NotImplementedError

    def _method(self, method: Method, given: list[Any], named: dict[str, Any], node: Any) -> Any:
        match method.of:
            case Schedule() as schedule:
                return self._of_schedule(schedule, method.name, given, named, node)
            case Built() as optimizer:
                return self._of_optimizer_called(optimizer, method.name, given, named, node)
            case Parser() | Commands() | Dataclasses() as parser:
                return parser.called(self, method.name, given, named, node)
        of, name = method.of, method.name
        if isinstance(of, Array):
            given, named = with_dtypes(given, named)
        unknown = [v for v in (*given, *named.values()) if isinstance(v, Unknown)]
        storing = name in ("append", "insert", "extend", "update", "setdefault", "add")
        if name not in HARMLESS:
            self.minded(of, node)
            if self.turns is not None and isinstance(of, Group):
                text = f"{shown(node)} changes a parameter group, which is not followed"
                raise ReadError(text, hint="paste only what sets the rate")
        if unknown and (not storing or name in ("extend", "update") or not given):
            return self._lost_method(of, name, node, unknown)
        if name == "setdefault" and isinstance(given[0], Unknown):
            return self._lost_method(of, name, node, unknown)
        if name == "extend" and isinstance(of, list) and isinstance(given[0], Schedule):
            raise made_of(node, given[0])
        try:
            return self.sized(builtin.method(of, name, given, named))
        except TROUBLE:
            found = self._lost_method(of, name, node, unknown)
            found.made = (name, given, named)
            return found

    def _lost_method(self, of: Any, name: str, node: Any, unknown: list[Unknown]) -> Any:
        if isinstance(of, List | Dict | Array) and (
            builtin.changes(of, name) or name not in HARMLESS
        ):
            of.lost = Unknown(written(of)[:60], self.at(node))
        found = self.unknown(node, [*unknown, *unknown_in(of)])
        if not found.parts:
            found.varies = True
        return found

    def _of_schedule(
        self, schedule: Schedule, name: str, given: list[Any], named: dict[str, Any], node: Any
    ) -> Any:
        if name == "get_last_lr":
            self.loops.happens("asked", schedule, node)
        if not schedule.told_by and schedule.call is not None:
            schedule.told_by = schedule.call.returned.told_by
        if name in ("step", schedule.told_by):
            if schedule.told_by in ("", name) or not (given or named):
                self.stepped(schedule, node, [*given, *named.values()])
        elif name in ("load_state_dict", "set_state_dict"):
            if any(map(_is_own_state, (*given, *named.values()))):
                raise changing(node, schedule)
            self.loaded = True
        elif name in ("append", "extend", "insert") and self._is_list(schedule):
            raise made_of(node, schedule)
        elif name not in (*HARMLESS, "init", "update", "__call__", "construct", "train", "eval"):
            raise changing(node, schedule)
        made: Any = (name, [], {}) if name == "state_dict" else None
        return Unknown(unparsed(node), varies=True, made=made)

    def _of_optimizer_called(
        self, optimizer: Built, name: str, given: list[Any], named: dict[str, Any], node: Any
    ) -> Any:
        if name == "step":
            self.happens("update", optimizer, node)
        elif name == "add_param_group":
            self._add_group(optimizer, [*given, *named.values()], node)
        elif name == "load_state_dict":
            if optimizer.used:
                if any(map(_is_own_state, (*given, *named.values()))):
                    self.rate_changed(optimizer, node)
                self.loaded = True
            else:
                optimizer.lost = f"{shown(node)} is not followed, and may say its rate"
        elif name not in (*HARMLESS, "train", "eval"):
            self.rate_changed(optimizer, node)
            optimizer.lost = optimizer.handed = (
                f"{shown(node)} is not followed, and may say its rate"
            )
            if name.startswith("register_"):  # what is called with each update
                hint = "paste only what builds the schedule"
                raise ReadError(f"{shown(node)} may set the rate, which is not followed", hint=hint)
        made: Any = (name, [], {}) if name == "state_dict" else None
        return Unknown(unparsed(node), varies=True, made=made)

    def _add_group(self, optimizer: Built, given: list[Any], node: ast.AST) -> None:
        self.rate_changed(optimizer, node)
        self.open(optimizer)
        entry = given[0] if given else None
        if optimizer.groups is None or not isinstance(entry, Dict) or entry.lost:
            optimizer.lost = f"{shown(node)} is not followed, and may say its rate"
            return
        default = optimizer.named.get("lr", MISSING)
        if default is MISSING:
            default = self.default_rate(optimizer)
        group = Group({"lr": default, **entry})
        group.owner = optimizer
        optimizer.groups.append(group)

    def default_rate(self, optimizer: Built) -> Any:
        """Return the rate of an optimizer for groups without their own."""
        fresh = Built(optimizer.node, optimizer.name, [Unknown("params")],
                      {k: v for k, v in optimizer.named.items() if k != "params"}, [])  # fmt: skip
        fresh.given += optimizer.given[1:]
        self.open(fresh)
        return fresh.groups[0]["lr"] if fresh.groups else Unknown("lr", self.at(optimizer.node))


def _is_own_state(value: Any) -> bool:
    """Whether a value is a state of what the text trains itself, and of no run before."""
    made = value.made if isinstance(value, Unknown) else None
    return made is not None and (made[0] == "state_dict" or any(map(_is_own_state, made[1])))
