"""Nothing but a framework's own rooms names it: what it alone does is a hook of its dialect.

Looked at are the identifiers and the texts of the code in every module but a framework's own:
``dialects/``, a trainer's in ``configs/``, its logs in ``logs/``, what it saves in
``checkpoints/``, and the package to train with
that is called as it is.
Docstrings and comments may say where a fact comes from and show a real call, with one exception:
the docstring of a command is printed as its help, and there only the lines of its example may.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import isorate
from isorate.kit import registry

HOME = Path(isorate.__file__).parent
#: It reproduces a published page about two frameworks.
EXCEPTION = HOME / "cli" / "demo.py"


def frameworks() -> set[str]:
    """Return the names of the dialects, and of the packages that theirs come from."""
    names = set(registry.builtin())
    for dialect in registry.builtin().values():
        dotted = [constructor.card.name for constructor in dialect.constructors]
        dotted += [dialect.optimizers.module, dialect.optimizers.package]
        names |= {name.partition(".")[0] for name in dotted}
    names |= {trainer.name for trainer in registry.trainers()}
    return names - {"", "isorate", "numpy"}


NAMED = re.compile(rf"(?<![a-z])({'|'.join(frameworks())})(?![a-z])", re.IGNORECASE)
ROOMS = {"dialects", "configs", "logs", "checkpoints", "lightning", *frameworks()}
MODULES = [
    path
    for path in sorted(HOME.rglob("*.py"))
    if path.relative_to(HOME).parts[0] not in ROOMS and path != EXCEPTION
]


def said(text: str, *, printed: bool = False) -> list[str]:
    """Return the identifiers and texts of a module's code, with what is printed as help."""
    tree = ast.parse(text)
    found, documented = [], set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                documented.add(first.value)
                if printed and isinstance(node, ast.FunctionDef):
                    found.append(str(first.value.value).partition("Example:")[0])
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(value)) if node not in documented:
                found.append(value)
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                found.append(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.append(name)
            case ast.keyword(arg=str(name)):
                found.append(name)
            case ast.ImportFrom(module=str(name)):
                found.append(name)
            case ast.alias(name=name, asname=other):
                found += [name, other or ""]
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HOME)))
def test_no_framework_is_named(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    printed = path.relative_to(HOME).parts[0] == "cli"
    assert [each for each in said(text, printed=printed) if NAMED.search(each)] == []


def test_the_names_are_the_registered_ones() -> None:
    assert {"torch", "mindspore", "transformers", "optax", "jax"} <= frameworks()
    assert len(MODULES) > 80


@pytest.mark.parametrize(
    "text",
    [
        "import torch",
        "from isorate.dialects.mindspore import cells",
        "x = name == 'torch'",
        "x = f'{name}: which torch refuses'",
        "def torch_only(): ...",
        "x = Dialect(optax=1)",
        "print('MindSpore has one')",
        "x = node.jax_enabled",
    ],
)
def test_what_names_one_would_be_found(text: str) -> None:
    assert [each for each in said(text) if NAMED.search(each)] != []


def test_a_docstring_may_say_where_a_fact_comes_from_but_help_may_not() -> None:
    text = 'def f():\n    """As torch has it.\n\n    Example:\n      show torch\n    """\n'
    assert not any(map(NAMED.search, said(text)))
    assert any(map(NAMED.search, said(text, printed=True)))
    assert not any(map(NAMED.search, said(text.replace("As torch", "As it"), printed=True)))
