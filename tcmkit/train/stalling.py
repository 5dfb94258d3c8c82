"""Whether a run of GRPO still learns, and if not, why: plain sentences from the metrics of its last steps.

Advantages are normalised in a group, so a group whose completions are all rewarded alike teaches nothing. Each state
is said when it has lasted, and again only after it has passed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tcmkit.language import both

Metrics = Mapping[str, float]
PATIENCE = 20
"""Steps that a state must last before it is said."""

_CORRECT = "rewards/correctness/mean"
_FORMED = "rewards/well_formed/mean"
_NO_SIGNAL = "no_signal"
_CUT = "completions/clipped_ratio"
_KL = "kl"


@dataclass(frozen=True)
class State:
    """A way of not learning."""

    code: str
    holds: Callable[[Metrics], bool]
    """For one line of metrics."""
    english: str
    chinese: str


def _all(metrics: Metrics, name: str, of: float) -> bool:
    return abs(metrics.get(name, -1.0) - of) < 0.005


STATES = (
    State(
        "cut_short",
        lambda found: found.get(_CUT, 0.0) >= 0.5,
        "most completions are cut short: raise --max-new-tokens, or teach short answers first with tcm sft",
        "多数作答被截断：请提高 --max-new-tokens，或先用 tcm sft 教会简短作答",
    ),
    State(
        "no_form",
        lambda found: _all(found, _FORMED, 0.0),
        "no completion has the form <think>…</think><answer>…</answer>: teach it first with tcm sft; "
        "completions.jsonl shows what comes instead",
        "没有一个作答符合 <think>…</think><answer>…</answer> 格式：请先用 tcm sft 教会格式；"
        "completions.jsonl 中可看到实际作答",
    ),
    State(
        "all_wrong",
        lambda found: _all(found, _CORRECT, 0.0),
        "every answer is wrong, so there is nothing to prefer: take easier questions first, a larger --group, or teach "
        "the subject with tcm sft",
        "全部答错，无从比较：请先用较易的题、加大 --group，或先用 tcm sft 教会内容",
    ),
    State(
        "all_right",
        lambda found: _all(found, _CORRECT, 1.0),
        "every answer is right, so there is nothing left to learn: take harder questions, or end here",
        "全部答对，已无可学：请换更难的题，或到此为止",
    ),
    State(
        "all_alike",
        lambda found: found.get(_NO_SIGNAL, 0.0) >= 0.9 and 0.005 < found.get(_CORRECT, 0.0) < 0.995,
        "the answers to a question are all rewarded alike: raise --temperature or --group, so that they differ",
        "同一题的各个作答奖励都相同：请提高 --temperature 或 --group，使作答有差异",
    ),
    State(
        "far_away",
        lambda found: found.get(_KL, 0.0) >= 1.0,
        "the model has moved far from its start (KL of 1 and more a token): lower --learning-rate, or raise --kl",
        "模型已远离初始状态（每词元 KL ≥ 1）：请降低 --learning-rate，或提高 --kl",
    ),
)


class Stall:
    """Watches the lines of metrics."""

    def __init__(self, patience: int = PATIENCE) -> None:
        self._patience = patience
        self._since: dict[str, int] = {}
        self._said: set[str] = set()

    def see(self, step: int, metrics: Metrics, covered: int = 1) -> list[str]:
        """The sentences that this line makes due. `covered` is how many steps it tells of."""
        due = []
        for state in STATES:
            if not state.holds(metrics):
                self._since.pop(state.code, None)
                self._said.discard(state.code)
                continue
            since = self._since.setdefault(state.code, step - covered)
            if step - since >= self._patience and state.code not in self._said:
                self._said.add(state.code)
                due.append(self._sentence(state, step - since))
        return due

    @staticmethod
    def _sentence(state: State, steps: int) -> str:
        return both(f"for {steps} steps {state.english}", f"已有 {steps} 步，{state.chinese}")
