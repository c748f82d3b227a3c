"""Who may sign in, for how long, and how guessing is slowed."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal

from ingest.types import ConfigurationError
from tests.conftest import Clock
from web.login import SESSION_SECONDS, Login, NotSignedIn, SignedIn, TryLater
from web.roles import Role, User
from web.users import Users

PASSWORD = "four words by heart"


@pytest.fixture
def users(tmp_path: Path) -> Users:
    users = Users(tmp_path / "users.json")
    users.add("ann", Role.EDITOR, PASSWORD)
    return users


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def check(login: Login, header: str | None, address: str = "10.0.0.1") -> SignedIn | NotSignedIn | TryLater:
    with start_blocking_portal() as portal:  # in a thread of its own: the browser tests leave a loop running in this one
        return portal.call(login.check, header, address)


def test_the_right_password_signs_in_with_the_role_of_the_file(login: Login) -> None:
    found = check(login, basic("ann", PASSWORD))
    assert isinstance(found, SignedIn)
    assert found.user == User("ann", Role.EDITOR)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic !",
        "Bearer x",
        "Basic " + "A" * 5000,
        basic("ann", "wrong"),
        basic("bob", PASSWORD),
        basic("ann", ""),
        basic("ann", PASSWORD + " "),
        basic("ann", PASSWORD + "x" * 300),
        basic("Ann", PASSWORD),
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
    ],
)
def test_anything_else_signs_nobody_in(login: Login, header: str | None) -> None:
    assert check(login, header) == NotSignedIn()
    assert login.current(header) is None


def test_the_password_is_not_hashed_again_for_each_file_of_a_page(login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    check(login, basic("ann", PASSWORD))
    monkeypatch.setattr("hashlib.scrypt", None)
    assert isinstance(check(login, basic("ann", PASSWORD)), SignedIn)


def test_an_unknown_name_costs_a_hash_too(login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    real, hashed = hashlib.scrypt, []

    def counted(password: bytes, *, salt: bytes, n: int, r: int, p: int, maxmem: int) -> bytes:
        hashed.append(n)
        return real(password, salt=salt, n=n, r=r, p=p, maxmem=maxmem)

    monkeypatch.setattr("hashlib.scrypt", counted)
    check(login, basic("ann", "wrong password"))
    check(login, basic("nobody", "wrong password"))
    assert hashed == [2**15, 2**15]


def test_after_ten_wrong_passwords_the_right_one_has_to_wait_too(login: Login) -> None:
    for number in range(10):
        assert check(login, basic("ann", f"wrong {number}"), address=f"10.0.0.{number}") == NotSignedIn()
    found = check(login, basic("ann", PASSWORD))
    assert isinstance(found, TryLater)
    assert 0 < found.seconds <= 300


def test_one_address_that_guesses_at_many_names_is_slowed(login: Login) -> None:
    for number in range(20):
        check(login, basic(f"name{number}", "wrong password"), address="10.9.9.9")
    assert isinstance(check(login, basic("other", "wrong"), address="10.9.9.9"), TryLater)
    assert isinstance(check(login, basic("ann", PASSWORD), address="10.0.0.2"), SignedIn)


def test_whoever_is_signed_in_is_not_thrown_out_by_somebody_who_guesses(login: Login) -> None:
    check(login, basic("ann", PASSWORD))
    for number in range(12):
        check(login, basic("ann", f"wrong {number}"), address="10.9.9.9")
    assert isinstance(check(login, basic("ann", PASSWORD)), SignedIn)


def test_a_login_of_twelve_hours_ago_is_asked_again_and_then_begins_anew(login: Login, clock: Clock) -> None:
    header = basic("ann", PASSWORD)
    check(login, header)
    clock.now += SESSION_SECONDS - 1
    assert isinstance(check(login, header), SignedIn)
    clock.now += 2
    assert login.current(header) is None
    assert check(login, header) == NotSignedIn()
    assert check(login, header) == NotSignedIn()  # requests under way with the same credentials begin nothing
    clock.now += 5
    assert isinstance(check(login, header), SignedIn)


def test_a_removed_user_is_out_at_once(login: Login, users: Users) -> None:
    check(login, basic("ann", PASSWORD))
    users.add("bob", Role.VIEWER, "another long phrase")
    Users(users.path).remove("ann")
    assert login.current(basic("ann", PASSWORD)) is None
    assert check(login, basic("ann", PASSWORD)) == NotSignedIn()


def test_a_new_role_counts_at_once(login: Login, users: Users, clock: Clock) -> None:
    header = basic("ann", PASSWORD)
    check(login, header)
    Users(users.path).add("ann", Role.VIEWER, PASSWORD)
    assert login.current(header) is None
    check(login, header)
    clock.now += 5
    assert check(login, header) == SignedIn(User("ann", Role.VIEWER), SESSION_SECONDS)


def test_a_session_that_was_ended_is_over(login: Login) -> None:
    check(login, basic("ann", PASSWORD))
    login.end(basic("ann", PASSWORD))
    assert login.current(basic("ann", PASSWORD)) is None


def test_without_a_users_file_the_way_to_make_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="python -m web users add"):
        check(Login(Users(tmp_path / "none.json")), basic("ann", PASSWORD))
