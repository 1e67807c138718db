"""The monthly statement and the certificate: exact sums, who may read them, and papers that open."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import uuid4

import httpx
import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock, pdf
from civic.bookings import papers
from civic.bookings.models import Attendance
from civic.bookings.statement import Line, Statement, month_bounds, months_of, statement_of
from civic.bookings.values import Times
from civic.contracts.models import EngagementContract, Training
from civic.contracts.queries import current_contract
from civic.db import Database
from civic.volunteers.models import Volunteer
from tests.cast import make_cast, sign_in
from tests.factories.shifts import make_booking, make_shift
from tests.factories.volunteers import make_volunteer

NOW = "2026-11-25 10:00+01:00"


def local(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=clock.PARIS).astimezone(clock.UTC)


async def noted(
    session: AsyncSession,
    volunteer: Volunteer,
    starts_at: datetime,
    state: str | None,
    served: str = "0",
    **fields: object,
) -> None:
    """A seat on a past shift, and what was noted of it."""
    place = fields.pop("booking_state", "confirmed")
    shift = await make_shift(session, starts_at, capacity=3, **fields)  # type: ignore[arg-type]
    booking = await make_booking(session, shift, volunteer, state=str(place))
    if state:
        session.add(Attendance(booking_id=booking.id, state=state, hours=Decimal(served)))
    await session.flush()


def line(starts_at: datetime, hours: float, state: str | None = None, served: str | None = None) -> Line:
    times = Times(starts_at, starts_at + timedelta(hours=hours))
    return Line(uuid4(), times, "Parc", "Lens", "Aller vers", state, served and Decimal(served), False)  # type: ignore[arg-type]


@time_machine.travel(NOW, tick=False)
async def test_a_month_line_by_line(session: AsyncSession) -> None:
    volunteer = await make_volunteer(session)
    await noted(session, volunteer, local(2, 14), "present", "2.5")
    await noted(session, volunteer, local(3, 14), "absent")
    await noted(session, volunteer, local(10, 9), None)
    await noted(session, volunteer, local(12, 9), "present", "3", booking_state="walk_in")
    await noted(session, volunteer, local(27, 9), None)
    # None of these belongs to the month.
    await noted(session, volunteer, local(31, 9, month=10), "present", "3")
    await noted(session, volunteer, local(4, 9), None, booking_state="withdrawn")
    await noted(session, volunteer, local(5, 9), None, booking_state="waitlisted")
    await noted(session, await make_volunteer(session), local(2, 14), "present", "3")
    found = await statement_of(session, volunteer.id, *month_bounds(date(2026, 11, 25)))
    assert [one.state for one in found.lines] == ["present", "absent", None, "present", None]
    assert found.planned == 15
    assert found.served == Decimal("5.5")
    assert (found.to_note, found.to_come) == (1, 1)
    assert sum(week.served for week in found.weeks) == found.served
    assert [week.monday.day for week in found.weeks] == [2, 9, 23]
    assert await months_of(session, volunteer.id) == [date(2026, 11, 1), date(2026, 10, 1)]


@time_machine.travel("2026-12-02 10:00+01:00", tick=False)
@pytest.mark.parametrize(
    ("starts_at", "hours"),
    [
        (local(28, 22, month=3), 7),  # 22 h to 6 h on the short night
        (local(24, 22, month=10), 9),  # 22 h to 6 h on the long one
    ],
)
async def test_the_nights_of_the_clock_change_count_their_real_hours(
    session: AsyncSession, starts_at: datetime, hours: int
) -> None:
    volunteer = await make_volunteer(session)
    await noted(session, volunteer, starts_at, None, hours=hours)
    [found] = (await statement_of(session, volunteer.id, *month_bounds(clock.local(starts_at).date()))).lines
    assert found.planned == hours
    assert clock.local(found.times.ends_at).hour == 6


@time_machine.travel("2027-04-05 10:00+02:00", tick=False)
async def test_a_night_is_shared_at_midnight_between_weeks_and_months(session: AsyncSession) -> None:
    volunteer = await make_volunteer(session)
    sunday = clock.at(date(2027, 2, 28), time(22))
    await noted(session, volunteer, sunday, "present", "4", hours=4)
    await noted(session, volunteer, clock.at(date(2027, 3, 31), time(22)), "present", "4", hours=4)
    february, march, april = [
        await statement_of(session, volunteer.id, *month_bounds(date(2027, month, 15))) for month in (2, 3, 4)
    ]
    assert [one.served for one in (february, march, april)] == [2, 4, 2]
    assert [one.planned for one in (february, march, april)] == [2, 4, 2]
    assert [(week.monday, week.served) for week in march.weeks] == [(date(2027, 3, 1), 2), (date(2027, 3, 29), 2)]
    assert await months_of(session, volunteer.id) == [date(2027, month, 1) for month in (4, 3, 2)]


@time_machine.travel(NOW, tick=False)
async def test_minutes_are_not_rounded_before_they_are_added(session: AsyncSession) -> None:
    volunteer = await make_volunteer(session)
    for day in (2, 3, 4):
        await noted(session, volunteer, local(day, 9), "present", "0.33", hours=1 / 3)
        await noted(session, volunteer, local(day, 14), "present", "1.33", hours=4 / 3)
    found = await statement_of(session, volunteer.id, *month_bounds(date(2026, 11, 25)))
    assert found.planned == found.served == 5
    # What a coordinator wrote stays what they wrote.
    await noted(session, volunteer, local(9, 9), "present", "0.5", hours=1 / 3)
    again = await statement_of(session, volunteer.id, *month_bounds(date(2026, 11, 25)))
    assert again.served == Decimal("5.5")


MOMENTS = st.integers(0, 60 * 24 * 364).map(
    lambda minute: datetime(2026, 1, 1, tzinfo=clock.UTC) + timedelta(minutes=minute)
)
LINES = st.builds(
    line,
    MOMENTS,
    st.sampled_from([0.5, 1, 2.25, 3, 7]),
    st.sampled_from([None, "present"]),
)


@given(st.lists(LINES, max_size=30))
def test_sums_by_week_are_the_sum_of_the_lines(lines: list[Line]) -> None:
    served = [replace(one, hours=one.planned if one.state else None) for one in lines]
    found = Statement(date(2026, 1, 1), date(2026, 12, 31), clock.now(), tuple(served))
    assert sum(week.planned for week in found.weeks) == found.planned
    assert sum(week.served for week in found.weeks) == found.served
    assert found.served == sum(one.planned for one in served if one.state)
    assert found.to_note + found.to_come + found.count("present") == len(served) + sum(
        one.state == "present" and one.times.ends_at > found.cut_off for one in served
    )


@pytest.mark.parametrize(("day", "last"), [(date(2026, 2, 3), 28), (date(2028, 2, 29), 29), (date(2026, 12, 31), 31)])
def test_a_month_has_its_own_end(day: date, last: int) -> None:
    first, end = month_bounds(day)
    assert (first.day, end.day) == (1, last)
    assert first.month == end.month == day.month


async def _people(session: AsyncSession) -> tuple[Volunteer, EngagementContract]:
    volunteer = await make_volunteer(session, name="Inès L’Éxemple")
    contract = await current_contract(session, volunteer.id)
    assert contract is not None
    return volunteer, contract


@time_machine.travel(NOW, tick=False)
async def test_a_certificate_is_provisional_until_nothing_can_be_added(session: AsyncSession) -> None:
    volunteer, contract = await _people(session)
    session.add(Training(contract_id=contract.id, kind="first_aid", done_on=contract.starts_on))
    await noted(session, volunteer, local(2, 14), "present", "2.5")
    await noted(session, volunteer, local(3, 14), None)
    await session.flush()
    await session.refresh(contract, ["trainings"])
    found = await statement_of(session, volunteer.id, contract.starts_on, contract.last_day)
    paper = papers.certificate_paper(volunteer, contract, found, "Dominique")
    assert "provisoire" in paper.title
    assert paper.sections[0].total[1:] == ("1", papers.hours(Decimal("2.5")))
    assert "Premiers secours" in paper.sections[2].items[0]
    late = replace(found, cut_off=local(1, 9, month=11) + timedelta(days=700))
    assert not papers.is_final(contract, late), "a shift waits for its presence"
    whole = replace(late, lines=tuple(one for one in late.lines if one.state))
    assert papers.is_final(contract, whole)
    assert "provisoire" not in papers.certificate_paper(volunteer, contract, whole, None).title


@time_machine.travel(NOW, tick=False)
async def test_the_papers_are_pdf_and_the_same_for_the_same_values(session: AsyncSession) -> None:
    volunteer, contract = await _people(session)
    for day in range(1, 24):
        await noted(session, volunteer, local(day, 14), "present", "3")
    found = await statement_of(session, volunteer.id, *month_bounds(date(2026, 11, 1)))
    first = await pdf.render(papers.statement_paper(volunteer, contract, found))
    assert first.startswith(b"%PDF-1.7")
    assert first == await pdf.render(papers.statement_paper(volunteer, contract, found))
    # Tagged, in French, and declared for readers and for the archive.
    for mark in (b"/StructTreeRoot", b"/Lang", b"pdfuaid:part", b"pdfaid:part"):
        assert mark in first, mark
    empty = replace(found, lines=(), leaves=())
    assert (await pdf.render(papers.statement_paper(volunteer, None, empty))).startswith(b"%PDF")


def words(document: pdf.Document) -> str:
    cells = [cell for part in document.sections for row in (*part.rows, part.total, part.items) for cell in row]
    return " ".join(
        [document.title, document.lead, *document.notes, *cells, *(v for fact in document.facts for v in fact)]
    )


@time_machine.travel(NOW, tick=False)
async def test_papers_speak_of_an_engagement_never_of_employment(session: AsyncSession) -> None:
    volunteer, contract = await _people(session)
    await noted(session, volunteer, local(2, 14), "present", "2.5")
    found = await statement_of(session, volunteer.id, contract.starts_on, contract.last_day)
    said = words(papers.certificate_paper(volunteer, contract, found, None))
    statement = words(papers.statement_paper(volunteer, contract, found))
    assert "lun. 02/11/2026" in statement, "every date has its year"
    assert all(re.search(r"(Arrêté|Établie) le [^.]* 2026 à", text) for text in (said, statement))
    said += statement
    for word in ("employeur", "pointage", "sanction", "embauche"):
        assert word not in said.lower()


PAGES = ("heures", "heures.pdf", "attestation.pdf")
MAY_READ = {
    "volunteer": 200,
    "colleague": 404,
    "coordinator": 200,
    "coordinator_call": 200,
    "coordinator_cahc": 404,
    "manager": 403,
    "admin": 200,
}


@time_machine.travel(NOW, tick=False)
async def test_who_reads_the_hours(
    session: AsyncSession, db: Database, make_client: Callable[[], httpx.AsyncClient]
) -> None:
    cast = await make_cast(session)
    await noted(session, cast.volunteer, local(2, 14), "present", "2.5")
    await noted(session, cast.volunteer, local(3, 14), None)
    await session.commit()
    for who, status in MAY_READ.items():
        browser = await sign_in(make_client, db, cast.users[who])
        for page in PAGES:
            answer = await browser.get(f"/volontaires/{cast.volunteer.id}/{page}")
            assert answer.status_code == status, (who, page)
    assert (await make_client().get(f"/volontaires/{cast.volunteer.id}/heures")).status_code == 303
    browser = await sign_in(make_client, db, cast.volunteer)
    page = (await browser.get(f"/volontaires/{cast.volunteer.id}/heures?mois=2026-11")).text.replace("\u00a0", " ")
    assert "2 h 30" in page
    assert "faites sur 6 h prévues" in page
    assert "1 créneau passé attend encore sa présence" in page
    for odd in ("x", "2026-13", "0000-01", "2026-1", "%00"):
        assert (await browser.get(f"/volontaires/{cast.volunteer.id}/heures?mois={odd}")).status_code == 200
    paper = await browser.get(f"/volontaires/{cast.volunteer.id}/heures.pdf?mois=2026-11")
    assert paper.headers["content-type"] == "application/pdf"
    assert 'filename="civic_releve_2026-11_ines-volontaire.pdf"' in paper.headers["content-disposition"]
    assert (await browser.get("/heures")).headers["location"] == f"/volontaires/{cast.volunteer.id}/heures"


async def test_no_contract_no_certificate(
    session: AsyncSession, db: Database, make_client: Callable[[], httpx.AsyncClient]
) -> None:
    volunteer = await make_volunteer(session, ready=False)
    await session.commit()
    browser = await sign_in(make_client, db, volunteer)
    assert (await browser.get(f"/volontaires/{volunteer.id}/heures.pdf")).status_code == 200
    assert (await browser.get(f"/volontaires/{volunteer.id}/attestation.pdf")).status_code == 404
