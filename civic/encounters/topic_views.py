"""Administration of topics: the list, one of them, and the page that shows a merge before it is done."""

from datetime import date
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.current import AdminUser
from civic.db import Session
from civic.encounters import queries, topics
from civic.encounters.choices import PILLAR_NAMES
from civic.encounters.lookups import closed_spans
from civic.encounters.models import Topic
from civic.encounters.topic_rules import LABEL_MAX, earliest_merge, wrong_merge, wrong_state
from civic.errors import Invalid, Refusal
from civic.formats import day_long
from civic.forms import Form
from civic.i18n import _, ngettext
from civic.outbox.dead import count_dead
from civic.sites.models import PILLARS
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
PAGE = "/administration/themes"
# A pillar is chosen once: another one is another topic.
ACROSS = "transversal"


async def find_topic(topic_code: str, user: AdminUser, session: Session) -> Topic:
    return await topics.find(session, topic_code)


Chosen = Annotated[Topic, Depends(find_topic)]


@router.get(PAGE)
async def list_topics(request: Request, user: AdminUser, session: Session) -> Response:
    """Every topic by pillar, those that ended too."""
    found = await queries.topics_on(session)
    order = {pillar: place for place, pillar in enumerate((*PILLARS, None))}
    by_pillar = groupby(sorted(found, key=lambda one: order[one.pillar]), key=lambda one: one.pillar)
    context = {
        "groups": [(pillar, _pillar_names()[pillar or ACROSS], list(group)) for pillar, group in by_pillar],
        "labels": {one.code: _(one.label) for one in found},
        "today": clock.today(),
        "dead": await count_dead(session),
    }
    return render(request, "encounters/topics.html", context)


@router.get(PAGE + "/nouveau")
async def new(request: Request, user: AdminUser) -> Response:
    return _new_page(request, Form.filled(valid_from=clock.today()))


@router.post(PAGE + "/nouveau")
async def add(request: Request, user: AdminUser, session: Session) -> Response:
    form = await Form.read(request)
    label = _label(form)
    pillar = form.choice("pillar", (*PILLARS, ACROSS))
    day = form.date("valid_from")
    if form.ok and day:
        try:
            made = await topics.add(
                session,
                by=user,
                label=label,
                pillar=None if pillar == ACROSS else pillar,
                sensitive=bool(form.get("sensitive")),
                valid_from=day,
            )
        except Invalid as invalid:
            _fail(form, invalid)
        else:
            words = _("Thème ajouté : il se choisit à partir du %(day)s.") % {"day": day_long(day)}
            return redirect(f"{PAGE}/{made.code}", words)
    return _new_page(request, form, status=422)


def _new_page(request: Request, form: Form, *, status: int = 200) -> Response:
    context = {"form": form, "pillars": list(_pillar_names().items()), "today": clock.today(), "longest": LABEL_MAX}
    return render(request, "encounters/topic_new.html", context, status=status)


def _pillar_names() -> dict[str, str]:
    return {**{code: _(PILLAR_NAMES[code]) for code in PILLARS}, ACROSS: _("Aucun pilier (sujet transversal)")}


def _label(form: Form) -> str:
    return " ".join(form.text("label", maximum=LABEL_MAX).split())


def _fail(form: Form, invalid: Invalid) -> None:
    for name, message in invalid.errors.items():
        form.fail(name, message)


@router.get(PAGE + "/{topic_code}")
async def show(request: Request, topic: Chosen, session: Session) -> Response:
    return await _page(request, session, topic)


@router.post(PAGE + "/{topic_code}")
async def rename(request: Request, user: AdminUser, topic: Chosen, session: Session) -> Response:
    form = await Form.read(request)
    label = _label(form)
    if form.ok:
        try:
            sensitive = bool(form.get("sensitive"))
            await topics.rename(session, by=user, code=topic.code, label=label, sensitive=sensitive)
        except Invalid as invalid:
            _fail(form, invalid)
        else:
            return redirect(f"{PAGE}/{topic.code}", _("Thème enregistré."))
    return await _page(request, session, topic, form=form, status=422)


@router.post(PAGE + "/{topic_code}/retrait")
async def retire(request: Request, user: AdminUser, topic: Chosen, session: Session) -> Response:
    form = await Form.read(request)
    day = form.date("last_day")
    if form.ok and day:
        try:
            await topics.retire(session, by=user, code=topic.code, last_day=day)
        except Invalid as invalid:
            _fail(form, invalid)
        else:
            words = _("Thème retiré : il ne se choisit plus après le %(day)s.") % {"day": day_long(day)}
            return redirect(f"{PAGE}/{topic.code}", words)
    return await _page(request, session, topic, ending=form, status=422)


@router.post(PAGE + "/{topic_code}/maintien")
async def keep(user: AdminUser, topic: Chosen, session: Session) -> Response:
    await topics.keep(session, by=user, code=topic.code)
    return redirect(f"{PAGE}/{topic.code}", _("Thème gardé : il n’a plus de fin."))


async def _page(
    request: Request,
    session: AsyncSession,
    topic: Topic,
    *,
    form: Form | None = None,
    ending: Form | None = None,
    status: int = 200,
) -> Response:
    target = await topics.find(session, topic.merged_into) if topic.merged_into else None
    used = await topics.last_named(session, topic.code)
    context = {
        "topic": topic,
        "pillar": _pillar_names()[topic.pillar or ACROSS],
        "target": target,
        "used": used,
        "form": form or Form.filled(label=topic.label, sensitive="1" if topic.sensitive else None),
        "ending": ending or Form.filled(last_day=max(filter(None, (clock.today(), used)))),
        "today": clock.today(),
        "longest": LABEL_MAX,
    }
    return render(request, "encounters/topic.html", context, status=status)


@router.get(PAGE + "/{topic_code}/fusion")
async def ask_merge(request: Request, topic: Chosen, session: Session) -> Response:
    """Without a choice in the address, the form; with one, how many encounters would count elsewhere."""
    _check_state(topic)
    form = Form({name: [value] for name, value in request.query_params.items()})
    if "into" not in form.lists:
        form = Form.filled(first_day=clock.today())
        return await _merge_page(request, session, topic, form)
    into, day = await _asked(session, topic, form)
    if not form.ok or not into or not day:
        return await _merge_page(request, session, topic, form, status=422)
    return await _merge_page(request, session, topic, form, target=into, day=day)


@router.post(PAGE + "/{topic_code}/fusion")
async def merge(request: Request, user: AdminUser, topic: Chosen, session: Session) -> Response:
    form = await Form.read(request)
    day, into = form.date("first_day"), form.get("into")
    if form.ok and day:
        try:
            moved = await topics.merge(session, by=user, code=topic.code, into=into, first_day=day)
        except Invalid as invalid:
            _fail(form, invalid)
        else:
            return redirect(f"{PAGE}/{topic.code}", _merged(day, moved))
    return await _merge_page(request, session, topic, form, status=422)


def _merged(day: date, moved: int) -> str:
    if day > clock.today():
        return _("Fusion prévue le %(day)s : elle peut s’annuler jusque-là.") % {"day": day_long(day)}
    words = ngettext(
        "Thèmes fusionnés : %(num)s rencontre compte dans l’autre.",
        "Thèmes fusionnés : %(num)s rencontres comptent dans l’autre.",
        moved,
    )
    return words % {"num": moved}


def _check_state(topic: Topic) -> None:
    ended = wrong_state(topic)
    if ended:
        raise Refusal("topic_ended", ended)


async def _asked(session: AsyncSession, topic: Topic, form: Form) -> tuple[Topic | None, date | None]:
    """What is to be merged with what, once it may be; else the form says why not."""
    known = {one.code: one for one in await queries.topics_on(session)}
    into, day = known.get(form.get("into")), form.date("first_day")
    if into is None:
        form.fail("into", _("Choisissez un thème."))
    if into and day:
        _fail(form, Invalid(wrong_merge(topic, into, day, clock.today(), await closed_spans(session))))
    return into, day


async def _merge_page(
    request: Request,
    session: AsyncSession,
    topic: Topic,
    form: Form,
    *,
    target: Topic | None = None,
    day: date | None = None,
    status: int = 200,
) -> Response:
    others = [one for one in await queries.topics_on(session) if one.code != topic.code and one.valid_to is None]
    context = {
        "topic": topic,
        "form": form,
        "others": [(one.code, _(one.label)) for one in others],
        "earliest": earliest_merge(clock.today()),
        "target": target,
        "day": day,
        "reach": await topics.reach(session, topic.code, target.code, day) if target and day else None,
    }
    return render(request, "encounters/topic_merge.html", context, status=status)
