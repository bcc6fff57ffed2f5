"""Functions are found by the names that reports and the command line give them."""

import functools
import sys

import pytest

from tests.support import swept
from vtloop.values.programs import called, load, name_of


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Return a function that writes a file, and undo what loading it has changed."""
    monkeypatch.setattr(sys, "path", [*sys.path])

    def write(name, source):
        path = tmp_path / name
        path.write_text(source)
        monkeypatch.delitem(sys.modules, path.stem, raising=False)
        return path

    yield write
    for name in [*sys.modules]:
        if getattr(sys.modules[name], "__file__", None) and str(tmp_path) in str(
            sys.modules[name].__file__
        ):
            del sys.modules[name]


def test_a_name_and_its_function_go_both_ways():
    assert name_of(swept.leaky) == "tests.support.swept:leaky"
    assert load("tests.support.swept:leaky") is swept.leaky
    assert name_of("tests.support.swept:leaky") == "tests.support.swept:leaky"
    assert load("asyncio:Lock.acquire").__qualname__ == "Lock.acquire"


def test_a_function_of_a_file_is_found_and_so_are_the_modules_beside_it(file):
    file("neighbour.py", "value = 7")
    path = file("of_a_file.py", "import neighbour\ndef main(): return neighbour.value")
    main = load(f"{path}:main")
    assert main() == 7
    assert load(f"{path}:main") is main


def test_a_file_whose_module_there_is_already_is_refused(file):
    path = file("json.py", "def main(): pass")
    sys.modules["json"] = __import__("json")
    with pytest.raises(ImportError, match="there is a module 'json' already"):
        load(f"{path}:main")


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("main", ValueError, "such a name looks like"),
        ("tests.support.swept:", ValueError, "such a name looks like"),
        ("tests.support.swept:nobody", LookupError, "tests.support.swept has no function 'nobody'"),
        ("tests.support.swept:sent", LookupError, "has no function 'sent'"),
        ("tests.no_such_module:main", ImportError, "no_such_module"),
        ("no/such/file.py:main", FileNotFoundError, "there is no file"),
    ],
)
def test_what_cannot_be_found_is_refused(name, error, words):
    with pytest.raises(error, match=words):
        load(name)


def test_what_nobody_else_can_import_has_no_name_but_is_called_something():
    def local():
        pass

    assert name_of(local) == name_of(lambda: None) == name_of(functools.partial(print)) == ""
    assert called(local).endswith("local")
    assert called(functools.partial(local)).endswith("local")
    assert called(functools.partial(print)) == "builtins:print"


def test_a_function_of_the_main_module_goes_by_its_file(monkeypatch, tmp_path):
    monkeypatch.setattr(sys.modules["__main__"], "__file__", str(tmp_path / "x.py"), raising=False)

    def main():
        pass

    main.__module__, main.__qualname__ = "__main__", "main"
    assert name_of(main) == f"{tmp_path / 'x.py'}:main"
    monkeypatch.chdir(tmp_path)
    assert name_of(main) == "x.py:main"
