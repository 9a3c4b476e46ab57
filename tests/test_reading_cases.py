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

from isorate import ReadError, simulate
from isorate.reading.reader import reading

ROWS = [
    row
    for path in sorted((Path(__file__).parent / "cases" / "reading").glob("*.json"))
    for row in json.loads(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["what"])
def test_the_rates_are_the_framework_s(row: dict[str, Any]) -> None:
    call = reading(row["text"], names=row.get("set")).call
    expected = np.array(row["rates"])
    assert np.array_equal(np.atleast_2d(simulate(call, expected.shape[1]).values), expected)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["what"])
def test_the_same_in_a_function_and_in_a_fence(row: dict[str, Any]) -> None:
    names = row.get("set")
    call = reading(row["text"], names=names).call
    fenced = f"So:\n```python\n{row['text']}\n```\n"
    windows = "\ufeff" + row["text"].replace("\n", "\r\n")
    indented = "\n".join(f"    {line}" for line in row["text"].split("\n"))
    for text in (fenced, windows, indented):
        assert reading(text, names=names).call == call


@pytest.mark.parametrize("row", [row for row in ROWS if "set" in row], ids=lambda row: row["what"])
def test_what_is_missing_is_asked_for_as_it_is_given(row: dict[str, Any]) -> None:
    with pytest.raises(ReadError) as caught:
        reading(row["text"])
    asked = re.findall(r'--set "?(.+?)=\.\.\."?', str(caught.value))
    assert asked
    assert set(asked) <= set(row["set"])
