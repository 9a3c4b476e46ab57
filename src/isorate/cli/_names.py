"""The names that a text uses, and their values: from ``--set``, and from files of values."""

from __future__ import annotations

import ast
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from isorate.cli import _streams
from isorate.schedule.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

#: Tables in tables in a file of values; below, an item has one name alone.
DEEPEST = 4


class Settings(dict[str, Any]):
    """The names that ``--set`` and ``--values`` define."""

    def __init__(self) -> None:
        super().__init__()
        #: Those that others use.
        self.used: set[str] = set()
        #: Those of files, which may hold more than a text needs, and the files.
        self.of_files: dict[str, str] = {}


def names(settings: Sequence[str], files: Sequence[str] = ()) -> Settings:
    """Return the names that are defined; a later one may use an earlier one, ``--set`` wins."""
    if not settings and not files:
        return Settings()
    from isorate.reading.effects import names_in
    from isorate.reading.values import Code
    from isorate.schedule.expression import value_of
    from isorate.schedule.syntax import parse

    known = Settings()
    for file in files:
        found = dict(_items(_read(file), "", 0, file))
        known.update(found)
        known.of_files.update(dict.fromkeys(found, file))
    for setting in settings:
        name, value = _split(setting)
        known.of_files.pop(name, None)
        node = parse(value)
        if isinstance(node, ast.Lambda):
            known[name] = Code(value)
            continue
        free = names_in(node) - known.keys()
        if value.strip() in free:  # --set args.sched=cos: shells take the quotes of a text
            known[name] = value.strip()
            continue
        known[name] = value_of(node, known)
        known.used |= names_in(node) & known.keys()
    return known


def _split(setting: str) -> tuple[str, str]:
    """Return what a setting says of which source: ``cfg['a=b']=3`` is of ``cfg['a=b']``."""
    for place, character in enumerate(setting):
        source = _source(setting[:place]) if character == "=" else None
        if source is not None:
            return source, setting[place + 1 :]
    raise ReadError("--set", required="NAME=VALUE", got=repr(setting))


def _source(text: str) -> str | None:
    """Return a part of a text as it is asked for; none where it is nothing that is asked for."""
    from isorate.reading.frames import canonical
    from isorate.schedule.syntax import parse

    try:
        node = parse(text)
    except ReadError:
        return None
    return None if isinstance(node, ast.Constant) else canonical(text)


def _read(file: str) -> Mapping[str, Any]:
    """Read a file of values.

    Raises:
        ReadError: it is none.

    """
    kind = PurePath(file).suffix.lower()
    if kind not in (".toml", ".json"):
        raise ReadError("--values", required="a .toml or .json file", got=repr(file))
    text = _streams.read(file)
    try:
        if kind == ".json":
            import json

            found = json.loads(text)
        else:
            import tomllib

            found = tomllib.loads(text)
    except ValueError as error:
        raise ReadError(f"cannot read {file}: it is not {kind[1:].upper()}: {error}") from None
    except RecursionError:
        raise ReadError(f"cannot read {file}: it is nested too deeply") from None
    if not isinstance(found, dict) or not found:
        raise ReadError(f"{file} holds no names", required="names and their values")
    return found


def _items(table: Mapping[str, Any], home: str, depth: int, file: str) -> Iterator[tuple[str, Any]]:
    """Visit the values of a table by their sources: ``cfg.lr`` and ``cfg['lr']`` of table cfg."""
    for key, value in table.items():
        sources = [key] if not home else [f"{home}[{key!r}]"]
        if home and key.isidentifier():
            sources.insert(0, f"{home}.{key}")
        for source in sources:
            name = _source(source)
            if name is None:
                text = f"{file}: {key!r} is no name that a text could use"
                raise ReadError(text, hint='a name, or its source: "len(loader)" = 391')
            if isinstance(value, dict) and depth:  # **cfg.arguments
                yield name, _checked(value, name, file)
            if isinstance(value, dict) and depth < DEEPEST:
                yield from _items(value, name, depth + 1, file)
            elif not depth or not isinstance(value, dict):
                yield name, _checked(value, name, file)


def _checked(value: Any, name: str, file: str) -> Any:
    """Return a value that can stand in a text."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in parts:
        _checked(part, name, file)
    if not isinstance(value, dict | list | str | int | float | None):
        required = "a number, a text, a truth value or a list"
        raise ReadError(f"{file}: {name}", required=required, got=type(value).__name__)
    return value
