"""torch's schedulers that are functions of the step, under torch's names and by their closed forms.

Each is a ``ClosedFormLR``: its rate at a step depends on the step alone. All rates are absolute,
computed in float64 within 8 units in the last place at every step, and rounded once to the dtype of
a tensor rate. ``_drop_ins.pyi`` has the signatures for editors and type checkers: ``make stubs``.
"""

from isorate.dialects import mindspore
from isorate.dialects import torch as calls
from isorate.torch._compositions import Chained, Sequential
from isorate.torch._cycles import Averaging, Cyclic, OneCycle, Restarting
from isorate.torch._drop_in import Annealing, drop_in
from isorate.torch._functions import Lambda, Multiplicative

StepLR = drop_in(calls.StepLR)
MultiStepLR = drop_in(calls.MultiStepLR)
ConstantLR = drop_in(calls.ConstantLR)
LinearLR = drop_in(calls.LinearLR)
ExponentialLR = drop_in(calls.ExponentialLR)
PolynomialLR = drop_in(calls.PolynomialLR)
CosineAnnealingLR = drop_in(calls.CosineAnnealingLR, Annealing)
CosineAnnealingWarmRestarts = drop_in(calls.CosineAnnealingWarmRestarts, Restarting)
CyclicLR = drop_in(calls.CyclicLR, Cyclic)
OneCycleLR = drop_in(calls.OneCycleLR, OneCycle)
SWALR = drop_in(calls.SWALR, Averaging)
LambdaLR = drop_in(calls.LambdaLR, Lambda)
MultiplicativeLR = drop_in(calls.MultiplicativeLR, Multiplicative)
SequentialLR = drop_in(calls.SequentialLR, Sequential)
ChainedScheduler = drop_in(calls.ChainedScheduler, Chained)
cosine_decay_lr = drop_in(mindspore.cosine_decay_lr)
