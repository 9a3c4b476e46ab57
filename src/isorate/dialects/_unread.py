"""Frameworks that Isorate knows of but does not read yet, by the names of what they schedule with.

The names are those of the packages' own releases. Some are a dialect's, too, which then has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Unread:
    """A framework that is known but not read.

    Args:
        title: its own name.
        packages: the roots of its dotted names, as they are imported.
        names: its schedulers, separated by blanks.

    """

    title: str
    packages: tuple[str, ...]
    names: str = ""

    def has(self, name: str) -> bool:
        """Whether one of its schedulers has that name."""
        return name in _words(self.names)


@cache
def _words(names: str) -> frozenset[str]:
    return frozenset(names.split())


UNREAD = (
    Unread("torchtune", ("torchtune",), "get_cosine_schedule_with_warmup"),
    Unread(
        "Flax",
        ("flax",),
        "create_constant_learning_rate_schedule create_stepped_learning_rate_schedule "
        "create_cosine_learning_rate_schedule",
    ),
    Unread("JAX's example libraries", ("jax.example_libraries", "jax.experimental.optimizers")),
    Unread(
        "TensorFlow",
        ("tensorflow", "tf"),
        "cosine_decay cosine_decay_restarts inverse_time_decay "
        "linear_cosine_decay natural_exp_decay piecewise_constant polynomial_decay",
    ),
    Unread(
        "PaddlePaddle",
        ("paddle",),
        "CosineAnnealingDecay ExponentialDecay InverseTimeDecay LambdaDecay LinearWarmup "
        "MultiStepDecay MultiplicativeDecay NaturalExpDecay NoamDecay PiecewiseDecay "
        "PolynomialDecay ReduceOnPlateau StepDecay",
    ),
    Unread("MMCV", ("mmcv",)),
    Unread(
        "DeepSpeed", ("deepspeed",), "LRRangeTest OneCycle WarmupCosineLR WarmupDecayLR WarmupLR"
    ),
    Unread(
        "fastai",
        ("fastai", "fastcore"),
        "SchedCos SchedExp SchedLin SchedNo SchedPoly combine_scheds combined_cos fit_flat_cos "
        "fit_one_cycle fit_sgdr FlatCosAnnealScheduler",
    ),
    Unread(
        "Composer",
        ("composer",),
        "ConstantScheduler ConstantWithWarmupScheduler CosineAnnealingScheduler "
        "CosineAnnealingWarmRestartsScheduler CosineAnnealingWithWarmupScheduler "
        "ExponentialScheduler LinearScheduler LinearWithWarmupScheduler MultiStepScheduler "
        "MultiStepWithWarmupScheduler PolynomialScheduler PolynomialWithWarmupScheduler "
        "StepScheduler",
    ),
    Unread("Megatron-LM", ("megatron",), "OptimizerParamScheduler"),
    Unread(
        "fairseq",
        ("fairseq",),
        "CosineLRSchedule FixedLRSchedule InverseSquareRootSchedule ManualSchedule "
        "PassThroughScheduleSchedule PolynomialDecayLRSchedule ReduceLROnPlateauLRSchedule "
        "StepLRSchedule TriStageLRSchedule TriangularLRSchedule",
    ),
    Unread(
        "Ignite",
        ("ignite",),
        "ConcatScheduler CosineAnnealingScheduler LinearCyclicalScheduler ParamGroupScheduler "
        "PiecewiseLinear ReduceLROnPlateauScheduler create_lr_scheduler_with_warmup",
    ),
    Unread(
        "MXNet",
        ("mxnet", "mx"),
        "CosineScheduler FactorScheduler MultiFactorScheduler PolyScheduler",
    ),
    Unread(
        "pytorch_optimizer",
        ("pytorch_optimizer",),
        "CosineAnnealingWarmupRestarts CosineScheduler LinearScheduler PolyScheduler "
        "ProportionScheduler REXScheduler get_chebyshev_schedule get_wsd_schedule "
        "deberta_v3_large_lr_scheduler",
    ),
    Unread(
        "pytorch-scheduler",
        ("pytorch_scheduler",),
        "ChebyshevScheduler CosineAnnealingWarmupRestarts CosineWithWarmupScheduler "
        "ExpHyperbolicLRScheduler FlatCosineScheduler HyperbolicLRScheduler IdentityScheduler "
        "InverseSqrtScheduler KDecayScheduler LinearDecayScheduler PolynomialScheduler "
        "PowerDecayScheduler RexScheduler SlantedTriangularScheduler TanhDecayScheduler "
        "TrapezoidalScheduler WSDScheduler WarmupHoldCosineScheduler",
    ),
    Unread(
        "Lightning",
        ("lightning", "pytorch_lightning", "lightning_fabric", "pl_bolts"),
        "linear_warmup_decay",
    ),
    Unread("Lightning Flash", ("flash",), "LinearWarmupCosineAnnealingLR"),
    Unread(
        "NeMo",
        ("nemo",),
        "CosineAnnealing NoamAnnealing NoamHoldAnnealing WarmupAnnealing SquareAnnealing "
        "SquareRootAnnealing InverseSquareRootAnnealing T5InverseSquareRootAnnealing "
        "PolynomialDecayAnnealing PolynomialHoldDecayAnnealing WarmupHoldPolicy "
        "SquareRootConstantPolicy WarmupAnnealHoldPolicy WarmupPolicy prepare_lr_scheduler",
    ),
    Unread(
        "Detectron2",
        ("detectron2",),
        "WarmupMultiStepLR WarmupCosineLR build_lr_scheduler default_X_scheduler",
    ),
    Unread(
        "AllenNLP",
        ("allennlp",),
        "CombinedLearningRateScheduler ConstantLearningRateScheduler CosineWithRestarts "
        "ConstantWithWarmupLearningRateScheduler CosineWithWarmupLearningRateScheduler "
        "CosineHardRestartsWithWarmupLearningRateScheduler LinearWithWarmup NoamLR "
        "SlantedTriangular",
    ),
    Unread("pytorch_warmup", ("pytorch_warmup",)),
    Unread(
        "Accelerate",
        ("accelerate",),
        "AcceleratedScheduler DeepSpeedSchedulerWrapper DummyScheduler MegatronLMDummyScheduler "
        "MegatronLMSchedulerWrapper",
    ),
)


def unread(name: str, *, of_a_package: bool) -> list[str]:
    """Return the frameworks that a name belongs to, as people call them.

    Args:
        name: a name, dotted or not.
        of_a_package: whether its first part is known to be a package: an import says so.

    Example:
        >>> unread("flax.nn.SGD", of_a_package=False), unread("NoamDecay", of_a_package=False)
        (['Flax'], ['PaddlePaddle'])

    """
    of = [each for each in UNREAD if any(name.startswith(f"{p}.") for p in each.packages)]
    if of:
        longest = max(of, key=lambda each: max(map(len, each.packages)))
        return [longest.title]
    if of_a_package:
        return []
    last = name.rpartition(".")[2]
    return [each.title for each in UNREAD if each.has(last)]


@cache
def _all_names() -> frozenset[str]:
    return frozenset().union(*(_words(each.names) for each in UNREAD))


def names_a_scheduler(name: str) -> bool:
    """Whether the last part of a name is a scheduler's in a framework that is not read."""
    return name.rpartition(".")[2] in _all_names()
