"""What a pickled object holds, as data: no class is looked up and nothing is called.

The opcodes are gone through by ``pickletools``, which only parses them. What would build an object
is noted down as a ``Held``: the name of what would be called, what it would be given, and its
attributes.
"""

from __future__ import annotations

import io
import pickletools
import zipfile
from dataclasses import dataclass, field
from typing import Any, Final

from isorate.schedule.errors import ReadError

#: A pickle of a trainer's arguments has some hundred; more opcodes are not gone through.
MOST_OPCODES: Final = 200_000
#: A longer pickle holds weights.
LONGEST: Final = 1 << 20
#: Objects in objects; further in is nothing that a rate depends on.
DEEPEST: Final = 6
#: A larger integer counts nothing.
LARGEST: Final = 1 << 63
MARK: Final = object()
#: What torch wrote before its archives: this number, two more pickles, and then the object's.
MAGIC: Final = 0x1950A86A20F9469CFC6C
#: How an archive begins.
ARCHIVE: Final = b"PK\x03\x04"


@dataclass(frozen=True)
class Held:
    """What would be called with what, and which attributes would be set."""

    name: str
    given: tuple[Any, ...] = ()
    attributes: dict[Any, Any] = field(default_factory=dict)


def unpickled(data: bytes) -> Any:
    """Return what a pickle holds, or the one in an archive of tensors, in plain values.

    An object is its attributes, with its class as ``__class__``; a member of an enumeration is its
    value, and None what is neither.

    Raises:
        ReadError: there is none, it is cut off, or it holds what nobody pickles as arguments.

    """
    try:
        if data.startswith(ARCHIVE):
            data = _member(data)
        stream = io.BytesIO(data)
        found = _Machine().run(stream)
        for _ in range(3 if found == MAGIC else 0):
            found = _Machine().run(stream)
        return _Plain().of(found, DEEPEST)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as bad:
        raise ReadError("the pickle cannot be read", got=str(bad)) from None
    except (NotImplementedError, EOFError, OSError, RuntimeError) as bad:  # what zipfile raises
        raise ReadError("the archive cannot be read", got=str(bad)) from None


def _member(data: bytes) -> bytes:
    """Return the pickle in an archive: what it says of its length is not relied on."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [name for name in archive.namelist() if name.endswith("data.pkl")]
        if len(names) != 1:
            raise ReadError("the archive holds no pickled arguments", required="one data.pkl")
        with archive.open(names[0]) as file:
            found = file.read(LONGEST + 1)
    if len(found) > LONGEST:
        raise ReadError("the pickle is too long", required="at most 1 MiB: it holds weights")
    return found


class _Machine:
    """Goes through opcodes with a stack, as ``pickle`` does."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self, stream: io.BytesIO) -> Any:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
            if count > MOST_OPCODES:
                raise ReadError("the pickle is too long", required="a trainer's arguments")
            if opcode.name == "STOP":
                return self.stack.pop()
            self._step(opcode.name, argument)
        raise ValueError("it has no end")

    def _step(self, name: str, argument: Any) -> None:
        stack = self.stack
        match name:
            case "PROTO" | "FRAME":
                pass
            case "MARK":
                stack.append(MARK)
            case "NONE" | "NEWTRUE" | "NEWFALSE":
                stack.append({"NONE": None, "NEWTRUE": True, "NEWFALSE": False}[name])
            case "EMPTY_DICT" | "EMPTY_LIST" | "EMPTY_TUPLE":
                stack.append({"EMPTY_DICT": {}, "EMPTY_LIST": [], "EMPTY_TUPLE": ()}[name])
            case "EMPTY_SET":
                stack.append([])
            case "GLOBAL":
                stack.append(Held(argument.replace(" ", ".")))
            case "STACK_GLOBAL":
                last, home = stack.pop(), stack.pop()
                stack.append(Held(f"{home}.{last}"))
            case "BINPUT" | "LONG_BINPUT" | "PUT":
                self.memo[argument] = stack[-1]
            case "MEMOIZE":
                self.memo[len(self.memo)] = stack[-1]
            case "BINGET" | "LONG_BINGET" | "GET":
                stack.append(self.memo[argument])
            case "POP":
                stack.pop()
            case "DUP":
                stack.append(stack[-1])
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                size = int(name[-1])
                stack[-size:] = [tuple(stack[-size:])]
            case _ if name in BUILDING:
                self._build(name)
            case _ if isinstance(argument, int | float | str | bytes):
                stack.append(argument)
            case _:
                raise ValueError(f"{name} is in no pickle of arguments")

    def _build(self, name: str) -> None:
        """Take what an opcode makes something of from the stack."""
        stack = self.stack
        match name:
            case "REDUCE" | "NEWOBJ":
                given, made = stack.pop(), stack.pop()
                stack.append(Held(made.name, tuple(given)))
            case "BUILD":
                state = stack.pop()
                state = state[0] if isinstance(state, tuple) and state else state
                if isinstance(state, dict) and isinstance(stack[-1], Held):
                    stack[-1].attributes.update(state)
            case "SETITEM" | "APPEND":
                value = stack.pop()
                key = stack.pop() if name == "SETITEM" else None
                self._put(stack[-1], [key, value] if name == "SETITEM" else [value])
            case "TUPLE" | "LIST" | "FROZENSET":
                items = self._to_mark()
                stack.append(tuple(items) if name == "TUPLE" else items)
            case "DICT":
                items = self._to_mark()
                stack.append({})
                self._put(stack[-1], items)
            case "POP_MARK":
                self._to_mark()
            case _:
                items = self._to_mark()
                self._put(stack[-1], items)

    def _to_mark(self) -> list[Any]:
        at = max(place for place, value in enumerate(self.stack) if value is MARK)
        items = self.stack[at + 1 :]
        del self.stack[at:]
        return items

    @staticmethod
    def _put(into: Any, items: list[Any]) -> None:
        """Put items into a list, or pairs into a dictionary, whose keys are plain.

        A tuple as a key could hold itself a million times, and hashing it would take for ever.
        """
        if isinstance(into, list):
            into.extend(items)
        elif isinstance(into, dict):
            pairs = zip(items[::2], items[1::2], strict=True)
            into.update((k, v) for k, v in pairs if isinstance(k, str | int | float | bytes))


#: Opcodes that make something of what lies on the stack.
BUILDING: Final = frozenset(
    (
        *("REDUCE", "NEWOBJ", "BUILD", "SETITEM", "SETITEMS", "APPEND", "APPENDS", "ADDITEMS"),
        *("TUPLE", "LIST", "DICT", "FROZENSET", "POP_MARK"),
    )
)


class _Plain:
    """Makes plain values of what is held; no more of them than there are opcodes at most.

    A list that holds another one a thousand times, which does so again, is a bomb.
    """

    def __init__(self) -> None:
        self.left = MOST_OPCODES

    def of(self, value: Any, depth: int) -> Any:
        self.left -= 1
        if self.left < 0:
            raise ReadError("the pickle holds too much", required="a trainer's arguments")
        match value:
            case Held(attributes=attributes) if attributes:
                own = {"__class__": value.name, **attributes}
                return self.of(own, depth)
            case Held(given=(one,)):
                return self.of(one, depth - 1) if depth else None
            case dict():
                pairs = ((k, v) for k, v in value.items() if isinstance(k, str) and depth)
                return {k: self.of(v, depth - 1) for k, v in pairs}
            case list() | tuple():
                return [self.of(v, depth - 1) for v in value] if depth else None
            case int():
                return value if abs(value) < LARGEST else None
            case float() | str():
                return value
        return None
