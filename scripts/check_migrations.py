"""Fails when the migrations, applied to an empty database, do not make the tables of the models."""

import sys
import tempfile
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

import civic.models
from civic.db import Base
from civic.migrate import upgrade

assert civic.models

with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "civic.db"
    upgrade(f"sqlite+aiosqlite:///{file}")
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)
    engine.dispose()

for difference in differences:
    print("not migrated:", difference, file=sys.stderr)
if differences:
    sys.exit("The models changed and no migration says so: alembic revision --autogenerate makes a first draft.")
