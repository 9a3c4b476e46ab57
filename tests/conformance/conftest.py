"""MindSpore has to be imported before torch, and its first operation has to fail in peace."""

from __future__ import annotations

import importlib.util

if importlib.util.find_spec("mindspore") is not None:
    from tests.conformance.frameworks import mindspore

    mindspore()
