"""Names of modules and classes that stand for something else for a while, and are put back.

- A builtin function is redirected, if it can be (see `redirect`), for whoever keeps it.
- Of anything else, the name is replaced: in its module or class, and in modules that have taken it
  from there by `from … import`.
- What is to be replaced in modules that need not be there is found out as they come: also while
  this is in force, as some libraries import what they need when it is first used.
- A table that is there from the import on is `listed`: it stands in the table of all tables (see
  `replaced`).
"""

from __future__ import annotations

import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from types import ModuleType
from typing import Any, NamedTuple, TypeAlias

from vtloop.patching.redirect import Redirection, can_be_redirected
from vtloop.patching.replaced import During, replaces
from vtloop.private.interpreter import FIND_AND_LOAD, find_and_load, import_system

_ABSENT: Any = object()


class Replacement(NamedTuple):
    """A name of a module or class, and what stands in for it."""

    module: ModuleType | type
    name: str
    stand_in: Any
    taken_by_name: bool = False  # by `from module import name` in other modules
    redirected: Any = None  # the builtin function that it is, wherever that is kept
    why: str = ""  # in one phrase

    @property
    def what(self) -> str:
        """Its full name."""
        return f"{_name_of(self.module)}.{self.name}"


class Later(NamedTuple):
    """A name of a module that need not be there, and what makes the stand-in once it is."""

    module: str
    name: str  # in the module, or in a class of it: 'SemLock.__enter__'
    stand_in: Callable[[ModuleType], Any]
    taken_by_name: bool = False
    redirected: bool = False
    why: str = ""

    @property
    def what(self) -> str:
        """Its full name."""
        return f"{self.module}.{self.name}"

    def found(self, module: ModuleType) -> Replacement:
        """Return what is replaced, now that the module is there."""
        owner, _, name = self.name.rpartition(".")
        place = attrgetter(owner)(module) if owner else module
        redirected = vars(place)[name] if self.redirected else None
        stand_in = self.stand_in(module)
        return Replacement(place, name, stand_in, self.taken_by_name, redirected, self.why)


def because(why: str, *rows: Replacement) -> Iterator[Replacement]:
    """Yield rows of a table that have one reason."""
    return (row._replace(why=why) for row in rows)


# Where a name is (of a module, as a dict; or in a class), the name, its stand-in and its original.
# They are gone through at the begin and end of each run: plain tuples are taken apart four times
# as fast as named ones.
_Place: TypeAlias = tuple[Any, str, Any, Any]
_NAME, _STAND_IN, _ORIGINAL = 1, 2, 3


class Replacements:
    """A table of replacements, in force while it is entered at least once, from any thread.

    `later` is about modules that need not be there. `in_others` is asked once for each module that
    there is, and for each that comes later, what else is to be replaced in it.

    `over` is another table. Of a method that both replace, the stand-in of this one calls that of
    the other, so it is the one in force while both are, whichever is entered first.

    `told_by` is a table that is in force whenever this one is, and tells it of modules that come.
    """

    def __init__(
        self,
        table: Iterable[Replacement],
        later: Iterable[Later] = (),
        in_others: Callable[[ModuleType], Iterable[Replacement]] | None = None,
        over: Replacements | None = None,
        told_by: Replacements | None = None,
    ) -> None:
        self.table = tuple(table)
        """What is replaced in modules that are there from the start."""
        self.later: dict[str, list[Later]] = {}
        """What is replaced in others, by the names of these."""
        for row in later:
            self.later.setdefault(row.module, []).append(row)
        self._classes: list[_Place] = []
        self._modules: list[_Place] = []
        self._to_take: list[_Place] = []
        self._takers: list[_Place] = []  # modules that have taken something by name
        self._redirections: list[Redirection] = []
        self._redirected: list[tuple[Any, bytes, bytes]] = []  # their words, for speed
        self._in_others = in_others
        self._known: dict[int, Callable[[], Any]] = {}  # the modules that were asked about
        self._modules_seen: tuple[int, object] = (0, None)
        # Whatever happens while it is held, such as a finaliser, may import a module.
        self._lock = threading.RLock()
        self._entered = 0
        self._under: Replacements | None = None
        self._over = over
        if over is not None:
            over._under = self
        self._tells = [self]  # of modules that come
        if told_by is not None:
            told_by._tells.append(self)
        elif self.later or in_others is not None:
            self.table += (self._hook(),)
        for replacement in self.table:
            self._add(replacement)

    def listed(self, by: str, during: During) -> Replacements:
        """Put this, of a module, into the table of all that is replaced, and return it."""
        for row in self.table:
            replaces(by, during, row.why, row.what)
        for rows in self.later.values():
            for late in rows:
                replaces(by, during, late.why, late.what)
        return self

    def _hook(self) -> Replacement:
        why = "modules that come while it is on are looked at as well"
        return Replacement(import_system, FIND_AND_LOAD, self._find_and_load, why=why)

    def _add(self, replacement: Replacement) -> None:
        module, name, stand_in, taken_by_name, redirected, _ = replacement
        if can_be_redirected(redirected):
            new = Redirection(redirected, stand_in)
            self._redirections.append(new)
            self._redirected.append((new.words, new.redirected, new.original))
            if self._entered:
                new.words.raw = new.redirected
            return
        original = vars(module).get(name, _ABSENT)
        if isinstance(module, type):
            self._classes.append((module, name, stand_in, original))
            if self._entered:
                setattr(module, name, stand_in)
        else:
            names = vars(module)
            place = names, name, stand_in, original
            self._modules.append(place)
            if taken_by_name:
                self._to_take.append(place)
            if self._entered:
                names[name] = stand_in

    def __enter__(self) -> None:
        with self._lock:
            if self._entered == 0:
                if self._to_take and _modules() != self._modules_seen:
                    self._modules_seen = _modules()
                    self._look_at(list(sys.modules))
                    self._takers = self._other_takers()
                for owner, name, stand_in, _ in self._classes_in_force():
                    setattr(owner, name, stand_in)
                for names, name, stand_in, _ in self._modules:
                    names[name] = stand_in
                for names, name, stand_in, original in self._takers:
                    if names.get(name) is original:  # a test may have put something else there
                        names[name] = stand_in
                for words, redirected, _ in self._redirected:
                    words.raw = redirected
            self._entered += 1

    def __exit__(self, *exc_info: object) -> None:
        with self._lock:
            self._entered -= 1
            if self._entered == 0:
                for words, _, original in self._redirected:
                    words.raw = original
                for owner, name, _, original in self._classes_in_force():
                    if original is _ABSENT:  # inherited
                        delattr(owner, name)
                    else:
                        setattr(owner, name, original)
                if self._over is not None and self._over._entered:
                    for owner, name, stand_in, _ in self._over._classes:
                        setattr(owner, name, stand_in)
                for names, name, _, original in self._modules:
                    if original is _ABSENT:
                        del names[name]
                    else:
                        names[name] = original
                for names, name, stand_in, original in self._takers:
                    if names.get(name) is stand_in:
                        names[name] = original
                if self._to_take and _modules() != self._modules_seen:
                    # New modules may have taken a stand-in.
                    for names, name, _, original in self._who_has(_STAND_IN):
                        names[name] = original

    def _classes_in_force(self) -> list[_Place]:
        """Return what it replaces in classes, and no other table that is over it."""
        if self._under is None or not self._under._entered:
            return self._classes
        theirs = {place[:_STAND_IN] for place in self._under._classes}
        return [place for place in self._classes if place[:_STAND_IN] not in theirs]

    def _look_at(self, names: Iterable[str]) -> None:
        """Ask what is to be replaced in modules, those that have come since the last time."""
        if self._in_others is None and not self.later:
            return
        for name in names:
            module = sys.modules.get(name)
            if (
                isinstance(module, ModuleType)
                and self._known.get(id(module), _nothing)() is not module
            ):
                self._known[id(module)] = _reference(module)  # it may have several names
                for row in self.later.get(module.__name__, ()):
                    self._add(row.found(module))
                for replacement in self._in_others(module) if self._in_others else ():
                    self._add(replacement)

    def _find_and_load(self, name: str, import_: Any) -> Any:
        """Stand in for what imports a module that is not there yet."""
        module = find_and_load(name, import_)
        for table in self._tells:
            with table._lock:
                if table._entered:
                    table._look_at([name])
        return module

    def _other_takers(self) -> list[_Place]:
        """Return where modules have what is replaced, besides where the table has it from."""
        own = {(id(names), name) for names, name, _, _ in self._modules}
        return [place for place in self._who_has(_ORIGINAL) if (id(place[0]), place[1]) not in own]

    def _who_has(self, which: int) -> list[_Place]:
        """Return where modules have one of the two values, by `from … import`.

        The standard library means something else by other names, such as the type of a lock.
        """
        wanted = {id(place[which]): place for place in self._to_take}
        return [
            (vars(module), name, place[_STAND_IN], place[_ORIGINAL])
            for module in filter(_is_users, list(sys.modules.values()))
            for name, value in list(vars(module).items())
            if (place := wanted.get(id(value))) is not None
            and (name == place[_NAME] or _top(module) not in sys.stdlib_module_names)
        ]


# In the traceback of a failed import it is a frame of the import system, which Python leaves out.
_hooked: Any = Replacements._find_and_load
_hooked.__code__ = _hooked.__code__.replace(co_filename=find_and_load.__code__.co_filename)


def _reference(module: Any) -> Callable[[], Any]:
    """Return what returns a module as long as it is there, and keeps it alive only if it must."""
    try:
        return weakref.ref(module)
    except TypeError:  # an object of a library's own that says it is a module, as cffi has it
        return lambda: module


def _nothing() -> None:
    """Stand for a reference to a module of which nobody has heard yet."""


def _name_of(owner: ModuleType | type) -> str:
    if isinstance(owner, ModuleType):
        return owner.__name__
    return f"{owner.__module__}.{owner.__qualname__}"


def _modules() -> tuple[int, object]:
    """Return what changes when modules come and go: how many there are, and the last."""
    while True:
        try:
            return len(sys.modules), next(reversed(sys.modules.values()))
        except RuntimeError:  # another thread is importing: look again
            continue


def _is_users(module: Any) -> bool:
    return isinstance(module, ModuleType) and module is not time and _top(module) != "vtloop"


def _top(module: ModuleType) -> str:
    return module.__name__.partition(".")[0]
