"""What a report of a place may become. Values alone."""

import pytest

from civic.errors import Invalid, Refusal
from civic.sites.kinds import CLOSED_STATES, REPORT_STATES
from civic.sites.report_rules import Follow, Stand, check_follow, next_states


@pytest.mark.parametrize("state", REPORT_STATES)
def test_every_state_leads_somewhere_and_never_back_to_the_first(state: str) -> None:
    coming = next_states(state)
    assert coming
    assert "new" not in coming
    assert ("seen" in coming) == (state in ("new", *CLOSED_STATES))


def test_a_first_look_is_written_once() -> None:
    assert check_follow(Stand("new", 1), Follow("seen", 1))
    assert not check_follow(Stand("seen", 2), Follow("seen", 1)), "the same click again"


def test_handing_on_names_a_service_and_may_name_another() -> None:
    with pytest.raises(Invalid) as caught:
        check_follow(Stand("seen", 2), Follow("handed_on", 2))
    assert list(caught.value.errors) == ["handed_on_to"]
    assert check_follow(Stand("seen", 2), Follow("handed_on", 2, "Mairie"))
    assert not check_follow(Stand("handed_on", 3, "Mairie"), Follow("handed_on", 2, "Mairie"))
    assert check_follow(Stand("handed_on", 3, "Mairie"), Follow("handed_on", 3, "Espaces verts"))


@pytest.mark.parametrize(("stand", "state"), [("seen", "rejected"), ("solved", "seen"), ("rejected", "seen")])
def test_what_disappoints_or_comes_back_is_explained(stand: str, state: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_follow(Stand(stand, 2, note="avant"), Follow(state, 2))
    assert list(caught.value.errors) == ["note"]
    assert check_follow(Stand(stand, 2, note="avant"), Follow(state, 2, note="Toujours là."))


def test_what_somebody_else_did_meanwhile_is_read_first() -> None:
    with pytest.raises(Refusal) as caught:
        check_follow(Stand("seen", 2), Follow("solved", 1))
    assert caught.value.code == "changed_meanwhile"


@pytest.mark.parametrize(("stand", "state"), [("seen", "new"), ("handed_on", "seen"), ("solved", "rejected")])
def test_what_does_not_follow_is_refused(stand: str, state: str) -> None:
    with pytest.raises(Refusal) as caught:
        check_follow(Stand(stand, 3), Follow(state, 3, "Mairie", "Bien."))
    assert caught.value.code == "not_next"
