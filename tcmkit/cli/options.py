"""Options, alone and in groups.

A group is a frozen dataclass whose fields are options. A command that takes one has all its options, at its place::

    @dataclass(frozen=True)
    class Window:
        blocks: Annotated[int, option("--window-blocks", en="Blocks in a window.", zh="窗口内的块数。")] = 3
        chars: Annotated[int, option("--window-chars", en="Characters of a block.", zh="每块的字数。")] = 400

    def gen_qa(window: Window) -> int: ...

Names of fields are names of parameters: no two groups of a command may share one.
"""

import functools
import inspect
from collections.abc import Callable, Iterable
from dataclasses import MISSING, fields, is_dataclass
from inspect import Parameter
from typing import Annotated, Any, TypeVar

import typer

from tcmkit.language import both

Group = TypeVar("Group")


def help_text(purpose: str, details: tuple[str, str], example: str) -> str:
    """Help of a verb in the language in force: one line of purpose, a pipe that runs, then the details."""
    return f"{purpose}\n\n\b\n{both('Example:', '示例：')}\n    {example}\n\n{both(*details)}"


def option(*flags: str, en: str, zh: str, **more: Any) -> Any:
    """A Typer option with its help in both languages."""
    return typer.Option(*flags, help=both(en, zh), **more)


def _language(value: str | None) -> str | None:
    """The choice has already been made (`cli.main`); here it is only checked."""
    if value not in (None, "en", "zh"):
        raise typer.BadParameter(both("use en or zh", "请用 en 或 zh"))
    return value


Language = Annotated[
    str | None,
    option(
        "--lang", en="Language of messages: en or zh.", zh="消息语言：en 或 zh。", callback=_language, metavar="en|zh"
    ),
]


def options_of(group: type) -> list[Parameter]:
    """The options of a group, as parameters of a command."""
    return [
        Parameter(
            field.name,
            Parameter.KEYWORD_ONLY,
            default=Parameter.empty if field.default is MISSING else field.default,
            annotation=field.type,
        )
        for field in fields(group)
    ]


def made(group: type[Group], values: dict[str, Any]) -> Group:
    """A group out of the values of a whole command line; an option that the command lacks has its default."""
    return group(**{one.name: values[one.name] for one in options_of(group) if one.name in values})


def flat(command: Callable[..., int]) -> Callable[..., int]:
    """A command as Typer reads it: each group in its signature replaced by the group's options."""
    taken = list(inspect.signature(command).parameters.values())

    @functools.wraps(command)
    def with_options(**values: Any) -> int:
        return command(**{p.name: made(p.annotation, values) if _is_group(p) else values[p.name] for p in taken})

    return signed(with_options, (one for p in taken for one in (options_of(p.annotation) if _is_group(p) else (p,))))


def signed(function: Callable[..., int], parameters: Iterable[Parameter]) -> Callable[..., int]:
    """The function under a signature of these parameters, all by keyword."""
    keywords = [p.replace(kind=Parameter.KEYWORD_ONLY) for p in parameters]
    function.__signature__ = inspect.Signature(keywords)  # type: ignore[attr-defined]
    function.__annotations__ = {p.name: p.annotation for p in keywords}
    return function


def _is_group(parameter: Parameter) -> bool:
    return is_dataclass(parameter.annotation)
