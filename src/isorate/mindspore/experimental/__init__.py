"""Schedulers for ``mindspore.experimental.optim`` that follow the closed form, under its names.

Every scheduler of ``mindspore.experimental.optim.lr_scheduler`` that is a function of the step is
here with its signature; ``ScheduleLR`` trains with any schedule. Their only state is a counter,
which is Python's: rates neither drift nor turn NaN, no step is lost, and ``state_dict()`` resumes
them. They import MindSpore.

The checkpoint of an experimental optimizer holds neither its rate nor a scheduler's counter. The
state is JSON, and goes into the same file:

    save_checkpoint(optimizer, path, append_dict={"scheduler": json.dumps(scheduler.state_dict())})

    checkpoint = load_checkpoint(path)
    scheduler.load_state_dict(json.loads(checkpoint.pop("scheduler")))
    load_param_into_net(optimizer, checkpoint)
"""

from __future__ import annotations

from isorate.mindspore.experimental._closed_form import ClosedFormLR
from isorate.mindspore.experimental._drop_ins import (
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiplicativeLR,
    MultiStepLR,
    PolynomialLR,
    SequentialLR,
    StepLR,
)
from isorate.mindspore.experimental._plateau import ReduceLROnPlateau
from isorate.mindspore.experimental._schedule import ScheduleLR
from isorate.training.extensions import Extension
from isorate.training.states import ScheduleMismatchError

__all__ = [
    "ClosedFormLR", "ConstantLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "CyclicLR",
    "ExponentialLR", "Extension", "LambdaLR", "LinearLR", "MultiStepLR", "MultiplicativeLR",
    "PolynomialLR", "ReduceLROnPlateau", "ScheduleLR", "ScheduleMismatchError", "SequentialLR",
    "StepLR",
]  # fmt: skip
