"""Examination questions and the answers to them: one reading for rewards, evaluation and training alike."""

from tcmkit.exam.answer import extract, read_answer
from tcmkit.exam.asking import conversation, listed
from tcmkit.exam.form import is_well_formed, tags_present
from tcmkit.exam.items import ExamItem, as_written, read_item

__all__ = [
    "ExamItem",
    "as_written",
    "conversation",
    "extract",
    "is_well_formed",
    "listed",
    "read_answer",
    "read_item",
    "tags_present",
]
