"""MindSpore's experimental schedulers that are functions of the step, under MindSpore's names.

Each is a ``ClosedFormLR``: its rate at a step depends on the step alone. All rates are absolute,
computed in float64 from the first rates that float32 has, and rounded once to float32.
``_drop_ins.pyi`` has the signatures for editors and type checkers: ``make stubs``.
"""

from isorate.dialects import mindspore as calls
from isorate.mindspore.experimental._drop_in import (
    Annealing,
    Cyclic,
    Lambda,
    Multiplicative,
    Restarting,
    Sequential,
    drop_in,
)

StepLR = drop_in(calls.StepLR)
MultiStepLR = drop_in(calls.MultiStepLR)
ConstantLR = drop_in(calls.ConstantLR)
LinearLR = drop_in(calls.LinearLR)
ExponentialLR = drop_in(calls.ExponentialLR)
PolynomialLR = drop_in(calls.PolynomialLR)
CosineAnnealingLR = drop_in(calls.CosineAnnealingLR, Annealing)
CosineAnnealingWarmRestarts = drop_in(calls.CosineAnnealingWarmRestarts, Restarting)
CyclicLR = drop_in(calls.CyclicLR, Cyclic)
LambdaLR = drop_in(calls.LambdaLR, Lambda)
MultiplicativeLR = drop_in(calls.MultiplicativeLR, Multiplicative)
SequentialLR = drop_in(calls.SequentialLR, Sequential)
