"""Converting: every way, measured, with what it loses; or the reason there is none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isorate import Conversion, ConvertError, Run, conversion, convert, read, simulate
from isorate.conversion import Way
from isorate.dialects._base import Call

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
    assert any("climbs again from update 101" in loss for loss in listed.losses)
    best = result.ways[0]
    assert best.call.card.name == "isorate.mindspore.cosine_annealing_lr"
    assert best.comparison.equal


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
    assert any("climbs again from update 22" in loss for loss in cosine.losses)
    for name in ("torch.optim.lr_scheduler.LambdaLR", "isorate.torch.cosine_decay_lr"):
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
    assert "a list of 60002 rates: update 60002 raises RuntimeError" in long.ways[-1].losses
    assert long.ways[-1].comparison.verdict == "identical"
    monkeypatch.setattr(conversion, "LONGEST_LIST", 10)
    too_long = convert(TORCH.format(10, 0.0), to="mindspore", run=Run(11))
    assert "too long to write out" in dict(too_long.refusals)["mindspore.list"]


def test_a_lambda_is_a_formula_that_others_can_say() -> None:
    result = convert("LambdaLR(SGD(p, lr=0.1), lambda t: 0.9 ** t)", to="mindspore", run=Run(4))
    names = [w.call.card.name for w in result.ways]
    assert names == [
        "mindspore.experimental.optim.lr_scheduler.LambdaLR",
        "isorate.mindspore.ScheduleLR",
        "mindspore.list",
    ]
    assert [w.comparison.verdict for w in result.ways] == ["equal", "equal", "identical"]
    itself = convert("LambdaLR(SGD(p, lr=0.1), lambda t: 0.9 ** t)", to="torch", run=Run(4))
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
        (TORCH.format(10, 0.5), "mindspore", "mindspore.nn.cosine_decay_lr", "min_lr < max_lr"),
        (TORCH.format(2.5, 0.0), "mindspore", "mindspore.nn.cosine_decay_lr", "whole number"),
        (
            TORCH.format(2.5, 0.0),
            "mindspore",
            "mindspore.experimental.optim.lr_scheduler.CosineAnnealingLR",
            "integer",
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
            "part of the way down",
        ),
    ],
)
def test_refusals_say_why(text: str, to: str, name: str, reason: str) -> None:
    assert reason in dict(convert(text, to=to, run=Run(20)).refusals)[name]


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
        convert(TORCH.format(10, 0.0), to="tensorflow", run=Run(10))


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
        assert found.losses or found.comparison.equal
    ranks = [not w.comparison.equal for w in result.ways if w.call.card.name != "mindspore.list"]
    assert ranks == sorted(ranks)
    itself = [w for w in result.ways if type(w.call) is type(call)]
    if to == call.dialect and call.lower().length is None:
        assert itself[0].comparison.verdict in ("identical", "equal")


def test_a_conversion_shows_itself() -> None:
    shown = convert(TORCH.format(10, 0.0), to="mindspore", run=Run(10))._repr_html_()
    assert "cosine_decay_lr" in shown
    assert "<svg" in shown
