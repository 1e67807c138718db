"""Pages of encounters: the lists, one with its history, its correction and its cancellation."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.db import Session
from civic.encounters import asking, choices, codes, corrections, forms, history, places, queries, review
from civic.encounters.access import Reader, VisibleEncounter, may_validate, reads_comment, reads_held, refused
from civic.encounters.choices import labels
from civic.encounters.clashes import settle
from civic.encounters.models import Encounter
from civic.encounters.rules import in_time
from civic.encounters.tables import ENCOUNTERS
from civic.errors import Invalid, Refusal
from civic.forms import Form
from civic.i18n import _
from civic.sites.models import PILLARS, Intermunicipality
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
PAGE = 50
REASON_MAX = 300


@router.get("/rencontres")
async def index(request: Request, user: Reader, session: Session) -> Response:
    return await (_own(request, user, session) if user.role == "volunteer" else _all(request, user, session))


async def _own(request: Request, user: User, session: AsyncSession) -> Response:
    """A volunteer's, by day, and the outings of the week that wait for their account."""
    number = max(1, forms.number(request.query_params.get("page", ""), 1))
    rows, total, _people = await queries.page(session, queries.visible_to(user), number=number, size=PAGE)
    now = clock.now()
    shifts = [one for one in await places.recent_shifts(session, user) if one.starts_at <= now]
    context = {
        "days": [(day, list(group)) for day, group in groupby(rows, key=lambda row: row.date)],
        "total": total,
        "shifts": shifts,
        "summed_up": await places.shifts_with_outing(session, shifts),
        "unplanned": await places.unplanned_outings(session, user),
        "open_days": {row.date for row in rows if in_time(row.date, clock.today())},
        **_paging(number, total),
        **await _words(session),
    }
    return render(request, "encounters/index.html", context)


async def _all(request: Request, user: User, session: AsyncSession) -> Response:
    """For coordinators and managers; every filter lives in the address. Days that are none show no figure at all."""
    asked, filters = asking.read(request)
    number = max(1, forms.number(asked.get("page"), 1))
    rows: Sequence[Encounter] = []
    total = people = 0
    if asked.ok:
        chosen = queries.narrowed(queries.visible_to(user), filters)
        rows, total, people = await queries.page(session, chosen, number=number, size=PAGE, age=filters.age)
    topics = await queries.topics_on(session)
    areas = await session.scalars(select(Intermunicipality).order_by(Intermunicipality.code))
    context = {
        "form": asked,
        "to_review": await review.count(session, user),
        "rows": rows,
        "total": total,
        "people": people,
        "more": await asking.more(session, filters),
        "sites": await places.site_choices(
            session, user.scope_codes if user.role == "coordinator" else frozenset(), also=filters.site
        ),
        "areas": [
            (area.code, area.short_name) for area in areas if user.role != "coordinator" or user.covers(area.code)
        ],
        "topic_groups": [(name, options) for _code, name, options in choices.by_pillar(topics, None)],
        "pillars": PILLARS,
        "feelings": labels(codes.FEELINGS),
        "statuses": [(queries.COUNTED, _("Toutes sauf annulées")), *labels(codes.STATUSES)],
        "params": {name: value for name, value in asked.values.items() if name != "page"},
        **_paging(number, total),
        **await _words(session),
    }
    return render(request, "encounters/list.html", context, status=200 if asked.ok else 422)


def _paging(number: int, total: int) -> dict[str, int]:
    return {"page": number, "pages": max(1, -(-total // PAGE))}


async def _words(session: AsyncSession) -> dict[str, Any]:
    return {
        "topic_names": {topic.code: _(topic.label) for topic in await queries.topics_on(session)},
        "half_days": dict(labels(codes.HALF_DAYS)),
        "feeling_names": dict(labels(codes.FEELINGS)),
    }


@router.get("/rencontres/{client_uuid}")
async def show(request: Request, encounter: VisibleEncounter, user: Reader, session: Session) -> Response:
    reads = reads_comment(user, encounter)
    details = [
        (_(choices.QUESTIONS[name]), _(options[value]))
        for name, options in codes.DETAILS.items()
        if (value := getattr(encounter, name))
    ]
    context = {
        "encounter": encounter,
        "comment": encounter.comment if reads else None,
        "ages": [(label, count) for name, label in labels(codes.AGES) if (count := getattr(encounter, name))],
        "details": details,
        "steps": await history.of_encounter(
            session, encounter.id, with_comment=reads, with_held=reads_held(user, encounter)
        ),
        "reviews": may_validate(user, encounter),
        "changeable": refused(user, voided=encounter.status == "voided", day=encounter.date) is None,
        **await _words(session),
    }
    return render(request, "encounters/show.html", context)


@router.get("/rencontres/{client_uuid}/modifier")
async def edit(request: Request, encounter: VisibleEncounter, user: Reader, session: Session) -> Response:
    _check(user, encounter)
    form = forms.shown_content(ENCOUNTERS.content_of(encounter))
    form.lists["seen"] = [str(encounter.version)]
    return await _edit_form(request, session, user, encounter, form)


@router.post("/rencontres/{client_uuid}/modifier")
async def update(request: Request, encounter: VisibleEncounter, user: Reader, session: Session) -> Response:
    form = await Form.read(request)
    reason = form.text("reason", required=user.role != "volunteer", maximum=REASON_MAX)
    # Who does not read the comment does not change it.
    values = forms.encounter_record(form, with_comment=reads_comment(user, encounter))
    values = {"comment": encounter.comment, "outing_uuid": _text(encounter.outing_id), **values}
    values["shift_id"] = await places.shift_kept(session, user, encounter, values)
    forms.ask_if_many(form, values, known=encounter.people_count)
    seen = forms.number(form.get("seen"), 0)
    if not form.ok:
        forms.fail_all(form, ENCOUNTERS.read({**values, "client_uuid": str(encounter.id), "version": 1}).errors)
        return await _edit_form(request, session, user, encounter, form, status=422)
    try:
        await corrections.correct(session, by=user, row_id=encounter.id, values=values, seen=seen, reason=reason)
    except Invalid as invalid:
        forms.fail_all(form, invalid.errors)
        return await _edit_form(request, session, user, encounter, form, status=422)
    except Refusal as refusal:
        if refusal.code != "changed_meanwhile":
            raise
        reads, held = reads_comment(user, encounter), reads_held(user, encounter)
        by, clashes = await settle(session, form, encounter, values, with_comment=reads, with_held=held)
        return await _edit_form(request, session, user, encounter, form, status=409, stale_by=by, clashes=clashes)
    return redirect(f"/rencontres/{encounter.id}", flash=_("Rencontre corrigée."))


@router.get("/rencontres/{client_uuid}/annulation")
async def ask_void(request: Request, encounter: VisibleEncounter, user: Reader, session: Session) -> Response:
    if encounter.status != "voided":
        _check(user, encounter)
    context = {"encounter": encounter, "form": Form(), **await _words(session)}
    return render(request, "encounters/void.html", context)


@router.post("/rencontres/{client_uuid}/annulation")
async def void(request: Request, encounter: VisibleEncounter, user: Reader, session: Session) -> Response:
    form = await Form.read(request)
    reason = form.text("reason", required=user.role != "volunteer", maximum=REASON_MAX)
    if not form.ok:
        context = {"encounter": encounter, "form": form, **await _words(session)}
        return render(request, "encounters/void.html", context, status=422)
    await corrections.void(session, by=user, row_id=encounter.id, reason=reason)
    return redirect("/rencontres", flash=_("Rencontre annulée. Elle ne compte plus dans les bilans."))


def _check(user: User, encounter: Encounter) -> None:
    error = refused(user, voided=encounter.status == "voided", day=encounter.date)
    if error:
        raise error


def _text(value: object) -> str | None:
    return str(value) if value else None


async def _edit_form(
    request: Request,
    session: AsyncSession,
    user: User,
    encounter: Encounter,
    form: Form,
    *,
    status: int = 200,
    **more: Any,
) -> Response:
    forms.in_order(form)
    lists = await choices.of_encounter(session, user, encounter.date, encounter.site_id)
    scope = user.scope_codes if user.role == "coordinator" else frozenset()
    context = {
        **lists,
        # The site of an old encounter may have closed since.
        "sites": await places.site_choices(session, scope, also=encounter.site_id),
        "encounter": encounter,
        "form": form,
        "half_days": labels(codes.HALF_DAYS),
        "today": clock.today(),
        "with_comment": reads_comment(user, encounter),
        "with_reason": user.role != "volunteer",
        **more,
    }
    return render(request, "encounters/edit.html", context, status=status)
