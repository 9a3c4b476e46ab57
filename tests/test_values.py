"""Files of values, as ``--values`` reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from isorate import ReadError
from isorate.cli import main
from isorate.cli._names import names
from isorate.cli._sides import read_side

TEXT = """from torch.optim import SGD
from torch.optim.lr_scheduler import MultiStepLR
optimizer = SGD(params, lr=args.lr * cfg["scale"]["by"])
scheduler = MultiStepLR(optimizer, args.milestones, gamma=cfg.sched.gamma / len(loader))
"""
TOML = """
"len(loader)" = 2
[args]
lr = 0.1
milestones = [3, 6]
data = "a folder"
[cfg.scale]
by = 4
[cfg.sched]
gamma = 0.5
"""
JSON = """{"args": {"lr": 0.1, "milestones": [3, 6], "resume": null, "deep": true},
 "cfg": {"scale": {"by": 4}, "sched": {"gamma": 0.5}}, "len(loader)": 2}"""


def call(folder: Path, name: str, text: str, *settings: str) -> Any:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_side(TEXT, (), names(settings, [str(path)])).call


@pytest.mark.parametrize(("name", "text"), [("a.toml", TOML), ("b.json", JSON), ("C.JSON", JSON)])
def test_a_file_of_values(tmp_path: Path, name: str, text: str) -> None:
    found = call(tmp_path, name, text)
    assert (found.milestones, found.gamma, found.optimizer.groups[0].lr) == ([3, 6], 0.25, 0.4)


def test_what_is_set_wins_and_a_later_file(tmp_path: Path) -> None:
    assert call(tmp_path, "a.toml", TOML, "args.lr=0.5").optimizer.groups[0].lr == 2.0
    (tmp_path / "b.json").write_text('{"args": {"lr": 0.25}}')
    files = [str(tmp_path / "a.toml"), str(tmp_path / "b.json")]
    found: Any = read_side(TEXT, (), names((), files)).call
    assert found.optimizer.groups[0].lr == 1.0


def test_a_table_is_what_arguments_are_given_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[cfg]\nlr = 0.5\n[cfg.sched]\nstep_size = 3\n")
    text = "kept = cfg.sched\nStepLR(SGD(p, lr=cfg.lr), **cfg['sched'], gamma=1 / kept.step_size)"
    found: Any = read_side(text, (), names((), [str(tmp_path / "a.toml")])).call
    assert (found.step_size, found.gamma) == (3, 1 / 3)


def test_what_is_set_may_use_it(tmp_path: Path) -> None:
    text = TOML.replace("lr = 0.1\n", "").replace('"len(loader)" = 2', "base = 0.1")
    found = call(tmp_path, "a.toml", text, "args.lr=base * 2", "len(loader)=1")
    assert found.optimizer.groups[0].lr == 0.8


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.txt", TOML, "--values: required a .toml or .json file"),
        ("a.toml", "lr = ", "it is not TOML: "),
        ("a.toml", "[args]\nlr = 1\nlr = 2", "it is not TOML: "),
        ("a.json", "{'lr': 1}", "it is not JSON: "),
        ("a.json", "[0.1]", "holds no names: required names and their values"),
        ("a.json", "[" * 10**5, "nested too deeply"),
        ("a.json", '{"3 + 4": 1}', "the schedule depends on none of its names: got 3 + 4"),
        ("a.json", '{"": 1}', "'' is no name"),
        ("a.toml", "args.lr = 2026-01-01", "args.lr: required a number, a text, a truth value"),
        ("a.json", '{"arg": {"lr": 1}}', "the schedule depends on none of its names: got arg.lr"),
        ("a.json", "{}", "holds no names"),
    ],
)
def test_what_is_wrong_with_one(tmp_path: Path, name: str, text: str, says: str) -> None:
    settings = ("args.lr=1", "args.milestones=[1]", "cfg['scale']['by']=1", "cfg.sched.gamma=1",
                "len(loader)=1")  # fmt: skip
    with pytest.raises(ReadError) as caught:
        call(tmp_path, name, text, *settings)
    assert says in str(caught.value)


@pytest.mark.parametrize("command", [["show"], ["compare"], ["convert", "--to", "torch"]])
def test_every_command_takes_one(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.toml").write_text(TOML)
    sides = [TEXT] * (2 if command[0] == "compare" else 1)
    arguments = [*command, *sides, "--values", str(tmp_path / "a.toml"), "--updates", "8"]
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 0, capsys.readouterr().err
    with pytest.raises(SystemExit) as end:
        main([*arguments, "--values", str(tmp_path / "none.toml")])
    assert end.value.code == 2
    assert "none.toml: no such file" in capsys.readouterr().err
