"""Trainers: what a text that trains with one comes to, beside the rates that it trained with.

``tests/cases/reading/trainers`` holds the texts; ``tools/trainers.py`` ran each with the trainer
itself, and recorded the rate of every update.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isorate import ReadError, Run, read
from isorate.given import recipe_of
from isorate.reading.reader import reading

CASES = Path(__file__).parent / "cases"
HOME, CONFIGS = CASES / "reading" / "trainers", CASES / "configs"
ROWS = [
    pytest.param(row, id=f"{path.stem}: {row['what']}")
    for path in sorted(HOME.glob("*.json"))
    for row in json.loads(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("row", ROWS)
def test_the_rates_are_those_that_it_trained_with(row: dict[str, Any]) -> None:
    recipe = read(row["text"], names=row.get("given"))
    assert recipe.run.updates == len(row["rates"])
    rates = np.atleast_2d(recipe.curve.values)[0]
    single = rates.astype(np.float32)  # an optimizer's parameter, where it holds a list's float64
    assert row["rates"] in (rates.tolist(), single.tolist())


SAID = [
    pytest.param(row, id=row["what"])
    for row in json.loads((CONFIGS / "transformers.json").read_text(encoding="utf-8"))
    if not {"deepspeed", "transformers_version"} & row["values"].keys()
    and not isinstance(row["values"].get("lr_scheduler_kwargs"), str)
]


@pytest.mark.parametrize("row", SAID)
def test_what_is_told_of_a_trainer_s_run_counts_its_updates(row: dict[str, Any]) -> None:
    arguments = ", ".join(f"{name}={value!r}" for name, value in row["values"].items())
    head = "from transformers import Trainer, TrainingArguments\n"
    text = f"{head}args = TrainingArguments({arguments})\nTrainer(model, args).train()\n"
    recipe = read(text, names=row["facts"])
    assert np.atleast_2d(recipe.curve.values)[0].tolist() == row["rates"]
    told = reading(text, told=row["facts"])
    assert recipe_of(told, row["facts"]).curve.values.tolist() == recipe.curve.values.tolist()
    assert told.counted == row["facts"].keys()


@pytest.mark.parametrize("facts", [{"processes": 3}, {"batches": 20, "processes": 3}])
def test_what_is_told_of_processes_is_lightning_s_devices(facts: dict[str, int]) -> None:
    text = f"{EACH_EPOCH}L.Trainer(max_epochs=2).fit(Net(), train_loader)\n"
    beside = {} if "batches" in facts else {"len(train_loader)": 20}
    assert read(text, names=facts | beside).run == Run(epochs=2, updates_per_epoch=7,
                                                       step_every="epoch")  # fmt: skip


def test_what_is_told_of_a_trainer_s_run_is_no_number() -> None:
    text = "from transformers import TrainingArguments\nargs = TrainingArguments()\n"
    with pytest.raises(ReadError, match="processes: required a number above 0, got 0"):
        read(text, names={"examples": 5, "processes": 0})


NET = """
import lightning as L
from torch.optim import SGD
from torch.optim.lr_scheduler import CosineAnnealingLR, StepLR

class Net(L.LightningModule):
    def configure_optimizers(self):
        optimizer = SGD(self.parameters(), lr=0.1)
        {}

"""
EACH_EPOCH = NET.format("return [optimizer], [StepLR(optimizer, 2)]")
CALLBACK = """
from transformers import Trainer, TrainerCallback, TrainingArguments

class C(TrainerCallback):
    def on_step_end(self, args, state, control, **kwargs):
        kwargs["optimizer"].param_groups[0]["lr"] = 0.1

"""
EACH_STEP = """return {"optimizer": optimizer, "lr_scheduler": {
            "scheduler": StepLR(optimizer, 2), "interval": "step", "frequency": 3}}"""


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (EACH_EPOCH, ["len(train_dataloader)"]),
        (f"{EACH_EPOCH}L.Trainer(max_epochs=3).fit(Net())", ["len(train_dataloader)"]),
        (
            f"{EACH_EPOCH}L.Trainer(max_steps=args.steps, devices=n).fit(Net(), loader)",
            ["args.steps", "n", "len(loader)"],
        ),
        (
            f"{EACH_EPOCH}L.Trainer(accumulate_grad_batches=n).fit(build(), data)",
            ["n", "len(data)"],
        ),
        (NET.format(EACH_STEP) + "L.Trainer(max_epochs=3).fit(Net(), loader)", ["len(loader)"]),
        (
            NET.format(
                "return [optimizer], [CosineAnnealingLR(optimizer, "
                "self.trainer.estimated_stepping_batches)]"
            ),
            ["self.trainer.estimated_stepping_batches", "len(train_dataloader)"],
        ),
        (
            "from transformers import Trainer, TrainingArguments\n"
            "args = TrainingArguments('out', learning_rate=a.lr, lr_scheduler_type=a.kind)\n"
            "Trainer(model=model, args=args, train_dataset=data['train']).train()",
            ["a.kind", "len(data['train'])", "a.lr"],
        ),
        (
            "import tensorflow as tf\nmodel = tf.keras.Sequential([])\n"
            "f = tf.keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 * 0.9**epoch)\n"
            "model.fit(train.x, train.y, batch_size=size, epochs=3, callbacks=[stop, f])",
            ["len(train.x)", "size"],
        ),
        (
            "from transformers import Trainer, TrainingArguments\n"
            "args = TrainingArguments(**config)\nTrainer(model, args, train_dataset=d).train()",
            [
                *("args.max_steps", "args.warmup_steps", "args.lr_scheduler_type"),
                *("args.num_train_epochs", "len(d)", "args.per_device_train_batch_size"),
                *("args.gradient_accumulation_steps", "args.learning_rate"),
            ],
        ),
    ],
)
def test_what_a_trainer_needs_is_asked_for_by_the_text_itself(text: str, asked: list[str]) -> None:
    with pytest.raises(ReadError) as error:
        read(text)
    assert list(dict.fromkeys(leaf.source for leaf in error.value.leaves)) == asked  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            NET.format("return [optimizer, SGD(self.parameters(), lr=1)], [StepLR(optimizer, 2)]")
            + "L.Trainer().fit(Net(), loader)",
            "with several optimizers only",
        ),
        (NET.format(EACH_STEP) + "L.Trainer().fit(Net(), loader)", "where a condition holds"),
        (
            f"{EACH_EPOCH}L.Trainer(callbacks=[L.pytorch.callbacks.GradientAccumulationScheduler("
            "{4: 2})]).fit(Net(), loader)",
            "how many batches an update takes",
        ),
        (
            EACH_EPOCH.replace(
                "class Net(L.LightningModule):",
                "class Net(L.LightningModule):\n    def optimizer_step(self, e, i, optimizer, f):"
                "\n        optimizer.param_groups[0]['lr'] = 0.1 * i\n",
            )
            + "L.Trainer().fit(Net(), loader)",
            "nobody knows what trains",
        ),
        (
            f"{CALLBACK.replace('step_end', 'epoch_end')}"
            "Trainer(args=TrainingArguments(max_steps=9), callbacks=[C()]).train()",
            "changes self.optimizer",
        ),
        (
            f"{CALLBACK}    def on_epoch_end(self, args, state, control, **kwargs):\n"
            "        self.epochs += 1\n"
            "Trainer(args=TrainingArguments(max_steps=9), callbacks=[C()]).train()",
            "with each epoch and with each step",
        ),
        (
            "TrainingArguments('out', lr_scheduler_type='reduce_lr_on_plateau', max_steps=9)",
            "where it evaluates",
        ),
        (
            "import keras\nm = keras.Sequential([])\nm.fit(x, y, initial_epoch=2, callbacks="
            "[keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1))])",
            "go on from initial_epoch",
        ),
    ],
)
def test_what_is_not_followed_is_refused(text: str, why: str) -> None:
    with pytest.raises(ReadError, match=re.escape(why)):
        read(text, names={"len(loader)": 4})


def test_a_class_of_a_class_elsewhere_is_told_by_its_method() -> None:
    text = EACH_EPOCH.replace("L.LightningModule", "base.Module")
    recipe = read(text, names={"len(train_dataloader)": 10})
    assert recipe.run == Run(updates_per_epoch=10, step_every="epoch")
    assert recipe.assumptions[0] == "Net is taken to be a LightningModule (line 6)"
    own = text.replace("(base.Module)", "(torch.nn.Module)")
    assert read(own).run == read(own.replace("(self)", "(self, rate)")).run == Run()


def test_a_trainer_in_a_function_that_imports_it() -> None:
    text = """
class Tuner:
    def run(self, rate=1e-4):
        from transformers import Trainer, TrainingArguments

        arguments = TrainingArguments("out", learning_rate=rate, max_steps=12)
        self.trainer = Trainer(model=self.model, args=arguments)
        self.trainer.train()
"""
    assert read(text).run == Run(12)


def test_arguments_of_the_command_line_are_a_trainer_s() -> None:
    text = f"""from argparse import ArgumentParser
{NET.format("return [optimizer], [CosineAnnealingLR(optimizer, self.hparams.max_epochs)]")}
    def __init__(self, args):
        super().__init__()
        self.hparams.update(vars(args))

def main(args):
    trainer = L.Trainer.from_argparse_args(args, accumulate_grad_batches=2)
    trainer.fit(Net(args), loader)

if __name__ == "__main__":
    parser = ArgumentParser()
    parser.add_argument("--max_epochs", type=int, default=30)
    main(parser.parse_args())
"""
    recipe = read(text, names={"len(loader)": 7})
    assert recipe.T_max == 30
    assert recipe.run == Run(epochs=30, updates_per_epoch=4, step_every="epoch")


def test_trl_s_arguments_have_defaults_of_their_own() -> None:
    text = "from trl import {0}Trainer, {0}Config\n{0}Trainer(m, args={0}Config()).train()"
    for name, rate in (("SFT", 2e-5), ("DPO", 1e-6)):  # of the dataclasses of 1.16
        recipe = read(text.format(name), names={"len(train_dataset)": 100})
        assert recipe.optimizer.groups[0].lr == rate
        assert recipe.run.updates == recipe.num_training_steps == 39
    with pytest.raises(ReadError, match=re.escape("len(get_train_dataloader())")):
        read("SFTConfig('out', packing=True)", names={"len(train_dataset)": 100})


def test_keras_trains_by_a_generator_as_by_data() -> None:
    text = (
        "import keras\nnet = keras.models.Model(a, b)\nnet.compile(optimizer='sgd')\n"
        "falls = keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 * 0.5 ** epoch)\n"
        "net.fit_generator(flow(x), steps_per_epoch=4, epochs=3, callbacks=[falls])\n"
    )
    recipe = read(text)
    assert recipe.run.updates == 12
    assert recipe == read(text.replace("fit_generator", "fit"))


def test_what_was_taken_is_said() -> None:
    fit = "L.Trainer(max_epochs=3, devices=4).fit(Net(), loader)"
    recipe = read(EACH_EPOCH + fit, names={"len(loader)": 10})
    assert recipe.run == Run(epochs=3, updates_per_epoch=3, step_every="epoch")
    assert "4 devices share the batches of an epoch (line 11)" in recipe.assumptions
    alone = read(EACH_EPOCH, names={"len(train_dataloader)": 10})
    assert alone.run == Run(updates_per_epoch=10, step_every="epoch")
    assert alone.assumptions[-3:] == (
        "no Trainer is followed: each batch is taken to be an update (line 7)",
        "the run's length is open: nobody says max_epochs",
        "the loop in line 7 is the run",
    )


ENGINE = """
from ignite.engine import Engine, Events
opt = torch.optim.SGD(model.parameters(), lr=0.1)
sched = torch.optim.lr_scheduler.StepLR(opt, 2)
trainer = Engine(lambda engine, batch: opt.step())
trainer.add_event_handler(Events.{}, lambda: sched.step())
"""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (ENGINE.format("EPOCH_COMPLETED(once=3)") + "trainer.run(loader, max_epochs=4)",
         "where a condition holds"),
        (ENGINE.format("EPOCH_STARTED(every=2)") + "trainer.run(loader, max_epochs=4)",
         "every so-manieth time"),
        (ENGINE.format("EPOCH_COMPLETED") + "trainer.run(loader, max_iters=40)", "max_iters ends"),
        (ENGINE.format("EPOCH_COMPLETED").replace("trainer.add", "if ready():\n    trainer.add")
         + "trainer.run(loader, max_epochs=4)", "which handlers an Engine has"),
        (ENGINE.format("ITERATION_COMPLETED").replace("sched.step())", "engine(trainer))")
         + "def engine(e):\n    sched.step()\n    if loss > 3:\n        e.terminate_epoch()\n"
         "trainer.run(loader, max_epochs=4)", "terminate_epoch() ends"),
    ],
)  # fmt: skip
def test_what_ignite_does_otherwise_is_refused(text: str, why: str) -> None:
    with pytest.raises(ReadError, match=re.escape(why)):
        read(text, names={"len(loader)": 4})


def test_a_run_that_may_be_terminated_says_so() -> None:
    text = ENGINE.format("EPOCH_COMPLETED") + (
        "@trainer.on(Events.EPOCH_COMPLETED)\ndef end(engine):\n    if engine.state.epoch > 3:\n"
        "        engine.terminate()\ntrainer.run(loader, max_epochs=9)"
    )
    recipe = read(text, names={"len(loader)": 4})
    assert recipe.run == Run(epochs=9, updates_per_epoch=4, step_every="epoch")
    assert any("terminate() may end it before" in each for each in recipe.assumptions)


def test_an_engine_that_nothing_runs_is_taken_to_run() -> None:
    with pytest.raises(ReadError) as error:
        read(ENGINE.format("EPOCH_COMPLETED"))
    assert [leaf.source for leaf in error.value.leaves] == ["len(data)"]  # type: ignore[attr-defined]
    recipe = read(ENGINE.format("EPOCH_COMPLETED"), names={"len(data)": 6})
    assert recipe.run == Run(updates_per_epoch=6, step_every="epoch")


def test_a_function_of_elsewhere_hands_a_trainer_back() -> None:
    head = "from trl import SFTConfig, SFTTrainer\nfrom elsewhere import on_responses\n"
    text = f"{head}trainer = SFTTrainer(m, args=SFTConfig(max_steps=9))\n{{}}trainer.train()"
    recipe = read(text.format("trainer = on_responses(trainer)\n"))
    assert recipe == read(text.format(""))
    assert "on_responses(trainer) (line 4) is taken to hand trainer back" in recipe.assumptions
    with pytest.raises(ReadError):
        read(text.format("trainer = on_responses(other)\n"))
