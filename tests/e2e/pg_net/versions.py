"""Where one version of pg_net differs from the one before, as its repository's history has it."""

from tests.support.scalar import scalar
from tests.support.server import Connection

Version = tuple[int, ...]

WAKES: Version = (0, 19, 0)
"""It sleeps until a commit wakes it; before, it looked into its queue once a second."""

TELLS_TIMEOUTS: Version = (0, 19, 6)
"""A failure has its `timed_out`; before, that was null, and the text alone told."""

NAMES_THE_URL: Version = (0, 20, 1)
"""A url that it refuses is in the error; before, the error was an unrelated text of libcurl's."""


def version_of(net: Connection) -> Version:
    """The installed version, as the server says."""
    query = "select extversion from pg_extension where extname = 'pg_net'"
    return tuple(int(number) for number in scalar(net, str, query).split("."))
