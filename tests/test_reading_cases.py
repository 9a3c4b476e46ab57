"""Code as people write it, each with the rates that the framework itself gave for it.

``tests/cases/reading`` holds the texts and the rates; ``tests/conformance/reading.py`` runs them.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isorate import ReadError, read, simulate

ROWS = [
    row
    for path in sorted((Path(__file__).parent / "cases" / "reading").glob("*.json"))
    for row in json.loads(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["what"])
def test_the_rates_are_the_framework_s(row: dict[str, Any]) -> None:
    recipe = read(row["text"], lr=row.get("lr"), names=row.get("set"))
    expected = np.array(row["rates"])
    updates = None if recipe.run.updates and "run" not in row else expected.shape[1]
    assert np.array_equal(np.atleast_2d(simulate(recipe, updates).values), expected)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["what"])
def test_the_same_in_a_function_and_in_a_fence(row: dict[str, Any]) -> None:
    beside = {"lr": row.get("lr"), "names": row.get("set")}
    call = read(row["text"], **beside).call
    fenced = f"So:\n```python\n{row['text']}\n```\n"
    windows = "\ufeff" + row["text"].replace("\n", "\r\n")
    indented = "\n".join(f"    {line}" for line in row["text"].split("\n"))
    for text in (fenced, windows, indented):
        assert read(text, **beside).call == call


ASKED = [row for row in ROWS if "set" in row and "run" not in row and ".step()" not in row["text"]]


@pytest.mark.parametrize("row", ASKED, ids=lambda row: row["what"])
def test_what_is_missing_is_asked_for_as_it_is_given(row: dict[str, Any]) -> None:
    with pytest.raises(ReadError) as caught:
        read(row["text"])
    asked = re.findall(r'--set "?(.+?)=\.\.\."?', str(caught.value))
    assert asked
    assert set(asked) <= set(row["set"])
