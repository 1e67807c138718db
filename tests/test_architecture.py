"""The house rules of CONTRIBUTING.md that a reader of the syntax tree can keep."""

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent

# From the top down: a domain imports only those on the lines below its own.
LAYERS = (
    ("app", "cli", "models"),
    ("commands",),
    ("health", "docs", "legal", "openapi"),
    ("demo",),
    ("tasks",),
    ("search", "privacy", "help", "pwa"),
    ("reports",),
    ("encounters",),
    ("imports",),
    ("planning",),
    ("bookings",),
    ("shifts",),
    ("missions",),
    ("contracts",),
    ("volunteers",),
    ("sites",),
    ("notices",),
    ("accounts",),
    ("outbox", "audit"),
    ("middleware", "problems", "openapi", "api_query"),
    ("begun", "carried", "methods"),
    ("web", "forms"),
    (
        "db",
        "columns",
        "errors",
        "clock",
        "i18n",
        "logs",
        "settings",
        "paths",
        "migrate",
        "data",
        "schema",
        "sqlite",
        "formats",
        "signs",
        "templating",
        "release",
        "pdf",
    ),
)
FLOOR = len(LAYERS) - 1
LEVEL = {name: depth for depth, names in enumerate(LAYERS) for name in names}

KINDS = {"models": 0, "rules": 1, "actions": 2, "views": 3, "api": 3}
SCREEN = ("fastapi", "starlette", "jinja2", "civic.web", "civic.forms")
FORBIDDEN = {
    "models": ("civic.settings", *SCREEN),
    "rules": ("sqlalchemy", "civic.db", "civic.settings", *SCREEN),
    "actions": SCREEN,
}
WRITES = {"add", "add_all", "delete", "merge", "commit", "begin_nested"}
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}
LONGEST_FILE = 300
LONGEST_FUNCTION = 60


class Module(NamedTuple):
    """One file of the package: `civic/bookings/rules.py` is the kind "rules" of the domain "bookings"."""

    path: str
    source: str
    tree: ast.Module

    @property
    def domain(self) -> str:
        return self.path.removesuffix(".py").split("/")[1]

    @property
    def kind(self) -> str:
        name = Path(self.path).stem
        if self.path.count("/") == 1:
            return ""
        return "views" if name not in KINDS and self.has_router else name

    @property
    def has_router(self) -> bool:
        """A file with routes of its own is a face of its domain, whatever its name."""
        targets = [t for node in self.tree.body if isinstance(node, ast.Assign) for t in node.targets]
        return any(isinstance(target, ast.Name) and target.id == "router" for target in targets)

    @property
    def is_face(self) -> bool:
        return self.kind in {"views", "api"}


def read(path: str, source: str) -> Module:
    return Module(path, source, ast.parse(source))


def imports(module: Module) -> Iterator[str]:
    """Dotted names, those of `from civic.sites import models` as civic.sites.models."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module.path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def layers(module: Module) -> Iterator[str]:
    if module.domain == "__init__":
        return
    mine = LEVEL.get(module.domain)
    if mine is None:
        yield f"the domain {module.domain} has no place in LAYERS"
        return
    for name in imports(module):
        parts = name.split(".")
        if parts[0] != "civic" or len(parts) < 2 or parts[1] in {module.domain, "__version__"}:
            continue
        theirs = LEVEL.get(parts[1])
        if theirs is None:
            yield f"imports {name}, which has no place in LAYERS"
        elif theirs < mine or (theirs == mine and mine != FLOOR and mine != 0):
            yield f"{module.domain} imports {name}: only downward"


def kinds(module: Module) -> Iterator[str]:
    """Inside a domain: views and api → actions → rules → models; nobody but app imports a face."""
    for name in imports(module):
        parts = name.split(".")
        if parts[0] != "civic" or len(parts) < 3:
            continue
        kind = parts[2]
        if kind in {"views", "api"} and module.domain != "app" and not module.is_face:
            yield f"imports {name}: only app.py includes the pages"
        own = parts[1] == module.domain
        if own and module.kind in KINDS and KINDS.get(kind, -1) > KINDS[module.kind]:
            yield f"{module.kind} imports {name}"


def forbidden_imports(module: Module) -> Iterator[str]:
    for name in imports(module):
        for package in FORBIDDEN.get(module.kind, ()):
            if within(name, package):
                yield f"{module.kind} imports {name}"
        if module.is_face and name in {f"sqlalchemy.{verb}" for verb in ("insert", "update", "delete")}:
            yield f"{module.kind} imports {name}: a page does not write"


def writes(module: Module) -> Iterator[str]:
    """A page hands its values to an action; the only commit is in db.py."""
    for node in ast.walk(module.tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
        if module.is_face and "session" in owner and node.func.attr in WRITES:
            yield f"line {node.lineno}: {owner}.{node.func.attr}() in a page"
        if node.func.attr == "commit" and module.domain != "db":
            yield f"line {node.lineno}: commit() outside db.py"


def clock(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and module.domain != "clock":
            owner = node.value
            name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            if (name, node.attr) in CLOCKS:
                yield f"line {node.lineno}: {name}.{node.attr}, ask civic.clock"


def hidden_imports(module: Module) -> Iterator[str]:
    """An import of our own inside a function hides a cycle; the command line may, to start quickly."""
    if module.domain in {"cli", "commands", "demo"}:
        return
    for function in functions(module):
        for node in ast.walk(function):
            if isinstance(node, ast.ImportFrom) and within(node.module or "", "civic"):
                yield f"line {node.lineno}: {node.module} imported inside {function.name}"


def functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def size(module: Module) -> Iterator[str]:
    lines = module.source.count("\n")
    if lines > LONGEST_FILE:
        yield f"{lines} lines: split it by idea"
    for function in functions(module):
        length = (function.end_lineno or 0) - function.lineno + 1
        if length > LONGEST_FUNCTION:
            yield f"line {function.lineno}: {function.name} has {length} lines"


@cache
def package() -> list[Module]:
    files = sorted((ROOT / "civic").rglob("*.py"))
    return [read(str(file.relative_to(ROOT)), file.read_text()) for file in files]


def tables(modules: list[Module]) -> dict[str, str]:
    """Every table's class and the domain that it belongs to."""
    found = {}
    for module in modules:
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef) and "__tablename__" in ast.dump(node):
                found[node.name] = module.domain
    return found


def foreign_rows(module: Module, owners: dict[str, str]) -> Iterator[str]:
    """Only a domain's own code makes its rows; the demo makes them all."""
    if module.domain in {"demo", "cli", "commands"}:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            owner = owners.get(node.func.id, module.domain)
            if owner != module.domain and f"civic.{owner}" in module.source:
                yield f"line {node.lineno}: {module.domain} makes a {node.func.id}, a row of {owner}"


RULES = (layers, kinds, forbidden_imports, writes, clock, hidden_imports, size)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_house_rule(rule: Callable[[Module], Iterator[str]]) -> None:
    broken = [f"{module.path}: {problem}" for module in package() for problem in rule(module)]
    assert not broken, "\n".join(broken)


def test_only_a_domain_makes_its_rows() -> None:
    modules = package()
    owners = tables(modules)
    broken = [f"{module.path}: {problem}" for module in modules for problem in foreign_rows(module, owners)]
    assert not broken, "\n".join(broken)


GOOD = """
from sqlalchemy import select
from civic import clock
from civic.bookings import actions
from civic.shifts.models import Shift

async def show(session):
    return select(Shift).where(Shift.starts_at > clock.now())
"""

BAD = [
    (layers, "civic/sites/actions.py", "from civic.bookings.models import Booking"),
    (layers, "civic/outbox/actions.py", "from civic.audit.actions import record"),
    (layers, "civic/clock.py", "import civic.accounts.models"),
    (layers, "civic/web.py", "from civic.accounts.models import User"),
    (layers, "civic/surprise/models.py", ""),
    (kinds, "civic/sites/models.py", "from civic.sites.rules import closed_on"),
    (kinds, "civic/sites/rules.py", "from civic.sites import actions"),
    (kinds, "civic/sites/actions.py", "from civic.sites.views import router"),
    (kinds, "civic/demo/sites.py", "from civic.sites.views import router"),
    (forbidden_imports, "civic/sites/rules.py", "from sqlalchemy.ext.asyncio import AsyncSession"),
    (forbidden_imports, "civic/sites/rules.py", "from civic.settings import settings"),
    (forbidden_imports, "civic/sites/actions.py", "from fastapi import Request"),
    (forbidden_imports, "civic/sites/actions.py", "from civic import web"),
    (forbidden_imports, "civic/sites/views.py", "from sqlalchemy import update"),
    (forbidden_imports, "civic/sites/closures.py", "router = APIRouter()\nfrom sqlalchemy import insert"),
    (writes, "civic/sites/views.py", "async def show(session):\n    session.add(1)"),
    (writes, "civic/sites/actions.py", "async def close(session):\n    await session.commit()"),
    (clock, "civic/sites/actions.py", "from datetime import datetime\ndatetime.now()"),
    (clock, "civic/sites/actions.py", "import datetime\ndatetime.date.today()"),
    (clock, "civic/sites/models.py", "import time\nx = time.time"),
    (hidden_imports, "civic/sites/models.py", "def f():\n    from civic.accounts.models import User"),
    (size, "civic/sites/models.py", "\n" * 301),
    (size, "civic/sites/models.py", "def f():\n" + "    x = 1\n" * 60),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_good_file_breaks_no_rule(rule: Callable[[Module], Iterator[str]]) -> None:
    assert list(rule(read("civic/bookings/views.py", GOOD))) == []


@pytest.mark.parametrize(("rule", "path", "source"), BAD)
def test_a_bad_file_breaks_its_rule(rule: Callable[[Module], Iterator[str]], path: str, source: str) -> None:
    assert list(rule(read(path, source)))


def test_a_row_of_another_domain_is_noticed() -> None:
    source = "from civic.sites.models import Site\nasync def f(session):\n    session.add(Site(id='x'))"
    owners = {"Site": "sites"}
    assert list(foreign_rows(read("civic/shifts/actions.py", source), owners))
    assert not list(foreign_rows(read("civic/sites/actions.py", source), owners))
