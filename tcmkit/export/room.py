"""Room on the disk, looked for before the work."""

import shutil
from pathlib import Path

from tcmkit.errors import OutputError
from tcmkit.language import both


def require(need: int, folder: Path) -> None:
    """Raises OutputError when fewer than `need` bytes are free where the folder is."""
    free = shutil.disk_usage(folder).free
    if need > free:
        needs, has = (f"{size / 1e9:.2f} GB" for size in (need, free))
        raise OutputError(
            both(
                f"the export needs {needs} of disk, and {has} are free at {folder.parent}; free space or choose another"
                " place with -o",
                f"导出需要 {needs} 磁盘空间，{folder.parent} 仅有 {has}；请腾出空间或用 -o 换一个位置",
            )
        )
