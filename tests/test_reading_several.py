"""Texts with several schedules: each is read, one is chosen by its name, and two are compared."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from isorate import ReadError, Run, compare, convert, read, read_all, simulate
from isorate.cli.demo import PAGE
from tests.test_cli import isorate

if TYPE_CHECKING:
    from pathlib import Path

TWO = """
from torch.optim import Adam
from torch.optim.lr_scheduler import CosineAnnealingLR, StepLR
opt_d = Adam(discriminator.parameters(), lr=4e-4)
opt_g = Adam(generator.parameters(), lr=1e-4)
sched_d = StepLR(opt_d, step_size=2)
sched_g = CosineAnnealingLR(opt_g, T_max=4)
for epoch in range(4):
    for x in loader:
        opt_d.step()
        opt_d.step()
        opt_g.step()
    sched_d.step()
    sched_g.step()
"""
GIVEN = {"len(loader)": 3}


def test_the_mapping_page_is_read_as_it_stands() -> None:
    listed, stepped = read_all(PAGE)
    assert simulate(listed, 6).values.tolist() == [0.1, 0.1, *[0.05500000000000001] * 2, 0.01, 0.01]
    assert stepped.run == Run(epochs=6, updates_per_epoch=1, step_every="epoch")
    assert simulate(stepped, 7).values.tolist()[1:] == [0.002, 0.1] * 3
    assert any("get_last_lr() (line 24)" in said for said in stepped.assumptions)
    assert listed.run == Run()
    result = compare(stepped, listed, stepped.run)
    assert result.first_difference == 1
    kinds = {reason.kind for reason in result.reasons}
    assert {"clock", "floor", "period", "after", "length"} <= kinds


def test_each_schedule_goes_by_the_updates_of_its_own_optimizer() -> None:
    of_d, of_g = read_all(TWO, names=GIVEN)
    assert of_d.run == Run(epochs=4, updates_per_epoch=6, step_every="epoch")
    assert of_g.run == Run(epochs=4, updates_per_epoch=3, step_every="epoch")
    assert read(TWO, names=GIVEN, which="sched_g") == of_g


def test_one_has_to_be_chosen() -> None:
    with pytest.raises(ReadError, match=r"several optimizers.*sched_d \(StepLR on opt_d\)"):
        read(TWO, names=GIVEN)
    with pytest.raises(ReadError, match="--which sched_x is none of"):
        read(TWO, names=GIVEN, which="sched_x")
    assert read(TWO, names=GIVEN, which="StepLR").step_size == 2
    unnamed = "StepLR(SGD(a, 0.1), 3)\nStepLR(SGD(b, 0.1), 4)"
    with pytest.raises(ReadError, match=r"StepLR:1.*StepLR:2.*choose one: --which StepLR:1"):
        read(unnamed)
    assert read(unnamed, which="StepLR:2").step_size == 4


def test_others_on_the_chosen_one_s_optimizer_are_not_passed_over() -> None:
    text = "o = SGD(p, 0.1)\na = StepLR(o, 3)\nb = StepLR(o, 4)\nc = StepLR(SGD(q, 0.2), 5)"
    with pytest.raises(ReadError, match="acts on the optimizer as well"):
        read(text, which="a")
    assert read(text, which="c").step_size == 5


def test_optimizers_that_one_loop_sets_have_a_schedule_each() -> None:
    text = (
        "a = SGD(p, 0.02)\nb = SGD(q, 0.02)\nfor epoch in range(300):\n    lr = 0.02\n"
        "    if epoch >= 150:\n        lr /= 10\n"
        "    for g in a.param_groups:\n        g['lr'] = lr\n"
        "    for g in b.param_groups:\n        g['lr'] = lr / 2\n"
        "    train(epoch, a, loader)\n    train(epoch, b, loader)\n"
    )
    given = {"len(loader)": 1}
    with pytest.raises(ReadError, match=r"LambdaLR on a.*LambdaLR on b"):
        read(text, names=given)
    for which, rates in (("LambdaLR:8", [0.02, 0.002]), ("LambdaLR:10", [0.01, 0.001])):
        recipe = read(text, names=given, which=which)
        assert simulate(recipe).values[[149, 150]].tolist() == rates
    unknown = text.replace("b = SGD(q, 0.02)", "b = a if again else SGD(q, 0.02)")
    with pytest.raises(ReadError):
        read(unknown, names=given, which="LambdaLR:8")


def test_what_sets_rates_elsewhere_is_not_taken_to_set_none() -> None:
    text = (
        "from utils import adjust_learning_rate\nopt = SGD(p, 0.1)\nsched = StepLR(opt, 3)\n"
        "for epoch in range(9):\n    for batch in range(2):\n        opt.step()\n"
        "    sched.step()\n    adjust_learning_rate(opt, epoch)\n"
    )
    with pytest.raises(ReadError, match=r"adjust_learning_rate .* may set the rate as well"):
        read(text)
    assert read(text.replace("adjust_learning_rate", "show")).step_size == 3


def test_what_several_processes_run_is_followed_in_the_first() -> None:
    text = (
        "import torch.multiprocessing as mp\ndef work(rank, lr):\n"
        "    if rank == 0:\n        print('begins')\n    opt = SGD(p, lr)\n"
        "    sched = StepLR(opt, 3)\n    for epoch in range(9):\n        opt.step()\n"
        "        sched.step()\nmp.spawn(work, args=(0.1,), nprocs=4)\n"
    )
    recipe = read(text)
    assert (recipe.step_size, recipe.run.updates) == (3, 9)
    assert any("the first process is followed" in said for said in recipe.assumptions)


def test_a_model_s_train_is_none_of_the_class_that_holds_it() -> None:
    text = (
        "class Fit:\n    def __init__(self, net):\n        self.net = net\n"
        "        self.opt = SGD(p, 0.1)\n        self.sched = StepLR(self.opt, 3)\n"
        "    def train(self):\n        for epoch in range(9):\n            self.net.train()\n"
        "            self.opt.step()\n            self.sched.step()\n"
    )
    made = "fit = Fit(build())\nfit.train()\n"
    assert read(f"{text}{made}").run.updates == 9
    more = text.replace("self.net.train()", "self.net.more()")
    more += "    def more(self):\n        self.sched.step()\n"
    either = "fit = Fit(None)\nfit.net = build()\nif fit.net:\n    fit.net = fit\nfit.train()\n"
    with pytest.raises(ReadError):
        read(f"{more}{either}")


def test_the_loop_is_asked_for_with_the_rate() -> None:
    text = (
        "from timm.scheduler import create_scheduler\noptimizer = make(args)\n"
        "sched, epochs = create_scheduler(args, optimizer)\nfor epoch in range(9):\n"
        "    for batch in loader:\n        optimizer.step()\n    sched.step(epoch + 1)\n"
    )
    given = {"args.sched": "step", "args.epochs": 9}
    with pytest.raises(ReadError, match=r"len\(loader\)=.* --lr 0.1"):
        read(text, names=given)


def test_on_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "train.py"
    file.write_text(TWO, encoding="utf-8")
    given = ["--set", "len(loader)=3", "--json"]

    def run(*arguments: str) -> str:
        return isorate(*arguments, *given).stdout

    both = json.loads(run("show", str(file)))["schedules"]
    assert [one["name"] for one in both] == ["sched_d", "sched_g"]
    assert both[0]["run"] == {
        "updates": 24, "epochs": 4, "updates_per_epoch": 6, "step_every": "epoch"
    }  # fmt: skip
    one = json.loads(run("show", str(file), "--which", "sched_g"))
    assert (one["line"], one["rates"]) == (7, both[1]["rates"])
    assert json.loads(run("compare", str(file)))["verdict"] == "different"
    converted = json.loads(run("convert", str(file), "--to", "mindspore", "--which", "sched_d"))
    own = [way for way in converted["ways"] if "scheduler = mindspore" in way["statements"]]
    assert "# scheduler.step() once in 12 updates" in own[0]["statements"]


@pytest.mark.parametrize(
    "text",
    [
        "MultiStepLR(SGD(p, 0.1), [2, 4])",
        "LambdaLR(SGD(p, 0.1), lambda t: 1 / (1 + t))",
        "StepLR(SGD([dict(params=a), dict(params=b, lr=1)], 0.1), 2)",
        "optax.warmup_cosine_decay_schedule(0., 0.1, 3, 9)",
    ],
)
def test_the_statements_of_a_conversion_are_read_again(text: str) -> None:
    for to in ("torch", "mindspore", "optax", "keras", "isorate"):
        for way in convert(text, to=to, run=8).ways:
            assert read(way.statements).call == way.call


def test_a_list_of_rates_may_be_put_together_by_name() -> None:
    recipe = read("import mindspore\nwarm = [0.01, 0.02]\nlr = warm + [0.1] * 2")
    assert simulate(recipe, 4).values.tolist() == [0.01, 0.02, 0.1, 0.1]
    with pytest.raises(ReadError, match="builds no scheduler"):
        read("warm = [0.01, 0.02]\nepochs = warm + [0.1] * 2")


@pytest.mark.parametrize("longer", ["rates.append({})", "rates += [{}]", "rates = rates + [{}]"])
def test_a_long_loop_makes_a_list_longer_in_whichever_words(longer: str) -> None:
    turn = longer.format("0.1 * (1 - i / 5000)")
    head = "import mindspore.nn as nn\nrates = []\n"
    text = f"{head}for i in range(5000):\n    {turn}\nopt = nn.SGD(net.trainable_params(), rates)"
    found = simulate(read(text), 5000).values.tolist()
    assert found == [0.1 * (1 - i / 5000) for i in range(5000)]


def test_a_script_without_a_loop_is_said_to_have_none() -> None:
    script = "import torch\nT = 3\no = torch.optim.SGD(p, 0.1)\n"
    said = "the text has no loop: step() is taken to be called after each update"
    assert said in read(f"{script}s = torch.optim.lr_scheduler.StepLR(o, T)").assumptions
    assert said not in read("StepLR(SGD(p, 0.1), 3)").assumptions


def test_alternatives_are_among_all() -> None:
    text = (
        "o = SGD(p, 0.1)\nif args.sched == 'cos':\n    s = CosineAnnealingLR(o, 9)\n"
        "else:\n    s = StepLR(o, 3)"
    )
    cosine, steps = read_all(text)
    assert (cosine.T_max, steps.step_size) == (9, 3)
    assert "where args.sched == 'cos'" in cosine.assumptions
    assert "where not (args.sched == 'cos')" in steps.assumptions
    with pytest.raises(ReadError, match="several schedules"):
        read(text)
    with pytest.raises(ReadError, match=r"--set args\.size"):
        read_all(text.replace("o, 3", "o, args.size"))


def test_runs_of_two_lengths_are_said_to_be(tmp_path: Path) -> None:
    for updates in (4, 9):
        text = f"o = SGD(p, lr=0.1)\ns = StepLR(o, 3)\nfor i in range({updates}):\n"
        (tmp_path / f"{updates}.py").write_text(f"{text}    o.step()\n    s.step()\n")
    done = isorate("compare", str(tmp_path / "9.py"), str(tmp_path / "4.py"))
    said = "assumed  b trains 4 updates, a 9: after them b is shown as though it went on"
    assert said in done.stdout
    done = isorate("compare", str(tmp_path / "4.py"), str(tmp_path / "4.py"))
    assert "went on" not in done.stdout


def test_a_loop_over_optimizers_sets_a_schedule_of_each() -> None:
    text = (
        "one = torch.optim.Adam(a, lr=0.3)\ntwo = torch.optim.SGD(b, lr=0.02)\n"
        "both = [one, two]\nfor o in both:\n    for g in o.param_groups:\n"
        "        g['initial_lr'] = g['lr']\n"
        "for step in range(4):\n    for o in both:\n        for g in o.param_groups:\n"
        "            g['lr'] = g['initial_lr'] * step / 4\n"
        "    for o in both:\n        o.step()\n"
    )
    rates = [simulate(each).values.tolist() for each in read_all(text)]
    assert rates == [[first * k / 4 for k in range(4)] for first in (0.3, 0.02)]
