"""Questions on papers read through a sliding window (Hengqin-RA-v1, "Journals in five steps": blocks and windows).

A paper is cut into blocks of whole sentences. A window of a few blocks slides over them; its step grows with the
category of the journal, so that a paper of category 1 is read most closely. Within a block the questions are those of
`tcm gen-qa`. Between two blocks of a window it is asked what each says of a term that both speak of. Both answers are
quotations, and both blocks are the evidence.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations
from typing import Any, NamedTuple

from tcmkit.errors import RecordError, UsageError
from tcmkit.gen_qa.generator import Generator
from tcmkit.gen_qa.quote import sentences, sound
from tcmkit.gen_qa.settings import Settings
from tcmkit.language import both
from tcmkit.records import Drop, Record, content_id
from tcmkit.tables import table
from tcmkit.text.lexicon import Lexicon

STEPS: Mapping[str, int] = {"1": 1, "2": 2, "3": 3}
"""Blocks from one window to the next, by category; any other category, or none, as the largest."""

_SHORTEST, _LONGEST = 12, 160
"""Characters of a sentence that is quoted as what a block says of a term."""


@dataclass(frozen=True)
class WindowSettings:
    """Options of `tcm gen-qa --windows`."""

    questions: Settings = field(default_factory=Settings)
    blocks: int = 3
    """Blocks in a window."""
    characters: int = 400
    """Characters of a block, about: it ends with a sentence."""
    steps: Mapping[str, int] = field(default_factory=lambda: dict(STEPS))

    def step_of(self, category: object) -> int:
        """Blocks to move on."""
        return self.steps.get(str(category), max(self.steps.values()))


def parse_steps(text: str) -> dict[str, int]:
    """Steps by category as typed: `1=1,2=2`. Raises UsageError."""
    try:
        steps = {category.strip(): int(step) for category, step in (part.split("=") for part in text.split(","))}
    except ValueError:
        steps = {}
    if not steps or min(steps.values()) < 1:
        raise UsageError(both("--window-steps: write it as 1=1,2=2,3=3", "--window-steps：请写成 1=1,2=2,3=3"))
    return {**STEPS, **steps}


class Block(NamedTuple):
    """Part of a document: record["text"][start:end]."""

    record: Record
    doc_id: str
    start: int
    end: int

    @property
    def text(self) -> str:
        """What stands in it."""
        return str(self.record["text"])[self.start : self.end]


class Windows:
    """The step: holds one paper at a time, and asks when it is complete."""

    def __init__(self, settings: WindowSettings) -> None:
        self._settings = settings
        self._generator = Generator(settings.questions)
        self._paper = ""
        self._blocks: list[Block] = []

    def __call__(self, record: Record) -> list[Record] | Drop:
        """The questions on the paper before, when this record begins another.

        Raises RecordError `no_text`.
        """
        text = record.get("text")
        if not isinstance(text, str) or not text.strip():
            raise RecordError("no_text")
        blocks = list(_blocks_of(record, text, self._settings.characters))
        if not blocks:
            return Drop("no_question")
        paper = _paper_of(record)
        done = [] if paper == self._paper else self.finish()
        self._paper = paper
        self._blocks += blocks
        return done

    def finish(self) -> list[Record]:
        """The questions on the paper at hand."""
        blocks, self._blocks = self._blocks, []
        if not blocks:
            return []
        step = self._settings.step_of(blocks[0].record.get("importance"))
        starts = range(0, max(len(blocks) - self._settings.blocks, 0) + step, step)
        windows = [range(start, min(start + self._settings.blocks, len(blocks))) for start in starts]
        seen = sorted({number for window in windows for number in window})
        pairs = sorted({pair for window in windows for pair in combinations(window, 2)})
        made = {record["question"]: record for number in seen[::-1] for record in self._within(blocks[number])}
        told = [_told(block) for block in blocks]
        for first, second in pairs:
            for record in _between(blocks[first], blocks[second], told[first], told[second]):
                if record["question"] not in made:  # two answers to one question would teach nothing
                    made[record["question"]] = record
                    break
        return list(made.values())

    def _within(self, block: Block) -> Iterator[Record]:
        """The questions of `tcm gen-qa` about a block, with offsets of the document."""
        made = self._generator({**block.record, "id": block.doc_id, "text": block.text})
        for record in () if isinstance(made, Drop) else made:
            evidence = dict(record["evidence"])
            if "field" not in evidence:
                evidence["start"] += block.start
                evidence["end"] += block.start
            yield {**record, "evidence": evidence, "scope": "within"}


def _paper_of(record: Record) -> str:
    """What tells a paper from the next one: its id, its file, or the document itself."""
    meta, source = record.get("meta"), record.get("source")
    for holder, name in ((meta, "paper_id"), (source, "path"), (source, "title")):
        if isinstance(holder, dict) and isinstance(holder.get(name), str):
            return str(holder[name])
    return _doc_id(record)


def _doc_id(record: Record) -> str:
    own = record.get("id")
    return str(own) if isinstance(own, str | int) and str(own) else content_id(str(record["text"]))


def _blocks_of(record: Record, text: str, characters: int) -> Iterator[Block]:
    """Blocks of whole sentences, each about as long as asked for."""
    doc_id = _doc_id(record)
    start = last = None
    for first, end in sentences(text):
        if start is not None and last is not None and end - start > characters:
            yield Block(record, doc_id, start, last)
            start = None
        start = first if start is None else start
        last = end
    if start is not None and last is not None:
        yield Block(record, doc_id, start, last)


@cache
def _terms() -> Lexicon[str]:
    """What a paper may speak of twice: herbs, formulas, diseases, syndromes, by name."""
    names = [
        *table("herbs")["names"],
        *(row["name"] for row in table("formulas")["formulas"]),
        *table("disease_names")["names"],
        *(row["name"] for row in table("syndromes")["syndromes"]),
    ]
    return Lexicon({name: name for name in names if len(name) >= 2})


def _told(block: Block) -> "Told":
    """Each term of a block with the first sentence that says enough of it, in offsets of the document."""
    told: Told = {}
    for start, end in sentences(block.text):
        quotation = block.text[start:end]
        if _SHORTEST <= len(quotation) <= _LONGEST and sound(quotation, book=False):
            for _start, _end, term in _terms().spans(quotation):
                told.setdefault(term, (block.start + start, block.start + end))
    return told


Told = dict[str, tuple[int, int]]


def _between(first: Block, second: Block, ours: Told, theirs: Told) -> Iterator[Record]:
    """Questions on what two blocks say of a term that both speak of, the longest term first."""
    title = _title(first.record)
    for term in sorted(ours.keys() & theirs.keys(), key=lambda term: (-len(term), term)):
        one = str(first.record["text"])[slice(*ours[term])]
        other = str(second.record["text"])[slice(*theirs[term])]
        if one == other:
            continue
        place = f"《{title}》" if title else "这篇文章"
        question = f"{place}有两处谈到{term}，分别说了什么？"
        answer = f"一处：{one}\n另一处：{other}"
        evidence = [_evidence(first, ours[term]), _evidence(second, theirs[term])]
        yield {
            "id": content_id(first.doc_id, second.doc_id, question, answer),
            "question": question,
            "answer": answer,
            "kind": "relation",
            "scope": "between",
            "evidence": evidence[0],
            "further_evidence": evidence[1:],
            **({"source": first.record["source"]} if "source" in first.record else {}),
            "messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}],
        }


def _title(record: Record) -> str:
    source: Any = record.get("source")
    title = source.get("title") if isinstance(source, dict) else None
    return title.strip() if isinstance(title, str) else ""


def _evidence(block: Block, span: tuple[int, int]) -> dict[str, Any]:
    return {"doc_id": block.doc_id, "start": span[0], "end": span[1]}
