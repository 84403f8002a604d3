"""The command line: `one-api [serve]`, `migrate`, `prices`, `import`, `check`, `reset-password`, `backup`.

Each command imports what it needs when it runs: `--version` waits for no web server's imports.
"""

import argparse
import gc
import os
import sys
import time
from typing import Any, NoReturn

from oneapi.config import DISK_FULL, VERSION, Config, ConfigError, Flags, environment, read

WRONG_USE = 2
EPILOG = (
    "Settings come from the environment and from .env in the working directory: see docs/operating.md."
    " One API's spellings (-port 3000, --port=3000) work."
)


class _Parser(argparse.ArgumentParser):
    """Refuses in one line."""

    def error(self, message: str) -> NoReturn:
        """Leave with status 2."""
        self.exit(WRONG_USE, f"{self.prog}: {message}; see --help\n")


def _parser() -> _Parser:
    parser = _Parser(
        prog="one-api",
        description="One OpenAI-compatible endpoint in front of every model vendor.",
        epilog=EPILOG,
        allow_abbrev=False,
        add_help=False,
    )
    _add_questions(parser)
    parser.set_defaults(command="serve", port=None, host=None, workers=None, log_dir=None)
    _add_serving(parser)
    commands = parser.add_subparsers(dest="command", metavar="command", parser_class=_Parser)
    serve = commands.add_parser("serve", help="serve (the default)", add_help=False)
    _add_questions(serve)
    _add_serving(serve)
    migrate = commands.add_parser("migrate", help="create or update the tables", add_help=False)
    _add_questions(migrate)
    for flag, words in (
        ("check", "only say whether it is needed (exit status 1)"),
        ("dry-run", "only say what would be done"),
        ("no-copy", "adopt a SQLite file of One API's without copying it first"),
    ):
        migrate.add_argument(f"--{flag}", f"-{flag}", action="store_true", help=words)
    _add_prices(commands)
    brought = commands.add_parser(
        "import",
        help="bring in users, keys, channels, prices and codes of another program",
        add_help=False,
    )
    _add_questions(brought)
    brought.add_argument("program", choices=("one-hub", "new-api"), help="one-hub or new-api")
    brought.add_argument(
        "dsn", metavar="DSN", help="its database, as its `SQL_DSN` or a SQLite file; only read"
    )
    check = commands.add_parser("check", help="prove that the books balance", add_help=False)
    _add_questions(check)
    reset = commands.add_parser(
        "reset-password", help="set a user's password, asked for or read from stdin", add_help=False
    )
    _add_questions(reset)
    reset.add_argument("user", help="user name, such as root")
    backup = commands.add_parser(
        "backup", help="write an exact copy of the SQLite database, while serving", add_help=False
    )
    _add_questions(backup)
    backup.add_argument("file", help="where to; an older copy is replaced")
    return parser


def _add_prices(commands: Any) -> None:
    prices = commands.add_parser(
        "prices", help="what an adopted database sells at, and our table", add_help=False
    )
    _add_questions(prices)
    action = prices.add_mutually_exclusive_group(required=True)
    action.add_argument(
        "--diff", "-diff", nargs="*", metavar="MODEL", help="show what our table would change"
    )
    action.add_argument(
        "--apply",
        "-apply",
        nargs="*",
        metavar="MODEL",
        help="take our table's prices: of these models (`*` and `?` as in a shell), or of all",
    )


def _add_questions(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--help", "-help", "-h", action="help", help="show this and exit")
    parser.add_argument(
        "--version", "-version", action="version", version=VERSION, help="show the version and exit"
    )


def _add_serving(parser: argparse.ArgumentParser) -> None:
    unset = argparse.SUPPRESS
    parser.add_argument("--port", "-port", default=unset, help="port (3000); PORT wins over it")
    parser.add_argument("--host", "-host", default=unset, help="address (all of them), or HOST")
    parser.add_argument(
        "--workers", "-workers", default=unset, help="processes (cores), or WORKERS"
    )
    parser.add_argument("--log-dir", "-log-dir", default=unset, help="where log files go (./logs)")


def _serve(started_with: dict[str, str], flags: Flags) -> int:
    from oneapi.server import sockets
    from oneapi.server.supervisor import Post, Supervisor

    def work(post: Post) -> int:
        os.environ.update(environment(started_with))
        gc.disable()  # until everything is imported: it makes the start a tenth longer
        from oneapi.server.omissions import omit

        omit()
        from oneapi.server.worker import work as serve

        return serve(post)

    def reread() -> Config:
        return _checked(read(environment(started_with), flags))

    config = reread()
    _use_time_zone(config)
    try:
        return Supervisor(config, reread, work).run()
    except sockets.PortError as error:
        print(f"one-api: {error}", file=sys.stderr)
        return 1


def _checked(config: Config) -> Config:
    """Refuse a database address that nobody could open before any process is made for it."""
    named = (("SQL_DSN", config.sql_dsn), ("LOG_SQL_DSN", config.log_sql_dsn))
    for name, text in named:
        if text:
            from oneapi.store import dsn

            try:
                dsn.parse(text, name)
            except ValueError as error:
                raise ConfigError(str(error)) from error
    return config


def _use_time_zone(config: Config) -> None:
    if config.time_zone:
        os.environ["TZ"] = config.time_zone
        time.tzset()


def _command(arguments: argparse.Namespace, config: Config) -> int:
    from oneapi.app import commands
    from oneapi.app.databases import CannotStart

    try:
        match arguments.command:
            case "migrate":
                return commands.migrate(
                    config,
                    print,
                    check_only=arguments.check,
                    dry_run=arguments.dry_run,
                    copies=not arguments.no_copy,
                )
            case "prices":
                return _prices(arguments, config)
            case "import":
                from oneapi.app.importing import bring_in

                return bring_in(config, arguments.program, arguments.dsn, print)
            case "check":
                return commands.check(config, print)
            case "reset-password":
                return commands.reset_password(config, arguments.user, _ask_password, print)
            case "backup":
                return commands.backup(config, arguments.file, print)
            case _:
                raise AssertionError(arguments.command)
    except CannotStart as error:
        print(f"one-api: {error}", file=sys.stderr)
        return DISK_FULL if error.is_full else 1


def _prices(arguments: argparse.Namespace, config: Config) -> int:
    from oneapi.app.prices import prices

    applies = arguments.apply is not None
    return prices(
        config, print, arguments.apply if applies else arguments.diff or (), apply=applies
    )


def _ask_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    import getpass

    return getpass.getpass("New password: ")


def main() -> int:
    """Run one command; return its exit status."""
    arguments = _parser().parse_args()
    started_with = dict(os.environ)
    flags = Flags(
        port=arguments.port,
        host=arguments.host,
        workers=arguments.workers,
        log_dir=arguments.log_dir,
    )
    try:
        if arguments.command in (None, "serve"):
            return _serve(started_with, flags)
        found = environment(started_with)
        config = _checked(read(found, flags))
        os.environ.update(found)
        _use_time_zone(config)
        return _command(arguments, config)
    except ConfigError as error:
        print(f"one-api: {error}", file=sys.stderr)
        return WRONG_USE
    except BrokenPipeError:  # whoever read the output has seen enough, such as `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
