"""Near duplicates: none missed, none wrong, the first one kept."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcmkit.ingest.near_dup import Candidate, NearDuplicates, grams, jaccard
from tcmkit.ingest.sketch import Sketcher, without_space
from tests.conftest import Run, jsonl

HAN = [chr(code) for code in range(0x4E00, 0x4E00 + 3000)]


def sifted(texts: list[str], threshold: float, batch: int) -> list[bool]:
    """Whether the filter drops each text, fed in batches of this size."""
    kept: list[str] = []
    filter_ = NearDuplicates(threshold, lambda number: kept[number])
    sketcher = Sketcher(threshold)
    verdicts: list[bool] = []
    for start in range(0, len(texts), batch):
        group = [without_space(text) for text in texts[start : start + batch]]
        candidates = [
            Candidate(len(text), sketch, lambda text=text: text)  # type: ignore[misc]
            for text, sketch in zip(group, sketcher.sketches(group), strict=True)
        ]
        verdicts += filter_.sift(candidates, lambda i, group=group: kept.append(group[i]))  # type: ignore[misc]
    return verdicts


def by_brute_force(texts: list[str], threshold: float) -> list[bool]:
    kept: list[frozenset[str]] = []
    verdicts = []
    for text in texts:
        mine = grams(without_space(text))
        verdicts.append(any(jaccard(mine, other) >= threshold for other in kept))
        if not verdicts[-1]:
            kept.append(mine)
    return verdicts


def pair_with(size: int) -> tuple[str, str]:
    """Two texts of that many different characters that differ in the middle one."""
    text = "".join(HAN[:size])
    return text, text[: size // 2] + "龘" + text[size // 2 + 1 :]


def test_at_the_border_exactly() -> None:
    same, just_below = pair_with(49), pair_with(48)
    assert jaccard(*map(grams, same)) == 0.8
    assert 0.79 < jaccard(*map(grams, just_below)) < 0.8
    assert sifted([*same, *just_below], 0.8, 10)[:2] == [False, True]
    assert sifted([*just_below], 0.8, 10) == [False, False]
    assert sifted([*same], 0.8 + 1e-9, 10) == [False, False]


def test_the_border_through_the_whole_program(tcm: Run) -> None:
    args = ("ingest", "--drop-worst", "0", "--no-department", "--min-chars", "0")
    spaced = [" ".join(text) for text in pair_with(49)]  # white space does not count
    assert len(tcm(*args, stdin=jsonl({"text": text} for text in pair_with(49))).records) == 1
    assert len(tcm(*args, stdin=jsonl({"text": text} for text in spaced)).records) == 1
    assert len(tcm(*args, stdin=jsonl({"text": text} for text in pair_with(48))).records) == 2


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["头痛", "头痛发", "头痛", "头 痛", ""], [False, False, True, True, False]),
        (["麻黄汤", "麻黄汤。", "麻黄汤主", "麻黄汤主之", "麻黄汤主之"], [False, False, False, False, True]),
        (["", "", " "], [False, True, True]),
        (["汤" * 40, "汤" * 60, "汤" * 5], [False, True, True]),  # one gram, whatever the length
    ],
)
def test_short_texts_are_near_only_when_alike(texts: list[str], expected: list[bool]) -> None:
    assert sifted(texts, 0.8, 2) == expected == by_brute_force(texts, 0.8)


def test_the_first_of_a_chain_is_kept_and_the_dropped_do_not_count() -> None:
    """C is near B and B is near A, but C is not near A: B was never kept, so C stays."""
    a = "".join(HAN[:60])
    b = a[:20] + "龘" + a[21:]
    c = b[:40] + "齉" + b[41:]
    assert jaccard(grams(b), grams(c)) >= 0.8 > jaccard(grams(a), grams(c))
    for batch in (1, 2, 3):
        assert sifted([a, b, c, b], 0.8, batch) == [False, True, False, True]


CORPUS = st.builds(
    lambda seed, size, edits: make_corpus(random.Random(seed), size, edits),
    st.integers(0, 2**32),
    st.integers(1, 40),
    st.integers(0, 6),
)


def make_corpus(chance: random.Random, size: int, edits: int) -> list[str]:
    """A few originals and copies of them with some characters changed, taken out or put in."""
    originals = [
        "".join(chance.choices(HAN[: chance.choice((2, 50, 3000))], k=chance.randrange(120))) for _ in range(4)
    ]
    texts = []
    for _ in range(size):
        text = list(chance.choice(originals))
        for _ in range(chance.randint(0, edits)):
            place = chance.randrange(len(text) + 1)
            text[place : place + chance.randrange(3)] = chance.choices(HAN, k=chance.randrange(3))
        texts.append("".join(text))
    return texts


@settings(max_examples=60)
@given(CORPUS, st.sampled_from([0.3, 0.5, 0.75, 0.8, 0.95, 1.0]), st.integers(1, 12))
def test_the_filter_is_brute_force_made_fast(texts: list[str], threshold: float, batch: int) -> None:
    assert sifted(texts, threshold, batch) == by_brute_force(texts, threshold)
