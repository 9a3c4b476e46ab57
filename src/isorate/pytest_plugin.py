"""A fixture for pytest that fails a test whose run did not follow its recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from isorate.checking.verdict import Finding


@pytest.fixture
def isorate_check() -> Callable[..., Finding]:
    """Return a function that checks a run's log as ``isorate.check`` does, and fails the test.

    ``isorate_check("runs/log.csv", recipe)`` returns the finding where the log follows.
    """

    def check(*given: Any, **named: Any) -> Finding:
        from isorate.checking.verdict import check

        finding = check(*given, **named)
        if not finding.follows:
            pytest.fail(f"{finding.log.path}: {finding.sentence}", pytrace=False)
        return finding

    return check
