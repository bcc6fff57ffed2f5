// What is told in words: of what is chosen or pointed at, of the window, and of all that is in it.

const MOST_TOLD = 400;  // lines of the table
const MOST_OF_A_TASK = 8;  // things that happen in one of its spans

const tooltip = element("tooltip"), table = element("words");

function hide() { tooltip.hidden = true; }

function line(name, text) {
  const made = document.createElement(name);
  made.textContent = text.length > 600 ? `${text.slice(0, 600)}…` : text;
  tooltip.append(made);
}

function tell(row, index, x, y) {
  tooltip.replaceChildren();
  const own = row.below && !row.words ? `${row.name} (${row.below})` : row.name;
  line("strong", row.host ? `${own} @ ${row.host}` : own);
  if (index >= 0) TELL[row.kind](row, index);
  else (row.about ?? levelsAt(row, toTime(x))).forEach((text) => line("div", text));
  tooltip.hidden = false;
  const box = element("box").getBoundingClientRect();
  tooltip.style.left = `${Math.max(Math.min(x + 14, box.width - tooltip.offsetWidth - 8), 8)}px`;
  const above = Math.max(y - tooltip.offsetHeight - 12, 8 - box.top);
  const below = box.top + y + 18 + tooltip.offsetHeight > window.innerHeight;
  tooltip.style.top = `${below ? above : y + 18}px`;
}

const TELL = {
  task(row, index) {
    const start = row.starts[index], end = row.ends[index];
    const [state, , , sentence, stack] = data.looks[row.looks[index]];
    line("div", sentence);
    line("div", period(start, end));
    const isLast = index === row.starts.length - 1;
    for (const text of wakes(row, state === RUNNING ? start : end)) line("div", text);
    for (const text of happens(row, start, end, isLast)) line("div", text);
    for (const place of data.stacks[stack]) line("code", place);
  },
  callbacks: (row, index) => {
    line("div", say("prints {text}", { text: row.prints[index][2] }));
    line("div", period(row.starts[index], row.ends[index]));
  },
  primitive: tellPiece,
  section: tellPiece,
};

function tellPiece(row, index) {
  line("div", row.isOfUses ? row.uses[index][2] : hasOf(row, index));
  line("div", period(row.starts[index], row.ends[index]));
}

// How full a primitive is at a time, and how many wait for it.
function levelsAt(row, at) {
  const last = (steps = []) => steps[firstFrom(steps, at + 1) - 1]?.[1] ?? 0;
  const level = last(row.levels), waiting = last(row.waiting);
  return [
    say("at {time}", { time: seconds(at, tidy()) }),
    ...(level ? [row.says[level] ?? String(level)] : []),
    ...(waiting ? [say("waiting: {number}", { number: waiting })] : []),
  ];
}

function hasOf(row, index) {
  const who = data.rows[row.whose[index]]?.name ?? "?";
  return row.has.replace("{who}", who);
}

// What happens to a task, and by it, in a period; what happens as it ends belongs to the next one.
function happens(row, start, end, isLast) {
  const inside = (at) => at >= start && (at < end || at === start || (isLast && at === end));
  const found = [];
  for (const [from, , until, , , sentence] of row.timeouts) if (from <= start && until >= end) found.push(sentence);
  for (const [at, , , , sentence] of row.cancels) if (inside(at)) found.push(sentence);
  for (const [at, , , , sentence] of row.stubs) if (inside(at)) found.push(sentence);
  for (const other of data.rows) {
    if (!other.pieces || other.isOfUses) continue;
    for (let index = firstAt(other, start); index < other.starts.length && other.starts[index] <= start; index++) {
      if (other.whose[index] >= 0 && data.rows[other.whose[index]] === row && other.ends[index] >= end) found.push(hasOf(other, index));
    }
  }
  for (let index = firstFrom(row.prints, start); index < row.prints.length && inside(row.prints[index][0]); index++) {
    found.push(`${seconds(row.prints[index][0])}: ${say("prints {text}", { text: row.prints[index][2] })}`);
  }
  return found.slice(0, MOST_OF_A_TASK);
}

// The window, and what is left out in it

let later = 0;

function tellWindow() {
  const unit = tidy(), from = Math.max(view.from, START), to = Math.min(view.to, END);
  const told = [from, to].map((at) => seconds(at, at === START || at === END ? 1 : unit));
  element("status").textContent = told.join(" – ");
  element("found").textContent = say("{found} of {all} rows", { found: view.rows.length, all: data.rows.length });
  const notes = [];
  if (view.rows.some(isThin)) notes.push(say("The overview leaves out arrows, words and what is printed: press o, or find a task, to see them."));
  if (drawn > MOST_ARROWS) notes.push(say("Too many arrows to be followed: zoom in, or choose a task, to see its own."));
  if (view.coarse) notes.push(say("Spans narrower than a pixel are drawn together: zoom in to tell them apart."));
  const note = notes.join(" ");
  if (element("left-out").textContent !== note) element("left-out").textContent = note;
  element("left-out").hidden = !note;
  clearTimeout(later);
  later = setTimeout(fillTable, 150);
}

// The schedule in words

function fillTable() {
  if (!table.open) return;
  const lines = [], { from, to } = view;
  let isMore = false;
  for (const row of view.rows) {
    let count = 0;
    for (const told of linesOf(row, from, to)) {
      lines.push(told);
      if (++count > MOST_TOLD) { isMore = true; break; }
    }
  }
  lines.sort((one, other) => one[0] - other[0] || one[4] - other[4] || one[5] - other[5]);
  isMore ||= lines.length > MOST_TOLD;
  table.querySelector("tbody").replaceChildren(...lines.slice(0, MOST_TOLD).map(([start, end, who, what]) => {
    const made = document.createElement("tr");
    cell(made, "th", seconds(start)).scope = "row";
    cell(made, "td", end > start ? seconds(end) : "");
    cell(made, "td", who);
    cell(made, "td", what);
    return made;
  }));
  element("caption").textContent = say("What happens {period}, in order", {
    period: say("from {start} to {end}", { start: seconds(Math.max(from, START)), end: seconds(Math.min(to, END)) }),
  });
  element("more").textContent = say("The first {number} lines. Zoom in, or find a task, for the others.", { number: MOST_TOLD });
  element("more").hidden = !isMore;
}

function cell(row, name, text) {
  const made = document.createElement(name);
  made.textContent = text.length > 600 ? `${text.slice(0, 600)}…` : text;
  row.append(made);
  return made;
}

const isStep = (row, index) => data.looks[row.looks[index]][0] === RUNNING;

// Yield [from, to, who, what, step, order within the step] of a row.
function* linesOf(row, from, to) {
  const { name } = row;
  for (let index = firstAt(row, from); index < row.starts.length && row.starts[index] <= to; index++) {
    const start = row.starts[index], end = row.ends[index], step = row.steps[index];
    if (row.pieces && !row.isOfUses) yield [start, end, name, hasOf(row, index), step, 2];
    else if (row.kind === "task" && (end > start || !isStep(row, index))) {
      yield [start, end, name, data.looks[row.looks[index]][3], step, 8];
    }
  }
  yield* within(row.prints, from, to, ([at, step, text]) => [at, at, name, say("prints {text}", { text }), step, 3]);
  yield* within(row.uses, from, to, ([at, step, sentence]) => [at, at, name, sentence, step, 4]);
  yield* within(row.cancels, from, to, ([at, step, delivered, , sentence]) => [at, at, name, sentence, step, delivered ? 0 : 5]);
  yield* within(row.stubs, from, to, ([at, step, , , sentence]) => [at, at, name, sentence, step, 6]);
  for (const [start, step, end, , , sentence] of row.timeouts ?? []) {
    if (start <= to && end >= from) yield [start, end, name, sentence, step, 1];
  }
  if (row.kind === "task") {
    yield* within(arrowsFrom(row), from, to, ([at, step, index]) => [at, at, name, sentenceOf(index), step, 6]);
    if (row.ended && row.ended[0] >= from && row.ended[0] <= to) {
      yield [row.ended[0], row.ended[0], name, row.ended[2], row.steps.at(-1), 7];
    }
  }
}

function* within(lists, from, to, told) {
  if (!lists) return;
  for (let index = firstFrom(lists, from); index < lists.length && lists[index][0] <= to; index++) yield told(lists[index]);
}

// Arrows by the row that they leave or arrive at: what a task does to others, and what is done to it.
// Cancellations are not among them, as these are told of those who are cancelled.
function byRow(rows, times) {
  const found = new Map();
  for (let index = 0; index < arrows.count; index++) {
    if (data.kinds[arrows.kind[index]][0] === "cancel") continue;
    const row = data.rows[rows[index]];
    if (!found.has(row)) found.set(row, []);
    found.get(row).push([times[index], arrows.step[index], index]);
  }
  for (const told of found.values()) told.sort(([at], [other]) => at - other);
  return found;
}

let leaving, arriving;  // made when they are first asked for

const arrowsFrom = (row) => (leaving ??= byRow(arrows.source, arrows.start)).get(row);
const arrowsTo = (row) => (arriving ??= byRow(arrows.target, arrows.end)).get(row) ?? [];

// Who has made a task ready at a time.
function wakes(row, at) {
  return [...within(arrowsTo(row), at, at, ([, , index]) => index)].slice(0, MOST_OF_A_TASK).map(sentenceOf);
}
