from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from isorate.torch._compositions import Chained, Sequential
from isorate.torch._cycles import Averaging, Cyclic, OneCycle, Restarting
from isorate.torch._drop_in import Annealing, DropIn
from isorate.torch._functions import Lambda, Multiplicative

class StepLR(DropIn):
    """torch's ``StepLR`` by its closed form.

    ``lr(t) = base·gamma^⌊t/step_size⌋``.

    Past its end: goes on without end.

    Arguments: those of ``torch.optim.lr_scheduler.StepLR``,
    https://docs.pytorch.org/docs/2.13/generated/torch.optim.lr_scheduler.StepLR.html
    """

    step_size: int
    gamma: float
    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None: ...

class MultiStepLR(DropIn):
    """torch's ``MultiStepLR`` by its closed form.

    ``lr(t) = base·gamma^n``, n the number of milestones up to t; one that is listed twice counts
    twice.

    Past its end: holds the rate of its last step.

    Arguments: those of ``torch.optim.lr_scheduler.MultiStepLR``,
    https://docs.pytorch.org/docs/2.13/generated/torch.optim.lr_scheduler.MultiStepLR.html
    """

    milestones: Iterable[int]
    gamma: float
    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None: ...

class ConstantLR(DropIn):
    """torch's ``ConstantLR`` by its closed form.

    ``lr(t) = base·factor`` for t < ``total_iters``, then base.

    Past its end: the base rate; base · factor where total_iters is below 1.

    Arguments: those of ``torch.optim.lr_scheduler.ConstantLR``,
    https://docs.pytorch.org/docs/2.13/generated/torch.optim.lr_scheduler.ConstantLR.html
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
    """torch's ``LinearLR`` by its closed form.

    ``lr(t) = base·(start + (end−start)·min(t, T)/T)``, start = ``start_factor``, end =
    ``end_factor``, T = ``total_iters``; where T is 0, base·start for good.

    Past its end: base · end_factor; base · start_factor where total_iters is below 1.

    Arguments: those of ``torch.optim.lr_scheduler.LinearLR``,
    https://docs.pytorch.org/docs/2.13/generated/torch.optim.lr_scheduler.LinearLR.html
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
    """torch's ``ExponentialLR`` by its closed form.

    ``lr(t) = base·gamma^t``.

    Past its end: goes on without end.

    Arguments: those of ``torch.optim.lr_scheduler.ExponentialLR``,
    https://docs.pytorch.org/docs/2.13/generated/torch.optim.lr_scheduler.ExponentialLR.html
    """

    gamma: float
    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None: ...

class PolynomialLR(DropIn):
    """torch's ``PolynomialLR`` by its closed form.

    ``lr(t) = base·(1 − min(t, T)/T)^power``, T = ``total_iters``.

    Past its end: stays at 0; at the base rate where total_iters is below 1.

    Arguments: those of ``torch.optim.lr_scheduler.PolynomialLR``,
    https://docs.pytorch.org/docs/2.13/generated/torch.optim.lr_scheduler.PolynomialLR.html
    """

    total_iters: int
    power: float
    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None: ...

class CosineAnnealingLR(Annealing):
    """torch's ``CosineAnnealingLR`` by its closed form.

    ``lr(t) = base·sin²(π(T−t)/(2T)) + eta_min·sin²(πt/(2T))``, t folded into [0, T], T =
    abs(``T_max``): the documented cosine without its cancellation.

    Past its end: climbs back to the first rate and goes on with period 2·T_max.

    Arguments: those of ``torch.optim.lr_scheduler.CosineAnnealingLR``,
    https://docs.pytorch.org/docs/2.13/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html
    """

    T_max: int
    eta_min: float
    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None: ...

class CosineAnnealingWarmRestarts(Restarting):
    """torch's ``CosineAnnealingWarmRestarts`` by its closed form.

    ``lr(t) = η + (base−η)(1+cos(πu/T))/2``, u the steps since cycle c = 0, 1, 2, … began, T =
    ``T_0``·``T_mult``^c its length, η = ``eta_min``.

    Past its end: starts over, without end.

    Arguments: those of ``torch.optim.lr_scheduler.CosineAnnealingWarmRestarts``,
    https://docs.pytorch.org/docs/2.13/generated/torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.html
    """

    T_0: int
    T_mult: int
    eta_min: float
    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None: ...

class CyclicLR(Cyclic):
    """torch's ``CyclicLR`` by its closed form.

    ``lr(t) = base_lr + (max_lr−base_lr)·h·s``, h the height of a triangle of ``step_size_up``
    steps up and ``step_size_down`` down; s = 1 (``triangular``), 1/2^(cycle−1) (``triangular2``)
    or ``gamma``^t (``exp_range``), or ``scale_fn`` of the cycle, from 1, or of t. With
    ``cycle_momentum`` a momentum, or Adam's first beta, goes the other way. ``initial_lr`` stays
    what it was.

    Past its end: goes on, cycle after cycle.

    Arguments: those of ``torch.optim.lr_scheduler.CyclicLR``,
    https://docs.pytorch.org/docs/2.13/generated/torch.optim.lr_scheduler.CyclicLR.html
    """

    base_lr: float | list[float]
    max_lr: float | list[float]
    step_size_up: int
    step_size_down: int | None
    mode: Literal["triangular", "triangular2", "exp_range"]
    gamma: float
    scale_fn: Callable[[float], float] | None
    scale_mode: Literal["cycle", "iterations"]
    cycle_momentum: bool
    base_momentum: float
    max_momentum: float
    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: Literal["cycle", "iterations"] = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float = 0.8,
        max_momentum: float = 0.9,
        last_epoch: int = -1,
    ) -> None: ...

class OneCycleLR(OneCycle):
    """torch's ``OneCycleLR`` by its closed form.

    Up from ``max_lr/div_factor`` to ``max_lr`` at step ``pct_start·total_steps − 1``, then down
    to ``max_lr/div_factor/final_div_factor`` at step ``total_steps − 1``; with ``three_phase`` as
    far down as it began in as many steps as up, and then further. With ``cycle_momentum`` a
    momentum, or Adam's first beta, goes the other way.

    Past its end: step total_steps keeps the last rate, where the original's rebounds; a further
    one raises.

    Arguments: those of ``torch.optim.lr_scheduler.OneCycleLR``,
    https://docs.pytorch.org/docs/2.13/generated/torch.optim.lr_scheduler.OneCycleLR.html
    """

    max_lr: float | list[float]
    epochs: int | None
    steps_per_epoch: int | None
    pct_start: float
    anneal_strategy: Literal["cos", "linear"]
    cycle_momentum: bool
    base_momentum: float | list[float]
    max_momentum: float | list[float]
    div_factor: float
    final_div_factor: float
    three_phase: bool
    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 10000.0,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None: ...

class SWALR(Averaging):
    """torch's ``SWALR`` by its closed form.

    ``lr(t) = began + (swa_lr−began)·a(t/anneal_epochs)``, a(x) = (1−cos(πx))/2 or x, began the
    rate that the group holds when the first step is taken, whatever other schedulers have made of
    it until then.

    Past its end: swa_lr.

    Arguments: those of ``torch.optim.swa_utils.SWALR``,
    https://docs.pytorch.org/docs/2.13/generated/torch.optim.swa_utils.SWALR.html
    """

    swa_lr: float
    anneal_epochs: int
    anneal_strategy: Literal["cos", "linear"]
    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float,
        anneal_epochs: int = 10,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        last_epoch: int = -1,
    ) -> None: ...

class LambdaLR(Lambda):
    """torch's ``LambdaLR`` by its closed form.

    ``lr(t) = base·λ(t)``, λ = ``lr_lambda``, of an int. A checkpoint holds the names of the
    functions, not what they do: on resume they are those that the script gives.

    Past its end: whatever the lambda says.

    Arguments: those of ``torch.optim.lr_scheduler.LambdaLR``,
    https://docs.pytorch.org/docs/2.13/generated/torch.optim.lr_scheduler.LambdaLR.html
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | list[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None: ...

class MultiplicativeLR(Multiplicative):
    """torch's ``MultiplicativeLR`` by its closed form.

    ``lr(t) = base·λ(1)·…·λ(t)``, λ = ``lr_lambda``, of an int; products are taken in this order.
    Resuming at step t calls the function t times. A checkpoint holds its name only.

    Past its end: whatever the lambda says.

    Arguments: those of ``torch.optim.lr_scheduler.MultiplicativeLR``,
    https://docs.pytorch.org/docs/2.13/generated/torch.optim.lr_scheduler.MultiplicativeLR.html
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | list[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None: ...

class SequentialLR(Sequential):
    """torch's ``SequentialLR`` by its closed form.

    ``lr(t) = schedulers[i].lr(t − m[i−1])`` for ``m[i−1] <= t < m[i]``, m = ``milestones``, m[−1]
    = 0. Only the schedules of its schedulers matter: neither in which order they were built nor
    what that did to the optimizer, and they need not be stepped. One that begins with the rate it
    finds has what the one before it has got to. It may hold others.

    Past its end: whatever its last scheduler does.

    Arguments: those of ``torch.optim.lr_scheduler.SequentialLR``,
    https://docs.pytorch.org/docs/2.13/generated/torch.optim.lr_scheduler.SequentialLR.html
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: list[LRScheduler],
        milestones: list[int],
        last_epoch: int = -1,
    ) -> None: ...

class ChainedScheduler(Chained):
    """torch's ``ChainedScheduler`` by its closed form.

    ``lr(t) = base·f_1(t)·f_2(t)·…``, f_i what scheduler i makes of a rate of 1: the chain where
    each of them multiplies the rate that it finds, as ``CosineAnnealingLR`` does down to 0, up to
    its trough. Another chain is taken where it has a closed form.

    Past its end: whatever its schedulers do.

    Arguments: those of ``torch.optim.lr_scheduler.ChainedScheduler``,
    https://docs.pytorch.org/docs/2.13/generated/torch.optim.lr_scheduler.ChainedScheduler.html
    """

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None: ...

class cosine_decay_lr(DropIn):
    """MindSpore's ``cosine_decay_lr`` by its closed form.

    ``lr(t) = min_lr + (max_lr−min_lr)(1 + cos(π·min(e, D)/D))/2``, e = ⌊t/step_per_epoch⌋, D =
    ``decay_epoch``: absolute rates. They come to ``min_lr`` at t = D·step_per_epoch, which a
    ``total_step`` of as many, the usual length, does not reach.

    Past its end: held at min_lr, then the list ends and the optimizer raises RuntimeError.

    Arguments: those of ``mindspore.nn.cosine_decay_lr``,
    https://www.mindspore.cn/docs/en/r2.10.0/api_python/nn/mindspore.nn.cosine_decay_lr.html
    """

    min_lr: float
    max_lr: float
    total_step: int
    step_per_epoch: int
    decay_epoch: int
    def __init__(
        self,
        optimizer: Optimizer,
        min_lr: float,
        max_lr: float,
        total_step: int,
        step_per_epoch: int,
        decay_epoch: int,
    ) -> None: ...
