"""What is wrong with a command line: the sentences of the parser, in the language in force."""

import re

from tcmkit.language import current

_CHINESE = (
    (r"No such option: (\S+)", r"没有选项 \1"),
    (r"No such command '(.+?)'", r"没有子命令 '\1'"),
    (r"Missing argument '(.+?)'", r"缺少参数 '\1'"),
    (r"Missing option '(.+?)'", r"缺少选项 '\1'"),
    (r"Missing command", "缺少子命令"),
    (r"Option '(.+?)' requires an argument", r"选项 '\1' 需要一个值"),
    (r"Option '(.+?)' does not take a value", r"选项 '\1' 不接受值"),
    (r"Got unexpected extra arguments?(?:\(s\))? \((.+)\)", r"多余的参数：\1"),
    (r"Invalid value for '(.+?)': ", r"'\1' 的值无效："),
    (r"Input should be a valid integer.*", "应为整数"),
    (r"Input should be a valid number.*", "应为数字"),
    (r"Input should be greater than or equal to (\S+)", r"应不小于 \1"),
    (r"Input should be less than or equal to (\S+)", r"应不大于 \1"),
    (r"Input should be greater than (\S+)", r"应大于 \1"),
    (r"Input should be less than (\S+)", r"应小于 \1"),
    (r"'(.*?)' is not one of (.+)", r"'\1' 不在可选值中：\2"),
    (r"\(Possible options: (.+)\)", r"（可选：\1）"),
    (r"Did you mean (.+?)\?", r"是否为 \1？"),
)
_LIBRARYS = "Value error, "


def said(message: str) -> str:
    """A message of the parser without what its library adds, in Chinese where that is the language.

    >>> said("Invalid value for '--to': Value error, 'xx' is not one of 'a', 'b'.")
    "Invalid value for '--to': 'xx' is not one of 'a', 'b'"
    """
    message = message.rstrip(".").replace(_LIBRARYS, "")
    if current() == "zh":
        for english, chinese in _CHINESE:
            message = re.sub(english, chinese, message)
    return message
