import { expect, test } from 'vitest';
import { z } from 'zod';
import { fieldsOf, type JsonSchema } from '../../src/config/fields.js';
import { strategyNames } from '../../src/config/strategy.js';
import { suiteSchema } from '../../src/config/suite.js';

const fields = (schema: z.ZodType) =>
  Object.fromEntries(
    fieldsOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema).map(({ path, ...rest }) => [
      path,
      rest,
    ]),
  );

test('a field of several kinds is listed with the values, defaults and meanings of all', () => {
  const shared = z.number().default(0).describe('Same for all.');
  const kinds = z.discriminatedUnion('name', [
    z.strictObject({
      name: z.literal('sgd').describe('Which.'),
      shared,
      decay: z.boolean().default(true).describe('L2.'),
    }),
    z.strictObject({
      name: z.literal('adamw').describe('Which.'),
      shared,
      decay: z.boolean().default(false).describe('Decoupled.'),
      betas: z.string().nullable().default(null).describe('Moments.'),
    }),
  ]);
  expect(fields(z.strictObject({ optimizer: kinds }))).toMatchObject({
    'optimizer.name': { values: 'sgd | adamw', preset: null, about: 'Which.' },
    'optimizer.shared': { values: 'number', preset: '0', about: 'Same for all.' },
    'optimizer.decay': { values: 'boolean', preset: 'true (sgd), false (adamw)', about: 'sgd: L2. adamw: Decoupled.' },
    'optimizer.betas': { values: 'string | null', preset: 'null', about: 'adamw: Moments.' },
  });
});

test('the field `strategy` is explained with every strategy that ships', () => {
  expect(fields(suiteSchema)['strategy']?.values?.split(' | ')).toEqual([...strategyNames, 'string']);
});
