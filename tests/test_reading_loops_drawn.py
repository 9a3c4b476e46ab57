"""Drawn loops, read and really run: the rates are the same, or the text is refused.

``ISORATE_LOOPS`` says how many are drawn.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from isorate import IsorateError, read, simulate
from tests.test_reading_loops import HEAD, executed

if TYPE_CHECKING:
    from collections.abc import Sequence

DRAWN = int(os.environ.get("ISORATE_LOOPS", "300"))
NAMES = "count, n, flag = 0, 2, True\n"
FUNCTIONS = (
    "def update():\n    optimizer.step()\ndef advance():\n    scheduler.step()\n",
    "def update():\n    optimizer.step()\n    scheduler.step()\n"
    "def advance():\n    optimizer.step()\n",
)
THROUGH = ("range(2)", "range(3)", "range(1, 4)", "loader", "enumerate(loader)", "range(n, 5)",
           "enumerate(loader, 1)", "tqdm(loader)")  # fmt: skip
CONDITIONS = ("({0} + 1) % {1} == 0", "{0} % {1} == 0", "not ({0} + 1) % {1}", "{0} % {1} != 0",
              "({0} + 1) % {1} == 0 or {0} + 1 == len(loader)", "{0} > 1", "loss({0}) < 100",
              "flag", "not flag", "({0} - 1) % {1} == 0")  # fmt: skip

#: What is said of a loop that is not taken as it stands.
TAKEN = ("not counted as an update", "may end before", "is taken to train")

#: A statement, or a header with its body.
Part = Any


def block(draw: random.Random, depth: int, names: Sequence[str]) -> list[Part]:
    """Draw a body of statements."""
    found: list[Part] = []
    for _ in range(draw.randint(1, 3)):
        kind = draw.random()
        if kind < 0.35:
            found.append("optimizer.step()")
        elif kind < 0.6:
            found.append("scheduler.step()")
        elif kind < 0.66:
            found.append(draw.choice(["update()", "advance()"]))
        elif kind < 0.78 and depth < 3:
            name, through = f"i{depth}", draw.choice(THROUGH)
            target = f"{name}, x" if "enumerate" in through else name
            counts = [*names, name] if through not in ("loader", "tqdm(loader)") else names
            found.append((f"for {target} in {through}:", block(draw, depth + 1, counts)))
        elif kind < 0.9:
            test = draw.choice(CONDITIONS).format(draw.choice(names), draw.choice([2, 3]))
            end = [draw.choice(["continue", "break"])] if draw.random() < 0.25 else []
            found.append((f"if {test}:", [*block(draw, depth + 1, names), *end]))
        elif kind < 0.96:
            found.append("count += 1")
        else:
            found.append(("if count >= 4:", ["break"]))
    return found


def written(parts: list[Part], indent: str = "") -> str:
    """Return statements as text."""
    lines = ""
    for part in parts:
        if isinstance(part, str):
            lines += f"{indent}{part}\n"
        else:
            lines += f"{indent}{part[0]}\n" + written(part[1], indent + "    ")
    return lines


def verdict(text: str, given: dict[str, Any]) -> str:
    """Return what reading a text comes to beside running it."""
    used = executed(text, given)
    try:
        recipe = read(text, names=given)
    except IsorateError:
        return "refused"
    said = " ".join(recipe.assumptions)
    if any(text in said for text in TAKEN):
        return "said"
    if recipe.run.updates is not None and recipe.run.updates != len(used):
        return "wrong"
    if not used:
        return "nothing"
    return "equal" if simulate(recipe, len(used)).values.tolist() == used else "wrong"


@pytest.mark.torch
def test_no_loop_is_read_wrongly_in_silence() -> None:
    pytest.importorskip("torch")
    counts: Counter[str] = Counter()
    wrong = []
    for seed in range(DRAWN):
        draw = random.Random(seed)
        loop = [("for e in range(4):", block(draw, 1, ["e"]))]
        before = block(draw, 3, ["n"]) if draw.random() < 0.1 else []
        if "break" in written(before) or "continue" in written(before):
            continue
        text = HEAD + NAMES + draw.choice(FUNCTIONS) + written([*before, *loop])
        found = verdict(text, {"len(loader)": draw.choice([3, 4, 5])})
        counts[found] += 1
        wrong += [text] if found == "wrong" else []
    assert not wrong, "\n\n".join(wrong[:5])
    assert counts["equal"] > DRAWN / 20, counts
