"""Does a log follow its recipe: by the digits that were printed, whatever its steps count."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from isorate import Recipe, Run, check, check_all, read, read_log
from isorate.checking import evidence
from isorate.checking.arguments import numbers
from isorate.checking.evidence import aligned
from isorate.checking.verdict import Finding
from isorate.cli._commands import run
from isorate.comparison import TOLERANCE
from isorate.given import configured
from isorate.logs.log import Log, Rates
from isorate.schedule.errors import IsorateError, RunError

pytest_plugins = ("pytester",)

SGD = "torch.optim.SGD(params, lr=0.1)"
RECIPES = {
    "cosine": f"torch.optim.lr_scheduler.CosineAnnealingLR({SGD}, 100, 0.001)",
    "steps": f"torch.optim.lr_scheduler.StepLR({SGD}, 30)",
    "milestones": f"torch.optim.lr_scheduler.MultiStepLR({SGD}, [30, 80])",
    "exponential": f"torch.optim.lr_scheduler.ExponentialLR({SGD}, 0.97)",
    "one cycle": f"torch.optim.lr_scheduler.OneCycleLR({SGD}, 0.1, 120)",
    "polynomial": f"torch.optim.lr_scheduler.PolynomialLR({SGD}, 100, 2.0)",
    "warm": f"transformers.get_cosine_schedule_with_warmup({SGD}, 10, 100)",
    "line": f"transformers.get_linear_schedule_with_warmup({SGD}, 7, 100)",
    "joined": "torch.optim.lr_scheduler.SequentialLR(o := torch.optim.SGD(params, lr=0.1), "
    "[torch.optim.lr_scheduler.LinearLR(o, 0.1, total_iters=5), "
    "torch.optim.lr_scheduler.CosineAnnealingLR(o, 95)], [5])",
    "optax": "optax.warmup_cosine_decay_schedule(0.0, 1e-3, 10, 100, 1e-4)",
    "list": "mindspore.nn.cosine_decay_lr(0.001, 0.1, 100, 10, 8)",
}


def printed(values: Any, digits: int | None) -> tuple[Any, Any]:
    """Return rates as they are read from so many printed digits, and their errors."""
    if digits is None:
        return values, np.zeros(len(values))
    texts = [f"{value:.{digits - 1}e}" for value in values.tolist()]
    halves = [0.5 * 10.0 ** (int(text.partition("e")[2]) - digits + 1) for text in texts]
    return np.array([float(text) for text in texts]), np.array(halves)


def log(
    values: Any, *, steps: Any = None, offsets: tuple[int, ...] = (0,), digits: int | None = None,
    single: bool = False, counts: Any = "update",
) -> Log:  # fmt: skip
    rows = np.asarray(values, np.float64).reshape(-1, np.shape(values)[-1])
    at = np.arange(rows.shape[1]) if steps is None else np.asarray(steps)
    groups = []
    for index, row in enumerate(rows):
        held = row.astype(np.float32).astype(np.float64) if single else row
        read_back, errors = printed(held, digits)
        dtype = "float32" if single else "float64"
        groups.append(Rates(f"lr{index}", at.astype(np.int64), read_back, errors, dtype))
    return Log("log.csv", "CSV", tuple(groups), offsets, counts)


def rates(text: str, updates: int = 100, run: Run | None = None) -> Any:
    recipe = Recipe(read(text).call, run or Run())
    return recipe.lasting(updates).curve.values.astype(np.float64)


def found(values: Any, text: str, run: Run | None = None, **told: Any) -> Finding:
    return check(log(values, **told), text, run)


@given(
    text=st.sampled_from(sorted(RECIPES.values())),
    start=st.integers(0, 30),
    every=st.integers(1, 20),
    updates=st.integers(1, 160),
    offset=st.sampled_from([0, 1]),
    digits=st.sampled_from([None, 3, 4, 7]),
    single=st.booleans(),
)
def test_what_follows_follows_and_nothing_is_named(
    text: str, start: int, every: int, updates: int, offset: int, digits: int | None, single: bool
) -> None:
    known = rates(text, 200)
    at = np.arange(start, min(start + updates, len(known)), every)
    result = found(known[at], text, steps=at + offset, offsets=(1, 0)[:: 1 if offset else -1],
                   digits=digits, single=single)  # fmt: skip
    assert result.follows
    assert result.first.departure is None
    assert result.first.ways == ()
    assert result.first.clock.offset == offset or known[at].tolist() == known[at + 1].tolist()


CHANGES = [0.5, 2.0, 3.0, 4.0, 0.25, 0.9, 1.1, 1.01, 8.0, 1.5, 0.75, 0.1]


@pytest.mark.parametrize("name", sorted(set(RECIPES) - {"list"}))
@pytest.mark.parametrize("digits", [None, 5])
def test_every_change_of_one_argument_is_noticed_where_the_digits_can_tell(
    name: str, digits: int | None
) -> None:
    call: Any = read(RECIPES[name]).call
    known = rates(RECIPES[name])
    seen = 0
    for argument in numbers(call):
        for factor in CHANGES:
            many = argument.value if isinstance(argument.value, tuple) else (argument.value,)
            values = tuple(
                max(round(one * factor), 1) if argument.whole else one * factor for one in many
            )
            try:
                changed = argument.put(values if isinstance(argument.value, tuple) else values[0])
                other = Recipe(changed, Run(100)).curve.values
            except IsorateError:
                continue
            at = np.arange(min(len(known), len(other)))
            told, errors = printed(other[at], digits)
            room = TOLERANCE[other.dtype.name] * max(known.max(), np.abs(told).max())
            tells = np.abs(told - known[at]) > errors * evidence.TIE + room
            written = log(other[at], offsets=(0, 0), digits=digits)
            follows = aligned(written.groups, written, Recipe(call, Run(100)))[0].follows
            seen += bool(tells.any())
            assert follows != tells.any(), argument.name
    assert seen >= 12


def test_a_float32_log_is_compared_as_float32() -> None:
    known = rates(RECIPES["warm"])
    assert found(known, RECIPES["warm"], single=True).follows
    assert not found(known * (1 + 3e-7), RECIPES["warm"], single=True).follows
    assert not found(known.astype(np.float32), RECIPES["warm"]).follows


def test_a_run_that_stopped_says_how_far_it_came() -> None:
    result = found(rates(RECIPES["warm"])[:14], RECIPES["warm"], Run(100))
    assert result.sentence == "Follows, to update 14 of 100: all 14 rates agree."
    assert result.first.early
    assert not found(rates(RECIPES["warm"])[9::10], RECIPES["warm"], Run(100),
                     steps=np.arange(9, 100, 10)).first.early  # fmt: skip


def test_rows_that_hold_the_next_rate_are_told() -> None:
    result = found(rates(RECIPES["cosine"], 101)[1:], RECIPES["cosine"])
    assert result.follows
    assert "where a row holds the next update's rate" in result.sentence


def test_every_group_is_checked_and_the_one_that_fits_is_said() -> None:
    text = (
        "torch.optim.lr_scheduler.CosineAnnealingLR(torch.optim.SGD([{'params': p}, "
        "{'params': q, 'lr': 0.01}], lr=0.1), 100)"
    )
    known = rates(text)
    assert found(known, text).follows
    assert found(known[1], text).first.groups == (1,)
    assert found(known.mean(axis=0), text).first.groups == (-1,)
    wrong = known.copy()
    wrong[1, 60:] *= 2
    result = found(wrong, text)
    assert result.first.departure is not None
    assert (result.first.departure.update, result.first.departure.group) == (60, "lr1")


def test_a_log_of_epochs_needs_to_know_how_long_one_is() -> None:
    text = RECIPES["cosine"]
    by_epoch = rates(text, 100, Run(step_every="epoch", updates_per_epoch=5))
    loop = Run(step_every="epoch", updates_per_epoch=5)
    assert found(by_epoch[::5], text, loop, counts="epoch").follows
    assert found(rates(text)[:20], text, counts="epoch").follows  # a step of the schedule each
    with pytest.raises(RunError, match="--updates-per-epoch"):
        found(by_epoch[::2], text, counts="epoch")
    known = rates(text)
    means = known.reshape(-1, 10).mean(axis=1)
    result = found(means, text, Run(updates_per_epoch=10), counts="epoch")
    assert result.first.clock.mean
    assert found(known[9::10], text, Run(updates_per_epoch=10), counts="epoch").follows


def test_samples_and_rows_are_counted_as_they_come_out() -> None:
    known = rates(RECIPES["line"])
    at = np.arange(4, 100, 5)
    assert found(known[at], RECIPES["line"], steps=at * 32, counts="sample").first.clock.per == 32
    result = found(known[9::10], RECIPES["line"], offsets=(-9,), counts="row")
    assert result.first.clock.each == 10


def test_batches_are_counted_as_updates_take_them() -> None:
    known = rates(RECIPES["line"])
    at = np.arange(10, 240, 10)
    used = known[at // 3 - 1]
    result = found(used, RECIPES["line"], steps=at, offsets=(1,), counts="batch")
    assert result.sentence.endswith("agree, where an update takes 3 batches.")
    told = {"steps": at, "offsets": (1,), "counts": "batch"}
    assert found(used, RECIPES["line"], Run(accumulation=3), **told).follows
    assert not found(used, RECIPES["line"], Run(accumulation=4), **told).follows


def test_a_recipe_is_gone_through_once_for_all_ways_of_counting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone: list[Any] = []
    real = evidence.rates_at

    def counted(*told: Any) -> Any:
        gone.append(told)
        return real(*told)

    monkeypatch.setattr(evidence, "rates_at", counted)
    written = log(rates(RECIPES["line"]) * 1.7, counts="row")
    assert len(list(evidence.clocks(written, read(RECIPES["line"])))) > 30
    assert not aligned(written.groups, written, read(RECIPES["line"]))[0].follows
    assert len(gone) == 2


def test_skips_that_a_log_prints_are_left_out() -> None:
    path = LOGS / "deepspeed" / "log.txt"
    text = (
        "deepspeed.runtime.lr_schedules.WarmupDecayLR(torch.optim.SGD(params, lr=0.01), "
        "total_num_steps=40, warmup_max_lr=0.01, warmup_num_steps=5)"
    )
    result = check(path, text, 40)
    assert result.sentence == "Follows, to update 38 of 40: all 21 rates agree."
    assert "3 updates were skipped" in result.log.notes[-1]
    assert result.first.clock.said("update") == (
        "step s is update s - the updates skipped so far, from 0"
    )
    known = Recipe(read(text).call, Run(41)).curve.values
    (group,) = result.log.groups
    stepped = replace(
        group, values=known[group.steps].astype(np.float64)
    )  # a scheduler that is stepped all the same
    other = check(replace(result.log, groups=(stepped,)), text, 40)
    assert other.sentence == (
        "Follows, to update 40 of 40: all 21 rates agree, the last of them being that of an update "
        "more."
    )
    assert not check(path, text.replace("=40", "=41"), 40).follows


def test_runs_in_one_file_are_found_and_judged_one_by_one() -> None:
    known = rates(RECIPES["warm"])[:50]
    steps = np.concatenate([np.arange(50), np.arange(50), np.arange(20, 50)])
    result = found(np.concatenate([known, 2 * known, known[20:]]), RECIPES["warm"], steps=steps)
    assert [(part.rows, part.follows) for part in result.parts] == [
        ((1, 50), True), ((51, 100), False), ((101, 130), True)
    ]  # fmt: skip
    assert result.first.ways[0].arguments == {"factor": 2.0}


def test_what_none_of_the_ways_explains_is_said_to_be_so() -> None:
    noise = rates(RECIPES["warm"]) * np.random.default_rng(1).uniform(0.5, 1.5, 100)
    result = found(noise, RECIPES["warm"])
    assert result.first.ways == ()
    assert "none of the known ways" in result.sentence


def test_a_log_whose_count_nothing_tells_is_explained_by_the_count_that_does() -> None:
    # its rows hold the next update's rate, and its processes were four: 147 / 4 and 4875 / 4
    text = "transformers.get_cosine_schedule_with_warmup(SGD(p, lr=2e-5), {}, {})"
    run = log(rates(text.format(37, 1218), 40)[1:], steps=range(1, 40), offsets=(1, 0))
    part = check(run, text.format(147, 4875)).first
    assert part.clock.offset == 0
    assert [fit.arguments for fit in part.ways if fit.way == "horizon"] == [{"ratio": 1 / 4}]


def test_no_scaler_skips_an_epoch() -> None:
    values = {"lr0": 0.01, "optimizer": "SGD", "epochs": 9, "batch": 16, "close_mosaic": 0}
    facts = {"examples": 640}
    early, late = (
        configured({**values, "ultralytics_version": each}, None, facts) for each in ("8.1", "8.3")
    )
    seen = np.array(list(check(log(np.ones(9), counts="epoch"), early).first.alignment.rates))  # type: ignore[union-attr]
    part = check(log(seen[:1], counts="epoch"), late).first
    assert not part.follows
    assert [fit.way for fit in part.ways] == ["resume"]
    assert "from epoch 4 on" in part.ways[0].text


def test_a_step_that_no_run_has_is_refused() -> None:
    with pytest.raises(RunError, match="beyond any run's: required at most 100,000,000"):
        check(log([0.1, 0.1], steps=[1, 777_777_777]), RECIPES["cosine"])


def test_one_rate_speaks_for_no_way() -> None:
    result = found(np.array([0.1]), RECIPES["cosine"], steps=[3])
    assert not result.follows
    assert result.first.ways == ()


def test_rates_that_are_none_depart() -> None:
    broken = rates(RECIPES["warm"]).copy()
    broken[70] = np.nan
    result = found(broken, RECIPES["warm"])
    assert result.first.departure is not None
    assert result.first.departure.update == 70


def test_a_clock_that_leads_past_the_metrics_is_none() -> None:
    text = f"torch.optim.lr_scheduler.ReduceLROnPlateau({SGD}, 'min', patience=1)"
    loop = Run(60, step_every="epoch", updates_per_epoch=10, metrics=[1.0] * 6)
    result = found([0.1, 0.1, 0.05, 0.05, 0.025, 0.025], text, loop, counts="epoch")
    assert result.sentence.startswith("Departs at update 20: 0.05 is logged, the recipe has 0.1,")


def test_a_rate_beyond_all_multiples_is_none_of_them() -> None:
    assert not found(np.full(20, 1e308), f"LambdaLR({SGD}, lambda t: 1e-9 * (t + 1))").follows


def test_no_step_before_the_first_is_asked_for() -> None:
    assert not found([0.2, 0.3, 0.5], RECIPES["warm"], steps=[0, 1, 2]).follows


def test_an_epoch_whose_updates_were_skipped_is_over_all_the_same() -> None:
    text = f"torch.optim.lr_scheduler.StepLR({SGD}, 1, 0.5)"
    loop = Run(60, step_every="epoch", updates_per_epoch=10)
    rates_of_pairs = [0.1 * 0.5 ** (epoch // 2) for epoch in range(6)]
    assert not found(rates_of_pairs, text, loop, counts="epoch").follows


def test_a_log_longer_than_any_table_is_checked(tmp_path: Path) -> None:
    text = f"torch.optim.lr_scheduler.LinearLR({SGD}, 0.5, total_iters=3000000)"
    at = np.array([0, 10, 2_500_000])
    halves = 0.05 + 0.05 * at / 3e6
    assert found(halves, text, steps=at, digits=6).follows


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = rates(RECIPES["warm"])
    path = tmp_path / "log.csv"
    rows = [f"{update},{rate!r}" for update, rate in enumerate(known.tolist())]
    path.write_text("\n".join(["step,lr", *rows]) + "\n")
    told = ["check", str(path)]
    assert run([*told, RECIPES["warm"]]) == 0
    assert capsys.readouterr().out.startswith("Follows, to update 100 of 100: all 100 rates agree.")
    other = RECIPES["warm"].replace("lr=0.1", "lr=0.2")
    assert run([*told, other]) == 1
    out = capsys.readouterr().out
    assert out.startswith("Departs at update 1: 0.01 is logged, the recipe has 0.02")
    assert max(map(len, out.splitlines())) > 80  # a pipe's lines are not folded
    assert run([*told, other, "--format", "github"]) == 1
    assert capsys.readouterr().out.startswith(f"::error file={path},title=isorate check::Departs")
    assert run([*told, other, "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["parts"][0]["departure"]["update"] == 1
    plot = tmp_path / "plot.html"
    assert run([*told, other, "--plot", str(plot)]) == 1
    assert "log" in plot.read_text()
    config = tmp_path / "args.yaml"
    config.write_text("learning_rate: 0.1\nlr_scheduler_type: cosine\nmax_steps: 100\n")
    assert run([*told, str(config)]) == 1
    config.write_text(f"{config.read_text()}warmup_steps: 10\n")
    assert run([*told, str(config)]) == 0
    config.write_text("learning_rate: [0.1\n")
    capsys.readouterr()
    assert run([*told, str(config)]) == 2
    assert "cannot read args.yaml: it is not YAML: " in capsys.readouterr().err
    assert run(["check", str(tmp_path / "none.csv"), other]) == 2
    assert run(told) == 2
    assert "no configuration" in capsys.readouterr().err


LOGS = Path(__file__).parent / "logs"


@pytest.mark.parametrize("name", ["events.out.tfevents.1.0", "run.wandb", "mlflow.db"])
def test_a_run_that_carries_its_configuration_needs_no_recipe(name: str) -> None:
    path = LOGS / "transformers" / name
    with pytest.raises(IsorateError, match="--examples"):
        check(path)
    assert check(path, facts={"examples": 200}).sentence == (
        "Follows, to update 50 of 50: all 25 rates agree."
    )
    if name == "run.wandb":
        assert not check(path, facts={"examples": 403}).follows


def test_a_state_says_how_long_its_run_was_to_be() -> None:
    state = read_log(LOGS / "transformers" / "trainer_state.json")
    assert state.planned == 50
    carried = replace(
        state, config=read_log(LOGS / "transformers" / "events.out.tfevents.1.0").config
    )
    assert check(carried).sentence == "Follows, to update 50 of 50: all 25 rates agree."
    assert not check(replace(carried, planned=51)).follows
    assert not check(carried, facts={"examples": 403}).follows  # what is told comes first


def test_what_a_configuration_leaves_open_the_log_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, plan = tmp_path / "trainer_log.jsonl", tmp_path / "sft.yaml"
    known = rates("transformers.get_scheduler('cosine', SGD(params, lr=0.1), 5, 50)", 50)
    row = '{{"current_steps": {}, "total_steps": 50, "lr": {}, "epoch": 1.0}}\n'
    log.write_text("".join(row.format(k, float(known[k])) for k in range(5, 50, 5)))
    own = "stage: sft\nfinetuning_type: lora\ncutoff_len: 512\nlearning_rate: 0.1\n"
    plan.write_text(f"{own}lr_scheduler_type: cosine\nwarmup_ratio: 0.1\nnum_train_epochs: 3\n")
    assert read_log(log).planned == 50
    assert run(["check", str(log), str(plan)]) == 0
    # in Python it is the same, whatever is told beside, and in a folder each run has its own length
    values = yaml.safe_load(plan.read_text())
    for meant in (plan, values):
        assert check(log, meant).recipe.run.updates == 50
        assert not check(log, meant, facts={"max_steps": 60}).follows
        assert "Follows" in str(next(check_all([log], meant))[1])
    for name, planned in (("a", 50), ("b", 60)):
        other = tmp_path / "runs" / name / "trainer_log.jsonl"
        other.parent.mkdir(parents=True)
        other.write_text(log.read_text().replace('_steps": 50', f'_steps": {planned}'))
    capsys.readouterr()
    assert run(["check", str(tmp_path / "runs"), str(plan)]) == 1
    assert "1 follow, 1 depart" in capsys.readouterr().out
    log.write_text(log.read_text() + row.format(55, 0.0).replace("50", "60"))
    assert read_log(log).planned is None
    assert run(["check", str(log), str(plan)]) == 2


def test_one_update_that_float16_skipped_is_no_fault(tmp_path: Path) -> None:
    known = rates(RECIPES["warm"])
    lagging = np.concatenate([known[:60], known[59:99]])
    args = tmp_path / "training_args.bin"
    for kept, follows in ((None, False), ({"fp16": True}, True), ({"fp16": False}, False)):
        args.write_bytes(pickle.dumps(kept))
        beside = str(args) if kept else None
        result = check(replace(log(lagging), beside=beside), RECIPES["warm"])
        assert result.follows == follows, kept
    flags = "--learning_rate 0.1 --warmup_steps 10 --max_steps 100"
    card = tmp_path / "README.md"
    for half, follows in (("Native AMP", True), ("", False)):
        head = "The following hyperparameters were used during training:"
        listed = "- learning_rate: 0.1\n- lr_scheduler_warmup_steps: 10\n- training_steps: 100"
        card.write_text(f"{head}\n{listed}\n- lr_scheduler_type: cosine\n"
                        f"- mixed_precision_training: {half}\n")  # fmt: skip
        assert check(log(lagging), card).follows == follows, half
        told = f"train.py {flags} --lr_scheduler_type cosine {'--fp16' if half else '--bf16'}"
        assert check(log(lagging), configured(told)).follows == follows, told


def test_a_length_that_no_float_holds_is_no_error() -> None:
    known = rates(RECIPES["line"])
    scheduler = {
        "_target_": "diffusers.optimization.get_linear_schedule_with_warmup",
        "num_warmup_steps": 20,
        "num_training_steps": int("1" * 400),
    }
    optimizer = {"_target_": "torch.optim.Adam", "_partial_": True, "lr": 0.001}
    values = {"step_every": "update", "optimizer": optimizer, "lr_scheduler": scheduler}
    assert not check(log(known), configured(values, "hydra", {"max_steps": 50})).follows


def test_many_runs_are_checked_each_by_itself() -> None:
    from concurrent.futures import ProcessPoolExecutor

    runs = [LOGS / "wrong" / name for name in ("stopped_early.csv", "none.csv", "once_less.csv")]
    with ProcessPoolExecutor(1) as executor:
        for told in (executor, None):
            found = list(check_all(runs, RECIPES["warm"], executor=told))
            assert [path for path, _ in found] == list(map(str, runs))
            first, second, third = (each for _, each in found)
            assert isinstance(first, Finding)
            assert isinstance(third, Finding)
            assert (first.verdict, third.verdict) == ("follows", "departs")
            assert "no such file" in str(second)


def test_the_fixture_fails_a_test_whose_run_departs(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        f"""
        import pytest

        @pytest.mark.parametrize("name", ["stopped_early.csv", "once_less.csv"])
        def test_run(isorate_check, name):
            assert isorate_check({str(LOGS / "wrong")!r} + "/" + name, {RECIPES["warm"]!r}).follows
        """
    )
    # as the entry point does where it is installed
    pytester.makeconftest("from isorate.pytest_plugin import isorate_check")
    result = pytester.runpytest("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*once_less.csv: Departs at update 1: *"])
