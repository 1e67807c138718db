"""Tickets: what is wrong at a place, and what became of it.

Safety: two new tables and nothing else; no table that holds rows is touched.

Revision: 2026_11_27_tickets
Revises: 2026_11_26_field
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_tickets"
down_revision = "2026_11_26_field"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('site_reports',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('author_id', sa.Uuid(), nullable=True),
    sa.Column('site_id', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('spot', sa.Text(), nullable=True),
    sa.Column('date', sa.Date(), nullable=False),
    sa.Column('description', sa.String(length=280), nullable=False),
    sa.Column('photo', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('handed_on_to', sa.Text(), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(state IN ('solved', 'rejected')) = (closed_at IS NOT NULL)", name=op.f('ck_site_reports_closed_at')),
    sa.CheckConstraint("kind IN ('dechets', 'banc_mobilier', 'chemin', 'signaletique', 'vegetation', 'eau', 'danger', 'autre')", name=op.f('ck_site_reports_kind')),
    sa.CheckConstraint("spot IN ('entree', 'sentier', 'plan_eau', 'terril', 'cavalier', 'aire_jeux', 'parking', 'evenement', 'autre')", name=op.f('ck_site_reports_spot')),
    sa.CheckConstraint("state IN ('new', 'seen', 'handed_on', 'solved', 'rejected')", name=op.f('ck_site_reports_state')),
    sa.CheckConstraint('version >= 1', name=op.f('ck_site_reports_version')),
    sa.ForeignKeyConstraint(['author_id'], ['users.id'], name=op.f('fk_site_reports_author_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_site_reports_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_site_reports'))
    )
    op.create_index(op.f('ix_site_reports_author_id_date'), 'site_reports', ['author_id', 'date'], unique=False)
    op.create_index(op.f('ix_site_reports_closed_at'), 'site_reports', ['closed_at'], unique=False)
    op.create_index(op.f('ix_site_reports_date'), 'site_reports', ['date'], unique=False)
    op.create_index(op.f('ix_site_reports_site_id_state'), 'site_reports', ['site_id', 'state'], unique=False)
    op.create_table('site_report_steps',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('report_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Uuid(), nullable=True),
    sa.Column('handed_on_to', sa.Text(), nullable=False),
    sa.Column('note', sa.String(length=280), nullable=False),
    sa.CheckConstraint("state IN ('new', 'seen', 'handed_on', 'solved', 'rejected')", name=op.f('ck_site_report_steps_state')),
    sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_site_report_steps_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['report_id'], ['site_reports.id'], name=op.f('fk_site_report_steps_report_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_site_report_steps'))
    )
    op.create_index(op.f('ix_site_report_steps_report_id_number'), 'site_report_steps', ['report_id', 'number'], unique=True)


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward")
