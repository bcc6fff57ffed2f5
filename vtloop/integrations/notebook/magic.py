"""`%%vtloop`: a notebook's cell in virtual time, after `%load_ext vtloop`.

A cell is run as IPython runs any other: its names are the notebook's, `await` may stand outside of
functions, the input transformers and `ast_node_interactivity` are honoured. But its loop is virtual
(see `session`), each line that it prints comes with the time and the task, and below it is its
chart. The lines of a cell are numbered as its reader sees them, from that of `%%vtloop` on.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import sys
from collections.abc import Iterator
from functools import partial
from itertools import takewhile
from types import CodeType, TracebackType
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.magic_arguments import MagicArgumentParser
from IPython.display import SVG, display

from vtloop.core.threads.actor import outside
from vtloop.errors import DeadlockError
from vtloop.integrations.notebook.session import Notebook
from vtloop.integrations.options import add_looks, add_options, looks_of, options_of
from vtloop.patching.replaced import During, keeps, replaces
from vtloop.patching.swapped import STDOUT, Swapped
from vtloop.simulation.run import Run
from vtloop.views.formats import check_view, picture

Shell = Any  # an IPython.core.interactiveshell.InteractiveShell

# Functions without types.
_ends_with_semicolon: Any = DisplayHook.semicolon_at_end_of_expression
_display: Any = display
_svg: Any = SVG
_new_parser: Any = MagicArgumentParser


class Cell:
    """The code of one cell."""

    def __init__(self, shell: Shell, text: str) -> None:
        self._shell = shell
        self._traceback: TracebackType | None = None
        self._codes = list(self._compiled(text))
        self._quiet = _ends_with_semicolon(text)

    def _compiled(self, text: str) -> Iterator[CodeType]:
        compiler = self._shell.compile
        number = self._shell.displayhook.prompt_count
        blank = sum(1 for _ in takewhile(lambda line: not line.strip(), text.splitlines()))
        source = "\n" * (1 + blank) + self._shell.transform_cell(text.lstrip("\n"))
        name = f"In[{number}]"  # short, and the same in every kernel, as it is shown in messages
        linecache.cache[name] = len(source), None, source.splitlines(keepends=True), name
        compiler._filename_map[name] = number  # so that tracebacks call it 'Cell In[3]'
        module = self._shell.transform_ast(compiler.ast_parse(source, name))
        for node, shown in _with_display(module.body, self._shell.ast_node_interactivity):
            made = ast.Interactive([node]) if shown else ast.Module([node], [])
            with compiler.extra_flags(ast.PyCF_ALLOW_TOP_LEVEL_AWAIT):
                yield compiler(made, name, "single" if shown else "exec")

    async def run(self) -> None:
        """Run it in the notebook's namespace."""
        show = partial(self._show, sys.displayhook, sys.stdout)
        try:
            with _displayhook.by(show):
                for code in self._codes:
                    awaitable = eval(code, self._shell.user_global_ns, self._shell.user_ns)
                    if code.co_flags & inspect.CO_COROUTINE:
                        await awaitable
        except BaseException as error:
            here = error.__traceback__
            self._traceback = here and here.tb_next
            raise

    def _show(self, show: Any, output: Any, value: object) -> None:
        if self._quiet:
            return
        with STDOUT.by(output.target), outside():  # in a terminal a value is written there
            show(value)

    def point_at(self, error: BaseException) -> None:
        """Let IPython show an error with the lines of the cell, and nothing of what runs it."""
        formatter, traceback = self._shell.InteractiveTB, self._traceback
        how: Any = error  # IPython asks any exception for this method
        if traceback is None:
            how._render_traceback_ = partial(formatter.get_exception_only, type(error), error)
        else:
            how._render_traceback_ = partial(
                formatter.structured_traceback, type(error), error, traceback, tb_offset=0
            )


def _with_display(nodes: list[ast.stmt], interactivity: str) -> Iterator[tuple[ast.stmt, bool]]:
    """Yield statements, each with whether its value is displayed."""
    if not nodes:
        return
    if interactivity == "last_expr_or_assign":
        target = (
            getattr(nodes[-1], "target", None) or (getattr(nodes[-1], "targets", None) or [0])[-1]
        )
        if isinstance(target, ast.Name):
            assigned = ast.Expr(ast.Name(target.id, ast.Load()))
            nodes = [*nodes, ast.fix_missing_locations(ast.copy_location(assigned, nodes[-1]))]
    shown = {"all": len(nodes), "last": 1, "none": 0}.get(
        interactivity, int(isinstance(nodes[-1], ast.Expr))
    )
    for index, node in enumerate(nodes):
        yield node, index >= len(nodes) - shown


def _parser() -> Any:
    parser = _new_parser(prog="%vtloop")  # to which another % is added
    parser.add_argument("--help", action="store_true", help="show this")
    parser.add_argument("--no-chart", action="store_true", help="show no chart below the cell")
    add_looks(parser)
    add_options(parser, until="stop the cell after so many seconds of virtual time")
    parser.add_argument(
        "--settle",
        action="store_true",
        help="go on after the cell until nothing is left to do, as a notebook's own loop does",
    )
    return parser


class Magic:
    """`%%vtloop` in one notebook."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._parser = _parser()
        self.notebook = Notebook()

    def vtloop(self, line: str, cell: str | None = None) -> Run[Any] | None:
        """Run a cell in virtual time; `%vtloop` on a line returns the run of the last cell."""
        arguments = self._parser.parse_argstring(line)
        if arguments.help:
            print(self._parser.format_help().removeprefix("::").strip("\n"))
            return None
        if cell is None:
            return self.notebook.last
        looks = looks_of(arguments)
        if looks:
            check_view("the cell", "svg", **looks)
        program = Cell(self._shell, cell)
        try:
            run = self.notebook.run(program.run, options_of(arguments))
        except BaseException as error:
            program.point_at(error)
            raise
        if not arguments.no_chart:
            _show_chart(run, looks)
        if run.stopped:
            print(f"vtloop: stopped at --until {arguments.until:g}", file=sys.stderr)
        if run.error is not None:
            program.point_at(run.error)
            raise run.error
        return None


Magic.vtloop.__doc__ = f"{Magic.vtloop.__doc__}\n\n{_parser().format_help()}"


def _show_chart(run: Run[Any], looks: dict[str, Any]) -> None:
    """Display the chart of a cell, unless there is nothing to see in it."""
    if len(run.trace.tasks) > 1 or run.ended > 0 or isinstance(run.error, DeadlockError):
        _display(_svg(picture(run.timeline, **looks)) if looks else run.timeline)


def _with_body(lines: list[str]) -> list[str]:
    """Give a cell that is nothing but `%%vtloop` an empty body; IPython refuses one without."""
    told = [line for line in lines if line.strip()]
    alone = len(told) == 1 and told[0].split()[0] == "%%vtloop"
    return [f"{told[0].rstrip()}\n", "\n"] if alone else lines


_displayhook = Swapped(sys, "displayhook")
replaces(
    __name__,
    During.CELL,
    "values are displayed in real time, and not taken for printed lines",
    "sys.displayhook",
)
replaces(
    __name__,
    During.CELL,
    "a value is written where the notebook has it",
    "sys.stdout",
)

_loaded: dict[Shell, Magic] = {}
keeps(__name__, "who shows the values of a cell", "_displayhook")
keeps(__name__, "the notebooks that have loaded the extension", "_loaded")


def load_ipython_extension(shell: Shell) -> None:
    """Make `%%vtloop` known."""
    unload_ipython_extension(shell)
    magic = _loaded[shell] = Magic(shell)
    shell.register_magic_function(magic.vtloop, "line_cell", "vtloop")
    shell.input_transformers_cleanup.insert(0, _with_body)  # before that for the magics of cells


def unload_ipython_extension(shell: Shell) -> None:
    """Cancel what the cells have left behind, and close their loop."""
    magic = _loaded.pop(shell, None)
    if magic is not None:
        shell.input_transformers_cleanup.remove(_with_body)
        magic.notebook.close()
