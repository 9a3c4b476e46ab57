"""Whatever text comes in, nothing but an IsorateError comes out, in time, and nothing is printed.

Every text goes through reading, all that a call answers, the verbs, and their pages; some go
through the command line. The profile ``full`` draws a million texts, and others each time.
"""

from __future__ import annotations

import json
import os
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from itertools import islice
from pathlib import Path
from random import Random, SystemRandom

import pytest

from isorate.cli._commands import run
from tests.fuzzing.texts import Texts
from tests.fuzzing.ways import TARGETS, drawn_case, escapes, limited

FULL = os.environ.get("HYPOTHESIS_PROFILE") == "full"
TEXTS = 1000 if FULL else 400
FIRST = SystemRandom().randrange(10**9) if FULL else 0
SEEDS = range(FIRST, FIRST + (1000 if FULL else 20))


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_foreign_comes_out(seed: int) -> None:
    random = Random(seed)
    texts = Texts(random)
    cases = (drawn_case(texts.one(), texts.one(), random) for _ in range(TEXTS))
    found = [f"{name}: {what!r}\n    {case}" for case in cases for name, what in escapes(case)]
    assert not found, f"{len(found)} came out:\n" + "\n".join(islice(found, 5))


OPTIONS: tuple[tuple[str, ...], ...] = (
    (),
    ("--json",),
    ("--updates", "12"),
    ("--updates", "30", "--json"),
    ("--updates", "9", "--updates-per-epoch", "3", "--step-every", "epoch"),
    ("--updates", "12", "--accelerate", "4"),
    ("--updates", "0"),
    ("--epochs", "2"),
    ("--set", "x=3"),
    ("--set", "x=10**400"),
    ("--lr", "0.1,0.01"),
    ("--lr", "nan"),
    ("--lr", "x"),
)


@pytest.mark.parametrize("seed", range(SEEDS[0], SEEDS[0] + (50 if FULL else 5)))
def test_the_command_line_says_one_thing(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    texts = Texts(random)
    for _ in range(100):
        text = texts.one()
        command = random.choice((["show", text], ["compare", text, texts.one()]))
        if random.random() < 0.3:
            command = ["convert", text, "--to", random.choice(TARGETS)]
        options = list(random.choice(OPTIONS))
        if "--lr" not in options and random.random() < 0.7:
            options += ["--lr", "0.1"]
        if random.random() < 0.1:
            suffix = random.choice(("html", "svg", "png", "gif"))
            options += ["--plot", str(tmp_path / f"plot.{suffix}")]
        check([*command, *options])


def check(arguments: list[str]) -> None:
    """Run a command; its exit status, its messages and its document are as they should be."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err), limited(repr(arguments)):
        status = run(arguments)
    said = err.getvalue()
    if status == 2:
        assert said.startswith("isorate: "), arguments
        assert said.endswith("\n"), arguments
        assert said[:-1].isprintable(), (arguments, said)
        assert "internal error" not in said, (arguments, said)
        return
    assert status in (0, 1), arguments
    assert not said or (said.startswith("wrote ") and said.count("\n") == 1), (arguments, said)
    if "--json" in arguments:
        json.loads(out.getvalue())
