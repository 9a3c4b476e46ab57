"""The rows of MindSpore's lists and cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conformance.cases._case import Case, in_order

if TYPE_CHECKING:
    from collections.abc import Iterator


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


DECAY_LISTS = ("exponential_decay_lr", "natural_exp_decay_lr", "inverse_decay_lr")
FAR = 2**53 + 12345


def mindspore_decay_lists() -> Iterator[Case]:
    """Put the three decays' counts in every relation, with stairs and without."""
    for name in DECAY_LISTS:
        for arguments in (
            "0.1, 0.9, 6, 2, 1", "0.1, 0.9, 30, 1, 7", "0.1, 0.9, 30, 1, 7, True",
            "0.1, 0.5, 40, 3, 4", "0.1, 0.5, 40, 3, 4, True", "0.3, 0.97, 25, 1, 10, False",
            "1e-05, 0.25, 9, 9, 2", "0.1, 1.0, 5, 1, 3", "0.1, 1.5, 20, 2, 3, True",
            "0.1, 0.001, 1, 1, 1", "0.5, 1e-12, 60, 1, 1", "2.0, 0.3333333333333333, 50, 7, 5",
            "0.1, 0.9, 25, 1, 1_000_000_000", "0.1, 0.9, 25, 1_000_000_000, 1, True",
            "0.1, 0.9999, 50_000, 1, 30", "1e-05, 0.93, 90_000, 1000, 9, True",
            "0.1, 0.9, 100_000, 40_000, 2",
        ):  # fmt: skip
            total = int(arguments.split(", ")[2])
            yield Case(f"{name}-{arguments}", f"mindspore.nn.{name}({arguments})", total)
        far = f"mindspore.nn.{name}(0.1, 0.5, 12, 1, {FAR})"
        yield Case(f"{name}-far", far, 12)
        far = f"mindspore.nn.{name}(0.1, 0.5, 12, {FAR}, 2, True)"
        yield Case(f"{name}-far-stairs", far, 12, drifts="no schedule has steps that long")
        keywords = "learning_rate=1e-1, decay_rate=0.9, total_step=12, step_per_epoch=2"
        yield Case(f"{name}-keywords", f"nn.{name}({keywords}, decay_epoch=2, is_stair=True)", 12)
        yield Case(f"{name}-bare", f"{name}(0.1, 0.9, 12, 2, 2)", 7)
        for optimizer in ("SGD", "Adam"):
            text = f"mindspore.nn.{name}(0.1, 0.9, 5, 2, 1)"
            yield Case(f"{name}-runs-out-{optimizer}", text, 8, optimizer=optimizer)
        for arguments in (
            "1, 0.9, 6, 2, 1", "0.1, 1, 6, 2, 1", "True, 0.9, 6, 2, 1", "0.1, None, 6, 2, 1",
            "0.0, 0.9, 6, 2, 1", "-0.1, 0.9, 6, 2, 1", "0.1, 0.0, 6, 2, 1", "0.1, -0.9, 6, 2, 1",
            "float('nan'), 0.9, 6, 2, 1", "0.1, float('inf'), 6, 2, 1", "0.1, 0.9, 6.0, 2, 1",
            "0.1, 0.9, 0, 2, 1", "0.1, 0.9, True, 2, 1", "0.1, 0.9, 6, 0, 1", "0.1, 0.9, 6, 2, -1",
            "0.1, 0.9, 6, 2, 1.5", "0.1, 0.9, 6, 2, 1, 1", "0.1, 0.9, 6, 2, 1, None",
            "0.1, 1, 0, 2, 1",
        ):  # fmt: skip
            yield Case(f"bad-{name}-{arguments}", f"mindspore.nn.{name}({arguments})", raises=True)
    for arguments in ("0.1, 10.0, 400, 1, 1", "0.1, 10.0, 400, 1, 1, True"):
        text = f"mindspore.nn.exponential_decay_lr({arguments})"
        yield Case(f"bad-exponential_decay_lr-{arguments}", text, raises=True)
    grown = "mindspore.nn.exponential_decay_lr(1e-300, 10.0, 309, 1, 1)"
    yield Case("exponential_decay_lr-grown", grown, 309)
    gone = "(0.1, 1e308, 5, 1, 1)"
    yield Case("inverse_decay_lr-gone", f"mindspore.nn.inverse_decay_lr{gone}", 5)
    yield Case("natural_exp_decay_lr-gone", f"mindspore.nn.natural_exp_decay_lr{gone}", 5)


def mindspore_polynomial_lists() -> Iterator[Case]:
    """Vary every argument of polynomial_decay_lr."""
    for arguments in (
        "0.1, 0.01, 6, 2, 2, 0.5", "0.1, 0.01, 20, 1, 7, 1.0", "0.1, 0.01, 20, 1, 7, 1.0, True",
        "0.1, 0.0, 40, 3, 4, 2.0", "0.1, 0.0, 40, 3, 4, 2.0, True", "0.01, 0.1, 30, 2, 6, 1.0",
        "0.01, 0.5, 30, 2, 6, 0.9, True", "0.1, 0.1, 5, 1, 3, 2.0",
        "0.3, 0.03, 25, 1, 10, 3.0, False",
        "0.1, 0.0, 10, 1, 10, 1.5", "0.1, 0.0, 11, 1, 10, 1.5", "1e-05, 1e-07, 60, 1, 1, 0.3",
        "0.1, 0.01, 12, 1, 1, 1.0, True", "0.1, 1e-300, 25, 1, 9, 40.0",
        "0.1, 0.01, 12, 5, 3, 1e-9",
        "0.1, 0.01, 25, 1, 1_000_000_000, 0.5", "0.1, 0.01, 9, 1_000_000_000, 2, 0.5, True",
        "0.1, 0.01, 50_000, 1, 20_000, 0.9",
        "0.1, 0.01, 50_000, 1, 700, 0.9, True", "0.1, 0.0, 90_000, 1000, 60, 2.0",
        "0.1, 0.01, 100_000, 40_000, 2, 2.0",
    ):  # fmt: skip
        total = int(arguments.split(", ")[2])
        text = f"mindspore.nn.polynomial_decay_lr({arguments})"
        yield Case(f"polynomial-list-{arguments}", text, total)
    for arguments in (f"{FAR}, 0.5", f"{FAR}, 0.5, True"):
        text = f"mindspore.nn.polynomial_decay_lr(0.1, 0.01, 12, 1, {arguments})"
        yield Case(f"polynomial-list-far-{arguments}", text, 12)
    keywords = "learning_rate=0.1, end_learning_rate=0.01, total_step=9, step_per_epoch=1"
    rest = "decay_epoch=4, power=0.5, update_decay_epoch=True"
    yield Case("polynomial-list-keywords", f"nn.polynomial_decay_lr({keywords}, {rest})", 9)
    yield Case("polynomial-list-runs-out", "polynomial_decay_lr(0.1, 0.01, 4, 1, 2, 2.0)", 6)
    for arguments in (
        "1, 0.01, 6, 2, 2, 0.5", "0.1, 0, 6, 2, 2, 0.5", "0.1, 0.01, 6, 2, 2, 1",
        "0.0, 0.01, 6, 2, 2, 0.5", "0.1, -0.01, 6, 2, 2, 0.5", "0.1, 0.01, 6, 2, 2, 0.0",
        "0.1, 0.01, 6, 2, 2, -1.0", "float('nan'), 0.01, 6, 2, 2, 0.5",
        "0.1, float('inf'), 6, 2, 2, 0.5", "0.1, 0.01, 6, 2, 2, float('nan')",
        "0.1, 0.01, 6.0, 2, 2, 0.5", "0.1, 0.01, 6, True, 2, 0.5", "0.1, 0.01, 6, 2, 0, 0.5",
        "0.1, 0.01, 0, 2, 2, 0.5", "0.1, 0.01, 6, 2, 2, 0.5, 1", "0.1, 0.01, 6, 2, 2, 0.5, None",
        "0.1, True, 6, 2, 2, 0.5", "0.1, -0.01, 6, 2, 2, 1",
    ):  # fmt: skip
        text = f"mindspore.nn.polynomial_decay_lr({arguments})"
        yield Case(f"bad-polynomial-list-{arguments}", text, raises=True)


def mindspore_warmup_lists() -> Iterator[Case]:
    """Put warmup_lr's counts in every relation."""
    for arguments in (
        "0.1, 6, 2, 2", "0.1, 20, 1, 7", "0.1, 7, 1, 7", "0.1, 8, 1, 7", "0.3, 40, 3, 9",
        "0.0, 5, 1, 2", "1e-05, 30, 4, 5", "0.1, 1, 1, 1", "0.1, 2, 1, 1",
        "0.001, 25, 1, 1_000_000",
        "0.4, 9, 1_000_000_000, 2", "0.1, 50_000, 1, 20_000",
        "0.1, 100_000, 40_000, 2", "0.7, 90_000, 1000, 60", "-0.0, 5, 1, 2",
    ):  # fmt: skip
        total = int(arguments.split(", ")[1])
        yield Case(f"warmup-list-{arguments}", f"mindspore.nn.warmup_lr({arguments})", total)
    infinite = "mindspore.nn.warmup_lr(1e308, 5, 1, 3)"
    yield Case("warmup-list-infinite", infinite, 5)
    far = f"mindspore.nn.warmup_lr(0.1, 12, 1, {FAR})"
    yield Case("warmup-list-far", far, 12)
    keywords = "learning_rate=0.1, total_step=3 * 4, step_per_epoch=3, warmup_epoch=2"
    yield Case("warmup-list-keywords", f"nn.warmup_lr({keywords})", 12)
    yield Case("warmup-list-runs-out", "warmup_lr(0.1, 4, 1, 2)", 6, optimizer="Momentum")
    for arguments in (
        "1, 6, 2, 2", "None, 6, 2, 2", "-0.1, 6, 2, 2", "float('inf'), 6, 2, 2", "0.1, 0, 2, 2",
        "0.1, 6.0, 2, 2", "0.1, 6, -2, 2", "0.1, 6, 2, True", "0.1, 6, 2, 0", "0.1, 6, 2, '2'",
        "True, 6, 2, 2", "0.1, 6.0, 2, 0",
    ):  # fmt: skip
        yield Case(
            f"bad-warmup-list-{arguments}", f"mindspore.nn.warmup_lr({arguments})", raises=True
        )


def mindspore_piecewise_lists() -> Iterator[Case]:
    """Vary piecewise_constant_lr's milestones."""
    for arguments, total in (
        ("[2, 5, 10], [0.1, 0.05, 0.01]", 10), ("[1], [0.1]", 1), ("(3, 4), (0.1, 0.2)", 4),
        ("[3, 3, 5], [0.1, 0.05, 0.01]", 5), ("[2, 2], [0.1, 0.05]", 2), ("[4, 9], [-0.1, 0.1]", 9),
        ("[2, 4, 6, 8], [0.1, 0.1, 0.2, 0.2]", 8), ("[30, 60, 90], [1.0, 1e-1, 1e-2]", 90),
        ("[1, 2, 3], [0.0, -0.0, 0.1]", 3), ("[10_000, 90_000], [0.1, 0.01]", 90_000),
        ("[2 * 3, 4 * 3], [1 / 8, 1e-3 / 8]", 12), ("milestone=[2], learning_rates=[0.5]", 2),
    ):  # fmt: skip
        text = f"mindspore.nn.piecewise_constant_lr({arguments})"
        yield Case(f"piecewise-list-{arguments}", text, total)
    yield Case("piecewise-list-runs-out", "piecewise_constant_lr([1, 3], [0.1, 0.05])", 5)
    yield Case("piecewise-list-prefix", "nn.piecewise_constant_lr([1, 3], [0.1, 0.05])", 2)
    for arguments in (
        "2, [0.1]", "[2], 0.1", "'2', [0.1]", "[2], [0.1, 0.2]", "[2, 3], [0.1]", "[0], [0.1]",
        "[-1], [0.1]", "[2.0], [0.1]", "[True], [0.1]", "[2], [1]", "[2], [True]", "[2], [None]",
        "[2], [float('nan')]", "[2], [float('inf')]", "[3, 2], [0.1, 0.05]", "[3, 2], [0.1, 1]",
        "[], []", "(), ()", "None, None",
    ):  # fmt: skip
        text = f"mindspore.nn.piecewise_constant_lr({arguments})"
        yield Case(f"bad-piecewise-list-{arguments}", text, raises=True)


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
    yield Case("rates-repeated", "[0.1, 0.05] * 2", 4)
    yield Case("rates-nested", "([0.1] + [0.05] * 2) * 2", 6)
    yield Case("rates-arithmetic", "[1e-3 / 8, 0.1 ** 2, 3 * 0.1]", 3)
    yield Case("rates-adam", "[0.1, 0.2, 0.3, 0.2]", 4, optimizer="Adam")
    yield Case("rates-small", "[1e-30, 0.0, 1e-300]", 3)
    yield Case("bad-rates-empty", "[]", raises=True)
    yield Case("bad-rates-nested", "[[0.1], [0.2]]", raises=True)
    yield Case("bad-rates-str", "['a']", raises=True)


def mindspore_joined_lists() -> Iterator[Case]:
    """Join lists by +."""
    warmup, cosine = (
        "mindspore.nn.warmup_lr(0.1, 6, 2, 3)",
        "nn.cosine_decay_lr(0.0, 0.1, 12, 2, 5)",
    )
    stairs = "nn.exponential_decay_lr(0.1, 0.5, 9, 1, 3, True)"
    yield Case("joined-warmup-cosine", f"{warmup} + {cosine}", 18)
    yield Case("joined-three", f"{warmup} + {cosine} + {stairs}", 27)
    yield Case("joined-nested", f"({warmup} + ({cosine} + [0.01] * 3)) + {stairs}", 30)
    yield Case("joined-plain-first", f"[0.1] * 5 + {stairs}", 14)
    yield Case("joined-plain-last", f"{stairs} + [0.01, 0.001] + [0.0001]", 12)
    yield Case("joined-plain-between", f"{warmup} + [0.1] * 4 + [0.05] + {cosine}", 23)
    yield Case("joined-repeated", f"({warmup} + {cosine}) * 2 + [0.0]", 37)
    yield Case("joined-twice", f"{stairs} * 3", 27)
    yield Case("joined-prefix", f"{warmup} + {cosine}", 9)
    yield Case("joined-runs-out", f"{warmup} + {stairs}", 17)
    yield Case("joined-runs-out-Adam", f"[0.1] * 2 + {stairs}", 13, optimizer="Adam")
    yield Case("joined-empty", f"piecewise_constant_lr([], []) + {warmup} + []", 6)
    yield Case("joined-mixed", f"[1, True, 0] + {warmup}", 9)
    yield Case(
        "joined-long", f"nn.warmup_lr(0.1, 40_000, 10, 4000) + [0.1] * 5000 + {cosine}", 45_012
    )
    yield Case(
        "joined-continuous",
        "nn.warmup_lr(0.1, 5, 1, 5) + nn.cosine_decay_lr(0.0, 0.1, 21, 1, 20)",
        26,
    )
    yield Case("joined-nan", f"{warmup} + [float('nan')]", 7, drifts="no schedule has NaN")
    for name, text in (
        ("type", f"{warmup} + nn.warmup_lr(1, 6, 2, 3)"),
        ("value", f"nn.warmup_lr(-0.1, 6, 2, 3) + {cosine}"),
        ("order", "nn.warmup_lr(-0.1, 6, 2, 3) + nn.warmup_lr(1, 6, 2, 3)"),
        ("overflow", f"[0.1] + nn.exponential_decay_lr(0.1, 10.0, 400, 1, 1) + {warmup}"),
        ("str", f"['a'] + {warmup}"), ("str-last", "['a'] + nn.warmup_lr(1, 6, 2, 3)"),
        ("empty", "nn.piecewise_constant_lr([], []) + nn.piecewise_constant_lr([], [])"),
    ):  # fmt: skip
        yield Case(f"bad-joined-{name}", text, raises=True)


def mindspore_cosine_cells() -> Iterator[Case]:
    """Call CosineDecayLR."""
    for arguments, updates in (
        ("0.01, 0.1, 4", 10), ("0.0, 0.1, 10", 25), ("0.001, 1.0, 7", 25), ("0.0, 0.1, 1", 4),
        ("1e-05, 0.0003, 25", 30), ("0.0, 0.1, 1000", 1010), ("0.001, 0.1, 300", 310),
        ("0.0, 1.0, 2", 6), ("0.4, 0.5, 13", 30), ("1e-08, 1e-07, 5", 12), ("0.0, 3e-4, 64", 70),
    ):  # fmt: skip
        yield Case(f"cell-{arguments}", f"mindspore.nn.CosineDecayLR({arguments})", updates)
    yield Case("cell-keywords", "nn.CosineDecayLR(min_lr=0.01, max_lr=0.1, decay_steps=2 * 2)", 10)
    for arguments in (
        "0, 0.1, 4", "0.0, 1, 4", "0.0, 0.1, 4.0", "0.0, 0.1, True", "0.0, 0.1, 0", "0.1, 0.1, 4",
        "-0.1, 0.1, 4", "0.0, float('nan'), 4", "0.0, 0.0, 4",
    ):  # fmt: skip
        yield Case(f"bad-cell-{arguments}", f"mindspore.nn.CosineDecayLR({arguments})", raises=True)
    wraps = f"mindspore.nn.CosineDecayLR(0.01, 0.1, {2**31})"
    yield Case("cell-wraps", wraps, 4, drifts="decay_steps wraps to int32")


DECAY_CELLS = ("ExponentialDecayLR", "NaturalExpDecayLR", "InverseDecayLR")


def mindspore_decay_cells() -> Iterator[Case]:
    """Call the cells that decay, with stairs and without."""
    for name in DECAY_CELLS:
        for arguments, updates in (
            ("0.1, 0.9, 4", 30), ("0.1, 0.9, 4, True", 30), ("0.3, 0.5, 7", 60),
            ("0.3, 0.5, 7, True", 60), ("0.1, 0.999, 100", 150), ("0.1, 1.0, 3", 8),
            ("0.1, 1.5, 10, False", 40), ("1e-05, 0.25, 1", 20), ("2.0, 1e-09, 3, True", 20),
            ("0.1, 0.3333333333333333, 1000", 1010), (f"0.1, 0.5, {2**31}", 12),
            (f"0.1, 0.5, {2**40 + 3}, True", 12), ("0.1, 1e-300, 1", 4),
            ("0.5, 0.97, 3, True", 200),
        ):  # fmt: skip
            yield Case(f"{name}-{arguments}", f"mindspore.nn.{name}({arguments})", updates)
        keywords = "learning_rate=0.1, decay_rate=0.9, decay_steps=2 * 2, is_stair=True"
        yield Case(f"{name}-keywords", f"nn.{name}({keywords})", 10)
        text = f"mindspore.nn.{name}(0.1, 1e300, 2)"
        yield Case(f"{name}-infinite", text, 5, drifts="a decay_rate beyond float32 is infinite")
        for arguments in (
            "1, 0.9, 4", "0.1, 1, 4", "0.1, True, 4", "0.0, 0.9, 4", "0.1, 0.0, 4", "-0.1, 0.9, 4",
            "0.1, float('nan'), 4", "float('inf'), 0.9, 4", "0.1, 0.9, 4.0", "0.1, 0.9, True",
            "0.1, 0.9, 0", "0.1, 0.9, -4", "0.1, 0.9, 4, 1", "0.1, 0.9, 4, None",
            "1, 0.9, 0", "0.1, '0.9', 4",
        ):  # fmt: skip
            yield Case(f"bad-{name}-{arguments}", f"mindspore.nn.{name}({arguments})", raises=True)


def mindspore_line_cells() -> Iterator[Case]:
    """Call PolynomialDecayLR and WarmUpLR."""
    for arguments, updates in (
        ("0.1, 0.01, 4, 0.5", 10), ("0.1, 0.01, 4, 0.5, True", 20), ("0.1, 0.0, 7, 1.0", 20),
        ("0.1, 0.0, 7, 2.0, True", 40), ("0.01, 0.1, 9, 1.0", 20), ("0.3, 0.3, 5, 2.0", 8),
        ("0.1, 0.001, 100, 0.9", 130), ("0.1, 0.001, 10, 3.0, True", 130), ("0.1, 0.0, 1, 1.5", 5),
        ("0.1, 0.01, 1, 1.0, True", 9), ("1e-05, 1e-07, 60, 0.3333", 70),
        ("0.1, 0.0, 1000, 2.0", 1010),
        (f"0.1, 0.01, {2**40}, 0.5", 8), ("0.1, 0.01, 25, 40.0, False", 30),
    ):  # fmt: skip
        text = f"mindspore.nn.PolynomialDecayLR({arguments})"
        yield Case(f"PolynomialDecayLR-{arguments}", text, updates)
    keywords = "learning_rate=0.1, end_learning_rate=0.01, decay_steps=4, power=0.5"
    text = f"nn.PolynomialDecayLR({keywords}, update_decay_steps=True)"
    yield Case("PolynomialDecayLR-keywords", text, 10)
    for arguments in (
        "1, 0.01, 4, 0.5", "0.1, 0, 4, 0.5", "0.1, 0.01, 4, 1", "0.0, 0.01, 4, 0.5",
        "0.1, -0.01, 4, 0.5", "0.1, 0.01, 4, 0.0", "0.1, 0.01, 4, float('nan')",
        "float('inf'), 0.01, 4, 0.5", "0.1, 0.01, 4.0, 0.5", "0.1, 0.01, True, 0.5",
        "0.1, 0.01, 0, 0.5", "0.1, 0.01, 4, 0.5, 1", "0.1, 0.01, 4, 0.5, None",
        "0.1, 0.01, 4, 0.0, 1",
    ):  # fmt: skip
        text = f"mindspore.nn.PolynomialDecayLR({arguments})"
        yield Case(f"bad-PolynomialDecayLR-{arguments}", text, raises=True)
    for arguments, updates in (
        ("0.1, 4", 10), ("0.3, 7", 20), ("0.0, 3", 5), ("0.1, 1", 4), ("1e-05, 25", 30),
        ("0.1, 1000", 1010), ("0.7, 300", 310), ("1.0, 3", 6), ("0.123456789, 11", 15),
        (f"0.1, {2**31 - 1}", 20), ("-0.0, 3", 5), ("1e30, 50", 60),
    ):  # fmt: skip
        yield Case(f"WarmUpLR-{arguments}", f"mindspore.nn.WarmUpLR({arguments})", updates)
    yield Case("WarmUpLR-keywords", "nn.WarmUpLR(learning_rate=0.1, warmup_steps=2 * 2)", 10)
    for steps in (2**31, 2**32 + 5, 2**40):
        text = f"mindspore.nn.WarmUpLR(0.1, {steps})"
        yield Case(f"WarmUpLR-wraps-{steps}", text, 8, drifts="warmup_steps wraps to int32")
    for arguments in (
        "1, 4", "None, 4", "-0.1, 4", "float('nan'), 4", "0.1, 4.0", "0.1, True", "0.1, 0",
        "0.1, -4", "True, 4", "-0.1, 4.0",
    ):  # fmt: skip
        yield Case(f"bad-WarmUpLR-{arguments}", f"mindspore.nn.WarmUpLR({arguments})", raises=True)


#: List the rows of the functions that return a list, and of plain lists.
mindspore_dynamic = in_order(
    mindspore_lists,
    mindspore_refused_lists,
    mindspore_decay_lists,
    mindspore_polynomial_lists,
    mindspore_warmup_lists,
    mindspore_piecewise_lists,
    mindspore_plain_lists,
    mindspore_joined_lists,
)

#: Call the cells.
mindspore_cells = in_order(mindspore_cosine_cells, mindspore_decay_cells, mindspore_line_cells)
