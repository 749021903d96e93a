/*
 * What the page can do beside being read: tables sort, pictures give their values where somebody points, and any two
 * networks are set side by side. Without it all numbers are there still. It runs as it is, in the page and from a file;
 * what the records say comes as JSON in the element `data`, and goes into the page as text alone.
 */

/** Sorts a table by the heading that is clicked: numbers by value, empty cells last, a third click back to the first order. */
function makeSortable(table) {
  const body = table.tBodies[0];
  const original = [...body.rows];
  const value = (row, at) => {
    const text = row.cells[at].textContent.trim().replace(/−/g, '-').replace(/,/g, '');
    const number = Number.parseFloat(text.replace(/^[<+]\s*/, ''));
    return Number.isNaN(number) ? text : number;
  };
  const empty = (one) => one === '–' || one === '';
  [...table.tHead.rows[0].cells].forEach((cell, at) => {
    const button = cell.querySelector('button');
    if (!button) return;
    button.addEventListener('click', () => {
      const next = { null: 'ascending', ascending: 'descending', descending: null }[cell.getAttribute('aria-sort')];
      for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
      if (next) cell.setAttribute('aria-sort', next);
      const sign = next === 'descending' ? -1 : 1;
      const sorted = [...original].sort((a, b) => {
        const [x, y] = [value(a, at), value(b, at)];
        if (empty(x) || empty(y)) return empty(x) - empty(y);
        return sign * (typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y)));
      });
      body.append(...(next === null ? original : sorted));
    });
  });
}

function element(tag, text, className) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

/** The box of a picture's form that (x, y) lies in, of several the one with the nearest centre; -1 for none. */
function boxAt(boxes, x, y) {
  let [found, nearest] = [-1, Number.POSITIVE_INFINITY];
  boxes.forEach(([left, top, width, height], at) => {
    if (x < left || x > left + width || y < top || y > top + height) return;
    const distance = (x - left - width / 2) ** 2 + (y - top - height / 2) ** 2;
    if (distance < nearest) [found, nearest] = [at, distance];
  });
  return found;
}

/** Shows a picture's values where it is pointed at, touched, or walked through with the arrow keys. */
function makeTelling(frame, spots) {
  const mark = element('div', '', 'mark');
  const tip = element('div', '', 'tip');
  tip.setAttribute('role', 'status');
  frame.append(mark, tip);
  frame.tabIndex = 0;
  let shown = -1;
  const form = () => (matchMedia('(max-width: 640px)').matches ? spots.narrow : spots.wide);
  const scale = () => frame.clientWidth / form().width;
  const show = (at, x) => {
    shown = at;
    for (const part of [mark, tip]) part.style.display = at < 0 ? 'none' : 'block';
    if (at < 0) return;
    const [left, top, width, height] = form().boxes[at].map((one) => one * scale());
    Object.assign(mark.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
    tip.textContent = spots.words[at];
    const below = top + height + 6 + tip.offsetHeight <= frame.clientHeight || top < tip.offsetHeight + 6;
    const start = Math.min((x ?? left + width / 2) + 12, frame.clientWidth - tip.offsetWidth);
    tip.style.left = `${Math.max(0, start)}px`;
    tip.style.top = `${below ? top + height + 6 : top - tip.offsetHeight - 6}px`;
  };
  const point = (event) => {
    const { left, top } = frame.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    show(boxAt(form().boxes, x / scale(), y / scale()), x);
  };
  frame.addEventListener('pointermove', point);
  frame.addEventListener('pointerdown', point);
  frame.addEventListener('pointerleave', () => show(-1));
  frame.addEventListener('blur', () => show(-1));
  frame.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (event.key === 'Escape') show(-1);
    if (!step) return;
    event.preventDefault();
    const count = spots.words.length;
    show(shown < 0 && step < 0 ? count - 1 : (shown + step + count) % count);
  });
}

const decimal = (value, digits) => value.toFixed(digits).replace('-', '−');
const signed = (value, digits) =>
  `${Number(value.toFixed(digits)) > 0 ? '+' : ''}${decimal(value, digits).replace(/^−(0\.?0*)$/, '$1')}`;
const meanOf = (values) => values.reduce((sum, one) => sum + one, 0) / values.length;

/** `12.3 M`, to three digits. */
function inUnits(value, write = decimal) {
  const [size, letter] = [
    [1e12, ' T'],
    [1e9, ' G'],
    [1e6, ' M'],
    [1e3, ' k'],
    [1, ''],
  ].find(([one]) => Math.abs(value) >= one) ?? [1, ''];
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value / size) || 1)));
  return `${write(value / size, size === 1 && Number.isInteger(value) ? 0 : digits)}${letter}`;
}

/** The difference of two networks, the other way round where the report has it so; null where it has none. */
function differenceOf({ networks, pairs }, before, after) {
  const found = pairs.find((pair) => pair.before === before && pair.after === after);
  if (found) return found;
  const other = pairs.find((pair) => pair.before === after && pair.after === before);
  if (other) {
    const interval = other.interval && [-other.interval[1], -other.interval[0]];
    return { ...other, before, after, mean: -other.mean, interval, verdict: other.reversed, reversed: other.verdict };
  }
  const [a, b] = [networks[after].top1, networks[before].top1];
  const seeds = Object.keys(a)
    .filter((seed) => seed in b)
    .map(Number)
    .sort((x, y) => x - y);
  if (seeds.length === 0) return null;
  return { seeds, mean: meanOf(seeds.map((seed) => a[seed] - b[seed])), interval: null, verdict: null };
}

/** `0-4, 7`. */
function seedList(seeds) {
  const runs = [];
  for (const seed of seeds) {
    const last = runs.at(-1);
    if (last && seed === last[1] + 1) last[1] = seed;
    else runs.push([seed, seed]);
  }
  return runs
    .map(([from, to]) => (from === to ? `${from}` : to === from + 1 ? `${from}, ${to}` : `${from}-${to}`))
    .join(', ');
}

/** What is to be said of two networks, in sentences. */
function sentencesOf(data, before, after) {
  const [from, to] = [data.networks[before], data.networks[after]];
  if (before === after) return ['Choose two networks that differ.'];
  const found = differenceOf(data, before, after);
  if (!found)
    return [
      `${to.label} and ${from.label} have no seed in common; \`ablate compare ${from.name} ${to.name} --in ${data.suite}\` compares their means.`,
    ];
  const { mean, interval, verdict, seeds, together } = found;
  const range = interval ? `, between ${signed(interval[0], 2)} and ${signed(interval[1], 2)} with 95%` : '';
  const size = `${to.label} less ${from.label}: ${signed(mean, 2)} points${range}`;
  const paired = `Paired by ${seeds.length === 1 ? 'seed' : `${seeds.length} seeds:`} ${seedList(seeds)}.`;
  if (verdict === null)
    return [
      `${size}.`,
      `${paired} How sure that is says \`ablate compare ${from.name} ${to.name} --in ${data.suite}\`.`,
    ];
  const how = together
    ? 'The interval holds together with those of all other comparisons of the report.'
    : 'It is one comparison, judged alone: of one that was picked out of many for its size, believe the intervals of the report, which hold for all of them.';
  return [`${size}: ${verdict}.`, interval ? `${paired} ${how}` : paired];
}

/** Accuracy and cost of the two, a line a quantity. */
function costsOf({ networks }, before, after, difference) {
  const both = [networks[before], networks[after]];
  const line = (what, of, write, change) => {
    const [a, b] = both.map(of);
    const known = a !== null && b !== null;
    return [what, a === null ? '–' : write(a), b === null ? '–' : write(b), known ? change(b - a) : '–'];
  };
  const units = (value) => inUnits(value);
  const changed = (value) => (value === 0 ? '0' : inUnits(value, signed));
  const whole = (value) => Math.round(value).toLocaleString('en');
  const wholes = (value) => `${value > 0 ? '+' : ''}${whole(value).replace('-', '−')}`;
  return [
    [
      'top-1, %',
      ...both.map(({ top1 }) => decimal(meanOf(Object.values(top1)), 2)),
      difference ? signed(difference.mean, 2) : '–',
    ],
    line('MACs', ({ macs }) => macs, units, changed),
    line('parameters', ({ params }) => params, units, changed),
    line('training, pictures a second', ({ imagesPerSecond }) => imagesPerSecond, whole, wholes),
    line('peak memory, MiB', ({ memoryBytes }) => memoryBytes && memoryBytes / 2 ** 20, whole, wholes),
  ];
}

/** Class by class over the seeds of the difference, most gained first; empty where predictions were not kept. */
function classesOf({ networks, classes }, before, after, difference) {
  const [a, b] = [networks[after].classes, networks[before].classes];
  const seeds = (difference?.seeds ?? []).filter((seed) => a?.[seed] && b?.[seed]);
  if (seeds.length === 0) return [];
  const lines = classes.flatMap((name, at) => {
    const gains = seeds.map((seed) => a[seed][at] - b[seed][at]);
    if (seeds.some((seed) => a[seed][at] === null || b[seed][at] === null)) return [];
    const higher = gains.filter((one) => one > 0).length;
    const mean = (side) => decimal(meanOf(seeds.map((seed) => side[seed][at])), 1);
    return [
      {
        gain: meanOf(gains),
        cells: [name, mean(b), mean(a), signed(meanOf(gains), 1), `${higher} of ${seeds.length}`],
      },
    ];
  });
  return lines.sort((x, y) => y.gain - x.gain).map(({ cells }) => cells);
}

function tableOf(headings, rows) {
  const table = document.createElement('table');
  const head = table.createTHead().insertRow();
  headings.forEach((heading, at) => head.append(element('th', heading, at > 0 ? 'n' : '')));
  const body = table.createTBody();
  for (const [name, ...cells] of rows) {
    const row = body.insertRow();
    row.append(element('th', name), ...cells.map((cell) => element('td', cell, 'n')));
  }
  const scroll = element('div', '', 'scroll');
  scroll.append(table);
  return scroll;
}

/** Lets a reader choose two networks. */
function makeComparing(section, data) {
  const [first, second] = section.querySelectorAll('select');
  const answer = section.querySelector('output');
  const show = () => {
    const [before, after] = [Number(first.value), Number(second.value)];
    const parts = sentencesOf(data, before, after).map((sentence) => element('p', sentence));
    if (before !== after) {
      const difference = differenceOf(data, before, after);
      const names = [data.networks[before].label, data.networks[after].label];
      parts.push(tableOf(['', ...names, 'difference'], costsOf(data, before, after, difference)));
      const classes = classesOf(data, before, after, difference);
      if (classes.length > 0)
        parts.push(tableOf(['class, % right', ...names, 'difference', 'seeds with a gain'], classes));
    }
    answer.replaceChildren(...parts);
  };
  for (const choice of [first, second]) choice.addEventListener('change', show);
  section.querySelector('button').addEventListener('click', () => {
    [first.value, second.value] = [second.value, first.value];
    show();
  });
  show();
  for (const hidden of document.querySelectorAll('[data-with-script]')) hidden.hidden = false;
}

for (const table of document.querySelectorAll('table.sortable')) makeSortable(table);
const known = document.getElementById('data');
if (known) {
  const data = JSON.parse(known.textContent);
  for (const figure of document.querySelectorAll('figure')) {
    const spots = Object.hasOwn(data.figures, figure.id) ? data.figures[figure.id] : null;
    if (spots) makeTelling(figure.querySelector('.frame'), spots);
  }
  const section = document.querySelector('section.compare');
  if (section) makeComparing(section, data);
}
