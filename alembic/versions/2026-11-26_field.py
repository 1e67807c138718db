"""Field: a comment that the detector noticed is held until it was read.

Safety: one new column with a constant default, which neither engine rewrites a table for. Comments that are already
there count as read: the detector looks at what comes in from now on.

Revision: 2026_11_26_field
Revises: 2026_11_26_reports
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_field"
down_revision = "2026_11_26_reports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("encounters", sa.Column("held", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward")
