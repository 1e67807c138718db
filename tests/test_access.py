"""Every route with every role: a route that stands in no table fails, and so does an answer other than the table's."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from civic.bookings.models import CheckInCode
from civic.db import Database
from tests.access import ACCESS, ROLES
from tests.cast import Cast, make_cast, sign_in
from tests.factories.encounters import make_encounter, make_outing
from tests.factories.fills import make_proposal
from tests.factories.imports import make_run
from tests.factories.leave import make_leave
from tests.factories.missions import make_application, make_mission
from tests.factories.notices import make_announcement
from tests.factories.reporting import make_closed, make_quote, make_snapshot
from tests.factories.series import make_series, make_template
from tests.factories.shifts import in_days, make_booking, make_shift
from tests.factories.sites import make_closure, make_closure_rule, make_report, make_site
from tests.factories.wishes import make_stretch, make_wish
from tests.test_pages import walk

MakeClient = Callable[[], httpx.AsyncClient]
NOWHERE = "00000000-0000-4000-8000-000000000000"


def routes_of(app: FastAPI) -> set[str]:
    found = set()
    for route in walk(app.routes):
        for method in getattr(route, "methods", None) or ():
            if method != "HEAD":
                found.add(f"{method} {route.path}")
    return found


def test_every_route_stands_in_the_table_and_no_other(app: FastAPI) -> None:
    routes = routes_of(app)
    assert not routes - ACCESS.keys(), f"give each a line in tests/access.py: {sorted(routes - ACCESS.keys())}"
    assert not ACCESS.keys() - routes, f"no longer there: {sorted(ACCESS.keys() - routes)}"


@pytest.fixture
async def things(session: AsyncSession) -> tuple[Cast, dict[str, str]]:
    """The cast, and one of each thing that an address names: in the CALL, the volunteer's own where it has an owner."""
    cast = await make_cast(session)
    site = await make_site(session)
    mission = await make_mission(session, [site])
    shift = await make_shift(session, in_days(3), mission=mission)
    booking = await make_booking(session, shift, cast.volunteer)
    template = await make_template(session, mission, site)
    session.add(CheckInCode(site_id=site.id, code="ABC234"))
    ids: dict[str, Any] = {
        "site_id": site.id,
        "closure_id": (await make_closure(session, site, in_days(90).date())).id,
        "mission_id": mission.id,
        "application_id": (await make_application(session, mission, cast.volunteer)).id,
        "volunteer_id": cast.volunteer.id,
        "shift_id": shift.id,
        "booking_id": booking.id,
        "report_id": (await make_report(session, site, cast.volunteer)).id,
        "client_uuid": (await make_encounter(session, site, cast.volunteer)).id,
        "user_id": cast.colleague.user_id,
        "code": "ABC234",
        "leave_id": (await make_leave(session, cast.volunteer, in_days(60).date())).id,
        "stretch_id": (await make_stretch(session, cast.volunteer)).id,
        "wish_id": (await make_wish(session, cast.volunteer, cast.colleague)).id,
        "announcement_id": (await make_announcement(session, [cast.volunteer.user], site=site)).id,
        "mail_id": UUID(NOWHERE),
        "token": "unknown",
        "token_id": UUID(NOWHERE),
        "rule_code": "week_max_adult",
        "topic_code": "parks",
        "outing_id": (await make_outing(session, site, cast.volunteer)).id,
        "run_id": (await make_run(session, cast.coordinator_call)).id,
        "series_id": (await make_series(session, mission, site)).id,
        "template_id": template.id,
        "line_id": template.lines[0].id,
        "proposal_id": (await make_proposal(session, cast.coordinator_call)).id,
        "kind_code": "volunteers",
        "form": "csv",
        "rule_id": (await make_closure_rule(session, site)).id,
        "name": "unknown",
        "file_id": UUID(NOWHERE),
        "quote_id": (await make_quote(session, cast.coordinator_call)).id,
        "snapshot_id": (await make_snapshot(session)).id,
        "period_id": (await make_closed(session, reason="Une sortie manquait")).id,
        "asked": "unknown",
    }
    await session.commit()
    return cast, {name: str(value) for name, value in ids.items()}


def verdict(answer: httpx.Response) -> str:
    """o open (whatever the form says), s sign in first, f forbidden, h hidden."""
    if answer.status_code == 401 or answer.headers.get("location", "").startswith("/connexion?"):
        return "s"
    if answer.status_code == 303 and answer.headers["location"] == "/connexion":
        return "s"
    assert answer.status_code < 500, answer.text
    return {403: "f", 404: "h"}.get(answer.status_code, "o")


@pytest.mark.parametrize("role", ROLES)
async def test_every_answer_is_the_tables(
    role: str, things: tuple[Cast, dict[str, str]], db: Database, make_client: MakeClient
) -> None:
    cast, ids = things
    wrong = {}
    for route, expected in ACCESS.items():
        method, path = route.split(" ")
        # A new browser each time: some of these requests sign out.
        client = make_client() if role == "nobody" else await sign_in(make_client, db, cast.users[role])
        answer = await client.request(method, path.format(**ids))
        found = verdict(answer)
        if found != expected[ROLES.index(role)]:
            wrong[route] = f"{found} ({answer.status_code}), the table says {expected[ROLES.index(role)]}"
    assert not wrong, wrong
