"""The errors that a user can meet: each knows what to do about it and the exit code it ends with."""

from __future__ import annotations


class BunkdError(Exception):
    """Something went wrong that the user can act upon.

    Attributes:
        exit_code: what the process ends with.
        remedy: what to do about it, one sentence, empty where the message says it already.
        lasting: only a person can change it: asking again is no use.
    """

    exit_code = 1
    lasting = False

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message}\n{self.remedy}" if self.remedy else message


class ConfigurationError(BunkdError):
    """A setting, a flag or a file says something that cannot be used."""

    exit_code = 2
    lasting = True


class UnknownSchedule(ConfigurationError):
    """A schedule was named that the database does not have."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no schedule {name}", "To see all schedules: bunkd-db status")


class NotPossible(BunkdError):
    """It was asked, and the answer is no."""

    exit_code = 1


class NotInstalled(NotPossible):
    """What this needs is not in the database, or in another version."""

    lasting = True


class DatabaseUnavailable(BunkdError):
    """The database could not be asked: unreachable, or it turned us away."""

    exit_code = 3


class TurnedAway(DatabaseUnavailable):
    """The server does not let this user in, or has no such database."""

    lasting = True


class PermissionMissing(BunkdError):
    """The role may not do what was asked of it."""

    exit_code = 3
    lasting = True
