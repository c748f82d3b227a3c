"""The users file, the command that fills it, and what the roles allow."""

from __future__ import annotations

import io
import json
import stat
from pathlib import Path

import pytest

from ingest.types import ConfigurationError
from web.__main__ import main
from web.roles import Action, Forbidden, Role, User
from web.users import UserProblem, Users

PASSWORD = "four words by heart"


@pytest.fixture
def users(tmp_path: Path) -> Users:
    return Users(tmp_path / "users.json")


def test_the_file_holds_no_password_and_is_for_our_account_alone(users: Users) -> None:
    users.add("ann", Role.EDITOR, PASSWORD)
    assert PASSWORD not in users.path.read_text()
    assert stat.S_IMODE(users.path.stat().st_mode) == 0o600


def test_two_users_with_one_password_have_different_hashes(users: Users) -> None:
    users.add("ann", Role.EDITOR, PASSWORD)
    users.add("bob", Role.EDITOR, PASSWORD)
    raw = json.loads(users.path.read_text())["users"]
    assert raw["ann"]["hash"] != raw["bob"]["hash"]


def test_a_file_that_others_can_open_is_not_used(users: Users) -> None:
    users.add("ann", Role.EDITOR, PASSWORD)
    users.path.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        users.records()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"users": {"ann": {"role": "king"}}}', '{"users": {"ann": null}}'])
def test_a_file_that_cannot_be_understood_lets_nobody_in(users: Users, content: str) -> None:
    users.path.write_text(content)
    users.path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="cannot be understood"):
        users.verified("ann", PASSWORD)


@pytest.mark.parametrize("name", ["", "a:b", "../x", "x" * 61, "a\nb", " ann"])
def test_a_name_that_would_make_trouble_is_refused(users: Users, name: str) -> None:
    with pytest.raises(UserProblem):
        users.add(name, Role.VIEWER, PASSWORD)


@pytest.mark.parametrize("password", ["short", "x" * 20, "ann and nothing else", "y" * 201])
def test_a_password_that_is_easily_guessed_is_refused(users: Users, password: str) -> None:
    with pytest.raises(UserProblem):
        users.add("ann", Role.VIEWER, password)


def test_users_are_added_listed_and_removed_by_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAQ_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    assert main(["users", "add", "Ann Lee", "--role", "editor", "--password-stdin"]) == 0
    assert main(["users", "list"]) == 0
    assert "Ann Lee" in capsys.readouterr().out
    assert Users(tmp_path / "users.json").verified("Ann Lee", PASSWORD) is not None
    assert main(["users", "remove", "Ann Lee"]) == 0
    assert main(["users", "remove", "Ann Lee"]) == 1
    assert "There is no user" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.VIEWER, {Action.LOOK}),
        (Role.REVIEWER, {Action.LOOK, Action.REVIEW, Action.WITHDRAW, Action.WRITE_ANSWER}),
        (Role.EDITOR, set(Action) - {Action.OVERRIDE, Action.CLOSE}),
        (Role.ADMIN, set(Action)),
    ],
)
def test_each_role_may_do_its_own_actions_and_no_others(role: Role, allowed: set[Action]) -> None:
    assert {action for action in Action if User("x", role).may(action)} == allowed


def test_a_refusal_names_the_role_that_is_needed() -> None:
    with pytest.raises(Forbidden, match="may not publish. That needs the role editor"):
        User("ann", Role.REVIEWER).need(Action.PUBLISH)
