"""${message}

Safety: a migration goes forward only and is never edited once it landed. On PostgreSQL it must not hold a lock on a
big table for long: add columns without a volatile default, add constraints NOT VALID and validate them apart, build
indexes CONCURRENTLY. On SQLite a table that batch mode rebuilds loses its triggers: create them again here.

Revision: ${up_revision}
Revises: ${down_revision | comma,n}
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward")
