"""screen and modernize with a real model: too small to be right, so every record must end as written or rejected."""

from pathlib import Path

import pytest

from tests.conftest import Run, jsonl

pytest.importorskip("torch")
pytest.importorskip("transformers")

RECORDS = [
    {"text": "凡病人夜半发热者，其邪在阴也，当归主之。"},
    {"text": "患者三天前受凉后出现头痛、发热，没有出汗。"},
    {"text": "保证治愈，无效退款。"},
]


@pytest.mark.parametrize(
    ("verb", "without_the_model"), [("screen", "dropped 1 (screen_toxic 1)"), ("modernize", "dropped 0")]
)
def test_the_books_balance_whatever_a_model_says(tcm: Run, tiny: Path, verb: str, without_the_model: str) -> None:
    ended = tcm(
        *(verb, "--llm", f"hf:{tiny / 'hf'}", "--no-cache", "--max-tokens", "40", "--rejects", "rejects"),
        stdin=jsonl(RECORDS),
        env={"HF_HUB_OFFLINE": "1"},
        timeout=300,
    )
    assert ended.status in (0, 3), ended.err
    balance = ended.messages[-1]
    assert balance.startswith(f"tcm {verb}: read 3 = kept ")
    assert without_the_model in balance
    assert all("screen" in record or "modernized" in record for record in ended.records)
