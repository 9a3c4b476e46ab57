"""trl's trainers on top of transformers', as of 1.16.0: their arguments' own defaults."""

from __future__ import annotations

from typing import Final

from isorate.kit.registry import Trainer

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

    def _batches(self):
        if is_known(self.args.packing) and self.args.packing:
            return len(get_train_dataloader())
        assume("no example is taken to be left out")
        return super()._batches()


class DPOTrainer(Trainer):
    _arguments = DPOConfig

    def __init__(self, model=None, ref_model=None, args=None, *given, **named):
        super().__init__(model, args, *given, **named)

    def _batches(self):
        assume("no example is taken to be left out")
        return super()._batches()
"""
TRAINER: Final = Trainer(
    "trl",
    ("trl", "trl.trainer"),
    CODE,
    trains="train",
    own=("SFTConfig", "SFTTrainer", "DPOConfig", "DPOTrainer"),
)
