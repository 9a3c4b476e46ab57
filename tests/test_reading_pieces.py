"""Parts of programs pasted alone, and what stands beside a schedule in them."""

from __future__ import annotations

import pytest

from isorate import ReadError, read


def test_a_function_that_an_optimizer_is_made_by_is_given_the_schedule() -> None:
    head = "import optax\ndef make(learning_rate):\n    return "
    tail = "\ntx = optax.inject_hyperparams(make)(learning_rate=optax.linear_schedule(0.1, 0.0, 4))"
    own = "optax.chain(optax.clip(1.0), optax.adamw(learning_rate))"
    assert read(head + own + tail) == read("optax.linear_schedule(0.1, 0.0, 4)")
    for other in ("optax.adamw(learning_rate * 0.5)", "mine(learning_rate)"):
        with pytest.raises(ReadError):
            read(head + other + tail)


def test_a_function_that_builds_a_trainer_is_read() -> None:
    text = (
        "def arguments(a):\n    return TrainingArguments(output_dir='x', learning_rate=a.lr,\n"
        "        lr_scheduler_type='cosine', warmup_steps=10, max_steps=100)\n"
    )
    found = read(text, names={"a.lr": 0.1})
    assert found.code.startswith("transformers.get_scheduler(name='cosine'")


def test_an_argument_of_an_older_version_is_read_where_it_changes_nothing() -> None:
    text = "timm.scheduler.CosineLRScheduler(SGD(p, lr=0.1), 30, t_mul=2., decay_rate=0.5{})"
    assert (
        read(text.format(", cycle_limit=1")).call
        == read("timm.scheduler.CosineLRScheduler(SGD(p, lr=0.1), 30)").call
    )
    with pytest.raises(ReadError, match="t_mul"):
        read(text.format(""))


def test_what_a_class_of_the_text_asks_for_is_no_note_at_a_scheduler() -> None:
    text = (
        "class Own(torch.optim.lr_scheduler.LRScheduler):\n    slow = False\n"
        "    def get_lr(self):\n"
        "        return [b * (0.5 if self.slow else 0.9) ** self.last_epoch\n"
        "                for b in self.base_lrs]\n"
        "sched = Own(torch.optim.SGD(p, lr=0.1))\nsched.slow = True\n"
    )
    with pytest.raises(ReadError, match="changes sched"):
        read(text)


@pytest.mark.parametrize("end", ["break", "return"])
def test_a_loop_that_always_ends_in_its_first_turn_is_refused(end: str) -> None:
    text = (
        "def train(optimizer, epoch):\n    for i, batch in enumerate(loader):\n"
        "        for g in optimizer.param_groups:\n"
        "            g['lr'] = 0.1 * (epoch * len(loader) + i)\n"
        f"        optimizer.step()\n        {end}\n"
        "for epoch in range(2):\n    train(torch.optim.SGD(p, lr=0.3), epoch)\n"
    )
    with pytest.raises(ReadError, match="ends in its first turn"):
        read(text, names={"len(loader)": 5})


def test_arguments_of_a_trainer_are_read_without_it() -> None:
    text = "    learning_rate=1e-3,\n    lr_scheduler_type='cosine',\n    warmup_steps=5,  # why\n"
    found = read(text + "    max_steps=50,\n")
    whole = "TrainingArguments(learning_rate=1e-3, lr_scheduler_type='cosine', warmup_steps=5,"
    assert found.call == read(f"{whole} max_steps=50)").call
    assert "arguments of transformers' TrainingArguments" in found.assumptions[0]


def test_a_trainer_that_is_built_trains() -> None:
    text = (
        "from transformers import TrainingArguments\nfrom trl import SFTTrainer\n"
        "trainer = SFTTrainer(model, train_dataset=data, args=TrainingArguments(\n"
        "    'out', learning_rate=1e-3, warmup_steps=5, max_steps=50))\n"
    )
    assert read(text).call == read(f"{text}trainer.train()").call


def test_a_lambda_that_builds_a_scheduler_is_a_function() -> None:
    text = "sched = lambda optimizer: torch.optim.lr_scheduler.StepLR(optimizer, 3)\nrun(sched)\n"
    assert read(text, lr=0.1).call == read("torch.optim.lr_scheduler.StepLR(3)", lr=0.1).call


def test_what_is_none_at_first_is_what_the_text_makes_of_it() -> None:
    text = (
        "def create(self, n):\n    if self.optimizer is None:\n"
        "        self.optimizer = torch.optim.SGD(self.p, lr=self.rate)\n"
        "    return torch.optim.lr_scheduler.StepLR(self.optimizer, n)\n"
    )
    found = read(text, names={"self.optimizer": None, "self.rate": 0.2, "n": 3})
    assert found.call == read("torch.optim.lr_scheduler.StepLR(SGD(p, lr=0.2), 3)").call


def test_a_text_that_is_indented_by_tabs_may_be_cut_out() -> None:
    text = (
        "\t\topt = SGD(p, lr=0.1)\n\n\tif flag:\n\t\tsched = CosineAnnealingLR(opt, 9)\n\telse:\n"
    )
    with pytest.raises(ReadError, match="--set flag="):
        read(text)
    assert (
        read(text, names={"flag": True}).call == read("CosineAnnealingLR(SGD(p, lr=0.1), 9)").call
    )


def test_a_note_at_a_scheduler_may_be_unknown_but_no_attribute() -> None:
    text = "sched = torch.optim.lr_scheduler.StepLR(SGD(p, lr=0.1), 3)\nsched.{} = self.value\n"
    assert read(text.format("by_epoch")).call == read("StepLR(SGD(p, lr=0.1), 3)").call
    with pytest.raises(ReadError, match="changes sched"):
        read(text.format("gamma"))


@pytest.mark.parametrize(
    ("patch", "whole"),
    [
        ("```diff\n- import old\n+ import torch\n  opt = torch.optim.SGD(body, lr=0.1)\n"
         "- sched = StepLR(opt, 3)\n+ sched = ExponentialLR(opt, 0.5)\n```",
         "import torch\nopt = torch.optim.SGD(body, lr=0.1)\nsched = ExponentialLR(opt, 0.5)"),
        ("--- a/train.py\n+++ b/train.py\n@@ -10,6 +10,7 @@ def main():\n"
         "     opt = torch.optim.SGD(body, lr=0.1)\n-    sched = StepLR(opt, 3)\n"
         "+    sched = StepLR(opt, 2,\n+                   gamma=0.5)\n \n     train(opt)",
         "opt = torch.optim.SGD(body, lr=0.1)\nsched = StepLR(opt, 2, gamma=0.5)\ntrain(opt)"),
    ],
)  # fmt: skip
def test_a_patch_is_what_it_comes_to(patch: str, whole: str) -> None:
    assert read(patch) == read(whole)


def test_a_method_without_its_class_calls_a_function_of_its_name() -> None:
    text = (
        "def get_scheduler(self, optimizer):\n"
        "    return get_scheduler('linear', optimizer=optimizer, num_warmup_steps=2,\n"
        "                         num_training_steps=self.steps)"
    )
    found = read(text, names={"self.steps": 9}, lr=0.1)
    assert found.code == read(text.replace("(self, ", "_(").replace("self.", ""),
                              names={"steps": 9}, lr=0.1).code  # fmt: skip
