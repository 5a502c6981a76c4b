"""Dialwatch: watches the phones of an outbound call centre through the Asterisk manager interface."""

__version__ = "0.1.0"
