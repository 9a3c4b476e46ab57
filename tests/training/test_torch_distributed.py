"""``isorate.torch`` on several processes: DDP, FSDP2, and checkpoints that change their number.

``distributed_worker.py`` trains; here its reports are judged.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
if not torch.distributed.is_available() or not torch.distributed.is_gloo_available():
    pytest.skip("torch was built without gloo", allow_module_level=True)

import torch.distributed.checkpoint as dcp  # noqa: E402
from torch.distributed.checkpoint.state_dict import (  # noqa: E402
    StateDictOptions,
    get_optimizer_state_dict,
    set_optimizer_state_dict,
)

from isorate.schedule.combinators import Groups  # noqa: E402
from isorate.schedule.node import Schedule  # noqa: E402
from isorate.schedule.shapes import Constant, Cosine, Linear  # noqa: E402
from isorate.torch import CosineAnnealingLR, ScheduleLR  # noqa: E402
from isorate.training.states import OnMismatch  # noqa: E402
from tests.training.distributed_worker import (  # noqa: E402
    BATCHES,
    BY_BATCH,
    CASES,
    SAVED,
    UPDATES,
    WAYS,
    WORLDS,
    Case,
    expected,
    schedule_of,
)
from tests.training.torch_parts import KINDS, TorchCosine, as_kind, optimizer_of, rates_of  # noqa: E402

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore:torch.distributed is disabled:UserWarning"),
]

WORKER = Path(__file__).parent / "distributed_worker.py"
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]

OURS = [case for case in CASES if case.scheduler != "torch"]
THEIRS = [case for case in CASES if case.scheduler == "torch"]
#: The ways to resume that load the optimizer's state, its rates with it.
COMPLETE = ("dcp", "file")

#: Who saved and who resumes, by the number of processes.
MOVES = list(product(WORLDS, WORLDS))


class Reports:
    """What every process has applied."""

    def __init__(self, folder: Path) -> None:
        self.reports = {
            (phase, world): [
                json.loads((folder / f"{phase}-{world}-{rank}.json").read_text())
                for rank in range(world)
            ]
            for phase, world in product(("train", "resume"), WORLDS)
        }

    def trained(self, case: Case, world: int, what: str = "rates") -> list[list[Any]]:
        """Return what each process has to report of an unbroken run."""
        return [report[case.name][what] for report in self.reports["train", world]]

    def resumed(
        self, case: Case, way: str, saved_by: int, world: int, what: str = "rates"
    ) -> list[list[Any]]:
        """Return what each process has to report of a run that was resumed."""
        name = f"{case.name}-{way}-{saved_by}"
        return [report[name][what] for report in self.reports["resume", world]]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    folder = tmp_path_factory.mktemp("distributed")
    for phase, world in product(("train", "resume"), WORLDS):
        command = [*TORCHRUN, str(world), str(WORKER), phase, str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        # not the exit status: rarely, gloo aborts a process that has written all and is to end
        assert len(list(folder.glob(f"{phase}-{world}-*.json"))) == world, done.stderr
    return Reports(folder)


def hexadecimal(rates: list[float]) -> list[str]:
    return [rate.hex() for rate in rates]


def named(case: Case) -> str:
    return case.name


# --- unbroken runs ------------------------------------------------------------------------------


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("case", OURS, ids=named)
def test_every_process_applies_the_schedule(reports: Reports, case: Case, world: int) -> None:
    assert reports.trained(case, world) == [hexadecimal(expected(case))] * world


@pytest.mark.parametrize("case", CASES, ids=named)
def test_the_processes_train_one_model(reports: Reports, case: Case) -> None:
    first, second = reports.trained(case, 2, "weights")
    assert first == second
    assert [first] != reports.trained(case, 1, "weights")  # the second had batches of its own


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("case", BY_BATCH, ids=named)
def test_only_updates_count_where_every_batch_steps(
    reports: Reports, case: Case, world: int
) -> None:
    rates = reports.trained(case, world)
    meant = hexadecimal(expected(case))
    if case.scheduler == "schedule":
        assert rates == [meant] * world
    else:  # torch's own is a batch ahead at the first update, and goes on at double speed
        ahead = [schedule_of(case).at(BATCHES * k + BATCHES - 1) for k in range(UPDATES)]
        for found in rates:
            assert [float.fromhex(rate) for rate in found] == pytest.approx(ahead, rel=1e-9)


# --- resumed runs -------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", OURS, ids=named)
def test_any_number_of_processes_resumes_bit_for_bit(
    reports: Reports, case: Case, way: str
) -> None:
    meant = hexadecimal(expected(case)[SAVED:])
    for saved_by, world in MOVES:
        assert reports.resumed(case, way, saved_by, world) == [meant] * world


@pytest.mark.parametrize("way", COMPLETE)
@pytest.mark.parametrize("case", CASES, ids=named)
def test_as_many_processes_end_with_the_weights_of_the_unbroken_run(
    reports: Reports, case: Case, way: str
) -> None:
    for world in WORLDS:
        resumed = reports.resumed(case, way, world, world, "weights")
        assert resumed == reports.trained(case, world, "weights")


@pytest.mark.parametrize("case", THEIRS, ids=named)
def test_torchs_own_needs_the_optimizers_rates_on_every_process(
    reports: Reports, case: Case
) -> None:
    for way, (saved_by, world) in product(WAYS, MOVES):
        (unbroken,) = {tuple(rates[SAVED:]) for rates in reports.trained(case, saved_by)}
        for rates in reports.resumed(case, way, saved_by, world):
            if way in COMPLETE:
                assert tuple(rates) == unbroken
            else:  # goes on from the first rate, not from that of the update
                assert rates[0] != unbroken[0]
                assert tuple(rates) != unbroken


# --- torch.distributed.checkpoint, seen from near -----------------------------------------------

FLATTENED = (StateDictOptions(), StateDictOptions(flatten_optimizer_state_dict=True))
flattened = pytest.mark.parametrize("options", FLATTENED, ids=["nested", "flattened"])
kinds = pytest.mark.parametrize("kind", KINDS, ids=str)


class Small:
    """A model of one layer and its optimizer."""

    def __init__(self, kind: Any = "float", **options: Any) -> None:
        torch.manual_seed(0)
        self.model = torch.nn.Linear(2, 2)
        self.optimizer = torch.optim.SGD(self.model.parameters(), as_kind(0.1, kind), **options)

    def update(self) -> float:
        """Make an update, and return the rate that it applied."""
        self.model(torch.ones(3, 2)).square().sum().backward()
        (rate,) = rates_of(self.optimizer)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return rate

    def updates(self, scheduler: Any, count: int) -> list[float]:
        rates = []
        for _ in range(count):
            rates.append(self.update())
            scheduler.step()
        return rates

    def save(self, folder: Path, scheduler: Any, options: Any) -> None:
        state = get_optimizer_state_dict(self.model, self.optimizer, options=options)
        dcp.save({"optimizer": state, "scheduler": scheduler}, checkpoint_id=folder, no_dist=True)

    def load(self, folder: Path, options: Any) -> None:
        """Load the optimizer's state."""
        state = get_optimizer_state_dict(self.model, self.optimizer, options=options)
        dcp.load({"optimizer": state}, checkpoint_id=folder, no_dist=True)
        set_optimizer_state_dict(self.model, self.optimizer, state, options=options)


@flattened
@kinds
def test_the_first_rate_is_lost_where_the_optimizer_is_loaded_before_there_is_a_scheduler(
    tmp_path: Path, kind: Any, options: Any
) -> None:
    saved = Small(kind, momentum=0.9)
    scheduler = CosineAnnealingLR(saved.optimizer, 9, 0.01)
    unbroken = saved.updates(scheduler, 4)
    saved.save(tmp_path, scheduler, options)
    unbroken += saved.updates(scheduler, 6)

    late = Small(kind, momentum=0.9)
    late.load(tmp_path, options)  # of what the file holds, it takes what the optimizer has by now
    (group,) = late.optimizer.param_groups
    assert (float(group["lr"]), "initial_lr" in group) == (unbroken[4], False)
    with pytest.raises(KeyError, match="initial_lr"):
        TorchCosine(late.optimizer, 9, 0.01, last_epoch=3)
    assert TorchCosine(late.optimizer, 9, 0.01).base_lrs == [unbroken[4]]  # 0.1 was meant

    early = Small(kind, momentum=0.9)
    resumed = CosineAnnealingLR(early.optimizer, 9, 0.01)
    early.load(tmp_path, options)
    dcp.load({"scheduler": resumed}, checkpoint_id=tmp_path, no_dist=True)
    assert float(early.optimizer.param_groups[0]["initial_lr"]) == float(as_kind(0.1, kind))
    assert early.updates(resumed, 6) == unbroken[4:]


@flattened
@kinds
def test_absolute_rates_need_no_first_one(tmp_path: Path, kind: Any, options: Any) -> None:
    schedule = Linear(0.01, 0.1, 3).then(Cosine(0.1, 0.01, 5), at=3)
    saved = Small(kind)
    scheduler = ScheduleLR(saved.optimizer, schedule)
    unbroken = saved.updates(scheduler, 4)
    saved.save(tmp_path, scheduler, options)
    unbroken += saved.updates(scheduler, 6)
    assert unbroken == [float(as_kind(schedule.at(k), kind)) for k in range(10)]

    for last_epoch in (-1, 3):
        late = Small(kind)
        late.load(tmp_path, options)
        resumed = ScheduleLR(late.optimizer, schedule, last_epoch)
        if last_epoch == -1:
            dcp.load({"scheduler": resumed}, checkpoint_id=tmp_path, no_dist=True)
        assert late.updates(resumed, 6) == unbroken[4:]


def test_a_checkpoints_own_update_is_none() -> None:
    """To see an optimizer's state, torch makes an update with rate 0 and puts the rate back."""
    small = Small()
    schedule = Linear(0.0, 0.1, 10)
    scheduler = ScheduleLR(small.optimizer, schedule)
    seen: list[float] = []
    small.optimizer.register_step_pre_hook(lambda *_: seen.extend(rates_of(small.optimizer)))
    for k in range(5):
        get_optimizer_state_dict(small.model, small.optimizer)
        scheduler.step()  # of an update that a GradScaler has left out
        assert (seen.pop(), rates_of(small.optimizer)) == (0.0, [schedule.at(k)])
        assert small.updates(scheduler, 1) == [schedule.at(k)]
        seen.clear()


WARM: Schedule = Linear(0.0, 0.1, 3).then(Cosine(0.1, 0.0, 5), at=3)
COLD: Schedule = Cosine(0.1, 0.0, 5)
THREE = Groups((Constant(0.1), Constant(0.2), Constant(0.3)))
TWO = Groups((Constant(0.1), Constant(0.2)))


def scheduled(schedule: Schedule, on_mismatch: OnMismatch = "raise") -> ScheduleLR:
    count = len(schedule.of) if isinstance(schedule, Groups) else 1
    return ScheduleLR(optimizer_of(*[0.1] * count), schedule, on_mismatch=on_mismatch)


@pytest.mark.parametrize(("saved", "mine"), [(WARM, COLD), (COLD, WARM), (THREE, TWO)])
def test_another_schedule_is_refused_for_what_it_is(
    tmp_path: Path, saved: Schedule, mine: Schedule
) -> None:
    """A load only asks for what a state here has, yet has to see the whole of the saved one."""
    scheduler = scheduled(saved)
    dcp.save({"scheduler": scheduler}, checkpoint_id=tmp_path, no_dist=True)
    refusal = re.compile("another schedule|parameter groups")
    with pytest.raises(ValueError, match=refusal) as direct:
        scheduled(mine).load_state_dict(scheduler.state_dict())
    with pytest.raises(ValueError, match=refusal) as found:
        dcp.load({"scheduler": scheduled(mine)}, checkpoint_id=tmp_path, no_dist=True)
    assert str(found.value) == str(direct.value)


@pytest.mark.parametrize(("saved", "mine"), [(WARM, COLD), (COLD, WARM)])
def test_a_checkpoints_schedule_comes_whole(
    tmp_path: Path, saved: Schedule, mine: Schedule
) -> None:
    dcp.save({"scheduler": scheduled(saved)}, checkpoint_id=tmp_path, no_dist=True)
    scheduler = scheduled(mine, "checkpoint")
    dcp.load({"scheduler": scheduler}, checkpoint_id=tmp_path, no_dist=True)
    assert scheduler.schedule == saved
