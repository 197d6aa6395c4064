"""The errors of reelhouse, grouped by what the reader does next.

ReelhouseError              exit code 1: the message says what to do
├── ConfigurationError      exit code 2: correct the configuration or the command line; nothing was touched
├── RefusedError            exit code 3: the source or the data is not as agreed
│   ├── SourceRefused       ask for the permission, or wait for the source to recover, and run again
│   └── DataRefused         look at the named object or rows
└── LockHeld                exit code 4: somebody else is at work; wait or look at the named holder
"""

from typing import ClassVar


class ReelhouseError(Exception):
    """A failure with a message for a person: what happened, where, what was kept, what to do next."""

    exit_code: ClassVar[int] = 1


class ConfigurationError(ReelhouseError):
    """The configuration or the command line is wrong; nothing was touched."""

    exit_code = 2


class RefusedError(ReelhouseError):
    """The source or the data is not as agreed; what was committed before is kept."""

    exit_code = 3


class SourceRefused(RefusedError):
    """The source refuses to answer (permission, outage that outlasts the retries, answers that make no sense)."""


class DataRefused(RefusedError):
    """Bytes, counts or rows are not what a manifest, contract or check says; nothing of them was published."""


class LockHeld(ReelhouseError):
    """Another run holds the lock for longer than this one may wait."""

    exit_code = 4
