"""What each address asks of whoever calls it: the one table, deny by default.

The guard looks here before any route runs. A route that has no line is refused to everybody (and a test
fails); a page's files are a line of their own. The most special line of several that fit comes first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from starlette.routing import compile_path

from monitor.access import May

OPEN: Final = None
"""For strangers too: is it alive, how to log in, and the files that the login page is made of."""

PERMITS: Final[dict[tuple[str, str], May | None]] = {
    # -- before a login
    ("GET", "/healthz"): OPEN,
    ("GET", "/login"): OPEN,
    ("GET", "/setup"): OPEN,
    ("POST", "/api/login"): OPEN,
    ("POST", "/api/setup"): OPEN,
    ("GET", "/favicon.ico"): OPEN,
    ("GET", "/login/{file:path}"): OPEN,
    ("GET", "/common/{file:path}"): OPEN,
    ("GET", "/vendor/{file:path}"): OPEN,
    ("GET", "/locales/{file:path}"): OPEN,
    # -- everybody who is logged in
    ("GET", "/"): May.ENTER,
    ("GET", "/api/me"): May.ENTER,
    ("POST", "/api/logout"): May.ENTER,
    ("GET", "/api/definitions"): May.ENTER,
    # -- the board; its WebSocket asks for the same
    ("GET", "/board/{file:path}"): May.SEE_FLOOR,
    ("GET", "/api/board"): May.SEE_FLOOR,
    ("GET", "/api/board/at"): May.SEE_FLOOR,
    ("GET", "/api/board/play"): May.SEE_FLOOR,
    # -- calls
    ("GET", "/calls/{file:path}"): May.SEE_CALLS,
    ("GET", "/calls/{pbx}/{uniqueid}/{dial:int}"): May.SEE_CALLS,
    ("GET", "/api/calls"): May.SEE_CALLS,
    ("GET", "/api/calls/sums"): May.SEE_CALLS,
    ("GET", "/api/calls.csv"): May.SEE_CALLS,
    ("GET", "/api/filters"): May.SEE_CALLS,
    ("GET", "/api/explain/{metric}"): May.SEE_CALLS,
    ("GET", "/api/calls/{call_id:path}"): May.SEE_CALLS,
    ("GET", "/api/recordings/{call_id:path}"): May.HEAR_RECORDINGS,
    ("HEAD", "/api/recordings/{call_id:path}"): May.HEAR_RECORDINGS,
    # -- reports
    ("GET", "/reports/{file:path}"): May.SEE_REPORTS,
    ("GET", "/api/reports/{kind}"): May.SEE_REPORTS,
    ("GET", "/archive/{file:path}"): May.SEE_REPORTS,
    ("GET", "/api/archive"): May.SEE_REPORTS,
    ("GET", "/api/archive/{id}"): May.SEE_REPORTS,
    ("GET", "/api/archive/{id}/file"): May.SEE_REPORTS,
    ("POST", "/api/archive/send"): May.SET_ALERTS,
    ("POST", "/api/archive/{id}/resend"): May.SET_ALERTS,
    # -- the check
    ("GET", "/ledger/{file:path}"): May.SEE_DISCIPLINE,
    ("GET", "/leave/{file:path}"): May.SEE_DISCIPLINE,
    ("GET", "/calendar/{file:path}"): May.SEE_DISCIPLINE,
    ("GET", "/agent/{file:path}"): May.SEE_DISCIPLINE,
    ("GET", "/api/people"): May.SEE_DISCIPLINE,
    ("GET", "/api/people/{person}/days"): May.SEE_DISCIPLINE,
    ("GET", "/api/absences"): May.SEE_DISCIPLINE,
    ("POST", "/api/absences"): May.ENTER_DISCIPLINE,
    ("POST", "/api/absences/import"): May.IMPORT_SHEETS,
    ("POST", "/api/absences/{absence}/withdraw"): May.ENTER_DISCIPLINE,
    ("GET", "/api/calendar/{year}"): May.SEE_DISCIPLINE,
    ("POST", "/api/calendar/days"): May.ENTER_DISCIPLINE,
    ("POST", "/api/calendar/days/remove"): May.ENTER_DISCIPLINE,
    ("POST", "/api/calendar/import"): May.IMPORT_SHEETS,
    ("GET", "/api/ledger"): May.SEE_DISCIPLINE,
    ("GET", "/api/ledger.csv"): May.SEE_DISCIPLINE,
    ("GET", "/api/verdicts/{person}/{day}/{shift}"): May.SEE_DISCIPLINE,
    ("POST", "/api/ledger/excuse"): May.ENTER_DISCIPLINE,
    # -- people, targets, overtime
    ("GET", "/people/{file:path}"): May.SEE_DISCIPLINE,
    ("GET", "/targets/{file:path}"): May.SEE_DISCIPLINE,
    ("GET", "/api/roster"): May.SEE_DISCIPLINE,
    ("GET", "/api/roster/people/{person}"): May.SEE_DISCIPLINE,
    ("POST", "/api/roster/moves"): May.SET_ROSTER,
    ("POST", "/api/roster/teams"): May.SET_ROSTER,
    ("POST", "/api/roster/import"): May.SET_ROSTER,
    ("GET", "/api/targets"): May.SEE_DISCIPLINE,
    ("POST", "/api/targets"): May.SET_ROSTER,
    ("POST", "/api/targets/remove"): May.SET_ROSTER,
    ("GET", "/api/overtime"): May.SEE_DISCIPLINE,
    ("POST", "/api/overtime"): May.ENTER_DISCIPLINE,
    ("POST", "/api/overtime/{overtime}/withdraw"): May.ENTER_DISCIPLINE,
    # -- the watch
    ("GET", "/watch/{file:path}"): May.SEE_WATCH,
    ("GET", "/api/watch/missed"): May.SEE_WATCH,
    ("GET", "/api/watch/missed.csv"): May.SEE_WATCH,
    ("GET", "/api/watch/breaches"): May.SEE_WATCH,
    ("GET", "/api/watch/breaches.csv"): May.SEE_WATCH,
    ("GET", "/api/watch/private"): May.SEE_WATCH,
    ("GET", "/api/watch/private.csv"): May.SEE_WATCH,
    ("GET", "/api/watch/questions"): May.SEE_WATCH,
    ("GET", "/api/watch/questions.csv"): May.SEE_WATCH,
    ("POST", "/api/numbers/list"): May.KEEP_LISTS,
    ("POST", "/api/numbers"): May.KEEP_LISTS,
    ("POST", "/api/numbers/import"): May.KEEP_LISTS,
    ("POST", "/api/numbers/{entry_id}/remove"): May.KEEP_LISTS,
    # -- alerts
    ("GET", "/alerts/{file:path}"): May.SEE_ALERTS,
    ("GET", "/api/alerts"): May.SEE_ALERTS,
    ("GET", "/api/alerts/deliveries"): May.SEE_ALERTS,
    ("POST", "/api/alerts/channels/{id}/test"): May.SET_ALERTS,
    ("POST", "/api/alerts/rules"): May.SET_ALERTS,
    ("POST", "/api/alerts/rules/change"): May.SET_ALERTS,
    ("POST", "/api/alerts/rules/remove"): May.SET_ALERTS,
    ("POST", "/api/alerts/rules/mute"): May.SET_ALERTS,
    ("POST", "/api/alerts/rules/switch"): May.SET_ALERTS,
    # -- logins
    ("GET", "/users/{file:path}"): May.ADMINISTER,
    ("GET", "/api/users"): May.ADMINISTER,
    ("POST", "/api/users"): May.ADMINISTER,
    ("POST", "/api/users/role"): May.ADMINISTER,
    ("POST", "/api/users/password"): May.ADMINISTER,
    ("POST", "/api/users/shut"): May.ADMINISTER,
    # -- operations
    ("GET", "/readyz"): May.OPERATE,
    ("GET", "/metrics"): May.OPERATE,
    ("GET", "/docs"): May.OPERATE,
    ("GET", "/docs.css"): May.OPERATE,
    ("GET", "/openapi.json"): May.OPERATE,
}
"""(method, path template as the route has it) → what is asked; ``{file:path}`` is a folder of pages."""

FLOOR: Final = May.SEE_FLOOR
"""What ``/ws/board`` asks for."""

_PAGE: Final = "/{file:path}"
_COMPILED: Final = [
    (method, compile_path(path)[0], path.endswith(_PAGE), asked) for (method, path), asked in PERMITS.items()
]


class Unknown(Exception):
    """No line fits: ``path`` says whether one would for another method."""

    def __init__(self, path: bool) -> None:
        super().__init__()
        self.path = path


def asked(method: str, path: str) -> May | None:
    """What a request asks for, ``OPEN`` for nothing. Raises ``Unknown``.

    ``HEAD`` asks for what ``GET`` does. A folder's name without its slash is the folder. A path that climbs
    (``..``) is in no folder, whatever it would end at.
    """
    climbs = any(part in (".", "..") for part in path.split("/"))
    methods = {method, "GET"} if method == "HEAD" else {method}
    elsewhere = False
    for wanted in (path, f"{path}/"):
        for known, template, folder, needed in _COMPILED:
            if template.match(wanted) and not (folder and climbs):
                if known in methods:
                    return needed
                elsewhere = True
    raise Unknown(path=elsewhere)


def pages_of(may: Iterable[May]) -> list[str]:
    """The pages (their folders) that can be opened with these rights, in the table's order."""
    rights = set(may)
    return [
        path.removesuffix(_PAGE).strip("/")
        for (_, path), needed in PERMITS.items()
        if path.endswith(_PAGE) and path.count("/") == 2 and needed in rights
    ]
