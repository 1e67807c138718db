"""Planning: series and week templates, wishes of volunteers, drafts of an assignment, imports, announcements.

Safety: new tables; new columns that may be null or have a constant default, which neither engine rewrites a table for.
On PostgreSQL the foreign keys of the new columns are added NOT VALID and validated apart, and the indexes on `shifts` and
`site_closures` are built CONCURRENTLY. SQLite adds a column with its foreign key in place: no table is copied, no
trigger is touched.

Revision: 2026_11_26_planning
Revises: 2026_11_23_engagement
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_planning"
down_revision = "2026_11_23_engagement"
branch_labels = None
depends_on = None

# Table, column, the table that it points to.
POINTERS = (("shifts", "series_id", "shift_series"), ("site_closures", "rule_id", "closure_rules"))
INDEXES = (
    "CREATE UNIQUE INDEX {concurrently} uq_shifts_series_day ON shifts (series_id, series_day) WHERE series_id IS NOT NULL",
    "CREATE UNIQUE INDEX {concurrently} uq_shifts_reference ON shifts (reference) WHERE reference IS NOT NULL",
    "CREATE INDEX {concurrently} ix_site_closures_rule_id ON site_closures (rule_id)",
)


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    _create_tables()
    op.add_column("shifts", sa.Column("series_day", sa.Date(), nullable=True))
    op.add_column("shifts", sa.Column("detached", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("shifts", sa.Column("reference", sa.String(length=80), nullable=True))
    op.add_column("sites", sa.Column("photo", sa.Text(), nullable=False, server_default=""))
    op.add_column("sites", sa.Column("photo_alt", sa.Text(), nullable=False, server_default=""))
    for table, column, target in POINTERS:
        key = f"CONSTRAINT fk_{table}_{column}"
        points = f"REFERENCES {target} (id)"
        if sqlite:
            op.execute(f"ALTER TABLE {table} ADD COLUMN {column} CHAR(32) {key} {points}")
        else:
            op.add_column(table, sa.Column(column, sa.Uuid(), nullable=True))
            op.execute(f"ALTER TABLE {table} ADD {key} FOREIGN KEY ({column}) {points} NOT VALID")
    if sqlite:
        for sql in INDEXES:
            op.execute(sql.format(concurrently=""))
        return
    with op.get_context().autocommit_block():
        for table, column, _target in POINTERS:
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT fk_{table}_{column}")
        for sql in INDEXES:
            op.execute(sql.format(concurrently="CONCURRENTLY IF NOT EXISTS"))


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward")


def _create_tables() -> None:
    op.create_table('fill_proposals',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.Column('filters', sa.JSON(), nullable=False),
    sa.Column('seed', sa.Integer(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('progress', sa.JSON(), nullable=False),
    sa.Column('outcome', sa.JSON(), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('alive_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('follows_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint("state IN ('waiting', 'solving', 'done', 'failed', 'stopped')", name=op.f('ck_fill_proposals_state')),
    sa.CheckConstraint('last_day >= first_day', name=op.f('ck_fill_proposals_days_in_order')),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_fill_proposals_created_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['follows_id'], ['fill_proposals.id'], name=op.f('fk_fill_proposals_follows_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fill_proposals'))
    )
    op.create_index(op.f('ix_fill_proposals_created_at'), 'fill_proposals', ['created_at'], unique=False)
    op.create_table('import_runs',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('file_name', sa.Text(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('counts', sa.JSON(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('applied_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind IN ('sites', 'volunteers', 'shifts')", name=op.f('ck_import_runs_kind')),
    sa.CheckConstraint("state IN ('checked', 'applied', 'dropped')", name=op.f('ck_import_runs_state')),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_import_runs_created_by_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_runs'))
    )
    op.create_index(op.f('ix_import_runs_created_at'), 'import_runs', ['created_at'], unique=False)
    op.create_table('week_templates',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_week_templates_created_by_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_week_templates'))
    )
    op.create_table('closure_rules',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('site_id', sa.Text(), nullable=False),
    sa.Column('rule', sa.Text(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_closure_rules_created_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_closure_rules_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_closure_rules'))
    )
    op.create_index(op.f('ix_closure_rules_site_id'), 'closure_rules', ['site_id'], unique=False)
    op.create_table('pair_wishes',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('first_id', sa.Uuid(), nullable=False),
    sa.Column('second_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint("kind IN ('together', 'apart')", name=op.f('ck_pair_wishes_kind')),
    sa.CheckConstraint('first_id < second_id', name=op.f('ck_pair_wishes_in_order')),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_pair_wishes_created_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['first_id'], ['volunteers.id'], name=op.f('fk_pair_wishes_first_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['second_id'], ['volunteers.id'], name=op.f('fk_pair_wishes_second_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pair_wishes')),
    sa.UniqueConstraint('first_id', 'second_id', name=op.f('uq_pair_wishes_first_id_second_id'))
    )
    op.create_index(op.f('ix_pair_wishes_second_id'), 'pair_wishes', ['second_id'], unique=False)
    op.create_table('preferred_sites',
    sa.Column('volunteer_id', sa.Uuid(), nullable=False),
    sa.Column('site_id', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_preferred_sites_site_id')),
    sa.ForeignKeyConstraint(['volunteer_id'], ['volunteers.id'], name=op.f('fk_preferred_sites_volunteer_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('volunteer_id', 'site_id', name=op.f('pk_preferred_sites'))
    )
    op.create_index(op.f('ix_preferred_sites_site_id'), 'preferred_sites', ['site_id'], unique=False)
    op.create_table('shift_series',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('mission_id', sa.Uuid(), nullable=False),
    sa.Column('site_id', sa.Text(), nullable=False),
    sa.Column('rule', sa.Text(), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('starts_time', sa.Time(), nullable=False),
    sa.Column('ends_time', sa.Time(), nullable=False),
    sa.Column('break_minutes', sa.Integer(), nullable=False),
    sa.Column('capacity', sa.Integer(), nullable=False),
    sa.Column('min_staff', sa.Integer(), nullable=False),
    sa.Column('skip_closures', sa.Boolean(), nullable=False),
    sa.Column('skip_holidays', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('split_from_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint('break_minutes >= 0', name=op.f('ck_shift_series_break_minutes')),
    sa.CheckConstraint('capacity BETWEEN 1 AND 50', name=op.f('ck_shift_series_capacity')),
    sa.CheckConstraint('min_staff BETWEEN 1 AND capacity', name=op.f('ck_shift_series_min_staff')),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_shift_series_created_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['mission_id'], ['missions.id'], name=op.f('fk_shift_series_mission_id')),
    sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_shift_series_site_id')),
    sa.ForeignKeyConstraint(['split_from_id'], ['shift_series.id'], name=op.f('fk_shift_series_split_from_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_shift_series'))
    )
    op.create_index(op.f('ix_shift_series_mission_id'), 'shift_series', ['mission_id'], unique=False)
    op.create_index(op.f('ix_shift_series_site_id'), 'shift_series', ['site_id'], unique=False)
    op.create_table('week_template_lines',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('template_id', sa.Uuid(), nullable=False),
    sa.Column('mission_id', sa.Uuid(), nullable=False),
    sa.Column('site_id', sa.Text(), nullable=False),
    sa.Column('weekday', sa.Integer(), nullable=False),
    sa.Column('starts_time', sa.Time(), nullable=False),
    sa.Column('ends_time', sa.Time(), nullable=False),
    sa.Column('break_minutes', sa.Integer(), nullable=False),
    sa.Column('capacity', sa.Integer(), nullable=False),
    sa.Column('min_staff', sa.Integer(), nullable=False),
    sa.CheckConstraint('break_minutes >= 0', name=op.f('ck_week_template_lines_break_minutes')),
    sa.CheckConstraint('capacity BETWEEN 1 AND 50', name=op.f('ck_week_template_lines_capacity')),
    sa.CheckConstraint('min_staff BETWEEN 1 AND capacity', name=op.f('ck_week_template_lines_min_staff')),
    sa.CheckConstraint('weekday BETWEEN 0 AND 6', name=op.f('ck_week_template_lines_weekday')),
    sa.ForeignKeyConstraint(['mission_id'], ['missions.id'], name=op.f('fk_week_template_lines_mission_id')),
    sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_week_template_lines_site_id')),
    sa.ForeignKeyConstraint(['template_id'], ['week_templates.id'], name=op.f('fk_week_template_lines_template_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_week_template_lines'))
    )
    op.create_index(op.f('ix_week_template_lines_template_id'), 'week_template_lines', ['template_id'], unique=False)
    op.create_table('weekly_unavailabilities',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('volunteer_id', sa.Uuid(), nullable=False),
    sa.Column('weekday', sa.Integer(), nullable=False),
    sa.Column('starts_minute', sa.Integer(), nullable=False),
    sa.Column('ends_minute', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('starts_minute >= 0 AND ends_minute <= 1440 AND ends_minute > starts_minute', name=op.f('ck_weekly_unavailabilities_minutes')),
    sa.CheckConstraint('weekday BETWEEN 0 AND 6', name=op.f('ck_weekly_unavailabilities_weekday')),
    sa.ForeignKeyConstraint(['volunteer_id'], ['volunteers.id'], name=op.f('fk_weekly_unavailabilities_volunteer_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_weekly_unavailabilities')),
    sa.UniqueConstraint('volunteer_id', 'weekday', 'starts_minute', name=op.f('uq_weekly_unavailabilities_volunteer_id_weekday_starts_minute'))
    )
    op.create_table('announcements',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('audience', sa.Text(), nullable=False),
    sa.Column('shift_id', sa.Uuid(), nullable=True),
    sa.Column('site_id', sa.Text(), nullable=True),
    sa.Column('intermunicipality_code', sa.Text(), nullable=True),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('shown_until', sa.Date(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("audience IN ('shift', 'site', 'everyone')", name=op.f('ck_announcements_audience')),
    sa.CheckConstraint("kind IN ('info', 'safety')", name=op.f('ck_announcements_kind')),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_announcements_created_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['intermunicipality_code'], ['intermunicipalities.code'], name=op.f('fk_announcements_intermunicipality_code')),
    sa.ForeignKeyConstraint(['shift_id'], ['shifts.id'], name=op.f('fk_announcements_shift_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_announcements_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_announcements'))
    )
    op.create_index(op.f('ix_announcements_created_at'), 'announcements', ['created_at'], unique=False)
    op.create_index(op.f('ix_announcements_shift_id'), 'announcements', ['shift_id'], unique=False)
    op.create_index(op.f('ix_announcements_site_id'), 'announcements', ['site_id'], unique=False)
    op.create_table('fill_lines',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('proposal_id', sa.Uuid(), nullable=False),
    sa.Column('shift_id', sa.Uuid(), nullable=False),
    sa.Column('volunteer_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint("state IN ('proposed', 'accepted', 'discarded', 'refused')", name=op.f('ck_fill_lines_state')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['users.id'], name=op.f('fk_fill_lines_decided_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['proposal_id'], ['fill_proposals.id'], name=op.f('fk_fill_lines_proposal_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['shift_id'], ['shifts.id'], name=op.f('fk_fill_lines_shift_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['volunteer_id'], ['volunteers.id'], name=op.f('fk_fill_lines_volunteer_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fill_lines')),
    sa.UniqueConstraint('proposal_id', 'shift_id', 'volunteer_id', name=op.f('uq_fill_lines_proposal_id_shift_id_volunteer_id'))
    )
    op.create_index(op.f('ix_fill_lines_shift_id'), 'fill_lines', ['shift_id'], unique=False)
    op.create_index(op.f('ix_fill_lines_volunteer_id'), 'fill_lines', ['volunteer_id'], unique=False)
    op.create_table('announcement_receipts',
    sa.Column('announcement_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['announcement_id'], ['announcements.id'], name=op.f('fk_announcement_receipts_announcement_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_announcement_receipts_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('announcement_id', 'user_id', name=op.f('pk_announcement_receipts'))
    )
    op.create_index(op.f('ix_announcement_receipts_user_id'), 'announcement_receipts', ['user_id'], unique=False)
