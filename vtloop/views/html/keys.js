// The mouse, the keyboard, and how it all begins.

function choose(row, index) {
  view.chosen = row ?? null;
  view.index = row ? index : -1;
}

// What is at a place: a step that takes no time, if one is near, goes first.
function indexAt(row, x) {
  const near = 3 / (width - names) * (view.to - view.from), at = toTime(x);
  let best = -1;
  for (let index = firstAt(row, at - near); index < row.starts.length && row.starts[index] <= at + near; index++) {
    if (row.starts[index] === row.ends[index]) return index;
    if (best < 0 && row.starts[index] <= at && at <= row.ends[index]) best = index;
  }
  return best;
}

let dragged = null;

function pointed(event) {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

canvas.addEventListener("pointerdown", (event) => {
  dragged = { x: event.clientX, y: event.clientY, moved: false };
  canvas.setPointerCapture(event.pointerId);
});

canvas.addEventListener("pointermove", (event) => {
  const [x, y] = pointed(event);
  if (dragged) {
    dragged.moved ||= Math.abs(event.clientX - dragged.x) + Math.abs(event.clientY - dragged.y) > 3;
    if (!dragged.moved) return;
    view.top -= event.clientY - dragged.y;
    const by = (event.clientX - dragged.x) / (width - names);
    dragged.x = event.clientX;
    dragged.y = event.clientY;
    pan(-by);
    return;
  }
  const row = rowAt(y);
  if (!row) return hide();
  const index = x < names ? -1 : indexAt(row, x);
  if (x >= names && index < 0 && !row.pieces) hide(); else tell(row, index, x, y);
});

canvas.addEventListener("pointerup", (event) => {
  const [x, y] = pointed(event), row = rowAt(y);
  if (dragged && !dragged.moved) {
    choose(row, row && x >= names ? indexAt(row, x) : -1);
    draw();
  }
  dragged = null;
});

canvas.addEventListener("pointerleave", hide);

canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  const [x] = pointed(event);
  if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) pan((event.deltaX || event.deltaY) / width);
  else if (x < names) scroll(event.deltaY);
  else zoom(Math.exp(-event.deltaY / 400), toTime(x));
}, { passive: false });

// The keyboard

// Scroll until a row is to be seen, and something around it.
function reveal(row) {
  const y = RULER + row.top;
  view.top = Math.min(Math.max(view.top, y + row.height + RULER - height), y - RULER);
}

function step(rows, things) {
  const before = view.rows.indexOf(view.chosen);
  const place = Math.min(Math.max(before + rows, 0), view.rows.length - 1), row = view.rows[place];
  if (!row) return;
  const near = rows || before < 0 ? firstAt(row, view.from) : view.index + things;
  choose(row, Math.min(Math.max(near, 0), row.starts.length - 1));
  reveal(row);
  if (view.index >= 0) {
    const start = row.starts[view.index], end = row.ends[view.index];
    if (start > view.to || end < view.from) {
      const half = (view.to - view.from) / 2;
      view.from = start - half;
      view.to = start + half;
    }
  }
  limit();
  const x = view.index < 0 ? names : Math.max(toX(row.starts[view.index]), names);
  tell(row, view.index, x, toY(row) + (isThin(row) ? row.height : row.above + BAR));
  draw();
}

function zoomToChosen() {
  if (view.index < 0) return;
  const start = view.chosen.starts[view.index], end = view.chosen.ends[view.index];
  const margin = Math.max((end - start) * .1, 100);
  view.from = start - margin;
  view.to = end + margin;
  moved();
}

// Make the rows thin, or as high as what is in them.
function overview() {
  view.thin = !view.thin;
  element("thin").setAttribute("aria-pressed", view.thin);
  stack();
  if (view.chosen) reveal(view.chosen);
  moved();
}

function letGo() {
  choose(null);
  moved();
}

const MANY = 40;  // rows, from which on an overview comes first
const search = element("search");

const KEYS = {
  ArrowUp: (shift) => (shift ? scroll(-60) : step(-1, 0)),
  ArrowDown: (shift) => (shift ? scroll(60) : step(1, 0)),
  ArrowLeft: (shift) => (shift ? pan(-.2) : step(0, -1)),
  ArrowRight: (shift) => (shift ? pan(.2) : step(0, 1)),
  PageUp: () => scroll(RULER - height),
  PageDown: () => scroll(height - RULER),
  Home: () => scroll(-tall()),
  End: () => scroll(tall()),
  "+": () => zoom(1.5), "=": () => zoom(1.5), "-": () => zoom(1 / 1.5), 0: fit,
  "/": () => search.focus(),
  o: overview,
  Enter: zoomToChosen,
  Escape: letGo,
};

canvas.addEventListener("keydown", (event) => {
  if (!(event.key in KEYS) || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  KEYS[event.key](event.shiftKey);
});

canvas.addEventListener("blur", hide);

search.addEventListener("input", () => {
  const wanted = search.value.trim().toLowerCase();
  view.rows = data.rows.filter((row) => [row.name, row.below, row.host ?? ""].some((name) => name.toLowerCase().includes(wanted)));
  view.top = 0;
  choose(null);
  stack();
  moved();
});

search.addEventListener("keydown", (event) => {
  if (event.key === "Enter") {
    canvas.focus();
    step(1, 0);
  }
  if (event.key === "Escape" && search.value) {
    event.preventDefault();
    search.value = "";
    search.dispatchEvent(new Event("input"));
  }
});

element("in").addEventListener("click", () => zoom(2));
element("out").addEventListener("click", () => zoom(.5));
element("fit").addEventListener("click", fit);
element("thin").addEventListener("click", overview);
table.addEventListener("toggle", fillTable);

// How high the chart is: as its rows are, if there is room for them.
function room() {
  const tallest = data.rows.reduce((sum, row, index) => sum + row.full + (hasHeading(data.rows, index) ? HEADING : 0), 0);
  element("box").style.flexBasis = `${RULER + tallest + RULER}px`;
}

function texts() {
  canvas.setAttribute("aria-label", say("Schedule of the run"));
  element("keys").textContent = say("Up and down choose a row, left and right what is in it; with Shift they move the "
    + "view. Plus and minus zoom, Enter zooms to what is chosen, 0 shows all of the time, o all "
    + "rows, / finds, Escape lets go.");
  for (const [id, phrase] of [["in", "Zoom in"], ["out", "Zoom out"], ["fit", "Show all of it"], ["thin", "All rows, as thin lines"]]) {
    element(id).title = say(phrase);
    element(id).setAttribute("aria-label", say(phrase));
  }
  element("fit").textContent = say("All");
  element("thin").textContent = say("Overview");
  search.placeholder = say("task, primitive or coroutine");
  search.setAttribute("aria-label", say("Find"));
  table.querySelector("summary").textContent = say("The schedule in words");
  const head = table.querySelector("thead tr");
  for (const phrase of ["from", "to", "who", "what"]) cell(head, "th", say(phrase)).scope = "col";
}

texts();
themed();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", themed);
new ResizeObserver(draw).observe(canvas);
width = canvas.clientWidth;
names = widthOfNames();
layOut();
room();
height = canvas.clientHeight;
if (data.rows.length > MANY && tall() > 2 * height) overview();
// In words as well, where that leaves the chart its room.
table.open = element("box").getBoundingClientRect().top + RULER + tall() + 220 < window.innerHeight;
fit();
