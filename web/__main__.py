"""`python -m web users add | list | remove`: who may sign in to the staff app.

exit 0 done · 1 refused, with the reason · 2 wrong usage
"""

from __future__ import annotations

import argparse
import getpass
import sys

from bot.settings import load_settings
from ingest.types import FaqError
from web.roles import Role
from web.users import FILE, UserProblem, Users


def main(arguments: list[str] | None = None) -> int:
    args = _parser().parse_args(arguments)
    try:
        users = Users(load_settings().data_dir / FILE)
        match args.command:
            case "add":
                user = users.add(args.name, Role(args.role), _password(from_stdin=args.password_stdin))
                print(f"{user.name} may sign in as {user.role}.")
            case "remove":
                users.remove(args.name)
                print(f"{args.name} may not sign in any more.")
            case _:
                for name, record in sorted(users.records().items()):
                    print(f"{name:<30} {record.role:<9} added {record.added}")
    except (FaqError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m web", description="Who may sign in to the staff app.")
    users = parser.add_subparsers(dest="subject", required=True).add_parser("users", help="add, list or remove users")
    commands = users.add_subparsers(dest="command", required=True)
    add = commands.add_parser("add", help="add a user, or give a known one a new password and role")
    add.add_argument("name", metavar="NAME")
    add.add_argument("--role", required=True, choices=[role.value for role in Role])
    add.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    commands.add_parser("list", help="list users")
    commands.add_parser("remove", help="remove a user").add_argument("name", metavar="NAME")
    return parser


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("Once more: "):
        raise UserProblem("The two passwords differ. Nothing was changed.")
    return password


if __name__ == "__main__":
    sys.exit(main())
