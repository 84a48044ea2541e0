"""The build hook: makes the browser's files before a wheel or an editable install is put together.

Node comes from a wheel into pip's temporary build environment; nothing of it stays. A build whose
sources did not change is skipped (build_assets.py keeps a stamp).
"""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Beside the package in a checkout, inside of it when installed.
PACKED = {"templates": "chat/templates", "migrations": "chat/migrations"}


class AssetsHook(BuildHookInterface):  # type: ignore[type-arg] # hatchling's own generic
    """Runs build_assets and packs what lies outside of the package."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the browser's files; for a wheel, pack templates and migrations too."""
        sys.path.insert(0, self.root)
        import build_assets  # noqa: PLC0415 - it lies beside this file, not on the path before

        try:
            build_assets.build(Path(self.root))
        except build_assets.BuildError as error:
            sys.exit(f"rollcall: {error}")  # one line instead of a traceback in pip's output
        if version == "standard":  # an editable install reads them where they are
            build_data["force_include"].update(PACKED)
