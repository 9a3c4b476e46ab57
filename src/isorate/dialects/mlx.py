"""MLX: its schedules, as of 0.32.4, which are functions of the optimizer's count.

The count is an integer of 64 bits without a sign, and Python's numbers join in as float32. The
cosine is MLX's own, of polynomials; the power is the C library's. Measured on a CPU that fuses
products and sums, compiled or not: the same bits. A GPU was not measured.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Final

from isorate.kit import knots
from isorate.kit import meaning as say
from isorate.kit.card import Card, Proof, roles_of
from isorate.kit.counted import Counted, constant_of
from isorate.kit.float32 import powf, single
from isorate.kit.optimizer import Optimizers
from isorate.kit.registry import Dialect, completed
from isorate.kit.unknown import Unknown
from isorate.schedule.errors import ConvertError, NativeError
from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from isorate.kit.call import Lift
    from isorate.kit.match import Refusal
    from isorate.kit.meaning import Meaning
    from isorate.kit.xla import Rates, Real
    from isorate.schedule.node import Schedule

VERSION: Final = "0.32.4"
ROLES: Final = roles_of(
    start="init", end="end", duration="decay_steps steps boundaries", factor="decay_rate",
    clock="step_size", shape="schedules",
)  # fmt: skip
#: π/4 in three parts, each of few bits, so that multiples of them are taken off without an error.
QUARTER: Final = (0.78515625, 2.4187564849853515625e-4, 3.77489497744594108e-8)
#: The polynomials of MLX's cosine, in the square of what is left: from the highest power down.
EVEN: Final = (2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
ODD: Final = (-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)


def fused(a: Any, b: Any, c: Any) -> Rates:
    """Return ``a·b + c`` of float32 numbers, rounded once: the product is exact in float64."""
    found: Rates = (np.multiply(a, b, dtype=np.float64) + c).astype(np.float32)
    return found


def cos(x: Rates) -> Rates:
    """Return the cosines of float32 angles, as MLX's own vector code computes them."""
    near = np.where(np.isfinite(x), np.abs(x), np.float32(0))
    octant = ((near * np.float32(4 / math.pi)).astype(np.int64) + 1) & ~1
    left = near
    for part in QUARTER:
        left = fused(octant.astype(np.float32), np.float32(-part), left)
    square = left * left
    even, odd = (
        fused(fused(square, np.float32(p[0]), np.float32(p[1])), square, np.float32(p[2]))
        for p in (EVEN, ODD)
    )
    wave = fused(square, np.float32(-0.5), even * square * square) + np.float32(1)
    wave = np.where(octant & 2, fused(left, odd * square, left), wave)
    return np.where(np.isfinite(x), np.where((octant - 2) & 4, wave, -wave), np.float32(math.nan))


def number(value: Any) -> Any:
    """Return a Python number as MLX takes it beside an array.

    Raises:
        RuntimeError: an integer of more than 64 bits.
        TypeError: no number.
        ValueError: a text.

    """
    if isinstance(value, str):
        raise ValueError(f"{value!r} is no number")
    if not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise RuntimeError(f"{value} does not fit into 64 bits")
    return single(value)


def card(arithmetic: str, past_end: str, **raises: str) -> Card:
    """Return the card of a schedule, to be completed by its name."""
    numbers = {"TypeError": "no number", "RuntimeError": "an integer of more than 64 bits"}
    return Card(
        runs_in="mlx", clock="update", arithmetic=f"{arithmetic}, float32, on a CPU",
        proof=Proof.COUNTER, past_end=past_end, raises={**numbers, **raises},
    )  # fmt: skip


class Function(Counted, frozen=True):
    """A function of the count, made of a first rate."""

    init: float
    #: The argument that is to be 1 at least.
    counted: ClassVar[str | None] = None

    def build(self) -> None:
        if self.counted is not None and (steps := getattr(self, self.counted)) < 1:
            raise ValueError(f"{self.counted}={steps!r} is below 1")


class exponential_decay(Function, frozen=True):
    """A factor at every update."""

    decay_rate: float
    card: ClassVar[Card] = card("init·powf(decay_rate, t)", "decays on", ValueError="a text")

    def rates(self, t: Any, real: Real) -> Rates:
        if isinstance(self.decay_rate, int):
            text = (
                f"decay_rate={self.decay_rate!r} is an integer, whose powers MLX takes in 64 bits"
            )
            raise NativeError(text, hint=f"write {self.decay_rate!r}.0")
        base, start = number(self.decay_rate), number(self.init)
        with np.errstate(all="ignore"):
            return start * powf(np.full(len(t), base), self.passed(t).astype(np.float32))

    def passed(self, t: Any) -> Any:
        """Return how many steps a count has behind it."""
        return t

    def means(self) -> Meaning:
        return say.exponential(self.init, self.decay_rate)


class step_decay(exponential_decay, frozen=True):
    """A factor once in so many updates."""

    step_size: int
    counted: ClassVar[str | None] = "step_size"
    card: ClassVar[Card] = card(
        "init·powf(decay_rate, t // step_size)", "decays on", ValueError="step_size below 1"
    )

    def passed(self, t: Any) -> Any:
        number(self.step_size)
        whole = t.dtype.kind == "i" and isinstance(self.step_size, int)
        return (
            t // self.step_size
            if whole
            else np.floor(t.astype(np.float32) / single(self.step_size))
        )

    def means(self) -> Meaning:
        if not isinstance(self.step_size, Unknown) and self.step_size % 1:
            raise ConvertError(f"step_size={self.step_size!r} steps between updates")
        return say.staircase(say.exponential(self.init, self.decay_rate), self.step_size)


class cosine_decay(Function, frozen=True):
    """Half a cosine, from a rate to another."""

    decay_steps: int
    end: float = 0.0
    counted: ClassVar[str | None] = "decay_steps"
    card: ClassVar[Card] = card(
        "end + (½(1 + cos((π/T)·t)))·(init − end)", "holds end", ValueError="decay_steps below 1"
    )

    def rates(self, t: Any, real: Real) -> Rates:
        T, end, span = self.decay_steps, number(self.end), number(self.init - self.end)
        at = np.minimum(t.astype(np.float32), number(T))
        return end + np.float32(0.5) * (np.float32(1) + cos(single(math.pi / T) * at)) * span

    def means(self) -> Meaning:
        return say.cosine(self.init, self.end, self.decay_steps)


class linear_schedule(Function, frozen=True):
    """A line from a rate to another."""

    end: float
    steps: int
    counted: ClassVar[str | None] = "steps"
    card: ClassVar[Card] = card(
        "t·((end − init)/T) + init", "holds end, rounded with init", ValueError="steps below 1"
    )

    def rates(self, t: Any, real: Real) -> Rates:
        at = np.minimum(t.astype(np.float32), number(self.steps))
        return at * number((self.end - self.init) / self.steps) + number(self.init)

    def means(self) -> Meaning:
        return say.line(self.init, self.end, self.steps)


class join_schedules(Counted, frozen=True):
    """One schedule after another, each counted from its boundary."""

    schedules: list[Any]
    boundaries: list[int]
    card: ClassVar[Card] = card(
        "that of the schedules", "as its last schedule does",
        ValueError="no schedule, not one boundary less, what its schedules refuse",
    )  # fmt: skip

    def build(self) -> None:
        if len(self.schedules) != len(self.boundaries) + 1:
            raise ValueError(f"{len(self.schedules)} schedules, {len(self.boundaries)} boundaries")
        for member in self.functions:
            if isinstance(member, Counted):
                member.build()

    @property
    def functions(self) -> list[Any]:
        """Its schedules: calls, and the numbers of functions that are always one."""
        return [m if isinstance(m, Counted) else constant_of(m) for m in self.schedules]

    def rates(self, t: Any, real: Real) -> Rates:
        found: Any = None
        for boundary, member in zip((0, *self.boundaries), self.functions, strict=True):
            start = number(boundary)  # for what it may raise
            whole = t.dtype.kind == "i" and isinstance(boundary, int)
            begun = t - boundary if whole else t.astype(np.float32) - start
            here = member.rates(begun, real) if isinstance(member, Counted) else number(member)
            before = (begun < 0) | unreached(boundary)
            found = (
                np.full(len(t), here, np.float32)
                if found is None
                else np.where(before, found, here)
            )
        return found.astype(np.float32)

    def means(self) -> Meaning:
        first, *later = [m.means() if isinstance(m, Counted) else say.constant(m)
                         for m in self.functions]  # fmt: skip
        reached = [pair for pair in zip(later, self.boundaries, strict=True)
                   if not unreached(pair[1])]  # fmt: skip
        return say.in_turn([first, *(m for m, _ in reached)], at=[b for _, b in reached])

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        return knots.parts_of(cls, schedule, updates, SCHEDULES[:-1])


def unreached(boundary: Any) -> bool:
    """Whether a boundary is never reached: below 0, as a count has it, it is beyond all others."""
    return isinstance(boundary, int) and boundary < 0


SCHEDULES: Final = (
    linear_schedule, cosine_decay, exponential_decay, step_decay, join_schedules,
)  # fmt: skip
DOCS: Final = "https://ml-explore.github.io/mlx/build/html/python/optimizers/_autosummary/{}.html"
#: What is given a schedule, and what hands on the optimizers that it is given.
STUBS: Final = [
    *(f"def {name}(learning_rate): ..." for name in
      ("SGD", "RMSprop", "Adagrad", "AdaDelta", "Adam", "AdamW", "Adamax", "Lion", "Muon")),
    "def Adafactor(learning_rate=None, eps=(1e-30, 1e-3), clip_threshold=1.0, decay_rate=-0.8,"
    " beta_1=None, weight_decay=0.0, scale_parameter=True, relative_step=True): ...",
    "def MultiOptimizer(): ...",
]  # fmt: skip
DIALECT = Dialect(
    "mlx", "MLX", VERSION,
    completed(SCHEDULES, "mlx.optimizers", VERSION, ROLES, DOCS, "mlx"),
    aliases={"mlx.optimizers.schedulers": "mlx.optimizers", "optim": "mlx.optimizers"},
    precedence=140,
    imported="mlx.optimizers",
    optimizers=Optimizers(
        "mlx.optimizers", "mlx.core", "\n".join(STUBS), schedules=True,
        hindered={"relative_step": "it sets the rate by itself, and reads no schedule"},
    ),
)  # fmt: skip
