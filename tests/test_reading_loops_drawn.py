"""Drawn loops, read and really run: the rates are the same, or the text is refused.

Some step a scheduler, some set the rate by hand, from names that count or do not.

``ISORATE_LOOPS`` says how many are drawn.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from isorate import IsorateError, read, simulate
from tests.test_reading_by_hand import HEAD as BY_HAND
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
              "flag", "not flag", "{0} >= 2", "{0} + 1 > {1}", "{0} and {0} % {1} == 0",
              "not {0} < 2", "count > 2", "count % 3 == 0", "({0} - 1) % {1} == 0")  # fmt: skip

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
    try:
        used = executed(text, given)
    except LookupError:
        return "raises"
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
    rates = np.atleast_2d(simulate(recipe, len(used)).values)[0]
    return "equal" if rates.tolist() == used else "wrong"


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


#: What a rate that is set by hand is made of.
VALUES = ("n", "k", "e", "n + k", "e + 1", "n * 2", "e // 2", "max(n, 1)", "n % 3", "base",
          "k + base", "e * 3 + i")  # fmt: skip
BESIDE = """def bump():
    global n
    n += 1
def adjust(o, e):
    {0}
    lr = 0.1 / (abs(e) + base)
    for g in o.param_groups:
        g['lr'] = lr
def rate(n):
    if n > 2:
        return 0.01 * n
    return 0.1 / (abs(n) + 1)
"""
FIRST = ("pass", "e = e + 1", "e += 1", "if e > 2: e = 2", "n = e")


def counting(draw: random.Random, most: int, values: Sequence[str]) -> list[Part]:
    """Draw statements that set the names that a rate may be made of."""
    found: list[Part] = []
    for _ in range(draw.randint(0, most)):
        name, value = draw.choice("nk"), draw.choice(values)
        test = draw.choice(["e > 1", "n > 2", "e % 2 == 0", "True"])
        found.append(
            draw.choice([
                f"{name} += 1", f"{name} += 2", f"{name} -= 1", f"{name} = {value}", f"{name} = 0",
                (f"if {test}:", [f"{name} = {value}"]), "bump()",
            ])
        )  # fmt: skip
    return found


def setting(draw: random.Random, values: Sequence[str]) -> list[Part]:
    """Draw statements that set the rate."""
    value = draw.choice(values)
    over: Part = ("for g in optimizer.param_groups:", ["g['lr'] = lr"])
    if draw.random() < 0.3:
        return keeping(draw, [*setting(draw, values)])
    return draw.choice([
        [f"optimizer.param_groups[0]['lr'] = 0.1 / (abs({value}) + 1)"],
        [f"lr = 0.1 / (abs({value}) + 1)", over],
        [f"adjust(optimizer, {value})"],
        [f"lr = rate({value})", over],
    ])  # fmt: skip


def keeping(draw: random.Random, other: list[Part]) -> list[Part]:
    """Draw statements that set the rate from what it was, or in some of the turns."""
    over = "for g in optimizer.param_groups:"
    test = draw.choice(["e in (1, 3)", "e % 2 == 0", "e in kept", "e > 2", "n > 2", "loss(e) > 9"])
    some: list[Part] = draw.choice([
        [(over, ["g['lr'] *= 0.5"])], [(over, ["g['lr'] = g['lr'] / 2"])],
        ["rates['lr'] *= 0.1", (over, ["g['lr'] = rates['lr']"])],
        ["k += 1", "optimizer.param_groups[-1]['lr'] = 0.1 ** k"],
        ["base *= 2", "adjust(optimizer, 1)"], [(over, ["g['lr'] = kept[e]"])], other,
        [(over, ["g['lr'] = 0.3", draw.choice(["break", "continue", "pass"])])],
    ])  # fmt: skip
    end = [draw.choice(["continue", "break"])] if draw.random() < 0.15 else []
    return [(f"if {test}:", [*some, *end])] if draw.random() < 0.7 else some


def by_hand(draw: random.Random) -> str:
    """Draw a program that sets the rate by hand."""
    outer, values = VALUES[:-1], VALUES
    body = counting(draw, 2, outer)
    if draw.random() < 0.5:
        inner = counting(draw, 2, outer)
        if draw.random() < 0.3:
            body += setting(draw, outer)
        if draw.random() < 0.85:
            inner += setting(draw, values)
        inner += [*counting(draw, 1, outer), "optimizer.step()", *counting(draw, 2, outer)]
        body.append(("for i, x in enumerate(loader):", inner))
    else:
        body += [*setting(draw, outer), *counting(draw, 1, outer), "optimizer.step()"]
    body += counting(draw, 2, outer)
    names = f"n, k, base = {draw.randint(0, 2)}, {draw.randint(0, 2)}, 2\n"
    names += "rates, kept = {'lr': 0.4}, {1: 0.3, 2: 0.2}\n"
    if draw.random() < 0.2:
        names += "optimizer.add_param_group({'params': [], 'lr': 0.5})\n"
    loop = (f"for e in range({draw.choice(['5', '1, 6'])}):", body)
    return BY_HAND + names + BESIDE.format(draw.choice(FIRST)) + written([loop])


@pytest.mark.torch
def test_no_rate_that_is_set_by_hand_is_read_wrongly_in_silence() -> None:
    pytest.importorskip("torch")
    texts = {seed: by_hand(random.Random(seed)) for seed in range(DRAWN)}
    found = {seed: verdict(text, {"len(loader)": 3}) for seed, text in texts.items()}
    wrong = [texts[seed] for seed, which in found.items() if which == "wrong"]
    assert not wrong, "\n\n".join(wrong[:5])
    counts = Counter(found.values())
    assert counts["equal"] > DRAWN / 5, counts
