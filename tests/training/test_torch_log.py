"""``scheduler.log``: the rates that updates have really used, in a file that is always whole."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import isorate  # noqa: E402
from isorate import torch as ours  # noqa: E402
from isorate.schedule.shapes import Cosine  # noqa: E402
from isorate.torch import CosineAnnealingLR, LinearLR, ScheduleLR  # noqa: E402
from tests.training.torch_parts import MARKS, optimizer_of, parameter, rates_of  # noqa: E402

pytestmark = MARKS

COSINE = Cosine(0.1, 0.001, 8, "mirror")


def table(rows: Any, groups: int = 1, first: int = 0) -> str:
    """Return the log of these rates of each update."""
    names = "lr" if groups == 1 else ",".join(f"lr/{group}" for group in range(groups))
    lines = [f"update,{names}"]
    lines += [",".join([str(i), *map(repr, row)]) for i, row in enumerate(rows, first)]
    return "\n".join(lines) + "\n"


def trained(optimizer: Any, scheduler: Any, updates: int, every: int = 1) -> list[list[float]]:
    """Make updates, and a step after so many; return the rates that the updates have used."""
    found = []
    for update in range(1, updates + 1):
        found.append(rates_of(optimizer))
        optimizer.step()
        if update % every == 0:
            scheduler.step()
    return found


def begun(path: Path) -> tuple[Any, Any]:
    """Return an optimizer, and a scheduler that logs its rates."""
    optimizer = optimizer_of(0.1)
    scheduler = ScheduleLR(optimizer, COSINE)
    scheduler.log(path)
    return optimizer, scheduler


MAKES: dict[str, Any] = {
    "ScheduleLR": lambda o: ScheduleLR(o, "CosineAnnealingLR(T_max=5)"),
    "StepLR": lambda o: ours.StepLR(o, 2),
    "OneCycleLR": lambda o: ours.OneCycleLR(o, 0.3, 9, cycle_momentum=False),
    "SequentialLR": lambda o: ours.SequentialLR(o, [LinearLR(o), ours.ExponentialLR(o, 0.5)], [2]),
    "ChainedScheduler": lambda o: ours.ChainedScheduler([LinearLR(o), ours.StepLR(o, 3)], o),
    "LambdaLR": lambda o: ours.LambdaLR(o, lambda step: 1 / (1 + step)),
    "ReduceLROnPlateau": lambda o: ours.ReduceLROnPlateau(o, patience=0),
}


@pytest.mark.parametrize("kind", ["float", "float32"])
@pytest.mark.parametrize("name", MAKES)
def test_each_update_and_group_has_the_rate_that_it_used(
    name: str, kind: str, tmp_path: Path
) -> None:
    rates = (0.1, 0.3) if kind == "float" else (torch.tensor(0.1), torch.tensor(0.3))
    optimizer = optimizer_of(*rates)
    scheduler = MAKES[name](optimizer)
    scheduler.log(tmp_path / "rates.csv")
    if name == "ReduceLROnPlateau":
        scheduler.step = lambda: type(scheduler).step(scheduler, 1.0)
    used = trained(optimizer, scheduler, 9, every=1 if name == "ScheduleLR" else 2)
    assert (tmp_path / "rates.csv").read_text() == table(used, 2)
    assert len({row[0] for row in used}) > 2
    log = isorate.read_log(tmp_path / "rates.csv")
    assert [list(each.values) for each in log.groups] == [list(c) for c in zip(*used, strict=True)]
    assert [list(each.steps) for each in log.groups] == [list(range(9))] * 2
    assert (log.counts, log.offsets[0]) == ("update", 0)


def test_whoever_sets_the_rates(tmp_path: Path) -> None:
    optimizer = optimizer_of(0.1)
    scheduler = CosineAnnealingLR(optimizer, 5)
    beside = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
    scheduler.log(tmp_path / "rates.csv")
    used = []
    for update in range(7):
        if update == 4:
            optimizer.param_groups[0]["lr"] = 0.025
        used.append(rates_of(optimizer))
        optimizer.step()
        optimizer.param_groups[0]["lr"] += 0.5 if update == 5 else 0.0  # between two steps
        scheduler.step()
        beside.step()
    assert (tmp_path / "rates.csv").read_text() == table(used)
    assert used[4] == [0.025]


@pytest.mark.parametrize("fused", [False, True], ids=["plain", "fused"])
def test_updates_that_a_scaler_leaves_out_have_no_line(fused: bool, tmp_path: Path) -> None:
    weight = parameter()
    optimizer = torch.optim.Adam([weight], lr=0.1, fused=fused)
    scheduler = ScheduleLR(optimizer, COSINE)
    scheduler.log(tmp_path / "rates.csv")
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    for batch in range(8):
        optimizer.zero_grad()
        loss = weight.sum() * (float("inf") if batch in (0, 3) else 1.0)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        scheduler.step()
    expected = table([COSINE.at(update)] for update in range(6))
    assert (tmp_path / "rates.csv").read_text() == expected


@pytest.mark.parametrize("order", ["log first", "state first", "by last_epoch", "by seek"])
@pytest.mark.parametrize("left", ["half a line", "as it was", "cut"])
def test_a_resumed_run_leaves_the_log_of_one_that_never_stopped(
    order: str, left: str, tmp_path: Path
) -> None:
    path = tmp_path / "rates.csv"
    optimizer = optimizer_of(0.1, 0.2)
    scheduler = ScheduleLR(optimizer, COSINE)
    scheduler.log(path)
    trained(optimizer, scheduler, 4)
    state = pickle.loads(pickle.dumps(scheduler.state_dict()))
    trained(optimizer, scheduler, 3)  # which the run makes again
    whole = path.read_bytes()
    if left == "half a line":
        path.write_bytes(whole[:-5])
    if left == "cut":
        path.write_bytes(whole[: whole.index(b"\n4,") + 1])
    fresh = optimizer_of(0.1, 0.2)
    if order == "by last_epoch":
        for group in fresh.param_groups:
            group["initial_lr"] = group["lr"]
    resumed = ScheduleLR(fresh, COSINE, last_epoch=3 if order == "by last_epoch" else -1)
    if order != "state first":
        resumed.log(path)
    if order == "by seek":
        resumed.seek(4)
    elif order != "by last_epoch":
        resumed.load_state_dict(state)
    if order == "state first":
        resumed.log(path)
    if left == "as it was":
        assert path.read_bytes() == whole  # before an update, nothing is taken out
    trained(fresh, resumed, 6)
    assert path.read_text() == table([[COSINE.at(k)] * 2 for k in range(10)], 2)


def test_a_run_that_is_stepped_once_an_epoch_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "rates.csv"
    optimizer = optimizer_of(0.1)
    scheduler = ours.StepLR(optimizer, 1, 0.5)
    scheduler.log(path)
    used = trained(optimizer, scheduler, 7, every=3)
    state = scheduler.state_dict()
    assert state["updates"] == 7
    for logged in (False, True):  # a run between, which is not logged, counts them as well
        fresh = optimizer_of(0.1)
        resumed = ours.StepLR(fresh, 1, 0.5)
        resumed.load_state_dict(state)
        if logged:
            resumed.log(path)
        else:
            trained(fresh, resumed, 2, every=2)
            state = resumed.state_dict()
            assert state["updates"] == 9
            path.write_text(table([*used, [0.025], [0.025]]))
    more = trained(fresh, resumed, 2, every=2)
    assert path.read_text() == table([*used, [0.025], [0.025], *more])


def test_a_group_that_is_added_has_a_column_from_there_on(tmp_path: Path) -> None:
    path = tmp_path / "rates.csv"
    optimizer, scheduler = begun(path)
    trained(optimizer, scheduler, 2)
    state = scheduler.state_dict()
    optimizer.add_param_group({"params": [parameter()], "lr": 0.5})
    scheduler.step()
    trained(optimizer, scheduler, 2)
    a, b, c, d = (repr(COSINE.at(k)) for k in range(4))
    text = f"update,lr/0,lr/1\n0,{a},\n1,{b},\n2,{c},0.5\n3,{d},{d}\n"
    assert path.read_text() == text
    log = isorate.read_log(path)
    assert [list(each.steps) for each in log.groups] == [[0, 1, 2, 3], [2, 3]]
    fresh, resumed = begun(path)  # resumed before it was added
    resumed.load_state_dict(state)
    trained(fresh, resumed, 1)
    assert path.read_text() == f"update,lr/0,lr/1\n0,{a},\n1,{b},\n2,{c},\n"


def test_what_would_leave_a_wrong_log_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rates.csv"
    optimizer, scheduler = begun(path)
    trained(optimizer, scheduler, 5)
    state = scheduler.state_dict()
    path.write_text(table([[0.1], [0.2]]))
    with pytest.raises(RuntimeError, match="written by something else"):
        optimizer.step()
    fresh, resumed = begun(path)
    with pytest.raises(ValueError, match="ends before update 2, and the run goes on with update 5"):
        resumed.load_state_dict(state)
    assert resumed.last_epoch == 0
    assert rates_of(fresh) == [0.1]
    for text in ("lr,update\n1,2\n", "update,lr\n0,0.1\n2,0.1\n", "update,lr\n0,1,2\n", "a\n"):
        path.write_text(text)
        with pytest.raises(ValueError, match="no log of rates"):
            resumed.log(path, update=9)
        assert path.read_text() == text


def test_the_number_of_an_update_that_nobody_knows_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "rates.csv"
    optimizer = optimizer_of(0.1)
    scheduler = ours.StepLR(optimizer, 2)
    state = scheduler.state_dict()
    trained(optimizer, scheduler, 6, every=3)
    with pytest.raises(ValueError, match=r"not known: log\(path, update=...\)"):
        scheduler.log(path)
    scheduler.log(path, update=6)
    used = trained(optimizer, scheduler, 2, every=3)
    assert path.read_text() == table(used, first=6)
    scheduler.load_state_dict(state)  # of a run that was not logged
    with pytest.raises(ValueError, match="number of an update is not known"):
        optimizer.step()
    assert "updates" not in scheduler.state_dict()
    scheduler.log(path, update=0)
    trained(optimizer, scheduler, 1)
    assert path.read_text() == table([[0.1]])


@pytest.mark.parametrize("name", ["ScheduleLR", "StepLR", "ReduceLROnPlateau"])
def test_a_copy_counts_and_does_not_write(name: str, tmp_path: Path) -> None:
    path = tmp_path / "rates.csv"
    optimizer = optimizer_of(0.1)
    scheduler = MAKES[name](optimizer)
    scheduler.log(path)
    optimizer.step()
    for copied in (copy.deepcopy(scheduler), pickle.loads(pickle.dumps(scheduler))):
        copied.optimizer.step()
        assert copied.state_dict()["updates"] == 2
        assert path.read_text() == table([[0.1]]) or name == "ScheduleLR"
    before = path.read_text()
    optimizer.step()
    assert path.read_text().startswith(before)
    assert path.read_text().count("\n") == 3


def test_a_scheduler_that_is_given_another_optimizer_hears_of_its_updates(tmp_path: Path) -> None:
    path = tmp_path / "rates.csv"
    optimizer, scheduler = begun(path)
    used = trained(optimizer, scheduler, 2)
    other = optimizer_of(COSINE.at(2))  # it goes on with the rates that it finds
    scheduler.optimizer = other
    optimizer.step()  # which is no update any more
    used += trained(other, scheduler, 3)
    assert [rate for (rate,) in used] == pytest.approx([COSINE.at(k) for k in range(5)])
    assert path.read_text() == table(used)


def test_of_several_processes_the_first_one_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    for rank in (1, 0):
        monkeypatch.setattr(torch.distributed, "get_rank", lambda rank=rank: rank)
        optimizer = optimizer_of(0.1)
        scheduler = ScheduleLR(optimizer, COSINE)
        scheduler.log(tmp_path / "rates.csv")
        trained(optimizer, scheduler, 2)
        assert (tmp_path / "rates.csv").exists() == (rank == 0)
        assert scheduler.state_dict()["updates"] == 2


def test_a_compiled_step_is_compiled_once_and_logged(tmp_path: Path) -> None:
    weight = parameter()
    optimizer = torch.optim.Adam([weight], lr=torch.tensor(0.1), capturable=False)
    scheduler = ScheduleLR(optimizer, COSINE)
    scheduler.log(tmp_path / "rates.csv")
    graphs = []

    def counting(graph: Any, inputs: Any) -> Any:
        graphs.append(graph)
        return graph

    torch._dynamo.reset()
    step = torch.compile(optimizer.step, backend=counting)
    counts, used = [], []
    for _ in range(5):
        weight.grad = torch.ones(1)
        used.append(rates_of(optimizer))
        step()
        scheduler.step()
        counts.append(len(graphs))
    assert counts[2:] == [counts[2]] * 3
    assert (tmp_path / "rates.csv").read_text() == table(used)


def test_a_scheduler_with_a_log_lets_go_of_its_optimizer(tmp_path: Path) -> None:
    import gc
    import weakref

    gc.disable()
    try:
        optimizer = optimizer_of(0.1)
        scheduler = ScheduleLR(optimizer, COSINE)
        scheduler.log(tmp_path / "rates.csv")
        optimizer.step()
        gone = weakref.ref(scheduler)
        del optimizer, scheduler
        assert gone() is None
    finally:
        gc.enable()
