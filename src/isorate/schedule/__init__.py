"""Schedules: frozen trees of shapes and combinators, and what is computed and said of them."""

from isorate.schedule import combinators, shapes
from isorate.schedule.formula import Formula
from isorate.schedule.node import know

known = [getattr(home, name) for home in (shapes, combinators) for name in home.__all__]
know(*(kind for kind in known if isinstance(kind, type)), Formula)
