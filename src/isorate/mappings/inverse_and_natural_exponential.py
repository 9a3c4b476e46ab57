"""MindSpore's ``inverse_decay_lr`` and ``natural_exp_decay_lr``, said in PyTorch."""

from __future__ import annotations

from isorate.mappings import Example, MappingPage, Trap
from isorate.schedule.run import Run

PAGE = MappingPage(
    subject="inverse-and-natural-exponential",
    title="Inverse and natural exponential",
    says="torch has no class for an inverse decay: a lambda says it. A natural exponential is an "
    "`ExponentialLR` whose `gamma` is exp(−`decay_rate`), whatever `decay_epoch` says.",
    history="MindSpore's documentation never had a page on this subject.",
    examples=(
        Example(
            "torch.optim.lr_scheduler.LambdaLR(torch.optim.SGD(params, lr=0.1), "
            "lr_lambda=lambda t: 1 / (1 + 0.5 * t))",
            "mindspore.nn.inverse_decay_lr(learning_rate=0.1, decay_rate=0.5, total_step=6, "
            "step_per_epoch=2, decay_epoch=1)",
            Run(epochs=3, updates_per_epoch=2, step_every="epoch"),
        ),
        Example(
            "torch.optim.lr_scheduler.ExponentialLR(torch.optim.SGD(params, lr=0.1), "
            "gamma=0.6065306597126334)",
            "mindspore.nn.natural_exp_decay_lr(learning_rate=0.1, decay_rate=0.5, total_step=6, "
            "step_per_epoch=2, decay_epoch=1)",
            Run(epochs=3, updates_per_epoch=2, step_every="epoch"),
        ),
    ),
    others=(
        (
            "mindspore.nn.InverseDecayLR",
            "the inverse decay as a cell: it counts updates and computes in float32",
        ),
        (
            "mindspore.nn.NaturalExpDecayLR",
            "the natural exponential as a cell: it counts updates and computes in float32",
        ),
    ),
    traps=(
        Trap(
            "`natural_exp_decay_lr` ignores `decay_epoch`: a tenth of the decay is not what one "
            "gets.",
            "natural_exp_decay_lr(0.1, 0.5, 6, 1, 10)",
            "natural_exp_decay_lr(0.1, 0.5, 6, 1, 1)",
            Run(6),
        ),
        Trap(
            "With `is_stair=True` `decay_epoch` is how long a stair is, and `decay_rate` still "
            "counts single epochs.",
            "natural_exp_decay_lr(0.1, 0.5, 6, 1, 2, True)",
            "natural_exp_decay_lr(0.1, 0.5, 6, 1, 2)",
            Run(6),
        ),
        Trap(
            "The cell ignores `decay_steps` just so. By the formula of its documentation, which "
            "divides by it, the first would be the second.",
            "mindspore.nn.NaturalExpDecayLR(0.1, 0.5, 4)",
            "mindspore.nn.NaturalExpDecayLR(0.1, 0.125, 4)",
            Run(6),
        ),
        Trap(
            "`inverse_decay_lr` does divide by `decay_epoch`.",
            "inverse_decay_lr(0.1, 0.5, 6, 1, 2)",
            "inverse_decay_lr(0.1, 0.25, 6, 1, 1)",
            Run(6),
        ),
    ),
)
