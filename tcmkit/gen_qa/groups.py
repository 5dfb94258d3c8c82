"""Questions on several cases together (Hengqin-RA-v1, records: logic is drawn from single records and across several).

Cases with the same value of a field are put together, a few at a time: what do they share, and where do they differ?
Every finding in the answer is a quotation of one of the records, and stands in the evidence.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from tcmkit.errors import RecordError
from tcmkit.language import both
from tcmkit.records import Drop, Record, content_id, findings_of
from tcmkit.tables import table

_LONGEST_VALUE = 40


@dataclass(frozen=True)
class GroupSettings:
    """Options of `tcm gen-qa --group-by`."""

    field: str
    """The field whose value cases have in common; a path such as meta.department.name."""
    size: int = 3
    """Cases looked at together."""


class _Case(NamedTuple):
    doc_id: str
    findings: dict[str, tuple[str, int, int]]
    """What was found, in plain words, with dimension and place."""


class Groups:
    """The step: keeps of each case only its findings, until its group is full."""

    def __init__(self, settings: GroupSettings) -> None:
        self._settings = settings
        self._waiting: dict[str, list[_Case]] = {}

    def __call__(self, record: Record) -> list[Record] | Drop:
        """The question on a group, when this case makes it full.

        Raises RecordError `no_such_field` and `not_a_case` (it has not been through `tcm clean-tqs`).
        """
        value = _value(record, self._settings.field)
        if not isinstance(value, str | int) or not str(value).strip() or len(str(value)) > _LONGEST_VALUE:
            raise RecordError(
                "no_such_field", both(f"{self._settings.field}: a short text", f"{self._settings.field}：应为短文本")
            )
        if not isinstance(record.get("tqs"), dict) or not isinstance(record.get("text"), str):
            raise RecordError(
                "not_a_case", both("send it through  tcm clean-tqs  first", "请先用  tcm clean-tqs  处理")
            )
        case = _Case(str(record.get("id") or content_id(record["text"])), _findings(findings_of(record)))
        if not case.findings:
            return Drop("no_question")
        group = self._waiting.setdefault(str(value).strip(), [])
        group.append(case)
        if len(group) < self._settings.size:
            return []
        return self._asked(str(value).strip(), self._waiting.pop(str(value).strip()))

    def finish(self) -> list[Record]:
        """The questions on groups that are not full but hold two cases."""
        waiting, self._waiting = self._waiting, {}
        return [record for value, group in waiting.items() if len(group) > 1 for record in self._asked(value, group)]

    def _asked(self, value: str, group: list[_Case]) -> list[Record]:
        counts: dict[str, int] = {}
        for case in group:
            for finding in case.findings:
                counts[finding] = counts.get(finding, 0) + 1
        shared = [finding for finding in group[0].findings if counts[finding] == len(group)]
        differing = [[finding for finding in case.findings if counts[finding] < len(group)] for case in group]
        if not shared or not any(differing):
            return []
        return [_record(value, group, shared, differing)]


def _value(record: Record, path: str) -> Any:
    value: Any = record
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _findings(tqs: dict[str, Any]) -> dict[str, tuple[str, int, int]]:
    """Findings that are present, in the order of the Ten Questions Song and of the text."""
    found: dict[str, tuple[str, int, int]] = {}
    for row in table("ten_questions")["dimensions"]:
        entries = tqs.get(row["id"])
        for entry in entries if isinstance(entries, list) else ():
            if _is_present(entry):
                found.setdefault(entry["text"], (row["id"], entry["start"], entry["end"]))
    return found


def _is_present(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and entry.get("polarity") == "present"
        and isinstance(entry.get("text"), str)
        and isinstance(entry.get("start"), int)
        and isinstance(entry.get("end"), int)
    )


def _record(value: str, group: list[_Case], shared: list[str], differing: list[list[str]]) -> Record:
    cases = "\n".join(f"例{number}：{'，'.join(case.findings)}。" for number, case in enumerate(group, 1))
    question = f"下面{len(group)}例病案同为“{value}”，它们有哪些共同的所见，又有何不同？\n{cases}"
    own = [f"例{number}另见{'、'.join(rest)}。" for number, rest in enumerate(differing, 1) if rest]
    answer = f"共同所见：{'、'.join(shared)}。\n" + "\n".join(own)
    first, *further = [
        {"doc_id": case.doc_id, "start": start, "end": end}
        for case in group
        for _dimension, start, end in case.findings.values()
    ]
    return {
        "id": content_id(*(case.doc_id for case in group), value),
        "question": question,
        "answer": answer,
        "kind": "comparison",
        "scope": "group",
        "group": {"value": value, "cases": [case.doc_id for case in group]},
        "evidence": first,
        "further_evidence": further,
        "messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}],
    }
