"""The step of `tcm stats`: everything that one line adds to the counts.

Counts are kept by a path of names joined by SEP, so that those of several processes simply add up.
"""

import hashlib
from collections import Counter
from functools import cache
from typing import Any

from tcmkit.errors import InputError, MissingExtra
from tcmkit.language import both
from tcmkit.records import Record
from tcmkit.stats.domain import domain_of
from tcmkit.stats.lengths import bin_of
from tcmkit.stats.parts import QUESTIONS, Parts, parts_of
from tcmkit.stats.settings import Settings
from tcmkit.text.department import department

SEP = "\x1f"
_MOST_NAMES = 5000
"""Sources and kinds beyond so many go into one: memory stays bounded whatever the lines say."""
_BLANKS = str.maketrans("", "", " \t\r\n\u3000")


@cache
def tokenizer(path: str) -> Any:
    """The tokenizer of a tokenizer.json. Raises MissingExtra, InputError."""
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise MissingExtra(both("counting tokens", "统计词元"), "data") from None
    try:
        return Tokenizer.from_file(path)
    except Exception as error:  # tokenizers raises nothing more exact
        raise InputError(
            both(f"cannot read {path} as a tokenizer.json: {error}", f"无法把 {path} 读作 tokenizer.json：{error}")
        ) from None


class Measurer:
    """Counts a line. What it gives to write is the line's fingerprint, by which duplicates are found."""

    def __init__(self, settings: Settings) -> None:
        self._tokenizer = tokenizer(settings.tokenizer) if settings.tokenizer else None
        self._names: dict[str, set[str]] = {"source": set(), "kind": set()}
        self.noted: Counter[str] = Counter()

    def __call__(self, record: Record) -> list[Record]:
        """Enter a line. Raises RecordError for one of no type of ours."""
        parts = parts_of(record)
        text = "\n".join(parts.texts.values())
        sizes = {role: len(part.translate(_BLANKS)) for role, part in parts.texts.items()}
        tokens = self._tokens(parts)
        domain = domain_of(record, text)
        measures = {"records": 1, "characters": sum(sizes.values()), "tokens": sum(tokens.values())}
        self._add("type", parts.type, measures)
        self._add("domain", f"{domain}{SEP}{parts.type}", measures)
        self._add_source(parts, measures)
        if parts.kind:
            self._add("kind", self._name("kind", parts.kind), {"records": 1})
        self._add("department", _department(record, text), {"records": 1})
        for unit, lengths in (("characters", sizes), ("tokens", tokens)):
            for role, length in lengths.items():
                self._add_length(unit, role, length)
        self._add_case(record)
        return [{"f": hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()}]

    def _add(self, group: str, name: str, measures: dict[str, int]) -> None:
        for measure, count in measures.items():
            self.noted[f"{group}{SEP}{name}{SEP}{measure}"] += count

    def _add_source(self, parts: Parts, measures: dict[str, int]) -> None:
        more = {"documents": int(parts.type == "document"), "cases": int(parts.type == "case")}
        more |= {"tuples": int(parts.type == "preference"), "choice": int("options" in parts.texts)}
        more["questions"] = int(parts.type in QUESTIONS)
        counts = {name: count for name, count in (measures | more).items() if count}
        self._add("source", self._name("source", parts.source), counts)

    def _name(self, group: str, name: str) -> str:
        known = self._names[group]
        if name not in known and len(known) >= _MOST_NAMES:
            return "…"
        known.add(name)
        return name.replace(SEP, " ")[:200]

    def _add_length(self, unit: str, role: str, length: int) -> None:
        self.noted[f"length{SEP}{unit}{SEP}{role}{SEP}{bin_of(length)}"] += 1
        self.noted[f"total{SEP}{unit}{SEP}{role}{SEP}sum"] += length

    def _add_case(self, record: Record) -> None:
        tqs = record.get("tqs")
        if not isinstance(tqs, dict):
            return
        for dimension, findings in tqs.items():
            if not isinstance(findings, list) or not findings:
                continue
            self.noted[f"dimension{SEP}{dimension}{SEP}cases"] += 1
            for finding in findings:
                polarity = finding.get("polarity") if isinstance(finding, dict) else None
                if polarity in ("present", "absent", "uncertain"):
                    self.noted[f"dimension{SEP}{dimension}{SEP}{polarity}"] += 1

    def _tokens(self, parts: Parts) -> dict[str, int]:
        if self._tokenizer is None:
            return {}
        encoded = self._tokenizer.encode_batch(list(parts.texts.values()), add_special_tokens=False)
        return {role: len(encoding.ids) for role, encoding in zip(parts.texts, encoded, strict=True)}


def _department(record: Record, text: str) -> str:
    """The department that the line names, else the one that its words speak for, else none."""
    meta = record.get("meta")
    own = meta.get("department") if isinstance(meta, dict) else record.get("department")
    if isinstance(own, dict):
        own = own.get("id")
    if isinstance(own, str) and own:
        return own.replace(SEP, " ")[:80]
    found = department(text)
    return found.id if found else ""
