"""Arguments of the command line, as parsers declare them: what they are where none is given.

A parser of the text is built for real, by Python's own ``argparse``, out of values that are known;
what it is given are no files and no functions of the text's.
"""

from __future__ import annotations

import argparse
import ast
from typing import TYPE_CHECKING, Any, Final, NoReturn

import msgspec

from isorate.reading.values import (
    Bound,
    Builtin,
    Class,
    Default,
    Function,
    Instance,
    Namespace,
    Unknown,
    own,
)
from isorate.schedule.syntax import shown, unparsed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from isorate.reading.foreign import Foreign
    from isorate.reading.naming import Name

    Maker = Callable[[Foreign, Name, list[Any], dict[str, Any], ast.AST], Any]

#: What ``add_argument`` says that decides values; the rest is help.
DECIDING: Final = ("action", "nargs", "const", "default", "type", "choices", "dest", "required")
ACTIONS: Final = ("store", "store_const", "store_true", "store_false", "append", "append_const",
                  "count", "extend")  # fmt: skip
#: What a parser is told itself, besides help.
TELLING: Final = ("argument_default", "conflict_handler", "prefix_chars")
#: An argument of more values than this is not followed, nor a command line of more words.
MOST_VALUES: Final = 100

#: What declares a parameter, and has its default as its first argument.
DECLARED: Final = ("typer.Option", "typer.Argument")


def _narrow(prog: str) -> argparse.HelpFormatter:
    """Return what writes help, which nobody reads: no terminal is asked how wide it is."""
    return argparse.HelpFormatter(prog, width=80)


class RefusedError(Exception):
    """A command line that a parser refuses."""


class Parser:
    """A parser of arguments, and what its ``parse_args`` gives.

    Args:
        real: Python's own, which has every default, and converts those that are text.

    """

    def __init__(self, named: dict[str, Any]) -> None:
        told = {key: named[key] for key in TELLING if isinstance(named.get(key), str)}
        listed = named.get("parents", ())
        listed = listed if isinstance(listed, list | tuple) else [listed]
        parents = [parent for parent in listed if isinstance(parent, Parser)]
        theirs: list[Any] = [parent.real for parent in parents]
        self.real: argparse.ArgumentParser = argparse.ArgumentParser(
            add_help=False, parents=theirs, formatter_class=_narrow, **told
        )
        self.real.error = _refuse  # type: ignore[method-assign]
        #: Of each argument its line, and why it has no default.
        self.lines: dict[str, str] = {}
        self.needed: dict[str, str] = {}
        for parent in parents:
            self.lines |= parent.lines
            self.needed |= parent.needed
        self.commands: list[tuple[str, Parser]] = []
        #: Whether it may have arguments that nobody knows, and why no default is sure any more.
        self.is_open = len(parents) < len(listed)
        self.lost = ""
        self.reads_files = "fromfile_prefix_chars" in named

    def called(
        self, follower: Foreign, name: str, given: list[Any], named: dict[str, Any], node: ast.AST
    ) -> Any:
        """Return what one of its methods comes to."""
        match name:
            case "add_argument":
                self._add(follower, given, named, node)
            case "add_argument_group" | "add_mutually_exclusive_group":
                return self
            case "set_defaults" if given:
                self.lost = follower.at(node)
            case "set_defaults":
                self.real.set_defaults(**named)
                self.lines.update(dict.fromkeys(named, follower.place(follower.line)))
                for key in named:
                    self.needed.pop(key, None)
            case "get_default" if given and isinstance(given[0], str):
                return own(self.real.get_default(given[0]))
            case "add_subparsers":
                dest = named.get("dest")
                if isinstance(dest, str):
                    self.lines[dest] = follower.place(follower.line)
                    self.needed[dest] = "the command"
                    self.real.set_defaults(**{dest: None})
                return Commands(self)
            case "parse_args" | "parse_intermixed_args":
                return self._parsed(follower, given, named)
            case "parse_known_args" | "parse_known_intermixed_args":
                rest = Unknown(unparsed(node), varies=True)
                return self._parsed(follower, given, named), rest
        return Unknown(unparsed(node), varies=True)

    def _add(
        self, follower: Foreign, flags: list[Any], named: dict[str, Any], node: ast.AST
    ) -> None:
        spec = {key: named[key] for key in DECIDING if key in named}
        own_action = spec.get("action")
        if isinstance(own_action, Unknown) and own_action.source.endswith("BooleanOptionalAction"):
            spec["action"] = argparse.BooleanOptionalAction
        elif own_action in ("help", "version"):
            return
        elif own_action not in ACTIONS:  # one of the text's own: what it has is its default
            spec["action"] = "store"
        nargs = spec.get("nargs", 1)
        many = isinstance(nargs, Unknown) or (isinstance(nargs, int) and nargs > MOST_VALUES)
        if many or any(isinstance(spec.get(key), Unknown) for key in ("dest", "required")):
            self.is_open = True
            return
        choices = spec.pop("choices", None)
        if isinstance(choices, list | tuple | dict | range) and len(choices) <= MOST_VALUES:
            spec["choices"] = list(choices)
        if "type" in spec:
            spec["type"] = _conversion(follower, spec["type"], node)
        try:
            action = self.real.add_argument(*flags, **spec)
        except (TypeError, ValueError, argparse.ArgumentError, AttributeError):
            self.is_open = True
            return
        self.lines[action.dest] = follower.place(follower.line)
        if action.required:
            listed = ", ".join(map(str, action.choices or ()))
            self.needed[action.dest] = f"one of {listed}" if listed else "which is required"
            action.required = False

    def _parsed(self, follower: Foreign, given: list[Any], named: dict[str, Any]) -> Namespace:
        found = Namespace.of_arguments(follower)
        words = given[0] if given else named.get("args")
        several = [*words] if isinstance(words, list | tuple | str) else None
        stated = several is not None and not any(isinstance(word, Unknown) for word in several)
        told = "namespace" in named or len(given) > 1
        defaults = (
            {} if self.lost or told else dict(self._defaults((several or []) if stated else []))
        )
        if self.is_open or self.lost or told:
            found.kept.touched = self.lost
            found.open()
        for name, default in defaults.items():
            known = stated and not isinstance(default.value, Unknown)
            found.kept[name] = default.value if known else default
        return found

    def _defaults(self, words: list[Any]) -> Iterator[tuple[str, Default]]:
        """Visit what is given where the command line has some words."""
        several = any(action.nargs in ("*", "+", "...") and not action.option_strings
                      for action in self.real._actions)  # fmt: skip
        try:
            if words and (several or self.reads_files or len(words) > MOST_VALUES):
                raise RefusedError
            parsed, _ = self.real.parse_known_args(list(map(str, words)))
        except (RefusedError, argparse.ArgumentError, TypeError, ValueError):
            self.is_open = True
            return
        for name, value in vars(parsed).items():
            line = self.lines.get(name, "which the text says")
            why = self.needed.get(name)
            if why is not None and value is None:
                value = Unknown(name, f"{why}, {line}")
            yield name, Default(own(value), f"its default, {line}")
        yield from self._of_commands()

    def _of_commands(self) -> Iterator[tuple[str, Default]]:
        """Visit the arguments of commands, of which one is given: where they agree, it is that."""
        found: dict[str, list[tuple[str, Default]]] = {}
        for command, parser in self.commands:
            for name, default in parser._defaults([]):
                found.setdefault(name, []).append((command, default))
        for name, several in found.items():
            command, first = several[0]
            values = [default.value for _, default in several]
            if any(type(v) is not type(values[0]) or v != values[0] for v in values):
                yield name, Default(Unknown(name, "which depends on the command"), "")
            else:
                yield name, Default(first.value, f"{first.said}, for {command}")


class Commands(msgspec.Struct, eq=False):
    """The commands of a parser, each with a parser of its own."""

    of: Parser

    def called(
        self, follower: Foreign, name: str, given: list[Any], named: dict[str, Any], node: ast.AST
    ) -> Any:
        """Return what one of its methods comes to."""
        if name != "add_parser" or not given[:1] or not isinstance(given[0], str):
            self.of.is_open = True
            return Unknown(unparsed(node), varies=True)
        made = Parser(named)
        self.of.commands.append((given[0], made))
        return made


class Dataclasses(msgspec.Struct, eq=False):
    """A parser whose arguments are the fields of dataclasses."""

    classes: list[Any] = msgspec.field(default_factory=list)

    def called(
        self, follower: Foreign, name: str, given: list[Any], named: dict[str, Any], node: ast.AST
    ) -> Any:
        """Return what one of its methods comes to."""
        if name == "parse_args_into_dataclasses":
            rest = [Unknown(unparsed(node), varies=True)]
            more = rest if named.get("return_remaining_strings") is True else []
            return (*(filled(follower, each, node) for each in self.classes), *more)
        if name == "parse_dict" and given and isinstance(given[0], dict):
            return tuple(follower.called(c, [], _fields(c, given[0]), node) for c in self.classes)
        if name.startswith("parse_"):
            return tuple(Unknown(unparsed(node), follower.at(node)) for _ in self.classes)
        return Unknown(unparsed(node), varies=True)


#: Objects of parsing that the text has in hand.
PARSERS: Final = (Parser, Commands, Dataclasses)


def _fields(of: Any, values: dict[Any, Any]) -> dict[Any, Any]:
    known = of.fields if isinstance(of, Class) and of.fields is not None else values
    return {key: value for key, value in values.items() if key in known}


def filled(follower: Foreign, of: Any, node: ast.AST) -> Any:
    """Return an object of a dataclass whose fields stand on the command line."""
    made = follower.called(of, [], {}, node)
    if not isinstance(made, Instance) or not isinstance(of, Class) or of.fields is None:
        return made
    found = Namespace.of_arguments(follower, of)
    for name in of.fields:
        value = made.kept.get(name)
        found.kept[name] = Default(value, f"its default in {of.name}")
    found.kept |= {name: v for name, v in made.kept.items() if name not in of.fields}
    return found


def entered(follower: Foreign, function: Any, node: ast.AST) -> Any:
    """Follow a function whose parameters stand on the command line."""
    inner = function
    while isinstance(inner, Bound):
        inner = inner.function
    if not isinstance(inner, Function) or isinstance(inner.node, ast.Lambda):
        return filled(follower, function, node)
    return follower.called(function, [], parameters(follower, inner), node)


def parameters(follower: Foreign, function: Function) -> dict[str, Any]:
    """Return a function's parameters that have defaults, as somebody's who gives it none."""
    found = {}
    for name, value in function.defaults.items():
        declared = value.made if isinstance(value, Unknown) else None
        if declared is not None and declared[0] in DECLARED and declared[1]:
            value = declared[1][0]
        default = Default(value, f"its default in {function.name}")
        found[name] = follower.default(value if isinstance(value, Default) else default, name)
    return found


def option(follower: Foreign, node: ast.Call, given: list[Any], named: dict[str, Any]) -> Any:
    """Return the parameter that a decorator declares, and its default; none where it is none."""
    flags = [flag for flag in given if isinstance(flag, str)]
    if not flags:
        return None
    plain = [flag for flag in flags if flag.isidentifier()]
    longest = max(flags, key=lambda flag: len(flag) - len(flag.lstrip("-")))
    name = (plain or [longest.partition("/")[0].lstrip("-").replace("-", "_").lower()])[0]
    value = named.get("default")
    is_flag = named.get("is_flag") is True or ("default" not in named and "/" in longest)
    if value is None and is_flag:
        value = False
    line = follower.place(node.lineno)
    kind = named.get("type")
    if named.get("required") is True or (value is None and "default" not in named
                                         and _is_argument(node)):  # fmt: skip
        value = Unknown(name, f"which is required, {line}")
    elif isinstance(kind, Builtin) and isinstance(value, int | float | str):
        value = follower.called(kind, [value], {}, node)
    return name, Default(value, f"its default, {line}")


def _is_argument(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute | ast.Name) and ast.unparse(node.func).endswith(
        "argument"
    )


def _conversion(follower: Foreign, kind: Any, node: ast.AST) -> Callable[[str], Any]:
    """Return what converts text, by following what the text says does it."""

    def converted(text: str) -> Any:
        found = follower.called(kind, [text], {}, node)
        if isinstance(found, Unknown):
            return Unknown("", f"whose type is not followed, {follower.place(follower.line)}")
        return found

    return converted


def _refuse(message: str) -> NoReturn:
    raise RefusedError(message)


# --- what makes them -----------------------------------------------------------------------------


def _parser(follower: Foreign, name: Name, given: list[Any], named: dict[str, Any], _: Any) -> Any:
    return Parser(named)


def _dataclasses(
    follower: Foreign, name: Name, given: list[Any], named: dict[str, Any], _: Any
) -> Any:
    first = given[0] if given else named.get("dataclass_types")
    return Dataclasses([*first] if isinstance(first, list | tuple) else [first])


def _namespace(
    follower: Foreign, name: Name, given: list[Any], named: dict[str, Any], _: Any
) -> Any:
    """Return an object whose attributes are what it is given, or the items of a dict."""
    first = given[0] if given else {}
    if len(given) > 1 or not isinstance(first, dict) or getattr(first, "lost", None):
        return None
    found = Namespace.of_arguments(follower)
    for key, value in {**first, **named}.items():
        nested = isinstance(value, dict) and first is not value and given
        found.kept[key] = _namespace(follower, name, [value], {}, _) if nested else value
    return found


def _fire(follower: Foreign, name: Name, given: list[Any], named: dict[str, Any], node: Any) -> Any:
    return entered(follower, given[0], node) if given else None


def _environment(
    follower: Foreign, name: Name, given: list[Any], named: dict[str, Any], node: Any
) -> Any:
    fallback = given[1] if len(given) > 1 else named.get("default")
    if fallback is None or isinstance(fallback, Unknown):
        return None
    return follower.default(Default(fallback, "where it is not set"), unparsed(node))


def _flag(follower: Foreign, name: Name, given: list[Any], named: dict[str, Any], node: Any) -> Any:
    """Return what holds a flag, which all flags have, too."""
    values = dict(zip(("name", "default"), given, strict=False)) | named
    flag, line = values.get("name"), follower.place(node.lineno)
    if not isinstance(flag, str):
        follower.flags.open()
        return None
    default = Default(own(values.get("default")), f"its default, {line}")
    holder = Namespace.of_arguments(follower)
    follower.flags.kept[flag] = holder.kept["value"] = default
    return holder


def _run(follower: Foreign, name: Name, given: list[Any], named: dict[str, Any], node: Any) -> Any:
    main = given[0] if given else named.get("main")
    return follower.called(main, [Unknown("argv", varies=True)], {}, node)


def _spawn(
    follower: Foreign, name: Name, given: list[Any], named: dict[str, Any], node: Any
) -> Any:
    """Follow what is run in several processes in the first of them, which is told so."""
    main = given[0] if given else named.get("fn", named.get("function"))
    rest = named.get("args", given[1] if len(given) > 1 else ())
    if not isinstance(main, Function) or not isinstance(rest, tuple | list):
        return None
    follower.assumed[f"{shown(node)} (line {node.lineno}): the first process is followed"] = None
    ranked = [0, *rest] if name.last == "spawn" else [*rest]
    return follower.called(main, ranked, {}, node)


#: Kinds of flags.
FLAGS: Final = ("float", "integer", "bool", "boolean", "string", "enum", "list", "multi_integer",
                "multi_float", "multi_string")  # fmt: skip
#: What makes them, by where it comes from, or by its last name.
MAKERS: Final[dict[str, Maker]] = {
    "ArgumentParser": _parser,
    "HfArgumentParser": _dataclasses,
    "argparse.Namespace": _namespace,
    "types.SimpleNamespace": _namespace,
    "Namespace": _namespace,
    "SimpleNamespace": _namespace,
    **dict.fromkeys(("EasyDict", "AttrDict", "DotDict", "Munch", "ConfigDict"), _namespace),
    **dict.fromkeys(("fire.Fire", "Fire", "typer.run", "tyro.cli"), _fire),
    **dict.fromkeys((f"DEFINE_{kind}" for kind in FLAGS), _flag),
    "absl.app.run": _run,
    **dict.fromkeys(("spawn", "notebook_launcher"), _spawn),
    **dict.fromkeys(("os.environ.get", "os.getenv", "environ.get"), _environment),
}


def made(
    follower: Foreign, name: Name, given: list[Any], named: dict[str, Any], node: ast.AST
) -> Any:
    """Return what a call of another package's makes of parsing; none where it makes nothing."""
    maker = MAKERS.get(name.origin) or MAKERS.get(name.last)
    return None if maker is None else maker(follower, name, given, named, node)
