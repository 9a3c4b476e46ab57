"""Finds operations whose dtype NumPy 1.26 and NumPy 2 choose differently, on either of them.

    python -m tests.promotion        every row of every table; prints where they would differ

NumPy 2 gives a Python number the dtype of the number or array that it meets. NumPy 1.26 makes a
float32 number and a Python float a float64, and looks at the value of a number that meets an array.
Isorate's modules are loaded with every operator, comparison and function of NumPy's replaced by one
that asks both rules before it computes.
"""

from __future__ import annotations

import ast
import importlib.machinery
import operator
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import CodeType, ModuleType

#: What is not computed in NumPy's dtypes, and what a dtype is chosen by.
NUMBERS = (bool, int, float, np.generic, np.ndarray)
KINDS = "biufc"

OPERATORS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Mod: operator.mod,
    ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv, ast.Pow: operator.pow,
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip

WATCHED = "__watched__"


# --- the two rules -----------------------------------------------------------------------------


def weak(numbers: Sequence[Any]) -> np.dtype[Any]:
    """Return the dtype that NumPy 2 computes in: a Python number is of its kind alone."""
    own = [number.dtype for number in numbers if isinstance(number, np.generic | np.ndarray)]
    found = np.result_type(*own)
    for number in numbers:
        if type(number) is float and found.kind in "biu":
            return np.dtype(np.float64)
        if type(number) is int and found.kind == "b":
            found = np.dtype(np.int64)
    return found


def by_value(numbers: Sequence[Any]) -> np.dtype[Any]:
    """Return the dtype that NumPy 1.26 computes in: a number beside an array is of any size."""
    arrays = [number.dtype for number in numbers if np.ndim(number)]
    scalars = [number for number in numbers if not np.ndim(number)]
    kinds = ["b" if d.kind == "b" else "i" if d.kind in "iu" else "f" for d in arrays]
    alike = [np.asarray(scalar).dtype for scalar in scalars]
    highest = max(["bif".index(kind) for kind in kinds], default=-1)
    if all("bif".index(np.dtype(d).kind.replace("u", "i")) <= highest for d in alike):
        signed = any(dtype.kind == "i" for dtype in arrays)
        alike = [smallest(scalar, signed=signed) for scalar in scalars]
    return np.result_type(*arrays, *alike)


def smallest(number: Any, *, signed: bool) -> np.dtype[Any]:
    """Return the smallest dtype that holds a number; among signed integers a signed one."""
    found = np.min_scalar_type(number)
    return np.min_scalar_type(-int(number) - 1) if signed and found.kind == "u" else found


def differ(numbers: Iterable[Any]) -> bool:
    """Whether the two rules give an operation on these numbers different dtypes."""
    numbers = [number for number in numbers if isinstance(number, NUMBERS)]
    kinds = {type(number) for number in numbers}
    own = any(issubclass(kind, np.float32) and kind is not np.float32 for kind in kinds)
    if own and np.ndarray not in kinds:
        return False  # Isorate's Float32, which rounds the other number itself
    if not any(isinstance(number, np.generic | np.ndarray) for number in numbers):
        return False
    if any(np.asarray(number).dtype.kind not in KINDS for number in numbers):
        return False
    return weak(numbers) != by_value(numbers)


# --- asking both before computing ----------------------------------------------------------------

#: Where they differ: file, line and what was computed.
found: dict[tuple[str, int], str] = {}


def watched(place: tuple[str, int], function: Any, *args: Any, **kwargs: Any) -> Any:
    """Compute, and note the place where the two rules differ."""
    chosen = not isinstance(function, np.ufunc) and function not in CHOOSING
    if not chosen and "dtype" not in kwargs:
        numbers = args[1:] if function is np.where else args
        if differ(numbers):
            found.setdefault(place, ", ".join(f"{number!r:.60}" for number in numbers))
    return function(*args, **kwargs)


CHOOSING = {*OPERATORS.values(), np.where}


class Watching(ast.NodeTransformer):
    """Replaces what computes in a module by calls of ``watched``."""

    def __init__(self, path: str) -> None:
        self.path = path

    def _watched(self, node: ast.expr, function: ast.expr, args: list[Any], more: Any = ()) -> Any:
        place = ast.Tuple([ast.Constant(self.path), ast.Constant(node.lineno)], ast.Load())
        call = ast.Call(ast.Name(WATCHED, ast.Load()), [place, function, *args], list(more))
        return ast.copy_location(call, node)

    def _operator(self, node: ast.expr, kind: ast.AST, args: list[ast.expr]) -> Any:
        if type(kind) not in OPERATORS:
            return node
        name = OPERATORS[type(kind)].__name__
        function = ast.Attribute(ast.Name("__operator__", ast.Load()), name, ast.Load())
        return self._watched(node, function, args)

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        self.generic_visit(node)
        return self._operator(node, node.op, [node.left, node.right])

    def visit_Compare(self, node: ast.Compare) -> Any:
        self.generic_visit(node)
        if len(node.ops) > 1:
            return node
        return self._operator(node, node.ops[0], [node.left, *node.comparators])

    def visit_Call(self, node: ast.Call) -> Any:
        self.generic_visit(node)
        match node.func:
            case ast.Attribute(value=ast.Name(id="np")):
                return self._watched(node, node.func, node.args, node.keywords)
        return node


def rewritten(source: bytes, path: str) -> CodeType:
    """Return a module's code with everything in it watched."""
    tree = Watching(path).visit(ast.parse(source, path))
    code: CodeType = compile(ast.fix_missing_locations(tree), path, "exec")
    return code


class Loader(importlib.machinery.SourceFileLoader):
    """Loads a module from its source, watched; nothing that was compiled before is taken."""

    def get_code(self, fullname: str) -> CodeType:
        """Return the rewritten code."""
        return rewritten(self.get_data(self.path), self.path)

    def exec_module(self, module: ModuleType) -> None:
        """Run it with what the calls name."""
        vars(module).update({WATCHED: watched, "__operator__": operator})
        super().exec_module(module)


class Finder:
    """Finds Isorate's modules."""

    @staticmethod
    def find_spec(name: str, path: Any, target: Any = None) -> Any:
        """Return a spec that loads a module watched."""
        if name.partition(".")[0] != "isorate":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = Loader(name, spec.origin)
        return spec


def main() -> int:
    """Go through the tables; print where the rules differ, and fail if they do."""
    assert "isorate" not in sys.modules
    sys.meta_path.insert(0, Finder)
    from isorate import Run, simulate
    from tests import test_tables

    computed = 0
    for param in test_tables.ROWS:
        dialect, row = param.values
        if isinstance(dialect, str) and isinstance(row, dict) and "rates" in row:
            run = Run(**row["run"])
            simulate(test_tables.read_row(dialect, row), run)
            computed += 1
    for (path, line), numbers in sorted(found.items()):
        print(f"{path}:{line}: {numbers}")
    print(f"{computed} rows")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
