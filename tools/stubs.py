"""Write the signatures of what is made from calls, for editors and type checkers.

    python tools/stubs.py            write
    python tools/stubs.py --check    fail where a stub is stale

A stub stands beside its module, and is what a type checker reads in its place. Annotations are the
framework's own where it has any, so that both frameworks have to be installed.
"""

from __future__ import annotations

import inspect
import re
import sys
from importlib import import_module
from pathlib import Path
from textwrap import indent
from typing import Any, Final

ROOT = Path(__file__).resolve().parents[1]
#: Each module, and whence the optimizers of its schedulers come.
MODULES: Final = {
    "isorate.mindspore.experimental._drop_ins": "mindspore.experimental.optim",
    "isorate.mindspore.lists": "mindspore.nn",
    "isorate.torch._drop_ins": "torch.optim",
}


#: As long as a line may be.
WIDTH: Final = 100


def stub(name: str) -> str:
    """Return the stub of a module."""
    home = name.rpartition(".")[0]
    found: list[Any] = list(vars(import_module(name)).values())
    made = [each for each in found if getattr(each, "__module__", None) == home]
    written = "\n".join(_class(each) if inspect.isclass(each) else _function(each) for each in made)
    bases: set[Any] = {each.__base__ for each in made if inspect.isclass(each)}
    groups = [
        _imports(
            [
                ("collections.abc", "Callable"),
                ("collections.abc", "Iterable"),
                ("collections.abc", "Sequence"),
            ],
            written,
        )
        + _imports([("typing", "Any"), ("typing", "Literal")], written),
        _imports(
            [(MODULES[name], "Optimizer"), (f"{MODULES[name]}.lr_scheduler", "LRScheduler")],
            written,
        ),
        _imports(sorted((base.__module__, base.__name__) for base in bases), written),
    ]
    return "\n".join([*filter(None, groups), written])


def _imports(known: list[tuple[str, str]], text: str) -> str:
    """Write the imports of those names that a text uses."""
    found: dict[str, list[str]] = {}
    for home, name in known:
        if re.search(rf"\b{name}\b", text):
            found.setdefault(home, []).append(name)
    lines = ""
    for home, names in found.items():
        line = f"from {home} import {', '.join(names)}\n"
        each = "".join(f"    {name},\n" for name in names)
        lines += line if len(line) <= 101 else f"from {home} import (\n{each})\n"
    return lines


def _class(made: Any) -> str:
    parameters = list(inspect.signature(made).parameters.values())
    given = [p for p in parameters if p.name not in ("optimizer", "last_epoch")]
    own = [p.replace(default=p.empty) for p in given if p.name in vars(made)]
    attributes = [f"{_parameter(p)}\n" for p in own]
    body = [_docstring(made), *attributes, _definition("__init__", ["self", *parameters], "None")]
    return f"class {made.__name__}({made.__base__.__name__}):\n" + indent("".join(body), "    ")


def _function(made: Any) -> str:
    signature = inspect.signature(made)
    parameters = list(signature.parameters.values())
    return _definition(made.__name__, parameters, signature.return_annotation, _docstring(made))


def _definition(name: str, parameters: list[Any], returned: str, docstring: str = "") -> str:
    """Write a function, as the formatter has it within a class."""
    written = [_parameter(each) for each in parameters]
    one, inner = ", ".join(written), f"    {', '.join(written)}\n"
    if len(f"    def {name}({one}) -> {returned}: ...") <= WIDTH:
        head = f"def {name}({one}) -> {returned}:"
    else:
        lines = inner if len(inner) <= WIDTH - 4 else "".join(f"    {each},\n" for each in written)
        head = f"def {name}(\n{lines}) -> {returned}:"
    return f"{head}\n{indent(docstring.rstrip(), '    ')}\n" if docstring else f"{head} ...\n"


def _parameter(parameter: Any) -> str:
    if parameter == "self":
        return "self"
    text = f"{parameter.name}: {parameter.annotation}"
    if parameter.default is not parameter.empty:
        text += f" = {parameter.default!r}"
    return text.replace("'", '"')


def _docstring(made: Any) -> str:
    """Return what it is, its formula, its end and where it is documented."""
    text = (inspect.getdoc(made) or "").partition("\n\nRaises:")[0]
    told = [part for part in text.split("\n\n") if not part.startswith("t ")]
    return '"""{}\n"""\n\n'.format("\n\n".join(told))


def main() -> int:
    """Write the stubs, or check them."""
    stale = []
    for name in MODULES:
        path = (ROOT / "src").joinpath(*name.split(".")).with_suffix(".pyi")
        text = stub(name)
        if path.exists() and path.read_text() == text:
            continue
        if "--check" in sys.argv:
            stale.append(f"{path.relative_to(ROOT)} is stale: make stubs")
        else:
            path.write_text(text)
            sys.stdout.write(f"wrote {path.relative_to(ROOT)}\n")
    sys.stderr.writelines(f"{line}\n" for line in stale)
    return bool(stale)


if __name__ == "__main__":
    raise SystemExit(main())
