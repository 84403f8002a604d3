"""What one worker per node does before anybody serves: the schema, the first account, this node's own files."""

import errno
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import structlog

from oneapi.app.databases import CannotStart, databases_of
from oneapi.app.proxies import trusted_networks
from oneapi.config import DISK_FULL, Config
from oneapi.ledger import begin_backfill
from oneapi.store.bootstrap import FirstRun, bootstrap
from oneapi.store.database import Database, DatabaseAway
from oneapi.store.failures import is_full
from oneapi.store.private_files import FILE, close_to_others, make_folder, open_private

DATABASE_WAIT_SECONDS = 30.0
T = TypeVar("T")

log = structlog.get_logger()


def prepare(config: Config) -> None:
    """Bring the schema up to date, make the first account, and this node's own files.

    Raises `CannotStart`. A database that is not there yet is waited for.
    """
    _make_state_dir(config)
    with databases_of(config) as databases:
        if _patiently(databases.stale):
            if config.is_slave:
                raise CannotStart("the tables are not this version's: start the master node first")
            _migrate_beside()
        first = _patiently(lambda: _bootstrap(config, databases.main))
        _patiently(lambda: begin_backfill(databases.main, databases.logs))
    log.info("trusted_proxies", networks=trusted_networks(config.trusted_proxies))
    if first.made_root:
        log.info("root_account_made", username="root", with_api_key=first.made_api_key)


def _bootstrap(config: Config, database: Database) -> FirstRun:
    return bootstrap(
        database,
        now=int(time.time()),
        fresh_access_token=secrets.token_hex(16),
        initial_root_token=config.initial_root_key,
        initial_root_access_token=config.initial_root_access_token,
        initial_root_password=config.initial_root_password,
    )


def _make_state_dir(config: Config) -> None:
    folder = config.state_dir
    try:
        make_folder(folder)
        _keep(folder / "node-id", secrets.token_hex(6))
        _keep(folder / "session-secret", secrets.token_hex(32))
    except OSError as error:
        reason = f"DATA_DIR {str(folder)!r} cannot be written: {error.strerror}"
        raise CannotStart(reason, cause=error) from error


def node_id(config: Config) -> str:
    """Return this node's name, under which its leases and journals are kept."""
    path = config.state_dir / "node-id"
    return path.read_text("ascii").strip() if path.is_file() else ""


def session_secret(config: Config) -> str:
    """Return the key of the web page's cookies."""
    if config.session_secret:
        return config.session_secret
    return (config.state_dir / "session-secret").read_text("ascii").strip()


def _keep(path: Path, content: str) -> None:
    """Write a file that must not change, unless it is there; it is never half there."""
    if path.is_file() and path.stat().st_size:
        close_to_others(path, FILE)
        return
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with os.fdopen(open_private(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as file:
            file.write(content.encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _patiently(ask: Callable[[], T]) -> T:
    give_up_at = time.monotonic() + DATABASE_WAIT_SECONDS
    said = False
    while True:
        try:
            return ask()
        except DatabaseAway as error:
            if time.monotonic() > give_up_at or is_full(error):
                raise CannotStart(str(error), cause=error) from error
            if not said:
                log.warning("waiting_for_database", reason=str(error))
                said = True
            time.sleep(0.5)


def _migrate_beside() -> None:
    """Run `migrate` in a process of its own, so that what it imports does not stay in ours."""
    log.info("migrating")
    ran = subprocess.run(
        [sys.executable, "-m", "oneapi", "migrate"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    told = ran.stdout.decode("utf-8", "replace").strip().splitlines()
    if ran.returncode != 0:
        reason = told[-1].removeprefix("one-api: ") if told else "no reason"
        # Of what kind it is, the exit status says.
        cause = OSError(errno.ENOSPC, reason) if ran.returncode == DISK_FULL else None
        reason = f"the tables cannot be brought up to date: {reason}"
        raise CannotStart(reason, cause=cause) from cause
    for line in told:
        log.info("migrated", said=line)
