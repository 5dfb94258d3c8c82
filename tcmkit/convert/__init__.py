"""`tcm convert`: our lines to the formats that trainers and tables use, and back."""

from .run import run_convert
from .settings import CONTENTS, TABLES, Settings

__all__ = ["CONTENTS", "TABLES", "Settings", "run_convert"]
