"""The command line as a person meets it: through real processes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from isorate import Schedule, read, simulate
from isorate.cli._commands import run as command_line
from isorate.schedule.run import Run

A = "CosineAnnealingLR(SGD(p, lr=0.1), T_max=2, eta_min=0.01)"
B = "cosine_decay_lr(0.01, 0.1, 6, 2, 2)"


#: What says how output looks, which is each test's own to say.
LOOKS = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "LC_ALL", "LANG", "PYTHONIOENCODING")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in LOOKS}


def isorate(
    *arguments: str, cwd: Path | None = None, text: str | None = None, **looks: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "isorate", *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=cwd,
        input=text,
        timeout=120,
        check=False,
        env=ENVIRONMENT | looks,
    )


def document(*arguments: str) -> tuple[int, Any]:
    done = isorate(*arguments, "--json")
    return done.returncode, json.loads(done.stdout)


def test_show_json() -> None:
    status, shown = document("show", "CosineAnnealingLR(T_max=4)", "--lr", "0.1", "--updates", "9")
    call = read("CosineAnnealingLR(T_max=4)", lr=0.1)
    assert status == 0
    assert shown["dialect"] == "torch"
    assert shown["call"] == call.code
    assert shown["dtype"] == "float64"
    assert shown["rates"] == simulate(call, Run(9)).values.tolist()
    assert Schedule.from_json(json.dumps(shown["schedule"])) == call.lower()


def test_show_json_names_nan_and_keeps_float32_short() -> None:
    call = (
        "mindspore.experimental.optim.lr_scheduler.CosineAnnealingLR(SGD(p, lr=0.1), T_max=13000)"
    )
    shown = document("show", call, "--updates", "13002")[1]
    assert shown["dtype"] == "float32"
    assert shown["rates"][0] == 0.1
    assert shown["rates"][-1] == "NaN"


def test_compare_json_and_status() -> None:
    status, result = document("compare", A, B, "--updates", "6")
    assert status == 1
    assert result["verdict"] == "diverge"
    assert result["first_difference"] == 1
    assert result["updates"] == 6
    assert result["proved"] is False
    assert {"kind", "text", "arguments"} == set(result["reasons"][0])
    assert result["a"]["dialect"] == "torch"
    assert result["b"]["call"] == read(B).code
    epochs = ("--epochs", "3", "--updates-per-epoch", "2", "--step-every", "epoch")
    status, result = document("compare", A, B, *epochs)
    assert (status, result["verdict"], result["first_difference"]) == (0, "identical", None)
    for field in ("first_bit_difference", "max_abs", "max_rel_peak", "max_ulp"):
        assert field in result


def test_convert_json_and_status() -> None:
    call = "CosineAnnealingLR(T_max=10)"
    status, result = document(
        "convert", call, "--lr", "0.1", "--to", "mindspore", "--updates", "10"
    )
    assert status == 0
    assert set(result) >= {"from", "to", "ways", "refusal"}
    assert result["refusal"] is None
    best = result["ways"][0]
    assert best["code"].startswith("mindspore.nn.cosine_decay_lr(")
    assert best["comparison"]["verdict"] == "equal"
    assert any("deprecated" in loss for loss in best["losses"])
    varying = "MultiplicativeLR(lambda t: t / (t + 1))"
    status, refused = document("convert", varying, "--lr", "0.1,0.2", "--to", "mindspore")
    assert (status, refused["ways"]) == (1, [])
    assert "factors that vary" in refused["refusal"]


def test_dialects_and_mapping_json() -> None:
    status, known = document("dialects")
    assert status == 0
    assert next(d["name"] for d in known["dialects"]) == "torch"
    status, listed = document("mapping", "mindspore", "torch")
    assert status == 0
    assert listed["subjects"][0]["subject"] == "mindspore.nn.cosine_decay_lr"
    status, page = document("mapping", "torch", "mindspore", "CosineAnnealingLR")
    assert status == 0
    assert page["markdown"].startswith("# CosineAnnealingLR: torch and mindspore")
    best = page["subjects"][0]["counterparts"][0]
    assert best["equated"]
    assert {"a": "`T_max`", "b": "`decay_epoch`", "says": "how long it takes"} in best["arguments"]
    assert best["example"]["verdict"] == "identical"


def test_the_verdict_comes_first() -> None:
    done = isorate("compare", A, B, "--updates", "10")
    assert done.stdout.splitlines()[0].startswith("Equal up to update 0, then they part")
    assert "▲ update 1" in done.stdout
    assert "\x1b" not in done.stdout
    assert done.stderr == ""


def test_no_run_says_which_run_it_was() -> None:
    shown = " ".join(isorate("compare", A, B).stdout.split())
    assert "(no length was given: past every end and period)" in shown


def test_calls_from_a_file_and_from_standard_input(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(A)
    done = isorate("compare", "@a.txt", "-", "--updates", "6", cwd=tmp_path, text=B)
    assert done.returncode == 1, done.stderr


def test_names_may_use_names() -> None:
    call = "CosineAnnealingLR(T_max=epochs * steps)"
    names = ("--set", "epochs=3", "--set", "steps=epochs * 2")
    assert "T_max=18" in document("show", call, "--lr", "0.1", *names)[1]["call"]


def test_a_name_that_is_set_is_used_or_refused(capsys: pytest.CaptureFixture[str]) -> None:
    call = "MultiStepLR(SGD(p, lr=rate), milestones=places, gamma=factor)"
    settings = ("--set", "places=[2, n]", "--set", "rate=0.1", "--set", "factor=1 / 4")
    shown = document("show", call, "--set", "n=4", *settings)[1]["call"]
    assert "milestones=[2, 4], gamma=0.25" in shown
    for name, says in (("facter", "did you mean factor?"), ("p", "does not depend on it")):
        assert command_line(["show", call, "--set", "n=4", *settings, "--set", f"{name}=3"]) == 2
        error = capsys.readouterr().err
        assert f"--set {name}" in error
        assert says in error
    one_side = ["compare", "StepLR(SGD(p, lr=0.1), T)", A, "--updates", "3", "--set", "T=3"]
    assert command_line(one_side) == 1


def test_what_was_taken_for_granted_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    text = "T = 4\nscheduler = StepLR(SGD(p, lr=0.1), T)"
    said = [
        "StepLR is torch's; mindspore and mmengine have one, too",
        "T = 9 as given, not 4 as the text has it",
    ]
    assert document("show", text, "--set", "T=9", "--updates", "3")[1]["assumptions"] == said
    arguments = (["show", text], ["compare", text, text], ["convert", text, "--to", "torch"])
    for command in arguments:
        assert command_line([*command, "--updates", "3", "--set", "T=9"]) == 0
        shown = " ".join(capsys.readouterr().out.split())
        assert all(f"assumed {sentence}" in shown for sentence in said)
    assert document("show", B)[1]["assumptions"] == []


@pytest.mark.parametrize("kind", ["html", "svg", "png"])
def test_pictures(kind: str, tmp_path: Path) -> None:
    if kind != "html":
        pytest.importorskip("matplotlib")
    path = tmp_path / f"plot.{kind}"
    done = isorate("compare", A, B, "--updates", "20", "--plot", str(path))
    assert done.returncode == 1, done.stderr
    assert f"wrote {path}" in done.stderr
    data = path.read_bytes()
    assert {"html": b"<!doctype", "svg": b"<?xml ver", "png": b"\x89PNG\r\n\x1a\n"}[kind] in data[
        :20
    ]
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    if kind == "html":
        assert b"http" not in data.replace(b"http-equiv", b"")


def test_the_html_page_holds_both_rates_at_the_first_difference(tmp_path: Path) -> None:
    path = tmp_path / "plot.html"
    a, b = A.replace("T_max=2", "T_max=30000"), "cosine_decay_lr(0.01, 0.1, 90000, 1, 30000)"
    isorate("compare", a, b, "--updates", "90000", "--plot", str(path))
    text = path.read_text()
    data = json.loads(text.split("const data = ", 1)[1].split(";\n", 1)[0])
    assert len(text) < 2_000_000
    mark = data["mark"]
    for line, call in zip(data["lines"], (a, b), strict=True):
        rate = line["rates"][line["updates"].index(mark)]
        assert rate == simulate(read(call), Run(mark + 1)).values[mark]


def test_the_demo(tmp_path: Path) -> None:
    done = isorate("demo", "--output", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert "[0.1, 0.1, 0.05500000000000001, 0.05500000000000001, 0.01, 0.01]" in done.stdout
    assert "[[0.002], [0.1], [0.002], [0.1], [0.002], [0.1]]" in done.stdout
    assert "mindspore.nn.cosine_decay_lr(min_lr=0.01, max_lr=0.1, total_step=6" in done.stdout
    assert (tmp_path / "out" / "torch-mindspore.html").stat().st_size > 5000
    assert "timm with epochs: 9, warmup_prefix: True" in done.stdout
    assert (tmp_path / "out" / "one-recipe.html").stat().st_size > 5000


BAD: list[tuple[str, ...]] = [
    ("frobnicate",),
    ("show",),
    ("show", ""),
    ("show", "CosineAnnealingLR"),
    ("show", "CosineAnnealingLR(T_max=10"),
    ("show", "CosineAnnealingLR(T_max=10)"),
    ("show", "CosineAnnealingLR(T_max=10)", "--lr", "fast"),
    ("show", "CosineAnnealingLR(T_max=10)", "--lr", "-0.1"),
    ("show", "CosineAnnealingLR(T_max=10)", "--lr", "nan"),
    ("show", "CosineAnnealingLR(T_max=10)", "--lr", "inf"),
    ("show", "CosineAnealingLR(T_max=10)", "--lr", "0.1"),
    ("show", "CosineAnnealingLR(Tmax=10)", "--lr", "0.1"),
    ("show", "CosineAnnealingLR(T_max=0)", "--lr", "0.1"),
    ("show", "CosineAnnealingLR(T_max=None)", "--lr", "0.1"),
    ("show", "CosineAnnealingLR(T_max='4')", "--lr", "0.1"),
    ("show", "CosineAnnealingLR(T_max=10, last_epoch=3)", "--lr", "0.1"),
    ("show", "CosineAnnealingLR(T_max=epochs)", "--lr", "0.1"),
    ("show", "CosineAnnealingLR(T_max=10**10**10)", "--lr", "0.1"),
    ("show", "CosineAnnealingLR(T_max=__import__('os').getpid())", "--lr", "0.1"),
    ("show", "cosine_decay_lr(0, 0.1, 6, 2, 2)"),
    ("show", "cosine_decay_lr(0.01, 1, 6, 2, 2)"),
    ("show", "cosine_decay_lr(0.01, 0.1, 6.0, 2, 2)"),
    ("show", "cosine_decay_lr(0.01, 0.1, True, 2, 2)"),
    ("show", "cosine_decay_lr(0.01, 0.1, -6, 2, 2)"),
    ("show", "cosine_decay_lr(0.01, 0.1, 6, 0, 2)"),
    ("show", "cosine_decay_lr(0.1, 0.1, 6, 2, 2)"),
    ("show", "cosine_decay_lr(0.2, 0.1, 6, 2, 2)"),
    ("show", "cosine_decay_lr(-0.01, 0.1, 6, 2, 2)"),
    ("show", "cosine_decay_lr(float('nan'), 0.1, 6, 2, 2)"),
    ("show", "cosine_decay_lr(0.01, float('inf'), 6, 2, 2)"),
    ("show", "cosine_decay_lr(0.01, 0.1, 6, 2)"),
    ("show", "cosine_decay_lr(0.01, 0.1, 6, 2, 2, 2)"),
    ("show", "CosineDecayLR(0.01, 0.1, 4.0)"),
    ("show", B, "--lr", "0.1"),
    ("show", B, "--updates", "0"),
    ("show", B, "--updates", "-3"),
    ("show", B, "--updates", "ten"),
    ("show", B, "--updates", "1.5"),
    ("show", B, "--updates", str(10**12)),
    ("show", B, "--epochs", "3"),
    ("show", B, "--epochs", "3", "--updates-per-epoch", "0"),
    ("show", B, "--updates", "5", "--epochs", "3", "--updates-per-epoch", "2"),
    ("show", B, "--step-every", "epoch"),
    ("show", B, "--step-every", "batches"),
    ("show", B, "--world-size", "2"),
    ("compare", B, B, "--world-size", "2"),
    ("show", B, "--set", "x"),
    ("show", B, "--set", "1x=3"),
    ("show", B, "--set", "x=y"),
    ("show", B, "--set", "x="),
    ("show", B, "--set", "x=open('pwned')"),
    ("show", B, "--dialect", "mxnet"),
    ("show", B, "--plot", "plot.gif"),
    ("show", B, "--plot", "plot"),
    ("show", B, "--plot", "nowhere/plot.html"),
    ("show", B, "--plot", "folder.html"),
    ("show", B, "--plot", "around.html"),
    ("show", B, "--plot", "astray.html"),
    ("show", B, "--plot", "full.html"),
    ("show", B, "--jsonn"),
    ("show", "@nowhere.txt"),
    ("show", "@."),
    ("show", "@binary.txt"),
    ("show", "@zeros.txt"),
    ("show", "@long.txt"),
    ("show", "@/dev/zero"),
    ("show", B, "--metrics", "/dev/zero:1"),
    ("show", B, "--metrics", "folder.html:1"),
    ("show", "ReduceLROnPlateau()", "--lr", "0.1", "--metrics", f"log.csv:{'9' * 5000}"),
    ("show", B, "--updates", "9" * 5000),
    ("show", B, "--at", "9" * 5000),
    ("show", B, "--at", "1.5"),
    ("show", B, "--at", "-1"),
    ("show", B, "--at", ","),
    ("show", B, "--at", "5,10", "--updates", "10"),
    ("show", B, "--at", str(10**12)),
    ("show", B, "--at", "1", "--plot", "plot.html"),
    ("show", "[]"),
    ("show", "[0.1, 'x']"),
    ("compare", B),
    ("compare", "-", "-"),
    ("compare", B, B, B),
    ("compare", B, B, "--lr", "0.1"),
    ("compare", B, "CosineAnnealingLR(T_max=10)"),
    ("compare", B, "CosineAnnealingLR(SGD([{'params': p}, {'params': q}], lr=1), T_max=10)"),
    ("compare", B, A, "--tolerance", "-1"),
    ("compare", B, A, "--tolerance", "nan"),
    ("compare", B, A, "--updates", str(10**10)),
    ("compare", "@nowhere.txt", A),
    ("convert", A),
    ("convert", A, "--to", "mxnet"),
    ("convert", A, "--to", ""),
    ("convert", "CosineAnnealingLR(T_max=0)", "--lr", "0.1", "--to", "mindspore"),
    ("convert", A, "--to", "mindspore", "--updates", str(10**12)),
    ("dialects", "mxnet"),
    ("mapping",),
    ("mapping", "torch"),
    ("mapping", "torch", "mxnet"),
    ("mapping", "torch", "mindspore", "tango"),
    ("mapping", "torch", "mindspore", "StepLR(30)"),
    ("mapping", "torch", "mindspore", "StepLR", "--lr", "0.1"),
    ("mapping", "torch", "mindspore", "--output", "nowhere/page.md"),
    ("demo", "--output", "binary.txt"),
    ("demo", "--output", "binary.txt/deeper"),
]


@pytest.mark.parametrize("arguments", BAD, ids=lambda a: " ".join(a)[:70])
def test_bad_input_gets_one_line_and_status_2(
    arguments: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "zeros.txt").write_bytes(bytes(100))
    (tmp_path / "long.txt").write_text(f"{A}{' ' * 2**20}")
    (tmp_path / "log.csv").write_text("1\n2\n")
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "around.html").symlink_to("around.html")
    (tmp_path / "astray.html").symlink_to("nowhere/plot.html")
    (tmp_path / "full.html").symlink_to("/dev/full")
    before = sorted(p.name for p in tmp_path.iterdir())
    status = command_line(list(arguments))
    out, error = capsys.readouterr()
    assert (status, out) == (2, "")
    assert error.startswith("isorate: ")
    assert error.count("\n") == 1
    assert len(error) < 1100
    assert "internal error" not in error
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_a_failed_picture_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "plot.html"
    path.write_text("before")
    done = isorate("compare", A, B, "--updates", str(2 * 10**6), "--plot", str(path))
    assert done.returncode == 2
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["plot.html"]


def test_help_names_every_command() -> None:
    shown = isorate("--help").stdout
    for command in ("show", "compare", "convert", "dialects", "mapping", "demo"):
        assert command in shown
        assert isorate(command, "--help").returncode == 0
        assert isorate(command, "--help").stdout.isascii()
    assert isorate("--version").stdout.startswith("isorate, version ")
    assert isorate("-V").stdout == isorate("--version").stdout
    bare = isorate()
    assert (bare.returncode, bare.stdout, bare.stderr) == (0, isorate("--help").stdout, "")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("comprae", A, B), "there is no command 'comprae', did you mean compare?"),
        (("StepLR(3)",), "isorate show CALL"),
        (("show", "StepLR(3)", "--lr", "0.1", "--dialect", "pytorch"), "did you mean torch?"),
        (("convert", A, "--to", "Mindspor"), "did you mean mindspore?"),
        (("convert", A, "--to", "megatrn"), "did you mean megatron?"),
        (("mapping", "torch", "mindspor"), "did you mean mindspore?"),
        (("mapping", "torch", "mindspore", "StepL"), "did you mean MultiStepLR or StepLR?"),
        (("show", A, "--update", "3"), "--updates"),
    ],
)
def test_what_is_mistyped_is_told_what_is_near(arguments: tuple[str, ...], says: str) -> None:
    done = isorate(*arguments)
    assert done.returncode == 2
    assert says in done.stderr


def test_bash_completes_commands_and_options() -> None:
    def completed(words: str, at: int) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", "from isorate.cli import main; main()"],
            env={
                **ENVIRONMENT,
                "_ISORATE_COMPLETE": "bash_complete",
                "COMP_WORDS": words,
                "COMP_CWORD": str(at),
            },
            capture_output=True,
            text=True,
            check=True,
        )
        return [line.partition(",")[2] for line in done.stdout.splitlines()]

    assert completed("isorate co", 1) == ["compare", "convert"]
    assert completed("isorate show x --step-every ", 4) == ["update", "epoch", "batch"]
    assert "--accelerate" in completed("isorate show --a", 2)


def test_rates_of_groups_with_commas() -> None:
    status, shown = document("show", "StepLR(2)", "--lr", "0.1,0.01", "--updates", "3")
    assert status == 0
    assert shown["rates"] == [[0.1, 0.1, 0.010000000000000002], [0.01, 0.01, 0.001]]
    status, compared = document(
        "compare", "StepLR(2)", "ExponentialLR(0.9)", "--lr", "0.1,0.01", "--updates", "3"
    )
    assert (status, compared["first_difference"]) == (1, 1)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"
    path.write_text("epoch, val_loss\n1,1.0\n2,0.9\n3,0.95\n4,0.95\n")
    return path


def test_a_metric_from_a_file(log: Path) -> None:
    for column in ("val_loss", "2"):
        status, shown = document(
            "show", "ReduceLROnPlateau(patience=0)", "--lr", "0.1", "--metrics", f"{log}:{column}"
        )
        assert status == 0
        assert shown["rates"] == [0.1, 0.1, 0.1, 0.010000000000000002, 0.0010000000000000002]


@pytest.mark.parametrize(
    ("metrics", "says"),
    [
        ("{log}", "FILE:COLUMN"),
        ("{log}:loss", "has no column 'loss'"),
        ("{log}:3", "has no column '3'"),
        ("{log}.gone:1", "no such file"),
        ("{log}:epoch", "the metric ends before the run"),
    ],
)
def test_a_metric_that_cannot_be_read(log: Path, metrics: str, says: str) -> None:
    result = isorate(
        *("show", "ReduceLROnPlateau()", "--lr", "0.1", "--updates", "9"),
        *("--metrics", metrics.format(log=log)),
    )
    assert result.returncode == 2
    assert says in result.stderr
    assert result.stderr.count("\n") == 1


ACCELERATE = ("--accelerate", "2", "--accumulation", "3", "--batches-per-epoch", "7")


def test_accelerate_on_two_processes() -> None:
    call = "CosineAnnealingLR(T_max=10)"
    status, shown = document("show", call, "--lr", "0.1", "--epochs", "2", *ACCELERATE)
    run = Run(epochs=2, accelerate=2, accumulation=3, batches_per_epoch=7)
    assert status == 0
    assert shown["rates"] == simulate(read(call, lr=0.1), run).values.tolist()
    split = document("show", call, "--lr", "0.1", "--epochs", "2", *ACCELERATE, "--split-batches")
    alone = simulate(read(call, lr=0.1), Run(6))
    assert split[1]["rates"] == alone.values.tolist()
    printed = isorate("show", call, "--lr", "0.1", "--updates", "8", *ACCELERATE).stdout
    assert "by Accelerate, 2 steps at a time" in " ".join(printed.split())


def test_a_comparison_under_accelerate() -> None:
    sides = (A, "cosine_decay_lr(0.01, 0.1, 6, 1, 1)")
    status, result = document("compare", *sides, "--updates", "6", "--accelerate", "2")
    assert (status, result["verdict"], result["first_difference"]) == (1, "diverge", 2)
    assert document("compare", *sides, "--updates", "6")[1]["first_difference"] == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--split-batches",), "--split-batches needs --accelerate N, the number of processes"),
        (("--accelerate", "0"), "accelerate is out of range"),
        (("--accumulation", "-1"), "accumulation is out of range"),
        (
            ("--batches-per-epoch", "7", "--updates-per-epoch", "8"),
            "--updates-per-epoch and --batches-per-epoch disagree",
        ),
    ],
)
def test_runs_under_accelerate_that_cannot_be(options: tuple[str, ...], says: str) -> None:
    done = isorate("show", A, *options)
    assert done.returncode == 2
    assert done.stdout == ""
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_world_size_asks_who_steps_and_both_answers_work() -> None:
    """Plain data parallelism steps once an update on every process, Accelerate N times."""
    call = ("CosineAnnealingLR(T_max=8)", "--lr", "0.1", "--updates", "8")
    for spelled in ("--world-size", "--world_size"):
        refused = isorate("show", *call, spelled, "2")
        assert refused.returncode == 2
        assert "does not say who steps the scheduler" in refused.stderr
    hint = re.search(
        r"\((--\S+ \S+) where Accelerator.prepare wrapped it; (--\S+ \S+) where each steps its own",
        refused.stderr,
    )
    assert hint is not None
    read_back = read("CosineAnnealingLR(T_max=8)", lr=0.1)
    for options, run in ((hint[1].split(), Run(8, accelerate=2)), (hint[2].split(), Run(8))):
        shown = document("show", *call, *options)[1]["rates"]
        assert shown == simulate(read_back, run).values.tolist()


def test_batches_of_an_epoch_are_each_processs_own_unless_they_are_dealt_out() -> None:
    options = ("show", A, "--epochs", "2", "--batches-per-epoch", "8", "--accumulation", "2")
    assert len(document(*options)[1]["rates"]) == 8
    assert len(document(*options, "--accelerate", "2")[1]["rates"]) == 4
    assert len(document(*options, "--processes", "2")[1]["rates"]) == 4


def test_code_is_all_that_is_printed() -> None:
    steps = "StepLR(SGD(params, lr=0.1), 30)"
    done = isorate("convert", steps, "--to", "torch", "--code")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "import torch\n\noptimizer = torch.optim.SGD(params, lr=0.1)\n"
        "scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=30)\n"
    )
    done = isorate(
        "convert", "cosine_decay_lr(0.0, 0.1, 100, 10, 10)", "--to", "tensorflow", "--code"
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("isorate: there is no way to say it in tensorflow")
    done = isorate("convert", steps, "--to", "torch", "--code", "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "leave one of them away" in done.stderr


def test_what_is_told_of_a_trainer_s_run_where_none_is() -> None:
    done = isorate("show", "StepLR(3)", "--lr", "0.1", "--examples", "100")
    assert done.returncode == 2
    assert "--examples: no trainer is read that counts its updates by it" in done.stderr


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("isorate mapping tor", "plain,torch"),
        ("isorate convert x --to maxt", "plain,maxtext"),
        ("isorate show x --as verl-", "plain,verl-critic\nplain,verl-sft"),
        ("isorate show run", "file,run"),
        ("isorate check run", "file,run"),
        ("isorate show x --values va", "file,va"),
    ],
)
def test_a_shell_completes_names_and_files(words: str, completed: str) -> None:
    at = str(words.count(" "))
    done = isorate(_ISORATE_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=at)
    assert (done.returncode, done.stdout.strip()) == (0, completed)


def test_a_configuration_beside_a_text_leaves_it_the_names_that_are_its_own(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("learning_rate: 0.1\nlr_scheduler_type: constant\nmax_steps: 9\n")
    call = "StepLR(SGD(p, lr=args.lr), len(loader))"
    told = ("--set", "args.lr=0.1", "--set", "len(loader)=9")
    assert isorate("compare", str(config), call, *told).returncode == 0
    assert isorate("compare", call, str(config), *told, "--set", "warmup_steps=0").returncode == 0
    done = isorate("compare", call, str(config), *told, "--set", "warmup_step=0")
    assert (done.returncode, "did you mean warmup_steps?" in done.stderr) == (2, True)
