"""Labelled cases as rows for the trainer, and which of them are for validation."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tcmkit.errors import InputError
from tcmkit.language import both
from tcmkit.records import Record

from ..diseases import Disease, diseases_of
from ..signs import Sign, folded, signs_of
from .tokens import Tokens, text_of

_LETTERS = re.compile(r"[^\W\d_]+")
VALIDATION = 0.1
BEST = "best.safetensors"
"""The best weights so far, in the run's folder until all is done: a run that is resumed at its end needs them too."""
_COUNTED_FROM_PAD = ("roberta", "camembert", "longformer", "mpnet", "data2vec")
"""Kinds of model whose first position is the number of the padding token plus one."""


def most_tokens(folder: Path, wanted: int) -> int:
    """How many tokens a row may have: those wanted, as far as the encoder in the folder has positions.

    Raises InputError when it has no readable config.json.
    """
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        positions = int(config.get("max_position_embeddings") or wanted)
        before = int(config.get("pad_token_id") or 0) + 1
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise InputError(both(f"{folder}: no readable config.json", f"{folder}：config.json 无法读取")) from error
    counted_from_pad = any(kind in str(config.get("model_type")) for kind in _COUNTED_FROM_PAD)
    return min(wanted, positions - before if counted_from_pad else positions)


class RowMaker:
    """Gives the row of a case: tokens, label, group, and what the built-in engine needs to judge it."""

    def __init__(self, folder: Path, most: int, cleaned: bool) -> None:
        """The tokenizer is in `folder`; rows of at most `most` tokens, of all text or of what cleaning left."""
        self.noted: Counter[str] = Counter()
        self._tokens, self._most, self._cleaned = Tokens(folder, most), most, cleaned

    def add(self, label: str, case: Record) -> Record:
        """The row."""
        [ids] = self._tokens([text_of(case, self._cleaned)])
        self.noted.update(tokens=len(ids), learned=1, cut=int(len(ids) == self._most))
        found = signs_of(case)
        ill = diseases_of(folded(case["text"]))
        return {
            "input_ids": ids,
            "label": label,
            "group": group_of(case["text"]),
            "signs": [2 * sign.row + sign.present for sign in found],
            "diseases": [one.row for one in ill],
            "shares": [one.weight for one in ill],
        }


def group_of(text: str) -> str:
    """The same for texts that differ in numbers and punctuation only: they are of one patient, or one template.

    >>> group_of("咳嗽3天，痰白。") == group_of("咳嗽5天 痰白")
    True
    """
    letters = "".join(_LETTERS.findall(text)).encode("utf-8", "replace")
    return hashlib.blake2b(letters, digest_size=8).hexdigest()


def judged(row: Record) -> tuple[list[Sign], list[Disease]]:
    """Signs and diseases of a row, without their places: what the built-in engine weighs."""
    signs = [Sign(code // 2, 0, 0, bool(code % 2)) for code in row["signs"]]
    ill = zip(row["diseases"], row["shares"], strict=True)
    return signs, [Disease(number, share, 0, 0) for number, share in ill]


class Parts(NamedTuple):
    """Places of the rows that are learned from, and of those that only judge."""

    train: list[int]
    validation: list[int]


def split(labels: Sequence[str], groups: Sequence[str], seed: int, share: float = VALIDATION) -> Parts:
    """A share of the groups of each label for validation, the same for the same seed; a group is never divided.

    A group belongs to the label of its first row. The only group of a label is learned from.

    >>> split("aaaabbc", ["1", "2", "3", "3", "4", "5", "6"], 0, 0.5).validation
    [0, 5]
    """
    label_of = dict(reversed(list(zip(groups, labels, strict=True))))
    many = Counter(label_of.values())
    order = sorted(
        (group for group, label in label_of.items() if many[label] > 1),
        key=lambda group: (label_of[group], hashlib.blake2b(f"{seed} {group}".encode(), digest_size=8).digest()),
    )
    chosen = {group for number, group in enumerate(order) if int((number + 1) * share) > int(number * share)}
    is_out = [group in chosen for group in groups]
    return Parts([n for n, out in enumerate(is_out) if not out], [n for n, out in enumerate(is_out) if out])
