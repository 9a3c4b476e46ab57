"""The dialects. This directory is the registry: every module here without an underscore is one.

Other packages add theirs through the ``isorate.dialects`` entry-point group: each entry point
names a ``Dialect``.
"""

from isorate.kit.registry import builtin, called, constructors, get, registered

__all__ = ["builtin", "called", "constructors", "get", "registered"]
