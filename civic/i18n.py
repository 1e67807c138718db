"""Gettext: the sentences in the code are French, other languages come as catalogues under civic/locale."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from gettext import NullTranslations
from gettext import translation as find_catalogue

from civic.paths import LOCALE

DEFAULT = "fr"
LANGUAGES = ("fr",)
_language: ContextVar[str] = ContextVar("civic_language", default=DEFAULT)


@lru_cache
def _catalogue(language: str) -> NullTranslations:
    return find_catalogue("civic", LOCALE, languages=[language], fallback=True)


def language() -> str:
    """The language of the request in hand."""
    return _language.get()


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak a language for as long as the block lasts (a mail in its reader's language, a request)."""
    token = _language.set(code if code in LANGUAGES else DEFAULT)
    try:
        yield
    finally:
        _language.reset(token)


def gettext(message: str) -> str:
    return _catalogue(_language.get()).gettext(message)


def ngettext(singular: str, plural: str, n: int) -> str:
    """French takes the singular for 0 and 1; a catalogue follows its own language's rule."""
    if _language.get() == DEFAULT:
        return singular if abs(n) < 2 else plural
    return _catalogue(_language.get()).ngettext(singular, plural, n)


def N_(message: str) -> str:
    """Mark a sentence for the catalogue where it is only translated later, by `_`."""
    return message


_ = gettext
