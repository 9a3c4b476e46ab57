"""What a text's optimizers are as a framework has them: their rates and other arguments."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Final

import msgspec

from isorate.kit import registry
from isorate.kit.optimizer import NO_OPTIMIZERS, Optimizer, ParamGroup
from isorate.reading.naming import Name, is_elsewhere, path_of, prefix_fits
from isorate.reading.values import NO_TEXT, Built, List, Unknown, unknown_in, written
from isorate.schedule.errors import LONGEST_PART, MissingRateError, OwnRateError, ReadError
from isorate.schedule.expression import LARGEST_INTEGER
from isorate.schedule.syntax import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

#: More parameter groups than this no text puts together.
MOST_GROUPS: Final = 1000
RATES: Final = ("lr", "learning_rate")
DTYPES: Final = {"float": "float32", "double": "float64"}
#: What hands out or hands on parameters that have no rates of their own.
PLAIN: Final = ("parameters", "trainable_params", "get_parameters", "filter", "list", "tuple",
                "chain", "iter", "reversed")  # fmt: skip


def of_rates(rates: float | Sequence[float]) -> Optimizer:
    """Return an optimizer of the rates given beside a text, one a parameter group.

    Raises:
        ReadError: there are none, or one is no rate.
    """
    listed = rates if isinstance(rates, list | tuple) else [rates]
    if not listed:
        raise ReadError("lr is empty", required="one rate for each parameter group")
    return Optimizer.of(*listed)


def frameworks() -> list[str]:
    """Return the frameworks whose optimizers hold the rates."""
    known = registry.builtin().values()
    having = [d for d in known if d.optimizers is not NO_OPTIMIZERS]
    return [d.name for d in having if not d.optimizers.schedules]


def is_of(name: Name | None, framework: str) -> bool:
    """Whether a name is an optimizer of a framework's own."""
    if name is None:
        return False
    dialect = registry.get(framework)
    known, (home, _, last) = dialect.optimizers, name.origin.rpartition(".")
    return last in known and (
        f"{home}.".startswith(f"{known.module}.")
        or (not name.known and (not home or prefix_fits(home, known.module, dialect)))
    )


class MissingError(MissingRateError):
    """A rate uses what nobody knows."""

    def __init__(self, parts: Sequence[Unknown]) -> None:
        leaves = apart(leaf for part in parts for leaf in part.leaves())
        names = ", ".join(dict.fromkeys(leaf.source for leaf in leaves))
        super().__init__(f"the rate uses names without a value: {names}", hint=hint_of(leaves))
        self.leaves = leaves


def apart(leaves: Iterable[Unknown]) -> list[Unknown]:
    """Return what has to be given, each once, without what others of it say: ``x.get(1)`` of x."""
    found = {leaf.source: leaf for leaf in leaves}
    known = tuple(f"{source}." for source in found)
    return [u for source, u in found.items() if "(" not in source or not source.startswith(known)]


def hint_of(leaves: Sequence[Unknown], more: str = "") -> str:
    """Return how values can be given that nobody knows, and ``more`` that is to be given."""
    sources = {leaf.source: leaf.before for leaf in leaves if leaf.source != NO_TEXT}
    sets = " ".join(f"--set {quoted(source, before)}" for source, before in sources.items())
    names = [leaf.name for leaf in leaves if leaf.name and leaf.source.isidentifier()]
    homes = [n.origin.rpartition(".")[0] for n in names if n.known and is_elsewhere(n)]
    files = " and ".join(dict.fromkeys(path_of(home) for home in homes if home))
    return f"{sets}{more}, or give {files}, too" if files else sets + more


def quoted(source: str, before: str = "") -> str:
    """Return what is typed for a value that is asked for by its source: what it was, perhaps."""
    named = source if len(source) <= LONGEST_PART else f"{source[:80]} … {source[-80:]}"
    said = f"{named}={before or '...'}"
    if all(sign.isalnum() or sign in "._=-+" for sign in said):
        return said
    mark = "'" if '"' in said else '"'
    return f"{mark}{said}{mark}"


def number(value: Any) -> Any:
    """Return a number that is known.

    Raises:
        MissingError: it is not.
        ReadError: it is none, or cannot be computed.

    """
    if isinstance(value, Unknown):
        if value.why.startswith("cannot compute"):
            raise ReadError(value.why)
        raise MissingError([value])
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        raise ReadError("an integer is too large", required="at most 2**63")
    return value


def read(built: Built, framework: str, beside: Any) -> Optimizer:
    """Read an optimizer as a framework has it, or as a class of another package.

    Raises:
        MissingRateError: neither the text nor what is beside it says a rate.
        ReadError: both do, or the text cannot be read.

    """
    if built.lost:
        if beside is not None:
            return of_rates(beside)
        raise MissingRateError(built.lost, hint="give it: --lr 0.1")
    return _Reading(built, framework, beside).optimizer()


def without_rates(built: Any, framework: str, groups: int) -> Optimizer:
    """Return an optimizer of so many groups whose rates a function of the step makes.

    It is the text's, where that is one of the framework's or of a package that no framework is.
    """
    name = built.name if isinstance(built, Built) else None
    foreign = name is None or name.origin.partition(".")[0] in registry.builtin()
    if foreign and not is_of(name, framework):
        return of_rates([1.0] * groups)
    return _Reading(built, framework, None).without_rates(groups)


class _Reading:
    """One optimizer, read for one framework."""

    def __init__(self, built: Built, framework: str, beside: Any) -> None:
        assert built.name is not None
        known, own = registry.get(framework).optimizers, is_of(built.name, framework)
        signature = known.parameters(built.name.last) if own else {"params": None}
        self.built, self.known, self.beside, self.signature = built, known, beside, signature
        self.name = built.name.last if own else built.name.origin
        self.arguments = {**dict(zip(signature, built.given, strict=False)), **built.named}
        self.placed = built.given[len(signature) :]
        self.rates = [key for key in RATES if not own or key in signature]
        if own and known.schedules:  # the first parameter, as for a schedule
            self.rates = [*signature][:1]
        self.stated = [k for k in self.rates if k in self.arguments]
        self.default = next((self.arguments[k] for k in self.stated), None)

    def optimizer(self) -> Optimizer:
        entries = self._entries()
        if self.built.spread and self.default is None:
            entries = None
        kept = self._bare()
        stated = entries is not None and (
            self.default is not None or any("lr" in entry for entry in entries)
        )
        if self.beside is not None and not stated:
            return msgspec.structs.replace(kept, groups=of_rates(self.beside).groups)
        if self.default is None and not self.stated:
            usual = [u for u in map(self.signature.get, self.rates) if u is not None]
            self.default = ast.literal_eval(usual[0]) if usual else None
        try:
            read = self._read(kept, entries)
        except MissingRateError:  # lr=args.lr: the rate beside it may be meant for just that
            if self.beside is None:
                raise
            return msgspec.structs.replace(kept, groups=of_rates(self.beside).groups)
        if self.beside is not None:
            text = "the rate is given twice, in the text and beside it"
            raise OwnRateError(text, hint="leave lr away")
        return read

    def without_rates(self, groups: int) -> Optimizer:
        """Return it with a rate of 1 in each parameter group."""
        others: list[tuple[str, ...]] = [self._others(entry) for entry in self._entries() or ()]
        if len(others) != groups:
            others = [()] * groups
        return msgspec.structs.replace(
            self._bare(), groups=tuple(ParamGroup(1.0, others=each) for each in others)
        )

    def _bare(self) -> Optimizer:
        """Return its class and what else it is given, without groups."""
        rest = [written(value) for value in self.placed]
        rest += [
            f"{key}={written(value)}"
            for key, value in self.arguments.items()
            if key not in ("params", *self.rates)
        ]
        return Optimizer((), self.name, tuple(rest + self.built.spread))

    def _others(self, entry: Mapping[Any, Any]) -> tuple[str, ...]:
        """Return what a parameter group says besides its rate, as source."""
        return tuple(
            f"{key!r}: {written(value)}"
            for key, value in entry.items()
            if key not in ("params", "lr", "initial_lr", *self.known.left)
        )

    def _read(self, kept: Optimizer, entries: list[dict[Any, Any]] | None) -> Optimizer:
        if entries is None:
            error = MissingRateError(
                f"the parameter groups in {shown(self.built.node)} are not known, "
                "and may have rates",
                hint="give them: --lr 0.1, or 0.1,0.01 for two groups",
            )
            params = unknown_in(self.arguments.get("params"))
            error.leaves = [each for each in params if each.condition]  # type: ignore[attr-defined]
            raise error
        groups = tuple(self._groups(entries))
        own = ["lr" in entry for entry in entries]
        if entries != [{}]:  # else the only group is the only one that holds the tensor
            pairs = zip(groups, own, strict=True)
            groups = tuple(
                g if has or g.tensor is None else msgspec.structs.replace(g, shared=True)
                for g, has in pairs
            )
        return msgspec.structs.replace(kept, groups=groups, stated=self._stated(groups, own))

    def _entries(self) -> list[dict[Any, Any]] | None:
        """Return the parameter groups: one without entries, where parameters are plain."""
        if self.built.groups is not None:
            return self._followed(self.built.groups)
        return entries_of(self.arguments.get("params"))

    def _followed(self, groups: List) -> list[dict[Any, Any]] | None:
        """Return groups that the text had in hand, as far as nothing is lost of them."""
        if groups.lost or any(not isinstance(g, dict) or g.lost for g in groups):  # type: ignore[attr-defined]
            return None
        return groups

    def _groups(self, entries: list[dict[Any, Any]]) -> Iterator[ParamGroup]:
        """Visit the groups; what all of them lack is asked for at once."""
        lacking: list[Unknown] = []
        for entry in entries:
            try:
                yield self._group(entry)
            except MissingError as error:
                lacking += error.leaves
        if lacking:
            raise MissingError(lacking)

    def _group(self, entry: Mapping[Any, Any]) -> ParamGroup:
        rate = entry.get("lr", self.default)
        if rate is None:
            what = (
                f"a parameter group of {self.name} has no lr"
                if entry
                else f"{self.name} is given no rate"
            )
            hint = f"write {self.name}(params, lr=0.1), or give --lr 0.1"
            raise MissingRateError(what, hint=hint)
        group = self._rated(rate, entry.get("initial_lr"))
        left = {name: number(entry[name]) for name in self.known.left if name in entry}
        others = self._others(entry)
        return msgspec.structs.replace(group, left=left, others=others) if left or others else group

    def _stated(self, groups: Sequence[ParamGroup], own: Sequence[bool]) -> ParamGroup | str | None:
        """Return the rate that an optimizer is given besides those of its groups."""
        if self.default is None:
            return "lr"
        try:
            stated = self._rated(self.default, None)
        except ReadError:  # which is no matter where every group has its own
            return written(self.default)
        if stated.tensor is not None and not all(own):
            return None
        first = groups[0]
        same = (type(stated.lr), stated.lr, None) == (type(first.lr), first.lr, first.tensor)
        return None if same and stated.tensor is None else stated

    def _rated(self, rate: Any, initial: Any) -> ParamGroup:
        lr, tensor = self._rate(rate)
        if initial is None:
            return ParamGroup(lr, None, tensor)
        initial_lr, initial_tensor = self._rate(initial)
        if initial_tensor != tensor:
            text = "lr and initial_lr differ in kind"
            raise ReadError(text, required="both tensors or both floats")
        return ParamGroup(lr, initial_lr, tensor)

    def _rate(self, value: Any) -> tuple[Any, Any]:
        """Return a rate and, where a tensor is made of it, the tensor's dtype."""
        made = value.made if isinstance(value, Unknown) else None
        home, last = (made[0].partition(".")[0], made[0].rpartition(".")[2]) if made else ("", "")
        own = home == self.known.package
        if made is None or (last not in self.known.tensors and not own):
            return number(value), None
        if (not own and home in registry.builtin()) or last not in self.known.tensors:
            needed = (
                f"{self.known.package}.{next(iter(self.known.tensors), 'tensor')} of one number"
            )
            raise ReadError(f"{written(value)} cannot be read", required=needed)
        if len(made[1]) != 1:
            text = f"{written(value)} cannot be read"
            raise ReadError(text, required="a tensor of one number")
        rate = number(made[1][0])
        dtype = self.known.tensors[last] if isinstance(rate, int) else "float32"
        if "dtype" in made[2]:
            told = written(made[2]["dtype"]).rpartition(".")[2]
            dtype = DTYPES.get(told, told)
        if dtype not in DTYPES.values():
            text = "the tensor's dtype has no native arithmetic here"
            raise ReadError(text, required="float32 or float64", got=dtype or "?")
        return rate, dtype


def entries_of(params: Any) -> list[dict[Any, Any]] | None:
    """Return the groups that parameters are: one without entries where they are plain.

    None where they are not known.
    """
    match params:
        case None | int() | float():
            return [{}]
        case Unknown():
            return [{}] if params.plain else None
        case dict() if not getattr(params, "lost", None):
            return [params]
        case list() | tuple() if not getattr(params, "lost", None):
            if len(params) > MOST_GROUPS and any(isinstance(item, dict) for item in params):
                raise ReadError("too many parameter groups", required=f"at most {MOST_GROUPS}")
            if any(isinstance(item, int | float | str) for item in params):
                wrong = next(item for item in params if isinstance(item, int | float | str))
                raise ReadError(f"{wrong!r} is not a parameter group", required="a dict")
            if not params or all(isinstance(i, Unknown | list | tuple) for i in params):
                return [{}] if all(map(_is_plain, params)) else None
            known = all(isinstance(i, dict) and not getattr(i, "lost", None) for i in params)
            return [*params] if known else None
    return None


def _is_plain(value: Any) -> bool:
    if isinstance(value, Unknown):
        return value.plain
    return entries_of(value) == [{}]
