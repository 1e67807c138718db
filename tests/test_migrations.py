"""The migrations make the tables of the models, on both engines, and may be applied again."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

import civic.models
from civic.db import Base, Database
from civic.migrate import head, upgrade

assert civic.models


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata))


async def test_the_models_are_what_the_migrations_make(db: Database) -> None:
    async with db.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


def test_upgrading_again_changes_nothing(engine_url: str) -> None:
    upgrade(engine_url)
    assert head()
