"""Alerts: rules over the board's values, told in both languages, sent through Apprise."""
