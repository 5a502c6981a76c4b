"""The scenarios, by kind; importing this registers them all."""

from . import click, inbound, outbound, transfers, trouble

__all__ = ["click", "inbound", "outbound", "transfers", "trouble"]
