"""What the command line does besides serving. Each command imports what it needs."""

import time
from collections.abc import Callable
from pathlib import Path

from oneapi.app.databases import CannotStart, databases_of
from oneapi.config import Config

Say = Callable[[str], None]


def migrate(
    config: Config,
    say: Say,
    *,
    check_only: bool = False,
    dry_run: bool = False,
    copies: bool = True,
) -> int:
    """Bring every database to this version's schema, or say whether that is needed, or what would be done."""
    with databases_of(config) as databases:
        stale = databases.stale()
        if not stale:
            say("the tables are this version's already")
        for database, scope in stale:
            if check_only:
                say(f"the {scope} database ({database.dialect}) needs `one-api migrate`")
                continue
            from oneapi.app import adoption

            if dry_run:
                say(f"the {scope} database ({database.dialect}):")
                adoption.foresee(database, scope, say)
            else:
                adoption.bring_up_to_date(database, scope, config.state_dir, say, copies=copies)
    return 1 if stale and check_only else 0


def reset_password(config: Config, username: str, ask: Callable[[], str], say: Say) -> int:
    """Set a user's password; every session of theirs ends."""
    from pydantic import TypeAdapter, ValidationError

    from oneapi.control.answers import Refused
    from oneapi.control.sign_in.passwords import NewPassword, hashed
    from oneapi.control.users.queries import change_user, user_by_name

    with databases_of(config) as databases:
        try:
            with databases.main.connect() as connection:
                user_id = int(user_by_name(connection, username)["id"])
            password = hashed(TypeAdapter[str](NewPassword).validate_python(ask()))
        except Refused as error:
            raise CannotStart(f"there is no user {username!r}") from error
        except ValidationError as error:
            reason = error.errors()[0]["msg"].partition(", ")[2]
            raise CannotStart(f"the password {reason}") from error
        with databases.main.begin() as connection:
            change_user(connection, user_id, {"password": password}, int(time.time()))
    say(f"the password of {username!r} is set")
    return 0


def backup(config: Config, file: str, say: Say) -> int:
    """Write an exact copy of the SQLite database."""
    from oneapi.store.backup import backup as copy

    with databases_of(config) as databases:
        copy(databases.main, Path(file))
    say(f"{file}: {Path(file).stat().st_size} bytes")
    return 0


def check(config: Config, say: Say) -> int:
    """Prove that the books balance."""
    from oneapi.app.preparation import node_id
    from oneapi.ledger import check as examine

    with databases_of(config) as databases:
        folder = config.state_dir / "journal"
        now = int(time.time())
        report = examine(databases.main, databases.separate_logs, folder, node_id(config), now)
    for note in report.notes:
        say(note)
    for problem in report.problems:
        say(f"WRONG: {problem}")
    say("the books balance" if report.is_good else "the books do not balance")
    return 0 if report.is_good else 1
