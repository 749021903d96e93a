import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { editorSchemas, suiteReference } from '../../src/config/reference.js';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

describe('generated files are current: node scripts/schemas.mjs', () => {
  it.each(Object.entries(editorSchemas()))('schemas/%s', (name, schema) => {
    expect(JSON.parse(read(`schemas/${name}`))).toEqual(JSON.parse(JSON.stringify(schema)));
  });
  it('docs/suite.md', () => expect(read('docs/suite.md')).toBe(suiteReference()));
});

describe('the schema that editors use takes what ships', () => {
  const ajv = new Ajv({ strict: false });
  const suites = ['quickstart', 'paper-resnet50', 'paper-resnet200'].map((name) => `configs/suites/${name}.yaml`);
  const recipes = ['compact', 'compact-sgd', 'paper-300-epochs', 'torchvision-90-epochs'].map(
    (name) => `configs/recipes/${name}.yaml`,
  );
  it.each([...suites, ...recipes])('%s', (path) => {
    const check = ajv.compile(
      editorSchemas()[path.includes('suites') ? 'suite.schema.json' : 'recipe.schema.json'] as object,
    );
    check(parse(read(path)));
    expect(check.errors ?? []).toEqual([]);
  });
  it('and refuses a misspelt field', () => {
    const check = ajv.compile(editorSchemas()['suite.schema.json'] as object);
    expect(check({ ...parse(read('configs/suites/quickstart.yaml')), raod: [] })).toBe(false);
  });
});
