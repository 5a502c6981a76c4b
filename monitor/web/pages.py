"""The pages: static files from ``dashboard/``, each page with a policy that names its import map.

``/board/`` is ``dashboard/board/index.html``, and so on; a call's own page is one file for every id. The
import map is the only inline script of a page: its hash is put into the page's policy, so nothing else
inline ever runs. Files are asked for again with their ETag, so that an update shows at once.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from monitor.access import May
from monitor.web.guard import Session
from monitor.web.headers import content_security_policy

_IMPORT_MAP: Final = re.compile(rb"<script[^>]*type=[\"']?importmap[\"']?[^>]*>(.*?)</script>", re.DOTALL)
_SERVED: Final = frozenset(
    {".html", ".js", ".mjs", ".css", ".json", ".svg", ".png", ".ico", ".woff2", ".webmanifest", ".txt"}
)


def dashboard_folder() -> Path:
    """Where the pages are: beside the package in a clone, inside it when installed from a wheel."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "dashboard"
    return inside if inside.is_dir() else package.parent / "dashboard"


def import_map_hashes(html: bytes) -> tuple[str, ...]:
    """CSP hashes of the import maps in a page."""
    return tuple(
        "sha256-" + base64.b64encode(hashlib.sha256(found).digest()).decode()
        for found in _IMPORT_MAP.findall(html)
    )


class Pages(StaticFiles):
    """Static files; HTML with its own policy, and nothing but what a page is made of."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, html=True, follow_symlink=False)
        self._folder = folder
        self._policies: dict[Path, tuple[float, str]] = {}

    async def get_response(self, path: str, scope: Scope) -> Response:
        """One file, or 404 for what is not part of a page."""
        suffix = Path(path).suffix.lower()
        if any(part.startswith(".") for part in Path(path).parts if part != ".") or (
            suffix and suffix not in _SERVED
        ):
            raise HTTPException(404)
        response = await super().get_response(path, scope)
        if response.status_code == 404:
            raise HTTPException(404)
        response.headers["Cache-Control"] = "no-cache"
        if isinstance(response, FileResponse) and str(response.path).endswith(".html"):
            response.headers["Content-Security-Policy"] = self.policy(Path(response.path))
        return response

    def missing(self) -> FileResponse | None:
        """What people see at an address that is none; ``None`` where there is no such page either."""
        return self.instead("missing", 404)

    def instead(self, name: str, status: int) -> FileResponse | None:
        """What people see instead of a page: ``missing`` or ``forbidden``; ``None`` where there is none such."""
        try:
            return self.page("common", f"{name}.html", status=status)
        except HTTPException:
            return None

    def page(self, *parts: str, status: int = 200) -> FileResponse:
        """One HTML file of the folder. Raises ``HTTPException`` 404 where it is not there."""
        path = self._folder.joinpath(*parts)
        if not path.is_file():
            raise HTTPException(404)
        return FileResponse(
            path,
            status,
            media_type="text/html",
            headers={"Cache-Control": "no-cache", "Content-Security-Policy": self.policy(path)},
        )

    def policy(self, path: Path) -> str:
        """The page's policy; read again when the file has changed."""
        changed = path.stat().st_mtime
        known = self._policies.get(path)
        if known is None or known[0] != changed:
            known = (changed, content_security_policy(import_map_hashes(path.read_bytes())))
            self._policies[path] = known
        return known[1]


def first_page(session: Session) -> str:
    """Where a login begins: the board, or the agent's own day."""
    return "/board/" if session.may(May.SEE_FLOOR) else "/agent/"


def router(pages: Pages) -> APIRouter:
    """The addresses that are not plain files."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    async def home(request: Request) -> RedirectResponse:
        session: Session = request.state.session
        return RedirectResponse(first_page(session), 303)

    @routes.get("/login")
    async def login() -> FileResponse:
        return pages.page("login", "index.html")

    @routes.get("/setup")
    async def setup() -> FileResponse:
        return pages.page("login", "setup.html")

    @routes.get("/calls/{pbx}/{uniqueid}/{dial:int}")
    async def call(pbx: str, uniqueid: str, dial: int) -> FileResponse:
        return pages.page("calls", "call.html")

    return routes
