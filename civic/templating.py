"""The templates' environment: autoescape, gettext, French formats, addresses of static files. It knows no request."""

import hashlib
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from civic import clock, formats, i18n
from civic.paths import STATIC, TEMPLATES
from civic.release import phone
from civic.settings import settings


@lru_cache
def static(path: str) -> str:
    """The address of a static file, with the start of its hash: browsers may keep it for ever."""
    file = STATIC / path
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:10] if file.is_file() else "0"
    return f"/static/{path}?v={digest}"


@lru_cache
def environment() -> Environment:
    """Jinja with autoescape and gettext; an unknown name in a template is an error, not a blank."""
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        auto_reload=not settings().production,
    )
    env.install_gettext_callables(i18n.gettext, i18n.ngettext, newstyle=True)  # type: ignore[attr-defined]
    env.globals.update(static=static, query=query, phone=phone, now=lambda: clock.now().isoformat())
    formats.install(env)
    return env


def query(params: dict[str, Any], **changes: Any) -> str:
    """`?a=1&b=2` from filters, with some changed; empty values leave the address."""
    merged = {**params, **changes}
    pairs = [(key, value) for key, value in merged.items() if value not in (None, "", [])]
    return "?" + urlencode(pairs, doseq=True) if pairs else "?"
