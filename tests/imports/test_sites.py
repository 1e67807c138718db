"""A file of places: made from a name and a commune, changed by code."""

import pytest
from sqlalchemy import select

from civic import clock
from civic.audit.models import AuditEvent
from civic.errors import Refusal
from civic.imports.actions import apply, understand
from civic.imports.kinds import KINDS
from civic.imports.models import ImportRun
from civic.imports.sites import slug
from civic.sites.models import Site
from tests.factories.sites import make_commune, make_site
from tests.imports.files import csv_of
from tests.imports.scene import Scene, reasons

HEAD = (
    "Code",
    "Nom",
    "Nature",
    "Pilier",
    "Commune",
    "Latitude",
    "Longitude",
    "Lieu de rendez-vous",
    "Numéro d’astreinte",
)
NEW = ("", "Parc de l’Étang", "Parc", "Archipel vert", "Lens", "", "", "Devant la grille", "321000001")


async def stored(scene: Scene, site_id: str) -> Site | None:
    async with scene.db.reading() as session:
        found: Site | None = await session.get(Site, site_id)
        return found


async def give(scene: Scene, *rows: tuple[str, ...]) -> list[str]:
    return reasons(await scene.give("sites", HEAD, *rows, who="admin"))


@pytest.mark.parametrize(
    ("name", "code"),
    [("Parc de l’Étang", "parc-de-l-etang"), ("Cœur  d'Artois — n° 2", "coeur-d-artois-n-2"), ("x" * 60, "x" * 40)],
)
def test_a_code_is_made_from_a_name(name: str, code: str) -> None:
    assert slug(name) == code


async def test_a_new_place_stands_at_its_commune_until_it_is_placed(scene: Scene) -> None:
    assert await give(scene, NEW) == []
    made = await stored(scene, "parc-de-l-etang")
    assert made is not None
    assert (made.kind, made.pillar, made.intermunicipality_code) == ("park", "archipel_vert", "CALL")
    assert (made.approximate, made.on_call_number, made.meeting_place) == (True, "03 21 00 00 01", "Devant la grille")
    placed = (*NEW[:5], "50,5", "2,75", *NEW[7:])
    plan = await scene.give("sites", HEAD, placed, who="admin")
    assert [one.label for one in plan.lines[0].changes] == ["Latitude", "Longitude"]
    moved = await stored(scene, "parc-de-l-etang")
    assert moved is not None
    assert (moved.lat, moved.lon, moved.approximate) == (50.5, 2.75, False)
    assert (await scene.give("sites", HEAD, placed, who="admin")).counts["same"] == 1
    async with scene.db.reading() as session:
        verbs = list(await session.scalars(select(AuditEvent.verb).where(AuditEvent.subject_kind == "sites")))
    assert sorted(verbs) == ["site.created", "site.updated"]


async def test_a_code_finds_its_place_and_its_name_may_change(scene: Scene) -> None:
    async with scene.db.writing() as session:
        await make_commune(session, "CABBALR")
    plan = await scene.give("sites", ("Code", "Nom", "Commune"), ("parc-ici", "Parc Neuf", "62119"), who="admin")
    told = [(one.before, one.after) for one in plan.lines[0].changes]
    assert told == [("Parc d’Ici", "Parc Neuf"), ("Lens", "Béthune")]
    changed = await stored(scene, "parc-ici")
    assert changed is not None
    assert (changed.name, changed.intermunicipality_code) == ("Parc Neuf", "CABBALR")


@pytest.mark.parametrize(
    ("place", "typed", "word"),
    [
        (0, "fermetures", "adresse"),
        (0, "Parc Étang", "minuscules"),
        (1, "", "nom ou un code"),
        (1, "Parc d'ici", "parc-ici"),
        (2, "", "À remplir"),
        (2, "lune", "Possible"),
        (3, "rouge", "Possible"),
        (4, "Paris", "territoire"),
        (5, "50,1", "longitude"),
        (5, "5010", "de 49.5 à 51.5"),
        (8, "12", "numéro"),
    ],
)
async def test_a_line_that_is_no_place_is_refused(scene: Scene, place: int, typed: str, word: str) -> None:
    line = [*NEW]
    line[place] = typed
    told = await give(scene, tuple(line))
    assert any(word in reason for reason in told), told


async def blamed(scene: Scene, head: tuple[str, ...], *rows: tuple[str, ...]) -> list[str]:
    plan = await scene.give("sites", head, *rows, who="admin")
    return [problem.column for line in plan.lines for problem in line.problems]


@pytest.mark.parametrize(
    ("head", "typed", "column"),
    [
        (("Nom",), "Fermetures", "Nom"),
        (("Nom",), "!!!", "Nom"),
        (("Nom",), "Parc d'ici", "Nom"),
        (("Code", "Nom"), "Parc Étang", "Code"),
        (("Site_id", "Nom"), "fermetures", "Site_id"),
        (("Nom", "Code INSEE"), "Parc Neuf", "Code INSEE"),
        (("Nom", "Accès"), "Parc Neuf", "Accès"),
    ],
)
async def test_what_is_wrong_is_told_at_a_column_of_the_file(
    scene: Scene, head: tuple[str, ...], typed: str, column: str
) -> None:
    """The code is made from the name where there is no column for it, and a column may have another name."""
    rest = {"Nature": "parc", "Pilier": "Énergie", "Commune": "Lens"}
    given = dict.fromkeys(head[:1], typed)
    given |= {name: {"Nom": "Parc", "Code INSEE": "75056", "Accès": "à" * 1001}[name] for name in head[1:]}
    rest = {name: value for name, value in rest.items() if "Code INSEE" not in head or name != "Commune"}
    told = await blamed(scene, (*head, *rest), tuple((given | rest).values()))
    assert set(told) == {column}


async def test_the_same_name_twice_is_told_at_the_name(scene: Scene) -> None:
    head = ("Nom", "Nature", "Pilier", "Commune")
    assert await blamed(scene, head, NEW[1:5], NEW[1:5]) == ["Nom"]


async def test_an_archived_place_and_a_place_twice(scene: Scene) -> None:
    async with scene.db.writing() as session:
        await make_site(session, "parc-clos", archived_at=clock.now())
    assert await give(scene, ("parc-clos", "X", *NEW[2:])) == ["Ce lieu est archivé."]
    assert "ligne 2" in (await give(scene, NEW, NEW))[0]


async def test_two_new_places_of_one_file_have_two_names(scene: Scene) -> None:
    told = await give(scene, ("un", *NEW[1:]), ("deux", "parc de l'etang", *NEW[2:]))
    assert told == ["Un lieu porte déjà ce nom, sous le code un."]


async def test_who_comes_second_is_told_and_writes_nothing(scene: Scene) -> None:
    kind = KINDS["sites"]
    lines = await understand(kind, csv_of([HEAD, NEW, ("autre", "Parc Autre", *NEW[2:])]))
    async with scene.db.reading() as session:
        plan = await kind.plan(session, scene.cast.admin, lines)
    async with scene.db.writing() as session:
        await make_site(session, "autre")

    async def late() -> None:
        async with scene.db.writing() as session:
            run = ImportRun(kind="sites", file_name="f", digest="0" * 64)
            session.add(run)
            await apply(session, by=scene.cast.admin, kind=kind, plan=plan, run=run)

    with pytest.raises(Refusal) as refused:
        await late()
    assert refused.value.code == "import_raced"
    assert await stored(scene, "parc-de-l-etang") is None
