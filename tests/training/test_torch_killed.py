"""``isorate.torch`` where training is killed at any moment, and started again until it is done.

``killed_worker.py`` trains; here it is killed, and what it has logged is judged.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from tests.training.killed_worker import CASES, UPDATES, Case, schedule_of  # noqa: E402

pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL"),
]

WORKER = Path(__file__).parent / "killed_worker.py"
KILLS = 4
#: The most lines before a kill: it cannot be done by then, however much was done before.
LINES = UPDATES * len(CASES) // (KILLS + 2)

OURS = [case for case in CASES if case.scheduler != "torch"]
THEIRS = [case for case in CASES if case.scheduler == "torch"]


class Run:
    """What was applied, and the weights in the end.

    Args:
        folder: where the worker wrote.
        output: all that it printed, whoever ended it.

    """

    def __init__(self, folder: Path, output: str) -> None:
        self.rates = {case.name: list[tuple[int, str]]() for case in CASES}
        for line in output.splitlines():
            name, update, rate = line.split()
            self.rates[name].append((int(update), rate))
        self.weights = {case.name: (folder / f"{case.name}.weights").read_text() for case in CASES}


def start(folder: Path) -> subprocess.Popen[str]:
    """Start the worker, with a pipe so small that it cannot get far unless it is read."""
    command = [sys.executable, str(WORKER), str(folder)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, pipesize=4096)


def finish(folder: Path) -> str:
    """Let the worker train to the end, and return what it printed."""
    with start(folder) as process:
        try:
            output, trouble = process.communicate(timeout=300)
        finally:
            process.kill()
    assert process.returncode == 0, trouble
    return output


def kill_after(folder: Path, lines: int, pause: float) -> str:
    """Kill the worker a moment after so many lines, and return what it printed."""
    with start(folder) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            output = "".join(islice(process.stdout, lines))
            time.sleep(pause)
        finally:
            process.kill()
        output += process.stdout.read()
        trouble = process.stderr.read()
    assert process.returncode == -signal.SIGKILL, trouble
    return output


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("unbroken")
    return Run(folder, finish(folder))


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("killed")
    chance = random.Random(2013)
    output = ""
    for _ in range(KILLS):
        lines = chance.randint(len(CASES), LINES)
        output += kill_after(folder, lines, chance.uniform(0, 0.01))
        assert not list(folder.glob("*.weights"))
    return Run(folder, output + finish(folder))


def named(case: Case) -> str:
    return case.name


def expected(case: Case) -> list[str]:
    """Return the rate of every update: that of the schedule, in the type of ``group["lr"]``."""
    rates = [schedule_of(case).at(k) for k in range(UPDATES)]
    return [
        rate.hex() for rate in (rates if case.rate == "float" else torch.tensor(rates).tolist())
    ]


def test_the_kills_cost_updates_that_were_made_again(killed: Run) -> None:
    counts = [Counter(update for update, _ in rates) for rates in killed.rates.values()]
    assert sum(max(count.values()) > 1 for count in counts) > len(CASES) / 2


@pytest.mark.parametrize("case", OURS, ids=named)
def test_every_update_has_the_rate_of_the_unbroken_run(
    unbroken: Run, killed: Run, case: Case
) -> None:
    meant = list(enumerate(expected(case)))
    assert unbroken.rates[case.name] == meant
    assert set(killed.rates[case.name]) == set(meant)  # however often an update was made


@pytest.mark.parametrize("case", OURS, ids=named)
def test_the_weights_are_those_of_the_unbroken_run(unbroken: Run, killed: Run, case: Case) -> None:
    assert killed.weights[case.name] == unbroken.weights[case.name]


@pytest.mark.parametrize("case", THEIRS, ids=named)
def test_torchs_own_needs_the_optimizers_state(unbroken: Run, killed: Run, case: Case) -> None:
    same_rates = set(killed.rates[case.name]) == set(unbroken.rates[case.name])
    same_weights = killed.weights[case.name] == unbroken.weights[case.name]
    whole = case.resumed == "state"
    assert (same_rates, same_weights) == (whole, whole)
