"""What the schedulers under MindSpore's names share."""

from __future__ import annotations

from typing import Any

from isorate.mindspore.experimental._closed_form import ClosedFormLR, check_optimizer, stated
from isorate.training import dropping_in
from isorate.training.dropping_in import check


class DropIn(dropping_in.DropIn, ClosedFormLR):
    """A scheduler under the name and with the signature of MindSpore's own."""

    def __init__(self, optimizer: Any, last_epoch: Any, **arguments: Any) -> None:
        check_optimizer(optimizer)
        groups = optimizer.param_groups
        kind: Any = self.constructor
        held = stated(groups, list(map(self._start_of, groups)))
        check(kind(held, **arguments, last_epoch=last_epoch))  # of the types that they have
        self._take(**arguments)
        super().__init__(optimizer, last_epoch)
