"""trl's trainers on top of transformers', as of 1.16.0: their arguments' own defaults."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from isorate.configs import transformers
from isorate.configs._keys import OTHERS
from isorate.configs.configuration import Configuration
from isorate.kit.registry import Trainer

if TYPE_CHECKING:
    from isorate.configs.configuration import Foretold, Given

CODE: Final = """
from dataclasses import dataclass
from transformers import Trainer, TrainingArguments


@dataclass
class SFTConfig(TrainingArguments):
    learning_rate: float = 2e-5
    packing: bool = False

    def _alone(self):
        SFTTrainer(args=self).train()


@dataclass
class DPOConfig(TrainingArguments):
    learning_rate: float = 1e-6

    def _alone(self):
        DPOTrainer(args=self).train()


class SFTTrainer(Trainer):
    _arguments = SFTConfig

    def _batches(self, processes):
        if is_known(self.args.packing) and self.args.packing and told("batches") is None:
            return len(get_train_dataloader())
        assume("no example is taken to be left out")
        return super()._batches(processes)


class DPOTrainer(Trainer):
    _arguments = DPOConfig

    def __init__(self, model=None, ref_model=None, args=None, *given, **named):
        super().__init__(model, args, *given, **named)

    def _batches(self, processes):
        assume("no example is taken to be left out")
        return super()._batches(processes)
"""
TRAINER: Final = Trainer(
    "trl",
    ("trl", "trl.trainer"),
    CODE,
    trains="train",
    own=("SFTConfig", "SFTTrainer", "DPOConfig", "DPOTrainer"),
)


# --- a file of arguments ------------------------------------------------------------------------


def foretell(given: Given, *, rate: float) -> Foretold:
    """Return what arguments make of a run that goes through the examples as they are."""
    given.default(learning_rate=rate)
    if given.truth("packing"):
        return transformers.foretell(given, packed)
    return transformers.foretell(given)


def packed(given: Given) -> int:
    """Return the batches of an epoch, where examples are put together: nobody foretells them."""
    if given.fact("batches") is None:
        raise given.open([("batches",)])
    return transformers.batches_of_epoch(given)


def generating(given: Given, *, generations: int) -> Foretold:
    """Return what arguments make of a run that generates what it learns from."""
    given.default(learning_rate=1e-6, num_generations=generations)
    return transformers.foretell(given, generated)


def generated(given: Given) -> int:
    """Return the batches of an epoch: each prompt as often as it is used.

    A batch of prompts that is not full is left out.
    """
    if given.fact("batches") is not None:
        return transformers.batches_of_epoch(given)
    prompts = given.fact("examples")
    if prompts is None:
        raise given.open([("examples", "batches")])
    processes = given.processes()
    side = given.whole("per_device_train_batch_size", 8, least=1) * processes
    whole, steps = given.whole("generation_batch_size"), given.whole("steps_per_generation")
    if whole is not None and steps is not None:
        raise given.refuse("generation_batch_size", "is refused beside steps_per_generation")
    if whole is not None and whole % side:
        raise given.refuse("generation_batch_size", f"is refused: {side} does not divide it")
    if steps is None:
        steps = given.whole("gradient_accumulation_steps", 1) if whole is None else whole // side
    several, again = given.whole("num_generations"), given.whole("num_iterations", 1)
    if several < 2 or not steps or side * steps % several:
        raise given.refuse("num_generations", f"is refused: {side * steps} completions at a time")
    at_once = side * steps // several
    batches = prompts // at_once * steps * again
    said = f"floor({prompts} prompts / {at_once}) × {steps} steps × {again}"
    given.derive("batches", f"{batches} a process: {said}")
    if not batches:
        raise given.refuse("num_generations", "leaves no batch")
    return int(batches)


#: Keys of one of them alone, and of several.
MARKS: Final = {
    "SFTConfig": ("dataset_text_field", "packing", "packing_strategy", "completion_only_loss",
                  "assistant_only_loss", "eval_packing"),
    "DPOConfig": ("loss_weights", "ld_alpha", "f_divergence_type", "use_weighting",
                  "discopop_tau", "precompute_ref_log_probs"),
    "KTOConfig": ("desirable_weight", "undesirable_weight", "precompute_ref_log_probs"),
    "RewardConfig": ("center_rewards_coefficient",),
    "GRPOConfig": ("num_generations", "max_completion_length", "steps_per_generation",
                   "num_iterations", "generation_batch_size", "importance_sampling_level",
                   "scale_rewards"),
    "RLOOConfig": ("num_generations", "max_completion_length", "steps_per_generation",
                   "num_iterations", "generation_batch_size", "normalize_advantages",
                   "reward_clip_range"),
}  # fmt: skip
FORETELLING: Final = {
    "SFTConfig": partial(foretell, rate=2e-5),
    "DPOConfig": partial(foretell, rate=1e-6),
    "KTOConfig": partial(foretell, rate=1e-6),
    "RewardConfig": partial(foretell, rate=1e-4),
    "GRPOConfig": partial(generating, generations=8),
    "RLOOConfig": partial(generating, generations=2),
}
CONFIGURATIONS: Final = tuple(
    Configuration(
        name, "trl on transformers", transformers.KEYS, foretelling, OTHERS, MARKS[name],
        transformers.FACTS, spell=transformers.spell,
        programs=(f"trl {name.removesuffix('Config').lower()}",), shortens=True,
    )
    for name, foretelling in FORETELLING.items()
)  # fmt: skip
