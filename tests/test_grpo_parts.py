"""What `tcm grpo` is made of: draws, groups, batches, the watch on learning."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcmkit.train.batch import spread
from tcmkit.train.stalling import Stall

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from tcmkit.train.drawing import Draws, seed_of  # noqa: E402
from tcmkit.train.refilling import batch_of, others, rows_of  # noqa: E402

numbers = st.integers(1, 9)


@given(st.integers(1, 200), numbers, st.integers(1, 64), st.integers(1, 16))
def test_any_numbers_go_together(batch: int, processes: int, most: int, group: int) -> None:
    found = spread(batch, processes, most, group)
    rows = found.processes * found.per_device * found.accumulation
    assert rows % group == 0
    assert found.effective == rows // group >= 1
    assert found.per_device <= most
    unit = processes // math.gcd(processes, group)
    assert abs(found.effective - batch) < unit or found.effective == unit


def drawn(seeds: list[int], scores: "torch.Tensor", temperature: float = 1.0, top_p: float = 1.0) -> list[list[int]]:
    """Four tokens for each row."""
    draws = Draws(seeds, 4, temperature, top_p)
    return torch.stack([draws(None, scores.clone()).argmax(-1) for _ in range(4)], 1).tolist()


def test_a_draw_depends_on_its_own_seed_alone() -> None:
    scores = torch.randn(1, 50, generator=torch.Generator().manual_seed(0))
    alone = drawn([seed_of(0, 7)], scores)
    together = drawn([seed_of(0, at) for at in (3, 7, 9)], scores.repeat(3, 1))
    assert together[1] == alone[0]
    assert together[0] != together[2]


def test_draws_have_the_frequencies_of_the_model_within_top_p() -> None:
    shares = torch.tensor([0.5, 0.3, 0.15, 0.05])
    rows = 4000
    scores = shares.log().repeat(rows, 1)
    tokens = torch.tensor(drawn(list(range(rows)), scores, top_p=0.75))
    found = torch.bincount(tokens.flatten(), minlength=4) / tokens.numel()
    assert found[:2].tolist() == pytest.approx([0.625, 0.375], abs=0.02)
    assert found[2:].tolist() == [0, 0]
    cold = torch.tensor(drawn(list(range(rows)), scores, temperature=0.5))
    sharp = (shares**2 / (shares**2).sum()).tolist()
    assert (torch.bincount(cold.flatten(), minlength=4) / cold.numel()).tolist() == pytest.approx(sharp, abs=0.02)


def test_a_batch_survives_being_taken_apart() -> None:
    batch = {
        "prompt_ids": torch.tensor([[0, 5, 6], [7, 8, 9]]),
        "prompt_mask": torch.tensor([[0, 1, 1], [1, 1, 1]]),
        "completion_ids": torch.tensor([[1, 2, 3, 4], [1, 2, 0, 0]]),
        "completion_mask": torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]]),
        "ref_per_token_logps": torch.tensor([[0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.0, 0.0]]),
        "advantages": torch.tensor([1.0, -1.0]),
        "num_items_in_batch": torch.tensor(6),
    }
    rows = rows_of(batch)
    whole = batch_of(rows, 0, "cpu")
    assert whole.keys() == batch.keys()
    assert all(torch.equal(whole[name], batch[name]) for name in batch)
    short = batch_of(rows[1:], 0, "cpu")
    assert short["completion_ids"].tolist() == [[1, 2]]
    assert short["num_items_in_batch"] == 2


def test_other_questions_first_then_any() -> None:
    assert sorted(others({0, 2}, 5, 3, "seed")) == [1, 3, 4]
    assert others({0, 2}, 5, 3, 1) == others({0, 2}, 5, 3, 1)
    assert sorted(others(set(range(3)), 3, 3, 1)) == [0, 1, 2]


WELL = {"rewards/correctness/mean": 0.5, "rewards/well_formed/mean": 0.9, "no_signal": 0.3, "kl": 0.02}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, ""),
        ({"rewards/correctness/mean": 0.0, "no_signal": 1.0}, "every answer is wrong"),
        ({"rewards/correctness/mean": 1.0, "no_signal": 1.0}, "every answer is right"),
        ({"rewards/well_formed/mean": 0.0}, "no completion has the form"),
        ({"completions/clipped_ratio": 0.6}, "most completions are cut short"),
        ({"no_signal": 0.95}, "all rewarded alike"),
        ({"kl": 2.0}, "far from its start"),
    ],
)
def test_a_state_is_said_when_it_lasts(change: dict[str, float], words: str) -> None:
    stall = Stall()
    said = [sentence for step in range(1, 60) for sentence in stall.see(step, {**WELL, **change})]
    assert len(said) == bool(words)
    assert words in "".join(said)


def test_a_state_that_passed_is_said_again_and_a_short_one_never() -> None:
    stall = Stall(patience=3)
    wrong = {**WELL, "rewards/correctness/mean": 0.0}
    lines = [wrong] * 2 + [WELL] + [wrong] * 4 + [WELL] + [wrong] * 3
    said = [step for step, line in enumerate(lines, 1) if stall.see(step, line)]
    assert said == [6, 11]
