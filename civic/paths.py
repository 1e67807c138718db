"""Where the files beside the code live: next to the package in a checkout, inside it in an installed wheel."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def _folder(name: str) -> Path:
    inside = PACKAGE / f"_{name}"
    return inside if inside.is_dir() else PACKAGE.parent / name


TEMPLATES = _folder("templates")
STATIC = _folder("static")
MIGRATIONS = _folder("alembic")
DATA = PACKAGE / "data"
LOCALE = PACKAGE / "locale"
