"""What the watch finds."""

from __future__ import annotations

from monitor.contacts import Numbering
from monitor.metrics.cases import Found, newest_first, own_number
from tests.metrics.test_callbacks import contact


def test_a_case_is_known_by_its_rule_and_the_first_call_that_broke_it() -> None:
    calls = tuple(contact(float(n)) for n in range(4))
    case = Found(rule="cap", calls=calls, marked=frozenset({calls[2].id, calls[3].id}), figures={})
    assert case.id == f"cap/{calls[2].id}"
    assert (case.first_at, case.last_at) == (2.0, 3.0)
    older = Found(rule="cap", calls=calls[:1], marked=frozenset({calls[0].id}), figures={})
    assert newest_first([older, case]) == [case, older]


def test_own_numbers_are_known_in_every_form() -> None:
    own = own_number(["+8675586001234", "1370000????"], Numbering())
    assert own("75586001234") and own("13700001234")
    assert not own("75586001235")
