"""Run a real framework and write what it did to ``tests/tables/<dialect>.json``.

    python tools/capture.py                     every dialect whose packages are installed
    python tools/capture.py torch               one dialect: a name in tests/conformance/cases/
    python tools/capture.py mindspore cells     only one part, the other rows stay as they are

A row is a text as users write it and the rates that came of it. The text is evaluated with the
framework's names in scope, so what is read and what is run cannot disagree; a scheduler's rates are
read back from the optimizer before each update, which takes it for real where the run is short.
"""

from __future__ import annotations

import hashlib
import json
import math
import platform
import sys
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from tests.conformance.cases import HOMES, Case, Seen  # noqa: E402
from tests.conformance.frameworks import drive  # noqa: E402

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Rows with more rates than this carry a hash and samples.
LISTED = 128


def capture(dialect: str, case: Case) -> dict[str, Any]:
    """Run one case for real and return its row."""
    row: dict[str, Any] = {"id": case.id, "text": case.text}
    if case.lr is not None:
        row["lr"] = case.lr
    row["run"] = {"updates": case.updates}
    if case.every is not None:
        row["run"] |= {"updates_per_epoch": case.every, "step_every": "epoch"}
    if case.metrics is not None:
        row["run"]["metrics"] = case.metrics
    seen = drive(
        case.text,
        case.run,
        framework=dialect,
        lr=case.lr,
        weigh=case.updates <= HOMES[dialect].weighed,
        optimizer=case.optimizer,
        compiled=case.compiled,
    )
    if case.compiled:
        row["compiled"] = True
    if case.raises:
        if seen.error is None:
            raise SystemExit(f"{case.id}: {dialect} raises nothing")
        when = "construction" if seen.constructing else "first step"
        row["raises"] = {"error": seen.error, "when": when}
        return row | ({"unread": True} if case.unread else {})
    if seen.constructing:
        raise SystemExit(f"{case.id}: {dialect} raises {seen.error}")
    row |= rates_of(case, seen)
    if seen.error is not None:
        row["halt"] = {"update": seen.updates, "error": seen.error}
    reasons = {"drifts": case.drifts, "unsaid": case.unsaid, "past": case.past}
    return row | {name: reason for name, reason in reasons.items() if reason}


def rates_of(case: Case, seen: Seen) -> dict[str, Any]:
    """Return a row's rates, or their hash and a few of them."""
    rates = seen.rates
    shaped = rates if len(rates) > 1 else rates[0]
    said: dict[str, Any] = {"dtype": str(rates.dtype)}
    if rates.size <= LISTED:
        return said | {"rates": written(shaped)}
    little = rates.astype(rates.dtype.newbyteorder("<"))
    said["sha256"] = hashlib.sha256(little.tobytes()).hexdigest()
    last = seen.updates - 1
    telling = {0, 1, last // 4, last // 2, 3 * last // 4, last - 1, last, *case.samples}
    telling |= {int(rates[0].argmin()), int(rates[0].argmax())}
    samples = {str(at): written(shaped[..., at]) for at in sorted(telling) if at <= last}
    return said | {"samples": samples}


def written(rates: NDArray[Any]) -> Any:
    """Return rates as JSON has them: shortest decimals that read back, names for the others."""
    if rates.ndim:
        return [written(rate) for rate in rates]
    value = float(rates)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}Infinity"
    shortest = float(str(rates))
    assert rates.dtype.type(shortest) == rates, rates
    return shortest


def captured(dialect: str, part: str, path: Path) -> list[dict[str, Any]]:
    """Return the rows of one part that were captured before."""
    ids = {case.id for case in HOMES[dialect].parts[part]()}
    old = json.loads(path.read_text())["rows"] if path.exists() else []
    return [row for row in old if row["id"] in ids]


def write(dialect: str, parts: list[str]) -> None:
    """Capture one table, or some parts of it."""
    home = HOMES[dialect]
    path = REPOSITORY / "tests" / "tables" / f"{dialect}.json"
    rows: list[dict[str, Any]] = []
    for part, cases in home.parts.items():
        if part in parts or not parts:
            rows += [capture(dialect, case) for case in cases()]
        else:
            rows += captured(dialect, part, path)
    installed = packages_distributions()
    header = {
        "dialect": dialect,
        "frameworks": {
            name: version(installed[name][0]).partition("+")[0] for name in home.packages
        },
        "python": platform.python_version(),
        "numpy": np.__version__,
        "command": f"python tools/capture.py {dialect}",
    }
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}," for key, value in header.items()]
    body = ",\n".join(f"    {json.dumps(row)}" for row in rows)
    path.write_text("{\n" + "\n".join(lines) + f'\n  "rows": [\n{body}\n  ]\n}}\n')
    print(f"{path.name}: {len(rows)} rows")


def main() -> int:
    """Capture one table, one part of it, or all for which everything is installed."""
    dialect, *parts = sys.argv[1:] or [""]
    if not dialect:
        for name, home in HOMES.items():
            print(f"{name}: not here, without {', '.join(home.lacks)}") if home.lacks else write(
                name, []
            )
        return 0
    if dialect not in HOMES or not set(parts) <= set(HOMES[dialect].parts):
        known = " | ".join(f"{name} [{' '.join(home.parts)}]" for name, home in HOMES.items())
        raise SystemExit(f"usage: python tools/capture.py {known}")
    write(dialect, parts)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
