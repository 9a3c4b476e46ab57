"""What the training scripts share: arguments, data, first weights, batches, the log of rates.

Everything random is drawn here, by NumPy, so that all frameworks begin with the same weights
and see the same batches in the same order.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np
from numpy.typing import NDArray

from isorate import IsorateError, ReadError, Run, convert, read, simulate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from isorate.kit.call import Call

Array = NDArray[np.float32]

#: The page's schedule, at the length of a real training: from 0.1 to 0.01 over all epochs.
SCHEDULE = "torch.optim.lr_scheduler.CosineAnnealingLR(T_max=epochs, eta_min=0.01)"
LR = 0.1

TRAINED_ON = 1408  # of 1797 digits; the others are the test
BATCH = 32
UPDATES_PER_EPOCH = TRAINED_ON // BATCH
HIDDEN = 64
MOMENTUM = 0.9
SPLIT = 0  # the seed of the split, the same for every --seed


class UsageError(Exception):
    """Something the user can put right, in one line."""


@dataclass(frozen=True)
class Recipe:
    """One training: which schedule, how long, on what.

    Args:
        call: the schedule, as the user wrote it.
        run: the loop.
        rates: the rate that each update has to use, as ``isorate.simulate`` has it.
        seed: of the first weights and the order of the batches.
        data: training images and labels, test images and labels.

    """

    call: Call
    run: Run
    rates: NDArray[np.floating]
    seed: int
    data: tuple[Array, NDArray[np.int32], Array, NDArray[np.int32]]

    def weights(self) -> list[tuple[Array, Array]]:
        """Return each layer's first weight, of shape (out, in), and bias."""
        rng = np.random.default_rng(self.seed)
        sizes = (self.data[0].shape[1], HIDDEN, 10)
        layers = []
        for inputs, outputs in pairwise(sizes):
            bound = 1 / math.sqrt(inputs)
            weight = rng.uniform(-bound, bound, (outputs, inputs)).astype(np.float32)
            layers.append((weight, np.zeros(outputs, np.float32)))
        return layers

    def batches(self) -> Iterator[tuple[Array, NDArray[np.int32]]]:
        """Yield every update's images and labels."""
        rng = np.random.default_rng([self.seed, 1])
        images, labels = self.data[:2]
        for _ in range(self.run.length // UPDATES_PER_EPOCH):
            for chosen in rng.permutation(len(images)).reshape(-1, BATCH):
                yield images[chosen], labels[chosen]

    def choose(
        self, framework: str, built: Mapping[str, str], fallback: str
    ) -> tuple[Call | None, int]:
        """Choose what to train with, and say on stderr what it is.

        Args:
            framework: the framework that trains.
            built: full names of the calls that the script can build, each with the full name of
                what it builds them with.
            fallback: what the script does with rates alone, in words.

        Returns:
            The user's own call where the script can build it; else the best conversion that is
            equal over the run; else none, and the script takes the simulated rates one by one.
            Beside it, after how many updates ``scheduler.step()`` is called.

        """
        name = self.call.card.name
        if name in built:
            tell(f"trains with {described(self.call, built)}")
            return self.call, every(self.call, self.run)
        for way in convert(self.call, to=framework, run=self.run).ways:
            name = way.call.card.name
            if way.comparison.equal and name in built:
                tell(f"trains with {described(way.call, built)}. {way.comparison.sentence}")
                return way.call, every(way.call, way.run)
        tell(f"trains with the simulated rates of {shortened(self.call.code)}, {fallback}")
        return None, 1


def every(call: Call, run: Run) -> int:
    """Return after how many updates the loop steps a call's scheduler."""
    return run.updates_per_step if call.card.clock == "step" else 1


def main(
    framework: str, train: Callable[[Recipe, Callable[[float], None]], Callable[[Array], Array]]
) -> None:
    """Run one training from the command line.

    Args:
        framework: the framework's package name.
        train: goes through the recipe, reports the rate of every update as the optimizer applies
            it, and returns a function from images to logits.

    """
    options = arguments()
    try:
        recipe = prepare(options)
        with rate_log(options.log) as log, progress(recipe.run.length) as advance:
            log("update", "rate")
            done = 0

            def report(rate: float) -> None:
                nonlocal done
                log(str(done), repr(rate))
                done += 1
                advance()

            predict = train(recipe, report)
            images, labels = recipe.data[2:]
            accuracy = float((predict(images).argmax(axis=1) == labels).mean())
    except ModuleNotFoundError as error:
        missing = {"sklearn": "scikit-learn"}.get(error.name or "", error.name)
        fail(f"{missing} is not installed: pip install {missing}")
    except (IsorateError, UsageError) as error:
        fail(str(error))
    except KeyboardInterrupt:
        fail("interrupted, no log written", status=130)
    print(f"{framework}: test accuracy {accuracy:.4f} after {recipe.run.length} updates")


def arguments() -> argparse.Namespace:
    """Parse the command line."""

    class Parser(argparse.ArgumentParser):
        def error(self, message: str) -> NoReturn:
            fail(message)

    parser = Parser(description="Train a small classifier on scikit-learn's handwritten digits.")
    parser.add_argument(
        "--schedule",
        default=SCHEDULE,
        metavar="CALL",
        help="a schedule call of torch, MindSpore or Isorate; it may use the names epochs, updates "
        f"({UPDATES_PER_EPOCH} an epoch) and updates_per_epoch (default: {SCHEDULE})",
    )
    parser.add_argument(
        "--lr",
        type=float,
        help=f"the optimizer's rate, for a call that has none of its own (default: {LR})",
    )
    parser.add_argument("--epochs", type=positive, default=30, help="default: 30")
    parser.add_argument(
        "--step-every",
        choices=("update", "epoch"),
        default="epoch",
        help="when the loop calls scheduler.step(), for calls that are stepped (default: epoch)",
    )
    parser.add_argument(
        "--log", type=Path, metavar="FILE.csv", help="where each update's rate goes"
    )
    parser.add_argument("--seed", type=natural, default=0, help="weights and batches (default: 0)")
    return parser.parse_args()


def prepare(options: argparse.Namespace) -> Recipe:
    """Read the schedule, make sure that it has a rate for every update, and load the data."""
    run = Run(
        epochs=options.epochs,
        updates_per_epoch=UPDATES_PER_EPOCH,
        step_every=options.step_every,
    )
    names = {
        "epochs": options.epochs,
        "updates": run.length,
        "updates_per_epoch": UPDATES_PER_EPOCH,
    }
    call = read_schedule(options.schedule, options.lr, names)
    if call.groups > 1:
        raise UsageError(f"the model has one parameter group, and the schedule {call.groups}")
    curve = simulate(call, run)
    if curve.halt is not None:
        raise UsageError(f"the schedule does not last for {run.length} updates: at {curve.halt}")
    usable = np.isfinite(curve.values.astype(np.float32)) & (curve.values >= 0)
    if not usable.all():
        update = int(np.argmin(usable))
        raise UsageError(
            f"nothing can be trained with the rate of update {update}: {curve.values[update]}"
        )
    return Recipe(call, run, curve.values, options.seed, load())


def read_schedule(text: str, lr: float | None, names: dict[str, int]) -> Call:
    """Read a call; the default rate goes to those that take theirs from the optimizer."""
    given = [None, LR] if lr is None else [lr]
    errors = []
    for rate in given:
        try:
            return read(text, lr=rate, names=names)
        except ReadError as error:
            errors.append(error)
    # where a call has its own rates, the first error is the user's; else the one with the rate
    error = errors[0] if errors[-1].hint == "leave lr away" else errors[-1]
    if (error.hint or "").startswith("--set"):
        raise UsageError(f"{error.what}; the names here are {', '.join(names)}")
    raise error


def load() -> tuple[Array, NDArray[np.int32], Array, NDArray[np.int32]]:
    """Split the digits, and standardise every pixel by the training images."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(SPLIT).permutation(len(images))
    images, labels = images[order], labels[order].astype(np.int32)
    mean, spread = images[:TRAINED_ON].mean(axis=0), images[:TRAINED_ON].std(axis=0)
    images = ((images - mean) / np.where(spread > 0, spread, 1)).astype(np.float32)
    return images[:TRAINED_ON], labels[:TRAINED_ON], images[TRAINED_ON:], labels[TRAINED_ON:]


@contextmanager
def rate_log(path: Path | None) -> Iterator[Callable[[str, str], None]]:
    """Open the log beside its place and move it there when it is whole; else leave nothing."""
    if path is None:
        yield lambda update, rate: None
        return
    with troubles_of(path):
        if path.exists() and not path.is_file():
            raise UsageError(f"the log cannot be written: {path} is not a regular file")
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        file = part.open("x", encoding="ascii")

    def write(update: str, rate: str) -> None:
        with troubles_of(path):
            print(update, rate, sep=",", file=file)

    try:
        yield write
        with troubles_of(path):
            file.close()
            part.replace(path)
    finally:
        file.close()
        part.unlink(missing_ok=True)


@contextmanager
def troubles_of(path: Path) -> Iterator[None]:
    """Say what keeps a file from being written."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"the log cannot be written: {path}: {error.strerror}") from None


@contextmanager
def progress(updates: int) -> Iterator[Callable[[], None]]:
    """Show a progress bar on stderr, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("training", total=updates)
        yield lambda: bar.advance(task)


def positive(text: str) -> int:
    """Read an integer above 0."""
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"required an integer > 0, got {text!r}")
    return int(text)


def natural(text: str) -> int:
    """Read an integer from 0."""
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"required an integer >= 0, got {text!r}")
    return int(text)


def described(call: Call, built: Mapping[str, str]) -> str:
    """Return a call's text, and what stands in for it."""
    name, maker = call.card.name, built[call.card.name]
    made = "" if maker == name else f", built as {maker.removeprefix('builtins.')}"
    return shortened(call.code) + made


def shortened(code: str) -> str:
    """Return a call's text, a list of rates without its middle."""
    return code if len(code) <= 160 else f"{code[:60]} … {code[-40:]}"


def tell(text: str) -> None:
    """Say one line on stderr."""
    print(f"{Path(sys.argv[0]).name}: {text}", file=sys.stderr)


def fail(text: str, status: int = 2) -> NoReturn:
    """Say what is wrong in one line and stop."""
    tell(f"error: {' '.join(text.split())}")
    raise SystemExit(status)
