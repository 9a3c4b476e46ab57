"""MindSpore: lists of rates, learning-rate cells and the experimental schedulers, as of 2.10.0."""

from __future__ import annotations

from isorate.dialects.mindspore._shared import DOCS, VERSION
from isorate.dialects.mindspore.cells import CosineDecayLR, PolynomialDecayLR, WarmUpLR
from isorate.dialects.mindspore.decay_cells import (
    ExponentialDecayLR,
    InverseDecayLR,
    NaturalExpDecayLR,
)
from isorate.dialects.mindspore.decay_lists import (
    exponential_decay_lr,
    inverse_decay_lr,
    natural_exp_decay_lr,
)
from isorate.dialects.mindspore.experimental import (
    ConstantLR,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from isorate.dialects.mindspore.experimental_compositions import ReduceLROnPlateau, SequentialLR
from isorate.dialects.mindspore.experimental_cosines import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
)
from isorate.dialects.mindspore.experimental_lambdas import LambdaLR, MultiplicativeLR
from isorate.dialects.mindspore.experimental_triangles import CyclicLR
from isorate.dialects.mindspore.lists import (
    cosine_decay_lr,
    piecewise_constant_lr,
    polynomial_decay_lr,
    warmup_lr,
)
from isorate.dialects.mindspore.optimizers import MINDSPORE, TAKERS
from isorate.dialects.mindspore.own import LearningRateSchedule
from isorate.dialects.mindspore.plain_lists import (
    LearningRateList,
    ListConcatenation,
    concatenated,
    is_list,
    repeated,
)
from isorate.kit import schedulers
from isorate.kit.card import roles_of
from isorate.kit.registry import Dialect, Lists, completed

NN = (
    cosine_decay_lr, polynomial_decay_lr, exponential_decay_lr, natural_exp_decay_lr,
    inverse_decay_lr, piecewise_constant_lr, warmup_lr, CosineDecayLR, PolynomialDecayLR,
    ExponentialDecayLR, NaturalExpDecayLR, InverseDecayLR, WarmUpLR,
)  # fmt: skip
EXPERIMENTAL = (
    CosineAnnealingLR, CosineAnnealingWarmRestarts, ConstantLR, LinearLR, ExponentialLR,
    PolynomialLR, StepLR, MultiStepLR, MultiplicativeLR, CyclicLR, ReduceLROnPlateau, SequentialLR,
    LambdaLR,
)  # fmt: skip
ROLES = {
    **schedulers.ROLES,
    **roles_of(
        start="learning_rate learning_rates",
        end="end_learning_rate",
        duration="decay_epoch decay_steps update_decay_epoch update_decay_steps warmup_epoch "
        "warmup_steps",
        factor="decay_rate",
        clock="step_per_epoch is_stair",
        length="total_step milestone",
    ),
}
#: The modules of its functions of tensors, and what they are imported as.
ARRAYS = {
    "mindspore": "ms", "mindspore.ops": "ops", "mindspore.ops.operations": "P",
    "mindspore.ops.functional": "F", "mindspore.numpy": "mnp", "mindspore.common.tensor": "tensor",
}  # fmt: skip
completed((LearningRateSchedule,), "mindspore.nn.learning_rate_schedule", VERSION, ROLES,
          f"{DOCS}nn/{{}}.html", "mindspore")  # fmt: skip
DIALECT = Dialect(
    name="mindspore",
    title="MindSpore",
    version=VERSION,
    optimizers=MINDSPORE,
    takers=TAKERS,
    own=LearningRateSchedule,
    arrays=ARRAYS,
    lists=Lists(LearningRateList, concatenated, repeated, is_list),
    constructors=(
        *completed(NN, "mindspore.nn", VERSION, ROLES, f"{DOCS}nn/{{}}.html", "mindspore"),
        *completed(
            EXPERIMENTAL,
            "mindspore.experimental.optim.lr_scheduler",
            VERSION,
            ROLES,
            f"{DOCS}experimental/lr_scheduler/{{}}.html",
            "mindspore",
        ),
        ListConcatenation,
        LearningRateList,
    ),
    aliases={
        "ms": "mindspore",
        "nn": "mindspore.nn",
        "ms.nn": "mindspore.nn",
        "ms.experimental": "mindspore.experimental",
        "experimental": "mindspore.experimental",
    },
)
