"""One small tree of errors; each message names the thing, the place and the mend.

``DialwatchError``
  ``ConfigError``      the configuration is wrong (exit code 2)
  ``LinkError``        a PBX cannot be reached, refuses us, or speaks something else
  ``StoreError``       the database cannot be opened, read or written
    ``ValueRefusedError``  it can, but does not take this value
  ``CaptureError``     a capture file cannot be read or written
  ``SheetError``       a table to be imported cannot be read
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


class SheetError(DialwatchError):
    """A table to be imported cannot be read at all; ``key`` and ``value`` say why in people's words."""

    def __init__(self, key: str, value: str = "") -> None:
        super().__init__(f"{key}: {value}" if value else key)
        self.key = key
        self.value = value


class EnvironmentFault(DialwatchError):
    """The machine lacks something the product needs."""
