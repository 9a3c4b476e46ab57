"""Print the benchmark table; with ``--write``, keep it in docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import mindspore  # noqa: F401 - has to come before torch

from benchmarks import (
    bench_compare,
    bench_lists,
    bench_simulate,
    bench_startup,
    bench_torch_step,
)
from benchmarks.measure import Row

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
TEXT = """# Benchmarks

Ratios, measured in turns in one process, medians of several rounds; each against what it replaces.
Made by

```sh
make bench
```

with {versions} on {machine}.

{table}

The machine is shared and noisy: expect a third more or less. Whole processes are measured as such,
start-up included. Memory is the traced peak, or the process's where a process is named.
"""


def rows() -> list[Row]:
    """Return every line of the table."""
    return [
        *bench_lists.rows(),
        *(Row(name, ratio, "≥", required) for name, ratio, required in bench_torch_step.ratios()),
        *bench_simulate.rows(),
        *bench_compare.rows(),
        *bench_startup.rows(),
    ]


def main() -> int:
    """Print the table; fail where a requirement is missed."""
    found = rows()
    lines = ["| what | measured | required | |", "|---|---|---|---|"]
    for row in found:
        met = "met" if row.met else "MISSED"
        lines.append(f"| {row.name} | {row.ratio:.3g}× | {row.sense} {row.required:g}× | {met} |")
    table = "\n".join(lines)
    print(table)
    if "--write" in sys.argv[1:]:
        packages = ("numpy", "torch", "mindspore")
        versions = ", ".join(f"{name} {version(name).partition('+')[0]}" for name in packages)
        python = f"Python {platform.python_version()}"
        machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
        text = TEXT.format(versions=f"{python}, {versions}", machine=machine, table=table)
        PAGE.write_text(text)
    return 0 if all(row.met for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())
