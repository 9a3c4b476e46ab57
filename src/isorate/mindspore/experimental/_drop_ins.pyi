from typing import Any

from mindspore.experimental.optim import Optimizer

from isorate.mindspore.experimental._drop_in import (
    Annealing,
    Cyclic,
    DropIn,
    Lambda,
    Multiplicative,
    Restarting,
    Sequential,
)

class StepLR(DropIn):
    """MindSpore's ``StepLR`` by its closed form.

    ``lr(t) = base·gamma^⌊t/step_size⌋``.

    Past its end: goes on without end.

    Arguments: those of ``mindspore.experimental.optim.lr_scheduler.StepLR``,
    https://www.mindspore.cn/docs/en/r2.10.0/api_python/experimental/lr_scheduler/mindspore.experimental.optim.lr_scheduler.StepLR.html
    """

    step_size: int
    gamma: float
    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None: ...

class MultiStepLR(DropIn):
    """MindSpore's ``MultiStepLR`` by its closed form.

    ``lr(t) = base·gamma^n``, n the number of milestones up to t; one that is listed twice counts
    twice.

    Past its end: holds the rate of its last step.

    Arguments: those of ``mindspore.experimental.optim.lr_scheduler.MultiStepLR``,
    https://www.mindspore.cn/docs/en/r2.10.0/api_python/experimental/lr_scheduler/mindspore.experimental.optim.lr_scheduler.MultiStepLR.html
    """

    milestones: list[int]
    gamma: float
    def __init__(
        self, optimizer: Optimizer, milestones: list[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None: ...

class ConstantLR(DropIn):
    """MindSpore's ``ConstantLR`` by its closed form.

    ``lr(t) = base·factor`` for t < ``total_iters``, then base.

    Past its end: the base rate; base · factor where total_iters is below 1.

    Arguments: those of ``mindspore.experimental.optim.lr_scheduler.ConstantLR``,
    https://www.mindspore.cn/docs/en/r2.10.0/api_python/experimental/lr_scheduler/mindspore.experimental.optim.lr_scheduler.ConstantLR.html
    """

    factor: float
    total_iters: int
    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 0.3333333333333333,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None: ...

class LinearLR(DropIn):
    """MindSpore's ``LinearLR`` by its closed form.

    ``lr(t) = base·(start + (end−start)·min(t, T)/T)``, start = ``start_factor``, end =
    ``end_factor``, T = ``total_iters``; where T is 0, base·start for good.

    Past its end: base · end_factor; base · start_factor where total_iters is below 1.

    Arguments: those of ``mindspore.experimental.optim.lr_scheduler.LinearLR``,
    https://www.mindspore.cn/docs/en/r2.10.0/api_python/experimental/lr_scheduler/mindspore.experimental.optim.lr_scheduler.LinearLR.html
    """

    start_factor: float
    end_factor: float
    total_iters: int
    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 0.3333333333333333,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None: ...

class ExponentialLR(DropIn):
    """MindSpore's ``ExponentialLR`` by its closed form.

    ``lr(t) = base·gamma^t``.

    Past its end: goes on without end.

    Arguments: those of ``mindspore.experimental.optim.lr_scheduler.ExponentialLR``,
    https://www.mindspore.cn/docs/en/r2.10.0/api_python/experimental/lr_scheduler/mindspore.experimental.optim.lr_scheduler.ExponentialLR.html
    """

    gamma: float
    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None: ...

class PolynomialLR(DropIn):
    """MindSpore's ``PolynomialLR`` by its closed form.

    ``lr(t) = base·(1 − min(t, T)/T)^power``, T = ``total_iters``.

    Past its end: stays at 0; at the base rate where total_iters is below 1.

    Arguments: those of ``mindspore.experimental.optim.lr_scheduler.PolynomialLR``,
    https://www.mindspore.cn/docs/en/r2.10.0/api_python/experimental/lr_scheduler/mindspore.experimental.optim.lr_scheduler.PolynomialLR.html
    """

    total_iters: int
    power: float
    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None: ...

class CosineAnnealingLR(Annealing):
    """MindSpore's ``CosineAnnealingLR`` by its closed form.

    ``lr(t) = base·sin²(π(T−t)/(2T)) + eta_min·sin²(πt/(2T))``, t folded into [0, T], T =
    abs(``T_max``): the documented cosine without its cancellation.

    Past its end: climbs back to the first rate and goes on with period 2·T_max, or turns NaN.

    Arguments: those of ``mindspore.experimental.optim.lr_scheduler.CosineAnnealingLR``,
    https://www.mindspore.cn/docs/en/r2.10.0/api_python/experimental/lr_scheduler/mindspore.experimental.optim.lr_scheduler.CosineAnnealingLR.html
    """

    T_max: int
    eta_min: float
    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None: ...

class CosineAnnealingWarmRestarts(Restarting):
    """MindSpore's ``CosineAnnealingWarmRestarts`` by its closed form.

    ``lr(t) = η + (base−η)(1+cos(πu/T))/2``, u the steps since cycle c = 0, 1, 2, … began, T =
    ``T_0``·``T_mult``^c its length, η = ``eta_min``.

    Past its end: starts over, without end.

    Arguments: those of ``mindspore.experimental.optim.lr_scheduler.CosineAnnealingWarmRestarts``,
    https://www.mindspore.cn/docs/en/r2.10.0/api_python/experimental/lr_scheduler/mindspore.experimental.optim.lr_scheduler.CosineAnnealingWarmRestarts.html
    """

    T_0: int
    T_mult: int
    eta_min: float
    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0,
        last_epoch: int = -1,
    ) -> None: ...

class CyclicLR(Cyclic):
    """MindSpore's ``CyclicLR`` by its closed form.

    ``lr(t) = base_lr + (max_lr−base_lr)·h·s``, h the height of a triangle of ``step_size_up``
    steps up and ``step_size_down`` down; s = 1 (``triangular``), 1/2^(cycle−1) (``triangular2``)
    or ``gamma``^t (``exp_range``), or ``scale_fn`` of the cycle, from 1, or of t. With
    ``cycle_momentum`` a momentum, or Adam's first beta, goes the other way. ``initial_lr`` stays
    what it was.

    Past its end: starts over, without end.

    Arguments: those of ``mindspore.experimental.optim.lr_scheduler.CyclicLR``,
    https://www.mindspore.cn/docs/en/r2.10.0/api_python/experimental/lr_scheduler/mindspore.experimental.optim.lr_scheduler.CyclicLR.html
    """

    base_lr: Any
    max_lr: Any
    step_size_up: int
    step_size_down: int | None
    mode: str
    gamma: float
    scale_mode: str
    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: Any,
        max_lr: Any,
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Any = None,
        scale_mode: str = "cycle",
        last_epoch: int = -1,
    ) -> None: ...

class LambdaLR(Lambda):
    """MindSpore's ``LambdaLR`` by its closed form.

    ``lr(t) = base·λ(t)``, λ = ``lr_lambda``, of an int. A checkpoint holds the names of the
    functions, not what they do: on resume they are those that the script gives.

    Past its end: whatever the lambda says.

    Arguments: those of ``mindspore.experimental.optim.lr_scheduler.LambdaLR``,
    https://www.mindspore.cn/docs/en/r2.10.0/api_python/experimental/lr_scheduler/mindspore.experimental.optim.lr_scheduler.LambdaLR.html
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1) -> None: ...

class MultiplicativeLR(Multiplicative):
    """MindSpore's ``MultiplicativeLR`` by its closed form.

    ``lr(t) = base·λ(1)·…·λ(t)``, λ = ``lr_lambda``, of an int; products are taken in this order.
    Resuming at step t calls the function t times. A checkpoint holds its name only.

    Past its end: whatever the lambda says.

    Arguments: those of ``mindspore.experimental.optim.lr_scheduler.MultiplicativeLR``,
    https://www.mindspore.cn/docs/en/r2.10.0/api_python/experimental/lr_scheduler/mindspore.experimental.optim.lr_scheduler.MultiplicativeLR.html
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1) -> None: ...

class SequentialLR(Sequential):
    """MindSpore's ``SequentialLR`` by its closed form.

    ``lr(t) = schedulers[i].lr(t − m[i−1])`` for ``m[i−1] <= t < m[i]``, m = ``milestones``, m[−1]
    = 0. Only the schedules of its schedulers matter: neither in which order they were built nor
    what that did to the optimizer, and they need not be stepped. One that begins with the rate it
    finds has what the one before it has got to. It may hold others.

    Past its end: whatever its last scheduler does.

    Arguments: those of ``mindspore.experimental.optim.lr_scheduler.SequentialLR``,
    https://www.mindspore.cn/docs/en/r2.10.0/api_python/experimental/lr_scheduler/mindspore.experimental.optim.lr_scheduler.SequentialLR.html
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: list[Any],
        milestones: list[int],
        last_epoch: int = -1,
    ) -> None: ...
