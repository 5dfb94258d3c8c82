"""`tcm eval syndrome`: figures by hand, shared records, two files, bad lines."""

from typing import Any

import pytest

from tcmkit.errors import RecordError, UsageError
from tcmkit.evaluate.syndrome import SyndromeScorer, agreement, calibration, fingerprint, read
from tests.conftest import Run, jsonl


def prediction(text: str, gold: str, made: str, score: float = 0.8, second: str = "肾虚证") -> dict[str, Any]:
    candidates = [{"syndrome": made, "score": score}, {"syndrome": second, "score": 0.1}]
    return {"text": text, "label": gold, "syndrome": made, "score": score, "candidates": candidates, "abstained": False}


ROWS = [
    prediction("甲", "血热证", "血热证"),
    prediction("乙", "血热证", "肾虚证"),
    prediction("丙", "肾虚证", "肾虚证"),
    prediction("丁", "气血两虚证", "气血亏虚证", 0.4),
]


def report(rows: list[dict[str, Any]], **more: Any) -> Any:
    scorer = SyndromeScorer(**more)
    for row in rows:
        scorer(row)
    [made] = scorer.finish()
    return made


def test_figures_by_hand() -> None:
    made = report(ROWS)
    assert made["accuracy"] == 0.5
    assert made["weighted_precision"] == round((2 * 1.0 + 0.5 + 0) / 4, 4)
    assert made["weighted_recall"] == 0.5
    assert made["weighted_f1"] == round((2 * 0.6667 + 0.6667) / 4, 4)
    assert made["macro_f1"] == round((0.6667 + 0.6667) / 4, 4)
    assert made["merging_near_synonyms"]["accuracy"] == 0.75
    assert made["abstention"][-1] == {"coverage": 1.0, "accuracy": 0.5, "score": 0.4}
    assert made["long_tail"] == {"below": 10, "classes": 3, "records": 4, "accuracy": 0.5}


def test_perfect_predictions() -> None:
    assert set(agreement(["a", "b"], ["a", "b"]).values()) == {1.0}
    assert calibration([read(prediction("甲", "血热证", "血热证", 1.0))]) == 0.0


def test_shared_records_are_refused_and_left_out() -> None:
    train = frozenset({fingerprint({"text": "甲。"})})
    with pytest.raises(UsageError, match="1"):
        report(ROWS, train=train)
    made = report([*ROWS, ROWS[2]], train=train, dedup=True)
    assert (made["records"], made["shared_with_train"], made["repeated"]) == (3, 1, 1)


def test_a_label_in_the_text_is_counted() -> None:
    assert report([prediction("辨为血热证。", "血热证", "血热证")])["leaked"] == 1


@pytest.mark.parametrize(
    ("row", "reason"), [({"text": "甲"}, "no_label"), ({"text": "甲", "label": "血热"}, "no_prediction")]
)
def test_bad_lines(row: Any, reason: str) -> None:
    with pytest.raises(RecordError, match=reason):
        read(row)


def test_the_command(tcm: Run, tmp_path: Any) -> None:
    (tmp_path / "other.jsonl").write_bytes(jsonl(prediction(row["text"], row["label"], "肾虚证") for row in ROWS))
    done = tcm("eval", "syndrome", "--against", "other.jsonl", "--html", "page.html", stdin=jsonl(ROWS))
    assert done.status == 0, done.err
    [made] = done.records
    assert made["against"]["records"] == 4
    assert made["against"]["accuracy_difference"] == 0.25
    html = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<svg" in html
    assert "血热证" in html
    (tmp_path / "train.jsonl").write_bytes(jsonl([{"text": "甲"}]))
    refused = tcm("eval", "syndrome", "--train", "train.jsonl", stdin=jsonl(ROWS))
    assert refused.status == 2
    assert refused.out == b""
    (tmp_path / "bad.jsonl").write_bytes(b'{"text":3}\n')
    bad = tcm("eval", "syndrome", "--train", "bad.jsonl", stdin=jsonl(ROWS))
    assert bad.status == 1
    assert bad.messages == ["tcm: bad.jsonl:1: no_text: correct the line"]
