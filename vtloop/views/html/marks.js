// Colours, patterns and marks: those of charts.

let colour = {};
const patterns = new Map();

function themed() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const name = data.theme ?? (dark ? "dark" : "light");
  colour = data.themes[name];
  patterns.clear();
  const style = document.documentElement.style;
  style.colorScheme = name;
  for (const part of ["paper", "ink", "muted", "grid", "shade", "focus"]) style.setProperty(`--${part}`, colour[part]);
  paintLegend();
  draw();
}

const colourOf = (kind) => colour.arrows[data.kinds.findIndex(([name]) => name === kind)];

// The pattern of a state as matplotlib writes it, one of | / \\ . - x, as a tile that is repeated.
function patternOf(state) {
  const [, , hatch] = data.states[state], sign = hatch[0];
  if (!sign) return null;
  if (!patterns.has(state)) {
    const scale = window.devicePixelRatio || 1, size = 6;
    const tile = document.createElement("canvas"), ink = tile.getContext("2d");
    tile.width = tile.height = Math.round(size * scale);
    ink.scale(tile.width / size, tile.height / size);
    const [, edge] = colour.states[state];
    ink.strokeStyle = ink.fillStyle = edge;
    ink.lineWidth = .8;
    ink.beginPath();
    if (sign === "|") { ink.moveTo(3, 0); ink.lineTo(3, 6); }
    if (sign === "-") { ink.moveTo(0, 3); ink.lineTo(6, 3); }
    for (const by of [-6, 0, 6]) {
      if ("/x".includes(sign)) { ink.moveTo(by - 1, 7); ink.lineTo(by + 7, -1); }
      if ("\\x".includes(sign)) { ink.moveTo(by - 1, -1); ink.lineTo(by + 7, 7); }
    }
    ink.stroke();
    if (sign === ".") { ink.beginPath(); ink.arc(3, 3, .9, 0, 7); ink.fill(); }
    const pattern = pen.createPattern(tile, "repeat");
    pattern.setTransform(new DOMMatrix().scale(size / tile.width));
    patterns.set(state, pattern);
  }
  return patterns.get(state);
}

const NARROW = 4;  // pixels, up to which a bar has neither pattern nor edge

function fillBar(on, state, x, y, wide, high) {
  const [face, edge] = colour.states[state];
  on.fillStyle = wide <= NARROW ? edge : face;
  on.fillRect(x, y, wide, high);
  if (wide <= NARROW) return;
  const pattern = patternOf(state);
  if (pattern) {
    on.fillStyle = pattern;
    on.fillRect(x, y, wide, high);
  }
  on.strokeStyle = edge;
  on.lineWidth = 1;
  on.strokeRect(x + .5, y + .5, wide - 1, high - 1);
}

// The end of a wait that was cut short, as if it were torn off.
function tear(on, x, y, high) {
  const teeth = 4, each = high / teeth;
  on.beginPath();
  on.moveTo(x + 1, y - 1);
  for (let tooth = 0; tooth < teeth; tooth++) {
    on.lineTo(x - 5, y + (tooth + .5) * each);
    on.lineTo(x - .5, y + (tooth + 1) * each);
  }
  on.lineTo(x + 1, y + high + 1);
  on.fillStyle = colour.paper;
  on.fill();
  on.beginPath();
  on.moveTo(x - .5, y);
  for (let tooth = 0; tooth < teeth; tooth++) {
    on.lineTo(x - 5, y + (tooth + .5) * each);
    on.lineTo(x - .5, y + (tooth + 1) * each);
  }
  on.strokeStyle = colour.alarm;
  on.lineWidth = 1.5;
  on.stroke();
}

// A timeout, from its entry to its exit, with a bar at the deadline that has passed; returns its colour.
function bracket(on, left, right, y, fired) {
  const ink = fired ? colour.alarm : colour.muted;
  on.strokeStyle = on.fillStyle = ink;
  on.lineWidth = 1.5;
  on.beginPath();
  on.moveTo(left, y + 6); on.lineTo(left, y);
  on.lineTo(right, y); on.lineTo(right, y + 6);
  on.stroke();
  if (fired) on.fillRect(right - 1.5, y - 5, 3, 11);
  return ink;
}

function shape(on, points) {
  on.beginPath();
  points.forEach(([x, y], index) => (index ? on.lineTo(x, y) : on.moveTo(x, y)));
  on.closePath();
}

const MARKS = {
  start(on, x, y) {
    on.fillStyle = colour.paper;
    on.strokeStyle = colour.ink;
    on.lineWidth = 1.3;
    shape(on, [[x - 7, y - 4.5], [x - 1, y], [x - 7, y + 4.5]]);
    on.fill();
    on.stroke();
  },
  returned(on, x, y) {
    on.fillStyle = colour.ink;
    on.beginPath();
    on.arc(x + 4, y, 3.7, 0, 7);
    on.fill();
  },
  raised(on, x, y) {
    on.strokeStyle = colour.alarm;
    on.lineWidth = 2.6;
    on.beginPath();
    on.moveTo(x + 1, y - 4); on.lineTo(x + 9, y + 4);
    on.moveTo(x + 1, y + 4); on.lineTo(x + 9, y - 4);
    on.stroke();
  },
  cancelled(on, x, y) {
    on.fillStyle = colour.alarm;
    shape(on, [[x, y], [x + 5, y - 5], [x + 10, y], [x + 5, y + 5]]);
    on.fill();
  },
  crashed(on, x, y) {
    on.fillStyle = colour.alarm;
    const corners = [];
    for (let corner = 0; corner < 10; corner++) {
      const angle = corner * Math.PI / 5, far = corner % 2 ? 2.6 : 6.5;
      corners.push([x + 6 + far * Math.sin(angle), y - far * Math.cos(angle)]);
    }
    shape(on, corners);
    on.fill();
  },
  request(on, x, y) {
    on.strokeStyle = colour.alarm;
    on.fillStyle = colour.paper;
    on.lineWidth = 1.5;
    shape(on, [[x - 4.5, y - 7], [x + 4.5, y - 7], [x, y]]);
    on.fill();
    on.stroke();
  },
  delivery(on, x, y) {
    on.fillStyle = colour.alarm;
    shape(on, [[x - 5, y - 8], [x + 5, y - 8], [x, y]]);
    on.fill();
  },
  lost(on, x, y) {
    on.strokeStyle = colour.alarm;
    on.lineWidth = 1.8;
    on.beginPath();
    on.moveTo(x - 3.5, y - 3.5); on.lineTo(x + 3.5, y + 3.5);
    on.moveTo(x - 3.5, y + 3.5); on.lineTo(x + 3.5, y - 3.5);
    on.stroke();
  },
  held(on, x, y) {
    on.fillStyle = colour.paper;
    on.strokeStyle = colourOf("message");
    on.lineWidth = 1.4;
    on.fillRect(x - 3, y - 3, 6, 6);
    on.strokeRect(x - 3, y - 3, 6, 6);
  },
  refused(on, x, y) {
    on.fillStyle = colour.paper;
    on.strokeStyle = colour.alarm;
    on.lineWidth = 1.6;
    on.beginPath();
    on.arc(x, y, 4.5, 0, 2 * Math.PI);
    on.fill();
    on.moveTo(x - 2.5, y); on.lineTo(x + 2.5, y);
    on.stroke();
  },
  print(on, x, y) {
    on.fillStyle = colour.muted;
    on.fillRect(x - .5, y, 1, 6);
  },
};

// A line of text, with the paper's colour around it so that lines behind it do not cross it.
function write(text, x, y, { ink = colour.ink, align = "left", font = SMALL, halo = colour.paper } = {}) {
  pen.font = font;
  pen.textAlign = align;
  pen.textBaseline = "middle";
  if (halo) {
    pen.strokeStyle = halo;
    pen.lineWidth = 4;
    pen.lineJoin = "round";
    pen.strokeText(text, x, y);
  }
  pen.fillStyle = ink;
  pen.fillText(text, x, y);
}
