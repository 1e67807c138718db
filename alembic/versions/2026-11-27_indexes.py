"""The way from a mission to its days: a report of one mission read the days of all.

Safety: one index on a roll-up, which is derived, small beside its rows (some hundred thousand lines at most) and
written by the worker in short transactions; nobody who notes anything waits for it.

Revision: 2026_11_27_indexes
Revises: 2026_11_27_tickets
"""

from alembic import op

revision = "2026_11_27_indexes"
down_revision = "2026_11_27_tickets"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_encounter_days_mission_id_slice_day"), "encounter_days", ["mission_id", "slice", "day"])
