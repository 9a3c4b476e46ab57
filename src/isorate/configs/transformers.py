"""transformers' Trainer, as of 5.23.0: the schedule that its ``TrainingArguments`` make."""

from __future__ import annotations

from typing import Final

from isorate.kit.registry import Trainer

CODE: Final = """
import math
from dataclasses import dataclass, field
from torch.optim import AdamW
from torch.optim.lr_scheduler import ReduceLROnPlateau
from transformers import get_scheduler


@dataclass
class TrainingArguments:
    output_dir: str = None
    per_device_train_batch_size: int = 8
    num_train_epochs: float = 3.0
    max_steps: int = -1
    learning_rate: float = 5e-5
    lr_scheduler_type: str = "linear"
    lr_scheduler_kwargs: dict = field(default_factory=dict)
    warmup_steps: float = 0
    warmup_ratio: float = None
    gradient_accumulation_steps: int = 1
    dataloader_drop_last: bool = False
    deepspeed: str = None

    @property
    def do_train(self):
        assume("do_train is taken to be set")
        return True

    def get_warmup_steps(self, num_training_steps):
        warmup = asked(self.warmup_steps, 0)
        if warmup == 0 and self.warmup_ratio is not None:
            assume("warmup_ratio is a share of all updates, as transformers 4 has it")
            warmup = self.warmup_ratio
            return math.ceil(num_training_steps * warmup)
        return int(warmup) if warmup >= 1 else math.ceil(num_training_steps * warmup)


    def _alone(self):
        Trainer(args=self).train()


class Seq2SeqTrainingArguments(TrainingArguments):
    pass


class TrainerCallback:
    pass


class EarlyStoppingCallback:
    def __init__(self, *given, **named):
        assume("the run goes on to its end, where EarlyStoppingCallback may end it before")


def is_plateau(scheduler):
    return is_known(scheduler) and isinstance(scheduler, ReduceLROnPlateau)


def is_given(value):
    return not (is_known(value) and value is None)


#: The arguments that are asked for where nobody knows any, and those that are not.
ASKED = ("per_device_train_batch_size", "num_train_epochs", "max_steps", "learning_rate",
         "lr_scheduler_type", "warmup_steps", "gradient_accumulation_steps")
LESS = ("lr_scheduler_kwargs", "dataloader_drop_last", "deepspeed")


class Trainer:
    _arguments = TrainingArguments

    def __init__(self, model=None, args=None, data_collator=None, train_dataset=None,
                 eval_dataset=None, processing_class=None, model_init=None,
                 compute_loss_func=None, compute_metrics=None, callbacks=None,
                 optimizers=(None, None), **others):
        self.args = args if is_given(args) else self._arguments()
        if not is_known(args):
            assume(f"{', '.join(LESS)} are taken to be the defaults")
            self.args = self._arguments()
            for name in ASKED:
                setattr(self.args, name, getattr(args, name))
        self.train_dataset = train_dataset
        self.callbacks = callbacks
        self.optimizer, self.lr_scheduler = optimizers

    def create_optimizer_and_scheduler(self, num_training_steps):
        self.create_optimizer()
        self.create_scheduler(num_training_steps=num_training_steps)

    def create_optimizer(self, model=None):
        if not is_given(self.optimizer):
            self.optimizer = AdamW(params, lr=self.args.learning_rate)
        return self.optimizer

    def create_scheduler(self, num_training_steps, optimizer=None):
        specific = self.args.lr_scheduler_kwargs
        if is_known(specific) and isinstance(specific, str):
            refuse("lr_scheduler_kwargs is read as a dict, not as text")
        if not is_given(self.lr_scheduler):
            self.lr_scheduler = get_scheduler(
                self.args.lr_scheduler_type,
                optimizer=optimizer if is_given(optimizer) else self.optimizer,
                num_warmup_steps=self.args.get_warmup_steps(num_training_steps),
                num_training_steps=num_training_steps,
                scheduler_specific_kwargs=specific,
            )
        return self.lr_scheduler

    def _batches(self):
        if is_known(self.get_train_dataloader):
            return len(self.get_train_dataloader())
        assume("one device is taken to train")
        length = len(self.train_dataset) if is_given(self.train_dataset) else len(train_dataset)
        batches = length / self.args.per_device_train_batch_size
        drops = asked(self.args.dataloader_drop_last, False)
        return math.floor(batches) if drops else math.ceil(batches)

    def train(self, *given, **named):
        args = self.args
        if is_given(args.deepspeed):
            assume("deepspeed is taken to bring no scheduler of its own")
        total = asked(args.max_steps, -1)
        if total <= 0:
            accumulate = args.gradient_accumulation_steps
            updates = max(math.ceil(self._batches() / accumulate), 1)
            total = math.ceil(args.num_train_epochs * updates)
        self.create_optimizer_and_scheduler(num_training_steps=total)
        optimizer, scheduler = self.optimizer, self.lr_scheduler
        if args.lr_scheduler_type == "reduce_lr_on_plateau" or is_plateau(scheduler):
            refuse("the Trainer steps ReduceLROnPlateau where it evaluates, which is not followed")
        if not is_known(self.callbacks):
            assume("callbacks are taken to write no rate")
        callbacks = tuple(self.callbacks or ()) if is_known(self.callbacks) else ()
        for step in range(total):
            hook(callbacks, "on_step_begin", args, optimizer, scheduler)
            optimizer.step()
            scheduler.step()
            hook(callbacks, "on_step_end", args, optimizer, scheduler)


def hook(callbacks, name, args, optimizer, scheduler):
    for callback in callbacks:
        own = getattr(callback, name)
        if is_known(own):
            own(args, state, control, optimizer=optimizer, lr_scheduler=scheduler)


class Seq2SeqTrainer(Trainer):
    _arguments = Seq2SeqTrainingArguments
"""
TRAINER: Final = Trainer(
    "transformers",
    ("transformers", "transformers.trainer", "transformers.training_args"),
    CODE,
    trains="train",
    own=("TrainingArguments", "Seq2SeqTrainingArguments", "Seq2SeqTrainer"),
)
