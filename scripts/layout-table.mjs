// Writes the table of docs/data.md that says in which layouts data sets are read, as what, and which are refused: those of
// test/fixtures/layouts (make.py makes them with the tools themselves).
// Run: node scripts/layout-table.mjs   (a test holds that the table is current)
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withTable } from './pixel-table.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const archive = join(root, 'test/fixtures/layouts/layouts.tar.gz');

/**
 * Opens every layout and sees what its pictures and labels are. `open(dataset, folder)` gives both splits, `text` is
 * remarkText.
 */
export async function openLayouts(open, text) {
  const folder = mkdtempSync(join(tmpdir(), 'ablate-layouts-'));
  const before = process.env.ABLATE_CACHE;
  process.env.ABLATE_CACHE = join(folder, 'cache');
  try {
    execFileSync('tar', ['-xzf', archive, '-C', folder]);
    const cases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'));
    const opened = [];
    for (const one of cases) opened.push({ ...one, ...(await look(open, text, folder, one)) });
    return opened;
  } finally {
    if (before === undefined) delete process.env.ABLATE_CACHE;
    else process.env.ABLATE_CACHE = before;
    rmSync(folder, { recursive: true, force: true });
  }
}

async function look(open, text, top, { folder, dataset }) {
  const [name, inside = ''] = dataset.split(':');
  const short = (words) =>
    words
      .replaceAll(`${join(top, folder)}/`, '')
      .replaceAll(join(top, folder), 'ROOT')
      .replaceAll(top, '..');
  let opened;
  try {
    opened = await open(name, join(top, folder, inside));
  } catch (error) {
    if (error.name !== 'DataError') throw error;
    return { error: short(error.message) };
  }
  const { train, test, layout } = opened;
  const found = { format: layout.format };
  for (const split of [train, test]) found[`${split.split}Found`] = await seen(split);
  const remarked = [train, test].flatMap(({ split, remarks }) =>
    remarks.map((remark) => ({ remark, said: text(split, remark) })),
  );
  found.said = remarked.map(({ said }) => short(said));
  // Up to the first of the names.
  found.brief = remarked.map(({ said, remark }) => said.slice(0, said.indexOf(`: ${remark.names[0]}`)));
  return found;
}

/** Label, and the class and number that a picture's colour tells, of all pictures in order. */
async function seen(dataset) {
  const found = [];
  for (let index = 0; index < dataset.length; index++) {
    const { pixels, width, height } = await dataset.picture(index);
    // Grey pictures have the number in their first row and the class in all others.
    const [label, number] =
      dataset.size?.channels === 1 ? [pixels[3 * width * (height - 1)], pixels[0]] : [pixels[0], pixels[1]];
    found.push({ label: dataset.label(index), picture: [label / 20, number / 20] });
  }
  return found;
}

/** The table in Markdown. */
export function layoutTable(opened) {
  const lines = opened.map(({ about, dataset, format, error, trainFound, testFound, brief }) => {
    const end = error
      ? `refused: ${error.split('\n')[0]}`
      : [`${format}, ${trainFound.length} + ${testFound.length} pictures`, ...brief].join('; ');
    return `| ${dataset.split(':')[0]} | ${about} | ${end.replaceAll('|', '\\|')} |`;
  });
  return `| dataset | layout | read as, and what was said |\n|---|---|---|\n${lines.join('\n')}`;
}

export const placeOfTable = 'layouts: node scripts/layout-table.mjs';

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { prepare } = await import('./prepare.mjs');
  await prepare();
  const { openLayout } = await import('./open-layout.mjs');
  const [{ remarkText }, catalogue, cifar, format, sources] = await Promise.all(
    ['remarks', 'catalogue', 'formats/cifar', 'formats/format', 'formats/sources'].map(
      (name) => import(`../dist/data/${name}.js`),
    ),
  );
  const file = join(root, 'docs/data.md');
  const table = layoutTable(
    await openLayouts(openLayout({ ...catalogue, ...cifar, ...format, ...sources }), remarkText),
  );
  if (process.argv.includes('--print')) process.stdout.write(`${table}\n`);
  else writeFileSync(file, withTable(readFileSync(file, 'utf8'), table, placeOfTable));
}
