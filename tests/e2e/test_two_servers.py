"""Two server processes on one database, twelve people at once, over HTTP: nobody is booked past the capacity."""

import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import time, timedelta
from pathlib import Path

import httpx
import pytest

from civic import clock
from tests.browser import PASSWORD, Server, civic, serve
from tests.postgres import Cluster

PEOPLE = [f"volontaire{number:03}@demo.example" for number in range(1, 13)]


# The whole demo is made once more for PostgreSQL: `make verify-load` does.
@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.verify)])
def servers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Server]]:
    """Both on one demo database."""
    with ExitStack() as stack:
        settings = {}
        if request.param == "sqlite":
            demo_file: Path = request.getfixturevalue("demo_file")
            shutil.copytree(demo_file.parent, tmp_path / "var")
            settings["CIVIC_DATABASE_URL"] = f"sqlite+aiosqlite:///{tmp_path / 'var' / 'civic.db'}"
        else:
            running: Cluster = request.getfixturevalue("postgres_cluster")
            settings["CIVIC_DATABASE_URL"] = stack.enter_context(running.clone())
            assert civic("demo", cwd=tmp_path, **settings).returncode == 0
        folders = [tmp_path / name for name in ("one", "two")]
        for folder in folders:
            folder.mkdir()
        yield [stack.enter_context(serve(folder, **settings)) for folder in folders]


def client_of(server: Server, email: str) -> httpx.Client:
    client = httpx.Client(base_url=f"{server.url}/api/v1", timeout=60)
    answer = client.post("/auth/login", data={"username": email, "password": PASSWORD})
    assert answer.status_code == 204, answer.text
    return client


def new_shift(coordinator: httpx.Client, days: int, hour: int) -> str:
    mission = coordinator.get("/missions").json()["items"][0]
    start = clock.at(clock.today() + timedelta(days=days), time(hour))
    answer = coordinator.post(
        "/shifts",
        json={
            "mission_id": mission["id"],
            "site_id": mission["site_ids"][0],
            "starts_at": start.isoformat(),
            "ends_at": (start + timedelta(hours=3)).isoformat(),
            "capacity": 3,
            "min_staff": 2,
            "state": "published",
        },
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_twelve_people_race_for_three_places_through_two_servers(servers: list[Server]) -> None:
    with ExitStack() as stack, ThreadPoolExecutor(12) as pool:
        coordinator = client_of(servers[0], "coordination@demo.example")
        stack.callback(coordinator.close)
        shift, clashing = new_shift(coordinator, 45, 9), new_shift(coordinator, 45, 11)
        clients = list(pool.map(lambda pair: client_of(servers[pair[0] % 2], pair[1]), enumerate(PEOPLE)))
        for client in clients:
            stack.callback(client.close)
        # Everybody taps twice, on two shifts that share an hour.
        taps = [(client, one) for client in clients for one in (shift, clashing, shift, clashing)]
        answers = list(pool.map(lambda tap: tap[0].post(f"/shifts/{tap[1]}/booking"), taps))
        assert not {answer.status_code for answer in answers} - {200, 201, 409}
        for one in (shift, clashing):
            roster = coordinator.get(f"/shifts/{one}/bookings").json()["items"]
            states = Counter(item["state"] for item in roster)
            assert states["confirmed"] == 3
            assert len({item["volunteer_id"] for item in roster}) == len(roster)
        seated = [
            item["volunteer_id"]
            for one in (shift, clashing)
            for item in coordinator.get(f"/shifts/{one}/bookings").json()["items"]
            if item["state"] == "confirmed"
        ]
        assert len(set(seated)) == 6, "somebody sits on two shifts at once"
        # They all leave: whoever waited and may come takes the place, and nobody is left on it twice.
        left = list(pool.map(lambda client: client.delete(f"/shifts/{shift}/booking"), clients[:8]))
        assert {answer.status_code for answer in left} == {204}
        roster = coordinator.get(f"/shifts/{shift}/bookings").json()["items"]
        assert sum(item["state"] == "confirmed" for item in roster) <= 3
