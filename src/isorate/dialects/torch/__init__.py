"""PyTorch: ``torch.optim.lr_scheduler`` and ``swa_utils.SWALR``, as of 2.13.0."""

from isorate.dialects.torch.base import DOCS, VERSION
from isorate.dialects.torch.compositions import ChainedScheduler, SequentialLR, loop
from isorate.dialects.torch.cosines import CosineAnnealingLR, CosineAnnealingWarmRestarts
from isorate.dialects.torch.cycles import SWALR, CyclicLR, OneCycleLR
from isorate.dialects.torch.factors import (
    ConstantLR,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from isorate.dialects.torch.functions import LambdaLR, MultiplicativeLR
from isorate.dialects.torch.optimizers import TORCH
from isorate.dialects.torch.plateau import ReduceLROnPlateau
from isorate.kit.registry import Dialect, completed
from isorate.kit.schedulers import ROLES

STEPPED = (
    CosineAnnealingLR, CosineAnnealingWarmRestarts, ConstantLR, LinearLR, ExponentialLR,
    PolynomialLR, StepLR, MultiStepLR, MultiplicativeLR, CyclicLR, OneCycleLR, SequentialLR,
    ChainedScheduler, LambdaLR, ReduceLROnPlateau,
)  # fmt: skip
completed((loop,), "torch", VERSION, {"optimizer": "start"}, DOCS, "torch")
DIALECT = Dialect(
    name="torch",
    title="PyTorch",
    version=VERSION,
    precedence=0,
    optimizers=TORCH,
    gone={"verbose": "up to 2.6 it has the rates printed"},
    function=LambdaLR,
    side_by_side=ChainedScheduler,
    loop=loop,
    constructors=(
        *completed(STEPPED, "torch.optim.lr_scheduler", VERSION, ROLES, DOCS, "torch"),
        *completed((SWALR,), "torch.optim.swa_utils", VERSION, ROLES, DOCS, "torch"),
    ),
    aliases={
        "optim": "torch.optim",
        "lr_scheduler": "torch.optim.lr_scheduler",
        "optim.lr_scheduler": "torch.optim.lr_scheduler",
        "swa_utils": "torch.optim.swa_utils",
    },
)
