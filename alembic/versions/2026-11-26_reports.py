"""Reports: texts and quotes, published snapshots, files that the worker writes, and periods whose entries are frozen.

Safety: new tables, and triggers on `encounters`, `encounter_topics` and `outings`; no table is rebuilt. The triggers let
through what takes nothing from a figure: a comment that is erased, an author who leaves.

Revision: 2026_11_26_reports
Revises: 2026_11_26_rollups
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_reports"
down_revision = "2026_11_26_rollups"
branch_labels = None
depends_on = None

# What a report reads, and what says which row it is: all but comment, author_id and received_at.
COLUMNS = {
    "encounters": (
        "id, outing_id, shift_id, site_id, date, half_day, age_lt12, age_12_17, age_18_24, age_25_59, age_60p, age_nc,"
        " people_count, feeling, contact_origin, duration_band, group_kind, origin_zone, visit_habit, transport, spot,"
        " purpose, partner_venue, referral, status, version"
    ),
    "outings": (
        "id, shift_id, site_id, date, half_day, approached_count, refused_count, weather, crowd, ambience, version,"
        " voided_at"
    ),
}
PUBLISHED = "id, number, first_day, last_day, audience, cut_off, row_count, content, sha256, paper, published_at"
CLOSED = "SELECT 1 FROM closed_periods c WHERE c.reopened_at IS NULL AND {day} BETWEEN c.first_day AND c.last_day"
TOPIC_DAY = "(SELECT e.date FROM encounters e WHERE e.id = {row}.encounter_id)"
EVENTS = {"insert": ("NEW",), "update": ("OLD", "NEW"), "delete": ("OLD",)}


def upgrade() -> None:
    _create_tables()
    guards = sqlite() if op.get_bind().dialect.name == "sqlite" else postgresql()
    for sql in guards:
        op.execute(sql)


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward")


def sqlite() -> list[str]:
    """A trigger per table and event."""
    made = []
    for table in ("encounters", "outings", "encounter_topics"):
        for event, rows in EVENTS.items():
            of = f" OF {COLUMNS[table]}" if event == "update" and table in COLUMNS else ""
            days = [TOPIC_DAY.format(row=row) if table == "encounter_topics" else f"{row}.date" for row in rows]
            held = " OR ".join(f"EXISTS ({CLOSED.format(day=day)})" for day in days)
            made.append(
                f"CREATE TRIGGER {table}_closed_{event} BEFORE {event.upper()}{of} ON {table}\n"
                f"BEGIN SELECT RAISE(ABORT, 'period_closed') WHERE {held}; END"
            )
    for event in (f"UPDATE OF {PUBLISHED}", "DELETE"):
        made.append(
            f"CREATE TRIGGER report_snapshots_frozen_{event[:6].lower()} BEFORE {event} ON report_snapshots\n"
            "BEGIN SELECT RAISE(ABORT, 'report_published'); END"
        )
    return made


def postgresql() -> list[str]:
    """One function for the two tables that bear a day, one for topics."""
    made = []
    for name, day in (("entries_closed", "{row}.date"), ("topics_closed", TOPIC_DAY)):
        checks = "\n".join(
            f"IF TG_OP <> '{spared}' AND EXISTS ({CLOSED.format(day=day.format(row=row))}) THEN"
            " RAISE EXCEPTION 'period_closed' USING ERRCODE = 'check_violation'; END IF;"
            for row, spared in (("OLD", "INSERT"), ("NEW", "DELETE"))
        )
        made.append(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN\n{checks}\n"
            "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;\nRETURN NEW;\nEND $$"
        )
    for table in ("encounters", "outings", "encounter_topics"):
        of = f" OF {COLUMNS[table]}" if table in COLUMNS else ""
        function = "topics_closed" if table == "encounter_topics" else "entries_closed"
        made.append(
            f"CREATE TRIGGER {table}_closed BEFORE INSERT OR DELETE OR UPDATE{of} ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {function}()"
        )
    made.append(
        "CREATE FUNCTION report_published() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN\n"
        "RAISE EXCEPTION 'report_published' USING ERRCODE = 'check_violation';\nEND $$"
    )
    made.append(
        f"CREATE TRIGGER report_snapshots_frozen BEFORE DELETE OR UPDATE OF {PUBLISHED} ON report_snapshots"
        " FOR EACH ROW EXECUTE FUNCTION report_published()"
    )
    return made


def _create_tables() -> None:
    op.create_table('closed_periods',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_by_id', sa.Uuid(), nullable=True),
    sa.Column('reopened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reopened_by_id', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.CheckConstraint("reopened_at IS NULL OR reason <> ''", name=op.f('ck_closed_periods_reason')),
    sa.CheckConstraint('last_day >= first_day', name=op.f('ck_closed_periods_days_in_order')),
    sa.ForeignKeyConstraint(['closed_by_id'], ['users.id'], name=op.f('fk_closed_periods_closed_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['reopened_by_id'], ['users.id'], name=op.f('fk_closed_periods_reopened_by_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_closed_periods'))
    )
    op.create_index(op.f('ix_closed_periods_first_day'), 'closed_periods', ['first_day'], unique=False)
    op.create_table('report_files',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('format', sa.Text(), nullable=False),
    sa.Column('filters', sa.JSON(), nullable=False),
    sa.Column('occasion', sa.String(length=40), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('rows_total', sa.Integer(), nullable=False),
    sa.Column('rows_done', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('alive_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('waiting', 'writing', 'done', 'failed')", name=op.f('ck_report_files_state')),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_report_files_created_by_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_report_files')),
    sa.UniqueConstraint('occasion', name=op.f('uq_report_files_occasion'))
    )
    op.create_index(op.f('ix_report_files_created_by_id'), 'report_files', ['created_by_id'], unique=False)
    op.create_index(op.f('ix_report_files_state'), 'report_files', ['state'], unique=False)
    op.create_table('report_quotes',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('month', sa.Date(), nullable=False),
    sa.Column('pillar', sa.Text(), nullable=True),
    sa.Column('text', sa.String(length=280), nullable=False),
    sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('written_by_id', sa.Uuid(), nullable=True),
    sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('approved_by_id', sa.Uuid(), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("pillar IN ('rev3', 'archipel_vert', 'resilience')", name=op.f('ck_report_quotes_pillar')),
    sa.CheckConstraint("text <> ''", name=op.f('ck_report_quotes_text')),
    sa.ForeignKeyConstraint(['approved_by_id'], ['users.id'], name=op.f('fk_report_quotes_approved_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['written_by_id'], ['users.id'], name=op.f('fk_report_quotes_written_by_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_report_quotes'))
    )
    op.create_index(op.f('ix_report_quotes_month'), 'report_quotes', ['month'], unique=False)
    op.create_table('report_snapshots',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.Column('audience', sa.Text(), nullable=False),
    sa.Column('cut_off', sa.DateTime(timezone=True), nullable=False),
    sa.Column('row_count', sa.Integer(), nullable=False),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('paper', sa.LargeBinary(), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('published_by_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint("audience IN ('interne', 'diffusion')", name=op.f('ck_report_snapshots_audience')),
    sa.ForeignKeyConstraint(['published_by_id'], ['users.id'], name=op.f('fk_report_snapshots_published_by_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_report_snapshots')),
    sa.UniqueConstraint('number', name=op.f('uq_report_snapshots_number'))
    )
    op.create_table('report_texts',
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.Column('slot', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_by_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint("slot IN ('introduction', 'rev3', 'archipel_vert', 'resilience')", name=op.f('ck_report_texts_slot')),
    sa.ForeignKeyConstraint(['updated_by_id'], ['users.id'], name=op.f('fk_report_texts_updated_by_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('first_day', 'last_day', 'slot', name=op.f('pk_report_texts'))
    )
