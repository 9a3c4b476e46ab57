"""Lay the applied rates of two trainings side by side.

``python examples/digits/compare_logs.py torch.csv mindspore.csv``; exit status 0 where every rate
is the same but for one unit in the last place of float32, 1 where one is not, 2 for trouble. A
share of the peak rate, as in ``compare_logs.py torch.csv optax.csv 1e-6``, is allowed instead.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np


def rates(path: str) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Read a log; rates are positive or zero."""
    with Path(path).open(encoding="ascii", newline="") as file:
        return np.array([float(row["rate"]) for row in csv.DictReader(file)], np.float32)


def main(arguments: list[str]) -> int:
    """Compare two logs and say by how much they differ."""
    logs, shares = arguments[:2], arguments[2:]
    try:
        first, second = map(rates, logs)
        allowed = float(*shares)
    except (OSError, KeyError, TypeError, ValueError) as error:
        print(f"compare_logs.py: error: required two logs of rates: {error}", file=sys.stderr)
        return 2
    if len(first) != len(second):
        print(f"{len(first)} updates against {len(second)}")
        return 1
    apart = np.abs(first.view(np.int32) - second.view(np.int32))
    said = f"{len(first)} updates: at most {apart.max(initial=0)} float32 ULP apart"
    if not shares:
        print(said)
        return int(apart.max(initial=0) > 1)
    share = np.abs(first.astype(np.float64) - second).max(initial=0) / first.max(initial=1e-30)
    print(f"{said}, {share:.1e} of the peak rate")
    return int(share > allowed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
