"""Names as they are heard around Lens: French, Polish, Maghrebi, Italian, Portuguese roots. Nobody is meant."""

from civic.demo.chance import Chance


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST = _words(
    "Manon Lucas Inès Enzo Yasmine Théo Chloé Mehdi Julie Hugo Sarah Nathan Camille Rayan Océane Maxime Lina Adam "
    "Léonie Mathis Assia Tom Clara Ilyes Zoé Bastien Nour Axel Elisa Samir Anaïs Quentin Louane Amine Margaux Antoine "
    "Jade Sofiane Romane Kévin Wiktoria Paolo Lucia Tiago Mariana Dorian Salomé Killian Aya Valentin"
)
LAST = _words(
    "Kaczmarek Lefebvre Benali Dubois Nowak Delattre Amrani Caron Wojcik Leclercq Moreira Ferrari Lemaire Bouzid "
    "Kowalski Dufour Haddad Vasseur Szymanski Carpentier Mansouri Duhamel Rossi Lewandowski Fontaine Belkacem Hermant "
    "Zielinski Da_Silva Boulanger Cherif Delcourt Pawlak Macquet Ouali Bianchi Legrand Wisniewski Saïdi Dewailly "
    "Jankowski Pruvost Ferreira Toumi Lesage Piotrowski Marchal Brahimi Tellier Conti"
)
PARENTS = {
    "Nadia": "mère",
    "Michel": "père",
    "Véronique": "mère",
    "Farid": "père",
    "Sandrine": "mère",
    "Christophe": "père",
    "Halina": "grand-mère",
    "Rachid": "père",
    "Isabelle": "tante",
    "Paulo": "oncle",
}


def full_names(chance: Chance, count: int) -> list[str]:
    """Different full names; first and last names too as long as the lists last."""
    first, last = list(FIRST), list(LAST)
    chance.shuffle(first)
    chance.shuffle(last)
    return [f"{first[n % len(first)]} {last[n % len(last)].replace('_', ' ')}" for n in range(count)]


def parent(chance: Chance, surname: str) -> tuple[str, str]:
    """Somebody to call, and who they are."""
    first = chance.choice(list(PARENTS))
    return f"{first} {surname}", PARENTS[first]


def mobile(chance: Chance) -> str:
    """A number of the range that the regulator keeps for fiction."""
    return f"06 39 98 {chance.randrange(100):02} {chance.randrange(100):02}"


def landline(chance: Chance) -> str:
    return f"03 53 01 {chance.randrange(100):02} {chance.randrange(100):02}"
