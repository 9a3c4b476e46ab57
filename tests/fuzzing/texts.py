"""Texts as nobody would write them, drawn around those that people do write."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isorate.kit import registry
from tests.fuzzing.schedules import document
from tests.fuzzing.words import BODIES, LISTS, ODD, OPTIMIZERS, SCHEDULES, STATEMENTS

if TYPE_CHECKING:
    from random import Random

ROOT = Path(__file__).parents[2]
COUNTS = ("1", "2", "3", "5", "8", "20", "100", "4 * 25")
RATES = ("0.1", "0.01", "0.5", "1e-3", "1.0", "0.0")
#: What fits an argument of that type, and of that name, as text.
OF_TYPE = {"int": COUNTS, "float": RATES, "bool": ("True", "False")}
#: What is of the type, and nobody means.
EXTREMES = {
    "int": ("0", "-1", "2**31 - 1", "2**31", "2**24 + 1", "2**53", "10**15", "2**63 - 1", "10**9"),
    "float": ("5e-324", "1e-300", "1e-46", "1e39", "1e300", "1.7976931348623157e308", "-0.0", "1"),
}
USUAL: dict[str, tuple[str, ...]] = {
    "div_factor": ("25.0", "10", "1"),
    "final_div_factor": ("1e4", "100"),
    "last_epoch": ("-1", "0", "3"),
    "mode": ("'triangular'", "'triangular2'", "'exp_range'", "'min'", "'max'"),
    "scale_mode": ("'cycle'", "'iterations'"),
    "threshold_mode": ("'rel'", "'abs'"),
    "anneal_strategy": ("'cos'", "'linear'"),
    "counting": ("'updates'", "'steps'"),
    "on_mismatch": ("'raise'", "'checkpoint'", "'mine'"),
    "rates": ("[0.1, 0.05]", "(0.1,)"),
}
NAMES = ("x", "y", "lr", "args.lr", "opt", "optimizer", "warm", "cos", "sched", "rates", "f")
#: What a mutation puts into a text.
PIECES = (
    *"()[],=:*-.'\"\\\n\t 09#;{}@%\x00\r\ud800∞\u202e",
    *("**", ":=", "...", "\x1b[2J", "lambda t: ", "None", "nan", "1e309", "optimizer", "lr="),
    *("if x:\n  ", "for i in y: ", "import torch\n"),
)


@cache
def real() -> tuple[str, ...]:
    """Return the texts that the frameworks have run: those of the tables, and the examples."""
    files = (ROOT / "tests" / "tables").glob("*.json")
    tables = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    texts = sorted(row["text"] for table in tables for row in table["rows"])
    scripts = sorted(path.read_text(encoding="utf-8") for path in (ROOT / "examples").rglob("*.py"))
    return tuple(text for text in (*texts, *scripts * 5) if len(text) < 8000)


@cache
def constructors() -> tuple[Any, ...]:
    """Return the constructors of every dialect that is built in."""
    return tuple(c for d in registry.builtin().values() for c in d.constructors)


@cache
def types(constructor: type) -> dict[str, str]:
    """Return the types of a constructor's arguments, as they are written."""
    bases = reversed(constructor.__mro__)
    return {
        name: kind for base in bases for name, kind in vars(base).get("__annotations__", {}).items()
    }


class Texts:
    """Draws texts.

    Args:
        random: where the draws come from.

    """

    def __init__(self, random: Random) -> None:
        self.random = random

    def one(self) -> str:
        """Draw a text of any kind."""
        kinds = (self.call, self.captured, self.joined, self.script)
        drawn: str = self.random.choices(kinds, (10, 2, 1, 4))[0]()
        return self.mutated(drawn) if self.random.random() < 0.2 else drawn

    def captured(self) -> str:
        """Draw a text that the frameworks have run."""
        return self.random.choice(real())

    def call(self, depth: int = 0) -> str:
        """Draw a constructor and its arguments."""
        constructor = self.random.choice(constructors())
        name = constructor.card.name
        if self.random.random() < 0.3:
            name = name.rpartition(".")[2]
        odd = self.random.choice((0.0, 0.0, 0.0, 0.1, 0.5))
        defaults, kinds = constructor.defaults(), types(constructor)
        positional, arguments = self.random.random() < 0.3, []
        for field in constructor.__struct_fields__:
            left_out = field in defaults and self.random.random() < (0.2 if positional else 0.6)
            if left_out or self.random.random() < 0.01:
                positional = False
                continue
            value = self.argument(field, kinds.get(field, ""), odd, depth)
            arguments.append(value if positional else f"{field}={value}")
        return f"{name}({', '.join(arguments)})"

    def argument(self, field: str, kind: str, odd: float, depth: int) -> str:
        """Draw a value for an argument of that name and type, perhaps an odd one."""
        choice = self.random.choice
        if self.random.random() < odd:
            return choice((*ODD, self.function(), repr(self.random.uniform(-1, 2))))
        if self.random.random() < 0.05:
            return choice(EXTREMES["int" if kind == "int" else "float"])
        match field:
            case "milestones" | "milestone":
                return self.numbers("int")
            case "learning_rates":
                return self.numbers("float")
            case "optimizer":
                return choice(OPTIMIZERS if self.random.random() < 0.4 else OPTIMIZERS[:3])
            case "lr_lambda" | "scale_fn":
                return choice((self.function(), f"[{self.function()}, {self.function()}]"))
            case "schedulers" | "lists":
                members = [self.member(depth) for _ in range(self.random.randrange(4))]
                return f"[{', '.join(members)}]"
            case "schedule" | "warmup" | "after":
                if self.random.random() < 0.5 or depth > 1:
                    return repr(choice((*SCHEDULES, *[document(self.random)] * 20)))
                drawn = self.call(depth + 1)
                return choice((drawn, repr(drawn)))
        return choice(USUAL.get(field) or OF_TYPE.get(kind, RATES))

    def member(self, depth: int) -> str:
        """Draw what a list of schedulers holds."""
        if depth > 2 or self.random.random() < 0.05:
            return self.random.choice(ODD)
        if self.random.random() < 0.4:
            return self.call(depth + 1)
        name = self.random.choice(("LinearLR", "ConstantLR", "StepLR", "ExponentialLR"))
        value = self.random.choice(COUNTS if name == "StepLR" else RATES)
        return f"{name}(optimizer, {value})"

    def numbers(self, kind: str) -> str:
        """Draw a list of numbers, counts in order as often as not."""
        usual = [str(self.random.randrange(1, 40)) for _ in range(self.random.randrange(4))]
        drawn = sorted(usual, key=int) if kind == "int" else list(map("0.{}".format, usual))
        if drawn and self.random.random() < 0.2:
            drawn[-1] = self.random.choice((*EXTREMES[kind], drawn[0]))
        return f"[{', '.join(drawn)}]"

    def function(self) -> str:
        """Draw a lambda."""
        return f"lambda t: {self.random.choice(BODIES)}"

    def joined(self) -> str:
        """Draw lists of rates, joined and repeated."""
        parts = []
        for _ in range(self.random.randint(1, 3)):
            part = self.random.choice(LISTS) if self.random.random() < 0.6 else self.call()
            if self.random.random() < 0.2:
                part = f"({part}) * {self.random.choice((*COUNTS, *ODD))}"
            parts.append(part)
        return " + ".join(parts)

    def script(self) -> str:
        """Draw statements, some of them inside the one before."""
        lines, indent = [], 0
        for _ in range(self.random.randint(1, 12)):
            line = self.random.choice(STATEMENTS)
            if self.random.random() < 0.1:
                line = f"{self.random.choice(NAMES)} = {self.random.choice(ODD)}"
            elif self.random.random() < 0.2:
                line = f"{self.random.choice(NAMES)} = {self.call(1)}"
            lines.append("    " * indent + line.strip())
            if line.endswith(":"):
                indent += 1
            elif indent and self.random.random() < 0.4:
                indent -= 1
        return "\n".join([*lines, self.call()] if self.random.random() < 0.3 else lines)

    def mutated(self, text: str) -> str:
        """Delete, double or exchange some characters or tokens, or put others in between."""
        for _ in range(self.random.randint(1, 3)):
            parts = re.findall(r"\w+|\s+|[^\w\s]", text) if self.random.random() < 0.6 else [*text]
            if not parts:
                return text
            at, other = self.random.randrange(len(parts)), self.random.randrange(len(parts))
            match self.random.randrange(5):
                case 0:
                    del parts[at]
                case 1:
                    parts.insert(at, parts[at])
                case 2:
                    parts[at] = self.random.choice((*PIECES, *ODD))
                case 3:
                    parts.insert(at, self.random.choice(PIECES))
                case 4:
                    parts[at], parts[other] = parts[other], parts[at]
            text = "".join(parts)
        return text
