"""A paper's place among the target journals, by whatever is known of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tcmkit.errors import InputError
from tcmkit.literature.finding import Found, look_into
from tcmkit.literature.lookup import Lookup
from tcmkit.literature.match import Match, match, plain
from tcmkit.literature.references import SUFFIXES, Reference, read_references
from tcmkit.literature.targets import Journal, read_targets
from tcmkit.records import content_id


@dataclass(frozen=True)
class Sources:
    """Where to look."""

    targets: str
    """CSV of the target journals."""
    references: tuple[str, ...] = ()
    """.bib and .ris files about many papers."""
    offline: bool = False
    cache: Path | None = None


@dataclass(frozen=True)
class Paper:
    """What was found out about one PDF."""

    paper_id: str
    """The DOI; without one, a name made of the file's content."""
    file: str
    reference: Reference
    match: Match
    found_by: str
    """beside, references, cache, network, head, or what is missing: offline, no_answer."""

    @property
    def importance(self) -> int | str | None:
        """The category of the journal: 1 weighs most; None when the journal is not certain."""
        return self.match.journal.category if self.match.journal else None

    def meta(self) -> dict[str, object]:
        """What each Document of the paper is given."""
        name = self.match.journal.name if self.match.journal else self.reference.journal
        known = {"paper_id": self.paper_id, "journal": name, "year": self.reference.year}
        return {key: value for key, value in known.items() if value}


class Catalogue:
    """Places papers. It can be made in every process."""

    def __init__(self, sources: Sources) -> None:
        """Raises InputError, UsageError or MissingExtra for what cannot be used."""
        self._targets = read_targets(sources.targets)
        listed = [entry for path in sources.references for entry in _checked_references(path)]
        self._by_doi = {entry.doi: entry for entry in listed if entry.doi}
        self._by_key = {entry.key: entry for entry in listed if entry.key}
        self._by_title = {plain(entry.title): entry for entry in listed if entry.title}
        self._lookup = Lookup(sources.cache, sources.offline) if sources.cache else None

    def place(self, path: str, data: bytes) -> Paper:
        """What can be found out about the PDF at `path` with these bytes."""
        found = look_into(data)
        reference, how = self._reference(path, data, found)
        judged = match(reference.journal, reference.issns, self._targets)
        if judged.journal is None and judged.status == "unknown":
            by_head = self._by_head(found)
            if by_head.status != "unknown":
                judged, how = by_head, "head"
                reference = Reference(by_head.candidates[0][0], doi=reference.doi, title=reference.title)
        doi = reference.doi or found.doi
        return Paper(doi or content_id(data.hex()), path, reference, judged, how)

    def _reference(self, path: str, data: bytes, found: Found) -> tuple[Reference, str]:
        """The first source that knows the paper: beside it, the user's lists, then the cache and the network."""
        if beside := _beside(path):
            return beside, "beside"
        title = plain(found.title)
        listed = self._by_doi.get(found.doi) or self._by_key.get(Path(path).stem) or self._by_title.get(title)
        if listed is None:
            body = plain(found.text)
            listed = next((entry for name, entry in self._by_title.items() if len(name) > 8 and name in body), None)
        if listed:
            return listed, "references"
        if self._lookup is None:
            return Reference(doi=found.doi, title=found.title), "offline"
        looked_up, how = self._lookup.find(found.doi, data)
        return looked_up or Reference(doi=found.doi, title=found.title), how

    def _by_head(self, found: Found) -> Match:
        """The one target that the head of the first page names; two are ambiguous, unless one holds the other."""
        named = [journal for journal in self._targets if _stands_in(journal, found.head)]
        names = [plain(name) for journal in named for name in journal.names]
        longest = [
            journal
            for journal in named
            if not any(plain(journal.name) != other and plain(journal.name) in other for other in names)
        ]
        candidates = tuple((journal.name, 100) for journal in (longest or named)[:2])
        if len(longest) == 1:
            return Match("matched", longest[0], 100, candidates)
        return Match("ambiguous", None, 100, candidates) if candidates else Match("unknown", None, 0, ())


def _stands_in(journal: Journal, lines: Sequence[str]) -> bool:
    """Whether a line of the head is, begins or ends with a name of the journal.

    Somewhere in a line is not enough: 北京中医杂志 holds 中医杂志.
    """
    plain_lines = [plain(line) for line in lines]
    names = [plain(name) for name in journal.names if len(plain(name)) >= 4]
    return any(_names_at_edge(line, name) for line in plain_lines for name in names)


def _names_at_edge(line: str, name: str) -> bool:
    if line == name:
        return True
    words, wanted = line.split(), name.split()
    return words[: len(wanted)] == wanted or words[-len(wanted) :] == wanted


def _beside(path: str) -> Reference | None:
    """The reference in a .bib or .ris of the same name beside the PDF."""
    for suffix in SUFFIXES:
        beside = Path(path).with_suffix(suffix)
        if beside.is_file():
            entries = read_references(str(beside))
            if entries:
                return entries[0]
    return None


def _checked_references(path: str) -> list[Reference]:
    if not path.lower().endswith(SUFFIXES):
        raise InputError(f"--bib {path}: .bib, .ris")
    return read_references(path)
