"""A preference as TRL reads it."""

from typing import NamedTuple

from tcmkit.records import Record


class Pair(NamedTuple):
    """The answers to a question, the better one first."""

    question: str
    chosen: str
    rejected: str


def preference(record: Record, pair: Pair, own_id: str, more: Record) -> Record:
    """The line: prompt and both answers as messages, `more` (who judged and why), then the record's other fields."""
    made: Record = {
        "id": own_id,
        "prompt": [{"role": "user", "content": pair.question}],
        "chosen": [{"role": "assistant", "content": pair.chosen}],
        "rejected": [{"role": "assistant", "content": pair.rejected}],
        **more,
    }
    return {**made, **{name: value for name, value in record.items() if name not in made and name not in _REPLACED}}


_REPLACED = ("messages", "judge", "error", "answered_by")
"""Fields of an earlier run, or of another line type, that would say something false of this line."""
