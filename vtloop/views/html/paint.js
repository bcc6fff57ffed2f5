// All that is drawn, at most once for each frame.

const MOST_ARROWS = 400;  // at once; more cannot be followed

let asked = false, drawn = 0;

function draw() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => { asked = false; paint(); });
}

function clip(x, y, wide, high, inside) {
  pen.save();
  pen.beginPath();
  pen.rect(x, y, wide, high);
  pen.clip();
  inside();
  pen.restore();
}

const PAINT = { task: paintTask, callbacks: paintCallbacks, primitive: paintStrip, section: paintStrip };

function paint() {
  const scale = window.devicePixelRatio || 1;
  if (canvas.clientWidth !== width) {
    width = canvas.clientWidth;
    names = widthOfNames();
    layOut();
    room();
  }
  if (canvas.clientHeight !== height) {
    height = canvas.clientHeight;
    stack();
  }
  limit();
  canvas.width = width * scale;
  canvas.height = height * scale;
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  const rows = seen();
  view.coarse = false;
  clip(names, RULER, width - names, height - RULER, () => {
    rows.forEach(paintGround);
    paintBlocked();
    paintGrid();
    paintArrows(rows);
    for (const row of rows) (isThin(row) ? paintThin : PAINT[row.kind])(row, toY(row));
  });
  clip(0, RULER, names, height - RULER, () => paintNames(rows));
  clip(0, 0, width, RULER, paintRuler);
  paintScrollbar();
  tellWindow();
}

// How far down the view is, if not all rows fit.
function paintScrollbar() {
  const track = height - RULER, share = track / tall();
  if (share >= 1) return;
  pen.fillStyle = colour.muted;
  pen.fillRect(width - 5, RULER + view.top * share, 4, track * share);
}

function paintGround(row) {
  paintLineAbove(row);
  const isFirst = row === view.rows.find(({ kind }) => kind === row.kind);
  if (row === view.chosen) {
    pen.fillStyle = colour.shade;
    pen.fillRect(0, toY(row), width, row.height);
  }
  if (row.kind !== "task" && isFirst) {
    pen.fillStyle = colour.grid;
    pen.fillRect(0, toY(row), width, 1);
  }
}

// What keeps a host apart from the tasks above it.
function paintLineAbove(row) {
  if (!row.heading) return;
  pen.fillStyle = colour.muted;
  pen.fillRect(0, toY(row) - row.heading, width, 1);
}

function paintBlocked() {
  pen.fillStyle = colour.blocked;
  for (let at = 0; at < data.blocked.length; at += 2) {
    const left = toX(data.blocked[at]), right = toX(data.blocked[at] + data.blocked[at + 1]);
    if (right >= names && left <= width) pen.fillRect(left, RULER, Math.max(right - left, 1), height);
  }
}

function paintGrid() {
  pen.fillStyle = colour.grid;
  for (const at of ticks()) pen.fillRect(Math.round(toX(at)), RULER, 1, height);
}

function paintRuler() {
  pen.fillStyle = colour.grid;
  pen.fillRect(0, RULER - 1, width, 1);
  let free = 0;
  for (const at of ticks()) {
    const x = Math.round(toX(at)), text = seconds(at, tidy()), wide = measured(text);
    if (x < names) continue;
    pen.fillStyle = colour.muted;
    pen.fillRect(x, RULER - 6, 1, 6);
    const left = x + 4 + wide <= width ? x + 4 : x - 4 - wide;  // the last one, to the left of its tick
    if (left < free) continue;
    write(text, left, RULER / 2 - 1, { ink: colour.muted, align: "left", halo: null });
    free = left + wide + 4;
  }
}

function paintNames(rows) {
  let free = 0;
  for (const row of rows) {
    if (isThin(row) && row !== view.chosen && toY(row) < free) continue;
    paintName(row);
    free = toY(row) + LINE;
  }
}

// One row of an overview: in which state a task is, and when a primitive is held.
function paintThin(row, y) {
  const high = Math.max(row.height * .9, 1);
  if (row.isOfUses) return paintSteps(row.levels, y, high, row.fullest || 1, colour.level, () => "");
  for (const [index, left, right] of visible(row)) {
    if (row.kind === "task") {
      const state = data.looks[row.looks[index]][0], [face, edge] = colour.states[state];
      pen.fillStyle = right - left < PIXEL || state === LEFT ? edge : face;
    } else {
      pen.fillStyle = row.pieces ? colour[row.kind][index % 2][1] : colour.muted;
    }
    pen.fillRect(left, y, Math.max(right - left, PIXEL), high);
  }
  if (row.ended && row.ended[1] !== "returned") {
    pen.fillStyle = colour.alarm;
    pen.fillRect(toX(row.ended[0]), y, 4, high);
  }
}

function paintName(row) {
  const y = toY(row), left = indent(row.depth), room = names - left - 8;
  if (row.heading) {
    paintLineAbove(row);
    pen.font = BOLD;
    write(fitted(row.host, names - indent() - 8), indent(), y - row.heading / 2 + 3, { font: BOLD, halo: null });
  }
  if (row === view.chosen) {
    pen.fillStyle = colour.shade;
    const high = Math.max(row.height, LINE);
    pen.fillRect(0, y, names, high);
    pen.fillStyle = colour.focus;
    pen.fillRect(0, y, 4, high);
  }
  const full = row.kind === "task" ? row.above + BAR / 2 : GAP + LINE / 2 + 2;
  const middle = y + (isThin(row) ? Math.max(row.height, LINE) / 2 : full);
  pen.font = FONT;
  write(fitted(row.label, room), left, middle, { font: FONT, halo: null });
  if (row.below && !isThin(row)) write(fitted(row.below, room), left, middle + LINE + 1, { ink: colour.muted, halo: null });
}

// Arrows are behind the bars. Each leaves the row in whose step it happened, and arrives where the
// bar of its target changes.
function paintArrows(rows) {
  const place = new Map();
  for (const row of rows) if (row.kind === "task") place.set(data.rows.indexOf(row), row);
  const there = [];
  drawn = 0;
  for (let index = 0; index < arrows.count && there.length <= MOST_ARROWS; index++) {
    if (arrows.end[index] < view.from || arrows.start[index] > view.to) continue;
    const source = place.get(arrows.source[index]), target = place.get(arrows.target[index]);
    if (!source || !target) continue;
    if ((view.chosen?.kind === "task" || isThin(source)) && source !== view.chosen && target !== view.chosen) continue;
    there.push([index, source, target]);
  }
  drawn = there.length;
  if (drawn > MOST_ARROWS) return;
  for (const [index, source, target] of there) {
    const kind = arrows.kind[index], [name, , dashes] = data.kinds[kind];
    const down = target.top > source.top ? 1 : -1;
    const aside = { cancel: 0, join: 3, spawn: 0 }[name] ?? 0;
    const x0 = toX(arrows.start[index]) + aside, x1 = toX(arrows.end[index]) + aside;
    const [from, to] = [source, target].map((row) => toY(row) + (isThin(row) ? row.height / 2 : row.above));
    const y0 = from + (down > 0 && !isThin(source) ? BAR : 0), y1 = to + (down < 0 && !isThin(target) ? BAR : 0);
    pen.strokeStyle = pen.fillStyle = colour.arrows[kind];
    pen.lineWidth = 1.4;
    pen.setLineDash(dashes.map((dash) => dash * 1.6));
    pen.beginPath();
    // The head of a message points as it slopes; others arrive straight.
    const length = Math.hypot(x1 - x0, y1 - y0), slopes = name === "message" && length;
    const dx = slopes ? (x1 - x0) / length : 0, dy = slopes ? (y1 - y0) / length : down;
    pen.moveTo(x0, y0);
    pen.lineTo(x1 - dx * 6, y1 - dy * 6);
    pen.stroke();
    pen.setLineDash([]);
    const xBack = x1 - dx * 7, yBack = y1 - dy * 7;
    shape(pen, [[x1, y1], [xBack - dy * 3.5, yBack + dx * 3.5], [xBack + dy * 3.5, yBack - dx * 3.5]]);
    pen.fill();
  }
}

// Messages that are lost, or held for a time, just off the bar that they leave; refusals, as they come.
function paintStubs(row, y) {
  for (const [at, , isDown, until, , kind] of row.stubs) {
    const down = isDown ? 1 : -1, x = toX(at), edge = y + row.above + (isDown ? BAR : 0), off = edge + down * STUB;
    pen.strokeStyle = colourOf("message");
    pen.lineWidth = 1.4;
    pen.setLineDash(until === null ? [] : [1.5, 2]);
    pen.beginPath();
    pen.moveTo(x, edge);
    const aside = { held: 0, lost: STUB, refused: -STUB }[kind];
    pen.lineTo(x + aside, off);
    if (until !== null) pen.lineTo(toX(until), off);
    pen.stroke();
    pen.setLineDash([]);
    MARKS[kind](pen, x + aside, off);
  }
}

// The legend: only what occurs

function paintLegend() {
  const items = element("legend");
  items.replaceChildren();
  const looks = new Set(data.looks.map(([state]) => state));
  data.states.forEach(([, words], state) => {
    if (looks.has(state)) legend(items, words, (ink) => fillBar(ink, state, 1, 1, 26, 12));
  });
  if (data.looks.some(([, torn]) => torn)) {
    legend(items, say("cut short"), (ink) => { fillBar(ink, LEFT - 4, 1, 1, 24, 12); tear(ink, 24, 1, 12); });
  }
  const tasks = data.rows.filter(({ kind }) => kind === "task");
  const ends = new Set(tasks.map(({ ended }) => ended?.[1]));
  const marks = [
    ["start", "starts", tasks.some(({ starts }) => starts.length), 12, 7],
    ["returned", "returns", ends.has("returned"), 4, 7],
    ["raised", "raises", ends.has("raised"), 4, 7],
    ["cancelled", "ends cancelled", ends.has("cancelled"), 4, 7],
    ["crashed", "crashes with its host", ends.has("crashed"), 4, 7],
    ["request", "cancel is requested", tasks.some(({ cancels }) => cancels.some(([, , delivered]) => !delivered)), 8, 11],
    ["delivery", "CancelledError is delivered", tasks.some(({ cancels }) => cancels.some(([, , delivered]) => delivered)), 8, 12],
    ...[["lost", "message is lost"], ["held", "message is held"], ["refused", "connection is refused"]].map(
      ([kind, phrase]) => [kind, phrase, tasks.some(({ stubs }) => stubs.some((stub) => stub[5] === kind)), 8, 7]),
    ["print", "prints", data.rows.some(({ prints }) => prints?.length), 8, 4],
  ];
  for (const [mark, phrase, occurs, x, y] of marks) if (occurs) legend(items, say(phrase), (ink) => MARKS[mark](ink, x, y), 18);
  const swatch = ([face, edge]) => (ink) => {
    ink.fillStyle = face; ink.fillRect(1, 1, 26, 12);
    ink.strokeStyle = edge; ink.strokeRect(1.5, 1.5, 25, 11);
  };
  const strips = data.rows.filter(({ pieces }) => pieces);
  if (strips.some(({ kind, lines }) => kind === "primitive" && lines)) legend(items, say("holds it"), swatch(colour.primitive[0]));
  if (strips.some(({ kind }) => kind === "section")) legend(items, say("in the section"), swatch(colour.section[0]));
  if (strips.some(({ waiting }) => waiting.length)) legend(items, say("how many wait for it"), swatch(colour.queue));
  if (strips.some(({ fullest, below }) => fullest && below !== "Event")) legend(items, say("items, or who has come"), swatch(colour.level));
  if (strips.some(({ fullest, below }) => fullest && below === "Event")) legend(items, say("is set"), swatch(colour.level));
  for (const [fired, phrase] of ["timeout that was kept", "timeout that has passed"].entries()) {
    if (!tasks.some(({ timeouts }) => timeouts.some((timeout) => timeout[3] === fired))) continue;
    legend(items, say(phrase), (ink) => bracket(ink, 2, 25, 6, fired));
  }
  if (data.blocked.length) legend(items, say("the loop is blocked"), swatch([colour.blocked, colour.blocked]));
  const kinds = new Set(arrows.kind);
  data.kinds.forEach(([, words, dashes], kind) => {
    if (kinds.has(kind)) legend(items, words, (ink) => {
      ink.strokeStyle = ink.fillStyle = colour.arrows[kind];
      ink.lineWidth = 1.4;
      ink.setLineDash(dashes.map((dash) => dash * 1.6));
      ink.beginPath(); ink.moveTo(0, 7); ink.lineTo(20, 7); ink.stroke();
      shape(ink, [[27, 7], [19, 3.5], [19, 10.5]]);
      ink.fill();
    });
  });
}

function legend(items, words, picture, wide = 28) {
  const item = document.createElement("li"), small = document.createElement("canvas");
  const scale = window.devicePixelRatio || 1, ink = small.getContext("2d");
  small.width = wide * scale;
  small.style.width = `${wide}px`;
  small.height = 14 * scale;
  small.setAttribute("aria-hidden", "true");
  ink.scale(scale, scale);
  picture(ink);
  item.append(small, words);
  items.append(item);
}
