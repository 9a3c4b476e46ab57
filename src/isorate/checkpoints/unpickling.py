"""What a pickle holds, as data: no class is looked up and nothing is called.

The opcodes are gone through by ``pickletools``, which only parses them. What would build an object
is noted down as a ``Held``: the name of what would be called, what it would be given, and its
attributes. Of tensors only those of one element are looked at: a rate may lie in one.
"""

from __future__ import annotations

import io
import pickletools
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any, Final, NamedTuple, TypeAlias

from isorate.schedule.errors import ReadError


class Bounds(NamedTuple):
    """How much of a pickle is gone through, and what it is taken for.

    Args:
        what: what has no more than that.
        opcodes: how many are gone through.
        values: how many values come of it: a list that holds another one a thousand times, which
            does so again, is a bomb.
        length: how many bytes are read.
        depth: how deep objects lie in objects.

    """

    what: str
    opcodes: int
    values: int
    length: int
    depth: int


#: A trainer's arguments are some hundred; further in than this nothing is that a rate depends on.
ARGUMENTS: Final = Bounds("a trainer's arguments", 200_000, 200_000, 1 << 20, 6)
#: A checkpoint names thousands of tensors, whose numbers lie elsewhere.
CHECKPOINT: Final = Bounds("a checkpoint's names", 4_000_000, 500_000, 1 << 26, 14)
#: A larger integer counts nothing.
LARGEST: Final = 1 << 63
MARK: Final = object()
#: What torch wrote before its archives: this number, two more pickles, and then the object's.
MAGIC: Final = 0x1950A86A20F9469CFC6C
#: How an archive begins.
ARCHIVE: Final = b"PK\x03\x04"
#: How torch's storages and NumPy hold a number.
FORMATS: Final = {
    "DoubleStorage": "<d", "FloatStorage": "<f", "HalfStorage": "<e", "LongStorage": "<q",
    "IntStorage": "<i", "f8": "<d", "f4": "<f", "f2": "<e", "i8": "<q", "i4": "<i",
}  # fmt: skip

#: How many bytes an element of torch's storages has.
WIDTHS: Final = {
    "DoubleStorage": 8, "FloatStorage": 4, "HalfStorage": 2, "BFloat16Storage": 2,
    "LongStorage": 8, "IntStorage": 4, "ShortStorage": 2, "CharStorage": 1, "ByteStorage": 1,
    "BoolStorage": 1, "ComplexFloatStorage": 8, "ComplexDoubleStorage": 16,
}  # fmt: skip

#: Returns the first bytes of what torch keeps beside the pickle under a name; none, where it does
#: not lie there.
Storages: TypeAlias = Callable[[str, int], bytes]


@dataclass(frozen=True)
class Held:
    """What would be called with what, and which attributes would be set."""

    name: str
    given: tuple[Any, ...] = ()
    attributes: dict[Any, Any] = field(default_factory=dict)


def unpickled(file: IO[bytes] | bytes, bounds: Bounds = ARGUMENTS) -> Any:
    """Return what a pickle holds, or the one in an archive of tensors, in plain values.

    An object is its attributes, with its class as ``__class__``; a member of an enumeration is its
    value, a tensor of one element and NumPy's scalar are its number, and None what is neither.

    Raises:
        ReadError: there is none, it is cut off, or it holds what nobody pickles.

    """
    file = io.BytesIO(file) if isinstance(file, bytes) else file
    try:
        archived = file.read(len(ARCHIVE)) == ARCHIVE
        file.seek(0)
        if archived:
            with zipfile.ZipFile(file) as archive:
                data, storages = _member(archive, bounds)
                return _Plain(bounds, storages).of(_Machine(bounds).run(io.BytesIO(data)))
        stream = io.BytesIO(file.read(bounds.length))
        found = _Machine(bounds).run(stream)
        beside: Storages = _nothing
        if found == MAGIC:
            for _ in range(3):
                found = (machine := _Machine(bounds)).run(stream)
            if machine.persistent:
                beside = _behind(file, stream, machine)
        return _Plain(bounds, beside).of(found)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as bad:
        raise ReadError("the pickle cannot be read", got=str(bad)) from None
    except (NotImplementedError, EOFError, OSError, RuntimeError) as bad:  # what zipfile raises
        raise ReadError("the archive cannot be read", got=str(bad)) from None


def _member(archive: zipfile.ZipFile, bounds: Bounds) -> tuple[bytes, Storages]:
    """Return the pickle in an archive, and its storages; what it says of lengths is not relied on.

    Raises:
        ReadError: it has none, or one that is too long.

    """
    names = [name for name in archive.namelist() if name.endswith("data.pkl")]
    if len(names) != 1:
        raise ReadError(f"the archive holds no pickle of {bounds.what}", required="one data.pkl")
    with archive.open(names[0]) as file:
        found = file.read(bounds.length + 1)
    if len(found) > bounds.length:
        required = f"at most {bounds.length >> 20} MiB: it holds weights"
        raise ReadError("the pickle is too long", required=required)
    root = names[0].removesuffix("data.pkl")

    order = f"{root}byteorder"
    little = order not in archive.NameToInfo or archive.open(order).read(6) == b"little"

    def storages(name: str, size: int) -> bytes:
        if not little:
            return b""
        with archive.open(f"{root}data/{name}") as file:
            return file.read(size)

    return found, storages


def _nothing(_name: str, _size: int) -> bytes:
    """Return that nothing lies beside a pickle."""
    return b""


def _behind(file: IO[bytes], stream: io.BytesIO, machine: _Machine) -> Storages:
    """Return the storages that lie behind a pickle: their names, and of each its size and bytes."""
    places: dict[str, int] = {}
    names = _Machine(machine.bounds).run(stream)
    at = stream.tell()
    for name in names if isinstance(names, list) else ():
        file.seek(at)
        count = int.from_bytes(file.read(WIDEST), "little", signed=True)
        width = WIDTHS.get(machine.persistent.get(str(name), ""))
        if width is None or count < 0:
            break
        places[str(name)] = at + WIDEST
        at += WIDEST + count * width

    def storages(name: str, size: int) -> bytes:
        if name not in places:
            return b""
        file.seek(places[name])
        return file.read(size)

    return storages


class _Machine:
    """Goes through opcodes with a stack, as ``pickle`` does."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        #: The kind of each storage that is named.
        self.persistent: dict[str, str] = {}

    def run(self, stream: io.BytesIO) -> Any:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
            if count > self.bounds.opcodes:
                raise ReadError("the pickle is too long", required=self.bounds.what)
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
            case "BINPERSID":
                held = Held(PERSISTENT, tuple(stack.pop()))
                match held.given:
                    case (_, Held(name=kind), str(key), *_):
                        self.persistent[key] = kind.rpartition(".")[2]
                stack.append(held)
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                size = int(name[-1])
                stack[-size:] = [tuple(stack[-size:])]
            case _ if name in BUILDING:
                self._build(name)
            case _ if isinstance(argument, int | float | str | bytes):
                stack.append(argument)
            case _:
                raise ValueError(f"{name} is in no pickle that is read")

    def _build(self, name: str) -> None:
        """Take what an opcode makes something of from the stack."""
        stack = self.stack
        match name:
            case "REDUCE" | "NEWOBJ":
                given, made = stack.pop(), stack.pop()
                held = _mapping(made.name, given)
                stack.append(Held(made.name, tuple(given)) if held is None else held)
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
        for at in range(len(self.stack) - 1, -1, -1):
            if self.stack[at] is MARK:
                items = self.stack[at + 1 :]
                del self.stack[at:]
                return items
        raise ValueError("it closes what it has not opened")

    @staticmethod
    def _put(into: Any, items: list[Any]) -> None:
        """Put items into a list, or pairs into a dictionary, whose keys are plain.

        A tuple as a key could hold itself a million times, and hashing it would take for ever.
        """
        if isinstance(into, list):
            into.extend(items)
        elif isinstance(into, dict):
            pairs = zip(map(_key, items[::2]), items[1::2], strict=True)
            into.update(pairs)


#: Stands for a key that nobody reads.
UNREAD: Final = "…"


def _key(key: Any) -> str | int | float | bytes:
    """Return a key that is plain, or stands for one that is not."""
    if isinstance(key, Held):
        number = _scalar(key)
        return UNREAD if number is None else number
    return key if isinstance(key, str | int | float | bytes) else UNREAD


#: Opcodes that make something of what lies on the stack.
BUILDING: Final = frozenset(
    (
        *("REDUCE", "NEWOBJ", "BUILD", "SETITEM", "SETITEMS", "APPEND", "APPENDS", "ADDITEMS"),
        *("TUPLE", "LIST", "DICT", "FROZENSET", "POP_MARK"),
    )
)


#: What stands for something beside the pickle: torch's storages.
PERSISTENT: Final = "persistent"
TENSOR: Final = "torch._utils._rebuild_tensor_v2"
MAPPINGS: Final = ("collections.OrderedDict", "collections.Counter", "collections.defaultdict")


def _mapping(name: str, given: Any) -> dict[Any, Any] | None:
    """Return what a mapping is made of; none where no mapping is made."""
    if name not in MAPPINGS:
        return None
    made: dict[Any, Any] = {}
    for each in given:
        if isinstance(each, dict):
            made.update(each)
    return made


class _Plain:
    """Makes plain values of what is held, and no more of them than the bounds say."""

    def __init__(self, bounds: Bounds, storages: Storages) -> None:
        self.bounds, self.storages = bounds, storages
        self.left = bounds.values

    def of(self, value: Any, depth: int | None = None) -> Any:
        depth = self.bounds.depth if depth is None else depth
        self.left -= 1
        if self.left < 0:
            raise ReadError("the pickle holds too much", required=self.bounds.what)
        match value:
            case Held(attributes=attributes) if attributes:
                own = {"__class__": value.name, **attributes}
                return self.of(own, depth)
            case Held(name=name, given=given) if name == TENSOR:
                return self._element(*given[:3])
            case Held() if (number := _scalar(value)) is not None:
                return number
            case Held(given=(one,)):
                return self.of(one, depth - 1) if depth else None
            case dict():
                pairs = ((k, v) for k, v in value.items() if not isinstance(k, bytes) and depth)
                return {k: self.of(v, depth - 1) for k, v in pairs}
            case list() | tuple():
                return [self.of(v, depth - 1) for v in value] if depth else None
            case int():
                return value if abs(value) < LARGEST else None
            case float() | str():
                return value
        return None

    def _element(self, storage: Any, offset: Any, shape: Any) -> int | float | None:
        """Return the number in a tensor of one element; of any other, none."""
        match storage, offset, shape:
            case Held(given=(_, Held(name=kind), str(key), *_)), int(), tuple():
                if all(size == 1 for size in shape) and 0 <= offset < MOST_ELEMENTS:
                    kind = kind.rpartition(".")[2]
                    return _number(kind, self.storages(key, (offset + 1) * WIDEST), offset)
        return None


#: Of a tensor with more elements than this none is a rate.
MOST_ELEMENTS: Final = 1 << 16
#: Bytes of the widest number.
WIDEST: Final = 8


def _scalar(value: Held) -> int | float | None:
    """Return the number in a scalar of NumPy's; of anything else, none."""
    match value:
        case Held(name=name, given=(Held(given=(kind, *_)), held)) if name.endswith(".scalar"):
            return _number(str(kind), _bytes(held), 0)
    return None


def _bytes(value: Any) -> bytes:
    """Return bytes; older pickles have them as text that is to be encoded."""
    match value:
        case bytes():
            return value
        case Held(name="_codecs.encode", given=(str(text), *_)):
            return text.encode("latin-1")
    return b""


def _number(kind: str, data: bytes, at: int) -> int | float | None:
    """Return a number of a kind that torch or NumPy calls so; none where it is not there."""
    if kind == "BFloat16Storage":
        bits = data[2 * at : 2 * at + 2]
        return struct.unpack("<f", b"\0\0" + bits)[0] if len(bits) == 2 else None
    form = FORMATS.get(kind)
    size = 0 if form is None else struct.calcsize(form)
    if form is None or len(data) < (at + 1) * size:
        return None
    found: int | float = struct.unpack_from(form, data, at * size)[0]
    return found
