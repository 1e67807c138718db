"""The figures of a report: each one's code, French name, definition and sum, here and nowhere else."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from civic.i18n import N_
from civic.reports.tally import Tally

Value = int | float | None
# What a figure is made of: neither shifts nor outings have topics or ages, whose filters leave them without a value.
Source = Literal["shifts", "outings", "encounters"]
Kind = Literal["count", "hours", "rate", "balance"]


@dataclass(frozen=True)
class Figure:
    """`label` and `definition` are marked, not translated. A rate is 0–1, a balance −1–1.

    `sum` makes the value, or for a rate or balance the part and the whole that it divides.
    """

    code: str
    kind: Kind
    source: Source
    label: str
    definition: str
    sum: Callable[[Tally], float | tuple[int, int]]

    def of(self, tally: Tally | None, met_only: bool) -> Value:
        """Its value; None where there are no data, no denominator, or filters that it can't follow."""
        if tally is None or (met_only and self.source != "encounters"):
            return None
        found = self.sum(tally)
        return ratio(*found) if isinstance(found, tuple) else found

    def parts(self, tally: Tally) -> tuple[int, int] | None:
        """The part and the whole, to be shown beside a rate."""
        found = self.sum(tally)
        return found if isinstance(found, tuple) else None


def ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _balance(tally: Tally) -> tuple[int, int]:
    positive, neutral, negative = tally.feelings
    return positive - negative, positive + neutral + negative


FIGURES = (
    Figure(
        "shifts_held",
        "count",
        "shifts",
        N_("Créneaux tenus"),
        N_("Créneaux publiés, non annulés et terminés, où au moins une personne était présente."),
        lambda t: t.held,
    ),
    Figure(
        "volunteer_hours",
        "hours",
        "shifts",
        N_("Heures sur site"),
        N_("Heures faites par les volontaires présents sur ces créneaux."),
        lambda t: t.hundredths / 100,
    ),
    Figure(
        "fill_rate",
        "rate",
        "shifts",
        N_("Remplissage"),
        N_("Places confirmées divisées par les places offertes, sur les créneaux publiés, non annulés et terminés."),
        lambda t: (t.confirmed, t.capacity),
    ),
    Figure(
        "attendance_rate",
        "rate",
        "shifts",
        N_("Présence"),
        N_("Personnes inscrites et présentes, divisées par les places confirmées."),
        lambda t: (t.present, t.confirmed),
    ),
    Figure(
        "sites_covered",
        "count",
        "encounters",
        N_("Sites couverts"),
        N_("Sites avec au moins une rencontre ou un créneau tenu ; sous un thème, les seules rencontres comptent."),
        lambda t: len(t.held_sites | t.sites.keys()),
    ),
    Figure(
        "pair_rate",
        "rate",
        "shifts",
        N_("Créneaux en binôme"),
        N_("Créneaux tenus à deux ou plus, divisés par les créneaux tenus."),
        lambda t: (t.paired, t.held),
    ),
    Figure(
        "outings",
        "count",
        "outings",
        N_("Sorties"),
        N_("Sorties notées, même sans rencontre. Elles suivent le pilier de la mission."),
        lambda t: t.outings,
    ),
    Figure(
        "encounters",
        "count",
        "encounters",
        N_("Rencontres notées"),
        N_("Échanges avec des habitants, notés sur un site par le binôme. Les rencontres annulées ne comptent pas."),
        lambda t: t.encounters,
    ),
    Figure(
        "people_met",
        "count",
        "encounters",
        N_("Personnes rencontrées"),
        N_("Personnes comptées à chaque rencontre : une même personne peut l’être plusieurs fois."),
        lambda t: t.people,
    ),
    Figure(
        "approached",
        "count",
        "outings",
        N_("Personnes abordées"),
        N_("Personnes abordées, d’après les sorties qui le disent."),
        lambda t: t.approached,
    ),
    Figure(
        "refusal_rate",
        "rate",
        "outings",
        N_("Refus de parler"),
        N_("Refus divisés par les personnes abordées, sur les sorties qui donnent les deux nombres."),
        lambda t: (t.refused_both, t.approached_both),
    ),
    Figure(
        "feeling_balance",
        "balance",
        "encounters",
        N_("Solde de ressenti"),
        N_("Rencontres positives moins négatives, divisées par celles dont le ressenti est dit (de −1 à +1)."),
        _balance,
    ),
)
BY_CODE = {figure.code: figure for figure in FIGURES}
# Those of shifts and outings, which are also told by month.
SERVICE = tuple(figure.code for figure in FIGURES if figure.source != "encounters")
# Said on the page beside the lists; not figures of their own.
SHARE = N_("Part : rencontres concernées divisées par toutes les rencontres (dans les âges, personnes sur personnes).")
SHARES_PASS_100 = N_("Une rencontre porte sur un à trois thèmes : la somme des parts peut dépasser 100 %.")
