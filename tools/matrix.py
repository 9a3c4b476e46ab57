"""What every constructor of torch and MindSpore becomes in the other framework, as a page.

``tools/docs.py`` writes it. Each constructor is shown by one usual call, converted as ``isorate
convert`` does it: every constructor of the target says it, or says why it cannot.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from isorate import Run, convert, read
from isorate.kit import registry
from isorate.kit.call import Call
from isorate.kit.writing import shortened

if TYPE_CHECKING:
    from isorate.conversion import Conversion, Way

SGD: Final = "torch.optim.SGD(params, lr=0.1)"
MS_SGD: Final = "mindspore.experimental.optim.SGD(params, lr=0.1)"
METRICS: Final = [1.0, 0.9, 0.9, 0.9, 0.9, 0.8, 0.8, 0.8, 0.8, 0.8]

#: The arguments of one usual call of every scheduler that both frameworks have.
BOTH: Final = {
    "CosineAnnealingLR": "T_max=10, eta_min=0.001",
    "CosineAnnealingWarmRestarts": "T_0=4, T_mult=2",
    "ConstantLR": "factor=0.5, total_iters=4",
    "LinearLR": "start_factor=0.1, total_iters=5",
    "ExponentialLR": "gamma=0.9",
    "PolynomialLR": "total_iters=10, power=2.0",
    "StepLR": "step_size=4, gamma=0.5",
    "MultiStepLR": "milestones=[3, 7], gamma=0.5",
    "MultiplicativeLR": "lr_lambda=lambda t: 0.95",
    "CyclicLR": "base_lr=0.01, max_lr=0.1, step_size_up=4",
    "LambdaLR": "lr_lambda=lambda t: 1 / (1 + t)",
    "ReduceLROnPlateau": "patience=1, factor=0.5",
}
WARMUP: Final = "LinearLR(optimizer, start_factor=0.1, total_iters=4)"
DECAY: Final = "CosineAnnealingLR(optimizer, T_max=12)"
SEQUENCE: Final = f"schedulers=[{WARMUP}, {DECAY}], milestones=[4]"

EXAMPLES: Final = {
    "torch": {
        **{name: f"{name}({SGD}, {arguments})" for name, arguments in BOTH.items()},
        "OneCycleLR": f"OneCycleLR({SGD}, max_lr=0.1, total_steps=20)",
        "SWALR": f"SWALR({SGD}, swa_lr=0.01, anneal_epochs=8)",
        "SequentialLR": f"SequentialLR(optimizer := {SGD}, {SEQUENCE})",
        "ChainedScheduler": f"ChainedScheduler([LinearLR(optimizer := {SGD}, start_factor=0.1, "
        "total_iters=4), ExponentialLR(optimizer, gamma=0.9)])",
    },
    "mindspore": {
        "cosine_decay_lr": "cosine_decay_lr(0.01, 0.1, 12, 1, 10)",
        "polynomial_decay_lr": "polynomial_decay_lr(0.1, 0.01, 12, 1, 10, 2.0)",
        "exponential_decay_lr": "exponential_decay_lr(0.1, 0.9, 12, 1, 4)",
        "natural_exp_decay_lr": "natural_exp_decay_lr(0.1, 0.2, 12, 1, 4)",
        "inverse_decay_lr": "inverse_decay_lr(0.1, 0.5, 12, 1, 4)",
        "piecewise_constant_lr": "piecewise_constant_lr([3, 7, 12], [0.1, 0.05, 0.025])",
        "warmup_lr": "warmup_lr(0.1, 12, 1, 5)",
        "CosineDecayLR": "CosineDecayLR(0.01, 0.1, 10)",
        "PolynomialDecayLR": "PolynomialDecayLR(0.1, 0.01, 10, 2.0)",
        "ExponentialDecayLR": "ExponentialDecayLR(0.1, 0.9, 4)",
        "NaturalExpDecayLR": "NaturalExpDecayLR(0.1, 0.2, 4)",
        "InverseDecayLR": "InverseDecayLR(0.1, 0.5, 4)",
        "WarmUpLR": "WarmUpLR(0.1, 5)",
        "list": "[0.1, 0.1, 0.05, 0.02]",
        "list_concatenation": "warmup_lr(0.1, 4, 1, 4) + cosine_decay_lr(0.0, 0.1, 12, 1, 10)",
        **{name: f"{name}({MS_SGD}, {arguments})" for name, arguments in BOTH.items()},
        "SequentialLR": f"SequentialLR(optimizer := {MS_SGD}, {SEQUENCE})",
    },
}
SIGNS: Final = {"identical": "=", "equal": "≈", "diverge": "≠", "different": "≠"}

HEAD = """# What becomes of every call

Every constructor of torch and of MindSpore said in the other framework, by one usual call of each.
*identical*: the same bits over the run; *equal*: within 1e-12 of the peak rate, or 1e-6 where one
side computes in float32; *diverges at update k*: equal before it; *refused*: the constructor cannot
say it, with the reason. The ways are those of `isorate convert`, best first, drop-ins included.
"""


def example(dialect: str, name: str) -> Call:
    """Return the usual call of a constructor."""
    call = read(EXAMPLES[dialect][name], dialect=dialect).call
    assert isinstance(call, Call)
    return call


def converted(dialect: str, name: str, to: str) -> Conversion:
    """Return the conversion of a constructor's usual call."""
    call = example(dialect, name)
    run = Run(11, metrics=METRICS) if name == "ReduceLROnPlateau" else Run()
    return convert(call, to=to, run=run)


def page() -> str:
    """Return the whole page: what is best for each, and then all of it."""
    pairs = (("torch", "mindspore"), ("mindspore", "torch"))
    found = {
        (source, target): {name: converted(source, name, target) for name in EXAMPLES[source]}
        for source, target in pairs
    }
    parts = [HEAD]
    for (source, target), conversions in found.items():
        titles = [registry.get(dialect).title for dialect in (source, target)]
        parts.append(f"## From {titles[0]} to {titles[1]}\n")
        parts.append("| call | best way | over the run |\n|---|---|---|")
        parts[-1] += "".join(f"\n| `{name}` | {_best(c)} |" for name, c in conversions.items())
        for name, conversion in conversions.items():
            parts.append(f"\n### `{source}` {name}\n\n`{shortened(conversion.call.code)}`\n")
            parts.append(_all(conversion))
    return "\n".join(parts) + "\n"


def _best(conversion: Conversion) -> str:
    if not conversion.ways:
        return f"none | {conversion.refusal}"
    way = conversion.ways[0]
    return f"`{way.call.card.name}` | {_verdict(way)}"


def _verdict(way: Way) -> str:
    """Return what measuring a way has found."""
    result = way.comparison
    if result.equal:
        return str(result.verdict)
    if result.first_difference == 0:
        return "different from update 0 on"
    return f"diverges at update {result.first_difference}"


def _all(conversion: Conversion) -> str:
    """Return every target constructor: what it says, or why it does not."""
    lines = [
        f"- {SIGNS[way.comparison.verdict]} `{way.call.card.name}`: {_verdict(way)} over "
        f"{way.comparison.updates} updates"
        for way in conversion.ways
    ]
    reasons = defaultdict(list)
    for name, reason in conversion.refusals:
        reasons[reason].append(name.rpartition(".")[2])
    for reason, names in reasons.items():
        lines.append(
            f"- refused: {', '.join(f'`{name}`' for name in dict.fromkeys(names))}: {reason}"
        )
    return "\n".join(lines)
