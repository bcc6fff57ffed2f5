"""Prints what a program can know of how it was started."""

import inspect
import os
import pickle
import sys


class Face:
    """Pickled by the name of its module, and described by annotations that are not strings."""

    eyes: int = 2


def main() -> None:
    module = sys.modules["__main__"]
    print("name:", __name__, "in package", __package__)
    print("file:", __file__, "loaded by", type(globals()["__loader__"]).__name__)
    print("spec:", __spec__ and __spec__.name)
    print("arguments:", sys.argv)
    print("path:", sys.path[0])
    print("doc:", __doc__)
    print("builtins:", type(globals()["__builtins__"]).__name__)
    print("is its own main module:", vars(module) is globals())
    print("annotations:", inspect.get_annotations(Face))
    print("source:", inspect.getsource(Face).splitlines()[0])
    print("pickled:", pickle.loads(pickle.dumps(Face)) is Face)
    print("in:", os.path.basename(os.getcwd()))


if __name__ == "__main__":
    main()
