"""How a question is put to a model: the same words in training and in the examination."""

from collections.abc import Mapping

from tcmkit.exam.items import ExamItem
from tcmkit.llm.prompts import Prompt
from tcmkit.llm.protocol import ChatMessage


def conversation(prompt: Prompt, item: ExamItem, shown: Mapping[str, str] | None = None) -> list[ChatMessage]:
    """The messages that ask a question, by the prompt `exam` or the user's own.

    `shown` is letter shown to letter of the item, where the options are in another order.
    """
    order = shown or {letter: letter for letter in item.options}
    count = "若干个" if item.several else "一个"
    return list(prompt.messages({"question": listed(item, order)}, count=count))


def listed(item: ExamItem, shown: Mapping[str, str]) -> str:
    """Question and options as the model reads them."""
    return "\n".join([item.question, *(f"{letter}. {item.options[own]}" for letter, own in shown.items())])
