"""The web side: login, pages, JSON, and the WebSocket hub of the wall-board."""
