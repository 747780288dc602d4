"""The errors that a user can meet: each knows what to do about it and the exit code it ends with."""

from __future__ import annotations

import signal
import sys


class BunkdError(Exception):
    """Something went wrong that the user can act upon.

    Attributes:
        exit_code: what the process ends with.
        remedy: what to do about it, one sentence, empty where the message says it already; ends
            with a colon where `commands` do it.
        commands: what can be pasted as it is.
        lasting: only a person can change it: asking again is no use.
    """

    exit_code = 1
    lasting = False

    def __init__(self, message: str, remedy: str = "", *commands: str) -> None:
        super().__init__(message)
        self.remedy = remedy
        self.commands = commands

    @property
    def help(self) -> str:
        """The remedy and its commands as one line; empty where there is none."""
        return " ".join(filter(None, [self.remedy, *self.commands]))

    def help_lines(self, room: int = sys.maxsize) -> list[str]:
        """The same in lines: a command has one of its own if there are several, or no room for one."""
        # several in one line: nobody could tell where one ends
        if len(self.commands) > 1 or (self.commands and len(self.help) > room):
            return [self.remedy, *(f"  {command}" for command in self.commands)]
        return [self.help]

    def __str__(self) -> str:
        return "\n".join(filter(None, [super().__str__(), *self.help_lines()]))


class ConfigurationError(BunkdError):
    """A setting, a flag or a file says something that cannot be used."""

    exit_code = 2
    lasting = True


class UnknownSchedule(ConfigurationError):
    """A schedule was named that the database does not have."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"there is no schedule {name}", "To see all schedules:", "bunkd-db schedule list"
        )


class NotPossible(BunkdError):
    """It was asked, and the answer is no."""

    exit_code = 1


class Refused(NotPossible):
    """A rule of the dispatcher keeps it from being done now.

    Attributes:
        code: which one, as `bunkd.obstacle` has it.
    """

    def __init__(self, code: str, message: str, remedy: str = "", *commands: str) -> None:
        super().__init__(message, remedy, *commands)
        self.code = code


class NotInstalled(NotPossible):
    """What this needs is not in the database, or in another version."""

    lasting = True


class DatabaseUnavailable(BunkdError):
    """The database could not be asked: unreachable, or it turned us away."""

    exit_code = 3


class TurnedAway(DatabaseUnavailable):
    """The server does not let this user in, or has no such database."""

    lasting = True


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP: whatever is under way ends as at a Ctrl-C, with what it has to put back."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class Interrupted(BunkdError):
    """A signal ended it, and something is left that the user has to know of."""

    def __init__(
        self, interrupt: KeyboardInterrupt, message: str, remedy: str = "", *commands: str
    ) -> None:
        super().__init__(message, remedy, *commands)
        self.exit_code = exit_code_of(interrupt)


def exit_code_of(interrupt: BaseException) -> int:
    """Return what a process ends with that a signal has ended."""
    return 128 + (interrupt.number if isinstance(interrupt, Terminated) else signal.SIGINT)


class PermissionMissing(BunkdError):
    """The role may not do what was asked of it."""

    exit_code = 3
    lasting = True
