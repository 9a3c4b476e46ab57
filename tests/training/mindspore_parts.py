"""What the tests of MindSpore's optimizers share."""

from __future__ import annotations

from typing import Any

import pytest

mindspore = pytest.importorskip("mindspore")


def one_parameter(optimizer: Any, learning_rate: Any, **extra: Any) -> tuple[Any, Any]:
    parameter = mindspore.Parameter(mindspore.Tensor([0.0]), name="weight")
    return parameter, optimizer([parameter], learning_rate=learning_rate, **extra)


def applied_by(optimizer: Any, parameter: Any) -> float:
    """Take one update from 0 with a gradient of 1, and return how far down it goes."""
    mindspore.ops.assign(parameter, mindspore.Tensor([0.0]))
    optimizer((mindspore.Tensor([1.0]),))
    return -float(parameter.asnumpy()[0])
