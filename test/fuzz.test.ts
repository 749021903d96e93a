/** A little of what `node scripts/fuzz.mjs` does ten thousand times of each kind. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fuzzKinds, partsOf, prepareFuzz } from '../scripts/fuzz-inputs.mjs';
import { modelNames } from '../src/architecture/models.js';
import { commands } from '../src/cli/commands.js';
import { parseRecipe } from '../src/config/parse.js';
import { ConfigError } from '../src/config/problem.js';
import { openSuite } from '../src/experiment/suite.js';
import { paperSteps } from '../src/roadmap/steps/index.js';
import { WeightsError } from '../src/weights/error.js';
import { openWeights } from '../src/weights/open.js';
import { ablateHere } from './cli/command.js';

const before = process.env.ABLATE_CACHE;
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ablate-fuzz-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  if (before === undefined) delete process.env.ABLATE_CACHE;
  else process.env.ABLATE_CACHE = before;
});

test.each(fuzzKinds)(
  'input that nobody wrote is opened, or refused with its place and a sentence: %s',
  async (kind) => {
    const parts = { openSuite, parseRecipe, ConfigError, paperSteps, modelNames, openWeights, WeightsError, commands };
    const read = prepareFuzz(kind, folder, { ...(await partsOf(parts)), main: ablateHere });
    const ends = { opened: 0, refused: 0 };
    for (let number = 0; number < 100; number++) ends[(await read(number)) as keyof typeof ends]++;
    expect(ends.opened).toBeGreaterThan(2);
    expect(ends.refused).toBeGreaterThan(30);
  },
  60_000,
);
