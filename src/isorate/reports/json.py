"""Results as JSON documents: integers for updates, shortest floats, NaN and infinities as text."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import msgspec

from isorate.explanation import told
from isorate.recipe import Recipe
from isorate.reports.milestones import milestones
from isorate.schedule.errors import IsorateError
from isorate.schedule.lazily import np, pattern
from isorate.schedule.run import Run

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

    from isorate.comparison import Comparison
    from isorate.conversion import Conversion
    from isorate.explanation import SideFacts
    from isorate.kit.call import Call
    from isorate.kit.registry import Dialect
    from isorate.mapping import Mapping
    from isorate.schedule.curve import Curve, Halt
    from isorate.schedule.laws import Law
    from isorate.simulation import Sampled


#: What stands for itself in a document that a terminal may show: the printable part of ASCII.
BEYOND_ASCII = pattern(r"[^\n -~]")


def dumps(document: Any, *, ascii_only: bool = False) -> str:
    """Return one JSON document, ending with a newline.

    A character that does not print is written as its escape; with ``ascii_only`` each one is that
    an output which is not UTF-8 may lack.
    """

    def escaped(found: re.Match[str]) -> str:
        char = found[0]
        if char.isprintable() and not ascii_only:
            return char
        units = char.encode("utf-16-be").hex()
        return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))

    return BEYOND_ASCII.sub(escaped, msgspec.json.encode(document).decode()) + "\n"


def number(value: float) -> float | str:
    """Return a float that JSON can hold, or its name."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def shortest(row: Any) -> list[float]:
    """Return rates whose text is the shortest that reads back to the same bits of their dtype."""
    if isinstance(row, list):
        return row
    return [float(str(v)) for v in row] if row.dtype == np.float32 else row.tolist()


def rates(curve: Curve) -> list[Any]:
    """Return a curve's rates, one list a group where there are several."""
    rows: list[list[Any]] = [shortest(row) for row in curve.rows]
    rows = [row if all(map(math.isfinite, row)) else [*map(number, row)] for row in rows]
    return rows if len(rows) > 1 else rows[0]


def show(call: Call, curve: Curve) -> dict[str, Any]:
    """Return the document of ``show --json``."""
    rows = curve.rows
    return {
        **_shown(call, curve.dtype),
        "rates": rates(curve),
        "halt": _halt(curve.halt),
        "milestones": [
            {
                "name": one.name,
                "update": one.update,
                "rate": _of_groups([row[one.update : one.update + 1] for row in rows]),
                "groups": list(one.groups),
            }
            for one in milestones(curve)
        ],
    }


def run(given: Run) -> dict[str, Any]:
    """Return a run as a document: what is not as it is by default, a metric's values left out."""
    names = [field.name for field in dataclasses.fields(given) if field.name != "metrics"]
    usual = Run()
    said = {name: getattr(given, name) for name in names}
    return {name: value for name, value in said.items() if value != getattr(usual, name)}


def show_at(call: Call, at: Sequence[int], found: Sampled) -> dict[str, Any]:
    """Return the document of ``show --at … --json``."""
    picked = [found.rates.get(update) for update in at]
    rows = [
        [None if values is None else number(shortest(values)[group]) for values in picked]
        for group in range(call.groups)
    ]
    return {
        **_shown(call, call.dtype),
        "at": list(at),
        "rates": rows if call.groups > 1 else rows[0],
        "halt": _halt(found.halt),
    }


def _shown(call: Call, dtype: str) -> dict[str, Any]:
    return {
        "dialect": call.dialect,
        "call": call.code,
        "schedule": _schedule(call),
        "law": _law(Recipe(call).law),
        "dtype": dtype,
    }


def _of_groups(rows: Sequence[Any]) -> Any:
    """Return the rates of one update: a number, or a list where there are several groups."""
    listed = [number(rate) for row in rows for rate in shortest(row)]
    return listed if len(listed) > 1 else listed[0]


def comparison(result: Comparison) -> dict[str, Any]:
    """Return the document of ``compare --json``."""
    return {
        "verdict": result.verdict,
        "updates": result.updates,
        "first_difference": result.first_difference,
        "first_bit_difference": result.first_bit_difference,
        "max_abs": number(result.max_abs),
        "max_rel_peak": number(result.max_rel_peak),
        "max_ulp": result.max_ulp,
        "end": result.end,
        "proved": result.proved,
        "reasons": [
            {"kind": reason.kind, "text": reason.text, "arguments": list(reason.arguments)}
            for reason in result.reasons
        ],
        "a": _side(result.a),
        "b": _side(result.b),
        "tolerance": result.tolerance,
        "step_every": result.run.step_every,
        "updates_per_epoch": result.run.updates_per_epoch,
    }


def conversion(result: Conversion) -> dict[str, Any]:
    """Return the document of ``convert --json``."""
    return {
        "from": result.call.code,
        "to": result.to,
        "updates": result.run.length,
        "law": _law(result.law),
        "ways": [
            {
                "code": way.code,
                "statements": way.statements,
                "comparison": comparison(way.comparison),
                "after": way.after,
                "losses": list(way.losses),
                "step_every": way.run.step_every,
                "updates_per_epoch": way.run.updates_per_epoch,
            }
            for way in result.ways
        ],
        "refusal": result.refusal,
        "refusals": [{"call": name, "reason": reason} for name, reason in result.refusals],
    }


def mapping(found: Mapping) -> dict[str, Any]:
    """Return one constructor of the document of ``mapping --json``."""
    return {
        "subject": found.constructor.card.name,
        "to": found.to,
        "counterparts": [
            {
                "name": counterpart.calls[1].card.name,
                "equated": counterpart.equated,
                "arguments": [
                    {"a": row.a, "b": row.b, "says": row.says} for row in counterpart.rows
                ],
                "how": list(counterpart.how),
                "example": comparison(counterpart.example),
                "farther": comparison(counterpart.beyond),
                "losses": list(counterpart.losses),
            }
            for counterpart in found.counterparts
        ],
        "conversion": None if found.conversion is None else conversion(found.conversion),
    }


def dialects(known: Sequence[Dialect]) -> dict[str, Any]:
    """Return the document of ``dialects --json``."""
    return {
        "dialects": [
            {
                "name": dialect.name,
                "title": dialect.title,
                "version": dialect.version,
                "constructors": [
                    {
                        "name": constructor.card.name,
                        "signature": constructor.signature(),
                        "runs_in": constructor.card.runs_in,
                        "clock": constructor.card.clock,
                        "arithmetic": constructor.card.arithmetic,
                        "proof": constructor.card.proof.value,
                        "past_end": constructor.card.past_end,
                        "raises": dict(constructor.card.raises),
                        "ulp": constructor.card.ulp,
                        "share": constructor.card.share,
                        "deprecation": constructor.card.deprecation,
                        "docs": constructor.card.docs,
                    }
                    for constructor in dialect.constructors
                ],
            }
            for dialect in known
        ]
    }


def _schedule(call: Call) -> Any:
    try:
        return msgspec.json.decode(call.lower().to_json())
    except IsorateError:
        return None


def _law(found: Law | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "words": told(found),
        "schedule": msgspec.json.decode(found.schedule.to_json()),
        "numbers": found.numbers,
        "precision": found.precision,
        "max_abs": found.off,
        "tolerance": found.room,
    }


def _side(facts: SideFacts) -> dict[str, Any]:
    return {
        "dialect": facts.dialect,
        "trainer": facts.trainer,
        "call": facts.call,
        "dtype": facts.dtype,
        "halt": _halt(facts.halt),
    }


def _halt(halt: Halt | None) -> dict[str, Any] | None:
    if halt is None:
        return None
    return {"update": halt.update, "error": halt.error, "text": halt.text}
