"""How many batches each process has, beside torch's own sampler."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from isorate import Run

torch: Any = pytest.importorskip("torch")


@pytest.mark.torch
def test_batches_are_shared_as_a_distributed_sampler_does() -> None:
    from torch.utils.data import DataLoader, DistributedSampler

    for samples, size, processes in product((1, 7, 24, 25, 100), (1, 3, 8), (1, 2, 3, 8)):
        whole = DataLoader(range(samples), batch_size=size)
        sampler = DistributedSampler(range(samples), num_replicas=processes, rank=processes - 1)
        own = DataLoader(range(samples), batch_size=size, sampler=sampler)
        run = Run(epochs=1, batches_per_epoch=len(whole), processes=processes)
        assert run.updates_per_epoch == len(own) == sum(1 for _ in own)
