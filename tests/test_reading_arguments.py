"""Arguments of the command line in a text: their defaults are what a run without any has.

Each text is executed here, too, without arguments and beside constructors that only take notice of
what they are given: what the reader says has to be that.
"""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest

from isorate import ReadError
from isorate.reading.reader import reading

NO_LOOP = "the text has no loop: step() is taken to be called after each update"
HEAD = "from torch.optim import SGD\nfrom torch.optim.lr_scheduler import StepLR\n"
TAIL = "scheduler = StepLR(SGD(params, lr=args.lr), args.size)\n"


def executed(text: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, ...]:
    """Run a text as a script without arguments; return the rate and the size that it comes to."""
    seen: list[tuple[Any, ...]] = []
    optim, scheduling = types.ModuleType("torch.optim"), types.ModuleType("lr_scheduler")
    torch = types.ModuleType("torch")
    optim.SGD = lambda params, lr: lr  # type: ignore[attr-defined]
    scheduling.StepLR = lambda *given: seen.append(given)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch.optim", optim)
    monkeypatch.setitem(sys.modules, "torch.optim.lr_scheduler", scheduling)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    monkeypatch.delenv("RATE", raising=False)
    script: Any = types.ModuleType("__main__")
    script.params = []
    monkeypatch.setitem(sys.modules, "__main__", script)
    try:
        exec(compile(HEAD + text, "train.py", "exec"), script.__dict__)
    except SystemExit as end:
        assert not end.code, "the text asks for arguments"
    assert len(seen) == 1
    return seen[0]


def parser(
    *arguments: str,
    start: str = "parser = argparse.ArgumentParser()",
    end: str = "args = parser.parse_args()",
    then: str = "",
) -> str:
    lines = ["import argparse", start, *(f"parser.add_argument({each})" for each in arguments)]
    return "\n".join([*lines, end, then, TAIL])


LR, SIZE = "'--lr', type=float, default=0.5", "'--size', type=int, default=3"

KNOWN = {
    "defaults": parser(LR, SIZE),
    "text is converted": parser(
        "'--lr', type=float, default='5e-1'", "'--size', type=int, default='4'"
    ),
    "no type": parser("'--lr', default=0.25", "'-s', '--size', default=2"),
    "dest": parser("'--learning-rate', dest='lr', type=float, default=1.0", SIZE),
    "dashes": parser("'--base-lr', default=2.0", SIZE, then="args.lr = args.base_lr / 4"),
    "counted": parser(LR, "'-s', dest='size', action='count', default=2"),
    "a constant": parser(LR, "'--slow', dest='size', action='store_const', const=9, default=7"),
    "true and false": parser(
        LR, SIZE, "'--fast', action='store_true'", "'--no-warm', dest='warm', action='store_false'",
        then="if args.fast:\n    args.size = 1\nif args.warm:\n    args.size += 5",
    ),
    "either": parser(
        LR, SIZE, "'--ema', action=argparse.BooleanOptionalAction, default=True",
        then="args.size = 8 if args.ema else 9",
    ),
    "a list": parser(LR, "'--sizes', nargs='+', type=int, default=[4, 5]",
                     then="args.size = args.sizes[-1]"),
    "a type of the text's own": parser(
        LR, "'--sizes', type=lambda text: [int(part) for part in text.split(',')], default='6,7'",
        then="args.size = args.sizes[0]",
    ),
    "a function as a type": "def boolean(text):\n    return text.lower() in ('yes', 'true')\n"
    + parser(LR, "'--deep', type=boolean, default='Yes'",
             then="args.size = 2 if args.deep else 1"),
    "an optional place": parser(LR, "'size', nargs='?', type=int, default=4"),
    "groups": parser(
        start="parser = argparse.ArgumentParser()\ngroup = parser.add_argument_group('rates')\n"
        "group.add_argument('--lr', type=float, default=0.125)\n"
        "either = parser.add_mutually_exclusive_group()\n"
        "either.add_argument('--size', type=int, default=5)",
    ),
    "parents": parser(
        SIZE, start="base = argparse.ArgumentParser(add_help=False)\n"
        "base.add_argument('--lr', type=float, default=0.75)\n"
        "parser = argparse.ArgumentParser(parents=[base])",
    ),
    "set_defaults": parser(
        LR, SIZE, end="parser.set_defaults(lr='0.3', size=6)\nargs = parser.parse_args()"
    ),
    "get_default": parser(LR, SIZE, then="args.lr = parser.get_default('lr') * 2"),
    "known ones": parser(LR, SIZE, end="args, rest = parser.parse_known_args()"),
    "a command line in the text": parser(LR, SIZE, "'--deep', action='store_true'",
                                         end="args = parser.parse_args(['--lr', '2', '--size=6'])"),
    "none of it in the text": parser(LR, SIZE, end="args = parser.parse_args(args=[])"),
    "abbreviated in the text": parser(LR, SIZE, end="args = parser.parse_args('--si 9'.split())"),
    "as a dict": parser(
        LR, SIZE,
        end="config = vars(parser.parse_args())\nargs = argparse.Namespace(**config)",
    ),
    "changed as a dict": parser(
        LR, SIZE, then="vars(args)['size'] = 11\nargs.__dict__.update(lr=0.1)"
    ),
    "changed by setattr": parser(
        LR, SIZE, then="setattr(args, 'size', getattr(args, 'size') * getattr(args, 'more', 4))"
    ),
    "in functions": "import argparse\ndef declared(parser):\n"
    "    parser.add_argument('--size', type=int, default=3)\n    return parser\n"
    "def main(args):\n    global scheduler\n    " + TAIL +
    "if __name__ == '__main__':\n    parser = declared(argparse.ArgumentParser())\n"
    "    parser.add_argument('--lr', default=0.5)\n    main(parser.parse_args())",
    "arguments in a loop": "import argparse\nparser = argparse.ArgumentParser()\n"
    "for name, value in {'lr': 0.5, 'size': 4}.items():\n"
    "    parser.add_argument(f'--{name}', default=value)\n"
    "args = parser.parse_args()\n" + TAIL,
    "a namespace": "from types import SimpleNamespace\nargs = SimpleNamespace(lr=0.5)\n"
    "args.size = 2\n" + TAIL,
    "a dataclass": "from dataclasses import dataclass, field\n@dataclass\nclass Config:\n"
    "    lr: float = field(default=0.5)\n    sizes: list = field(default_factory=lambda: [7, 8])\n"
    "args = Config()\nargs.size = args.sizes[1]\n" + TAIL,
    "the environment": "import os\nlr = float(os.environ.get('RATE', '0.5'))\n"
    "size = int(os.getenv('RATE', 3))\n"
    "scheduler = StepLR(SGD(params, lr=lr), size)",
    "click": "import click\n@click.command()\n@click.option('--lr', type=float, default='0.5')\n"
    "@click.option('-s', '--step-size', type=int, default=6)\n@click.option('--deep/--flat')\n"
    "def main(lr, step_size, deep):\n    StepLR(SGD(params, lr=lr), 1 if deep else step_size)\n"
    "if __name__ == '__main__':\n    main()",
}  # fmt: skip


@pytest.mark.parametrize("what", KNOWN)
def test_defaults_are_what_a_run_without_arguments_has(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    call: Any = reading(HEAD + KNOWN[what]).call
    lr, size = executed(KNOWN[what], monkeypatch)
    assert (call.optimizer.groups[0].lr, call.step_size) == (lr, size)
    assert type(call.step_size) is type(size)


def asked(text: str, **names: Any) -> str:
    with pytest.raises(ReadError) as caught:
        reading(HEAD + text, names={name.replace("__", "."): v for name, v in names.items()})
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (parser("'--lr', type=float, required=True", SIZE), "args.lr"),
        (parser(LR, "'size', type=int"), "args.size"),
        (parser(LR, "'--size', type=int"), "args.size"),
        (parser("'--lr', type=float", SIZE), "args.lr"),
        (parser(LR, "'--size', type=int", then="args.size *= 2"), "args.size"),
        (parser(LR, "'--size', type=convert, default='3'"), "args.size"),
        (parser(LR, "'--size', default=cpus()"), "args.size"),
        (
            parser(LR, SIZE, end="parser.set_defaults(**read())\nargs = parser.parse_args()"),
            "args.size",
        ),
        (parser(LR, SIZE, then="setup(args)"), "args.size"),
        (parser(LR, SIZE, end="add(parser)\nargs = parser.parse_args()"), "args.size"),
        (parser(LR), "args.size"),
        (parser(LR, SIZE, end="args = parser.parse_args(namespace=made())"), "args.size"),
        (parser(LR, SIZE, then="if deep:\n    args.size = 4"), "deep"),
        (parser(LR, SIZE, then="for k, v in read():\n    setattr(args, k, v)"), "args.size"),
        (
            "import os\nStepLR(SGD(params, lr=0.1), int(os.environ['SIZE']))",
            "\"os.environ['SIZE']=...\"",
        ),
        (
            "import os\nStepLR(SGD(params, lr=0.1), int(os.environ.get('SIZE')))",
            "\"os.environ.get('SIZE')=...\"",
        ),
    ],
)  # fmt: skip
def test_what_has_no_default_is_asked_for(text: str, says: str) -> None:
    assert f"--set {says}" in asked(text)


def test_only_what_the_schedule_depends_on_is_said_with_its_line() -> None:
    text = parser(LR, SIZE, "'--arch', default='resnet'", "'--evaluate', action='store_true'",
                  "'--warm', type=int, default=0", "'--seed', type=int, default=None",
                  then="model = build(args.arch)\nif args.seed is not None:\n"
                  "    seed(args.seed)\nif args.evaluate:\n    raise SystemExit\nif args.warm:\n"
                  "    args.lr = args.lr / args.warm")  # fmt: skip
    assert reading(HEAD + text).assumptions == (
        NO_LOOP,
        "args.warm = 0, its default, line 9",
        "args.lr = 0.5, its default, line 5",
        "args.size = 3, its default, line 6",
    )


def test_what_is_given_wins_over_defaults_and_over_the_text() -> None:
    found = reading(HEAD + parser(LR, SIZE), names={"args.lr": 0.1})
    call: Any = found.call
    assert call.optimizer.groups[0].lr == 0.1
    assert "args.lr = 0.1 as given, not 0.5 as the text has it" in found.assumptions
    scaled = parser(LR, SIZE, then="args.size = args.size * 4")
    call = reading(HEAD + scaled, names={"args.size": 6}).call
    assert call.step_size == 6


def test_an_argument_without_default_that_is_given() -> None:
    text = parser("'--lr', type=float, required=True", "'--size', type=int")
    call: Any = reading(HEAD + text, names={"args.lr": 0.5, "args.size": 4}).call
    assert (call.optimizer.groups[0].lr, call.step_size) == (0.5, 4)


def test_a_default_decides_which_schedule_is_built() -> None:
    text = parser(
        LR, SIZE, "'--sched', choices=['step', 'cosine'], default='step'"
    ).replace(TAIL, "if args.sched == 'step':\n    s = StepLR(SGD(p, lr=args.lr), args.size)\n"
              "else:\n    s = CosineAnnealingLR(SGD(p, lr=args.lr), args.size)\n")  # fmt: skip
    found = reading(HEAD + text)
    assert found.call.name == "StepLR"
    assert any(said.startswith("args.sched = 'step'") for said in found.assumptions)
    other = reading(HEAD + text, names={"args.sched": "cosine"})
    assert other.call.name == "CosineAnnealingLR"
    assert "args.sched = 'cosine' as given, not step as the text has it" in other.assumptions


def test_commands_whose_arguments_agree_and_differ() -> None:
    lines = ["import argparse", "parser = argparse.ArgumentParser()",
             "commands = parser.add_subparsers(dest='command', required=True)"]  # fmt: skip
    for name, size in (("train", 3), ("tune", 4)):
        lines += [f"{name} = commands.add_parser('{name}')",
                  f"{name}.add_argument('--lr', type=float, default=0.5)",
                  f"{name}.add_argument('--size', type=int, default={size})"]  # fmt: skip
    text = "\n".join([*lines, "args = parser.parse_args()", TAIL])
    assert "--set args.size=..." in asked(text)
    found = reading(HEAD + text, names={"args.size": 3})
    assert "args.lr = 0.5, its default, line 7, for train" in found.assumptions


DATACLASSES = """
from dataclasses import dataclass, field
from transformers import HfArgumentParser, get_linear_schedule_with_warmup

@dataclass
class Model:
    name: str

@dataclass
class Training:
    lr: float = field(default=3e-4, metadata={"help": "the rate"})
    warmup: int = 100
    total: int | None = field(default=None)

def main():
    parser = HfArgumentParser((Model, Training))
    model, training = parser.parse_args_into_dataclasses()
    optimizer = torch.optim.AdamW(model.parameters(), lr=training.lr)
    get_linear_schedule_with_warmup(optimizer, training.warmup, training.total)

main()
"""


def test_dataclasses_that_a_parser_fills() -> None:
    assert "--set training.total=..." in asked(DATACLASSES)
    found = reading(DATACLASSES, names={"training.total": 1000})
    call: Any = found.call
    assert (call.num_warmup_steps, call.num_training_steps) == (100, 1000)
    assert call.optimizer.groups[0].lr == 3e-4
    assert "training.warmup = 100, its default in Training" in found.assumptions


@pytest.mark.parametrize("call", ["fire.Fire(train)", "typer.run(train)", "tyro.cli(train)"])
def test_functions_whose_parameters_are_the_command_line(call: str) -> None:
    text = (
        "def train(lr: float = 0.5, size: int = 4, *, name='a'):\n    StepLR(SGD(p, lr=lr), size)\n"
    )
    found = reading(f"import fire, typer, tyro\n{HEAD}{text}{call}")
    called: Any = found.call
    assert (called.optimizer.groups[0].lr, called.step_size) == (0.5, 4)
    assert found.assumptions == (
        NO_LOOP,
        "lr = 0.5, its default in train",
        "size = 4, its default in train",
    )
    called = reading(f"import fire, typer, tyro\n{HEAD}{text}{call}", names={"size": 7}).call
    assert called.step_size == 7


def test_nothing_of_a_parser_is_followed_that_would_cost_or_open_a_file() -> None:
    many = "'--size', type=int, nargs=10**9, default=3"
    assert "--set args.size" in asked(parser(LR, many))
    places = [f"'p{i}', nargs='+'" for i in range(20)]
    words = "args = parser.parse_args(['a'] * 19 + ['--lr', '1'])"
    assert "--set args." in asked(parser(LR, SIZE, *places, end=words))
    file = "parser = argparse.ArgumentParser(fromfile_prefix_chars='@')"
    text = parser(LR, SIZE, start=file, end="args = parser.parse_args(['@arguments.txt'])")
    assert "--set args." in asked(text)


LOOP = """for epoch in range(args.epochs):
    for batch in range(5):
        optimizer.step()
    scheduler.step()
"""


def test_a_default_that_says_how_long_the_run_is() -> None:
    text = HEAD + parser(LR, SIZE, "'--epochs', type=int, default=7").replace(
        TAIL, "optimizer = SGD(params, lr=args.lr)\nscheduler = StepLR(optimizer, args.size)\n"
    )
    found = reading(text + LOOP)
    assert found.run == {"step_every": "epoch", "updates_per_epoch": 5, "epochs": 7}
    assert found.assumptions[-3:] == (
        "args.lr = 0.5, its default, line 5",
        "args.size = 3, its default, line 6",
        "args.epochs = 7, its default, line 7",
    )
    given = reading(text + LOOP, names={"args.epochs": 2})
    assert given.run["epochs"] == 2
    assert "args.epochs = 2 as given, not 7 as the text has it" in given.assumptions
    needed = reading(text.replace(", default=7", ", required=True") + LOOP)
    assert "epochs" not in needed.run
    assert "the run's length is open: nobody says args.epochs" in needed.assumptions


ABSL = """
from absl import app, flags
FLAGS = flags.FLAGS
flags.DEFINE_float("lr", 0.5, "the rate")
flags.DEFINE_integer("size", default=3, help="in epochs")
_GAMMA = flags.DEFINE_float("gamma", 0.25, "the factor")
flags.DEFINE_string("name", None, "of the run")

def main(argv):
    del argv
    StepLR(SGD(params, lr=FLAGS.lr), FLAGS.size, gamma=_GAMMA.value)

if __name__ == "__main__":
    app.run(main)
"""


def test_flags() -> None:
    """The rates and sizes are those that absl itself gives a run without arguments."""
    found = reading(HEAD + ABSL)
    call: Any = found.call
    assert (call.optimizer.groups[0].lr, call.step_size, call.gamma) == (0.5, 3, 0.25)
    assert "FLAGS.size = 3, its default, line 7" in found.assumptions
    assert reading(HEAD + ABSL, names={"FLAGS.lr": 2.0}).call.optimizer.groups[0].lr == 2.0  # type: ignore[attr-defined]
    with pytest.raises(ReadError, match=r"--set FLAGS\.size="):
        reading(HEAD + ABSL.replace("default=3", "default=None"))


def test_a_dict_with_attributes() -> None:
    """The values are those that easydict's has."""
    text = (
        "from easydict import EasyDict as edict\n"
        "cfg = edict({'lr': 0.5, 'sched': {'size': 3}})\ncfg.gamma = 0.25\n"
        "cfg['sched']['more'] = 2\n"
        "StepLR(SGD(params, lr=cfg['lr']), cfg.sched.size * cfg['sched'].more, gamma=cfg['gamma'])"
    )
    call: Any = reading(HEAD + text).call
    assert (call.optimizer.groups[0].lr, call.step_size, call.gamma) == (0.5, 6, 0.25)
    assert "--set cfg.sched.size=" in asked(text.replace("cfg.gamma = 0.25", "fill(cfg.sched)"))


def test_defaults_with_which_a_text_stops_are_not_what_it_is_run_with() -> None:
    text = (
        "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('--data')\n"
        "parser.add_argument('--folder')\nparser.add_argument('--small', action='store_true')\n"
        "parser.add_argument('--lr', type=float, default=0.1)\nargs = parser.parse_args()\n"
        "if args.data is None and args.folder is None:\n    raise ValueError('no data')\n"
        "if args.small:\n    from small import SGD8 as kind\nelse:\n    kind = torch.optim.SGD\n"
        "opt = kind(model.parameters(), lr=args.lr)\nsched = StepLR(opt, 3)"
    )
    found = reading(text)
    assert (
        found.call.code
        == "torch.optim.lr_scheduler.StepLR(torch.optim.SGD(params, lr=0.1), step_size=3)"
    )
    taken = {said.partition(" ")[0] for said in found.assumptions if "its default" in said}
    assert taken == {"args.lr", "args.small"}
    stops = text.replace("args.data is None and args.folder is None", "1 > 0")
    with pytest.raises(ReadError, match="builds no scheduler"):
        reading(stops)


def test_a_step_in_a_function_that_nothing_calls_is_said() -> None:
    text = """
opt = torch.optim.SGD(net.parameters(), lr=0.1)
sched = StepLR(opt, 3)
trainer = create_trainer(net, opt)

@trainer.on(Events.EPOCH_COMPLETED)
def decay(engine):
    sched.step()

trainer.run(loader, max_epochs=10)
"""
    said = (
        "nothing of the text calls decay (line 7): step() is taken to be called after each update"
    )
    assert said in reading(text).assumptions
