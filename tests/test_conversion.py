"""Converting: every way, measured, with what it loses; or the reason there is none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isorate import Conversion, ConvertError, Run, compare, conversion, convert, simulate
from isorate.conversion import Way
from isorate.dialects.torch.compositions import SequentialLR
from isorate.kit.call import Call, Lift
from isorate.kit.match import Refusal
from isorate.schedule.combinators import Groups, Join
from isorate.schedule.shapes import Constant, Cosine, Linear
from tests.calls import read

TORCH = "CosineAnnealingLR(SGD(p, lr=0.1), T_max={}, eta_min={})"
EPOCHS = Run(epochs=3, updates_per_epoch=2, step_every="epoch")


def way(result: Conversion, name: str) -> Way:
    found = [w for w in result.ways if w.call.card.name == name]
    assert found, (name, [w.call.card.name for w in result.ways])
    return found[0]


def test_torch_to_the_list_inside_one_half_period() -> None:
    result = convert(TORCH.format(100, 0.001), to="mindspore", run=Run(100))
    best = result.ways[0]
    assert best.code == (
        "mindspore.nn.cosine_decay_lr("
        "min_lr=0.001, max_lr=0.1, total_step=101, step_per_epoch=1, decay_epoch=100)"
    )
    assert best.comparison.verdict == "equal"
    losses = " ".join(best.losses)
    assert "would never reach min_lr" in losses
    assert "removed after version 2.9.0" in losses
    assert "isorate.mindspore.cosine_decay_lr" in losses


def test_torch_to_the_list_past_the_half_period() -> None:
    result = convert(TORCH.format(100, 0.001), to="mindspore", run=Run(300))
    listed = way(result, "mindspore.nn.cosine_decay_lr")
    assert listed.comparison.first_difference == 101
    assert any("from update 101 on it holds its end" in loss for loss in listed.losses)
    assert result.ways[0].comparison.equal
    assert way(result, "isorate.mindspore.ScheduleLR").comparison.equal


def test_no_factor_leads_to_a_rate_so_much_larger() -> None:
    result = convert("mindspore.nn.piecewise_constant_lr([8, 31], [5e-324, 2e-4])", to="torch")
    reason = dict(result.refusals)["torch.optim.lr_scheduler.MultiStepLR"]
    assert reason == "no factor leads from a rate to one so much larger"


def test_the_list_reaches_its_minimum() -> None:
    call: Any = convert(TORCH.format(10, 0.0), to="mindspore", run=Run(10)).ways[0].call
    assert call.total_step == 11
    assert simulate(call, Run(11)).values[-1] == 0.0


def test_torch_stepped_once_an_epoch() -> None:
    result = convert(TORCH.format(2, 0.01), to="mindspore", run=EPOCHS)
    assert result.ways[0].code == (
        "mindspore.nn.cosine_decay_lr("
        "min_lr=0.01, max_lr=0.1, total_step=6, step_per_epoch=2, decay_epoch=2)"
    )
    assert result.ways[0].comparison.verdict == "identical"
    refused = dict(result.refusals)
    assert "once in 2" in refused["mindspore.nn.CosineDecayLR"]


def test_the_list_to_torch_needs_an_epoch_clock_and_a_hold() -> None:
    text = "cosine_decay_lr(0.01, 0.1, 40, 2, 10)"
    result = convert(text, to="torch", run=Run(40))
    cosine = way(result, "torch.optim.lr_scheduler.CosineAnnealingLR")
    assert cosine.run.step_every == "epoch"
    assert cosine.run.updates_per_epoch == 2
    assert cosine.comparison.first_difference == 22
    assert "from update 22 on it goes back, where the schedule holds its end" in cosine.losses
    for name in ("torch.optim.lr_scheduler.LambdaLR", "isorate.torch.ScheduleLR"):
        assert way(result, name).comparison.equal
    assert result.ways[0].call.card.name == "torch.optim.lr_scheduler.LambdaLR"


def test_to_the_experimental_class_is_nan_when_long() -> None:
    short = convert(TORCH.format(100, 0.0), to="mindspore", run=Run(100))
    name = "mindspore.experimental.optim.lr_scheduler.CosineAnnealingLR"
    assert way(short, name).comparison.equal
    long = way(convert(TORCH.format(13000, 0.0), to="mindspore", run=Run(13100)), name)
    assert not long.comparison.equal
    assert "nan" in {reason.kind for reason in long.comparison.reasons}
    assert "its rate is NaN from update 13000 on" in long.losses
    itself = way(convert(long.call, to="mindspore", run=Run(13100)), name)
    assert "either rate is NaN from update 13000 on" in itself.losses


def test_a_plain_list_is_always_last(monkeypatch: pytest.MonkeyPatch) -> None:
    result = convert(TORCH.format(10, 0.0), to="mindspore", run=Run(25))
    last = result.ways[-1]
    assert last.call.card.name == "mindspore.list"
    assert last.comparison.verdict == "identical"
    assert "a list of 25 rates: update 25 raises RuntimeError" in last.losses
    long = convert(TORCH.format(30_000, 0.0), to="mindspore", run=Run())
    assert "a list of 30001 rates: update 30001 raises RuntimeError" in long.ways[-1].losses
    assert long.ways[-1].comparison.verdict == "identical"
    monkeypatch.setattr(conversion, "LONGEST_LIST", 10)
    too_long = convert(TORCH.format(10, 0.0), to="mindspore", run=Run(11))
    assert "too long to write out" in dict(too_long.refusals)["mindspore.list"]


def test_a_lambda_is_said_as_what_it_means() -> None:
    hand = "LambdaLR(SGD(p, lr=1), lambda t: t / 10 if t < 10 else 0.1 + 0.45 * (1 + math.cos("
    hand += "math.pi * (t - 10) / 90)))"
    best = convert(hand, to="optax", run=Run(100)).ways[0]
    assert best.call.code == (
        "optax.warmup_cosine_decay_schedule(init_value=0.0, peak_value=1.0, warmup_steps=10, "
        "decay_steps=100, end_value=0.1)"
    )
    decayed = convert("LambdaLR(SGD(p, lr=0.1), lambda t: 0.9 ** t)", to="torch", run=Run(4))
    assert way(decayed, "torch.optim.lr_scheduler.ExponentialLR").comparison.verdict == "equal"


def test_a_lambda_is_a_formula_that_others_can_say() -> None:
    result = convert("LambdaLR(SGD(p, lr=0.1), lambda t: t**2)", to="mindspore", run=Run(4))
    names = [w.call.card.name for w in result.ways]
    assert names == [
        "mindspore.experimental.optim.lr_scheduler.LambdaLR",
        "isorate.mindspore.ScheduleLR",
        "mindspore.list",
    ]
    assert [w.comparison.verdict for w in result.ways] == ["equal", "equal", "identical"]
    itself = convert("LambdaLR(SGD(p, lr=0.1), lambda t: t**2)", to="torch", run=Run(4))
    assert way(itself, "torch.optim.lr_scheduler.LambdaLR").comparison.verdict == "identical"


def test_a_product_that_has_no_formula_can_only_be_written_out() -> None:
    varying = "MultiplicativeLR(SGD(p, lr=0.1), lambda t: t / (t + 1))"
    result = convert(varying, to="mindspore", run=Run(4))
    assert [w.call.card.name for w in result.ways] == ["mindspore.list"]
    assert result.ways[0].comparison.verdict == "identical"
    refused = dict(result.refusals)["mindspore.nn.cosine_decay_lr"]
    assert "vary" in refused


@pytest.mark.parametrize(
    ("text", "to", "name", "reason"),
    [
        (TORCH.format(10, 0.5), "mindspore", "mindspore.nn.cosine_decay_lr", "not greater"),
        (TORCH.format(2.5, 0.0), "mindspore", "mindspore.nn.cosine_decay_lr", "whole number"),
        (
            TORCH.format(2.5, 0.0),
            "mindspore",
            "mindspore.experimental.optim.lr_scheduler.CosineAnnealingLR",
            "a whole number",
        ),
        (
            "CosineAnnealingLR(SGD([{'params': p, 'lr': 0.1}, {'params': q, 'lr': 0.2}]), T_max=9)",
            "mindspore",
            "mindspore.nn.cosine_decay_lr",
            "each group by itself",
        ),
        (
            "isorate.torch.CosineAnnealingLR(SGD([{'params': p, 'lr': 0.1, 'initial_lr': 0.1}]), "
            "T_max=9, last_epoch=2)",
            "mindspore",
            "mindspore.nn.cosine_decay_lr",
            "it begins at its start",
        ),
    ],
)
def test_refusals_say_why(text: str, to: str, name: str, reason: str) -> None:
    assert reason in dict(convert(text, to=to, run=Run(20)).refusals)[name]


@pytest.mark.parametrize(
    "name",
    [
        "timm.scheduler.CosineLRScheduler",
        "mmengine.optim.scheduler.CosineAnnealingLR",
        "torch.optim.swa_utils.SWALR",
    ],
)
def test_what_cannot_be_resumed_refuses_what_begins_part_of_the_way(name: str) -> None:
    groups = "[{'params': p, 'lr': 0.1, 'initial_lr': 0.1}]"
    resumed = f"isorate.torch.CosineAnnealingLR(SGD({groups}), T_max=9, last_epoch=2)"
    found = convert(resumed, to=name.partition(".")[0], run=Run(20))
    assert dict(found.refusals)[name] == "it begins at its start, and the schedule 3 steps on"


def test_where_there_is_no_way_the_refusal_says_so() -> None:
    text = "CosineAnnealingLR(SGD([{'params': p, 'lr': 0.1}, {'params': q, 'lr': 0.2}]), T_max=9)"
    result = convert(text, to="mindspore", run=Run(9))
    names = [w.call.card.name for w in result.ways]
    assert names[0] == "mindspore.experimental.optim.lr_scheduler.CosineAnnealingLR"
    assert not any(name.startswith("mindspore.nn.") for name in names)
    groups = "SGD([{'params': p, 'lr': 0.1}, {'params': q, 'lr': 0.2}])"
    two = f"MultiplicativeLR({groups}, lambda t: t / (t + 1))"
    lists = convert(two, to="mindspore", run=Run(9))
    assert lists.ways == ()
    assert "each group by itself" in (lists.refusal or "")


def test_groups_stay_groups_where_the_target_has_them() -> None:
    text = "CosineAnnealingLR(SGD([{'params': p, 'lr': 0.1}, {'params': q, 'lr': 0.2}]), T_max=9)"
    result = convert(text, to="torch", run=Run(30))
    assert all(w.comparison.equal for w in result.ways)
    assert {w.call.groups for w in result.ways} == {2}


def test_an_unknown_target() -> None:
    with pytest.raises(ConvertError, match="unknown dialect"):
        convert(TORCH.format(10, 0.0), to="mxnet", run=Run(10))


def test_isorate_itself_is_a_target() -> None:
    result = convert(TORCH.format(10, 0.0), to="isorate", run=Run(30))
    assert all(w.call.dialect == "isorate" for w in result.ways)
    assert result.ways[0].comparison.equal


calls = st.one_of(
    st.builds(
        "CosineAnnealingLR(SGD(p, lr={}), T_max={}, eta_min={})".format,
        st.sampled_from([0.1, 1.0, 3e-4]),
        st.integers(1, 40),
        st.sampled_from([0.0, 0.001, 1e-5]),
    ),
    st.builds(
        "cosine_decay_lr({}, {}, {}, {}, {})".format,
        st.sampled_from([0.0, 0.001]),
        st.sampled_from([0.1, 1.0]),
        st.integers(1, 90),
        st.integers(1, 5),
        st.integers(1, 20),
    ),
    st.builds("CosineDecayLR(0.0, {}, {})".format, st.just(0.1), st.integers(1, 40)),
    st.builds(
        (
            "mindspore.experimental.optim.lr_scheduler.CosineAnnealingLR(SGD(p, lr=0.1), T_max={})"
        ).format,
        st.integers(1, 40),
    ),
)


@settings(max_examples=150, deadline=None)
@given(calls, st.sampled_from(["torch", "mindspore", "isorate"]), st.integers(1, 100))
def test_every_way_reads_back_and_is_in_order(text: str, to: str, updates: int) -> None:
    call = read(text)
    result = convert(call, to=to, run=Run(updates))
    assert result.ways or result.refusal
    for found in result.ways:
        assert isinstance(found.call, Call)
        assert read(found.code) == found.call
        assert found.comparison.updates == updates
        assert found.losses or found.comparison.equal or found.comparison.reasons
    ranks = [not w.comparison.equal for w in result.ways if w.call.card.name != "mindspore.list"]
    assert ranks == sorted(ranks)
    itself = [w for w in result.ways if type(w.call) is type(call)]
    if to == call.dialect and call.lower().length is None:
        assert itself[0].comparison.verdict in ("identical", "equal")


def test_a_conversion_shows_itself() -> None:
    shown = convert(TORCH.format(10, 0.0), to="mindspore", run=Run(10))._repr_html_()
    assert "cosine_decay_lr" in shown
    assert "<svg" in shown


#: What one trains with each, where nobody says how long, and how far it is measured on.
TRAINED: list[tuple[str, int, int]] = [
    ("CosineAnnealingLR(100)", 101, 202),
    (
        "SequentialLR([LinearLR(0.1, total_iters=500), CosineAnnealingLR(9500)], [500])",
        10_001,
        19_502,
    ),
    ("CosineAnnealingWarmRestarts(10, 2)", 11, 71),
    ("CyclicLR(0.01, 0.1, 4)", 9, 10),
    ("CyclicLR(0.01, 0.1, 4, 8)", 13, 37),
    ("CyclicLR(0.01, 0.1, 4, mode='triangular2')", 9, 25),
    ("OneCycleLR(0.1, total_steps=100)", 100, 102),
    ("OneCycleLR(0.1, total_steps=100, anneal_strategy='linear', three_phase=True)", 100, 102),
    ("SequentialLR([LinearLR(), OneCycleLR(0.1, total_steps=20)], [5])", 25, 27),
    ("LinearLR()", 6, 7),
    ("ConstantLR()", 6, 7),
    ("PolynomialLR(10)", 11, 12),
    ("MultiStepLR([30, 80])", 81, 82),
    ("SWALR(0.05)", 11, 12),
    ("StepLR(30)", 120, 120),
    ("ExponentialLR(0.9)", 67, 67),
    ("SequentialLR([LinearLR(), ExponentialLR(0.9)], [5])", 72, 72),
    ("ChainedScheduler([LinearLR(), CosineAnnealingLR(20)])", 21, 42),
    ("LambdaLR(lambda t: 0.9 ** t)", 67, 67),
    ("CosineAnnealingLR(10, eta_min=0.1)", 100, 100),
    ("mindspore.nn.cosine_decay_lr(0.01, 0.1, 400, 1, 100)", 400, 401),
    ("mindspore.nn.exponential_decay_lr(0.1, 0.9, 40, 1, 10)", 40, 41),
    ("[0.1, 0.2, 0.3]", 3, 4),
    ("mindspore.nn.CosineDecayLR(0.01, 0.1, 100)", 101, 102),
    ("mindspore.nn.InverseDecayLR(0.1, 9.0, 2)", 223, 223),
    ("isorate.mindspore.cosine_decay_lr(0.0, 0.1, 150, 1, 100)", 150, 151),
]


@pytest.mark.parametrize(("text", "trained", "shown"), TRAINED)
def test_a_conversion_is_measured_over_the_run_one_trains(
    text: str, trained: int, shown: int
) -> None:
    rate = None if "mindspore" in text or text.startswith("[") else 0.1
    call = read(text, lr=rate)
    result = convert(call, to=call.card.runs_in)
    assert result.run.length == trained
    assert {w.comparison.updates for w in result.ways} == {trained}
    assert compare(call, call).updates == shown


def test_the_run_one_trains_is_counted_in_updates() -> None:
    cosine = read("CosineAnnealingLR(10)", lr=0.1)
    epochs = Run(updates_per_epoch=50, step_every="epoch")
    assert convert(cosine, to="torch", run=epochs).run.length == 501
    assert convert(cosine, to="torch", run=Run(accelerate=2)).run.length == 6
    cycle = read("OneCycleLR(0.1, total_steps=20)", lr=0.1)
    assert convert(cycle, to="torch", run=epochs).run.length == 1000
    assert convert(cycle, to="torch", run=Run(accelerate=2)).run.length == 10
    assert convert("CosineAnnealingLR(SGD(p, lr=0.1), 10**7)", to="torch").run.length == 10**6


def test_exact_lists_rank_above_float32_that_only_goes_on_alike() -> None:
    text = "SequentialLR([LinearLR(0.1, total_iters=50), CosineAnnealingLR(950)], [50])"
    result = convert(read(text, lr=0.1), to="mindspore")
    assert result.run.length == 1001
    best, second = result.ways[:2]
    assert best.call.card.name == "mindspore.list_concatenation"
    assert best.comparison.equal
    assert best.comparison.b.dtype == "float64"
    assert best.after == "after update 1,000: ends, where the original climbs again"
    assert second.call.card.name.endswith("LambdaLR")
    assert second.after == (
        "after update 1,000: goes on as the original does, measured over 1,952 updates"
    )


def test_what_comes_after_is_measured() -> None:
    result = convert("CosineAnnealingLR(SGD(p, lr=0.1), 100)", to="mindspore")
    cell = way(result, "mindspore.nn.CosineDecayLR")
    assert cell.comparison.equal
    assert cell.after == "after update 100: holds, where the original climbs again"
    assert not any("goes back" in loss for loss in cell.losses)  # it is said once
    asked = way(
        convert("CosineAnnealingLR(SGD(p, lr=0.1), 100)", to="mindspore", run=101),
        "mindspore.nn.CosineDecayLR",
    )
    assert asked.after is None
    assert any("from update 101 on it holds its end" in loss for loss in asked.losses)
    listed = convert("cosine_decay_lr(0.01, 0.1, 40, 1, 40)", to="torch")
    cosine = way(listed, "torch.optim.lr_scheduler.CosineAnnealingLR")
    assert cosine.after == "after update 39: falls, where the original ends"
    # an unlike way is told by where it parts, and not by what comes after that
    short = convert("cosine_decay_lr(0.01, 0.1, 40, 1, 10)", to="torch")
    cosine = way(short, "torch.optim.lr_scheduler.CosineAnnealingLR")
    assert (cosine.comparison.verdict, cosine.after) == ("diverge", None)


def test_what_parts_later_says_from_when_on() -> None:
    text = "MultiStepLR(SGD(p, lr=0.1), [2, 4])"
    result = convert(text, to="mindspore")
    assert result.run.length == 5
    fast = convert("CyclicLR(SGD(p, lr=0.1), 0.01, 0.1, 4, 2)", to="mindspore")
    listed = way(fast, "mindspore.list")
    assert listed.after == "after update 6: ends, where the original climbs again"
    grown = convert("CosineAnnealingWarmRestarts(SGD(p, lr=0.1), 4, 2)", to="isorate")
    assert all(w.after is None or "goes on as" in w.after or "ends" in w.after for w in grown.ways)


HUGE: list[tuple[str, str]] = [
    ("MultiStepLR(SGD(p, lr=0.1), [2, 10**9])", "mindspore"),
    ("MultiStepLR(SGD(p, lr=0.1), [10**9, 10**12])", "mindspore"),
    ("StepLR(SGD(p, lr=0.1), 10**9)", "mindspore"),
    ("ConstantLR(SGD(p, lr=0.1), 0.5, 10**9)", "mindspore"),
    ("CosineAnnealingLR(SGD(p, lr=0.1), 10**9)", "mindspore"),
    ("LinearLR(SGD(p, lr=0.1), 0.001, total_iters=10**9)", "mindspore"),
    ("PolynomialLR(SGD(p, lr=0.1), 10**9, 2.0)", "mindspore"),
    ("mindspore.nn.WarmUpLR(0.1, 10**9)", "isorate"),
    ("mindspore.nn.InverseDecayLR(0.1, 0.5, 10**9)", "isorate"),
    ("mindspore.nn.ExponentialDecayLR(0.1, 0.5, 10**9, True)", "mindspore"),
    ("CyclicLR(SGD(p, lr=0.1), 0.01, 0.1, 10**9)", "mindspore"),
    ("CosineAnnealingWarmRestarts(SGD(p, lr=0.1), 10**9)", "mindspore"),
    (
        "SequentialLR(o := SGD(p, lr=0.1), [LinearLR(o, 0.5), CosineAnnealingLR(o, 10**9)], [3])",
        "mindspore",
    ),
    (
        "SequentialLR(o := SGD(p, lr=0.1), [LinearLR(o, 0.5, total_iters=10**6), "
        "CosineAnnealingLR(o, 10**9)], [10**6])",
        "mindspore",
    ),
    ('ScheduleLR(SGD(p, lr=0.1), \'{"shape":"constant","rate":0.1}\')', "mindspore"),
    ("cosine_decay_lr(0.0, 0.1, 10**9, 1, 10**9)", "isorate"),
    ("piecewise_constant_lr([3, 10**9], [0.1, 0.2])", "isorate"),
]


@pytest.mark.parametrize(("text", "to"), HUGE)
def test_no_list_is_longer_than_the_run(text: str, to: str) -> None:
    call = read(text)
    result = convert(call, to=to, run=12)
    lists = [w for w in result.ways if makes_a_list(w.call) and type(w.call) is not type(call)]
    for found in lists:
        assert found.comparison.equal
        assert found.call.lower().length in (12, 13)
        assert any("12 rates" in loss for loss in found.losses)
    assert lists or ("10**9" in text and to == "isorate")


def makes_a_list(call: Call) -> bool:
    card = call.card
    return card.clock == "update" and "length" in card.roles.values()


def test_a_list_is_one_longer_where_that_is_the_trough() -> None:
    """The usual length of steps times epochs never comes to the end."""
    for run, total in ((99, 99), (100, 101), (101, 101), (102, 102)):
        result = convert(TORCH.format(100, 0.0), to="mindspore", run=run)
        call: Any = way(result, "mindspore.nn.cosine_decay_lr").call
        assert call.total_step == total


def test_groups_that_differ_in_their_milestones_are_no_sequence() -> None:
    def warm(boundary: int) -> Join:
        return Join((Linear(0.01, 0.1, boundary), Constant(0.1)), (boundary,))

    alike = SequentialLR.lift(Groups((warm(5), warm(5))), 20)
    assert isinstance(alike, Lift)
    unlike = SequentialLR.lift(Groups((warm(5), warm(6))), 20)
    assert unlike == Refusal("the parameter groups differ in their milestones")


# --- what one pastes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "to", "expected"),
    [
        (
            "cosine_decay_lr(0.0, 0.1, 100, 10, 10)",
            "torch",
            "import torch\n\noptimizer = torch.optim.SGD(params, lr=0.1)\n"
            "scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)"
            "  # scheduler.step() once in 10 updates",
        ),
        (
            "torch.optim.lr_scheduler.StepLR(SGD(params, lr=0.1), 30)",
            "timm",
            "import timm\nimport torch\n\noptimizer = torch.optim.SGD(params, lr=0.1)\n"
            "scheduler = timm.scheduler.StepLRScheduler(optimizer, decay_t=30, decay_rate=0.1)"
            "  # scheduler.step(n) once an update, n from 1 on",
        ),
        (
            "torch.optim.lr_scheduler.CosineAnnealingLR(AdamW(params, lr=0.1, eps=1e-6), 100)",
            "mindspore",
            "import mindspore\n\nlearning_rate = mindspore.nn.cosine_decay_lr("
            "min_lr=0.0, max_lr=0.1, total_step=101, step_per_epoch=1, decay_epoch=100)",
        ),
        (
            "torch.optim.lr_scheduler.SequentialLR(o := SGD(params, lr=0.1, momentum=0.9), "
            "[LinearLR(o, 0.5, total_iters=3), StepLR(o, 9)], milestones=[3])",
            "torch",
            "import torch\n\noptimizer = torch.optim.SGD(params, lr=0.1, momentum=0.9)\n"
            "scheduler = torch.optim.lr_scheduler.SequentialLR(optimizer, schedulers="
            "[torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=3), "
            "torch.optim.lr_scheduler.StepLR(optimizer, step_size=9)], milestones=[3])",
        ),
    ],
)
def test_converted_code_is_statements_to_paste(text: str, to: str, expected: str) -> None:
    assert convert(text, to=to).ways[0].statements == expected


def test_statements_import_what_a_lambda_needs() -> None:
    ways = convert("CosineAnnealingLR(SGD(params, lr=0.1), 10)", to="torch").ways
    lambdas = next(way for way in ways if way.call.name == "LambdaLR")
    assert lambdas.statements.startswith("import math\nimport torch\n\noptimizer = ")
    assert not any("import" in loss for loss in lambdas.losses)


def test_statements_of_what_is_told_before_import_it() -> None:
    told = "jax.config.update('jax_enable_x64', True); optax.linear_schedule(0.1, 0.0, 10)"
    assert read(told).statements == (
        "import jax\nimport optax\n\njax.config.update('jax_enable_x64', True)\n"
        "learning_rate = optax.linear_schedule(init_value=0.1, end_value=0.0, transition_steps=10)"
    )


@settings(max_examples=100, deadline=None)
@given(calls, st.sampled_from(["torch", "mindspore", "isorate", "optax", "transformers"]))
def test_statements_read_back(text: str, to: str) -> None:
    for found in convert(read(text), to=to, run=Run(30)).ways:
        assert ":=" not in found.statements
        assert read(found.statements, dialect=found.call.dialect).code == found.call.code


@pytest.mark.parametrize(("milestone", "said"), [(4, True), (5, True), (6, False)])
def test_a_member_may_turn_back_where_the_next_begins(milestone: int, *, said: bool) -> None:
    parts = Cosine(0.1, 0.05, 4), Constant(0.1)
    lift = SequentialLR.lift(Join(parts, (milestone,)).normal(), 9)
    name = "torch.optim.lr_scheduler.CosineAnnealingLR"
    assert (isinstance(lift, Lift) and name in lift.call.code) is said
    if isinstance(lift, Lift):
        assert compare(Join(parts, (milestone,)), lift.call, 20).equal
