"""Rewards by name: those of `rewards`, and the user's own from a file that the user named (`--reward FILE.py:FUNC`).

A reward is a function of a batch, as TRL calls it: `completions` (conversations of one message), and by name the
columns of the questions: `answer` (the right letters), `options` (letter to text), `record` (the line as it was read),
`prompts`; it takes `**columns` for what it does not need. It gives one number for each completion.
"""

import hashlib
import importlib.util
import inspect
import json
import math
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from tcmkit.errors import TcmError, UsageError
from tcmkit.language import both
from tcmkit.train import rewards

Function = Callable[..., Sequence[float]]
_TRIAL = ("<think>…</think><answer>A</answer>", "")
_IN_JSON = ("options", "record")


@dataclass(frozen=True)
class Named:
    """A reward and what it counts."""

    name: str
    weight: float
    source: str = ""
    """FILE.py:FUNC of the user's own; empty for ours."""
    digest: str = ""
    """Of the user's file: a run goes on with the rewards that it began with."""

    def load(self) -> "Reward":
        """The function. Raises UsageError for a file or function that is not there, TcmError for one that fails."""
        return Reward(self, load_function(self.source) if self.source else getattr(rewards, self.name))


def chosen(own: Sequence[str], weights: Sequence[str], preset: Mapping[str, float] | None = None) -> list[Named]:
    """The rewards of a run: ours by the preset's weights (5 : 1 : 1), then the user's (FILE.py:FUNC, weight 1).

    `weights` override: NAME=NUMBER; a reward of weight 0 is logged and counts nothing. Raises UsageError.
    """
    of_user = {_function_name(source): source for source in own}
    found = {**dict(preset or rewards.WEIGHTS), **dict.fromkeys(of_user, 1.0)}
    if len(found) < len(own) + len(preset or rewards.WEIGHTS):
        raise UsageError(both("two rewards have the same name", "两个奖励同名"))
    for text in weights:
        name, _, value = text.partition("=")
        if name not in found or not _is_number(value):
            known = ", ".join(found)
            raise UsageError(
                both(
                    f"--weight {text}: write NAME=NUMBER, NAME one of {known}",
                    f"--weight {text}：应写作 名称=数值，名称为 {known} 之一",
                )
            )
        found[name] = float(value)
    if not any(found.values()):
        raise UsageError(both("every reward has the weight 0", "所有奖励的权重都是 0"))
    return [_named(name, weight, of_user.get(name, "")) for name, weight in found.items()]


def _named(name: str, weight: float, source: str) -> Named:
    if not source:
        return Named(name, weight)
    path, _, function = source.rpartition(":")
    file = Path(path).absolute()
    if not file.is_file():
        raise UsageError(both(f"--reward: no such file: {file}", f"--reward：没有文件 {file}"))
    return Named(name, weight, f"{file}:{function}", hashlib.sha256(file.read_bytes()).hexdigest()[:16])


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _function_name(source: str) -> str:
    file, _, function = source.rpartition(":")
    if not file or not function.isidentifier():
        raise UsageError(both(f"--reward {source}: write FILE.py:FUNCTION", f"--reward {source}：应写作 文件.py:函数"))
    return function


def load_function(source: str) -> Function:
    """The function that FILE.py:FUNC names; the file is run for it. Raises UsageError, TcmError."""
    file, _, name = source.rpartition(":")
    path = Path(file)
    module = _run(path)
    function = getattr(module, name, None)
    if not callable(function) or inspect.iscoroutinefunction(function):
        there = ", ".join(key for key, value in vars(module).items() if inspect.isfunction(value)) or "-"
        raise UsageError(
            both(
                f"--reward: {path} has no plain function {name}; it has {there}",
                f"--reward：{path} 中没有普通函数 {name}；其中有 {there}",
            )
        )
    found: Function = function
    return found


def _run(path: Path) -> ModuleType:
    """The user's file as a module; what lies beside it can be imported by it."""
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    spec = importlib.util.spec_from_file_location(f"tcm_reward_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise UsageError(both(f"--reward: {path} is no Python file", f"--reward：{path} 不是 Python 文件"))
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever the user's own file raises
        raise _failed(str(path), error, path) from None
    return module


class Reward:
    """A reward as the trainer calls it: columns made plain, results checked."""

    def __init__(self, named: Named, function: Function) -> None:
        self.__name__ = named.name
        self.weight = named.weight
        self._file = Path(named.source.rpartition(":")[0]) if named.source else None
        self._function = function

    def __call__(self, **columns: Any) -> list[float]:
        """One number for each completion. Raises TcmError for anything else."""
        given = {**columns, "completions": _opened(columns)}
        for name in _IN_JSON:
            if name in given:
                given[name] = [json.loads(value) if isinstance(value, str) else value for value in given[name]]
        try:
            found = self._function(**given)
            values = list(found)
        except Exception as error:  # whatever the user's own function raises
            raise _failed(self.__name__, error, self._file) from error
        return self._checked(values, len(columns["completions"]))

    def _checked(self, values: list[Any], wanted: int) -> list[float]:
        if len(values) != wanted:
            raise _wrong(
                self.__name__,
                f"{len(values)} results for {wanted} completions",
                f"{wanted} 个回答却给出 {len(values)} 个结果",
            )
        for at, value in enumerate(values):
            try:
                number = float("" if isinstance(value, str) else value)
            except (TypeError, ValueError):
                kind = type(value).__name__
                raise _wrong(
                    self.__name__, f"result {at + 1} is a {kind}, no number", f"第 {at + 1} 个结果是 {kind}，不是数"
                ) from None
            if not math.isfinite(number):
                raise _wrong(self.__name__, f"result {at + 1} is {number}", f"第 {at + 1} 个结果是 {number}")
            values[at] = number
        return values

    def try_on(self, row: Mapping[str, Any]) -> None:
        """Call it on two made-up completions of a row, so that errors show at once. Raises TcmError."""
        columns = {name: [value] * len(_TRIAL) for name, value in row.items() if name != "prompt"}
        completions = [[{"role": "assistant", "content": text}] for text in _TRIAL]
        self(**columns, prompts=[row["prompt"]] * len(_TRIAL), completions=completions)


def _opened(columns: Mapping[str, Any]) -> list[Any]:
    """Completions whole: a template that opens the thinking itself leaves the tag to the prompt."""
    opened = columns.get("opened") or [""] * len(columns["completions"])
    return [
        [{**completion[-1], "content": start + completion[-1]["content"]}] if start else completion
        for start, completion in zip(opened, columns["completions"], strict=True)
    ]


def _wrong(name: str, english: str, chinese: str) -> TcmError:
    return TcmError(
        both(
            f"the reward {name} gave {english}; it must give one number for each completion",
            f"奖励 {name}：{chinese}；应为每个回答给出一个数",
        )
    )


def _failed(what: str, error: Exception, file: Path | None) -> TcmError:
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if file and frame.filename == str(file)
    ]
    line = lines[-1] if lines else getattr(error, "lineno", None)
    where = f"{file}:{line}: " if file and line else ""
    why = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:200]
    return TcmError(both(f"the reward {what} failed: {where}{why}", f"奖励 {what} 出错：{where}{why}"))
