"""Files of tables in tables, whose keys overrides name with dots."""

from __future__ import annotations

import difflib
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

from isorate.configs.configuration import NEAR, Configuration
from isorate.schedule.lazily import pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

#: A value that stands elsewhere in the file: ``${model.encoder.d_model}``.
ELSEWHERE: Final = pattern(r"^\$\{([\w.]+)\}$")


def in_place(values: Mapping[str, Any], written: Any) -> Any:
    """Return a value, or the one of a file that it names.

    Example:
        >>> in_place({"model": {"width": 8}}, "${model.width}")
        8

    """
    place = ELSEWHERE.match(written) if isinstance(written, str) else None
    found: Any = values
    for key in place[1].split(".") if place else ():
        found = found.get(key) if isinstance(found, dict) else None
    return written if place is None or found is None or isinstance(found, dict) else found


def dotted(values: Mapping[str, Any], at: str = "") -> dict[str, Any]:
    """Return the values of tables by their dotted keys; what is dotted already goes before."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict) and not key.startswith("__"):
            found = dotted(value, f"{at}{key}.") | found
    plain = {f"{at}{k}".lstrip("+"): v for k, v in values.items() if not isinstance(v, dict)}
    return found | plain


def applied(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with those of dotted keys in their tables.

    Example:
        >>> applied({"run": {"lr": 1}, "run.lr": 2})["run"]
        {'lr': 2}

    """
    found = deepcopy(dict(values))
    for key, value in values.items():
        *path, last = key.split(".")
        table: Any = found
        for name in path:
            table = table.setdefault(name, {}) if isinstance(table, dict) else None
        if path and isinstance(table, dict):
            table[last] = value
    return found


class Dotted(Configuration, frozen=True):
    """A configuration of tables in tables, which overrides name with dots."""

    def score(self, values: Mapping[str, Any]) -> int:
        return super().score(dotted(values))

    def misspelt(self, values: Mapping[str, Any]) -> tuple[str, str] | None:
        """Return a key whose last part is nearly that of one in the same table."""
        found = dotted(values)
        tables = dict.fromkeys(key.rpartition(".")[0] for key in self.keys)
        for key in found:
            table, _, last = key.rpartition(".")
            for own in difflib.get_close_matches(table, tables, 1, NEAR):
                if own != table and f"{own}.{last}" in self.keys and f"{own}.{last}" not in found:
                    return key, f"{own}.{last}"
            known = [k.rpartition(".")[2] for k in self.keys if k.rpartition(".")[0] == table]
            if last in known or key in self.others:
                continue
            near = difflib.get_close_matches(last, known, 1, NEAR)
            if near and f"{table}.{near[0]}" not in found:
                return key, f"{table}.{near[0]}"
        return None
