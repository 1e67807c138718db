"""The pages: the form without scripts, the lists, the correction, and who may open what."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.db import Database
from civic.encounters.detector import hints
from civic.encounters.models import Encounter, EncounterVersion, Outing
from tests.encounters.scene import Browser, Scene, answers
from tests.factories.encounters import make_encounter


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


async def rows(db: Database, table: type[Any] = Encounter) -> list[Any]:
    async with db.reading() as session:
        return list(await session.scalars(select(table)))


async def test_the_form_opens_at_the_shift_in_hand(as_: Browser, scene: Scene) -> None:
    page = (await (await as_("volunteer")).get("/rencontres/nouvelle")).text
    assert "Base 11/19, après-midi, avec Malik" in page
    assert f'value="{clock.today()}"' in page
    assert UUID(hidden(page, "client_uuid"))
    assert "checked" not in page.split("Combien de personnes")[1]
    first, second = page.index("De l’Archipel noir"), page.index("Troisième Révolution")
    assert first < second < page.index("Sujets transversaux")
    for number in ("112", "15", "17", "18", "119", "114"):
        assert f'href="tel:{number}"' in page


async def test_without_a_shift_it_opens_at_the_last_place(as_: Browser, scene: Scene, session: AsyncSession) -> None:
    phone = await as_("minor")
    assert "Choisissez un lieu" in (await phone.get("/rencontres/nouvelle")).text
    await make_encounter(session, scene.elsewhere, scene.cast.minor, clock.today() - timedelta(days=3))
    await session.commit()
    page = (await phone.get("/rencontres/nouvelle")).text
    assert f"{scene.elsewhere.name}, après-midi" in page
    assert page.index("Troisième Révolution") < page.index("De l’Archipel noir")
    asked = (await phone.get(f"/rencontres/nouvelle?site={scene.site.id}&half_day=soir")).text
    assert "Base 11/19, soir" in asked


async def test_an_encounter_is_saved_once_however_often_it_is_posted(as_: Browser, scene: Scene, db: Database) -> None:
    phone = await as_("volunteer")
    uuid = hidden((await phone.get("/rencontres/nouvelle")).text, "client_uuid")
    posted = answers(scene, client_uuid=uuid, spot="terril", comment="Un banc\r\nà l’ombre")
    for _ in range(2):
        answer = await phone.post("/rencontres/nouvelle", data=posted)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/rencontres/{uuid}/enregistree")
    [row] = await rows(db)
    assert (row.people_count, row.spot, row.comment, row.shift_id) == (
        2,
        "terril",
        "Un banc\nà l’ombre",
        scene.shift.id,
    )
    page = (await phone.get(f"/rencontres/{uuid}/enregistree")).text
    assert "Rencontre enregistrée" in page
    assert f"site={scene.site.id}&amp;date={clock.today()}&amp;half_day=apres_midi" in page
    changed = await phone.post("/rencontres/nouvelle", data={**posted, "feeling": "negatif"})
    assert changed.status_code == 422
    assert f"/rencontres/{uuid}/modifier" in changed.text


async def test_nothing_typed_is_lost(as_: Browser, scene: Scene, db: Database) -> None:
    phone = await as_("volunteer")
    wrong = answers(
        scene,
        age_25_59="deux",
        topics=["parks", "water", "culture", "energy"],
        feeling="",
        comment="x" * 281,
        referral="acces_soins",
        date="31/02/2026",
    )
    answer = await phone.post("/rencontres/nouvelle", data=wrong)
    assert answer.status_code == 422
    page = answer.text
    for name in ("age_25_59", "topics", "feeling", "comment", "date"):
        assert f'href="#f-{name}"' in page, name
        assert f'id="f-{name}-error"' in page, name
    for kept in ('value="deux"', "x" * 281, 'value="31/02/2026"', 'value="acces_soins" selected', wrong["client_uuid"]):
        assert kept in page
    assert page.count("checked") == 4 + 1
    assert "5 champs sont à corriger" in page
    assert await rows(db) == []


WRONG: list[dict[str, Any]] = [
    {"age_25_59": "0"},
    {"age_25_59": "201"},
    {"age_25_59": "-1"},
    {"age_25_59": "9" * 5000},
    {"topics": []},
    {"topics": ["a\x00b"]},
    {"site_id": "a\x00b"},
    {"site_id": ""},
    {"half_day": "nuit"},
    {"date": "2026-11-24"},
    {"date": "2026-11-15"},
    {"spot": "lune"},
    {"comment": "a\x00b"},
    {"client_uuid": "x", "topics": ["?"]},
    {"feeling": "x"},
]


async def test_wrong_answers_are_said_at_their_field(as_: Browser, scene: Scene, db: Database) -> None:
    phone = await as_("volunteer")
    for changes in WRONG:
        answer = await phone.post("/rencontres/nouvelle", data=answers(scene, **changes))
        assert answer.status_code == 422, changes
        assert 'role="alert"' in answer.text
    assert (await phone.post("/rencontres/nouvelle", data={})).status_code == 422
    assert await rows(db) == []


async def test_a_place_off_shift_has_no_shift(as_: Browser, scene: Scene, db: Database) -> None:
    phone = await as_("volunteer")
    await phone.post("/rencontres/nouvelle", data=answers(scene, site_id=scene.elsewhere.id))
    [row] = await rows(db)
    assert (row.site_id, row.shift_id) == (scene.elsewhere.id, None)


async def test_who_opens_what(as_: Browser, scene: Scene, session: AsyncSession) -> None:
    row = await make_encounter(session, scene.site, scene.cast.volunteer, shift=scene.shift)
    await session.commit()
    expected = {
        "/rencontres": {"": 303, "admin": 403, "*": 200},
        "/rencontres/nouvelle": {"": 303, "volunteer": 200, "colleague": 200, "minor": 200, "*": 403},
        "/sorties/nouvelle": {"": 303, "volunteer": 200, "colleague": 200, "minor": 200, "*": 403},
        f"/rencontres/{row.id}": {"": 303, "minor": 404, "coordinator_cahc": 403, "admin": 403, "*": 200},
        f"/rencontres/{row.id}/modifier": {"": 303, "minor": 404, "coordinator_cahc": 403, "admin": 403, "*": 200},
        f"/rencontres/{row.id}/annulation": {"": 303, "minor": 404, "coordinator_cahc": 403, "admin": 403, "*": 200},
        f"/rencontres/{uuid4()}": {"": 303, "admin": 403, "*": 404},
        "/rencontres/pas-un-identifiant": {"": 303, "admin": 403, "*": 404},
    }
    for who in ("", *scene.cast.users):
        browser = await as_(who)
        for path, statuses in expected.items():
            wanted = statuses.get(who, statuses["*"])
            found = (await browser.get(path)).status_code
            assert found == wanted or (path.endswith("identifiant") and found == 404), (who, path)
    foreign = await (await as_("coordinator_cahc")).get(f"/rencontres/{row.id}")
    assert "Cette rencontre est hors de votre périmètre." in foreign.text


async def test_a_volunteer_finds_their_encounters_by_day(as_: Browser, scene: Scene, session: AsyncSession) -> None:
    today = clock.today()
    recent = await make_encounter(session, scene.site, scene.cast.volunteer, today, topics=("water",))
    old = await make_encounter(session, scene.site, scene.cast.volunteer, today - timedelta(days=8))
    gone = await make_encounter(session, scene.site, scene.cast.volunteer, today, status="voided")
    await session.commit()
    page = (await (await as_("volunteer")).get("/rencontres")).text
    assert "lundi 23 novembre 2026" in page
    assert "Eau, canaux" in page
    assert "3 rencontres" in page
    assert f"/rencontres/{recent.id}/modifier" in page
    assert f"/rencontres/{old.id}/modifier" not in page
    assert f"/rencontres/{gone.id}/modifier" not in page
    assert f"/sorties/nouvelle?shift={scene.shift.id}" in page


async def test_the_list_of_a_desk_is_filtered_by_its_address(
    as_: Browser, scene: Scene, session: AsyncSession, count_queries: Any
) -> None:
    today = clock.today()
    kept = await make_encounter(session, scene.site, scene.cast.volunteer, today, topics=("water",), feeling="negatif")
    for n in range(60):
        await make_encounter(session, scene.site, scene.cast.minor, today - timedelta(days=n))
    await make_encounter(session, scene.elsewhere, scene.cast.minor, today, topics=("culture",), status="voided")
    await session.commit()
    desk = await as_("coordinator")

    async def found(query: str) -> list[str]:
        return re.findall(
            r'<th scope="row"><a class="tap" href="/rencontres/([^"]+)"', (await desk.get(f"/rencontres?{query}")).text
        )

    with count_queries() as queries:
        assert len(await found("")) == 30
    assert len(queries) <= 9
    assert len(await found("from=&to=")) == 50
    assert len(await found("from=&to=&page=2")) == 12
    assert await found("feeling=negatif") == [str(kept.id)]
    assert await found("topic=water") == [str(kept.id)]
    assert await found("pillar=archipel_vert&feeling=negatif") == [str(kept.id)]
    assert len(await found("intermunicipality=CAHC")) == len(await found("status=voided")) == 1
    assert len(await found(f"site={scene.elsewhere.id}&pillar=resilience")) == 1
    # What names nothing filters nothing.
    assert len(await found("feeling=x&pillar=x&from=&to=&page=x")) == 50
    assert len(await found("site=%00&topic=" + "x" * 5000)) == 30
    assert "Aucune rencontre ici" in (await desk.get("/rencontres?topic=tourism")).text


async def test_a_correction_keeps_the_version_before(
    as_: Browser, scene: Scene, session: AsyncSession, db: Database
) -> None:
    row = await make_encounter(session, scene.site, scene.cast.volunteer, shift=scene.shift, comment="Un banc")
    await session.commit()
    phone = await as_("colleague")
    page = (await phone.get(f"/rencontres/{row.id}/modifier")).text
    assert "Un banc" in page
    posted = answers(scene, seen=hidden(page, "seen"), age_25_59="5", topics=["culture"], comment="Un banc")
    answer = await phone.post(f"/rencontres/{row.id}/modifier", data=posted)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/rencontres/{row.id}")
    shown = (await phone.get(f"/rencontres/{row.id}")).text
    assert "<del>Parcs</del>" in shown
    assert "<ins>Culture</ins>" in shown
    stale = await phone.post(f"/rencontres/{row.id}/modifier", data={**posted, "age_25_59": "6"})
    assert stale.status_code == 409
    assert 'value="6"' in stale.text
    wrong = await phone.post(f"/rencontres/{row.id}/modifier", data={**posted, "seen": "2", "topics": []})
    assert (wrong.status_code, "f-topics-error" in wrong.text) == (422, True)
    [now] = await rows(db)
    assert (now.version, now.people_count, now.shift_id) == (2, 5, scene.shift.id)
    assert len(await rows(db, EncounterVersion)) == 2


async def test_others_correct_with_a_reason_and_a_manager_reads_no_comment(
    as_: Browser, scene: Scene, session: AsyncSession, db: Database
) -> None:
    old = clock.today() - timedelta(days=30)
    row = await make_encounter(session, scene.site, scene.cast.volunteer, old, comment="Un banc")
    await session.commit()
    desk = await as_("manager")
    page = (await desk.get(f"/rencontres/{row.id}/modifier")).text
    assert "Un banc" not in page
    assert "Un banc" not in (await desk.get(f"/rencontres/{row.id}")).text
    assert "Un banc" in (await (await as_("coordinator_call")).get(f"/rencontres/{row.id}")).text
    posted = answers(scene, seen="1", date=old.isoformat(), age_25_59="4", comment="Effacé ?")
    refused = await desk.post(f"/rencontres/{row.id}/modifier", data=posted)
    assert (refused.status_code, "f-reason-error" in refused.text) == (422, True)
    done = await desk.post(f"/rencontres/{row.id}/modifier", data={**posted, "reason": "Mal comptées"})
    assert done.status_code == 303
    [now] = await rows(db)
    assert (now.people_count, now.comment, now.date) == (4, "Un banc", old)
    shown = (await (await as_("volunteer")).get(f"/rencontres/{row.id}")).text
    assert "Mal comptées" in shown
    assert "La direction" in shown
    late = await (await as_("volunteer")).get(f"/rencontres/{row.id}/modifier")
    assert late.status_code == 409


async def test_a_coordinator_moves_nothing_out_of_their_scope(
    as_: Browser, scene: Scene, session: AsyncSession, db: Database
) -> None:
    row = await make_encounter(session, scene.site, scene.cast.volunteer)
    await session.commit()
    desk = await as_("coordinator_call")
    posted = answers(scene, seen="1", site_id=scene.elsewhere.id, reason="Autre lieu")
    answer = await desk.post(f"/rencontres/{row.id}/modifier", data=posted)
    assert (answer.status_code, "hors de votre périmètre" in answer.text) == (422, True)


async def test_voiding_asks_first(as_: Browser, scene: Scene, session: AsyncSession, db: Database) -> None:
    row = await make_encounter(session, scene.site, scene.cast.volunteer)
    await session.commit()
    phone = await as_("volunteer")
    asked = await phone.get(f"/rencontres/{row.id}/annulation")
    assert "data-confirm-body" in asked.text
    for _ in range(2):
        answer = await phone.post(f"/rencontres/{row.id}/annulation")
        assert (answer.status_code, answer.headers["location"]) == (303, "/rencontres")
    [now] = await rows(db)
    assert now.status == "voided"
    assert "annulée" in (await phone.get(f"/rencontres/{row.id}")).text
    desk = await as_("manager")
    other = await desk.post(f"/rencontres/{row.id}/annulation", data={"reason": ""})
    assert other.status_code == 422


async def test_a_pair_has_one_account_of_a_shift(as_: Browser, scene: Scene, db: Database) -> None:
    phone = await as_("volunteer")
    page = (await phone.get(f"/sorties/nouvelle?shift={scene.shift.id}")).text
    posted = {
        "client_uuid": hidden(page, "client_uuid"),
        "version": "1",
        "site_id": scene.site.id,
        "date": clock.today().isoformat(),
        "half_day": "apres_midi",
        "approached_count": "12",
        "refused_count": "20",
        "weather": "pluie",
    }
    refused = await phone.post("/sorties/nouvelle", data=posted)
    assert (refused.status_code, "f-refused_count-error" in refused.text) == (422, True)
    done = await phone.post("/sorties/nouvelle", data={**posted, "refused_count": "4"})
    assert done.headers["location"] == "/rencontres"
    partner = await as_("colleague")
    again = (await partner.get(f"/sorties/nouvelle?shift={scene.shift.id}")).text
    assert hidden(again, "client_uuid") == posted["client_uuid"]
    assert hidden(again, "version") == "2"
    changed = {**posted, "version": "2", "refused_count": "", "approached_count": "0"}
    assert (await partner.post("/sorties/nouvelle", data=changed)).status_code == 303
    stale = await phone.post("/sorties/nouvelle", data={**changed, "approached_count": "3"})
    assert stale.status_code == 422
    [row] = await rows(db, Outing)
    assert (row.version, row.approached_count, row.refused_count, row.shift_id) == (2, 0, None, scene.shift.id)


@pytest.mark.parametrize(
    ("comment", "found"),
    [
        ("Le monsieur du 06 12 34 56 78 veut être rappelé", 1),
        ("écrire à ines@exemple.fr", 1),
        ("voiture AB-123-CD mal garée", 1),
        ("Mme Petit demande un banc", 1),
        ("Madame Petit, 0321000000", 2),
        ("Il y a 12 bancs et 3 poubelles, depuis 2019", 0),
        ("", 0),
        (None, 0),
    ],
)
def test_a_comment_that_names_somebody_is_noticed(comment: str | None, found: int) -> None:
    assert len(hints(comment)) == found


async def test_a_comment_that_names_somebody_is_saved_and_said(as_: Browser, scene: Scene) -> None:
    phone = await as_("volunteer")
    posted = answers(scene, comment="Mme Petit demande un banc")
    answer = await phone.post("/rencontres/nouvelle", data=posted)
    page = (await phone.get(answer.headers["location"])).text
    assert "il semble contenir un nom" in page
