"""What a user can choose about cleaning."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of `tcm clean-tqs`."""

    only_records: bool = False
    """Drop Documents that are no case record (not_a_record) instead of passing them through."""
    needs_words: bool = False
    """Reject an empty text (no_text), as `tcm ingest` does; else it is a case in which nothing is told."""
    merge: bool = False
    """With a model: findings of the rules where the model said nothing."""
