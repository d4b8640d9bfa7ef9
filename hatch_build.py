"""What the wheel carries besides Python: a checkout keeps it beside the packages, a wheel inside `forum`.

An editable install reads the checkout, so it needs none of it, nor the assets built.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CARRIED = {"templates": "forum/templates", "static/dist": "forum/static/dist", "migrations": "forum/migrations"}


class CarryFiles(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "standard":
            return
        if not Path(self.root, "static/dist/manifest.json").is_file():
            raise FileNotFoundError("static/dist is not built yet: run `make wheel`, which builds it first.")
        build_data["force_include"].update(CARRIED)
