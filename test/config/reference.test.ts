import { readdirSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import Ajv from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { editorSchemas, suiteReference } from '../../src/config/reference.js';
import { openSuite } from '../../src/experiment/suite.js';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const shipped = (folder: string) =>
  readdirSync(new URL(`../../${folder}`, import.meta.url))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => `${folder}/${name}`);

describe('generated files are current: node scripts/schemas.mjs', () => {
  it.each(Object.entries(editorSchemas()))('schemas/%s', (name, schema) => {
    expect(JSON.parse(read(`schemas/${name}`))).toEqual(JSON.parse(JSON.stringify(schema)));
  });
  it('docs/suite.md', () => expect(read('docs/suite.md')).toBe(suiteReference()));
});

describe('the schema that editors use takes what ships', () => {
  const ajv = new Ajv({ strict: false });
  it.each([...shipped('configs/suites'), ...shipped('examples'), ...shipped('configs/recipes')])('%s', (path) => {
    const check = ajv.compile(
      editorSchemas()[path.includes('recipes') ? 'recipe.schema.json' : 'suite.schema.json'] as object,
    );
    check(parse(read(path)));
    expect(check.errors ?? []).toEqual([]);
  });
  it('and refuses a misspelt field', () => {
    const check = ajv.compile(editorSchemas()['suite.schema.json'] as object);
    expect(check({ ...parse(read('configs/suites/quickstart.yaml')), raod: [] })).toBe(false);
  });
});

describe('shipped suites', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));

  it.each([...shipped('configs/suites'), ...shipped('examples')])(
    '%s opens, and says what it does and costs',
    async (path) => {
      const { suite } = await openSuite(`${root}${path}`);
      const lines = read(path).split('\n');
      expect(lines[0]).toBe(
        `# yaml-language-server: $schema=${relative(path.slice(0, path.lastIndexOf('/')), 'schemas')}/suite.schema.json`,
      );
      for (const [at, label] of ['What', 'Cost', 'Expect', 'Run'].entries()) {
        const place = lines.findIndex((line) => line.startsWith(`# ${label}: `));
        expect([label, place > at]).toEqual([label, true]);
      }
      expect(lines.find((line) => line.startsWith('# Run: '))).toMatch(/ablate run|ablate flops|npm run quickstart/);
      expect(path).toContain(`/${suite.name}.yaml`);
    },
  );
});
