"""A folder that a verb writes: whole or not at all, and never in place of somebody's own files."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from tcmkit.errors import OutputError
from tcmkit.language import both


def write_folder(folder: str, mark: str, what: tuple[str, str], fill: Callable[[Path], None]) -> None:
    """Let `fill` write into a new folder, which then takes the name `folder`.

    An older one is replaced only when it is empty or holds the file `mark`; `what` says in English and Chinese what
    such a folder is ("index", "索引"). Raises OutputError.
    """
    target = Path(folder)
    if target.exists() and not (target / mark).is_file() and (not target.is_dir() or any(target.iterdir())):
        raise OutputError(
            both(
                f"{folder} is there and is no {what[0]}; name another folder with -o",
                f"{folder} 已存在且不是{what[1]}；请用 -o 另选文件夹",
            )
        )
    try:
        temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.absolute().parent))
    except OSError as error:
        raise _cannot_write(folder, error) from None
    try:
        fill(temporary)
        os.chmod(temporary, 0o755)
        _replace(temporary, target)
    except OSError as error:
        raise _cannot_write(folder, error) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _replace(temporary: Path, target: Path) -> None:
    if target.exists():
        old = temporary.with_name(temporary.name + ".old")
        os.replace(target, old)
        os.replace(temporary, target)
        shutil.rmtree(old)
    else:
        os.replace(temporary, target)


def _cannot_write(folder: str, error: OSError) -> OutputError:
    if isinstance(error, FileNotFoundError):
        return OutputError(
            both(
                f"cannot write {folder}: the folder above it is not there; make it or name another with -o",
                f"无法写入 {folder}：上级文件夹不存在；请先建立或用 -o 另选文件夹",
            )
        )
    reason = error.strerror or str(error)
    return OutputError(
        both(
            f"cannot write {folder}: {reason}; free space or name another folder with -o",
            f"无法写入 {folder}：{reason}；请腾出空间或用 -o 另选文件夹",
        )
    )
