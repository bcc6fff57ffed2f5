"use strict";

// What the page is given. vtloop/views/html/contents.py and rows.py say what stands where.

const data = JSON.parse(document.getElementById("timeline").textContent);
const element = (id) => document.getElementById(id);
// Of a run that takes no time, the steps stand side by side, and a time is a step.
const INSTANT = data.start === data.end;
const START = INSTANT ? 0 : data.start, END = INSTANT ? Math.max(data.steps, 1) : data.end, LENGTH = END - START;
const RUNNING = data.states.findIndex(([name]) => name === "running");
const LEFT = data.states.findIndex(([name]) => name === "left");

// Words

function say(phrase, values = {}) {
  return data.say[phrase].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

// Nanoseconds as seconds, exact, or rounded to so many nanoseconds.
function seconds(at, unit = 1) {
  if (INSTANT) return say("step {step}", { step: Math.floor(at) });
  at = Math.round(at / unit) * unit;
  const whole = Math.floor(at / 1e9), rest = at - whole * 1e9;
  const digits = String(rest).padStart(9, "0").replace(/0+$/, "");
  return say("{number} s", { number: digits ? `${whole}${data.decimal}${digits}` : whole });
}

function period(start, end) {
  if (start === end) return say("at {time}", { time: seconds(start) });
  if (INSTANT) return say("from {start} to {end}", { start: seconds(start), end: seconds(end) });
  return say("from {start} to {end}, {length}",
    { start: seconds(start), end: seconds(end), length: seconds(end - start) });
}

function short(text, most = 300) {
  const line = text.replace(/[\s\p{C}]+/gu, " ").trim();
  return line.length > most ? `${line.slice(0, most)}…` : line;
}

// The records of a flat list, of which the first numbers are told by how much more they are than before.
function inTurn(flat, width, growing) {
  const found = [];
  for (let at = 0; at < flat.length; at += width) {
    const record = flat.slice(at, at + width), before = found.at(-1);
    for (let place = 0; before && place < growing; place++) record[place] += before[place];
    found.push(record);
  }
  return found;
}

// Rows: what is in each gets a start, an end, a step, and the latest end up to it, all in order.

function places(row, count, fill) {
  row.starts = new Float64Array(count);
  row.ends = new Float64Array(count);
  row.reach = new Float64Array(count);
  row.steps = new Int32Array(count);
  let latest = -Infinity;
  for (let index = 0; index < count; index++) {
    [row.starts[index], row.ends[index], row.steps[index]] = fill(index);
    row.reach[index] = latest = Math.max(latest, row.ends[index]);
  }
}

const UNFOLD = {
  task(row) {
    let at = row.start;
    let step = 0;
    row.looks = new Uint32Array(row.spans.length / 3);
    places(row, row.looks.length, (index) => {
      const start = at;
      step += row.spans[3 * index];
      at += row.spans[3 * index + 1];
      row.looks[index] = row.spans[3 * index + 2];
      return [start, at, step];
    });
  },
  callbacks(row) {
    places(row, row.prints.length, (index) => {
      const [at, step] = row.prints[index];
      return [at, at, step];
    });
  },
  strip(row) {
    const pieces = inTurn(row.pieces, 4, 2), count = pieces.length, free = [];  // when each line is free again
    row.whose = new Int32Array(count);
    row.line = new Uint16Array(count);
    places(row, count, (index) => {
      const [start, step, length, whose] = pieces[index];
      let line = free.findIndex((end) => end <= start);
      if (line < 0) line = free.length;
      free[line] = start + length;
      row.line[index] = line;
      row.whose[index] = whose;
      return [start, start + length, step];
    });
    row.lines = free.length;
    row.isOfUses = !count;  // what is in it is then what is done with it
    row.waiting = inTurn(row.waiting, 2, 1);
    row.levels = inTurn(row.levels, 2, 1);
    row.uses = inTurn(row.uses, 3, 2).map(([at, step, text]) => [at, step, row.told[text]]);
        if (row.isOfUses) {
      places(row, row.uses.length, (index) => {
        const [at, step] = row.uses[index];
        return [at, at, step];
      });
    }
    row.fullest = row.levels.reduce((most, [, count]) => Math.max(most, count), 0);
  },
};

if (INSTANT) data.rows = data.rows.filter(({ pieces }) => !pieces);
for (const row of data.rows) {
  (UNFOLD[row.kind] ?? UNFOLD.strip)(row);
  row.name = row.words ?? row.label;
  if (INSTANT) bySteps(row);
}

// Place what is in a row by its steps, each of which is as wide as the others.
function bySteps(row) {
  row.prints.forEach((print) => { print[0] = print[1] + .5; });
  if (row.kind !== "task") {
    return places(row, row.prints.length, (index) => {
      const [at, step] = row.prints[index];
      return [at, at, step];
    });
  }
  const steps = [...row.steps], count = steps.length;
  const runs = (index) => data.looks[row.looks[index]][0] === RUNNING;
  places(row, count, (index) => {
    if (runs(index)) return [steps[index], steps[index] + 1, steps[index]];
    const start = steps[index] + 1;
    return [start, index + 1 === count ? END : runs(index + 1) ? Math.max(steps[index + 1], start) : start, steps[index]];
  });
  row.cancels.forEach((cancel) => { cancel[0] = cancel[1] < 0 ? END : cancel[1] + .5; });
  row.stubs.forEach((stub) => { stub[0] = stub[1] + .5; if (stub[3] !== null) stub[3] = END; });
  row.timeouts = [];
  if (row.ended) row.ended[0] = steps.at(-1) + 1;
}

// The index of the first thing in a row that ends at a time or later.
function firstAt(row, at) {
  let low = 0, high = row.reach.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (row.reach[middle] < at) low = middle + 1; else high = middle;
  }
  return low;
}

// The index of the first of some lists whose first item is a time or later.
function firstFrom(lists, at) {
  let low = 0, high = lists.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lists[middle][0] < at) low = middle + 1; else high = middle;
  }
  return low;
}

// Rows get more room below them where messages slope.
function slopes(one, other) {
  for (let row = Math.min(one, other); row < Math.max(one, other); row++) data.rows[row].slopes = true;
}

const arrows = (() => {
  const records = inTurn(data.arrows, 6, 2), count = records.length;
  const found = { count, kind: new Uint8Array(count), source: new Uint32Array(count), target: new Uint32Array(count) };
  found.start = new Float64Array(count);
  found.end = new Float64Array(count);
  found.step = new Int32Array(count);
  records.forEach(([at, step, kind, source, target, takes], index) => {
    found.step[index] = step;
    found.kind[index] = kind;
    found.source[index] = source;
    found.target[index] = target;
    found.start[index] = INSTANT ? step + .5 : at;
    found.end[index] = found.start[index] + takes;
    if (takes && data.kinds[kind][0] === "message") slopes(source, target);
  });
  return found;
})();

const SENTENCES = {
  spawn: "{one} creates {other}",
  wake: "{one} wakes {other}",
  join: "{one} ends, for which {other} waits",
  cancel: "{one} cancels {other}",
  message: "{one} sends {what} to {other}",
};

function sentenceOf(arrow) {
  const one = data.rows[arrows.source[arrow]].name, other = data.rows[arrows.target[arrow]].name;
  return say(SENTENCES[data.kinds[arrows.kind[arrow]][0]], { one, other, what: data.carried[arrow] });
}
