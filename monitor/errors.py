"""One small tree of errors; each message names the thing, the place and the mend.

``DialwatchError``
  ``ConfigError``      the configuration is wrong (exit code 2)
  ``LinkError``        a PBX cannot be reached, refuses us, or speaks something else
  ``StoreError``       the database cannot be opened, read or written
    ``ValueRefusedError``  it can, but does not take this value
  ``CaptureError``     a capture file cannot be read or written
  ``EnvironmentFault`` the machine lacks something: a folder, a port, a permission
"""

from __future__ import annotations


class DialwatchError(Exception):
    """Base of all errors meant for people; ``str(error)`` is the whole message."""

    exit_code = 1


class ConfigError(DialwatchError):
    """The configuration file or an option is wrong."""

    exit_code = 2


class LinkError(DialwatchError):
    """A PBX cannot be reached, refuses us, or does not speak AMI."""


class StoreError(DialwatchError):
    """The database cannot be opened, read or written."""


class ValueRefusedError(StoreError):
    """The database answers, but does not take what was to be written: trying again would not help."""


class CaptureError(DialwatchError):
    """A capture file is missing, damaged or cannot be written."""


class EnvironmentFault(DialwatchError):
    """The machine lacks something the product needs."""
