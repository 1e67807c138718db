"""The rules and their dated numbers: in words, as a page, and as the one verb that changes them."""

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import httpx
import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.audit.models import AuditEvent
from civic.contracts import limit_actions
from civic.contracts.limits import DEFAULT, PARAMETERS, Setting, limits_on
from civic.contracts.models import RuleSetting
from civic.contracts.rulebook import GROUPS, WORDS, parameters_of, sections, sentence, shown
from civic.contracts.sources import certainty_of, rules, source_of
from civic.db import Database
from civic.errors import Invalid
from civic.paths import DATA
from tests.cast import Cast, make_cast, sign_in
from tests.factories.shifts import in_days, make_shift

NOW = "2026-11-25 10:00+01:00"
TODAY = date(2026, 11, 25)
PAGE = "/administration/regles"
MakeClient = Callable[[], httpx.AsyncClient]
DATA_RULES = json.loads((DATA / "rules.json").read_text(encoding="utf-8"))["rules"]


# In words


@pytest.mark.parametrize("rule", DATA_RULES, ids=lambda rule: rule["id"])
def test_each_rule_of_the_data_file_has_its_words_under_its_kind(rule: dict[str, str]) -> None:
    code = rule["id"].lower()
    assert code in WORDS
    words = WORDS[code]
    assert words.title
    assert sentence(code, DEFAULT)
    key = next(key for key, _title, listed in GROUPS if code in listed)
    kinds = {
        "refus": "booking",
        "avertissements": "booking",
        "contrat": "contract",
        "declarations": "declaration",
        "reperes": "info",
    }
    assert kinds[key] == rule["kind"]
    assert (key == "refus") == (rule["kind"] == "booking" and rule["severity"] == "block")
    assert certainty_of(code)


def test_there_are_44_rules_and_every_parameter_belongs_to_one_on_the_page() -> None:
    assert len(DATA_RULES) == len(rules()) == 44
    assert {meta["rule"] for meta in PARAMETERS.values()} <= WORDS.keys()
    assert sum(len(parameters_of(code)) for code in WORDS) == len(PARAMETERS)


@pytest.mark.parametrize("rule", DATA_RULES, ids=lambda rule: rule["id"])
def test_an_article_is_named_only_where_it_was_verified(rule: dict[str, str]) -> None:
    source = source_of(rule["id"].lower())
    if rule["certainty"].startswith("policy"):
        assert source == "règle locale"
    elif not rule["certainty"].startswith("verified"):
        assert source == "source à confirmer"
    else:
        assert source not in ("règle locale", "source à confirmer")
        assert not re.search(r"\b(memory|mirror|and|by|as amended|minor|sheet|cited)\b", source)


def test_a_sentence_tells_the_number_of_the_day_and_what_is_switched_off() -> None:
    changed = limits_on([Setting("week_max_minor", 32.5, TODAY), Setting("window_days", 14, TODAY)], TODAY)
    assert sentence("week_max_minor", changed).startswith("32\u00a0h\u00a030 ")
    assert "14\u00a0jours" in sentence("booking_window", changed).replace("14 jours", "14\u00a0jours")
    assert "aussitôt" in sentence("booking_window", DEFAULT)
    assert [shown("week_days_minor", 1), shown("age_min", 16), shown("self_cap", None)] == [
        "1 jour",
        "16 ans",
        "désactivé",
    ]


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_number_is_shown_with_its_unit_and_stands_within_its_bounds(name: str) -> None:
    meta, value = PARAMETERS[name], getattr(DEFAULT, name)
    assert value is not None or meta["optional"]
    assert re.search(r"[^\W\d]|%", shown(name, meta["lowest"]))
    assert value is None or meta["lowest"] <= value <= meta["highest"]


def test_what_stands_on_a_day_is_the_last_value_of_each_by_then() -> None:
    settings = [
        Setting("week_max_minor", 30, date(2027, 1, 1)),
        Setting("week_max_minor", 33, date(2026, 12, 1)),
        Setting("unknown", 1, date(2026, 1, 1)),
    ]
    found = [limits_on(settings, day).week_max_minor for day in (TODAY, date(2026, 12, 31), date(2027, 1, 1))]
    assert found == [35, 33, 30]


# The verb


@pytest.fixture
async def cast(session: AsyncSession) -> Cast:
    made = await make_cast(session)
    await session.commit()
    return made


@time_machine.travel(NOW, tick=False)
async def test_a_value_is_a_new_row_and_the_past_stays(session: AsyncSession, cast: Cast) -> None:
    later = TODAY + timedelta(days=7)
    await limit_actions.set_values(session, by=cast.admin, values={"week_max_minor": 32}, valid_from=TODAY)
    await limit_actions.set_values(session, by=cast.admin, values={"week_max_minor": 30.5}, valid_from=later)
    rows = list(await session.scalars(select(RuleSetting).order_by(RuleSetting.valid_from)))
    assert [(row.value, row.valid_from, row.created_by_id) for row in rows] == [
        (Decimal("32"), TODAY, cast.admin.id),
        (Decimal("30.5"), later, cast.admin.id),
    ]
    events = list(await session.scalars(select(AuditEvent).where(AuditEvent.verb == "rule.changed")))
    assert [(one.detail["value"], one.detail["before"]) for one in events] == [(32, 35), (30.5, 32)]


@time_machine.travel(NOW, tick=False)
async def test_the_same_day_again_replaces_the_value_and_keeps_both_in_the_log(
    session: AsyncSession, cast: Cast
) -> None:
    for value in (32, 31):
        await limit_actions.set_values(session, by=cast.admin, values={"week_max_minor": value}, valid_from=TODAY)
    assert [float(row.value or 0) for row in await session.scalars(select(RuleSetting))] == [31]
    events = list(await session.scalars(select(AuditEvent.detail).where(AuditEvent.verb == "rule.changed")))
    assert sorted((one["before"], one["value"]) for one in events) == [(32, 31), (35, 32)]


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize(
    ("values", "day", "field"),
    [
        ({"week_max_minor": 30}, TODAY - timedelta(days=1), "valid_from"),
        ({"week_max_minor": 35}, TODAY, ""),
        ({"stand_row_minor": 7}, TODAY, "stand_row_minor"),
        ({"months_min": 12, "months_max": 11}, TODAY, "months_min"),
        ({"age_max": 31}, TODAY, "age_max"),
    ],
)
async def test_nothing_is_written_for_a_past_day_no_change_or_a_contradiction(
    values: dict[str, float], day: date, field: str, session: AsyncSession, cast: Cast
) -> None:
    with pytest.raises(Invalid) as refused:
        await limit_actions.set_values(session, by=cast.admin, values=values, valid_from=day)
    assert list(refused.value.errors) == [field]
    assert not list(await session.scalars(select(RuleSetting)))


# The page


@pytest.fixture
async def admin(cast: Cast, make_client: MakeClient, db: Database) -> httpx.AsyncClient:
    return await sign_in(make_client, db, cast.admin)


def plain(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").replace("\u202f", " ").split())


async def test_the_staff_reads_and_volunteers_do_not(cast: Cast, make_client: MakeClient, db: Database) -> None:
    for user, status in (
        (cast.volunteer, 403),
        (cast.coordinator, 200),
        (cast.manager, 200),
        (cast.admin, 200),
    ):
        client = await sign_in(make_client, db, user)
        for path in (PAGE, f"{PAGE}/week_max_minor"):
            answer = await client.get(path)
            assert answer.status_code == status
            changing = f'action="{PAGE}/week_max_minor"' in answer.text
            assert changing == (user is cast.admin and path != PAGE)
        written = await client.post(f"{PAGE}/week_max_minor", data={"week_max_minor": "20", "valid_from": "2099-01-01"})
        assert written.status_code == (303 if user is cast.admin else 403)
    assert (await client.get(f"{PAGE}/no_such_rule")).status_code == 404
    assert (await make_client().get(PAGE)).status_code == 303


async def test_the_page_holds_every_rule_with_source_and_certainty(
    admin: httpx.AsyncClient,
    count_queries,  # type: ignore[no-untyped-def]
) -> None:
    with count_queries() as queries:
        page = await admin.get(PAGE)
    assert len(queries) <= 4
    text = plain(page.text)
    for section in sections([], clock.today()):
        for rule in section.rules:
            assert plain(rule.title) in text.replace("&#39;", "'")
            assert f'id="r-{rule.code}"' in page.text
    assert text.count('class="rule-origin"') == len(WORDS)
    for word in ("vérifié dans le texte", "source à confirmer", "règle locale", "valeur de départ"):
        assert word in text


@time_machine.travel(NOW, tick=False)
async def test_an_admin_changes_a_number_from_a_day_on(admin: httpx.AsyncClient, db: Database) -> None:
    answer = await admin.post(
        f"{PAGE}/break_minor",
        data={
            "break_minor_minutes": "45",
            "break_minor_after": "4,25",
            "valid_from": "01/12/2026",
        },
    )
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}/break_minor")
    page = plain((await admin.get(f"{PAGE}/break_minor")).text)
    assert "45 min à partir du mardi 1er décembre 2026" in page
    assert "4 h 15 à partir du mardi 1er décembre 2026" in page
    assert "Ali Administration" in page
    # Today the old ones stand.
    assert "Une pause de 30 min au moins dès que 4 h 30 se suivent." in page
    with time_machine.travel("2026-12-01 00:00+01:00", tick=False):
        page = plain((await admin.get(f"{PAGE}/break_minor")).text)
        assert "Une pause de 45 min au moins dès que 4 h 15 se suivent." in page
        assert "depuis le 1er déc. 2026" in page
    log = plain((await admin.get("/administration/journal")).text)
    assert "Valeur d’une règle changée" in log
    assert "45 min au lieu de 30 min" in log


@time_machine.travel(NOW, tick=False)
async def test_an_optional_number_is_switched_on_and_off(admin: httpx.AsyncClient, db: Database) -> None:
    url = f"{PAGE}/booking_window"
    on = {"window_days": "14", "window_hour": "18", "valid_from": "2026-11-25"}
    assert (await admin.post(url, data=on)).status_code == 303
    assert "Les créneaux s’ouvrent 14 jours avant, à 18 h." in plain((await admin.get(url)).text)
    assert (await admin.post(url, data=on | {"window_days": "", "valid_from": "2026-11-26"})).status_code == 303
    async with db.reading() as session:
        rows = [
            (row.value, row.valid_from) for row in await session.scalars(select(RuleSetting).order_by("valid_from"))
        ]
    assert rows == [(Decimal(14), TODAY), (None, TODAY + timedelta(days=1))]
    assert "désactivé" in plain((await admin.get(url)).text)


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"week_max_minor": "-3", "valid_from": "2026-11-25"}, "week_max_minor"),
        ({"week_max_minor": "1000", "valid_from": "2026-11-25"}, "week_max_minor"),
        ({"week_max_minor": "nan", "valid_from": "2026-11-25"}, "week_max_minor"),
        ({"week_max_minor": "", "valid_from": "2026-11-25"}, "week_max_minor"),
        ({"week_max_minor": "30", "valid_from": "2026-11-24"}, "valid_from"),
        ({"week_max_minor": "30", "valid_from": "2026-02-30"}, "valid_from"),
        ({"week_max_minor": "30"}, "valid_from"),
    ],
)
async def test_a_wrong_form_says_it_at_the_field_and_keeps_what_was_typed(
    sent: dict[str, str], field: str, admin: httpx.AsyncClient, db: Database
) -> None:
    answer = await admin.post(f"{PAGE}/week_max_minor", data=sent)
    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text
    assert f'value="{sent["week_max_minor"]}"' in answer.text
    async with db.reading() as session:
        assert not list(await session.scalars(select(RuleSetting)))


@time_machine.travel(NOW, tick=False)
async def test_a_limit_holds_for_the_shifts_of_its_days(
    session: AsyncSession, cast: Cast, make_client: MakeClient, db: Database
) -> None:
    """A minor's day has seven hours until one says otherwise from a day on: shifts of the days before stay free."""
    before, after = [await make_shift(session, in_days(days, 14), hours=4) for days in (6, 7)]
    from_day = TODAY + timedelta(days=7)
    await limit_actions.set_values(session, by=cast.admin, values={"day_max_minor": 3}, valid_from=from_day)
    await session.commit()
    client = await sign_in(make_client, db, cast.minor)
    found = {}
    for one in (await client.get("/api/v1/shifts")).json()["items"]:
        found[one["id"]] = [(refusal["code"], plain(refusal["title"])) for refusal in one["refusals"]]
    assert found[str(before.id)] == []
    assert found[str(after.id)] == [("day_max_minor", "4 h dans la journée, la limite est 3 h par jour.")]
    refused = await client.post(f"/api/v1/shifts/{after.id}/booking")
    assert (refused.status_code, refused.json()["code"]) == (409, "day_max_minor")
    assert (await client.post(f"/api/v1/shifts/{before.id}/booking")).status_code == 201


async def test_a_rule_without_numbers_takes_none(admin: httpx.AsyncClient) -> None:
    assert (await admin.get(f"{PAGE}/medical")).status_code == 200
    assert (await admin.post(f"{PAGE}/medical", data={"valid_from": "2099-01-01"})).status_code == 422
