"""Imports every domain's tables, so that Alembic and the tests see the whole schema."""

import civic.accounts.models
import civic.audit.models
import civic.bookings.models
import civic.contracts.models
import civic.encounters.models
import civic.imports.models
import civic.missions.models
import civic.notices.models
import civic.outbox.models
import civic.planning.models
import civic.reports.models
import civic.reports.rollup_models
import civic.shifts.models
import civic.sites.models
import civic.volunteers.models

__all__ = ["civic"]
