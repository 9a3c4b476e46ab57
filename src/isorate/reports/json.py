"""Results as JSON documents: integers for updates, shortest floats, NaN and infinities as text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from isorate.core.errors import IsorateError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isorate.comparison import Comparison
    from isorate.conversion import Conversion
    from isorate.core.curve import Curve, Halt
    from isorate.dialects._base import Call, Dialect
    from isorate.explanation import SideFacts


def dumps(document: Any) -> str:
    """Return one JSON document, ending with a newline."""
    return msgspec.json.encode(document).decode() + "\n"


def number(value: float) -> float | str:
    """Return a float that JSON can hold, or its name."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def rates(curve: Curve) -> list[Any]:
    """Return a curve's rates, one list a group where there are several."""
    values = curve.values
    if values.dtype == np.float32:
        # the shortest text that reads back to the same float32
        values = np.array([float(str(v)) for v in values.reshape(-1)]).reshape(values.shape)
    if np.isfinite(values).all():
        listed: list[Any] = values.tolist()
        return listed
    rows = [[number(v) for v in row] for row in values.reshape(curve.groups, -1).tolist()]
    return rows if curve.values.ndim == 2 else list(rows[0])


def show(call: Call, curve: Curve) -> dict[str, Any]:
    """Return the document of ``show --json``."""
    return {
        "dialect": call.dialect,
        "call": call.code,
        "schedule": _schedule(call),
        "dtype": curve.dtype,
        "rates": rates(curve),
        "halt": _halt(curve.halt),
    }


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
        "ways": [
            {
                "code": way.code,
                "comparison": comparison(way.comparison),
                "losses": list(way.losses),
                "step_every": way.run.step_every,
                "updates_per_epoch": way.run.updates_per_epoch,
            }
            for way in result.ways
        ],
        "refusal": result.refusal,
        "refusals": [{"call": name, "reason": reason} for name, reason in result.refusals],
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


def _side(facts: SideFacts) -> dict[str, Any]:
    return {
        "dialect": facts.dialect,
        "call": facts.call,
        "dtype": facts.dtype,
        "halt": _halt(facts.halt),
    }


def _halt(halt: Halt | None) -> dict[str, Any] | None:
    if halt is None:
        return None
    return {"update": halt.update, "error": halt.error, "text": halt.text}
