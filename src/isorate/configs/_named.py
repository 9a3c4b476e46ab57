"""Files that a command line names: what they say of a run, before which its flags go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from isorate.configs._documents import ACCELERATE, Document, document, is_configuration, parsed
from isorate.configs._dotted import applied
from isorate.schedule.errors import ReadError
from isorate.schedule.lazily import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: What programs call the file of their configuration; where a word alone names one; Accelerate's.
KEYS: Final = ("config", "cfg", "config_file", "cfg_file", "config_path", "yaml_cfg", "-c")
ALONE: Final = "__files__"
#: Such a value is a file; any other may be a model's name, but for programs that take one of these.
ENDED: Final = pattern(r"\.(?:json|ya?ml|toml|py)$")
BY_NAME: Final = ("tune run",)
#: A key of a table in a table, whose value is the next word.
PAIRED: Final = pattern(r"[A-Z][A-Z0-9_]*(?:\.[A-Z0-9_]+)+")


def opened(values: Mapping[str, Any], name: str) -> Document | None:
    """Return a file that a configuration names: one that its script writes, or that is there.

    It is looked for from here, in the configuration's own folder, and in the one above.
    """
    written = values.get("__written__")
    if isinstance(written, dict) and name in written:
        return parsed(written[name], Path(name))
    home = Path(values.get("__folder__", ""))
    for path in (Path(name), home / name, home.parent / name):
        if path.is_file() and (path.suffix != ".py" or is_configuration(str(path))):
            return document(path)
    return None


def with_files(values: Mapping[str, Any], origin: str) -> dict[str, Any]:
    """Return what a command line says, and what its flags leave to the files that it names.

    Raises:
        ReadError: one of them is not there.

    """
    found = dict(values)
    launched = found.pop(ACCELERATE, None)
    if isinstance(launched, str) and str(found.get("__processes__", "$")).startswith("$"):
        own = opened(values, launched)
        several = own.values.get("num_processes") if own else None
        if isinstance(several, int) and not isinstance(several, bool) and several > 0:
            found["__processes__"] = several
    for key, name in named(values):
        own = opened(values, name) or (opened(values, f"{name}.toml") if key != ALONE else None)
        if own is not None:
            found.pop(key, None)
            found = applied({**own.values, **found, **dict(pairs(values))})
            found["__based__"] = [*found.get("__based__", []), name]
        elif key != ALONE or not name.endswith(".py"):
            text = f"{origin}: {name} is not there, and the schedule may stand in it"
            hint = "give that file itself, and what flags say as --set KEY=VALUE"
            hint += "" if key == ALONE else f"; --set {key}=None, where it says no rates"
            raise ReadError(text, hint=hint)
    return found


def named(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Visit the files of a command line, with the flag of each."""
    for key, value in values.items():
        for name in value if key == ALONE else [value]:
            own = key == ALONE or key.rpartition(".")[2] in KEYS
            if (
                own
                and isinstance(name, str)
                and (
                    ENDED.search(name)
                    or key == "config_file"
                    or values.get("__program__") in BY_NAME
                )
            ):
                yield key, name


def pairs(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Visit what words say that are keys and values in turn, as ``SOLVER.BASE_LR 0.01``."""
    more = values.get("__more__") or {}
    for key in ("opts", *KEYS):
        words = [*([values[key]] if key == "opts" and key in values else []), *more.get(key, [])]
        if words and all(PAIRED.fullmatch(str(word)) for word in words[::2]):
            yield from zip(words[::2], words[1::2], strict=False)
