"""A trained model made ready to be used: one GGUF file or one folder, verified against what it was made from."""

from tcmkit.export.run import export
from tcmkit.export.settings import Settings, checked_format, checked_quant, checked_verify

__all__ = ["Settings", "checked_format", "checked_quant", "checked_verify", "export"]
