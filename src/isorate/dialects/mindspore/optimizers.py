"""MindSpore's experimental optimizers, as of 2.10.0."""

from __future__ import annotations

from isorate.kit.optimizer import Optimizers

#: ``inspect.signature`` of each, without annotations; its ``SGD`` alone has no default rate.
MINDSPORE = Optimizers(
    "mindspore.experimental.optim",
    "mindspore",
    """
def ASGD(params, lr=0.01, lambd=0.0001, alpha=0.75, t0=1000000.0, weight_decay=0.0,
         maximize=False): ...
def Adadelta(params, lr=1.0, rho=0.9, eps=1e-06, weight_decay=0.0, *, maximize=False): ...
def Adagrad(params, lr=0.01, lr_decay=0.0, weight_decay=0.0, initial_accumulator_value=0.0,
            eps=1e-10, *, maximize=False): ...
def Adam(params, lr=0.001, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.0, amsgrad=False, *,
         maximize=False): ...
def AdamW(params, lr=0.001, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.01, amsgrad=False, *,
          maximize=False): ...
def Adamax(params, lr=0.002, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.0, *,
           maximize=False): ...
def NAdam(params, lr=0.002, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.0,
          momentum_decay=0.004): ...
def RAdam(params, lr=0.001, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.0): ...
def RMSprop(params, lr=0.01, alpha=0.99, eps=1e-08, weight_decay=0.0, momentum=0.0,
            centered=False, maximize=False): ...
def Rprop(params, lr=0.01, etas=(0.5, 1.2), step_sizes=(1e-06, 50), *, maximize=False): ...
def SGD(params, lr, momentum=0, dampening=0, weight_decay=0.0, nesterov=False, *,
        maximize=False): ...
""",
    tensors={"tensor": "float32", "Tensor": "float32"},  # the optimizer makes a float of any
)

#: Those that are given a schedule: their parameters, up to the rate.
SECOND = (
    "ASGD AdaFactor AdaMax Adadelta Adam AdamOffload AdamWeightDecay Lamb LazyAdam Momentum "
    "RMSProp Rprop SGD thor"
)
THIRD = "Adagrad FTRL ProximalAdagrad"
TAKERS = Optimizers(
    "mindspore.nn",
    "mindspore",
    "\n".join(
        [
            *(f"def {name}(params, learning_rate): ..." for name in SECOND.split()),
            *(f"def {name}(params, accum, learning_rate): ..." for name in THIRD.split()),
        ]
    ),
    schedules=True,
    rate="learning_rate",
    lists=True,
    kept="lr",
    tensors=MINDSPORE.tensors,
)
