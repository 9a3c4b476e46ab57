"""Programs as nobody would write them: they are followed in time and memory, and never executed.

Statements and expressions of every kind are drawn, one inside the other, over names that hold
whatever it may be. The profile ``full`` draws a hundred thousand programs.
"""

from __future__ import annotations

import ast
import os
import random
import signal
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, Final

import pytest

from isorate import IsorateError, read
from tests.bounded import bounded

FULL: Final = os.environ.get("HYPOTHESIS_PROFILE") == "full"
PROGRAMS: Final = 100_000 if FULL else 400
SEEDS: Final = range(10)
FIRST: Final = random.SystemRandom().randrange(10**9) if FULL else 0
#: The time of a processor for one text, in seconds, and the memory for many, in bytes.
LIMIT: Final = 2
MEMORY: Final = 200 << 20
NAMES: Final = (*("a", "b", "f", "g", "n", "x", "xs", "opt", "sched", "self", "args", "math"),
                *("torch", "K", "len", "range", "loader", "model"))  # fmt: skip
CONSTANTS: Final = (*("0", "1", "2", "-1", "3.5", "1e308", "10**9", "'a'", "''", "None", "True"),
                    *("[]", "{}", "()", "b'x'", "...", "1j", "'lr'", "2**70"))  # fmt: skip
#: What would leave a trace, if anything were ever executed: ``{}`` is a file that is not there.
TRACES: Final = (
    "open({!r}, 'w').close()",
    "__import__('pathlib').Path({!r}).touch()",
    'exec("open({!r}, chr(119))")',
    'eval("open({!r}, chr(119))")',
    "(lambda: open({!r}, 'w'))()",
    "[].__class__.__base__.__subclasses__()",
    "getattr(__builtins__, 'open')({!r}, 'w')",
    'compile("open({!r}, chr(119))", "", "exec")',
)
BINARY: Final = ("+", "-", "*", "/", "//", "%", "**", "<<", ">>", "&", "|", "^", "@")
COMPARED: Final = ("<", "<=", "==", "!=", "is", "is not", "in", "not in", ">")
METHODS: Final = (*("append", "extend", "pop", "update", "get", "items", "step", "split", "join"),
                  *("format", "sort", "copy", "param_groups", "add_param_group", "state_dict", "x"),
                  *("__class__", "__dict__", "optimizer", "lr", "parameters"))  # fmt: skip
CALLED: Final = (*("len", "range", "list", "dict", "sum", "max", "sorted", "zip", "enumerate"),
                 *("map", "filter", "getattr", "setattr", "vars", "type", "super", "int", "float"),
                 *("SGD", "torch.optim.Adam", "StepLR", "LambdaLR", "SequentialLR", "MultiStepLR"),
                 *("globals", "exec", "print", "math.exp", "functools.partial", "next", "iter"),
                 *("CosineAnnealingLR", "K", "f", "g", "isinstance", "str", "set"))  # fmt: skip


class Programs:
    """Draws programs.

    Args:
        draw: where the draws come from.
        trace: the path of a file that no program may make.

    """

    def __init__(self, draw: random.Random, trace: Path) -> None:
        self.draw, self.trace = draw, trace

    def program(self) -> str:
        """Draw one that is Python."""
        while parsed(text := self._lines()) is None:
            pass
        return text

    def _lines(self) -> str:
        drawn = [self.statement(0) for _ in range(self.draw.randint(1, 8))]
        if self.draw.random() < 0.7:
            for line in ("sched = StepLR(opt, 2)", "opt = SGD(model.parameters(), lr=0.1)"):
                drawn.insert(self.draw.randrange(len(drawn) + 1), [line])
        return "\n".join(line for lines in drawn for line in lines)

    def name(self) -> str:
        return self.draw.choice(NAMES)

    def value(self, depth: int = 0) -> str:
        """Draw an expression."""
        kinds = range(4 if depth > 3 else 20)

        def inner() -> str:
            return self.value(depth + 1)

        match self.draw.choice(kinds):
            case 0 | 1:
                return self.name()
            case 2:
                return self.draw.choice(CONSTANTS)
            case 3:
                if self.draw.random() < 0.1:
                    return self.draw.choice(TRACES).format(str(self.trace))
                return f"{self.name()}.{self.draw.choice(METHODS)}"
            case 4:
                return f"({inner()} {self.draw.choice(BINARY)} {inner()})"
            case 5:
                return f"({inner()} {self.draw.choice(COMPARED)} {inner()})"
            case 6:
                return f"({inner()} if {inner()} else {inner()})"
            case 7:
                return f"[{inner()}, *{inner()}]"
            case 8:
                return f"{{{inner()}: {inner()}, **{inner()}}}"
            case 9:
                return f"[{inner()} for {self.name()} in {inner()} if {inner()}]"
            case 10:
                return f"(lambda {self.name()}=1: {inner()})"
            case 11:
                return f"({inner()})[{inner()}]"
            case 12:
                return f"({inner()})[{inner()}:{inner()}]"
            case 13:
                return f"f'{{{self.name()}}} {{{self.name()}!r:>9}}'"
            case 14:
                return f"({self.name()} := {inner()})"
            case 15:
                return f"({inner()} {self.draw.choice(('and', 'or'))} not {inner()})"
            case 16:
                return f"({inner()}).{self.draw.choice(METHODS)}({inner()})"
            case _:
                more = self.draw.choice(("", f", {inner()}", f", {self.name()}={inner()}",
                                         f", *{inner()}", f", **{inner()}"))  # fmt: skip
                return f"{self.draw.choice(CALLED)}({inner()}{more})"

    def block(self, depth: int) -> list[str]:
        """Draw statements inside one."""
        several = range(self.draw.randint(1, 3))
        return ["    " + line for _ in several for line in self.statement(depth + 1)]

    def statement(self, depth: int) -> list[str]:
        """Draw a statement; its lines."""
        name, value = self.name(), self.value()
        block = self.block(depth) if depth < 3 else ["    pass"]
        more = self.block(depth) if depth < 2 else ["    pass"]
        match self.draw.randrange(20):
            case 0 | 1 | 2 | 3:
                return [f"{name} = {value}"]
            case 4:
                return [f"{name} {self.draw.choice(BINARY)}= {value}"]
            case 5:
                return [f"{name}[{self.value(3)}] = {value}"]
            case 6:
                return [f"{name}.{self.draw.choice(METHODS)} = {value}"]
            case 7:
                return [f"{name}, *{self.name()} = {value}"]
            case 8:
                return [f"if {value}:", *block, "else:", *more]
            case 9:
                return [f"for {name} in {value}:", *block, "else:", *more]
            case 10:
                return [f"while {value}:", *block, f"    {self.draw.choice(('break', 'pass'))}"]
            case 11:
                return [f"def {name}({self.name()}, *args, x=1, **more):", *block,
                        f"    return {value}"]  # fmt: skip
            case 12:
                return [f"class {name}({self.draw.choice(('object', 'K', 'torch.nn.Module'))}):",
                        "    def __init__(self, *given):", *("    " + line for line in block),
                        f"    x = {value}"]  # fmt: skip
            case 13:
                return ["try:", *block, f"except {self.draw.choice(('ValueError', 'Exception'))}:",
                        *more, "finally:", f"    {name} = {value}"]  # fmt: skip
            case 14:
                return [f"with {value} as {name}:", *block]
            case 15:
                return [f"match {value}:", f"    case [{name}, *_]:",
                        *("    " + line for line in block), "    case _:",
                        *("    " + line for line in more)]  # fmt: skip
            case 16:
                return [f"del {name}", f"global {self.name()}"][: self.draw.randint(1, 2)]
            case 17:
                return [self.draw.choice(("import os as {}", "from x import {}", "import {}",
                                          "from y import *")).format(name)]  # fmt: skip
            case 18:
                return [f"assert {value}", f"{name} = yield_({value})"]
            case _:
                return [value]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_program_is_followed_in_time_and_memory_and_never_run(seed: int, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    number = PROGRAMS // len(SEEDS)

    def stop(*_: Any) -> None:
        raise TimeoutError

    def work() -> tuple[list[str], int]:
        signal.signal(signal.SIGPROF, stop)
        found, followed = [], 0
        printed = StringIO()
        for place in range(number):
            text = Programs(random.Random(FIRST + seed * number + place), trace).program()
            signal.setitimer(signal.ITIMER_PROF, LIMIT)
            try:
                with redirect_stdout(printed), redirect_stderr(printed):
                    read(text, lr=None)
                followed += 1
            except IsorateError as error:
                if not str(error).isprintable():
                    found.append(f"{error!r}\n{text}")
            except BaseException as error:
                found.append(f"{error!r}\n{text}")
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
            if printed.getvalue() or trace.exists():
                found.append(f"it was run\n{text}")
                trace.unlink(missing_ok=True)
        return found, followed

    found, followed = bounded(work, seconds=number * LIMIT, memory=MEMORY)
    assert not found, f"{len(found)}:\n" + "\n\n".join(found[:3])
    assert followed > number // 50


def test_what_is_drawn_is_python() -> None:
    texts = [Programs(random.Random(seed), Path("trace")).program() for seed in range(100)]
    kinds = {type(node) for text in texts if (tree := parsed(text)) for node in ast.walk(tree)}
    assert len(kinds) > 70


def parsed(text: str) -> ast.AST | None:
    """Return a text's tree, if it is Python."""
    try:
        return ast.parse(text)
    except SyntaxError:
        return None
