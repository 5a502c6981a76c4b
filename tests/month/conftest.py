"""One month for all tests of this folder."""

from __future__ import annotations

from tests.month.lived import lived as lived
from tests.store.conftest import postgres as postgres
