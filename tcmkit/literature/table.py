"""The table of what was found: one line a paper."""

from tcmkit.literature.catalogue import Paper

HEADER = (
    *("paper_id", "file", "journal_found", "journal", "category", "score", "status"),
    *("candidate_1", "score_1", "candidate_2", "score_2", "found_by", "doi", "year", "title"),
)


def row(paper: Paper) -> tuple[str, ...]:
    """The cells of a paper, under HEADER. `status` is matched, ambiguous, not_a_target or unknown."""
    judged, reference = paper.match, paper.reference
    nearest = [cell for name, score in judged.candidates for cell in (name, str(score))]
    journal = judged.journal
    return (
        paper.paper_id,
        paper.file,
        reference.journal,
        journal.name if journal else "",
        str(journal.category) if journal else "",
        str(judged.score),
        judged.status,
        *(nearest + [""] * (4 - len(nearest))),
        paper.found_by,
        reference.doi,
        reference.year,
        reference.title,
    )
