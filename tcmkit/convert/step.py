"""The step of `tcm convert`: one line from the form it is in to the form that is wanted."""

from collections import Counter

from tcmkit.convert.settings import CONTENTS, Settings
from tcmkit.convert.talk import read_talk
from tcmkit.convert.write import WRITERS
from tcmkit.errors import RecordError
from tcmkit.language import both
from tcmkit.records import Record


class Converter:
    """Turns a line into the format of `settings.to`; a table takes any line as it is."""

    def __init__(self, settings: Settings) -> None:
        self._to = settings.to
        self._origin = settings.origin if settings.origin in CONTENTS else None
        self.noted: Counter[str] = Counter()
        """Fields that were lost, by name."""

    def __call__(self, record: Record) -> list[Record]:
        """The line converted. Raises RecordError for one that cannot be read or that the format cannot hold."""
        talk = read_talk(record, self._origin) if self._to in WRITERS or self._origin else None
        if self._to not in WRITERS:
            if not record:
                raise RecordError("no_fields", both("a table has no row without a field", "表格中不能有没有字段的行"))
            return [record]
        if talk is None:
            if self._to == "trl" and isinstance(record.get("text"), str):
                return [record]  # TRL's language-modelling format
            raise RecordError(
                "no_conversation",
                both(
                    f"{self._to} holds questions and answers; parquet, csv, hf hold any line",
                    f"{self._to} 只存问答；parquet、csv、hf 可存任何行",
                ),
            )
        if not talk.turns:
            raise RecordError("no_conversation", both("no turn at all", "没有任何一轮对话"))
        return [WRITERS[self._to](talk, self.noted)]
