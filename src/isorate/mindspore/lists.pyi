def cosine_decay_lr(
    min_lr: float, max_lr: float, total_step: int, step_per_epoch: int, decay_epoch: int
) -> list[float]:
    """MindSpore's ``cosine_decay_lr``, bit for bit.

    ``lr(t) = min_lr + (max_lr−min_lr)(1 + cos(π·min(e, D)/D))/2``, e = ⌊t/step_per_epoch⌋, D =
    ``decay_epoch``: absolute rates. They come to ``min_lr`` at t = D·step_per_epoch, which a
    ``total_step`` of as many, the usual length, does not reach.

    Past its end: held at min_lr, then the list ends and the optimizer raises RuntimeError.

    Arguments: those of ``mindspore.nn.cosine_decay_lr``,
    https://www.mindspore.cn/docs/en/r2.10.0/api_python/nn/mindspore.nn.cosine_decay_lr.html
    """

def exponential_decay_lr(
    learning_rate: float,
    decay_rate: float,
    total_step: int,
    step_per_epoch: int,
    decay_epoch: int,
    is_stair: bool = False,
) -> list[float]:
    """MindSpore's ``exponential_decay_lr``, bit for bit.

    ``lr(t) = learning_rate·decay_rate^(e/D)``, e = ⌊t/step_per_epoch⌋, D = ``decay_epoch``; with
    ``is_stair``, ⌊e/D⌋ in the place of e/D.

    Past its end: decays on, then the list ends and the optimizer raises RuntimeError.

    Arguments: those of ``mindspore.nn.exponential_decay_lr``,
    https://www.mindspore.cn/docs/en/r2.10.0/api_python/nn/mindspore.nn.exponential_decay_lr.html
    """

def inverse_decay_lr(
    learning_rate: float,
    decay_rate: float,
    total_step: int,
    step_per_epoch: int,
    decay_epoch: int,
    is_stair: bool = False,
) -> list[float]:
    """MindSpore's ``inverse_decay_lr``, bit for bit.

    ``lr(t) = learning_rate/(1 + decay_rate·e/D)``, e = ⌊t/step_per_epoch⌋, D = ``decay_epoch``;
    with ``is_stair``, ⌊e/D⌋ in the place of e/D.

    Past its end: decays on, then the list ends and the optimizer raises RuntimeError.

    Arguments: those of ``mindspore.nn.inverse_decay_lr``,
    https://www.mindspore.cn/docs/en/r2.10.0/api_python/nn/mindspore.nn.inverse_decay_lr.html
    """

def natural_exp_decay_lr(
    learning_rate: float,
    decay_rate: float,
    total_step: int,
    step_per_epoch: int,
    decay_epoch: int,
    is_stair: bool = False,
) -> list[float]:
    """MindSpore's ``natural_exp_decay_lr``, bit for bit.

    ``lr(t) = learning_rate·exp(−decay_rate·e)``, e = ⌊t/step_per_epoch⌋; with ``is_stair``, e
    rounded down to a multiple of ``decay_epoch``, which has no effect without.

    Past its end: decays on, then the list ends and the optimizer raises RuntimeError.

    Arguments: those of ``mindspore.nn.natural_exp_decay_lr``,
    https://www.mindspore.cn/docs/en/r2.10.0/api_python/nn/mindspore.nn.natural_exp_decay_lr.html
    """

def piecewise_constant_lr(milestone: list[int], learning_rates: list[float]) -> list[float]:
    """MindSpore's ``piecewise_constant_lr``, bit for bit.

    ``lr(t) = learning_rates[i]``, i the number of milestones up to t; the last milestone is the
    length of the list.

    Past its end: the list ends at the last milestone and the optimizer raises RuntimeError.

    Arguments: those of ``mindspore.nn.piecewise_constant_lr``,
    https://www.mindspore.cn/docs/en/r2.10.0/api_python/nn/mindspore.nn.piecewise_constant_lr.html
    """

def polynomial_decay_lr(
    learning_rate: float,
    end_learning_rate: float,
    total_step: int,
    step_per_epoch: int,
    decay_epoch: int,
    power: float,
    update_decay_epoch: bool = False,
) -> list[float]:
    """MindSpore's ``polynomial_decay_lr``, bit for bit.

    ``lr(t) = (learning_rate−end_learning_rate)(1 − min(e, D)/D)^power + end_learning_rate``, e =
    ⌊t/step_per_epoch⌋, D = ``decay_epoch``; with ``update_decay_epoch``, D is 2D, 3D, … from
    there on, so that the rate jumps up and decays again.

    Past its end: held at end_learning_rate, or set out anew with update_decay_epoch, then the
    list ends and the optimizer raises RuntimeError.

    Arguments: those of ``mindspore.nn.polynomial_decay_lr``,
    https://www.mindspore.cn/docs/en/r2.10.0/api_python/nn/mindspore.nn.polynomial_decay_lr.html
    """

def warmup_lr(
    learning_rate: float, total_step: int, step_per_epoch: int, warmup_epoch: int
) -> list[float]:
    """MindSpore's ``warmup_lr``, bit for bit.

    ``lr(t) = learning_rate·min(e, W)/W``, e = ⌊t/step_per_epoch⌋, W = ``warmup_epoch``: the whole
    first epoch has the rate 0.

    Past its end: held at learning_rate, then the list ends and the optimizer raises RuntimeError.

    Arguments: those of ``mindspore.nn.warmup_lr``,
    https://www.mindspore.cn/docs/en/r2.10.0/api_python/nn/mindspore.nn.warmup_lr.html
    """
