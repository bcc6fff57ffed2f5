// How high rows are, and where printed lines stand in them. A row is as high as what is in it when
// all of the time is seen; zooming in never needs more.

const FONT = "13px system-ui, sans-serif", SMALL = "12px system-ui, sans-serif";
const BOLD = `600 ${FONT}`;
const BAR = 22, LINE = 15, GAP = 6;  // pixels
const HEADING = 26;  // pixels, for the name of a host above its first row
const INDENT = 14, DEEPEST = 8;
const MOST_LINES = 6;  // of prints below a bar
const MOST_PRINTS = 400;  // in the window, from which on only their marks are drawn
const HOLDER = 18, HOLDERS = 8;  // pixels of a holder's line; lines, from which on they are thinner
const THIN = 2;  // pixels
const SLOPE = 26, STUB = 7;  // pixels below a bar, from which messages slope; up to where one is lost or held
const LEVEL = 30, WAITING = 14, USES = 12;  // pixels

const widths = new Map();

function measured(text) {
  let found = widths.get(text);
  if (found === undefined) {
    if (widths.size > 20000) widths.clear();
    pen.font = SMALL;
    widths.set(text, found = pen.measureText(text).width);
  }
  return found;
}

function fitted(text, room) {
  text = short(text);
  if (measured(text) <= room) return text;
  let length = Math.floor(text.length * room / measured(text));
  while (length > 0 && measured(`${text.slice(0, length).trimEnd()}…`) > room) length--;
  return length > 1 ? `${text.slice(0, length).trimEnd()}…` : "";
}

// Place printed lines from right to left, so that no flag crosses the text of a later one. Those of
// one instant stand below one another. Returns [x, line, text, whether it ends there].
function placed(row) {
  const { prints } = row, last = firstFrom(prints, view.to + 1), first = firstFrom(prints, view.from);
  if (last - first > MOST_PRINTS) return null;
  const free = new Array(MOST_LINES).fill(width), found = [];
  for (let end = last; end > first;) {
    let begin = end - 1;
    const at = prints[begin][0], x = toX(at);
    while (begin > first && prints[begin - 1][0] === at) begin--;
    let texts = prints.slice(begin, end).map(([, , text]) => short(text, 120));
    if (texts.length > MOST_LINES) texts = [...texts.slice(0, MOST_LINES - 1), `… +${texts.length - MOST_LINES + 1}`];
    const wide = Math.max(...texts.map(measured)) + 12;
    const leftward = x + wide > width && x - names > (width - names) / 2;
    const ends = leftward ? x : x + wide;
    let line = 0;
    while (line + texts.length <= MOST_LINES && Math.min(...free.slice(line, line + texts.length)) < ends) line++;
    if (line + texts.length > MOST_LINES) {
      line = MOST_LINES - texts.length;
      const room = Math.min(...free.slice(line)) - x - 12;
      texts = texts.map((text) => (leftward || room < 40 ? "" : fitted(text, room)));
    }
    if (texts.some(Boolean)) {
      texts.forEach((text, index) => found.push([x, line + index, text, leftward]));
      free.fill(leftward ? x - wide : x - 6, 0, line + texts.length);
    } else {
      found.push([x, -1, "", leftward]);
    }
    end = begin;
  }
  return found;
}

// Timeouts within one another stand on lines of their own, the outermost on top.
function bracketLines(row) {
  const free = [];
  row.bracketLine = row.timeouts.map(([start, , end]) => {
    let line = free.findIndex((until) => until < start);
    if (line < 0) line = free.length;
    free[line] = end;
    return line;
  });
  return free.length;
}

const HEIGHTS = {
  task(row) {
    row.brackets = bracketLines(row);
    const isRefused = row.stubs.some(([, , , , , kind]) => kind === "refused");
    row.above = GAP + row.brackets * LINE + (row.cancels.length || isRefused ? LINE : 0);
    const prints = row.lines ? row.lines * LINE + 3 : 0;
    const below = Math.max(prints, row.slopes ? SLOPE : 0, row.stubs.length ? 2 * STUB : 0);
    return Math.max(row.above + BAR + below + GAP, row.below ? GAP + BAR + LINE : 0);
  },
  callbacks(row) {
    row.above = GAP;
    return Math.max(row.above + LINE / 2 + (row.lines || 1) * LINE + GAP, GAP + 2 * LINE + GAP);
  },
  strip(row) {
    row.above = GAP + (row.uses.length ? USES : 0);
    row.each = row.lines > HOLDERS ? HOLDER * HOLDERS / row.lines : HOLDER;
    row.level = row.fullest ? LEVEL : 0;
    const queue = row.waiting.length ? WAITING : 0;
    return Math.max(row.above + row.each * row.lines + row.level + queue + GAP, GAP + 2 * LINE + GAP);
  },
};

// Give each row its height; needs the width of the canvas, and all of the time in view.
function layOut() {
  const { from, to } = view;
  view.from = START - LENGTH * MARGIN;
  view.to = END + LENGTH * MARGIN;
  for (const row of data.rows) {
    if (row.prints) row.lines = (placed(row) ?? []).reduce((most, [, line]) => Math.max(most, line + 1), 0);
    row.full = Math.ceil((HEIGHTS[row.kind] ?? HEIGHTS.strip)(row));
  }
  Object.assign(view, { from, to });
  stack();
}

// Whether there is the name of a host above a row, as the one before is of another.
const hasHeading = (rows, index) => rows[index].host && rows[index].host !== rows[index - 1]?.host;

// In an overview rows are thin enough for all to be seen, or nearly so, and hosts have no headings.
function stack() {
  const share = Math.max((height - RULER) / view.rows.length, THIN);
  let top = 0;
  view.rows.forEach((row, index) => {
    row.height = view.thin ? Math.min(share, row.full) : row.full;
    row.heading = !view.thin && hasHeading(view.rows, index) ? HEADING : 0;
    row.top = top += row.heading;
    top += row.height;
  });
}

function tall() {
  const last = view.rows.at(-1);
  return last ? last.top + last.height : 0;
}

const isThin = (row) => row.height < row.full;

const toY = (row) => RULER + row.top - view.top;

// The rows that are to be seen.
function seen() {
  return view.rows.filter((row) => row.top + row.height > view.top && row.top - row.heading < view.top + height - RULER);
}

function rowAt(y) {
  const down = y - RULER + view.top;
  return y < RULER ? undefined : view.rows.find((row) => row.top <= down && down < row.top + row.height);
}

function widthOfNames() {
  pen.font = FONT;
  let most = 90;
  for (const { label, depth } of data.rows) most = Math.max(most, pen.measureText(short(label)).width + indent(depth) + 14);
  pen.font = BOLD;
  for (const { host } of data.rows) if (host) most = Math.max(most, pen.measureText(short(host)).width + indent() + 14);
  return Math.min(Math.ceil(most), 300, Math.round(width * .35));
}

const indent = (depth = 0) => 12 + Math.min(depth, DEEPEST) * INDENT;
