"""Whatever a file holds, a log or a configuration: a result, or one line and status 2.

Real logs, configurations and checkpoints are damaged: cut, flipped, spliced, their numbers and
names changed; of a checkpoint the values that it holds, too, before they are pickled.
Each goes through the command line. The profile ``full`` draws ten thousand, and others each time.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import zipfile
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from random import Random, SystemRandom
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from isorate.checkpoints.unpickling import MAGIC
from isorate.cli._commands import run
from tests.bounded import bounded
from tests.test_checkpoints import COSINE, DECAY, MMENGINE, SGD, archived
from tests.test_fuzz import check as check_one
from tests.test_logs_formats import SAMPLES, damaged

if TYPE_CHECKING:
    from collections.abc import Iterator

FULL = os.environ.get("HYPOTHESIS_PROFILE") == "full"
FILES = 100 if FULL else 8
FIRST = SystemRandom().randrange(10**9) if FULL else 0
SEEDS = range(FIRST, FIRST + (100 if FULL else 10))

STATES = json.loads((Path(__file__).parent / "tables" / "states" / "torch.json").read_text())
SAVED = [row["state"] for row in STATES["rows"]]
CASES = Path(__file__).parent / "cases" / "configs"
RECIPE = "CosineAnnealingLR(SGD(p, lr=0.1), 20, 0.01)"
STRANGE = (
    "-1", "0", "1e400", "-1e-320", "nan", "inf", "1" * 400, "9" * 19, "null", "true", '"x"', "[]",
    "{}", "1.5", "0x10", "1_000", "\N{ARABIC-INDIC DIGIT THREE}", "\0", "\N{LINE SEPARATOR}",
    "a" * 5000, "!!python/object/apply:os.system ['touch pwned']",
    "__import__('os').mkdir('pwned')", "*a", "&a x",
)  # fmt: skip
NUMBER = re.compile(rb"-?\d+\.?\d*(?:[eE][-+]?\d+)?")
NAME = re.compile(rb"[A-Za-z_][\w/-]{2,40}")


def check(arguments: list[str]) -> None:
    """Run a command as ``test_fuzz`` does; of several runs in a file each has a line."""
    out = StringIO()
    try:
        check_one(arguments)
    except AssertionError:
        with redirect_stdout(out), redirect_stderr(StringIO()) as err:
            status = run(arguments)
        if status != 2 or err.getvalue():
            raise
        if "--json" in arguments:
            assert any("error" in one for one in json.loads(out.getvalue())["runs"])
        else:
            assert re.search(r"\d+ runs: .*\d+ cannot be checked\n$", out.getvalue())
        assert "internal error" not in out.getvalue()


def spoilt(data: bytes, other: bytes, draw: Random) -> bytes:
    """Return data that was damaged, or whose numbers, names or halves are others."""
    kind = draw.randrange(4)
    if kind == 0:
        return damaged(data, draw)
    if kind == 1:
        cut, on = draw.randrange(len(data)), draw.randrange(len(other))
        return data[:cut] + other[on:]
    pattern = NUMBER if kind == 2 else NAME
    found = list(pattern.finditer(data))
    for hit in draw.sample(found, min(len(found), draw.randint(1, 3))):
        new = draw.choice(STRANGE).encode() if draw.random() < 0.7 else draw.choice(found)[0]
        data = data.replace(hit[0], new, draw.choice([1, -1]))
    return data or b"\n"


def configurations(draw: Random) -> tuple[str, bytes]:
    """Return a configuration of a trainer as a file, and its ending."""
    rows = json.loads(draw.choice(sorted(CASES.glob("*.json"))).read_text())
    values: Any = draw.choice(rows).get("values") or {"learning_rate": 0.1}
    if draw.random() < 0.5:
        return ".json", json.dumps(values).encode()
    if draw.random() < 0.5 and isinstance(values, dict):
        return ".sh", " ".join(f"--{key} {value}" for key, value in values.items()).encode()
    return draw.choice([".yaml", ".toml", ".py", ".md"]), yaml.safe_dump(values).encode()


def odd(value: Any, draw: Random) -> Any:
    """Return a value, some of it replaced by what nobody saves."""
    if draw.random() < 0.06:
        return draw.choice([None, -1, 10**30, float("nan"), float("inf"), "x", [], {}, True, 1.5,
                            [[value] * 3], {"last_epoch": value}, b"x", (value,)])  # fmt: skip
    if isinstance(value, dict):
        return {key: odd(each, draw) for key, each in value.items() if draw.random() > 0.02}
    return [odd(each, draw) for each in value] if isinstance(value, list) else value


def checkpoints(draw: Random) -> tuple[str, bytes]:
    """Return a checkpoint of schedulers as a file, and its ending."""
    states: list[Any] = [{"param_schedulers": saved} for saved, *_ in MMENGINE]
    count = {"lr_scheduler": {"last_batch_iteration": 11}, "ds_config": {"scheduler": DECAY}}
    states += [draw.choice(SAVED) for _ in range(3)] + [count, COSINE]
    held = {"optimizer": SGD, "epoch": 3, "scheduler": draw.choice(states)}
    held |= count if draw.random() < 0.2 else draw.choice(states)
    value = odd(held, draw)
    if draw.random() < 0.4:
        return ".pt", archived(value)
    head = b"".join(pickle.dumps(each, 2) for each in (MAGIC, 1001, dict[str, Any]()))
    body = pickle.dumps(value, draw.choice([2, 4]))
    return draw.choice([".pth", ".ckpt"]), (head if draw.random() < 0.3 else b"") + body


@pytest.fixture(params=SEEDS)
def draw(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Random]:
    """Draw in an empty folder, into which nothing of a file may write."""
    monkeypatch.chdir(tmp_path)
    yield Random(request.param)
    assert not Path("pwned").exists()


def test_a_damaged_checkpoint_comes_to_a_result_or_a_line(draw: Random, tmp_path: Path) -> None:
    for number in range(FILES):
        ending, data = checkpoints(draw)
        path = tmp_path / f"{number}{ending}"
        path.write_bytes(spoilt(data, checkpoints(draw)[1], draw) if number % 2 else data)
        command = draw.choice(
            [["show"], ["show", "--json"], ["check"], ["convert", "--to", "torch"]]
        )
        recipe = [RECIPE] if command[0] == "check" else []
        check([command[0], str(path), *recipe, *command[1:]])


def test_a_damaged_file_comes_to_a_result_or_a_line(draw: Random, tmp_path: Path) -> None:
    for number in range(FILES):
        one, other = draw.choice(SAMPLES), draw.choice(SAMPLES)
        log = tmp_path / f"{number}{one.name[-30:]}"
        log.write_bytes(spoilt(one.read_bytes(), other.read_bytes(), draw))
        ending, text = configurations(draw)
        config = tmp_path / f"config{number}{ending}"
        config.write_bytes(spoilt(text, configurations(draw)[1], draw))
        options = draw.choice(
            [[], ["--json"], ["--examples", "200"], ["--max-steps", "50"], ["--as", "trl"]]
        )
        commands = [
            ["check", str(log), RECIPE, *draw.choice([[], ["--json"], ["--updates", "20"]])],
            ["check", str(log), *options],
            ["show", str(config), *options],
            ["check", str(one), str(config), *options],
        ]
        for command in draw.sample(commands, 2):
            check(command)
        if draw.random() < 0.2:
            check(["identify", str(log)])


SPARSE = {
    "log.csv": b"step,lr\n1,0.1\n2,0.05\n",
    "log.txt": b"step 1 lr 0.1\nstep 2 lr 0.05\n",
    "log.jsonl": b'{"step": 1, "lr": 0.1}\n{"step": 2, "lr": 0.05}\n',
    "trainer_state.json": b'{"log_history": [{"step": 1, "learning_rate": 0.1}, ',
    "events.out.tfevents.1.0": (
        Path(__file__).parent / "logs" / "lightning" / "events.out.tfevents.1.0"
    ).read_bytes(),
    "run.wandb": (Path(__file__).parent / "logs" / "transformers" / "run.wandb").read_bytes(),
    "mlflow.db": (Path(__file__).parent / "logs" / "transformers" / "mlflow.db").read_bytes(),
    "out.txt": b"{'loss': 1.5, 'learning_rate': 0.1, 'epoch': 1.0}\n",
}


#: Whose records are looked for throughout, and read whole where time is left for that.
SLOW = ("events.out.tfevents.1.0", "run.wandb")


@pytest.mark.parametrize("name", SPARSE)
def test_a_gigabyte_of_nothing_is_read_in_bounded_memory(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    with path.open("wb") as file:
        file.write(SPARSE[name])
        file.truncate(1 << (30 if FULL or name not in SLOW else 27))
    bounded(lambda: check(["check", str(path), RECIPE, "--updates", "20"]), seconds=120)


def test_links_that_lead_back_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "again").symlink_to(tmp_path)
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    check(["check", str(tmp_path), RECIPE])
    check(["check", str(tmp_path / "loop.csv"), RECIPE])
    assert run(["check", str(tmp_path), RECIPE]) == 2


def test_a_checkpoint_of_a_gigabyte_is_read_in_bounded_memory(tmp_path: Path) -> None:
    held = pickle.dumps({"scheduler": COSINE, "optimizer": SGD}, 2)
    long, old, bomb = (tmp_path / f"{name}.pt" for name in ("long", "old", "bomb"))
    head = pickle.dumps(MAGIC, 2) + pickle.dumps(1001, 2) + pickle.dumps({}, 2)
    for path, data in ((long, held), (old, head + held + pickle.dumps([], 2))):
        with path.open("wb") as file:
            file.write(data)
            file.truncate(1 << 30)
    archive = zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED)
    with archive, archive.open("run/data.pkl", "w", force_zip64=True) as member:
        for _ in range(1 << (10 if FULL else 7)):  # 128 MiB are as much refused as a gigabyte
            member.write(bytes(1 << 20))
    for path in (long, old):
        bounded(lambda: check(["show", str(path)]), seconds=120)  # noqa: B023
    bounded(lambda: check(["show", str(bomb)]), seconds=120)
    assert run(["show", str(long)]) == run(["show", str(old)]) == 0
    assert run(["show", str(bomb)]) == 2
