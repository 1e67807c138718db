"""The law of the engagement: dated limits, leave, interviews, declarations, attendance, calendars, regular tasks.

Safety: new tables, and new columns with a constant default, which PostgreSQL adds without rewriting. The check on
`bookings.state` widens (walk-ins): on PostgreSQL it is added NOT VALID and validated apart; SQLite can't change a check,
so `bookings` is copied there, its indexes and every trigger that names it kept word for word.

Revision: 2026_11_23_engagement
Revises: 2026_11_23_first
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_engagement"
down_revision = "2026_11_23_first"
branch_labels = None
depends_on = None

STATES = ("confirmed", "offered", "waitlisted", "withdrawn", "removed", "cancelled", "declined", "expired")
WIDER = (*STATES, "walk_in")


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    _create_tables()
    _add_columns()
    if sqlite:
        _widen_on_sqlite()
        op.execute(INDEX.format(concurrently=""))
        return
    op.execute("ALTER TABLE bookings DROP CONSTRAINT ck_bookings_state")
    op.execute(f"ALTER TABLE bookings ADD CONSTRAINT ck_bookings_state CHECK ({_check(WIDER)}) NOT VALID")
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE bookings VALIDATE CONSTRAINT ck_bookings_state")
        op.execute(INDEX.format(concurrently="CONCURRENTLY IF NOT EXISTS"))


INDEX = "CREATE INDEX {concurrently} ix_bookings_offer_expires_at ON bookings (offer_expires_at) WHERE state = 'offered'"


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward")


def _check(states: tuple[str, ...]) -> str:
    return "state IN ({})".format(", ".join(f"'{state}'" for state in states))


def _widen_on_sqlite() -> None:
    """Copy `bookings` under its wider check. Foreign keys are not enforced while migrations run."""
    bind = op.get_bind()
    schema = bind.exec_driver_sql(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'bookings'"
    ).all()
    [made] = bind.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'bookings'").one()
    triggers = [(name, sql) for kind, name, _table, sql in schema if kind == "trigger" and "bookings" in sql]
    indexes = [sql for kind, _name, table, sql in schema if kind == "index" and table == "bookings"]
    assert _check(STATES) in made
    copied = made.replace("CREATE TABLE bookings", "CREATE TABLE bookings_wider", 1).replace(_check(STATES), _check(WIDER))
    for name, _sql in triggers:
        op.execute(f"DROP TRIGGER {name}")
    op.execute(copied)
    op.execute("INSERT INTO bookings_wider SELECT * FROM bookings")
    op.execute("DROP TABLE bookings")
    op.execute("ALTER TABLE bookings_wider RENAME TO bookings")
    for sql in (*indexes, *(sql for _name, sql in triggers)):
        bind.exec_driver_sql(sql)


def _add_columns() -> None:
    added = {
        "attendances": [
            sa.Column("source", sa.Text(), nullable=False, server_default="coordinator"),
            sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        ],
        "engagement_contracts": [
            sa.Column("earlier_engagement", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("usual_days", sa.Text(), nullable=False, server_default="12345"),
            sa.Column("notice_given_on", sa.Date(), nullable=True),
            sa.Column("end_reason", sa.Text(), nullable=False, server_default=""),
        ],
        "outbox_mails": [sa.Column("attachments", sa.JSON(), nullable=False, server_default="[]")],
    }
    for table, columns in added.items():
        for column in columns:
            op.add_column(table, column)


def _create_tables() -> None:
    op.create_table('job_runs',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('last_run_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('held_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_job_runs'))
    )
    op.create_table('calendar_feeds',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_calendar_feeds_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calendar_feeds')),
    sa.UniqueConstraint('digest', name=op.f('uq_calendar_feeds_digest'))
    )
    op.create_index(op.f('ix_calendar_feeds_user_id'), 'calendar_feeds', ['user_id'], unique=False)
    op.create_table('mail_preferences',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('reminders', sa.JSON(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('muted', sa.JSON(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("digest IN ('none', 'daily', 'weekly')", name=op.f('ck_mail_preferences_digest')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_mail_preferences_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_mail_preferences'))
    )
    op.create_table('rule_settings',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('parameter', sa.Text(), nullable=False),
    sa.Column('value', sa.Numeric(precision=8, scale=2), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_rule_settings_created_by_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rule_settings')),
    sa.UniqueConstraint('parameter', 'valid_from', name=op.f('uq_rule_settings_parameter_valid_from'))
    )
    op.create_table('check_in_codes',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('site_id', sa.Text(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_check_in_codes_created_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_check_in_codes_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_check_in_codes')),
    sa.UniqueConstraint('code', name=op.f('uq_check_in_codes_code'))
    )
    op.create_index(op.f('ix_check_in_codes_site_id_revoked_at'), 'check_in_codes', ['site_id', 'revoked_at'], unique=False)
    op.create_table('leaves',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('volunteer_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.Uuid(), nullable=True),
    sa.Column('decision_reason', sa.Text(), nullable=False),
    sa.CheckConstraint("kind IN ('annual', 'family_event', 'death', 'sick', 'accident', 'maternity', 'other')", name=op.f('ck_leaves_kind')),
    sa.CheckConstraint("state IN ('requested', 'approved', 'refused', 'withdrawn')", name=op.f('ck_leaves_state')),
    sa.CheckConstraint('ends_on >= starts_on', name=op.f('ck_leaves_days_in_order')),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_leaves_created_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['decided_by_id'], ['users.id'], name=op.f('fk_leaves_decided_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['volunteer_id'], ['volunteers.id'], name=op.f('fk_leaves_volunteer_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_leaves'))
    )
    op.create_index(op.f('ix_leaves_state'), 'leaves', ['state'], unique=False)
    op.create_index(op.f('ix_leaves_volunteer_id_starts_on'), 'leaves', ['volunteer_id', 'starts_on'], unique=False)
    op.create_table('declarations',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('contract_id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('declared_on', sa.Date(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('by_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("code IN ('no_substitution', 'not_indispensable', 'fcc_attest')", name=op.f('ck_declarations_code')),
    sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_declarations_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['contract_id'], ['engagement_contracts.id'], name=op.f('fk_declarations_contract_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_declarations')),
    sa.UniqueConstraint('contract_id', 'code', name=op.f('uq_declarations_contract_id_code'))
    )
    op.create_table('reviews',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('contract_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('planned_on', sa.Date(), nullable=True),
    sa.Column('held_on', sa.Date(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('entry', 'middle', 'end')", name=op.f('ck_reviews_kind')),
    sa.ForeignKeyConstraint(['contract_id'], ['engagement_contracts.id'], name=op.f('fk_reviews_contract_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reviews')),
    sa.UniqueConstraint('contract_id', 'kind', name=op.f('uq_reviews_contract_id_kind'))
    )
    op.create_table('attendance_events',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('booking_id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Uuid(), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('hours', sa.Numeric(precision=5, scale=2), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['booking_id'], ['bookings.id'], name=op.f('fk_attendance_events_booking_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_attendance_events_by_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attendance_events'))
    )
    op.create_index(op.f('ix_attendance_events_booking_id'), 'attendance_events', ['booking_id'], unique=False)
    op.create_table('incidents',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('booking_id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Uuid(), nullable=True),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['booking_id'], ['bookings.id'], name=op.f('fk_incidents_booking_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_incidents_by_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_incidents'))
    )
    op.create_index(op.f('ix_incidents_booking_id'), 'incidents', ['booking_id'], unique=False)
    op.create_table('stand_in_calls',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('booking_id', sa.Uuid(), nullable=False),
    sa.Column('shift_id', sa.Uuid(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('opened_by_id', sa.Uuid(), nullable=True),
    sa.Column('called_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("reason IN ('health', 'family', 'transport', 'school', 'other')", name=op.f('ck_stand_in_calls_reason')),
    sa.ForeignKeyConstraint(['booking_id'], ['bookings.id'], name=op.f('fk_stand_in_calls_booking_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['opened_by_id'], ['users.id'], name=op.f('fk_stand_in_calls_opened_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['shift_id'], ['shifts.id'], name=op.f('fk_stand_in_calls_shift_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stand_in_calls')),
    sa.UniqueConstraint('booking_id', name=op.f('uq_stand_in_calls_booking_id'))
    )
    op.create_index(op.f('ix_stand_in_calls_shift_id'), 'stand_in_calls', ['shift_id'], unique=False)
