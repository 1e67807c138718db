"""Bring a database's tables to the code's version, and say where they stand."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from civic.db import sqlite_file
from civic.paths import MIGRATIONS


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = url
    return config


def upgrade(url: str) -> None:
    """Apply every pending migration; makes the folder of a SQLite file when it is missing."""
    file = sqlite_file(url)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    command.upgrade(_config(url), "head")


def head() -> str | None:
    """The revision that this code expects."""
    return ScriptDirectory.from_config(_config("")).get_current_head()


def current_of(connection: object) -> str | None:
    """The revision of the database behind a synchronous SQLAlchemy connection."""
    return MigrationContext.configure(connection).get_current_revision()  # type: ignore[arg-type]


def sync_url(url: str) -> str:
    """The same database through a synchronous driver; only SQLite has one here (asyncpg stays asynchronous)."""
    return make_url(url).set(drivername="sqlite").render_as_string(hide_password=False)


def sqlite_revision(url: str) -> str | None:
    engine = create_engine(sync_url(url))
    try:
        with engine.connect() as connection:
            return current_of(connection)
    finally:
        engine.dispose()
