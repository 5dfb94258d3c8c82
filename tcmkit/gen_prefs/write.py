"""A preference as TRL reads it."""

from tcmkit.gen_prefs.errors import Asked, Planted
from tcmkit.records import Record


def preference(record: Record, asked: Asked, planted: Planted, own_id: str) -> Record:
    """The line: prompt and both answers as messages, who judged, what was planted, and the record's other fields."""
    rest = {name: value for name, value in record.items() if name not in ("id", "messages")}
    return {
        "id": own_id,
        "prompt": [{"role": "user", "content": asked.question}],
        "chosen": [{"role": "assistant", "content": asked.answer}],
        "rejected": [{"role": "assistant", "content": planted.in_answer(asked.answer)}],
        "judge": {"engine": "rules"},
        "error": planted._asdict(),
        **{
            name: value
            for name, value in rest.items()
            if name not in ("prompt", "chosen", "rejected", "judge", "error")
        },
    }
