"""What the names of a text stand for: values that are known, and those that nobody knows.

Numbers and text are Python's own; lists and dicts are Python's, too, of a class that can say that
it may have been changed by something that is not followed.
"""

from __future__ import annotations

import ast
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import msgspec

from isorate.kit.writing import source
from isorate.schedule.errors import ReadError
from isorate.schedule.expression import Expression
from isorate.schedule.syntax import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from isorate.kit.call import Call
    from isorate.kit.optimizer import Optimizer
    from isorate.reading.expressions import Expressions
    from isorate.reading.frames import Frame
    from isorate.reading.naming import Name

#: No class derives from more of the text's classes.
MOST_BASES: Final = 50
#: A short text may still hold a list of so many values.
FEWEST: Final = 1000


class Unknown(msgspec.Struct, eq=False):
    """A value that nobody knows, or an object of another package.

    Args:
        source: what it is asked for by: its own text, or the name that it was given.
        why: why it is not known, where there is more to say.
        name: what it is called, which may be a constructor's or a function's.
        parts: what else has to be known for it to be known.
        condition: what decides it, where a condition does that nobody knows.
        varies: whether it is another value each time, so that it cannot be given.
        plain: whether it hands out parameters without rates of their own, where it is some.
        made: the function and the arguments, where it is made by a call.
        kept: its attributes, and by a tuple of one its items, as the text has set them.
        owner: what it is an attribute of.
        before: what it was, as source, before something may have changed it.
        term: what it is as arithmetic of what the objects of the text count, where it is that.

    """

    source: str
    why: str = ""
    name: Name | None = None
    parts: tuple[Unknown, ...] = ()
    condition: Unknown | None = None
    varies: bool = False
    plain: bool = True
    made: tuple[str, list[Any], dict[str, Any]] | None = None
    kept: dict[Any, Any] = msgspec.field(default_factory=dict)
    owner: Unknown | None = None
    before: str = ""
    term: ast.expr | None = None

    def leaves(self) -> Iterator[Unknown]:
        """Visit what is to be given, so that it is known."""
        if not self.parts:
            return iter((self,))
        found = each_once([self], lambda part: reversed(part.parts))
        return (part for part in found if not part.parts)

    @property
    def askable(self) -> bool:
        """Whether it can be given."""
        return not any(leaf.varies for leaf in self.leaves())


class Builtin(msgspec.Struct, eq=False):
    """A function of Python's, or a module's whose arithmetic is known: ``math.cos``."""

    name: str
    module: str = ""


class Function(msgspec.Struct, eq=False):
    """A function of the text, with what it is bound to."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    frame: Frame
    defaults: dict[str, Any]
    #: What is taken for granted of a decorator of nobody knows whom.
    wrapped: str = ""
    kind: str = ""
    of: Class | None = None
    #: What a decorator of the text made it of; what sets it, where it is a property.
    wraps: Function | None = None
    setter: Function | None = None

    @property
    def name(self) -> str:
        """Its name."""
        return getattr(self.node, "name", "<lambda>")


class Bound(msgspec.Struct, eq=False):
    """A function with its first arguments: a method, or ``functools.partial``."""

    function: Any
    given: list[Any]
    named: dict[str, Any] = msgspec.field(default_factory=dict)


class Method(msgspec.Struct, eq=False):
    """A method of a value that is known, by its name."""

    of: Any
    name: str


class Class(msgspec.Struct, eq=False):
    """A class of the text."""

    name: str
    names: dict[str, Any]
    bases: list[Any]
    fields: list[str] | None = None
    #: The class and those of the text that it derives from, in the order in which Python looks.
    mro: list[Class] = msgspec.field(default_factory=list)

    def __post_init__(self) -> None:
        bases = [base for base in self.bases if isinstance(base, Class)]
        lines, self.mro = [*([*base.mro] for base in bases), bases], [self]
        while lines := [line for line in lines if line][: MOST_BASES - len(self.mro)]:
            firsts = (line[0] for line in lines)
            later = {id(each) for line in lines for each in line[1:]}
            first = next((each for each in firsts if id(each) not in later), lines[0][0])
            self.mro.append(first)
            lines = [[each for each in line if each is not first] for line in lines]

    def find(self, name: str, after: Class | None = None) -> Any:
        """Return an attribute, its own or a base's; ``MISSING`` where none has it.

        With ``after``, what the classes have that come after that one.
        """
        classes = self.mro[self.mro.index(after) + 1 :] if after in self.mro else self.mro
        found = (each.names[name] for each in classes if name in each.names)
        return next(found, MISSING)

    @property
    def trains(self) -> bool:
        """Whether it is of the code of a trainer."""
        own = (each for each in self.names.values() if isinstance(each, Function))
        return any(each.frame.outermost.trains for each in own)

    @property
    def foreign(self) -> list[Unknown]:
        """The bases that the text does not have."""
        found = [base for base in self.bases if isinstance(base, Unknown)]
        return found + [f for b in self.bases if isinstance(b, Class) for f in b.foreign]


class Instance(msgspec.Struct, eq=False):
    """An object of a class of the text."""

    of: Class
    source: str
    kept: Dict = msgspec.field(default_factory=lambda: Dict())
    line: int = 0


class Super(msgspec.Struct, eq=False):
    """An object as the bases of one of its classes have it."""

    of: Class
    instance: Instance


class Missing:
    """What is not there."""


MISSING: Final = Missing()


class Kept:
    """What a list or a dict may be: changed, nobody knows how."""

    _lost: Unknown | None = None
    #: Whether it has as many items as before, for all that.
    counted = False

    @property
    def lost(self) -> Unknown | None:
        """Why, once it is lost."""
        return self._lost

    @lost.setter
    def lost(self, why: Unknown | None) -> None:
        self._lost, self.counted = why, False

    #: The optimizer that made it one of its parameter groups, or that has it as those.
    owner: Built | None = None
    #: The scheduler that holds others, and that keeps it as it is.
    holder: Schedule | None = None
    #: What may have changed it, and forgot some of it; and what decides that, if something does.
    touched: str = ""
    condition: Unknown | None = None
    #: What it had before that, as source: numbers and text.
    earlier: Mapping[Any, str] = MappingProxyType({})
    #: Whether something may change it again and again.
    varies = False

    def forgets(self, why: str, condition: Unknown | None, *, varies: bool) -> None:
        """Take notice that something may change it, in each turn of a loop perhaps."""
        self.varies = self.varies or varies
        items = self.items() if isinstance(self, dict) else ()
        held = {key: getattr(item, "value", item) for key, item in items}
        plain = {key: source(item) for key, item in held.items() if isinstance(item, PLAIN)}
        self.earlier = {**self.earlier, **plain}
        self.touched, self.condition = why, condition


class List(list[Any], Kept):
    """A list of the text."""


class Passing(List):
    """What ``iter``, ``zip`` or ``map`` hand out, which one goes through once."""


class Dict(dict[Any, Any], Kept):
    """A dict of the text."""


class Default(msgspec.Struct, eq=False):
    """What a name stands for where nobody gives it anything else.

    Args:
        value: its value; unknown where it has to be given.
        said: where it stands, for a sentence.
        asked: what stands for it as long as nobody says that the schedule depends on it.

    """

    value: Any
    said: str
    asked: Unknown | None = None


class Answers(Dict):
    """The attributes of what a command line is parsed into: a default is taken when it is read."""

    def __init__(self, take: Callable[[str, Default], Any]) -> None:
        super().__init__()
        self._take = take

    def __getitem__(self, key: Any) -> Any:
        value = super().__getitem__(key)
        return self._take(key, value) if isinstance(value, Default) else value

    def __iter__(self) -> Iterator[Any]:  # its own, so that dict() and ** take the values from here
        return iter(list(super().keys()))

    def get(self, key: Any, default: Any = None) -> Any:
        found = super().get(key, default)
        return self._take(key, found) if isinstance(found, Default) else found

    def pop(self, key: Any, *default: Any) -> Any:
        found = super().pop(key, *default)
        return self._take(key, found) if isinstance(found, Default) else found

    def setdefault(self, key: Any, default: Any = None) -> Any:
        super().setdefault(key, default)
        return self[key]

    def values(self) -> Any:
        return [self[key] for key in self]

    def items(self) -> Any:
        return [(key, self[key]) for key in self]

    def copy(self) -> Dict:
        return Dict(self.items())

    def parts(self) -> Iterator[Any]:
        """Visit the values without taking defaults that are known: handed on, none is needed."""
        for key, value in super().items():
            known = isinstance(value, Default) and not isinstance(value.value, Unknown)
            yield value.value if known else self[key]


class Namespace(Instance, eq=False):
    """What a command line is parsed into."""

    @classmethod
    def of_arguments(cls, follower: Expressions, of: Class | None = None) -> Namespace:
        """Return one without attributes."""

        def take(name: str, default: Default) -> Any:
            return follower.default(default, f"{found.source}.{name}")

        kept = Answers(take)
        found = cls(of or Class("Namespace", {}, []), "arguments()", kept)
        return found

    def open(self) -> None:
        """Let it have attributes that nobody knows."""
        self.of = Class(self.of.name, self.of.names, [Unknown("object")], self.of.fields)


class Group(Dict):
    """A parameter group: its optimizer minds what is written into it."""

    owner: Built


class Groups(List):
    """The parameter groups of an optimizer."""

    owner: Built


def kept_as_groups(params: Any, optimizer: Built) -> Any:
    """Return parameters as an optimizer keeps them: a list of its own, the groups as they are."""
    if not isinstance(params, List):
        return params
    found = List(params)
    found.lost = params.lost
    for group in found:
        if isinstance(group, Dict):
            group.owner = optimizer
    return found


class Module(msgspec.Struct, eq=False):
    """A module of the text's own: a file that is given beside it."""

    name: str
    frame: Frame


class Built(msgspec.Struct, eq=False):
    """An optimizer, as the text builds it.

    Args:
        node: the call that builds it.
        name: its class.
        given: its arguments by place, the parameters among them.
        named: its arguments by name.
        spread: arguments that are not known, as source.
        groups: its parameter groups; none as long as nobody looks into them.
        lost: why its rates are not known, once they are not.
        handed: the same, where something else than the text's loops may have set them.
        read: as a framework has it, by the framework, once a scheduler is given it.
        regrouped: whether its parameter groups are set to others.
        calls: the schedulers that are built on it.
        keys: what it is given by, and puts into its groups.

    """

    node: ast.expr
    name: Name | None
    given: list[Any]
    named: dict[str, Any]
    spread: list[str]
    groups: Groups | None = None
    lost: str = ""
    whole: Optimizer | None = None
    read: dict[str, Optimizer | ReadError] = msgspec.field(default_factory=dict)
    used: bool = False
    label: str = ""
    regrouped: bool = False
    calls: list[Call] = msgspec.field(default_factory=list)
    keys: frozenset[str] = frozenset()
    handed: str = ""


class Schedule(msgspec.Struct, eq=False):
    """A scheduler, a list of rates, or a schedule: none, where something is missing.

    Args:
        call: what builds it.
        node: its text.
        optimizer: the optimizer that it is given.
        members: those that it holds.
        functions: the functions among its arguments, with the text that they had.
        own: what such a function is by itself, where it is more than its text.
        stepped: whether it took a step; the call that tells it which, where one does.
        label: the name that it was given first.
        loops: the loops that it is built in, and the conditions.
        updates: how many updates it is of, where it says so itself.
        stride: that it is set by hand in each so-manieth turn, where it is not in all of them.
        told_by: the method that tells it which step comes, where one does.
        late: that it is set by hand after the updates of a turn, for those of the next.
        trains: whether its step updates the optimizer, too: before the rate is set, or after that.
        count: the ``last_epoch`` that the text gives it, and how much had happened by then.
        only: the condition that is to hold for it to be there, its frame and where it is asked:
            the loop is in its first turn. It is none in the others.

    """

    call: Call | None
    node: ast.AST
    optimizer: Any = None
    members: list[Schedule] = msgspec.field(default_factory=list)
    functions: list[tuple[Any, str, dict[str, Any]]] = msgspec.field(default_factory=list)
    own: Any = None
    stepped: bool | ast.AST = False
    label: str = ""
    loops: tuple[Any, ...] = ()
    guards: tuple[Any, ...] = ()
    stride: Any = None
    updates: int | None = None
    late: bool = False
    told_by: str = ""
    trains: str = ""
    count: tuple[Any, int] | None = None
    only: tuple[ast.expr, Any, ast.AST] | None = None

    @property
    def writes_to(self) -> Any:
        """The optimizer that it writes the rates of, its own or its members'."""
        return self.optimizer or next((m.writes_to for m in self.members if m.writes_to), None)


class Given(msgspec.Struct, eq=False):
    """What is given a schedule: an optimizer of a framework whose optimizers take them."""

    schedule: Schedule


class Code(str):
    """A function that is given beside a text: its source, a lambda."""

    __slots__ = ()


def other_name_of(*values: Any) -> tuple[str, list[Any], dict[str, Any]]:
    """Return what something is made of that may be one of several values, by another name."""
    found: dict[int, Any] = {}
    for value in values:
        match value:
            case Unknown(made=("", given, _)):
                found.update((id(each), each) for each in given)
            case _:
                found[id(value)] = value
    return "", list(found.values()), {}


#: What the rate of an optimizer is made of that has to be given one.
UNRATED: Final = "the optimizer's rate"
#: What has no parts that could change.
PLAIN: Final = (int, float, str, bool, type(None))


def own(value: Any) -> Any:
    """Return a value as the text's own: lists and dicts can be changed."""
    if isinstance(value, list):
        return List(map(own, value))
    if isinstance(value, tuple):
        return tuple(map(own, value))
    if isinstance(value, dict):
        return Dict({key: own(item) for key, item in value.items()})
    return value


def parts_of(value: Any) -> Iterable[Any]:
    """Return what a value holds."""
    match value:
        case list() | tuple() | set():
            return value
        case Answers():
            return value.parts()
        case dict():
            return value.values()
        case Namespace():
            return parts_of(value.kept)
        case Unknown(made=("", given, _)):
            return [*value.kept.values(), *given]
        case Instance() | Unknown():
            return value.kept.values()
        case Bound():
            return [*value.given, *value.named.values(), value.function]
        case Method():
            return [value.of]
    return ()


def each_once(values: Iterable[Any], parts: Callable[[Any], Iterable[Any]]) -> Iterator[Any]:
    """Visit values and the parts of each, and theirs, each object once; plain ones are none."""
    waiting = list(values)
    seen: set[int] = set()
    while waiting:
        value = waiting.pop()
        if type(value) in PLAIN or id(value) in seen:
            continue
        seen.add(id(value))
        yield value
        waiting += parts(value)


def reached(values: Iterable[Any]) -> Iterator[Any]:
    """Visit everything that can be reached from values, each object once."""
    return each_once(values, parts_of)


def unknown_in(value: Any) -> list[Unknown]:
    """Return what is not known in a value."""
    if isinstance(value, Unknown):
        return [value]
    found = list(reached([value]))
    lost = [part.lost for part in found if isinstance(part, Kept) and part.lost]
    return [*lost, *(part for part in found if isinstance(part, Unknown))]


class Sizes:
    """How many numbers and characters values come to, shared parts counted each time.

    Args:
        longest: how many one may come to.

    """

    def __init__(self, longest: int) -> None:
        self.longest = longest
        self._known: dict[int, int] = {}

    def of(self, value: Any) -> int:
        """Return it.

        Raises:
            ReadError: more than that.

        """
        kept = self._known.get(id(value))
        if kept is not None:
            return kept
        match value:
            case list() | tuple() | set():
                size = 1 + sum(map(self.of, value))
            case dict():
                size = 1 + sum(map(self.of, value.values()))
            case str():
                size = 1 + len(value)
            case Expression():
                size = 1 + len(value.source)
            case _:
                return 1
        if size > self.longest:
            raise ReadError("a value is longer than the text that says it", got=f"{size} parts")
        if not isinstance(value, str):
            self._known[id(value)] = size
        return size


#: What stands for a value that the text has no expression of.
NO_TEXT: Final = "..."


def written(value: Any, node: ast.expr | None = None, depth: int = 0) -> str:
    """Return a value as source: what is not known by its own text."""
    if depth > 20:
        return NO_TEXT
    match value:
        case bool() | int() | float() | str() | None:
            return source(value)
        case Unknown(name=name) if name is not None and not value.parts and name.known:
            return name.written
        case Unknown():
            return value.source
        case list():
            return f"[{', '.join(written(item, None, depth + 1) for item in value)}]"
        case tuple():
            inside = ", ".join(written(item, None, depth + 1) for item in value)
            return f"({inside}{',' * (len(value) == 1)})"
        case dict():
            pairs = (f"{written(k)}: {written(v, None, depth + 1)}" for k, v in value.items())
            return f"{{{', '.join(pairs)}}}"
        case Function(node=made):
            return shown(made)
    return NO_TEXT if node is None else ast.unparse(node)


def same(a: Any, b: Any) -> bool:
    """Whether two values are one."""
    return a is b or (type(a) is type(b) and not isinstance(a, Unknown) and bool(a == b))
