"""Python in another process, with this package and a hash seed of its own."""

import os
import subprocess
import sys
from pathlib import Path

import vtloop

ROOT = Path(vtloop.__file__).parents[1]


def printed_by(*arguments, hash_seed="random"):
    """Return what a Python prints that is called with these arguments, and that ends well."""
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": str(hash_seed)}
    return subprocess.check_output([sys.executable, *map(str, arguments)], env=env, text=True)
