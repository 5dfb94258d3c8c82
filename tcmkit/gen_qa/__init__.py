"""Questions whose answers stand in the source: `tcm gen-qa`."""

from tcmkit.gen_qa.generator import Generator
from tcmkit.gen_qa.groups import Groups, GroupSettings
from tcmkit.gen_qa.settings import KINDS, Settings
from tcmkit.gen_qa.windows import Windows, WindowSettings, parse_steps

__all__ = ["KINDS", "Generator", "GroupSettings", "Groups", "Settings", "WindowSettings", "Windows", "parse_steps"]
