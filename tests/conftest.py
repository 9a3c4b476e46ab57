"""Hypothesis profiles: ``ci`` draws the same list every time, ``short`` less, ``full`` afresh."""

from __future__ import annotations

import importlib
import os
from pathlib import Path

from hypothesis import HealthCheck, settings

import isorate

# Hypothesis draws constants of the modules that are loaded: all of them, whichever test is first.
HOME = Path(isorate.__file__).parent
FRAMEWORKS = ("jax", "keras", "lightning", "mindspore", "torch", "transformers")
for path in sorted(HOME.rglob("*.py")):
    parts = path.relative_to(HOME).with_suffix("").parts
    if parts[0] not in FRAMEWORKS and not parts[-1].startswith("__"):
        importlib.import_module(".".join(("isorate", *parts)))

COMMON = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}
settings.register_profile("ci", max_examples=100, derandomize=True, **COMMON)  # type: ignore[arg-type]
settings.register_profile("short", max_examples=10, derandomize=True, **COMMON)  # type: ignore[arg-type]
settings.register_profile("full", max_examples=300, **COMMON)  # type: ignore[arg-type]
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
