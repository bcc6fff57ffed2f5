// The rows of tasks: their bars, what happens to them, and what they print.

const PIXEL = 1;  // from which on spans are told apart
const DENSE = .35;  // of a bar, for steps that are not: above them it is seen for what the task waits

// Go through what is in view, and of what is narrower than a pixel take one for each; yields the
// index, the place, and the index of the next one.
function* visible(row) {
  const { starts, ends } = row;
  for (let index = firstAt(row, view.from), next; index < starts.length && starts[index] <= view.to; index = next) {
    const left = toX(starts[index]), right = toX(ends[index]);
    next = index + 1;
    if (right - left < PIXEL) next = Math.max(next, firstAt(row, toTime(Math.floor(right) + PIXEL)));
    if (next > index + 3) view.coarse = true;
    yield [index, left, right, next];
  }
}

function paintTask(row, y) {
  const top = y + row.above, middle = top + BAR / 2;
  row.middle = middle;
  paintBrackets(row, y + GAP);
  paintStubs(row, y);
  const ticks = [], cut = [];
  for (const [index, left, right, next] of visible(row)) {
    const [state, torn] = data.looks[row.looks[index]];
    const isTick = state === RUNNING && row.ends[index] === row.starts[index];
    const isDense = next > index + 2;  // of three in turn, one is a step
    if (isTick || isDense) ticks.push([left, isDense]);
    if (isTick) continue;
    const x = Math.max(left, names - 8), wide = Math.max(Math.min(right, width + 8) - x, 1);
    fillBar(pen, state, x, top, wide, BAR);
    if (torn && wide > 12) cut.push(right);
    if (wide > 24) wordsIn(data.looks[row.looks[index]], Math.max(left, names), Math.min(right, width), middle, torn);
    if (view.chosen === row && view.index === index) outline(x, top, wide);
  }
  for (const x of cut) tear(pen, x, top, BAR);
  pen.fillStyle = colour.states[RUNNING][0];
  for (const [x, isDense] of ticks) {
    if (isDense) pen.fillRect(x, top + BAR * (1 - DENSE), PIXEL, BAR * DENSE);
    else pen.fillRect(x - 1, top, 2.5, BAR);
  }
  if (view.chosen === row && view.index >= 0 && row.starts[view.index] === row.ends[view.index]) {
    outline(toX(row.starts[view.index]) - 1, top, 2.5);
  }
  paintLife(row, middle);
  paintCancels(row, top);
  paintPrints(row, top + BAR);
}

function outline(x, y, wide) {
  pen.strokeStyle = colour.ink;
  pen.lineWidth = 2;
  pen.strokeRect(x - 2, y - 2, wide + 4, BAR + 4);
}

function wordsIn([state, , texts], left, right, middle, torn) {
  const room = right - left - (torn ? 18 : 12);
  const text = texts.map((one) => short(one, 120)).find((one) => measured(one) <= room) ?? "";
  if (!text) return;
  const [face, , ink] = colour.states[state];
  const half = measured(text) / 2 + 3, x = (left + right - (torn ? 6 : 0)) / 2;
  if (data.states[state][2]) {
    pen.fillStyle = face;
    pen.fillRect(x - half, middle - 8, 2 * half, 16);
  }
  write(text, x, middle, { ink, align: "center", halo: null });
}

function paintLife(row, middle) {
  if (row.starts.length) MARKS.start(pen, toX(row.starts[0]) - 1, middle);
  if (row.ended) MARKS[row.ended[1]](pen, toX(row.ended[0]) + 2, middle);
}

function paintBrackets(row, y) {
  row.timeouts.forEach(([start, , end, fired, texts], index) => {
    if (end < view.from || start > view.to) return;
    const left = toX(start), right = toX(end), line = y + row.bracketLine[index] * LINE + 8;
    const ink = bracket(pen, left, right, line, fired);
    const from = Math.max(left, names) + 8, room = Math.min(right, width) - from - 6;
    const text = texts.find((one) => measured(one) <= room);
    if (text) {
      pen.fillStyle = colour.paper;
      pen.fillRect(from - 3, line - 7, measured(text) + 6, 14);
      write(text, from, line, { ink });
    }
  });
}

// Who requests a cancellation stands behind the mark, or before it, as far as other marks leave room.
function paintCancels(row, top) {
  const marks = row.cancels.map(([at]) => toX(at));
  let free = width;  // where words that stand there already begin
  for (let index = marks.length - 1; index >= 0; index--) {
    const [, , delivered, words] = row.cancels[index], x = marks[index];
    if (x < names - 6 || x > width + 6) continue;
    if (delivered) { MARKS.delivery(pen, x, top); continue; }
    MARKS.request(pen, x, top - 8);
    const next = marks.find((other) => other > x + 9) ?? Infinity;
    const before = marks.findLast((other) => other < x - 9) ?? names;
    const wide = measured(words), room = Math.min(free, next - 8, width) - x - 12;
    if (wide > room && x - before > wide + 20) {
      write(words, x - 9, top - 10, { ink: colour.alarm, align: "right" });
      free = x - 9 - wide - 6;
    } else {
      if (room > 30) write(fitted(words, room), x + 9, top - 10, { ink: colour.alarm });
      free = x - 8;
    }
  }
}

function paintPrints(row, bottom) {
  const notes = placed(row);
  if (!notes) {
    let last = -1;
    for (let index = firstFrom(row.prints, view.from); index < row.prints.length; index++) {
      const x = Math.round(toX(row.prints[index][0]));
      if (x > width) break;
      if (x > last) MARKS.print(pen, last = x, bottom);
    }
    view.coarse = true;
    return;
  }
  for (const [x, line] of notes) {
    pen.fillStyle = colour.muted;
    pen.fillRect(x - .5, bottom, 1, line < 0 ? 5 : 4 + (line + 1) * LINE - 4);
  }
  for (const [x, line, text, leftward] of notes) {
    if (text) write(text, x + (leftward ? -5 : 5), bottom + 3 + (line + .5) * LINE, { align: leftward ? "right" : "left" });
  }
}

function paintCallbacks(row, y) {
  row.middle = y + row.above;
  pen.fillStyle = colour.grid;
  pen.fillRect(names, row.middle, width - names, 1);
  paintPrints(row, row.middle);
}
