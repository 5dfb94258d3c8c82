"""The engine llm: a language model chooses the syndrome, and can choose nothing that is not in the set.

Nothing is generated: each name of the set is scored by the log probability that the model gives it as the answer, and
the softmax of the scores is the probability. So no answer has to be parsed, and there is a second and a third choice.

    asking    the talk: a base model chooses among lettered candidates, a fine-tuned one among names
    fitting   JingFang's fine-tuning (Qwen2.5-7B-Instruct with LoRA), by the training core
"""

from .asking import ByLetters, ByNames, ModelClassifier

__all__ = ["ByLetters", "ByNames", "ModelClassifier"]
