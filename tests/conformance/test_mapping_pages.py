"""The mapping pages in the frameworks themselves: every call has its rates, every program prints.

What a call is said to give is what Isorate works out (``tests/test_docs.py``), so that it is enough
to hold the framework beside that.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from typing import Any

import pytest

from tests.calls import read
from tests.conformance.agreement import assert_agree
from tests.conformance.cases.mindspore import mindspore
from tests.conformance.frameworks import drive
from tests.test_docs import tool

mappings: Any = tool("mappings")
PAGES = {path.stem: text for path, text in mappings.subjects().items()}
CALLS = [
    pytest.param(
        one, id=f"{page}-{number}", marks=getattr(pytest.mark, read(one.code).card.runs_in)
    )
    for page, text in PAGES.items()
    for number, one in enumerate(mappings.calls(text), 1)
]
PROGRAMS = [
    pytest.param(
        *program,
        id=f"{page}-{number}",
        marks=pytest.mark.mindspore if "mindspore" in program[0] else pytest.mark.torch,
    )
    for page, text in PAGES.items()
    for number, program in enumerate(mappings.programs(text), 1)
]


@pytest.mark.parametrize("one", CALLS)
def test_a_call_has_the_rates_that_the_page_says(one: Any) -> None:
    call = read(one.code)
    pytest.importorskip(call.card.runs_in)
    assert_agree(drive(call.code, one.run, framework=call.card.runs_in), call, one.run)


@pytest.mark.parametrize(("code", "text"), PROGRAMS)
def test_a_program_prints_what_the_page_says(code: str, text: str) -> None:
    if "mindspore" in code:
        pytest.importorskip("mindspore")
        mindspore()
    else:
        pytest.importorskip("torch")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(code, "<page>", "exec"), {"__name__": "__main__"})
    assert printed.getvalue() == text
