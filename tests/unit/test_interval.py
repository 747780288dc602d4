"""BUNKD_EVERY: what is taken, in which form, and what each refusal says."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bunkd_db.errors import ConfigurationError
from bunkd_db.interval import longest_gap, parse_every, seconds_between


@pytest.mark.parametrize(
    ("text", "canonical", "seconds"),
    [
        ("1s", "1s", 1),
        ("59s", "59s", 59),
        (" 30s ", "30s", 30),
        ("030s", "30s", 30),
        ("60s", "1m", 60),
        ("120s", "2m", 120),
        ("1m", "1m", 60),
        ("60m", "1h", 3600),
        ("3600s", "1h", 3600),
        ("24h", "24h", 86400),
        ("* * * * *", "* * * * *", 60),
        ("*/5  *\t* * *", "*/5 * * * *", 300),
        ("0 8-18/2 * * mon-fri", "0 8-18/2 * * mon-fri", None),
        ("0 0 1 JAN,jul 0-7", "0 0 1 JAN,jul 0-7", None),
    ],
)
def test_taken(text: str, canonical: str, seconds: int | None) -> None:
    assert parse_every(text) == canonical
    assert seconds_between(canonical) == seconds


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("30", "has no unit"),
        ("0s", "cannot be scheduled"),
        ("90s", "cannot be scheduled"),
        ("7m", "cannot be scheduled"),
        ("0m", "cannot be scheduled"),
        ("5h", "cannot be scheduled"),
        ("25h", "cannot be scheduled"),
        ("48h", "cannot be scheduled"),
        ("999999h", "cannot be scheduled"),
        ("*/30 * * * * *", "six fields"),
        ("", "unrecognised interval"),
        ("30 s", "unrecognised interval"),
        ("-30s", "unrecognised interval"),
        ("1.5m", "unrecognised interval"),
        ("30S", "unrecognised interval"),
        ("\u0663\u0660s", "unrecognised interval"),
        ("30s; drop table x", "unrecognised interval"),
        ("30 seconds", "unrecognised interval"),
        ("@hourly", "unrecognised interval"),
        ("60 * * * *", "'60' is not a valid minute"),
        ("* 24 * * *", "'24' is not a valid hour"),
        ("* * 0 * *", "'0' is not a valid day of month"),
        ("* * * 13 *", "'13' is not a valid month"),
        ("* * * * 8", "'8' is not a valid day of week"),
        ("* * * * foo", "'foo' is not a valid day of week"),
        ("*/0 * * * *", "'*/0' is not a valid minute"),
        ("*/60 * * * *", "'*/60' is not a valid minute"),
        ("5-1 * * * *", "'5-1' is not a valid minute"),
        ("1-2-3 * * * *", "'1-2-3' is not a valid minute"),
        ("1, * * * *", "'1,' is not a valid minute"),
        ("*/ * * * *", "'*/' is not a valid minute"),
        ("$ * * * *", "'$' is not a valid minute"),
        ("'; * * * *", "is not a valid minute"),
        ("0 0 30 2 *", "names a day that never comes"),
        ("0 0 31 4,6,9,11 *", "names a day that never comes"),
    ],
)
def test_refused(text: str, says: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_every(text)
    assert says in caught.value.args[0]
    assert "1s-59s" in caught.value.remedy
    assert "\n" not in caught.value.args[0]


@given(st.text(max_size=30))
def test_anything_else_is_refused_by_its_own_error(text: str) -> None:
    try:
        canonical = parse_every(text)
    except ConfigurationError:
        return
    assert parse_every(canonical) == canonical


@pytest.mark.parametrize(("unit", "seconds"), [("s", 1), ("m", 60), ("h", 3600)])
def test_what_is_taken_divides_an_hour_or_a_day(unit: str, seconds: int) -> None:
    """Or is a number of seconds below a minute, which pg_cron counts from one run to the next."""
    taken = set()
    for number in range(1, 2000):
        with suppress(ConfigurationError):
            assert seconds_between(parse_every(f"{number}{unit}")) == number * seconds
            taken.add(number * seconds)
    wanted = {number * seconds for number in range(1, 2000)}
    below = {each for each in wanted if each < 60}
    assert taken == below | {
        each
        for each in wanted
        if each % 60 == 0 and (3600 % each == 0 or (each % 3600 == 0 and 86400 % each == 0))
    }


@pytest.mark.parametrize(
    ("every", "days"),
    [
        ("0 9 * * 1", 7),
        ("0 9 1 * *", 31),
        ("0 9 31 * *", 61),
        ("0 9 13 * 5", 7),  # of a day of the month and one of the week, either is enough
        ("0 0 29 2 *", 1461),
    ],
)
def test_the_longest_gap_of_a_day(every: str, days: int) -> None:
    assert longest_gap(every) == days * 86400
