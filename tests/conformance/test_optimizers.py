"""The optimizers' signatures beside the frameworks', and which of torch's have a momentum."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from isorate.dialects.mindspore.optimizers import MINDSPORE
from isorate.dialects.torch.optimizers import TORCH
from isorate.kit.optimizer import Optimizers
from tests.calls import read


def classes(module: Any) -> dict[str, Any]:
    """Return a module's optimizers by their names."""
    found = {n: c for n, c in vars(module).items() if inspect.isclass(c)}
    base = found["Optimizer"]
    return {n: c for n, c in found.items() if issubclass(c, base) and c is not base}


def check_signatures(known: Optimizers, module: Any) -> None:
    for name, found in classes(module).items():
        parameters = list(inspect.signature(found.__init__).parameters.values())[1:]
        real = {p.name: None if p.default is p.empty else repr(p.default) for p in parameters}
        assert list(known.parameters(name).items()) == list(real.items()), name


def test_torch_s_signatures() -> None:
    torch = pytest.importorskip("torch")
    check_signatures(TORCH, torch.optim)


def test_mindspore_s_signatures() -> None:
    pytest.importorskip("mindspore")
    from mindspore.experimental import optim

    check_signatures(MINDSPORE, optim)


@pytest.mark.parametrize("scheduler", ["CyclicLR({}, 0.1, 1.0)", "OneCycleLR({}, 1.0, 10)"])
def test_torch_raises_where_there_is_no_momentum(scheduler: str) -> None:
    torch = pytest.importorskip("torch")
    for name, kind in classes(torch.optim).items():
        optimizer = kind([torch.nn.Parameter(torch.zeros(2, 2))], lr=0.1)
        raised: type[Exception] | None = None
        try:
            eval(scheduler.format("optimizer"), vars(torch.optim.lr_scheduler), locals())
        except ValueError:
            raised = ValueError
        fault = read(scheduler.format(f"torch.optim.{name}(params, lr=0.1)")).fault()
        assert (None if fault is None else fault.error) is raised, name
