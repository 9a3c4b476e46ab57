"""Where names live: a frame for the text, one for each call of a function of its own."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Final

from isorate.kit import registry
from isorate.reading.naming import Name
from isorate.reading.values import (
    MISSING,
    Class,
    Code,
    Function,
    Module,
    Unknown,
    other_name_of,
    own,
    same,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Modules whose functions are known, by the names that they go by where nothing imports them.
MODULES: Final = {"math": "math", "np": "numpy", "numpy": "numpy"}


#: What has functions.
DEFINED: Final = (Function, Class, Module)


class Given(dict[str, Any]):
    """The values that are given beside the text, by its own source.

    They stand whatever the text says.
    """

    def __init__(self, names: Mapping[str, Any]) -> None:
        super().__init__({canonical(name): own(value) for name, value in names.items()})
        #: Those that something needed.
        self.used: set[str] = set()
        #: Where functions that are given look up their names.
        self.frame: Frame | None = None
        #: What the text says of a name that was given, where it says something else.
        self.overruled: dict[str, Any] = {}
        #: How often a function, a class or a module got a name, in whichever frame.
        self.definitions = 0
        #: What they are that are no mere names, and no conditions: those are decided elsewhere.
        self.kinds = tuple(
            {_kind(name) for name in self if not name.isidentifier()} - {ast.Compare}
        )

    def take(self, source: str) -> Any:
        """Return what is given for a text, and take notice that it was needed."""
        self.used.add(source)
        value = self[source]
        if isinstance(value, Code) and self.frame is not None:
            node: Any = ast.parse(value, mode="eval").body
            self[source] = Function(node, self.frame, {})
        if isinstance(value, str) and _is_constructor(value):
            return Unknown(value, name=Name(value, registry.at_home(value), known=True))
        return own(self[source])


def _kind(source: str) -> type[ast.AST]:
    try:
        return type(ast.parse(source, mode="eval").body)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return ast.Compare


def _is_constructor(text: str) -> bool:
    """Whether a text is the full name of a constructor: somebody's copy of it may be given so."""
    home, _, last = text.rpartition(".")
    return bool(home) and any(c.card.name == registry.at_home(text) for c in registry.called(last))


def canonical(source: str) -> str:
    """Return an expression as it is written here, however it is written there."""
    try:
        return ast.unparse(ast.parse(source.strip(), mode="eval"))
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return source


class Frame:
    """Names and what they stand for.

    Args:
        parent: where names are looked up that it does not have.
        outermost: the frame of the text; itself, where it is none.
        entry: whether names that are given stand here, whatever the text says.

    """

    def __init__(
        self, given: Given, parent: Frame | None = None, *, entry: bool = False, of: Any = None
    ) -> None:
        self.given = given
        self.parent = parent
        self.outermost: Frame = parent.outermost if parent else self
        self.entry = entry or parent is None
        self.of = of
        self.names: dict[str, Any] = {}
        #: Names that have been given their values here: the text may change them.
        self.own: set[str] = set()
        #: Names that belong to another frame: ``global`` and ``nonlocal``.
        self.elsewhere: dict[str, Frame] = {}
        #: The file that it is the frame of, where several are given.
        self.path = ""
        #: Modules that all names were imported from.
        self.stars: list[str] = []
        #: The names that were imported one by one since then.
        self.imported: set[str] = set()
        #: Whether the text has done something that may have changed any name.
        self.lost = ""
        self.is_class = False
        #: The method that trains, where it is the code of a trainer.
        self.trains = ""
        #: Whether it is a comprehension's: what ``:=`` names there belongs to what it is in.
        self.passing = False
        #: What a function's arguments are, their text, and the frame that this is of.
        self.arguments: dict[str, tuple[Any, ast.expr, Frame]] = {}
        #: Whether the function that it is of may have returned something else before.
        self.may_return = False
        #: Names that are used, and that nothing gives a value.
        self.freed: set[str] = set()

    def home(self, name: str) -> Frame | None:
        """Return the frame that has a name."""
        frame: Frame | None = self.elsewhere.get(name, self)
        while frame is not None:
            if name in frame.names and not (frame.is_class and frame is not self):
                return frame
            frame = frame.parent
        return None

    def get(self, name: str) -> Any:
        """Return what a name stands for; ``MISSING`` where nobody says."""
        home = self.home(name)
        value = MISSING if home is None else home.names[name]
        if home is not None and name in home.own:
            return value
        if name in self.given and (
            home is None or home.entry or isinstance(value, Unknown) or value is MISSING
        ):
            return self.given.take(name)
        return value

    def set(self, name: str, value: Any) -> None:
        """Let a name stand for a value."""
        frame = self.elsewhere.get(name, self)
        if name in self.given and frame.entry and name not in frame.own:
            if not isinstance(value, Unknown) and not same(self.given[name], value):
                self.given.overruled[name] = value
            return
        if isinstance(value, DEFINED) or isinstance(frame.names.get(name), DEFINED):
            self.given.definitions += 1
        frame.names[name] = value
        frame.freed.discard(name)

    def free(self, name: str) -> Unknown:
        """Return a name that nobody says anything of, the same each time."""
        if name not in self.outermost.names:
            origin, known = registry.at_home(name), False
            for star in reversed(self.outermost.stars):
                there = registry.at_home(f"{star}.{name}")
                if any(c.card.name == there for c in registry.called(name)):
                    origin, known = there, True
                    break
            self.outermost.freed.add(name)
            self.outermost.names[name] = Unknown(name, name=Name(name, origin, known=known))
        found: Unknown = self.outermost.names[name]
        return found

    def lose_all(self, why: str) -> None:
        """Let every name stand for nobody knows what."""
        for name, value in self.names.items():
            imported = isinstance(value, Unknown) and value.name is not None and value.name.known
            if not imported and name != "__name__":
                self.names[name] = Unknown(name, why, plain=False, made=other_name_of(value))
