import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/records/run.js';
import { readSuite } from '../../src/report/read.js';
import { type WrittenReport, writeReport } from '../../src/report/write.js';
import { paperLike, temporaryFolder, writeSynthetic } from './synthetic.js';

const nasty = '<script>alert("1")</script> & \'a\' | b,\nnext `line` ]]>';
/** Every text of a record that is no name of a folder, as somebody else may have written it. */
const withNasty = (record: RunRecord): RunRecord => ({
  ...record,
  engine: { ...record.engine, version: nasty, device: nasty, kernels: nasty },
  machine: { ...record.machine, cpu: nasty, platform: nasty, node: nasty },
  codeVersion: nasty,
  datasetFingerprint: nasty,
  startedAt: nasty,
  spec: { ...record.spec, recipe: { ...record.spec.recipe, name: nasty } },
});
let out: string;
let written: WrittenReport;
let page: string;

beforeAll(async () => {
  const variants = paperLike().map((variant, at) => {
    if (at === 4) return { ...variant, title: nasty, section: nasty };
    return at === 5 ? { ...variant, top1: [nasty, nasty, nasty] } : variant;
  });
  out = join(await temporaryFolder(), 'new', 'folder');
  const folder = await writeSynthetic({
    suite: 'made-up',
    description: `${nasty}\n\nA second paragraph.`,
    variants,
    dataset: 'imagenet-1k',
    change: (record) => (record.spec.seed === 1 ? withNasty(record) : record),
  });
  written = await writeReport(readSuite(folder), out);
  page = await readFile(join(out, 'index.html'), 'utf8');
});

describe('the files of a report', () => {
  it('are the page, Markdown, the tables, and PNG, SVG and CSV of every figure, and nothing half-written', async () => {
    const names = written.files.map((file) => basename(file));
    expect(names.slice(0, 5)).toEqual(['index.html', 'report.md', 'steps.csv', 'runs.csv', 'paper.csv']);
    for (const figure of [
      'roadmap',
      'deltas',
      'accuracy-flops',
      'accuracy-parameters',
      'accuracy-speed',
      'accuracy-memory',
      'curves-accuracy',
      'curves-loss',
    ]) {
      for (const kind of ['png', 'svg', 'csv']) expect(names).toContain(`${figure}.${kind}`);
    }
    expect((await readdir(out)).sort()).toEqual([...names].sort());
  });

  it('hold sharp PNGs and SVGs that a strict parser reads', async () => {
    expect(await sharp(join(out, 'roadmap.png')).metadata()).toMatchObject({ width: 2080, format: 'png' });
    for (const file of written.files.filter((name) => name.endsWith('.svg')))
      expect((await sharp(file).metadata()).width, file).toBe(1040);
  });

  it('hold the numbers of the records, unrounded', async () => {
    const lines = (await readFile(join(out, 'runs.csv'), 'utf8')).split('\r\n');
    const row = written.report.study.rows.find(({ variant }) => variant.name === 'separate-downsampling');
    for (const [seed, accuracy] of row?.bySeed ?? []) {
      const line = lines.find((one) => one.startsWith(`separate-downsampling,${seed},done,`));
      expect(100 * Number(line?.split(',')[4])).toBeCloseTo(accuracy, 10);
    }
    const steps = (await readFile(join(out, 'steps.csv'), 'utf8')).split('\r\n');
    expect(steps.find((line) => line.startsWith('separate-downsampling,'))).toContain(
      `,${row?.top1?.mean},${row?.top1?.sd},`,
    );
  });
});

/** Data as JSON, in which no text can open or end an element. */
const dataElement = /<script type="application\/json" id="data">([^<]*)<\/script>/;

describe('the page', () => {
  it('loads nothing from anywhere', () => {
    const addresses = [...page.matchAll(/(?:src|href|srcset|action|poster)="([^"]*)"/g)].map(
      ([, address]) => address as string,
    );
    expect(addresses.length).toBeGreaterThan(20);
    for (const address of addresses) expect(address.slice(0, 60)).toMatch(/^(data:|#)/);
    expect(page).not.toMatch(/url\(\s*['"]?https?:|@import|<link(?! rel="icon" href="data:,")/);
    expect(page).toContain(`content="default-src 'none'; img-src data:;`);
  });

  it('prints what people wrote as text', async () => {
    expect(page).not.toContain('<script>alert');
    expect(page.match(/<script>/g)).toHaveLength(1);
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page.match(/<\/script/g)).toHaveLength(2);
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;a&#39; | b,');
    const markdown = await readFile(join(out, 'report.md'), 'utf8');
    expect(markdown).not.toContain('<script>');
    const table = markdown.split('## Step by step')[1]?.trim().split('\n\n')[0]?.split('\n') ?? [];
    expect(table).toHaveLength(2 + 18);
    for (const line of table) expect(line.match(/(?<!\\)\|/g), line).toHaveLength(12);
  });

  it('and so does every other file', async () => {
    for (const file of written.files.filter((name) => /\.(svg|md|csv|html)$/.test(name))) {
      const text = (await readFile(file, 'utf8')).replace(/<script>[\s\S]*?<\/script>/, '').replace(dataElement, '');
      if (file.endsWith('.csv')) expect(text, file).not.toMatch(/(^|,)"?\s*[=+@]/m);
      else expect(text, file).not.toMatch(/<script|<foreignObject|<[^>]* on[a-z]+=|(href|src)="(?!data:|#)/i);
    }
  });

  it('has alternative text for every picture, a heading for every section, headers in every table', () => {
    const pictures = page.match(/<img [^>]*>/g) ?? [];
    expect(pictures).toHaveLength(8);
    for (const picture of pictures) expect(picture).toMatch(/alt="[^"]{60,}"/);
    expect(page.match(/<h1>/g)).toHaveLength(1);
    expect(page.match(/<caption>/g)?.length).toBe(page.match(/<table/g)?.length);
    expect(page).toContain('<html lang="en">');
    expect(page).toContain('name="viewport"');
    for (const [, id] of page.matchAll(/href="#([^"]+)"/g)) expect(page).toContain(`id="${id}"`);
  });

  it('says beside the numbers what failed', () => {
    expect(page).toMatch(/<li class="warning"><b>Warning<\/b>increase-width, seed 0 failed: &lt;script&gt;/);
    expect(page).toContain('<td class="n">failed</td>');
  });
});
