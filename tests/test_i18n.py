"""Every sentence on a screen passes through gettext, in the templates and in the code."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jinja2
import pytest
from jinja2 import nodes

ROOT = Path(__file__).parent.parent
TRANSLATORS = {"_", "N_", "gettext", "ngettext"}
HUMAN_ATTRIBUTES = {"aria-label", "aria-description", "aria-roledescription", "title", "placeholder", "alt"}
# The same in every language.
NAMES = {"Civic", "CSV", "XLSX", "PDF", "JSON", "h", "km", "Subject"}
WORD = re.compile(r"[^\W\d_]+")
# What only a sentence for people holds: accents, quotes and spaces of French typography.
FRENCH = re.compile("[àâäçéèêëîïôöùûüÿœæÀÂÇÉÈÊËÎÏÔÙÛŒÆ«»’\u00a0\u202f]")
SENTENCE_START = re.compile(r"^[A-ZÀ-Ý][a-zà-ÿ]{2,}")


def words(text: str) -> list[str]:
    return [word for word in WORD.findall(text) if word not in NAMES]


def blank(pattern: str, text: str) -> str:
    """Takes the matches away and keeps their line breaks, so that line numbers stay true."""
    return re.sub(pattern, lambda match: "\n" * match[0].count("\n"), text, flags=re.S)


def without_jinja(source: str) -> str:
    source = blank(r"\{#.*?#\}", source)
    source = blank(r"\{%-?\s*trans\b.*?endtrans\s*-?%\}", source)
    return blank(r"\{\{.*?\}\}|\{%.*?%\}", source)


class BareText(HTMLParser):
    """Collects the words that a reader would meet and a translator would not."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in {"script", "style"}
        for name, value in attrs:
            if name in HUMAN_ATTRIBUTES and words(value or ""):
                self.found.append(f"line {self.getpos()[0]}: {name}={value!r}")

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        # A macro may hold the end of an opening tag alone: its attributes are no text.
        data = re.sub(r'data-[\w-]+(?=[ >])|[\w-]+="[^"]*("|$)', "", data)
        if not self.silent and words(data):
            self.found.append(f"line {self.getpos()[0]}: {data.strip()!r}")


def bare_html(source: str) -> list[str]:
    parser = BareText()
    parser.feed(without_jinja(source))
    parser.close()
    return parser.found


def bare_text(source: str) -> list[str]:
    lines = without_jinja(source).splitlines()
    return [f"line {number}: {line.strip()!r}" for number, line in enumerate(lines, 1) if words(line)]


def bare_expressions(source: str) -> list[str]:
    """Literals inside {{ }} and {% %} that read like a sentence and are given to no translator."""
    environment = jinja2.Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"])
    found: list[str] = []

    def visit(node: nodes.Node) -> None:
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in TRANSLATORS:
            return
        if isinstance(node, nodes.Const) and isinstance(node.value, str):
            reads_like_one = FRENCH.search(node.value) or SENTENCE_START.match(node.value)
            if reads_like_one and words(node.value):
                found.append(f"line {node.lineno}: {node.value!r}")
        for child in node.iter_child_nodes():
            visit(child)

    visit(environment.parse(source))
    return found


def name_of(call: ast.Call) -> str:
    return getattr(call.func, "id", "") or getattr(call.func, "attr", "")


def docstrings(tree: ast.Module) -> set[int]:
    """Every string that is a statement of its own: docstrings and notes."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def bare_python(source: str) -> list[str]:
    tree = ast.parse(source)
    skipped = docstrings(tree)
    found: list[str] = []

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.Call) and name_of(node) in TRANSLATORS:
            found.extend(built_sentences(node))
            for keyword in node.keywords:
                visit(keyword)
            return
        text = isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped
        if text and FRENCH.search(node.value) and words(node.value):
            found.append(f"line {node.lineno}: {node.value!r}")
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree)
    return found + import_time(tree)


def built_sentences(call: ast.Call) -> list[str]:
    """An f-string or a sum is not in the catalogue under the text that it becomes."""
    built = [arg for arg in call.args if isinstance(arg, ast.JoinedStr | ast.BinOp)]
    return [f"line {arg.lineno}: a sentence is put together inside {name_of(call)}()" for arg in built]


def import_time(tree: ast.Module) -> list[str]:
    """`_` at import speaks whatever language the process began with: N_ marks, `_` comes later."""
    found: list[str] = []

    def visit(node: Any) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
                visit(default)
            return
        if isinstance(node, ast.Call) and name_of(node) in {"_", "gettext", "ngettext"}:
            found.append(f"line {node.lineno}: {name_of(node)}() runs at import")
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree)
    return found


def problems_of(file: Path) -> Iterator[str]:
    source = file.read_text()
    if file.suffix == ".py":
        yield from bare_python(source)
        return
    yield from bare_expressions(source)
    yield from bare_html(source) if file.suffix in {".html", ".svg"} else bare_text(source)


def sources() -> list[Path]:
    code = [
        file
        for file in (ROOT / "civic").rglob("*.py")
        # Not translated: invented people, data as they were published, how French writes a date, and the command line,
        # which speaks English to operators and may name a place.
        if not {"demo", "data", "formats.py", "commands", "cli.py"} & set(file.relative_to(ROOT).parts)
    ]
    pages = [file for file in (ROOT / "templates").rglob("*") if file.suffix in {".html", ".txt", ".svg"}]
    return sorted(code + pages)


def test_no_bare_sentence() -> None:
    bare = [f"{file.relative_to(ROOT)}: {problem}" for file in sources() for problem in problems_of(file)]
    assert not bare, "\n".join(bare)


@pytest.mark.parametrize(
    "source",
    [
        "<p>Bonjour</p>",
        '<p>{{ _("Bonjour") }} Camille</p>',
        '<button aria-label="Fermer"></button>',
        '<input placeholder="{{ x }} Nom">',
        '{% if a %}<img alt="Un terril">{% endif %}',
    ],
)
def test_bare_html_is_noticed(source: str) -> None:
    assert bare_html(source)


@pytest.mark.parametrize(
    "source", ['{{ field("Prénom") }}', '{% set title = "Mes rencontres" %}', '{{ x or "Aucune" }}']
)
def test_a_bare_literal_in_an_expression_is_noticed(source: str) -> None:
    assert bare_expressions(source)


@pytest.mark.parametrize(
    "source",
    [
        '<a class="btn" href="/x" aria-label="{{ _("Fermer") }}">{{ _("Bonjour %(name)s", name=user.name) }}</a>',
        "{% trans %}Bonjour{% endtrans %}<p>12 – 14 h</p>",
        "{# Un mot pour nous #}<title>{{ title }} · Civic</title>",
        '<option {% if a %}selected{% endif %}>{{ "%d" }}</option>',
        '{{ ngettext("%(num)s place", "%(num)s places", n) }}{{ icon("map-pin") }}',
    ],
)
def test_translated_html_passes(source: str) -> None:
    assert bare_html(source) == []
    assert bare_expressions(source) == []


@pytest.mark.parametrize(
    "source",
    [
        'raise Refusal("x", "Ce créneau est complet")',
        'TITLE = _("Bonjour")',
        'def f(label=_("Bonjour")): ...',
        'def f(n):\n    return _(f"Il reste {n} places")',
        'def f(n):\n    return _("Il reste " + n)',
    ],
)
def test_bare_python_is_noticed(source: str) -> None:
    assert bare_python(source)


def test_translated_python_passes() -> None:
    source = '"""Désistement : a withdrawal."""\nTITLE = N_("Créneaux")\ndef f():\n    return _("Réservé") + _(TITLE)'
    assert bare_python(source) == []


CALL = re.compile(r'\b(?:_|N_|ngettext)\(\s*((?:"(?:[^"\\\\]|\\\\.)*"[\s,]*)+)')
LOOSE = re.compile('[^\\s"] [:;!?»](?=[\\s"<]|$)|« |[^\\s"%(][;!?](?=[\\s"]|$)')


def loose(source: str) -> list[str]:
    """Sentences whose double punctuation may be left alone at the head of a line."""
    return [sentence for sentence in CALL.findall(source) if LOOSE.search(sentence)]


def test_no_double_punctuation_goes_to_the_next_line() -> None:
    found = [f"{file.relative_to(ROOT)}: {one}" for file in sources() for one in loose(file.read_text())]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("source", ['_("Reste : 2")', '_("Pourquoi ?")', '_("« Oui\u00a0»")', '_("Oui!")'])
def test_a_loose_punctuation_is_noticed(source: str) -> None:
    assert loose(source)


def test_tight_punctuation_passes() -> None:
    assert not loose('_("Reste\u00a0: 2\u202f! À 12:30, « a\u00a0»")'.replace("« a", "«\u00a0a"))
