"""What the schedulers under torch's names share, and how they are made from torch's calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from torch.optim import lr_scheduler, swa_utils

from isorate.torch._closed_form import ClosedFormLR
from isorate.training import drop_in as shared
from isorate.training.closed_form import finite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isorate.kit.call import Call

EXAMPLE: Final = """\
>>> import torch
>>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0, momentum=0.9)
>>> scheduler = {name}({arguments})
>>> scheduler.seek({step})
>>> scheduler.get_last_lr()
[{rate}]"""


class DropIn(shared.DropIn, ClosedFormLR):
    """A scheduler under the name and with the signature of torch's own."""

    _multiplies_bases = True

    def __init__(self, optimizer: Any, last_epoch: Any, **arguments: Any) -> None:
        self._take(arguments)
        super().__init__(optimizer, last_epoch)

    @property
    def _torchs_name(self) -> str | None:  # type: ignore[override]
        card = self.constructor.card
        return self.constructor.__name__ if card.dialect == "torch" else None


class Annealing(shared.Annealing, DropIn):
    """One whose numbers are finite, at which torch's own goes on without end or turns NaN."""

    def _call(self, bases: Sequence[float]) -> Call:
        assert self._arguments is not None
        for name, value in self._arguments.items():
            finite(name, value)
        return super()._call(bases)

    def _begins_anew(self) -> bool:
        return self._built and self._step_count == 1  # somebody has set it: it was past that


def drop_in(constructor: type[Call], base: Any = DropIn) -> Any:
    """Return the class under torch's name that does what a call means."""
    name = constructor.__name__
    theirs = getattr(lr_scheduler, name, None) or getattr(swa_utils, name, None)
    return shared.drop_in(
        constructor,
        base,
        home="isorate.torch",
        theirs=theirs,
        whose="torch's" if theirs else "MindSpore's",
        example=EXAMPLE,
    )
