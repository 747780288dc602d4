"""A credential checks itself and never shows itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bunkd_db.credential import Credential, header_of
from bunkd_db.errors import ConfigurationError

SECRET = "s3cr3t-value"


@pytest.mark.parametrize(
    "text",
    [SECRET, f"{SECRET}\n", f"{SECRET}\r\n", "x" * 8192, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"],
)
def test_taken(text: str) -> None:
    assert Credential.parse(text, "X").reveal() == text.rstrip("\r\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("\n", "is empty"),
        ("\r\n", "is empty"),
        (f"{SECRET}\n\n", "line break"),
        (f"{SECRET}\nX-Evil: 1", "line break"),
        (f"{SECRET}\rX-Evil: 1", "line break"),
        (f" {SECRET}", "a space or a character"),
        (f"{SECRET} ", "a space or a character"),
        (f"Bearer {SECRET}", "a space or a character"),
        (f"{SECRET}\t", "a space or a character"),
        (f"{SECRET}\0", "a space or a character"),
        (f"{SECRET}\x7f", "a space or a character"),
        (f"{SECRET}\u2028", "a space or a character"),
        (f"{SECRET}ü", "a space or a character"),
        (f"{SECRET}\udcff", "a space or a character"),
        (SECRET * 9000, "longer than 8192"),
    ],
)
def test_refused_without_being_shown(text: str, says: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Credential.parse(text, "BUNKD_CREDENTIAL")
    message = str(caught.value)
    assert message.startswith("the credential from BUNKD_CREDENTIAL ")
    assert says in message
    assert SECRET not in message


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=8))
def test_it_shows_nowhere(value: str) -> None:
    given = Credential(value)
    for shown in (repr(given), str(given), f"{given}", f"{[given]}", f"{given}"):
        assert shown in ("Credential(***)", "[Credential(***)]")
    with pytest.raises(TypeError):
        vars(given)


def test_two_of_the_same_value_are_one() -> None:
    assert len({Credential("a"), Credential("a"), Credential("b")}) == 2
    assert Credential("a") != "a"


@pytest.mark.parametrize(
    ("value", "header"),
    [
        ("sb_secret_abc", ("apikey", "")),
        ("sb_publishable_abc", ("apikey", "")),
        ("sb_mytoken", ("Authorization", "Bearer ")),
        ("eyJhbGciOi", ("Authorization", "Bearer ")),
    ],
)
def test_only_a_supabase_key_goes_into_apikey(value: str, header: tuple[str, str]) -> None:
    assert header_of(Credential(value)) == header
