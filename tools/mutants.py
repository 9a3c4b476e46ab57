"""Change the code in small ways and see which changes the tests notice.

    python tools/mutants.py                    draw 60 mutants and run the tests of their lines
    python tools/mutants.py --number 20 --seed 7
    python tools/mutants.py --coverage FILE    keep in FILE which test runs which line, for again
    python tools/mutants.py --show             only list the mutants drawn

A mutant is one operator, comparison, number or branch replaced (by Cosmic Ray). It is drawn among
the places that some test runs; only the tests that run its line are run on it, in a copy of the
tree, those of ``make test`` first and the quick ones before the slow. One that no test notices is
printed with its difference. Which tests run which line is measured on few drawn examples, by two
processes; tests that need longer than four times that are said to hang. Where many tests run a
line, those that ``--most`` has no time for are not run, and a mutant that only they would notice
counts as living.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from coverage import CoverageData

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]

#: What is mutated, below ``src/isorate``.
ROOMS = (
    "schedule",
    "kit",
    "dialects",
    "simulation.py",
    "comparison.py",
    "conversion.py",
    "training",
    "torch",
)

#: These change annotations, or nothing: ``x | None``, and ``+`` for a sign.
LEFT_OUT = ("BitOr", "BitAnd", "BitXor", "Shift", "UAdd", "Invert", "RemoveDecorator", "NoBreak")

#: Seconds to start in, beyond a few times what the tests take: after them a mutant counts as
#: noticed, as it does when it wants more memory than that.
PATIENCE, MEMORY = 120, 8 << 30


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change.

    Args:
        path: the file, below the root.
        line: the line, counted from 1.
        operator: Cosmic Ray's name for the change.
        occurrence: which of the places in the file that the operator could change.

    """

    path: str
    line: int
    operator: str
    occurrence: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.operator.rpartition('/')[2]}"

    def code(self, source: str) -> str | None:
        """Return the file with the change in it."""
        changed: str | None = mutate_code(source, get_operator(self.operator)(), self.occurrence)
        return changed


def places(root: Path) -> Iterator[Mutant]:
    """Visit every change that can be made."""
    operators = {
        name: get_operator(name)()
        for name in operator_names()
        if not get_operator(name).arguments() and not any(part in name for part in LEFT_OUT)
    }
    for room in ROOMS:
        under = root / "src" / "isorate" / room
        for file in sorted(under.rglob("*.py")) if under.is_dir() else [under]:
            source = file.read_text(encoding="utf-8").splitlines()
            nodes = list(ast_nodes(get_ast_from_path(file)))
            for name, operator in operators.items():
                found = (p for node in nodes for p in operator.mutation_positions(node))
                for occurrence, ((line, _), _) in enumerate(found):
                    if "TYPE_CHECKING" in source[line - 1]:  # what is imported there never runs
                        continue
                    yield Mutant(str(file.relative_to(root)), line, name, occurrence)


def copied(into: Path) -> Path:
    """Copy the tree, as it stands in the working directory."""
    listed = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True).stdout
    for name in filter(None, names.decode().split("\0")):
        if (ROOT / name).is_file():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, into / name)
    return into


def limited() -> None:
    """Keep a mutant that grows without end from taking the machine with it."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


def run(arguments: list[str], root: Path, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run Python on the copy."""
    environment = os.environ | {"PYTHONPATH": str(root / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=root, env=environment | more.pop("env", {}), text=True, **more
    )


def cover(root: Path, data: Path) -> None:
    """Run all tests, on few examples, and note which of them runs which line and takes how long."""
    tests = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2", "tests"]
    tests += [f"--junit-xml={data}.xml", "--cov=src/isorate", "--cov-context=test", "--cov-report="]
    run(tests, root, env={"COVERAGE_FILE": str(data), "HYPOTHESIS_PROFILE": "short"})


class Covered:
    """Which tests run which line and take how many seconds, without those that failed."""

    def __init__(self, data: Path) -> None:
        read = CoverageData(str(data))
        read.read()
        self.seconds: dict[str, float] = {}
        for case in ElementTree.parse(f"{data}.xml").iter("testcase"):
            if not {"failure", "error", "skipped"} & {child.tag for child in case}:
                self.seconds[f"{case.get('classname')}.{case.get('name')}"] = float(
                    case.get("time", 0)
                )
        self.lines: dict[str, dict[int, set[str]]] = {}
        for file in read.measured_files():
            path = "src/isorate" + file.rpartition("/src/isorate")[2]
            self.lines[path] = {
                line: {
                    name
                    for name, _, phase in (c.rpartition("|") for c in contexts)
                    if phase == "run"
                }
                for line, contexts in read.contexts_by_lineno(file).items()
            }

    def tests(self, mutant: Mutant) -> set[str]:
        """Return the tests that run a mutant's line; of what runs on import, the whole file's."""
        lines = self.lines.get(mutant.path, {})
        if mutant.line not in lines:
            return set()
        found = lines[mutant.line] or set().union(*lines.values())
        return {name for name in found if self.duration(name) is not None}

    def duration(self, test: str) -> float | None:
        """Return the seconds that a test took, if it passed."""
        path, bracket, parameters = test.partition("[")
        dotted = path.replace(".py::", ".").replace("::", ".").replace("/", ".")
        return self.seconds.get(dotted + bracket + parameters)

    def ordered(self, tests: set[str], most: float) -> list[list[str]]:
        """Return tests, one of every function first and the quick before the slow, up to a time.

        Those that need a framework, which takes long to load, come after the others.
        """
        found: dict[bool, list[str]] = {False: [], True: []}
        seen: dict[str, int] = defaultdict(int)
        ranked = []
        for seconds, test in sorted((self.duration(name) or 0.0, name) for name in tests):
            function = test.partition("[")[0]
            ranked.append((seen[function], seconds, test))
            seen[function] += 1
        taken = 0.0
        for _, seconds, test in sorted(ranked):
            taken += seconds
            if taken <= most:
                found[test.startswith(("tests/conformance", "tests/training"))].append(test)
        return [names for names in found.values() if names]


def noticed(mutant: Mutant, covered: Covered, root: Path, most: float) -> bool:
    """Run the tests on a mutant; whether any of them fails, or none comes to an end."""
    file = root / mutant.path
    source = file.read_text(encoding="utf-8")
    changed = mutant.code(source)
    if changed is None:
        raise ValueError(f"no such place: {mutant}")
    file.write_text(changed, encoding="utf-8")
    try:
        batches = covered.ordered(covered.tests(mutant), most)
        return any(not passed(names, covered, root) for names in batches)
    finally:
        file.write_text(source, encoding="utf-8")


def passed(tests: list[str], covered: Covered, root: Path) -> bool:
    """Run tests, within a few times what they took before."""
    names = root / "tests.txt"
    names.write_text("\n".join(tests), encoding="utf-8")
    patience = PATIENCE + 4 * sum(covered.duration(test) or 0.0 for test in tests)
    options = ["-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header", f"@{names}"]
    try:
        done = run(options, root, timeout=patience, capture_output=True, preexec_fn=limited)
    except subprocess.TimeoutExpired:
        return False
    said = done.stdout + done.stderr
    broken = "while loading conftest" in said or "ERROR collecting" in said  # nothing can be loaded
    if done.returncode not in (0, 1, 2) and not broken:
        raise RuntimeError(f"pytest could not run: {said[-4000:]}")
    return done.returncode == 0


def difference(mutant: Mutant, root: Path) -> str:
    """Return a mutant's line, before and after."""
    source = (root / mutant.path).read_text(encoding="utf-8")
    before, after = source.splitlines(), (mutant.code(source) or "").splitlines()
    pairs = zip(before, after, strict=False)
    at = next((i for i, (a, b) in enumerate(pairs) if a != b), 0)
    return f"    - {before[at].strip()}\n    + {after[at].strip()}"


def drawn(covered: Covered, root: Path, number: int, seed: int) -> list[Mutant]:
    """Draw mutants: each place is as likely as any other, whatever can be done to it."""
    at_place: dict[tuple[str, int], list[Mutant]] = defaultdict(list)
    for mutant in places(root):
        if covered.tests(mutant):
            at_place[mutant.path, mutant.line].append(mutant)
    draw = random.Random(seed)
    chosen = draw.sample(sorted(at_place), min(number, len(at_place)))
    return [draw.choice(at_place[place]) for place in chosen]


def main() -> int:
    """Draw, run, and say which mutants live."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--number", type=int, default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--coverage", type=Path)
    parser.add_argument("--skip", type=int, default=0, help="mutants drawn that are not run")
    parser.add_argument("--most", type=float, default=300, help="seconds of tests for a mutant")
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = copied(Path(folder) / "tree")
        data = options.coverage or Path(folder) / "coverage"
        if not data.exists() or not Path(f"{data}.xml").exists():
            cover(root, data.resolve())
        covered = Covered(data)
        alive = 0
        mutants = drawn(covered, root, options.number, options.seed)[options.skip :]
        for mutant in mutants:
            if options.show:
                tests = len(covered.tests(mutant))
                print(mutant, f"{tests} tests", difference(mutant, root), sep="\n", flush=True)
            elif noticed(mutant, covered, root, options.most):
                print(f"noticed  {mutant}", flush=True)
            else:
                alive += 1
                print(f"ALIVE    {mutant}\n{difference(mutant, root)}", flush=True)
    print(f"seed {options.seed}: {len(mutants) - alive} of {len(mutants)} mutants noticed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
