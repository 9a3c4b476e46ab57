"""The rows of MindSpore's lists and cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conformance.cases._case import Case

if TYPE_CHECKING:
    from collections.abc import Iterator


def mindspore_dynamic() -> Iterator[Case]:
    """List the rows of the functions that return a list, and of plain lists."""
    yield from mindspore_lists()
    yield from mindspore_refused_lists()
    yield from mindspore_plain_lists()


def mindspore_lists() -> Iterator[Case]:
    """Put cosine_decay_lr's three counts in every relation."""
    for arguments in (
        "0.01, 0.1, 6, 2, 2", "0.0, 0.1, 3, 1, 10", "0.0, 0.1, 10, 1, 10", "0.0, 0.1, 11, 1, 10",
        "0.0, 0.1, 30, 1, 10", "0.0, 0.001, 1000, 100, 10", "0.0, 0.001, 1001, 100, 10",
        "0.001, 0.1, 7, 3, 10", "0.001, 0.1, 1, 1, 1", "0.001, 0.1, 2, 1, 1", "0.001, 0.1, 5, 9, 1",
        "0.001, 0.1, 20, 5, 1", "1e-05, 0.0003, 50, 7, 5",
        "0.5, 0.5000001, 9, 1, 4", "1.0, 1e300, 9, 1, 4", "-0.0, 0.1, 9, 1, 4",
        "0.0, 0.1, 40, 1, 7", "0.03, 0.3, 100, 1, 99", "0.0, 0.1, 25, 1, 1_000_000_000",
    ):  # fmt: skip
        total = int(arguments.split(", ")[2])
        yield Case(f"list-{arguments}", f"mindspore.nn.cosine_decay_lr({arguments})", total)
    least = "mindspore.nn.cosine_decay_lr(0.0, 5e-324, 6, 1, 3)"
    yield Case("list-subnormal", least, 6, drifts="half of the smallest number is 0")
    for arguments, total in (
        ("0.0, 0.1, 100_000, 1, 100_000", 100_000), ("1e-05, 0.4, 90_000, 1000, 90", 90_000),
        ("1e-05, 0.4, 50_000, 1, 20_000", 50_000), ("0.0, 0.1, 100_000, 40_000, 2", 100_000),
    ):  # fmt: skip
        yield Case(f"list-{arguments}", f"nn.cosine_decay_lr({arguments})", total)
    keywords = "min_lr=0.01, max_lr=1e-1, total_step=3 * 4, step_per_epoch=3, decay_epoch=2 + 2"
    yield Case("list-keywords", f"nn.cosine_decay_lr({keywords})", 12)
    yield Case("list-bare", "cosine_decay_lr(0.01, 0.1, 6, 2, 2)", 6)
    yield Case("list-prefix", "cosine_decay_lr(0.01, 0.1, 6, 2, 2)", 4)
    for optimizer in ("SGD", "Momentum", "Adam"):
        text = "mindspore.nn.cosine_decay_lr(0.01, 0.1, 6, 2, 2)"
        yield Case(f"list-runs-out-{optimizer}", text, 8, optimizer=optimizer)


def mindspore_refused_lists() -> Iterator[Case]:
    """Give cosine_decay_lr every kind of argument that it refuses."""
    for arguments in (
        "0, 0.1, 6, 2, 2", "0.0, 1, 6, 2, 2", "True, 1.0, 6, 2, 2", "0.0, True, 6, 2, 2",
        "None, 0.1, 6, 2, 2", "'0', 0.1, 6, 2, 2", "0.0, '1', 6, 2, 2", "0.0, None, 6, 2, 2",
        "float('nan'), 0.1, 6, 2, 2", "0.0, float('nan'), 6, 2, 2", "float('inf'), 0.1, 6, 2, 2",
        "0.0, float('inf'), 6, 2, 2", "-0.01, 0.1, 6, 2, 2", "0.0, 0.0, 6, 2, 2",
        "0.0, -0.1, 6, 2, 2", "0.1, 0.1, 6, 2, 2", "0.2, 0.1, 6, 2, 2", "0.0, 0.1, 0, 2, 2",
        "0.0, 0.1, -1, 2, 2", "0.0, 0.1, 6.0, 2, 2", "0.0, 0.1, True, 2, 2",
        "0.0, 0.1, 6, 0, 2", "0.0, 0.1, 6, -2, 2", "0.0, 0.1, 6, 2.0, 2", "0.0, 0.1, 6, False, 2",
        "0.0, 0.1, 6, 2, 0", "0.0, 0.1, 6, 2, -1", "0.0, 0.1, 6, 2, 2.5", "0.0, 0.1, 6, 2, None",
        "0.2, 0.1, 6, 2, 0", "0.2, 0.1, 6.0, 2, 2",
    ):  # fmt: skip
        text = f"mindspore.nn.cosine_decay_lr({arguments})"
        yield Case(f"bad-list-{arguments}", text, raises=True)


def mindspore_plain_lists() -> Iterator[Case]:
    """Write the rates out."""
    yield Case("rates", "[0.1, 0.05, 0.025]", 3)
    yield Case("rates-long", "[0.1] * 5 + [0.01] * 5", 10)
    yield Case("rates-one", "[0.1]", 1)
    yield Case("rates-run-out", "[0.1, 0.05, 0.025]", 5)
    yield Case("rates-one-runs-out", "[0.1]", 2, optimizer="Momentum")
    yield Case("rates-ints", "[1, 0, 0.5, True]", 4)
    yield Case("rates-negative", "[0.1, -0.1]", 2)
    yield Case("rates-nan", "[float('nan'), 0.1, float('inf')]", 3, drifts="no schedule has NaN")
    yield Case("bad-rates-empty", "[]", raises=True)
    yield Case("bad-rates-str", "['a']", raises=True)


def mindspore_cells() -> Iterator[Case]:
    """Call CosineDecayLR."""
    for arguments, updates in (
        ("0.01, 0.1, 4", 10), ("0.0, 0.1, 10", 25), ("0.001, 1.0, 7", 25), ("0.0, 0.1, 1", 4),
        ("1e-05, 0.0003, 25", 30), ("0.0, 0.1, 1000", 1010), ("0.001, 0.1, 300", 310),
    ):  # fmt: skip
        yield Case(f"cell-{arguments}", f"mindspore.nn.CosineDecayLR({arguments})", updates)
    yield Case("cell-keywords", "nn.CosineDecayLR(min_lr=0.01, max_lr=0.1, decay_steps=2 * 2)", 10)
    for arguments in (
        "0, 0.1, 4", "0.0, 1, 4", "0.0, 0.1, 4.0", "0.0, 0.1, True", "0.0, 0.1, 0", "0.1, 0.1, 4",
        "-0.1, 0.1, 4", "0.0, float('nan'), 4", "0.0, 0.0, 4",
    ):  # fmt: skip
        yield Case(f"bad-cell-{arguments}", f"mindspore.nn.CosineDecayLR({arguments})", raises=True)
