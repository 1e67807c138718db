"""What the detector finds in labelled sentences, its measures printed, and the patterns that two languages share."""

import json
import re
from pathlib import Path

from civic.encounters.detector import KINDS, find, hints, holds
from civic.paths import STATIC

LINES = (Path(__file__).parent.parent / "data" / "comments.tsv").read_text("utf-8").splitlines()
SENTENCES = [tuple(line.split("\t")) for line in LINES]
FLOOR = 0.95


def test_the_sentences_are_many_and_half_clean() -> None:
    clean = sum(label == "clean" for label, _sentence in SENTENCES)
    assert len({sentence for _label, sentence in SENTENCES}) == len(SENTENCES) >= 200
    assert 0.45 <= clean / len(SENTENCES) <= 0.55
    assert {label for label, _sentence in SENTENCES} == {"clean", *KINDS}


def test_precision_and_recall() -> None:
    """Whether a sentence is held at all; the wrong ones are printed with the measure."""
    hit = [(label, sentence) for label, sentence in SENTENCES if holds(sentence)]
    right = sum(label != "clean" for label, _sentence in hit)
    expected = sum(label != "clean" for label, _sentence in SENTENCES)
    precision, recall = right / len(hit), right / expected
    wrong = [line for line in SENTENCES if holds(line[1]) == (line[0] == "clean")]
    print(f"precision {precision:.3f}, recall {recall:.3f} on {len(SENTENCES)} sentences; wrong: {wrong}")
    assert precision >= FLOOR, wrong
    assert recall >= FLOOR, wrong


def test_the_kind_is_the_right_one() -> None:
    held = [(label, sentence) for label, sentence in SENTENCES if label != "clean" and holds(sentence)]
    wrong = [line for line in held if line[0] not in {hit.kind for hit in find(line[1])}]
    assert len(wrong) <= 0.05 * len(held), wrong


def test_spans_say_where() -> None:
    text = "Bonjour, M. Dupont : 06 12 34 56 78 !"
    assert [(text[hit.start : hit.end], hit.kind) for hit in find(text)] == [
        ("M. Dupont", "name"),
        ("06 12 34 56 78", "phone"),
    ]
    assert hints(text) == ["un numéro de téléphone", "un nom"]
    assert (find(None), holds(""), hints(None)) == ([], False, [])


def test_the_patterns_mean_the_same_in_javascript() -> None:
    """No construct that JavaScript lacks, or that it reads otherwise than Python."""
    for row in json.loads((STATIC / "detector.json").read_text("utf-8"))["patterns"]:
        assert row["kind"] in KINDS
        assert row["flags"] in {"", "i"}
        assert not re.search(r"\(\?<|\(\?P|\\[bBdDwWAZ]", row["pattern"]), row
        assert re.compile(row["pattern"]).groups == 1, row
