// The rows of primitives and sections: who has them, how many wait, how full they are.

function paintStrip(row, y) {
  const top = y + row.above, looks = colour[row.kind];
  row.middle = top + row.each * row.lines / 2;
  if (row.uses.length) paintUses(row, y + GAP + USES - 2);
  for (const [index, left, right] of row.isOfUses ? [] : visible(row)) {
    const [face, edge, ink] = looks[index % 2], line = top + row.line[index] * row.each;
    const x = Math.max(left, names - 8), wide = Math.max(Math.min(right, width + 8) - x, 1);
    pen.fillStyle = wide <= NARROW ? edge : face;
    pen.fillRect(x, line, wide, row.each - 1);
    if (wide > NARROW) {
      pen.strokeStyle = edge;
      pen.lineWidth = 1;
      pen.strokeRect(x + .5, line + .5, wide - 1, row.each - 2);
    }
    const from = Math.max(left, names), room = Math.min(right, width) - from - 8;
    if (row.each >= LINE - 1 && room > 12 && row.whose[index] >= 0) {
      const text = fitted(data.rows[row.whose[index]].label, room);
      write(text, from + room / 2 + 4, line + row.each / 2, { ink, align: "center", halo: null });
    }
    if (view.chosen === row && view.index === index) {
      pen.strokeStyle = colour.ink;
      pen.lineWidth = 2;
      pen.strokeRect(x, line, wide, row.each);
    }
  }
  const below = top + row.each * row.lines;
  if (row.level) paintSteps(row.levels, below, LEVEL - 4, row.fullest, colour.level, (count) => row.says[count] ?? String(count));
  if (row.waiting.length) {
    const told = (count) => say("waiting: {number}", { number: count });
    paintSteps(row.waiting, below + row.level + 1, WAITING - 2, 1, colour.queue, told);
  }
}

// How many there are from when on: boxes as high as there are many, with the number in them.
function paintSteps(steps, top, high, most, [face, edge, ink], told) {
  let painted = -1;
  for (let index = Math.max(firstFrom(steps, view.from) - 1, 0); index < steps.length; index++) {
    const [since, count] = steps[index], until = steps[index + 1]?.[0] ?? END;
    if (since > view.to) break;
    const left = Math.max(toX(since), names - 8), right = Math.min(toX(until), width + 8);
    if (!count || right - painted < PIXEL) continue;
    painted = right;
    const share = Math.min(count / most, 1) * high, wide = Math.max(right - left, 1);
    pen.fillStyle = face;
    pen.fillRect(left, top + high - share, wide, share);
    pen.fillStyle = edge;
    pen.fillRect(left, top + high - share, wide, 1);
    const from = Math.max(left, names), room = Math.min(right, width) - from - 4;
    const text = [told(count), String(count)].find((one) => measured(one) <= room);
    if (text) write(text, from + room / 2 + 2, top + high - Math.min(share, 12) / 2, { ink, align: "center", halo: null });
  }
}

// What is done with a primitive: a small mark, and by whom where there is room.
function paintUses(row, bottom) {
  let free = Infinity;
  for (let index = firstFrom(row.uses, view.to) - 1; index >= 0; index--) {
    const [at, , words] = row.uses[index], x = toX(at);
    if (at < view.from) break;
    if (free - x < PIXEL) continue;
    pen.fillStyle = view.chosen === row && view.index === index ? colour.focus : colour.muted;
    shape(pen, [[x - 3, bottom - 5], [x + 3, bottom - 5], [x, bottom]]);
    pen.fill();
    if (measured(words) + 10 < Math.min(free, width) - x) write(words, x + 6, bottom - 4, { ink: colour.muted });
    free = x - 4;
  }
}
