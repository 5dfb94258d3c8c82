"""What is said before the first question: what this is, who asks, and where the words go."""

from tcmkit.consult import terminal_words as words
from tcmkit.consult.terminal_reader import Reader
from tcmkit.language import both


def greet(at: Reader) -> None:
    """Say it, and where a conversation that is gone on with stood."""
    show = at.screen.show
    show(both("tcm consult: a consultation by the Ten Questions", "tcm consult：按十问歌问诊"), "title")
    show(
        both(
            "It replaces no physician. In an emergency call 120 or your local number at once.",
            "本工具不能代替医师。情况紧急请立即拨打 120。",
        )
    )
    _say_who_hears(at)
    if at.place.save_to:
        kept = at.place.save_to
        show(both(f"Saved after each answer: {kept}", f"每次回答后保存到：{kept}"), "soft")
    if at.session.opening:
        show()
        show(both("Where we were:", "上次说到："), "title")
        show("\n".join(words.record_lines(at.consultation, at.session)))


def _say_who_hears(at: Reader) -> None:
    show, place = at.screen.show, at.place
    if place.model:
        show(both(f"Questions come from the model {place.model}.", f"由模型 {place.model} 提问。"), "soft")
    if place.sent_to:
        addresses = both(", ", "、").join(place.sent_to)
        show(both(f"What you say is sent to {addresses}.", f"您所说的内容会发送到 {addresses}。"), "alarm")
        show(both("Type ? for help.", "输入 ? 查看帮助。"), "soft")
    else:
        show(both("Nothing leaves this machine. Type ? for help.", "内容不会离开本机。输入 ? 查看帮助。"), "soft")
