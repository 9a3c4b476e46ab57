"""Many runs: each is told in a line, whatever becomes of the others, and none is checked twice."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from isorate import ReadError, Recipe, Run, check_all, read, read_log, read_logs
from isorate.checking import verdict
from isorate.checking.verdict import Finding, Meant
from isorate.cli import _fleet
from isorate.cli._commands import run
from isorate.logs.finding import runs_below

if TYPE_CHECKING:
    from collections.abc import Iterator

LOGS = Path(__file__).parent / "logs"
WARM = "transformers.get_cosine_schedule_with_warmup(torch.optim.SGD(params, lr=0.1), 10, 100)"


def put(path: Path, factor: float = 1.0) -> Path:
    rates = Recipe(read(WARM).call, Run(100)).curve.values * factor
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [f"{update},{rate!r}" for update, rate in enumerate(rates.tolist())]
    path.write_text("\n".join(["step,lr", *rows]) + "\n")
    return path


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    home = tmp_path / "runs"
    for name, factor in (("a", 1.0), ("b", 2.0), ("deep/er/c", 1.0)):
        put(home / name / "log.csv", factor)
    (home / "broken").mkdir()
    (home / "broken" / "log.csv").write_text("step,lr\n1,\n")
    (home / "empty").mkdir()
    (home / "loop").symlink_to(home)
    return home


def test_each_run_is_told_in_a_line(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(runs), WARM]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(": ")[0] for line in lines[:4]] == [
        str(runs / name)
        for name in ("a/log.csv", "b/log.csv", "broken/log.csv", "deep/er/c/log.csv")
    ]
    assert "Follows, to update 100 of 100" in lines[0]
    assert "the rates are 2 times the recipe's" in lines[1]
    assert lines[4:] == ["4 runs: 2 follow, 1 depart, 1 cannot be checked"]
    shutil.rmtree(runs / "broken")
    assert run(["check", str(runs), WARM, "--format", "github"]) == 1
    assert [line[:8] for line in capsys.readouterr().out.splitlines()] == [
        "::notice", "::error ", "::notice"
    ]  # fmt: skip
    assert run(["check", str(runs), WARM, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)["runs"]
    assert [one["verdict"] for one in told] == ["follows", "departs", "follows"]
    shutil.rmtree(runs / "b")
    assert run(["check", str(runs), WARM, "--jobs", "2"]) == 0


def test_runs_that_a_file_has_are_not_checked_again(
    runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = runs.parent / "checked.jsonl"
    told = ["check", str(runs), WARM, "--output", str(file)]
    assert run(told) == 2
    first = capsys.readouterr().out
    whole = file.read_bytes()
    documents = [json.loads(line) for line in whole.splitlines()]
    assert [one.get("verdict") for one in documents] == ["follows", "departs", None, "follows"]
    # a run that was stopped while it wrote, and one that has come since
    file.write_bytes(whole[:-20])
    put(runs / "new" / "log.csv")
    asked: list[str] = []
    real = verdict.checked

    def checked(path: str, *given: Any, **named: Any) -> Any:
        asked.append(path)
        return real(path, *given, **named)

    monkeypatch.setattr(verdict, "checked", checked)
    assert run(told) == 2
    # of what was cut off, the part before is not known to be whole
    assert [Path(path).parent.name for path in asked] == ["broken", "c", "new"]
    assert sorted(capsys.readouterr().out.splitlines()[:-1]) == sorted(
        [*first.splitlines()[:-1], first.splitlines()[0].replace("/a/", "/new/")]
    )
    assert run(told) == 2
    assert len(asked) == 3
    capsys.readouterr()
    assert run(["check", str(runs), WARM.replace("10,", "11,"), "--output", str(file)]) == 2
    assert "checked against something else" in capsys.readouterr().err
    file.write_text("a,b\n")
    assert run(told) == 2
    assert "is no file of checked runs" in capsys.readouterr().err
    assert run([*told[:-1], str(runs)]) == 2
    assert "cannot use" in capsys.readouterr().err


def test_processes_say_the_same(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for jobs in ("1", "2"):
        assert run(["check", str(runs), WARM, "--jobs", jobs]) == 2
        told.append(capsys.readouterr().out)
    assert told[0] == told[1]


def test_a_defect_in_one_run_stops_no_other(
    runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = verdict.judge

    def broken(log: Any, recipe: Any) -> Any:
        if "/b/" in log.path:
            raise ZeroDivisionError("of ours")
        return real(log, recipe)

    monkeypatch.setattr(verdict, "judge", broken)
    assert run(["check", str(runs), WARM]) == 2
    out = capsys.readouterr().out
    assert "b/log.csv: internal error, please report it: ZeroDivisionError: of ours" in out
    assert "2 follow, 2 cannot be checked" in out


def test_what_belongs_together_is_read_together(tmp_path: Path) -> None:
    home = tmp_path / "runs"
    shutil.copytree(LOGS / "transformers", home / "a" / "checkpoint-50")
    shutil.copytree(LOGS / "lightning", home / "b" / "version_0")
    for name in ("x.csv", "y.csv"):
        put(home / "c" / name)
    put(home / "d" / "x.csv")
    put(home / "d" / "below" / "y.csv", 2)
    parts = [Path(part).relative_to(home).as_posix() for part in runs_below(home)]
    assert parts == ["a", "b/version_0", "c/x.csv", "c/y.csv", "d"]
    one_by_one = [log.path for part in runs_below(home) for log in read_logs(part)]
    assert one_by_one == [log.path for log in read_logs(home)]
    assert next(iter(runs_below(f"{home}:lr"))).endswith("/a:lr")
    assert list(runs_below(home / "d" / "x.csv")) == [str(home / "d" / "x.csv")]


def test_two_runs_of_one_schedule_are_two(tmp_path: Path) -> None:
    put(tmp_path / "x.csv")
    put(tmp_path / "y.csv")
    assert len(read_logs(tmp_path)) == 2


def test_a_directory_yields_each_of_its_runs(runs: Path) -> None:
    found = list(check_all([runs, runs / "a"], WARM))
    assert [Path(path).name for path, _ in found] == ["log.csv", "log.csv", "log.csv", "a"]
    assert [isinstance(one, Finding) and one.verdict for _, one in found] == [
        "follows", "departs", "follows", "follows"
    ]  # fmt: skip
    with pytest.raises(ReadError):
        list(check_all([runs], "no_such_call("))


def test_the_bar_gives_way_to_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    from isorate.cli import _output

    with _output.Progress(3, patience=0, what="runs") as progress:
        progress.visible = True
        progress(1)
        assert progress.bar is not None
        progress.give_way()  # what is printed goes elsewhere
        assert progress.bar is not None
        monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
        progress.give_way()
        assert progress.bar is None


@pytest.mark.torch  # where it is installed
def test_a_cluster_checks_runs(runs: Path) -> None:
    distributed = pytest.importorskip("distributed")
    paths = [runs / name for name in ("a", "b", "broken")]
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as at,
        distributed.Client(at) as client,
    ):
        found = list(check_all(paths, WARM, executor=client.get_executor()))
    assert [path for path, _ in found] == list(map(str, paths))
    assert [str(one)[:7] for _, one in found[:2]] == ["Follows", "Departs"]
    assert isinstance(found[2][1], ReadError)


@pytest.fixture
def memory() -> Iterator[Any]:
    fsspec = pytest.importorskip("fsspec")
    system = fsspec.filesystem("memory")
    yield system
    system.store.clear()


@pytest.mark.torch  # where it is installed
def test_a_log_elsewhere_is_fetched(memory: Any, tmp_path: Path) -> None:
    memory.pipe("/runs/a/log.csv", put(tmp_path / "log.csv").read_bytes())
    memory.pipe("/runs/b/log.csv", put(tmp_path / "log.csv", 2).read_bytes())
    memory.pipe("/runs/b/model.safetensors", b"x" * 100)
    assert read_log("memory://runs/a/log.csv").path == "memory://runs/a/log.csv"
    assert read_log("memory://runs/a/log.csv:lr").groups[0].name == "lr"
    found = list(check_all(["memory://runs"], WARM))
    assert [(path, str(one)[:7]) for path, one in found] == [
        ("memory://runs/a/log.csv", "Follows"),
        ("memory://runs/b/log.csv", "Departs"),
    ]
    with pytest.raises(ReadError, match="no such file"):
        read_log("memory://runs/c")
    with pytest.raises(ReadError, match="cannot be fetched"):
        read_log("nosuchscheme://runs/c")


def test_a_path_elsewhere_needs_what_fetches_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "fsspec", None)
    with pytest.raises(ReadError, match="pip install fsspec"):
        read_log("s3://bucket/run")


def test_a_file_of_checked_runs_goes_on_in_processes_too(runs: Path) -> None:
    parts = [str(runs / name) for name in ("a", "b")]
    told = Meant(Recipe(read(WARM).call))
    alone = list(_fleet.Fleet(parts, told, ["x"], None).documents(1))
    file = runs.parent / "out.jsonl"
    assert list(_fleet.Fleet(parts, told, ["x"], file).documents(2)) == alone
    assert list(_fleet.Fleet(parts, told, ["x"], file).documents(2)) == alone
