"""One export from its first check to its record."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tcmkit import __version__
from tcmkit.errors import MissingExtra, OutputError
from tcmkit.export.settings import Settings
from tcmkit.export.source import Source, find
from tcmkit.export.weights import Weights
from tcmkit.jsonl import codec
from tcmkit.language import both
from tcmkit.llm.hf_folders import fingerprint

Say = Callable[[str], None]
_TRAIN = ("torch", "transformers", "safetensors")
_PACKAGES = ("torch", "transformers", "peft", "gguf", "llama-cpp-python")


def export(settings: Settings, say: Say) -> dict[str, Any]:
    """Write what is wanted, verified; the record of it.

    Raises UsageError, TcmError (Refused among them): nothing is left at the output's place then.
    """
    _require_extras(settings)
    source = find(settings.model, settings.base)
    _check_place(settings)
    weights = Weights(source)
    if settings.format == "safetensors":
        from tcmkit.export.folder import FolderExport

        made = FolderExport(settings, source, weights).write()
    else:
        from tcmkit.export.gguf_run import GGUFRun

        with _folder_beside(settings.gguf) as folder:
            made = GGUFRun(settings, source, weights, folder, say).run()
            _give_names(settings, folder, _record(settings, source, made))
    return _record(settings, source, made)


def _require_extras(settings: Settings) -> None:
    """Raises MissingExtra."""
    feature = both("tcm export", "tcm export")
    needed = _TRAIN if settings.format == "safetensors" else (*_TRAIN, "gguf")
    if any(find_spec(package) is None for package in needed):
        raise MissingExtra(feature, "train")
    if settings.format != "safetensors" and find_spec("llama_cpp") is None:
        raise MissingExtra(feature, "gguf")


def _check_place(settings: Settings) -> None:
    """Before the hours of work. Raises OutputError."""
    target = settings.output if settings.format == "safetensors" else settings.gguf
    parent = target.absolute().parent
    if not parent.is_dir():
        raise OutputError(
            both(
                f"cannot write {target}: no folder {parent}; make it first",
                f"无法写入 {target}：没有文件夹 {parent}；请先建立",
            )
        )
    if settings.format != "safetensors" and target.is_dir():
        raise OutputError(
            both(f"cannot write {target}: is a folder; name a file", f"无法写入 {target}：是文件夹；请写文件名")
        )


@contextmanager
def _folder_beside(target: Path) -> Iterator[Path]:
    """Room on the same disk, taken away at the end with all that was not given a name."""
    parent = target.absolute().parent
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=parent))
    except OSError as error:
        raise _cannot_write(target, error) from None
    try:
        yield folder
    except OSError as error:
        raise _cannot_write(target, error) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _cannot_write(target: Path, error: OSError) -> OutputError:
    why = error.strerror or str(error)
    return OutputError(
        both(
            f"cannot write {target}: {why}; free space or choose another place, then run the same command again",
            f"无法写入 {target}：{why}；请腾出空间或换一个位置，再运行同一条命令",
        )
    )


def _give_names(settings: Settings, folder: Path, record: dict[str, Any]) -> None:
    """The model last: where it stands, all stands."""
    (folder / settings.record.name).write_bytes(codec.dump(record))
    for path in filter(None, (settings.record, settings.modelfile, settings.gguf)):
        (folder / path.name).replace(path)


def _record(settings: Settings, source: Source, made: dict[str, Any]) -> dict[str, Any]:
    return {
        "output": str(settings.output if settings.format == "safetensors" else settings.gguf),
        **({"modelfile": str(settings.modelfile)} if settings.modelfile else {}),
        "format": settings.format,
        **made,
        "source": {
            "model": str(source.folder),
            "fingerprint": fingerprint(source.folder),
            **(
                {"adapter": str(source.adapter), "adapter_fingerprint": fingerprint(source.adapter)}
                if source.adapter
                else {}
            ),
        },
        "versions": {"tcmkit": __version__, **_versions()},
    }


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
