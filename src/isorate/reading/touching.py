"""What a call may do to what it is given: change it, write its rate, train with it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any, Final

from isorate.reading.arguments import Parser
from isorate.reading.arrays import Array
from isorate.reading.effects import HARMLESS, PURE
from isorate.reading.loops import Loops
from isorate.reading.schedules import Schedules
from isorate.reading.values import (
    Bound,
    Built,
    Class,
    Dict,
    Function,
    Given,
    Group,
    Groups,
    Instance,
    Kept,
    List,
    Method,
    Module,
    Schedule,
    Unknown,
    reached,
    written,
)
from isorate.schedule.errors import ReadError
from isorate.schedule.syntax import shown, unparsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from isorate.reading.turns import Turns


#: Calls that only say something, and train nothing.
TALK: Final = ("print", "logger", "logging", "log", "warnings", "range", "len", "tqdm")
#: Unknown functions of such names train.
TRAINING: Final = re.compile(r"train|fit|learn|optimi|update|epoch|backward|step")
#: What takes an update: of an optimizer, or of what is given one, as a scaler of losses is.
STEPPING: Final = ("step", "optimizer_step", "minimize")


class Touching(Schedules):
    """Takes notice of what calls may do that are not followed."""

    def __init__(self, given: Any) -> None:
        super().__init__(given)
        #: What happens in the text's loops.
        self.loops = Loops()
        #: The loop that is followed turn by turn.
        self.turns: Turns | None = None
        #: Whether each turn of all loops that are followed builds schedulers of its own, one of
        #: which is asked for: what is given is so in that turn.
        self.anew = False
        #: Attributes that a loop may set, by its methods' hands, too: what has to be looked at.
        self.unbound: list[tuple[Instance, str, Any, Sequence[ast.AST]]] | None = None
        #: Unknown calls that were given what holds the rates, by where they stand.
        self.handed: dict[str, None] = {}
        self.loaded = False

    @property
    def turning(self) -> bool:
        """Whether what is made unknown is so in a loop, and another thing in each turn."""
        return not self.anew and (bool(self.loops.stack) or self.unbound is not None)

    def bound_effects(self, function: Function) -> None:
        """Let what a function may change be unknown, as somebody may call it."""
        raise NotImplementedError

    def happens(self, kind: str, of: Any, node: ast.AST) -> None:
        """Take notice of an update, or of a step of a schedule."""
        raise NotImplementedError

    def _trains(self, written_: str, owner: Any, given: list[Any], node: Any) -> None:
        """Take notice of a call that trains, or that is taken to."""
        last = written_.rpartition(".")[2]
        if written_.partition(".")[0] in TALK or last in (*PURE, "append", "extend", "get_lr"):
            return
        parts = owner.made[1] if isinstance(owner, Unknown) and owner.made else ()
        if last == "step" and any(isinstance(part, Schedule | Method) for part in parts):
            return  # a scheduler by another name, whose step it is
        stepped = [value for value in given if isinstance(value, Built | Given)]
        minimizes = last == "minimize" and any(isinstance(part, Given) for part in parts)
        if minimizes or (last in STEPPING and (stepped or not given)):
            self.happens("update", stepped[0] if stepped else owner, node)
        elif last == "backward" or last[:1].isupper():
            return
        elif (
            self.loops.stack
            or TRAINING.search(last.lower())
            or any(map(holds_rate, reached(given)))
        ):
            self.loops.happens("training", given, node)

    def hand(self, values: Iterable[Any], node: Any) -> None:
        """Take notice that what holds a rate was handed to somebody who may write it."""
        call = getattr(node, "func", node)
        quiet = self.outermost.trains or getattr(call, "attr", "") in HARMLESS
        for value in () if quiet else reached(values):
            if holds_rate(value) or is_stepped(value):
                self.handed[f"{shown(call)} (line {getattr(node, 'lineno', self.line)})"] = None

    def _touch_owner(
        self, function: Unknown, given: list[Any], named: dict[str, Any], node: Any
    ) -> None:
        """Take notice that a method may change what it is called on."""
        for method in function.made[1] if function.made and function.made[0] == "" else ():
            if isinstance(method, Method):  # by a name that may stand for something else by now
                self.called(method, given, named, node)
        if not isinstance(node, ast.Call):
            return
        if function.owner is None and not isinstance(node.func, ast.Attribute):
            return
        owner = function.owner or function
        last = getattr(node.func, "attr", function.source.rpartition(".")[2])
        if last in HARMLESS:
            for value in owner.made[1] if owner.made and owner.made[0] == "" else ():
                if isinstance(value, Schedule) and last == "step":
                    self.called(Method(value, "step"), given, named, node)
            return
        if last == "load_state_dict" and owner.made:
            self.loaded = True
        else:
            made = owner.made[1] if owner.made else []
            own = owner.made is not None and owner.made[0] == ""
            for each in made if own else ():
                value = each.of if isinstance(each, Method) else each
                adds = last == "add_param_group"
                if isinstance(value, Built) and (adds or owner.source != value.label):
                    self.rate_changed(value, node)
                if isinstance(value, Schedule):
                    raise changing(node, value)
            if not own:  # an object that is given another keeps it, and may use it
                given = [value for value in made if not isinstance(value, Instance)]
                made = list(filter(holds_rate, reached(given)))
            self.touch(made, node)
            owner.kept.clear()

    def _lost_call(self, function: Any, node: ast.Call, given: list[Any], named: Any) -> Any:
        """Return what nobody knows, as not all arguments are known."""
        if isinstance(function, Function | Bound | Class):
            inner = function
            while isinstance(inner, Bound):
                inner = inner.function
            if isinstance(inner, Function):
                self.bound_effects(inner)
        self.touch([*given, *named.values()], node)
        return Unknown(unparsed(node), self.at(node), plain=False)

    def touch(self, values: Iterable[Any], node: ast.AST) -> None:
        """Take notice that values were handed to somebody who may change them.

        A trainer's object is not changed: it may be told of more that it calls, as bars are.
        """
        given = list(values)
        own = [each for each in given if isinstance(each, Instance) and each.of.trains]
        if own:
            at = getattr(node, "lineno", 0)
            self.handed[f"{shown(getattr(node, 'func', node))} (line {at})"] = None
        for value in reached(each for each in given if each not in own):
            match value:
                case List() | Dict() | Array():
                    if isinstance(value, Group):
                        self.rate_changed(value.owner, node)
                    value.lost = Unknown(written(value)[:60], self.at(node))
                case Built():
                    if value.used or self.loops.stack:
                        self.hand([value], node)
                    if not value.used:
                        value.handed = f"{shown(node)} is not followed, and may say its rate"
                        value.lost, value.groups = value.handed, None
                case Schedule():
                    self.hand([value], node)
                case Instance():
                    value.kept.forgets(self.at(node), None, varies=self.turning)
                    value.kept.clear()
                case Parser():
                    value.lost = self.at(node)
                case Module():
                    value.frame.lose_all(self.at(node))
                case Unknown():
                    value.kept.clear()
                case Function():
                    self.bound_effects(value)

    def minded(self, value: Any, node: ast.AST) -> None:
        """Mind a change of what may be an optimizer's parameter groups, or one of them."""
        holder = value.holder if isinstance(value, Kept) else None
        if holder is not None:
            raise changing(node, holder)
        owner = value.owner if isinstance(value, Kept) else None
        if owner is not None:
            self.rate_changed(owner, node)
            if not isinstance(value, Group | Groups):
                owner.lost = f"{shown(node)} changes a parameter group, which is not followed"

    def rate_changed(self, optimizer: Built, node: ast.AST) -> None:
        """Refuse what changes a rate that a scheduler has in hand.

        Raises:
            ReadError: a scheduler was built on it.

        """
        if optimizer.used:
            text = f"{shown(node)} changes {optimizer.label or 'the optimizer'}, which is not"
            raise ReadError(f"{text} followed", hint="paste only what builds the schedule")


def changing(node: ast.AST, schedule: Schedule) -> ReadError:
    """Return what there is to say of what changes a scheduler."""
    text = f"{shown(node)} changes {schedule.label or 'the scheduler'}, which is not followed"
    return ReadError(text, hint="paste only what builds the schedule")


def holds_rate(value: Any) -> bool:
    """Whether a value is an optimizer, or a scheduler that writes into one."""
    call = value.call if isinstance(value, Schedule) else None
    owned = hasattr(call, "optimizer") or getattr(call, "owner", None) is not None
    return isinstance(value, Built) or owned


def is_stepped(value: Any) -> bool:
    """Whether a value is a scheduler that is stepped, which stays what it is in others' hands."""
    call = value.call if isinstance(value, Schedule) else None
    return call is not None and call.card.clock == "step"
