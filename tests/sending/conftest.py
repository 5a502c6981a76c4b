"""The web side's house, for reports made of its store."""

from tests.web.conftest import home, inside

__all__ = ["home", "inside"]
