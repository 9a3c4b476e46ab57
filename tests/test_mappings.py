"""Mapping pages: what the frameworks gave is what Isorate works out, on every page."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest

from isorate import ReadError, Run, compare, read, simulate
from isorate.mappings import MappingPage, Trap, between, get, pages
from isorate.reports.markdown import called, mapping, mapping_index
from isorate.schedule.curve import Curve

EXAMPLES = [(page, index) for page in pages().values() for index in range(len(page.examples))]
TRAPS = [(page, trap) for page in pages().values() for trap in page.traps]
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?|nan")


def recorded(text: str, curve: Curve) -> np.ndarray:
    return np.array([float(rate) for rate in NUMBER.findall(text)]).astype(curve.dtype)


@pytest.mark.parametrize(("page", "index"), EXAMPLES, ids=lambda x: getattr(x, "subject", str(x)))
def test_an_example_is_one_schedule_and_the_frameworks_gave_it(
    page: MappingPage, index: int
) -> None:
    example = page.examples[index]
    calls = example.calls()
    assert compare(*calls, example.run).equal
    for call, snippet in zip(calls, page.programs(index), strict=True):
        curve = simulate(call, example.run)
        printed = recorded(page.outputs()[snippet.name], curve)
        if example.b is None and call is calls[1]:
            np.testing.assert_array_equal(printed.astype("f4"), curve.values.astype("f4"))
        else:
            np.testing.assert_array_equal(printed, curve.values)


@pytest.mark.parametrize(("page", "trap"), TRAPS, ids=lambda x: getattr(x, "subject", "trap"))
def test_a_trap_is_what_the_frameworks_gave(page: MappingPage, trap: Trap) -> None:
    for driven in page.driven(trap):
        curve = simulate(read(driven.code), driven.run)
        gave, _, error = page.outputs()[driven.name].partition("then ")
        np.testing.assert_array_equal(recorded(gave, curve), curve.values)
        assert error == (curve.halt.error if curve.halt else "")


def test_every_page_shows_all_that_was_recorded_and_nothing_else_is_recorded() -> None:
    for page in pages().values():
        names = [snippet.name for snippet in page.snippets()]
        assert len(set(names)) == len(names)
        assert set(page.recorded()["outputs"]) == set(names)
        text = mapping(page)
        assert all(output in text for output in page.outputs().values())


def test_a_changed_snippet_has_no_output() -> None:
    from dataclasses import replace

    page = get("torch", "mindspore", "exponential")
    example = replace(page.examples[0], run=Run(epochs=2, updates_per_epoch=2, step_every="epoch"))
    with pytest.raises(ReadError, match="is not recorded"):
        replace(page, examples=(example,)).outputs()


def test_pages_are_found_in_either_order_and_an_unknown_one_names_the_others() -> None:
    assert between("mindspore", "torch") == between("torch", "mindspore")
    with pytest.raises(ReadError, match="no mapping page for torch and optax"):
        between("torch", "optax")
    with pytest.raises(ReadError, match="no mapping page on tango") as caught:
        get("torch", "mindspore", "tango")
    assert all(subject in str(caught.value) for subject in pages())


def test_the_index_lists_every_example() -> None:
    text = mapping_index(pages().values())
    for page, index in EXAMPLES:
        a, b = page.examples[index].calls()
        assert f"[{page.title}]({page.subject}.md) | `{a.name}` | {called(b)} |" in text


def isorate(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "isorate", "mapping", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_lists_subjects_prints_one_and_refuses_others() -> None:
    listed = isorate("torch", "mindspore").stdout.splitlines()
    assert [line.split(":")[0] for line in listed] == [f"- {subject}" for subject in pages()]
    assert isorate("mindspore", "torch", "cyclic").stdout == mapping(pages()["cyclic"])
    refused = isorate("torch", "mindspore", "tango")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.count("\n") == 1
    assert "one-cycle" in refused.stderr


def test_no_article_is_taken_for_a_side() -> None:
    text = mapping(pages()["warmup"])
    assert "- **shape**: torch is a formula, mindspore a line (" in text
