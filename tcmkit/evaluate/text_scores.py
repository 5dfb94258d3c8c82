"""What one prediction is worth beside its references: counts for BLEU, ROUGE-L, METEOR, exact match.

BLEU is sacrebleu's (Papineni et al., 2002; Post, 2018). METEOR is that of `meteor`. ROUGE-L is the F-measure of the
longest common subsequence (Lin, 2004), found by RapidFuzz; the figures are those of the package rouge-score on the same
tokens.
"""

import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
from rapidfuzz.distance import LCSseq

from tcmkit.evaluate.meteor import meteor
from tcmkit.evaluate.text_tokens import Tokenize, missing

ORDER = 4
_EDGE = " 。.,，、;；:：!！?？\"'“”‘’"
COLUMNS = (
    "lines",
    *(f"correct{n}" for n in range(1, ORDER + 1)),
    *(f"total{n}" for n in range(1, ORDER + 1)),
    *("length", "reference_length", "rouge_l", "meteor", "exact"),
    *("bert_precision", "bert_recall", "bert_f1"),
)
"""The numbers of a line; every metric of a run is made of their sums."""
_AT = {name: number for number, name in enumerate(COLUMNS)}
_BLEU = slice(_AT["correct1"], _AT["reference_length"] + 1)
METRICS = ("bleu1", "bleu4", "rouge_l", "meteor", "exact", "bert_precision", "bert_recall", "bert_f1")


class Scores:
    """Makes the numbers of lines. Raises MissingExtra without sacrebleu."""

    def __init__(self, tokenize: Tokenize) -> None:
        try:
            import sacrebleu
            from sacrebleu.metrics.bleu import BLEU
        except ImportError:
            raise missing() from None
        self._tokenize = tokenize
        self._bleu = BLEU(tokenize="none", effective_order=True, force=True)
        self.version = str(sacrebleu.__version__)

    def row(self, prediction: str, references: Sequence[str]) -> Any:
        """The numbers of one line, in the order of COLUMNS; those of BERTScore stay 0."""
        made, given = self._tokenize(prediction), [self._tokenize(one) for one in references]
        row = np.zeros(len(COLUMNS))
        row[_AT["lines"]] = 1
        counted = self._bleu.sentence_score(" ".join(made), [" ".join(one) for one in given])
        row[_BLEU] = [*counted.counts, *counted.totals, counted.sys_len, counted.ref_len]
        lower = [token.lower() for token in made]
        lowered = [[token.lower() for token in one] for one in given]
        row[_AT["rouge_l"]] = max(rouge_l(lower, one) for one in lowered)
        row[_AT["meteor"]] = max(meteor(lower, one) for one in lowered)
        row[_AT["exact"]] = any(_bare(prediction) == _bare(one) for one in references)
        return row


def rouge_l(made: Sequence[str], reference: Sequence[str]) -> float:
    """F-measure of the longest common subsequence.

    >>> rouge_l("舌红苔黄", "舌红苔薄黄"), rouge_l("", "舌红")
    (0.888888888888889, 0.0)
    """
    shared = LCSseq.similarity(made, reference) if made and reference else 0
    if not shared:
        return 0.0
    precision, recall = shared / len(made), shared / len(reference)
    return 2 * precision * recall / (precision + recall)


def _bare(text: str) -> str:
    """A text as exact match compares it: width, case, white space and punctuation at the ends do not count."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split()).strip(_EDGE)


def value(metric: str, sums: Any, *, of_line: bool = False) -> float:
    """A metric from sums of rows, 0 to 1. BLEU is the corpus's, or with `of_line` that of one line (smoothed, and only
    of the orders there are)."""
    if not metric.startswith("bleu"):
        return float(sums[_AT[metric]] / sums[0]) if sums[0] else 0.0
    from sacrebleu.metrics.bleu import BLEU

    order = int(metric[4:])
    counts = [round(float(count)) for count in sums[_BLEU]]
    correct, total, (made, given) = counts[:order], counts[ORDER : ORDER + order], counts[2 * ORDER :]
    if not made:
        return 0.0
    found = BLEU.compute_bleu(
        correct, total, made, given, smooth_method="exp", effective_order=of_line, max_ngram_order=order
    )
    return float(found.score) / 100
