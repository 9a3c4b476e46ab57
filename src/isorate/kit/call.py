"""A call: one constructor of one dialect with its arguments."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import msgspec

from isorate.kit import registry
from isorate.kit.boundary import Answer, Fault, Halting, guard
from isorate.kit.match import Refusal, from_the_start, one_group, take_apart
from isorate.kit.optimizer import Optimizer
from isorate.kit.solving import ends, kinds_within, solve
from isorate.kit.writing import imports_of, optimizer_code, same, source
from isorate.schedule import notebook
from isorate.schedule.errors import ConvertError, IsorateError, NativeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from isorate.kit.card import Card
    from isorate.kit.meaning import Meaning
    from isorate.schedule.curve import Curve
    from isorate.schedule.expression import Expression
    from isorate.schedule.node import Schedule
    from isorate.schedule.run import StepEvery

#: What a call is asked, and what it refuses with where an argument is of no use for that.
ANSWERS: Mapping[str, Answer] = {
    "fault": Answer(NativeError),
    "follow": Answer(NativeError),
    "lift": Answer(Refusal),
    "lower": Answer(ConvertError, "there is no schedule in {}"),
    "native": Answer(NativeError),
    "plateau": Answer(NativeError),
    "say": Answer(Refusal),
    "written": Answer(NativeError),
}


class Call(msgspec.Struct, frozen=True, dict=True):
    """One constructor call of one dialect: its fields are the framework's signature.

    A parameter that goes by a name of this class has an underscore after it as a field: ``name_``.

    Subclasses answer four questions: ``lower`` (what schedule is this?), ``lift`` (can I say that
    schedule?), ``native`` (the rates, bit for bit) and ``card``.
    """

    card: ClassVar[Card]
    #: How many arguments may be given by their place; all, where it is none.
    placed: ClassVar[int | None] = None

    #: The argument that is the count of updates, whatever a text calls that.
    count: ClassVar[str] = ""
    #: Whether its first field is the optimizer of the loop, and no argument of it.
    beside: ClassVar[bool] = False
    #: What it is where a function that it is given takes the rate before, too.
    of_rates: ClassVar[type[Call] | None] = None
    #: Whether its function may compute in tensors, which are no floats.
    tensors: ClassVar[bool] = False
    #: Whether it is written from measured rates (``spell``), and not from a schedule.
    spells: ClassVar[bool] = False
    #: Whether it takes any formula, and so comes after those that say what the schedule is.
    by_formula: ClassVar[bool] = False
    #: What it has one rate of: an update, or an epoch.
    unit: ClassVar[Literal["update", "epoch"]] = "update"
    #: Whether building it leaves more than a rate behind in the optimizer, for those built later.
    leaves_behind: ClassVar[bool] = False

    #: Arguments that ``means`` decides by, and the values that are tried where it is solved; names
    #: that are no argument's do not count.
    choices: ClassVar[Mapping[str, Sequence[Any]]] = {}
    #: Other meanings, of arguments out of the ordinary, which are only solved.
    also: ClassVar[Sequence[Any]] = ()
    #: What ``means`` is given besides the arguments.
    besides: ClassVar[Sequence[Any]] = ()
    #: Fields that are no arguments: what the framework was told before, and the statement.
    settings: ClassVar[Mapping[str, str]] = {}
    #: The names of the arguments as the framework has them in order, where fields are a base's.
    order: ClassVar[str] = ""

    #: Arguments of older versions that change no rate beside such values of others.
    older: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        guard(cls, ANSWERS, Halting)

    @classmethod
    def own_functions(cls) -> type[Call] | None:
        """Return what functions of a text are among its arguments; none where as they are."""
        return None

    @property
    def dialect(self) -> str:
        """The name of the dialect."""
        return self.card.dialect

    @property
    def name(self) -> str:
        """The last part of the constructor's name."""
        return self.card.name.rpartition(".")[2]

    @property
    def code(self) -> str:
        """The call as Python source, full name first; ``params`` stands for the parameters."""
        return "; ".join([*dict.fromkeys(self._told()), self.written()])

    @property
    def statements(self) -> str:
        """The call as one pastes it: imports, the optimizer, and the scheduler or the rates.

        ``params`` stands for the parameters.

        Example:
            >>> from isorate import read
            >>> print(read("StepLR(SGD(params, lr=0.1), 30)", dialect="torch").statements)
            import torch
            <BLANKLINE>
            optimizer = torch.optim.SGD(params, lr=0.1)
            scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=30)

        """
        lines = list(dict.fromkeys(self._told()))
        optimizer = self.owner
        if optimizer is not None:
            lines.append(f"optimizer = {self._optimizer_code(optimizer)}")
        name = "scheduler" if self.card.clock == "step" else "learning_rate"
        lines += self._named(name, self.written("optimizer" if optimizer else None))
        imports = imports_of("\n".join(lines), registry.packages())
        return "\n".join([*imports, *([""] if imports else []), *lines])

    def _named(self, name: str, written: str) -> list[str]:
        """Return the lines that give it a name."""
        return [f"{name} = {written}"]

    @property
    def owner(self) -> Optimizer | None:
        """The optimizer that it acts on, or those do that it holds; none where there is none."""
        return next(self._optimizers(), None)

    def _optimizers(self) -> Iterator[Optimizer]:
        """Visit the optimizers of the call and of those that it holds."""
        yield from (value for value in self.arguments().values() if isinstance(value, Optimizer))
        for member in self.members:
            if isinstance(member, Call):
                yield from member._optimizers()

    def _told(self) -> Iterator[str]:
        """Visit the statements of the settings, its own and those of the calls that it holds."""
        for name, statement in self.settings.items():
            if getattr(self, name):
                yield statement
        if self.beside:
            yield f"optimizer = {self._optimizer_code(self.optimizer)}"  # type: ignore[attr-defined]
        for _, member in self.held_calls():
            yield from member._told()

    def written(self, optimizer: str | None = None) -> str:
        """Return the call as Python source, ``optimizer`` standing for the optimizer's text."""
        return f"{self.card.name}({', '.join(self._arguments(optimizer))})"

    @property
    def dtype(self) -> Literal["float64", "float32"]:
        """The dtype that the framework computes the rates in."""
        return "float64"

    @property
    def counts(self) -> Literal["steps", "updates", "epochs"]:
        """What moves it: every ``step()``, every one that comes after an update, every epoch."""
        return self.card.counts

    def resolve(self) -> Call:
        """Return the call whose scheduler it returns, or raise what the framework raises."""
        return self

    @property
    def returned(self) -> Call:
        """The call whose scheduler it returns; itself, where the framework would raise."""
        return self

    @property
    def told_by(self) -> str:
        """The method that is told which step it is, where that may be one step after the other."""
        return ""

    @property
    def stepping(self) -> str:
        """How the loop steps it: ``n`` counts its steps from 1 on, where it has to be told."""
        return "scheduler.step()"

    def told(self, group: int) -> Expression | None:
        """Return a group's rate as a function of the step that it is told; none where it is not."""
        return None

    def comes_with(self) -> tuple[Any, ...]:
        """Return what the framework returns after the scheduler, where it returns several."""
        return ()

    @property
    def stops_at(self) -> int | None:
        """The step after which a loop that asks the scheduler takes no more; none where any may."""
        return None

    @property
    def groups(self) -> int:
        """The number of parameter groups."""
        optimizer = getattr(self, "optimizer", None)
        return len(optimizer.groups) if isinstance(optimizer, Optimizer) else 1

    def fault(self) -> Fault | None:
        """Return what the framework raises for these arguments, if anything."""
        return None

    @cached_property
    def _fault(self) -> Fault | None:
        return self.fault()  # which builds a scheduler, and every question asks for it

    def supposed(self) -> str | None:
        """Return what is taken for granted of what the call is given, and nobody knows."""
        return None

    def checked(self) -> Call:
        """Return this call, or raise where the framework would refuse it.

        Raises:
            NativeError: says which exception the framework raises, when, and for what.

        """
        fault = self._fault
        if fault is not None:
            raise NativeError(
                f"{self.card.raised_by} raises {fault.error.__name__} {fault.when}: {fault.text}"
            )
        return self

    def means(self, *besides: Any) -> Meaning:
        """Return what it means, in its arguments: computed to lower it, solved to lift it."""
        raise NotImplementedError

    def lower(self) -> Schedule:
        """Return the schedule that this call means: absolute rates, the end explicit.

        Raises:
            ConvertError: the call has no meaning as a schedule.
            NativeError: the framework refuses the call.

        """
        self.checked()
        return self.means().schedule()

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        """Say a schedule, in normal form and counted in updates, for a run of ``updates``."""
        return say(cls, schedule)

    @classmethod
    def spell(cls, curve: Curve) -> Lift | Refusal:
        """Write rates out."""
        raise NotImplementedError

    def native(self, steps: int) -> Iterator[NDArray[Any]]:
        """Yield the rates of steps 0 … steps−1 as blocks of shape ``(groups, m)``, in order.

        Raises:
            Halting: after the last rate, where the framework raises before ``steps`` are done.

        """
        raise NotImplementedError

    def each_epoch(self) -> tuple[Call, int] | None:
        """Return the call with the rate that each epoch ends with, and how many epochs it has.

        None where each epoch has as many updates as the others, the last of them at its end.
        """
        return None

    @property
    def members(self) -> tuple[Any, ...]:
        """The calls it is made of, in their order."""
        return tuple(call for _, call in self.held_calls())

    def held_calls(self) -> Iterator[tuple[str, Call]]:
        """Visit the calls that are arguments of a call, each with where it stands."""
        for argument, value in self.arguments().items():
            if isinstance(value, Call):
                yield argument, value
            elif isinstance(value, list | tuple):
                if not any(issubclass(kind, Call) for kind in set(map(type, value))):
                    continue  # at once: it may be a list of a million rates
                for index, item in enumerate(value):
                    if isinstance(item, Call):
                        yield f"{argument}[{index}]", item

    def arguments(self) -> dict[str, Any]:
        """Return the arguments by name, defaults included."""
        return {field.rstrip("_"): getattr(self, field) for field in self._fields()}

    @classmethod
    def of(cls, arguments: Mapping[str, Any], **settings: bool) -> Self:
        """Return the call with these arguments and settings; the others have their defaults."""
        fields = {field.rstrip("_"): field for field in cls.__struct_fields__}
        return cls(**{fields[name]: value for name, value in arguments.items()}, **settings)

    def _arguments(self, optimizer: str | None = None) -> Iterator[str]:
        defaults = self.defaults()
        for name, value in self.arguments().items():
            if isinstance(value, Optimizer):
                text = optimizer or self._optimizer_code(value)
                yield text if name == self.__struct_fields__[0] else f"{name}={text}"
            elif name not in defaults or not same(value, defaults[name]):
                yield f"{name}={source(value)}"

    def given(self, like: Optimizer) -> Call:
        """Return the call with an optimizer of another class and arguments, its rates the same."""
        optimizer = getattr(self, "optimizer", None)
        if not isinstance(optimizer, Optimizer):
            return self
        return msgspec.structs.replace(self, optimizer=optimizer.made_like(like))

    def naming(self) -> str:
        """Return the optimizer's source, and give it the name ``optimizer``."""
        return f"optimizer := {self._optimizer_code(self.optimizer)}"  # type: ignore[attr-defined]

    def _optimizer_code(self, optimizer: Optimizer) -> str:
        return optimizer_code(registry.get(self.card.runs_in).optimizers, optimizer)

    @classmethod
    def parameters(cls) -> tuple[str, ...]:
        """Return the names of the arguments, in order."""
        return tuple(field.rstrip("_") for field in cls._fields())

    @classmethod
    def _fields(cls) -> list[str]:
        """Return the fields that are arguments."""
        if cls.order:
            return cls.order.split()
        return [f for f in cls.__struct_fields__[cls.beside :] if f not in cls.settings]

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """Return the arguments that may be left out."""
        defaults = cls.__struct_defaults__
        names = [field.rstrip("_") for field in cls.__struct_fields__]
        found = zip(names[len(names) - len(defaults) :], defaults, strict=True)
        return {name: default for name, default in found if default is not msgspec.NODEFAULT}

    @classmethod
    def signature(cls) -> str:
        """Return the constructor's signature as the framework documents it."""
        defaults = cls.defaults()
        parts = [
            f"{name}={source(defaults[name])}" if name in defaults else name
            for name in cls.parameters()
        ]
        return f"{cls.card.name}({', '.join(parts)})"

    def __str__(self) -> str:
        return self.code

    def _repr_html_(self) -> str:
        facts = notebook.table([("call", self.code), ("dialect", self.dialect)])
        try:
            return facts + self.lower()._repr_html_()
        except IsorateError:
            return facts


# what constructors leave to the base: it computes and solves their meaning
guard(Call, {name: ANSWERS[name] for name in ("lower", "lift")}, Halting)


class Composition(Call, frozen=True):
    """A call of which an argument is other calls, or one, which share its optimizer.

    As source, the optimizer is written where Python first comes across it, and named there:
    ``SequentialLR(optimizer := SGD(params, lr=0.1), schedulers=[LinearLR(optimizer), …], …)``.
    """

    #: The argument that they are.
    holds: ClassVar[str] = "schedulers"

    @property
    def members(self) -> tuple[Any, ...]:
        """The calls it is made of, in their order."""
        held = getattr(self, self.holds, ())
        return tuple(held) if isinstance(held, list | tuple) else (held,) * isinstance(held, Call)

    def given(self, like: Optimizer) -> Call:
        """Return the call and those that it holds with an optimizer of another class."""
        members = [m.given(like) if isinstance(m, Call) else m for m in self.members]
        alone = not isinstance(getattr(self, self.holds), list | tuple)
        held: Any = (members or [getattr(self, self.holds)])[0] if alone else members
        return msgspec.structs.replace(super().given(like), **{self.holds: held})

    def _arguments(self, optimizer: str | None = None) -> Iterator[str]:
        defaults = self.defaults()
        for name, value in self.arguments().items():
            if isinstance(value, Optimizer):
                text = optimizer or f"optimizer := {self._optimizer_code(value)}"
                yield text if name == self.__struct_fields__[0] else f"{name}={text}"
                optimizer = optimizer or "optimizer"
            elif name == self.holds and isinstance(value, list | tuple | Call):
                parts = []
                for part in self.members:
                    if isinstance(part, Composition):
                        parts.append(part.written(optimizer))
                        optimizer = "optimizer"
                    elif isinstance(part, Call) and "optimizer" in part.__struct_fields__:
                        parts.append(part.written(optimizer or part.naming()))
                        optimizer = "optimizer"
                    else:
                        parts.append(source(part))
                text = ", ".join(parts)
                yield f"{name}={text if isinstance(value, Call) else f'[{text}]'}"
            elif name not in defaults or not same(value, defaults[name]):
                yield f"{name}={source(value)}"


class Lift(msgspec.Struct, frozen=True):
    """One way for a dialect to say a schedule.

    Args:
        call: the call.
        updates_per_step: how many updates lie between two calls of ``scheduler.step()``.
        losses: what is lost or has to be minded, in words.

    """

    call: Call
    updates_per_step: int = 1
    losses: tuple[str, ...] = ()

    @property
    def step_every(self) -> StepEvery:
        """``"epoch"`` where the scheduler is not stepped at every update."""
        return "update" if self.updates_per_step == 1 else "epoch"

    def checked(self) -> Lift | Refusal:
        """Return it, or the reason why the framework would refuse its call."""
        fault = self.call.fault()
        if fault is None:
            return self
        return Refusal(f"{self.call.card.raised_by} raises {fault.error.__name__}: {fault.text}")


def say(constructor: type[Call], schedule: Schedule, losses: Sequence[str] = ()) -> Lift | Refusal:
    """Find the call that says a schedule at every update, for one parameter group.

    Args:
        constructor: its ``means`` is solved.
        schedule: in normal form.
        losses: what is lost already, in words.

    """
    parts = from_the_start(one_group(take_apart(schedule, *kinds_within(constructor))))
    if isinstance(parts, Refusal):
        return parts
    whole: Schedule = parts.shape
    if parts.every > 1:
        whole = whole.staircase(parts.every)
    if ends(constructor) and parts.length is not None:
        whole = whole.until(parts.length)
    solution = solve(constructor, whole, lenient=True)
    if isinstance(solution, Refusal):
        return solution
    fields = constructor.__struct_fields__
    arguments = {n: v for n, v in solution.arguments.items() if n in fields}
    optional = constructor.defaults()  # by the names of the parameters
    lacking = [n for n in fields if n not in arguments and n.rstrip("_") not in optional]
    if lacking:
        return Refusal(f"nothing decides {' and '.join(lacking)}")
    endless = [] if ends(constructor) else parts.unlike_endless()
    told = (*parts.unlike(solution.unlike), *losses, *endless)
    return Lift(constructor(**arguments), 1, told).checked()
