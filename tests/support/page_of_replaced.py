"""Makes `docs/replaced.md`: `python -m tests.support.page_of_replaced` writes it."""

import importlib
import pkgutil
from functools import cache
from pathlib import Path

import vtloop
from vtloop.patching import replaced

PAGE = Path(__file__).parents[2] / "docs" / "replaced.md"


@cache
def import_all():
    """Import every module of the package, as each says for itself what it replaces."""
    for module in pkgutil.walk_packages(vtloop.__path__, "vtloop."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


if __name__ == "__main__":
    import_all()
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(replaced.page())
