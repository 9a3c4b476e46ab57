"""The rows of the tables: which texts the real frameworks are asked to run.

``tools/capture.py`` runs them and writes what came of it. To add a row, add a case in the
dialect's file here and capture the table again.
"""

from collections.abc import Callable, Iterator
from typing import Final

from tests.conformance.cases._case import Case
from tests.conformance.cases.isorate import isorate_cases
from tests.conformance.cases.mindspore_experimental import mindspore_experimental
from tests.conformance.cases.mindspore_lists import mindspore_cells, mindspore_dynamic
from tests.conformance.cases.optax import (
    optax_compositions,
    optax_plateaus,
    optax_refused,
    optax_schedules,
    optax_settings,
)
from tests.conformance.cases.torch import torch_cases
from tests.conformance.cases.torch_schedulers import (
    torch_chains,
    torch_groups_and_loops,
    torch_plateaus,
    torch_schedulers,
    torch_sequences,
)
from tests.conformance.cases.transformers import (
    transformers_by_name,
    transformers_cases,
    transformers_refusals,
)

__all__ = ["CASES", "Case"]

#: The parts of each dialect's table, in order.
CASES: Final[dict[str, dict[str, Callable[[], Iterator[Case]]]]] = {
    "torch": {
        "cosine": torch_cases,
        "schedulers": torch_schedulers,
        "groups": torch_groups_and_loops,
        "plateaus": torch_plateaus,
        "sequences": torch_sequences,
        "chains": torch_chains,
    },
    "mindspore": {
        "lists": mindspore_dynamic,
        "cells": mindspore_cells,
        "experimental": mindspore_experimental,
    },
    "optax": {
        "schedules": optax_schedules,
        "compositions": optax_compositions,
        "settings": optax_settings,
        "plateaus": optax_plateaus,
        "refused": optax_refused,
    },
    "isorate": {"schedulers": isorate_cases},
    "transformers": {
        "functions": transformers_cases,
        "names": transformers_by_name,
        "refusals": transformers_refusals,
    },
}
