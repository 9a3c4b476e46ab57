"""Print the benchmark table; with ``--write``, keep it in docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import mindspore  # noqa: F401 - has to come before torch

from benchmarks import (
    bench_compare,
    bench_digits,
    bench_lists,
    bench_logs,
    bench_mindspore_cell,
    bench_mindspore_experimental,
    bench_reading,
    bench_simulate,
    bench_startup,
    bench_torch_drop_ins,
    bench_torch_memory,
    bench_torch_step,
)

if TYPE_CHECKING:
    from benchmarks.measure import Row

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
TEXT = """# Benchmarks

Ratios, measured in turns in one process, medians of several rounds; each against what it replaces.
A ratio of `step()` is torch's time over Isorate's, the rates that Isorate computes ahead included.
Made by

```sh
make bench
```

with {versions} on {machine}.

{table}

The machine is shared and noisy: expect a third more or less. Whole processes are measured as such,
start-up included. Memory is the traced peak, or the process's where a process is named.

What limits some of them: half of a step of one group is its rate, most of that Python's sine,
which the same bits need. With 100 groups more than half of a step is reading what their dicts
hold, to notice other writers, and writing into them, and a sixth is making Python's floats; with
tensors half of it is asking torch whether they are where they were, and have not been written. A
list of a million rates of a thousand epochs takes the time to copy references. Of 2,000 small runs
a second each has half a millisecond: of a CSV or a text each cell is read by itself, of a text by
three searches a line. What a configuration takes more than `isorate --version` is mostly loading
the trainer's dialect, and PyYAML where it is YAML; a rate takes a microsecond, and in runs of more
than 20,000 updates NumPy is loaded.
"""


def rows() -> list[Row]:
    """Return every line of the table.

    Steps come first: where lists of a million rates have been, the C library now and then takes
    8 ms to tidy the heap after torch's tensors, and that would fall into Isorate's steps.
    """
    return [
        *bench_torch_step.rows(),
        *bench_torch_drop_ins.rows(),
        *bench_digits.rows(),
        *bench_torch_memory.rows(),
        *bench_lists.rows(),
        *bench_logs.rows(),
        *bench_mindspore_cell.rows(),
        *bench_mindspore_experimental.rows(),
        *bench_reading.rows(),
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
