"""Imports, functions and classes: what their names stand for from then on."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from isorate.kit import registry
from isorate.reading.arguments import option
from isorate.reading.endings import Breaking, Continuing, Raising, Returning, Unfollowable
from isorate.reading.frames import Frame
from isorate.reading.mentions import defaults_of, mentions
from isorate.reading.naming import Name, at_home
from isorate.reading.python import OF_TRAINERS
from isorate.reading.schedules import made_of
from isorate.reading.storing import Storing
from isorate.reading.values import (
    MISSING,
    Bound,
    Builtin,
    Class,
    Function,
    Instance,
    Module,
    Schedule,
    Unknown,
    other_name_of,
)
from isorate.schedule.syntax import dotted, shown, unparsed, walk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isorate.reading.files import Files


#: Decorators that leave a function what it is.
LEAVING: Final = ("wraps", "no_grad", "lru_cache", "cache", "jit", "inference_mode",
                  *("abstractmethod", "override", "setter"))  # fmt: skip


class Defining(Storing):
    """Follows definitions."""

    files: Files | None

    def __init__(self, given: Any) -> None:
        super().__init__(given)
        self.modules: dict[str, Module] = {}
        #: The code of trainers that the text uses.
        self.trainers: dict[str, Frame] = {}

    def imports(self, node: ast.Import | ast.ImportFrom, frame: Frame) -> None:
        self.strange += 1
        match node:
            case ast.Import(names=names):
                for alias in names:
                    head = alias.name.partition(".")[0]
                    if self._module_imported(alias, frame):
                        continue
                    origin = alias.name if alias.asname else head
                    self._imported(alias.asname or head, origin, frame)
            case ast.ImportFrom(module=module, names=names, level=level):
                home = "." * level + (module or "")
                own = self._module(module or "", level, frame)
                for alias in names:
                    if own is not None and self._names_imported(own, alias, node, frame):
                        continue
                    if alias.name == "*":
                        self.outermost.stars.append(home)
                        self.outermost.imported.clear()
                        if not at_home(f"{module}."):
                            frame.lose_all(self.at(node))
                            if self.loops.stack:  # what counts its turns may be another by then
                                self.loops.lost = self.loops.lost or node
                    else:
                        dot = "" if home.endswith(".") else "."
                        origin = registry.at_home(f"{home}{dot}{alias.name}")
                        self._imported(alias.asname or alias.name, origin, frame)

    def _module(self, name: str, level: int, frame: Frame) -> Module | None:
        """Return a module that is given beside the text, followed once; none where it is not."""
        importer = frame.outermost.path or (self.files.entry if self.files else "")
        path = None if self.files is None else self.files.find(name, level, importer)
        if path is None or self.files is None:
            return None
        package = name.partition(".")[0]
        if not level and at_home(f"{package}."):
            text = f"{package} is taken for the package of that name, which the files have, too"
            self.assumed[text] = None
            return None
        if path not in self.modules:
            inner = Frame(self.given)
            inner.path, inner.names["__name__"] = path, name
            self.modules[path] = Module(name, inner)
            line, outermost, self.outermost = self.line, self.outermost, inner
            try:
                self.body(self.files.body(path), inner)
            except (Returning, Raising, Breaking, Continuing, Unfollowable) as end:
                inner.lose_all(f"{path} is not followed" if isinstance(end, Unfollowable) else "")
            finally:
                self.line, self.outermost = line, outermost
        return self.modules[path]

    def _module_imported(self, alias: ast.alias, frame: Frame) -> bool:
        """Import a module that is given beside the text; whether it is one."""
        parts = alias.name.split(".")
        chain = [self._module(".".join(parts[: n + 1]), 0, frame) for n in range(len(parts))]
        held = [module for module in chain if module is not None]
        if len(held) < len(chain):
            return False
        for outer, inner, name in zip(held, held[1:], parts[1:], strict=False):
            outer.frame.names.setdefault(name, inner)
        frame.set(alias.asname or parts[0], held[-1] if alias.asname else held[0])
        return True

    def _names_imported(
        self, module: Module, alias: ast.alias, node: ast.ImportFrom, frame: Frame
    ) -> bool:
        """Import a name from a module that is given beside the text; whether it has it."""
        names = module.frame.names
        if alias.name == "*":
            listed = names.get("__all__", [name for name in names if not name.startswith("_")])
            if not isinstance(listed, list | tuple):
                return False
            for name in listed:
                frame.set(str(name), names.get(str(name), Unknown(str(name))))
            frame.outermost.stars += module.frame.stars
            return True
        if alias.name not in names:
            inner = f"{node.module}.{alias.name}" if node.module else alias.name
            found: Any = self._module(inner, node.level, frame)
            if found is None:
                return False
            names[alias.name] = found
        frame.set(alias.asname or alias.name, names[alias.name])
        return True

    def _imported(self, name: str, origin: str, frame: Frame) -> None:
        from isorate.reading import builtin

        home, _, last = origin.rpartition(".")
        value: Any = Unknown(name, name=Name(name, origin, known=True))
        if origin == "absl.flags.FLAGS":
            value = self.flags
        if home in builtin.MODULES and last in builtin.MODULES[home]:
            value = Builtin(last, home)
        elif home in builtin.MODULES and last in builtin.CONSTANTS:
            value = builtin.CONSTANTS[last]
        of_trainer = self.of_trainer(Name(name, origin, known=True))
        value = value if of_trainer is MISSING else of_trainer
        if name in self.given and frame.entry:
            return
        frame.elsewhere.get(name, frame).names[name] = value
        self.outermost.imported.add(name)

    def of_trainer(self, name: Name) -> Any:
        trainer = registry.trainer_of(name.origin, known=name.known, used=self.trainers)
        if trainer is None:
            return MISSING
        if trainer.name not in self.trainers:
            inner = self.trainers[trainer.name] = Frame(self.given)
            inner.trains = trainer.trains
            inner.names = {"__name__": trainer.name} | {each: Builtin(each) for each in OF_TRAINERS}
            line, outermost, self.outermost = self.line, self.outermost, inner
            self.body(trainer.body(), inner)
            self.line, self.outermost = line, outermost
        return self.trainers[trainer.name].names.get(name.last, MISSING)

    def is_trainer(self, name: str) -> bool:
        """Whether a name is that of a class of a trainer's that trains by itself."""
        found = self.name(name, self.outermost) if name.isidentifier() else None
        return isinstance(found, Class) and found.find("_alone") is not MISSING

    def function(self, node: Any, frame: Frame) -> Function:
        if isinstance(node, ast.Lambda):
            for each in walk(node.body):
                of = self._quiet(each.func, frame) if isinstance(each, ast.Call) else None
                if isinstance(of, Schedule):
                    self.unasked[id(node)] = made_of(node, of)
                    if of.call is None or registry.get(of.call.dialect).own is None:
                        raise self.unasked[id(node)]
        defaults = defaults_of(node.args).items()
        values = {name: self.value(default, frame) for name, default in defaults}
        return Function(node, frame, values)

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef, frame: Frame) -> None:
        function = self.function(node, frame)
        kinds = {"staticmethod": "static", "classmethod": "class", "property": "property",
                 "command": "command"}  # fmt: skip
        around: list[ast.expr] = []
        for decorator in node.decorator_list:
            last = _last(decorator)
            if last in ("option", "argument") and isinstance(decorator, ast.Call):
                placed, named, _ = self._arguments(decorator, frame)
                values = {key: argument.value for key, argument in named.items()}
                declared = option(self.interpreter, decorator, [a.value for a in placed], values)
                function.defaults |= {} if declared is None else dict([declared])
            function.kind = kinds.get(last, function.kind)
            before = frame.get(node.name)
            if last in ("lru_cache", "cache"):  # it goes by what names were when it was first asked
                function.wrapped = (
                    f"{node.name} (line {node.lineno}) is taken to remember what it would compute"
                )
            if last == "setter" and isinstance(before, Function):
                function = replace(before, setter=function)
            around += [decorator] if last not in (*kinds, *LEAVING) else []
        found: Any = function
        for decorator in reversed(around):
            found = self._decorated(found, decorator, frame)
        if isinstance(found, Function) and found is not function:
            found = replace(found, wraps=function)
        frame.set(node.name, found)

    def _decorated(self, function: Any, decorator: ast.expr, frame: Frame) -> Any:
        """Return what a decorator of the text makes of a function; others leave it as it is."""
        inner = decorator.func if isinstance(decorator, ast.Call) else decorator
        if not isinstance(self._quiet(inner, frame), Function | Bound | Class | Instance):
            if isinstance(function, Function):
                text = f"@{shown(decorator)} is taken to leave {function.name} what it is"
                function.wrapped = text
            return function
        call: Any = ast.Call(decorator, [ast.Name(function.name, ast.Load())], [])
        call = ast.fix_missing_locations(ast.copy_location(call, decorator))
        found = self.called(self.value(decorator, frame), [function], {}, call)
        return function if hands_on(found, function) else found

    def _class(self, node: ast.ClassDef, frame: Frame) -> None:
        inner = Frame(self.given, frame)
        inner.is_class = True
        bases = [self.value(base, frame) for base in node.bases]
        self.body(node.body, inner)
        if bases and all(isinstance(b, Unknown) and not _is_home(b) for b in bases):
            bases += self._adopted(node, inner.names)
        decorators = [*map(_last, node.decorator_list)]
        found = Class(node.name, inner.names, bases)
        inherited = [b.fields for b in bases if isinstance(b, Class) and b.fields]
        if "dataclass" in decorators or any(_is_named_tuple(base) for base in bases):
            own = [s.target.id for s in node.body if isinstance(s, ast.AnnAssign)
                   and isinstance(s.target, ast.Name)]  # fmt: skip
            found.fields = [*dict.fromkeys([*(f for i in inherited for f in i), *own])]
        elif inherited and "__init__" not in inner.names:
            found.fields = inherited[0]
        for value in inner.names.values():
            if isinstance(value, Function):
                value.of = found
                if value.wraps is not None:
                    value.wraps.of = found
        hook = found.find("__init_subclass__", after=found)
        if isinstance(hook, Function):
            named = {k.arg: self.value(k.value, frame) for k in node.keywords if k.arg is not None}
            self.called(hook, [found], named, ast.copy_location(ast.Name(node.name), node))
        for name, value in [*inner.names.items()]:
            hook = value.of.find("__set_name__") if isinstance(value, Instance) else None
            if isinstance(hook, Function):
                self.called(hook, [value, found, name], {}, ast.copy_location(ast.Name(name), node))
        makers = [self.value(k.value, frame) for k in node.keywords if k.arg == "metaclass"]
        whole: Any = found
        if any(isinstance(each, Class) for each in makers):  # which may make it another
            whole = Unknown(node.name, self.at(node), made=other_name_of(found), varies=True)
        for decorator in reversed(node.decorator_list):
            whole = self._decorated(whole, decorator, frame)
        frame.set(node.name, whole)

    def _adopted(self, node: ast.ClassDef, names: Mapping[str, Any]) -> list[Any]:
        """Return the class of a trainer's that a class derives from, going by a method of it."""
        found = []
        for trainer in registry.trainers():
            method = names.get(trainer.mark)
            if isinstance(method, Function) and len(method.node.args.args) == 1:
                origin = f"{trainer.modules[0]}.{trainer.own[0]}"
                found.append(self.of_trainer(Name(origin, origin, known=True)))
                text = f"{node.name} is taken to be a {trainer.own[0]} (line {node.lineno})"
                self.assumed[text] = None
        return found


def _last(decorator: ast.expr) -> str:
    """Return what a decorator is called."""
    named = decorator.func if isinstance(decorator, ast.Call) else decorator
    return (dotted(named) or "").rpartition(".")[2]


def hands_on(found: Any, function: Any) -> bool:
    """Whether what a decorator has made calls a function with all that it is given, and no more."""
    if not isinstance(found, Function) or isinstance(found.node, ast.Lambda):
        return False
    given, node = found.node.args, found.node
    if given.args or given.kwonlyargs or not (given.vararg and given.kwarg):
        return False
    inside = [n for each in node.body for n in walk(each)]
    calls = [n for n in inside if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    own = [n for n in calls if found.frame.get(unparsed(n.func)) is function]
    whole = f"(*{given.vararg.arg}, **{given.kwarg.arg})"
    if len(own) != 1 or mentions(node).rates or unparsed(own[0]) != unparsed(own[0].func) + whole:
        return False
    kept = [t for n in inside if isinstance(n, ast.Assign) and n.value is own[0] for t in n.targets]
    names = {t.id for t in kept if isinstance(t, ast.Name)}
    stored = [n.id for n in inside if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    ends = [n.value for n in inside if isinstance(n, ast.Return)]
    once = {name for name in names if stored.count(name) == 1}
    return bool(ends) and all(end is own[0] or getattr(end, "id", "") in once for end in ends)


def _is_home(base: Unknown) -> bool:
    return base.name is not None and at_home(f"{base.name.origin}.")


def _is_named_tuple(base: Any) -> bool:
    return isinstance(base, Unknown) and base.source.rpartition(".")[2] == "NamedTuple"
