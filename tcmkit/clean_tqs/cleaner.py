"""The step of `tcm clean-tqs`: one record in, one case out (JingFang cleaning by rules)."""

from functools import cache, cached_property

from tcmkit.records import Drop, Finding, Record, Visit, content_id
from tcmkit.tables import dimensions

from . import inputs, sections
from .compose import compose
from .everyday import with_everyday
from .fold import fold
from .settings import Settings
from .tidy import tidy
from .tokens import Clause, clauses
from .weave import Woven, weave


class Cleaner:
    """Turns records into Cases.

    A Document that is no case record of one patient passes through unchanged, or is dropped with
    `not_a_record` when the settings ask for records only.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __call__(self, record: Record) -> list[Record] | Drop:
        """The case made of a record. Raises RecordError (`no_text`, `bad_field`)."""
        case = RawRecord(record, self._settings.needs_words)
        if not case.is_case:
            return Drop("not_a_record") if self._settings.only_records else [record]
        return [{**record, **case.told(case.by_rules())}]


@cache
def _order() -> tuple[str, ...]:
    return tuple(dimensions())


class RawRecord:
    """A record on its way to become a case."""

    def __init__(self, record: Record, needs_words: bool = False) -> None:
        """Raises RecordError (`no_text`, `bad_field`)."""
        self.text = inputs.text_of(record, needs_words)
        self.folded = fold(self.text)
        self._record = record

    @property
    def is_case(self) -> bool:
        """Whether it tells of one patient; what is no page of a book is taken at its word."""
        if not inputs.may_be_a_page(self._record):
            return True
        from .case_likeness import is_case_record, is_of_one_patient  # only pages need its many patterns

        return is_case_record(self.folded) and is_of_one_patient(self.folded)

    @cached_property
    def clauses(self) -> list[Clause]:
        """Its clauses."""
        return clauses(self.folded)

    @cached_property
    def visits(self) -> list[Visit]:
        """The visits it tells of, if there are several."""
        return sections.visits(self.text, self.folded, self.clauses) if "诊" in self.folded else []

    def by_rules(self) -> Woven:
        """What the rules find."""
        woven = tidy(self.folded, self.clauses, weave(self.folded, self.clauses))
        return woven._replace(spots=with_everyday(self.folded, woven.spots, [*woven.removed, *woven.stated]))

    def told(self, woven: Woven) -> Record:
        """The fields of the case that holds these findings."""
        text, order = self.text, _order()
        found: dict[str, list[Finding]] = {}
        for start, end, dimension, polarity in woven.spots:
            finding: Finding = {"text": text[start:end], "start": start, "end": end, "polarity": polarity}
            if dimension in found:
                found[dimension].append(finding)
            else:
                found[dimension] = [finding]
        identifier = self._record.get("id")
        case: Record = {
            "id": identifier if identifier not in (None, "") else content_id(text),
            "text": text,
            "tqs": {dimension: found[dimension] for dimension in order if dimension in found},
            "removed": [
                {"category": category, "text": text[start:end], "start": start, "end": end}
                for start, end, category in woven.removed
            ],
            "clean_text": compose(text, woven.spots, found),
            "missing": [dimension for dimension in order if dimension not in found],
        }
        _add_extras(case, woven)
        if self.visits:
            case["visits"] = self.visits
        return case


def _add_extras(case: Record, woven: Woven) -> None:
    """Fields that only some records have."""
    text = case["text"]
    if woven.drugs:
        case["medications"] = [{"text": text[start:end], "start": start, "end": end} for start, end, _ in woven.drugs]
    if woven.stated:
        case["stated"] = [
            {"kind": category.partition(":")[2], "text": text[start:end], "start": start, "end": end}
            for start, end, category in woven.stated
        ]
