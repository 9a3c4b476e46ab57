"""MindSpore has to be imported before torch."""

from __future__ import annotations

import contextlib
import importlib.util
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

if importlib.util.find_spec("mindspore") is not None:
    from tests.conformance.cases.mindspore import mindspore

    mindspore()


@pytest.fixture(scope="session", autouse=True)
def _elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Work in a folder of no account: MindSpore leaves notes on its errors in the current one."""
    with contextlib.chdir(tmp_path_factory.mktemp("elsewhere")):
        yield
