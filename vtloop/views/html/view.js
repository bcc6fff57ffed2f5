// What is looked at: from when to when, how far down, which rows, and what is chosen.

const RULER = 26;  // pixels
const MARGIN = .02;  // of the whole time, on both sides

const canvas = element("chart"), pen = canvas.getContext("2d");
const view = { from: START, to: END, top: 0, rows: data.rows, chosen: null, index: -1, thin: false };
let names = 120, width = 0, height = 0;

const toX = (at) => names + (at - view.from) / (view.to - view.from) * (width - names);
const toTime = (x) => view.from + (x - names) / (width - names) * (view.to - view.from);

function limit() {
  const length = Math.min(Math.max(view.to - view.from, 10), LENGTH * (1 + 2 * MARGIN));
  view.from = Math.min(Math.max(view.from, START - LENGTH * MARGIN), END + LENGTH * MARGIN - length);
  view.to = view.from + length;
  view.top = Math.min(Math.max(view.top, 0), Math.max(tall() + RULER - height, 0));
}

// What zooming by button or key keeps in its place: what is chosen, if it is to be seen.
function middle() {
  const start = view.index < 0 ? NaN : view.chosen.starts[view.index];
  return start >= view.from && start <= view.to ? start : (view.from + view.to) / 2;
}

function zoom(factor, at = middle()) {
  view.to = at + (view.to - at) / factor;
  view.from = at - (at - view.from) / factor;
  moved();
}

function pan(share) {
  const by = (view.to - view.from) * share;
  view.from += by;
  view.to += by;
  moved();
}

function scroll(by) {
  view.top += by;
  moved();
}

function fit() {
  view.from = START - LENGTH * MARGIN;
  view.to = END + LENGTH * MARGIN;
  moved();
}

function moved() {
  hide();
  draw();
}

// Up to how many nanoseconds the times of the window are told.
function tidy() {
  return 10 ** Math.max(Math.floor(Math.log10((view.to - view.from) / 1000)), 0);
}

function ticks() {
  pen.font = FONT;
  const room = Math.max(pen.measureText(seconds(view.to, tidy())).width + 24, 80);
  const rough = (view.to - view.from) / Math.max((width - names) / room, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max([1, 2, 5, 10].map((by) => by * power).find((by) => by >= rough), 1);
  const found = [];
  for (let at = Math.ceil(Math.max(view.from, START) / step) * step; at <= view.to; at += step) found.push(at);
  return found;
}
