"""The first tables, and the promises that the database itself keeps about bookings.

Safety: creates everything, locks nothing. On SQLite a later migration that rebuilds `bookings` or `shifts` in batch mode
loses the triggers made here and must make them again; a test compares sqlite_master with the expected list.

Revision: 2026_11_23_first
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_first"
down_revision = None
branch_labels = None
depends_on = None

SEATED = "('confirmed', 'offered')"

# A shift never holds more live seats than its capacity, and a volunteer never two that overlap.
SQLITE = [
    f"""
    CREATE TRIGGER bookings_capacity_insert BEFORE INSERT ON bookings WHEN NEW.state IN {SEATED}
    BEGIN
        SELECT RAISE(ABORT, 'shift_full')
        WHERE (SELECT count(*) FROM bookings WHERE shift_id = NEW.shift_id AND state IN {SEATED})
              >= (SELECT capacity FROM shifts WHERE id = NEW.shift_id);
    END
    """,
    f"""
    CREATE TRIGGER bookings_capacity_update BEFORE UPDATE OF state, shift_id ON bookings
    WHEN NEW.state IN {SEATED} AND (OLD.state NOT IN {SEATED} OR OLD.shift_id <> NEW.shift_id)
    BEGIN
        SELECT RAISE(ABORT, 'shift_full')
        WHERE (SELECT count(*) FROM bookings WHERE shift_id = NEW.shift_id AND state IN {SEATED})
              >= (SELECT capacity FROM shifts WHERE id = NEW.shift_id);
    END
    """,
    f"""
    CREATE TRIGGER shifts_capacity BEFORE UPDATE OF capacity ON shifts WHEN NEW.capacity < OLD.capacity
    BEGIN
        SELECT RAISE(ABORT, 'shift_full')
        WHERE (SELECT count(*) FROM bookings WHERE shift_id = NEW.id AND state IN {SEATED}) > NEW.capacity;
    END
    """,
    f"""
    CREATE TRIGGER bookings_overlap_insert BEFORE INSERT ON bookings WHEN NEW.state IN {SEATED}
    BEGIN
        SELECT RAISE(ABORT, 'overlap')
        WHERE EXISTS (
            SELECT 1 FROM bookings b WHERE b.volunteer_id = NEW.volunteer_id AND b.state IN {SEATED}
            AND b.starts_at < NEW.ends_at AND b.ends_at > NEW.starts_at
        );
    END
    """,
    f"""
    CREATE TRIGGER bookings_overlap_update BEFORE UPDATE OF state, volunteer_id, starts_at, ends_at ON bookings
    WHEN NEW.state IN {SEATED}
    BEGIN
        SELECT RAISE(ABORT, 'overlap')
        WHERE EXISTS (
            SELECT 1 FROM bookings b WHERE b.volunteer_id = NEW.volunteer_id AND b.state IN {SEATED}
            AND b.id <> NEW.id AND b.starts_at < NEW.ends_at AND b.ends_at > NEW.starts_at
        );
    END
    """,
]

POSTGRESQL = [
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    f"""
    ALTER TABLE bookings ADD CONSTRAINT ex_bookings_overlap
    EXCLUDE USING gist (volunteer_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (state IN {SEATED})
    """,
    # The lock makes two transactions that fill the last seat wait for one another.
    f"""
    CREATE FUNCTION bookings_capacity() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE places integer; taken integer;
    BEGIN
        SELECT capacity INTO places FROM shifts WHERE id = NEW.shift_id FOR UPDATE;
        SELECT count(*) INTO taken FROM bookings
        WHERE shift_id = NEW.shift_id AND state IN {SEATED} AND id <> NEW.id;
        IF taken >= places THEN
            RAISE EXCEPTION 'shift_full' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    f"""
    CREATE TRIGGER bookings_capacity BEFORE INSERT OR UPDATE OF state, shift_id ON bookings
    FOR EACH ROW WHEN (NEW.state IN {SEATED}) EXECUTE FUNCTION bookings_capacity()
    """,
    f"""
    CREATE FUNCTION shifts_capacity() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (SELECT count(*) FROM bookings WHERE shift_id = NEW.id AND state IN {SEATED}) > NEW.capacity THEN
            RAISE EXCEPTION 'shift_full' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER shifts_capacity BEFORE UPDATE OF capacity ON shifts
    FOR EACH ROW WHEN (NEW.capacity < OLD.capacity) EXECUTE FUNCTION shifts_capacity()
    """,
]


def upgrade() -> None:
    _create_tables()
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward")


def _create_tables() -> None:
    op.create_table('audit_events',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('verb', sa.Text(), nullable=False),
    sa.Column('subject_kind', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Text(), nullable=False),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_events'))
    )
    op.create_index(op.f('ix_audit_events_at'), 'audit_events', ['at'], unique=False)
    op.create_index(op.f('ix_audit_events_subject_kind_subject_id'), 'audit_events', ['subject_kind', 'subject_id'], unique=False)
    op.create_table('intermunicipalities',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('short_name', sa.Text(), nullable=False),
    sa.Column('siren', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_intermunicipalities'))
    )
    op.create_table('outbox_mails',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('dedupe', sa.Text(), nullable=True),
    sa.Column('recipient', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('text_body', sa.Text(), nullable=False),
    sa.Column('html_body', sa.Text(), nullable=False),
    sa.Column('headers', sa.JSON(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('next_try_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('dead_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox_mails')),
    sa.UniqueConstraint('dedupe', name=op.f('uq_outbox_mails_dedupe'))
    )
    op.create_index('ix_outbox_mails_due', 'outbox_mails', ['next_try_at'], unique=False, postgresql_where=sa.text('sent_at IS NULL AND dead_at IS NULL'), sqlite_where=sa.text('sent_at IS NULL AND dead_at IS NULL'))
    op.create_table('topics',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('label', sa.Text(), nullable=False),
    sa.Column('pillar', sa.Text(), nullable=True),
    sa.Column('sensitive', sa.Boolean(), nullable=False),
    sa.Column('rank', sa.Integer(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=True),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('merged_into', sa.Text(), nullable=True),
    sa.CheckConstraint("pillar IN ('rev3', 'archipel_vert', 'resilience')", name=op.f('ck_topics_pillar')),
    sa.ForeignKeyConstraint(['merged_into'], ['topics.code'], name=op.f('fk_topics_merged_into')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_topics'))
    )
    op.create_table('users',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('theme', sa.String(length=10), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('email', sa.String(length=320), nullable=False),
    sa.Column('hashed_password', sa.String(length=1024), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('is_superuser', sa.Boolean(), nullable=False),
    sa.Column('is_verified', sa.Boolean(), nullable=False),
    sa.CheckConstraint("role IN ('volunteer', 'coordinator', 'manager', 'admin')", name=op.f('ck_users_role')),
    sa.CheckConstraint('email = lower(email)', name=op.f('ck_users_email_lower')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_users'))
    )
    op.create_index(op.f('ix_users_email'), 'users', ['email'], unique=True)
    op.create_table('communes',
    sa.Column('insee', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('intermunicipality_code', sa.Text(), nullable=False),
    sa.Column('postcodes', sa.Text(), nullable=False),
    sa.Column('population', sa.Integer(), nullable=False),
    sa.Column('lat', sa.Float(), nullable=False),
    sa.Column('lon', sa.Float(), nullable=False),
    sa.ForeignKeyConstraint(['intermunicipality_code'], ['intermunicipalities.code'], name=op.f('fk_communes_intermunicipality_code')),
    sa.PrimaryKeyConstraint('insee', name=op.f('pk_communes'))
    )
    op.create_index(op.f('ix_communes_intermunicipality_code'), 'communes', ['intermunicipality_code'], unique=False)
    op.create_table('missions',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('pillar', sa.Text(), nullable=False),
    sa.Column('activity', sa.String(length=60), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('tasks', sa.Text(), nullable=False),
    sa.Column('min_age', sa.Integer(), nullable=False),
    sa.Column('approval_number', sa.Text(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=True),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("pillar IN ('rev3', 'archipel_vert', 'resilience')", name=op.f('ck_missions_pillar')),
    sa.CheckConstraint('min_age BETWEEN 16 AND 30', name=op.f('ck_missions_min_age')),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_missions_created_by_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_missions'))
    )
    op.create_table('personal_tokens',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_personal_tokens_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_personal_tokens')),
    sa.UniqueConstraint('digest', name=op.f('uq_personal_tokens_digest'))
    )
    op.create_index(op.f('ix_personal_tokens_user_id'), 'personal_tokens', ['user_id'], unique=False)
    op.create_table('user_scopes',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('intermunicipality_code', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['intermunicipality_code'], ['intermunicipalities.code'], name=op.f('fk_user_scopes_intermunicipality_code')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_user_scopes_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'intermunicipality_code', name=op.f('pk_user_scopes'))
    )
    op.create_table('user_sessions',
    sa.Column('token', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_user_sessions_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('token', name=op.f('pk_user_sessions'))
    )
    op.create_index(op.f('ix_user_sessions_user_id'), 'user_sessions', ['user_id'], unique=False)
    op.create_table('mission_tags',
    sa.Column('mission_id', sa.Uuid(), nullable=False),
    sa.Column('tag', sa.Text(), nullable=False),
    sa.CheckConstraint("tag IN ('outdoor', 'stand_duty', 'vulnerable_public', 'regulated_risk')", name=op.f('ck_mission_tags_tag')),
    sa.ForeignKeyConstraint(['mission_id'], ['missions.id'], name=op.f('fk_mission_tags_mission_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('mission_id', 'tag', name=op.f('pk_mission_tags'))
    )
    op.create_table('mission_trainings',
    sa.Column('mission_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.CheckConstraint("kind IN ('civic_half', 'civic_training', 'first_aid', 'site_safety')", name=op.f('ck_mission_trainings_kind')),
    sa.ForeignKeyConstraint(['mission_id'], ['missions.id'], name=op.f('fk_mission_trainings_mission_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('mission_id', 'kind', name=op.f('pk_mission_trainings'))
    )
    op.create_table('sites',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('pillar', sa.Text(), nullable=False),
    sa.Column('commune_insee', sa.Text(), nullable=False),
    sa.Column('intermunicipality_code', sa.Text(), nullable=False),
    sa.Column('lat', sa.Float(), nullable=False),
    sa.Column('lon', sa.Float(), nullable=False),
    sa.Column('precision_m', sa.Integer(), nullable=True),
    sa.Column('approximate', sa.Boolean(), nullable=False),
    sa.Column('coordinates_source', sa.Text(), nullable=False),
    sa.Column('chain_member', sa.Text(), nullable=False),
    sa.Column('meeting_place', sa.Text(), nullable=False),
    sa.Column('access_notes', sa.Text(), nullable=False),
    sa.Column('safety_notes', sa.Text(), nullable=False),
    sa.Column('on_call_number', sa.Text(), nullable=False),
    sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("pillar IN ('rev3', 'archipel_vert', 'resilience')", name=op.f('ck_sites_pillar')),
    sa.ForeignKeyConstraint(['commune_insee'], ['communes.insee'], name=op.f('fk_sites_commune_insee')),
    sa.ForeignKeyConstraint(['intermunicipality_code'], ['intermunicipalities.code'], name=op.f('fk_sites_intermunicipality_code')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sites'))
    )
    op.create_index(op.f('ix_sites_commune_insee'), 'sites', ['commune_insee'], unique=False)
    op.create_index(op.f('ix_sites_intermunicipality_code'), 'sites', ['intermunicipality_code'], unique=False)
    op.create_table('volunteers',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('birth_date', sa.Date(), nullable=False),
    sa.Column('commune_insee', sa.Text(), nullable=True),
    sa.Column('phone', sa.Text(), nullable=False),
    sa.Column('emergency_name', sa.Text(), nullable=False),
    sa.Column('emergency_phone', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['commune_insee'], ['communes.insee'], name=op.f('fk_volunteers_commune_insee')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_volunteers_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_volunteers')),
    sa.UniqueConstraint('user_id', name=op.f('uq_volunteers_user_id'))
    )
    op.create_index(op.f('ix_volunteers_commune_insee'), 'volunteers', ['commune_insee'], unique=False)
    op.create_table('applications',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('mission_id', sa.Uuid(), nullable=False),
    sa.Column('volunteer_id', sa.Uuid(), nullable=False),
    sa.Column('motivation', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.Uuid(), nullable=True),
    sa.Column('decision_note', sa.Text(), nullable=False),
    sa.CheckConstraint("state IN ('submitted', 'accepted', 'rejected', 'withdrawn')", name=op.f('ck_applications_state')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['users.id'], name=op.f('fk_applications_decided_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['mission_id'], ['missions.id'], name=op.f('fk_applications_mission_id')),
    sa.ForeignKeyConstraint(['volunteer_id'], ['volunteers.id'], name=op.f('fk_applications_volunteer_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_applications'))
    )
    op.create_index(op.f('ix_applications_volunteer_id'), 'applications', ['volunteer_id'], unique=False)
    op.create_index('uq_applications_live', 'applications', ['mission_id', 'volunteer_id'], unique=True, postgresql_where=sa.text("state IN ('submitted', 'accepted')"), sqlite_where=sa.text("state IN ('submitted', 'accepted')"))
    op.create_table('engagement_contracts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('volunteer_id', sa.Uuid(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('weekly_hours', sa.Numeric(precision=4, scale=2), nullable=False),
    sa.Column('tutor_id', sa.Uuid(), nullable=True),
    sa.Column('conformity_checked_on', sa.Date(), nullable=True),
    sa.Column('medical_cleared_on', sa.Date(), nullable=True),
    sa.Column('parental_authorised_on', sa.Date(), nullable=True),
    sa.Column('parental_holders', sa.Text(), nullable=False),
    sa.Column('minor_tutoring_on', sa.Date(), nullable=True),
    sa.Column('age_limit_30', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('ended_on IS NULL OR ended_on >= starts_on', name=op.f('ck_engagement_contracts_end_after_start')),
    sa.CheckConstraint('ends_on >= starts_on', name=op.f('ck_engagement_contracts_days_in_order')),
    sa.CheckConstraint('weekly_hours > 0 AND weekly_hours <= 48', name=op.f('ck_engagement_contracts_weekly_hours')),
    sa.ForeignKeyConstraint(['tutor_id'], ['users.id'], name=op.f('fk_engagement_contracts_tutor_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['volunteer_id'], ['volunteers.id'], name=op.f('fk_engagement_contracts_volunteer_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_engagement_contracts'))
    )
    op.create_index(op.f('ix_engagement_contracts_tutor_id'), 'engagement_contracts', ['tutor_id'], unique=False)
    op.create_index(op.f('ix_engagement_contracts_volunteer_id_starts_on'), 'engagement_contracts', ['volunteer_id', 'starts_on'], unique=False)
    op.create_table('mission_sites',
    sa.Column('mission_id', sa.Uuid(), nullable=False),
    sa.Column('site_id', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['mission_id'], ['missions.id'], name=op.f('fk_mission_sites_mission_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_mission_sites_site_id')),
    sa.PrimaryKeyConstraint('mission_id', 'site_id', name=op.f('pk_mission_sites'))
    )
    op.create_index(op.f('ix_mission_sites_site_id'), 'mission_sites', ['site_id'], unique=False)
    op.create_table('shifts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('mission_id', sa.Uuid(), nullable=False),
    sa.Column('site_id', sa.Text(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('break_minutes', sa.Integer(), nullable=False),
    sa.Column('capacity', sa.Integer(), nullable=False),
    sa.Column('min_staff', sa.Integer(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancelled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancelled_by_id', sa.Uuid(), nullable=True),
    sa.Column('cancel_reason', sa.Text(), nullable=False),
    sa.CheckConstraint("state IN ('draft', 'published', 'cancelled')", name=op.f('ck_shifts_state')),
    sa.CheckConstraint('break_minutes >= 0', name=op.f('ck_shifts_break_minutes')),
    sa.CheckConstraint('capacity BETWEEN 1 AND 50', name=op.f('ck_shifts_capacity')),
    sa.CheckConstraint('ends_at > starts_at', name=op.f('ck_shifts_times_in_order')),
    sa.CheckConstraint('min_staff BETWEEN 1 AND capacity', name=op.f('ck_shifts_min_staff')),
    sa.ForeignKeyConstraint(['cancelled_by_id'], ['users.id'], name=op.f('fk_shifts_cancelled_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_shifts_created_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['mission_id'], ['missions.id'], name=op.f('fk_shifts_mission_id')),
    sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_shifts_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_shifts')),
    sa.UniqueConstraint('id', 'starts_at', 'ends_at', name='uq_shifts_times')
    )
    op.create_index(op.f('ix_shifts_mission_id'), 'shifts', ['mission_id'], unique=False)
    op.create_index(op.f('ix_shifts_site_id_starts_at'), 'shifts', ['site_id', 'starts_at'], unique=False)
    op.create_index(op.f('ix_shifts_starts_at_id'), 'shifts', ['starts_at', 'id'], unique=False)
    op.create_table('site_closures',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('site_id', sa.Text(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint('ends_on >= starts_on', name=op.f('ck_site_closures_days_in_order')),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_site_closures_created_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_site_closures_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_site_closures'))
    )
    op.create_index(op.f('ix_site_closures_site_id_starts_on'), 'site_closures', ['site_id', 'starts_on'], unique=False)
    op.create_table('bookings',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('shift_id', sa.Uuid(), nullable=False),
    sa.Column('volunteer_id', sa.Uuid(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('queue_key', sa.BigInteger(), nullable=False),
    sa.Column('offer_expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint("state IN ('confirmed', 'offered', 'waitlisted', 'withdrawn', 'removed', 'cancelled', 'declined', 'expired')", name=op.f('ck_bookings_state')),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_bookings_created_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['shift_id', 'starts_at', 'ends_at'], ['shifts.id', 'shifts.starts_at', 'shifts.ends_at'], name='fk_bookings_shift', onupdate='CASCADE'),
    sa.ForeignKeyConstraint(['volunteer_id'], ['volunteers.id'], name=op.f('fk_bookings_volunteer_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bookings'))
    )
    op.create_index(op.f('ix_bookings_shift_id_state'), 'bookings', ['shift_id', 'state'], unique=False)
    op.create_index(op.f('ix_bookings_volunteer_id_starts_at'), 'bookings', ['volunteer_id', 'starts_at'], unique=False)
    op.create_index('uq_bookings_live', 'bookings', ['shift_id', 'volunteer_id'], unique=True, postgresql_where=sa.text("state IN ('confirmed', 'offered', 'waitlisted')"), sqlite_where=sa.text("state IN ('confirmed', 'offered', 'waitlisted')"))
    op.create_table('encounters',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('author_id', sa.Uuid(), nullable=True),
    sa.Column('outing_id', sa.Uuid(), nullable=True),
    sa.Column('shift_id', sa.Uuid(), nullable=True),
    sa.Column('site_id', sa.Text(), nullable=False),
    sa.Column('date', sa.Date(), nullable=False),
    sa.Column('half_day', sa.Text(), nullable=False),
    sa.Column('age_lt12', sa.Integer(), nullable=False),
    sa.Column('age_12_17', sa.Integer(), nullable=False),
    sa.Column('age_18_24', sa.Integer(), nullable=False),
    sa.Column('age_25_59', sa.Integer(), nullable=False),
    sa.Column('age_60p', sa.Integer(), nullable=False),
    sa.Column('age_nc', sa.Integer(), nullable=False),
    sa.Column('people_count', sa.Integer(), nullable=False),
    sa.Column('feeling', sa.Text(), nullable=False),
    sa.Column('contact_origin', sa.Text(), nullable=True),
    sa.Column('duration_band', sa.Text(), nullable=True),
    sa.Column('group_kind', sa.Text(), nullable=True),
    sa.Column('origin_zone', sa.Text(), nullable=True),
    sa.Column('visit_habit', sa.Text(), nullable=True),
    sa.Column('transport', sa.Text(), nullable=True),
    sa.Column('spot', sa.Text(), nullable=True),
    sa.Column('purpose', sa.Text(), nullable=True),
    sa.Column('partner_venue', sa.Text(), nullable=True),
    sa.Column('referral', sa.Text(), nullable=True),
    sa.Column('comment', sa.String(length=280), nullable=True),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("contact_origin IN ('aller_vers', 'venue_spontanee', 'stand_animation', 'groupe_prevu', 'partenaire')", name=op.f('ck_encounters_contact_origin')),
    sa.CheckConstraint("duration_band IN ('lt5', '5_15', '15_30', 'gt30')", name=op.f('ck_encounters_duration_band')),
    sa.CheckConstraint("feeling IN ('positif', 'neutre', 'negatif', 'nc')", name=op.f('ck_encounters_feeling')),
    sa.CheckConstraint("group_kind IN ('seul', 'couple', 'famille', 'amis', 'scolaire', 'groupe_encadre', 'club', 'inconnu')", name=op.f('ck_encounters_group_kind')),
    sa.CheckConstraint("half_day IN ('matin', 'midi', 'apres_midi', 'soir')", name=op.f('ck_encounters_half_day')),
    sa.CheckConstraint("origin_zone IN ('commune_site', 'call', 'cahc', 'cabbalr', 'autre_62_59', 'ailleurs_fr', 'etranger', 'nc')", name=op.f('ck_encounters_origin_zone')),
    sa.CheckConstraint("partner_venue IN ('louvre_lens', 'comedie_bethune', 'culture_commune', 'arc_en_ciel', 'mac', 'autre', 'aucun')", name=op.f('ck_encounters_partner_venue')),
    sa.CheckConstraint("purpose IN ('information', 'question', 'idee', 'envie_participer', 'signalement', 'memoire_temoignage', 'critique')", name=op.f('ck_encounters_purpose')),
    sa.CheckConstraint("referral IN ('aucune', 'office_tourisme', 'mairie_agglo', 'lieu_culturel', 'mission_locale', 'france_services_ccas', 'acces_soins', 'association', 'evenement', 'autre')", name=op.f('ck_encounters_referral')),
    sa.CheckConstraint("spot IN ('entree', 'sentier', 'plan_eau', 'terril', 'cavalier', 'aire_jeux', 'parking', 'evenement', 'autre')", name=op.f('ck_encounters_spot')),
    sa.CheckConstraint("status IN ('sent', 'validated', 'voided')", name=op.f('ck_encounters_status')),
    sa.CheckConstraint("transport IN ('pied', 'velo', 'bus', 'voiture', 'autre', 'nc')", name=op.f('ck_encounters_transport')),
    sa.CheckConstraint("visit_habit IN ('premiere', 'parfois', 'souvent', 'nc')", name=op.f('ck_encounters_visit_habit')),
    sa.CheckConstraint('age_12_17 BETWEEN 0 AND 200', name=op.f('ck_encounters_age_12_17')),
    sa.CheckConstraint('age_18_24 BETWEEN 0 AND 200', name=op.f('ck_encounters_age_18_24')),
    sa.CheckConstraint('age_25_59 BETWEEN 0 AND 200', name=op.f('ck_encounters_age_25_59')),
    sa.CheckConstraint('age_60p BETWEEN 0 AND 200', name=op.f('ck_encounters_age_60p')),
    sa.CheckConstraint('age_lt12 BETWEEN 0 AND 200', name=op.f('ck_encounters_age_lt12')),
    sa.CheckConstraint('age_nc BETWEEN 0 AND 200', name=op.f('ck_encounters_age_nc')),
    sa.CheckConstraint('people_count = age_lt12 + age_12_17 + age_18_24 + age_25_59 + age_60p + age_nc', name=op.f('ck_encounters_people_sum')),
    sa.CheckConstraint('people_count BETWEEN 1 AND 200', name=op.f('ck_encounters_people_count')),
    sa.CheckConstraint('version >= 1', name=op.f('ck_encounters_version')),
    sa.ForeignKeyConstraint(['author_id'], ['users.id'], name=op.f('fk_encounters_author_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['shift_id'], ['shifts.id'], name=op.f('fk_encounters_shift_id')),
    sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_encounters_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_encounters'))
    )
    op.create_index(op.f('ix_encounters_author_id_date'), 'encounters', ['author_id', 'date'], unique=False)
    op.create_index(op.f('ix_encounters_date_site_id'), 'encounters', ['date', 'site_id'], unique=False)
    op.create_index(op.f('ix_encounters_outing_id'), 'encounters', ['outing_id'], unique=False)
    op.create_index(op.f('ix_encounters_shift_id'), 'encounters', ['shift_id'], unique=False)
    op.create_table('idempotency_keys',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('shift_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['shift_id'], ['shifts.id'], name=op.f('fk_idempotency_keys_shift_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_idempotency_keys_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'key', name=op.f('pk_idempotency_keys'))
    )
    op.create_index(op.f('ix_idempotency_keys_shift_id'), 'idempotency_keys', ['shift_id'], unique=False)
    op.create_table('outings',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('author_id', sa.Uuid(), nullable=True),
    sa.Column('shift_id', sa.Uuid(), nullable=True),
    sa.Column('site_id', sa.Text(), nullable=False),
    sa.Column('date', sa.Date(), nullable=False),
    sa.Column('half_day', sa.Text(), nullable=False),
    sa.Column('approached_count', sa.Integer(), nullable=True),
    sa.Column('refused_count', sa.Integer(), nullable=True),
    sa.Column('weather', sa.Text(), nullable=True),
    sa.Column('crowd', sa.Text(), nullable=True),
    sa.Column('ambience', sa.Text(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('voided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("ambience IN ('bonne', 'neutre', 'tendue')", name=op.f('ck_outings_ambience')),
    sa.CheckConstraint("crowd IN ('vide', 'calme', 'moyen', 'dense')", name=op.f('ck_outings_crowd')),
    sa.CheckConstraint("half_day IN ('matin', 'midi', 'apres_midi', 'soir')", name=op.f('ck_outings_half_day')),
    sa.CheckConstraint("weather IN ('soleil', 'nuages', 'pluie', 'vent', 'froid', 'chaleur')", name=op.f('ck_outings_weather')),
    sa.CheckConstraint('approached_count >= 0', name=op.f('ck_outings_approached_count')),
    sa.CheckConstraint('refused_count >= 0', name=op.f('ck_outings_refused_count')),
    sa.ForeignKeyConstraint(['author_id'], ['users.id'], name=op.f('fk_outings_author_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['shift_id'], ['shifts.id'], name=op.f('fk_outings_shift_id')),
    sa.ForeignKeyConstraint(['site_id'], ['sites.id'], name=op.f('fk_outings_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outings'))
    )
    op.create_index(op.f('ix_outings_author_id_date'), 'outings', ['author_id', 'date'], unique=False)
    op.create_index(op.f('ix_outings_date_site_id'), 'outings', ['date', 'site_id'], unique=False)
    op.create_index(op.f('ix_outings_shift_id'), 'outings', ['shift_id'], unique=False)
    op.create_table('trainings',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('contract_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('done_on', sa.Date(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('civic_half', 'civic_training', 'first_aid', 'site_safety')", name=op.f('ck_trainings_kind')),
    sa.ForeignKeyConstraint(['contract_id'], ['engagement_contracts.id'], name=op.f('fk_trainings_contract_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_trainings')),
    sa.UniqueConstraint('contract_id', 'kind', name=op.f('uq_trainings_contract_id_kind'))
    )
    op.create_table('attendances',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('booking_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('hours', sa.Numeric(precision=5, scale=2), nullable=False),
    sa.Column('noted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('noted_by_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint("state IN ('present', 'absent', 'excused')", name=op.f('ck_attendances_state')),
    sa.ForeignKeyConstraint(['booking_id'], ['bookings.id'], name=op.f('fk_attendances_booking_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['noted_by_id'], ['users.id'], name=op.f('fk_attendances_noted_by_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attendances')),
    sa.UniqueConstraint('booking_id', name=op.f('uq_attendances_booking_id'))
    )
    op.create_table('booking_events',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('booking_id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('by_id', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['booking_id'], ['bookings.id'], name=op.f('fk_booking_events_booking_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_booking_events_by_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_booking_events'))
    )
    op.create_index(op.f('ix_booking_events_booking_id'), 'booking_events', ['booking_id'], unique=False)
    op.create_table('encounter_topics',
    sa.Column('encounter_id', sa.Uuid(), nullable=False),
    sa.Column('topic_code', sa.Text(), nullable=False),
    sa.Column('rank', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['encounter_id'], ['encounters.id'], name=op.f('fk_encounter_topics_encounter_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['topic_code'], ['topics.code'], name=op.f('fk_encounter_topics_topic_code')),
    sa.PrimaryKeyConstraint('encounter_id', 'topic_code', name=op.f('pk_encounter_topics'))
    )
    op.create_index(op.f('ix_encounter_topics_topic_code'), 'encounter_topics', ['topic_code'], unique=False)
    op.create_table('encounter_versions',
    sa.Column('encounter_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_encounter_versions_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['encounter_id'], ['encounters.id'], name=op.f('fk_encounter_versions_encounter_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('encounter_id', 'version', name=op.f('pk_encounter_versions'))
    )
    op.create_table('outing_versions',
    sa.Column('outing_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_outing_versions_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['outing_id'], ['outings.id'], name=op.f('fk_outing_versions_outing_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('outing_id', 'version', name=op.f('pk_outing_versions'))
    )
