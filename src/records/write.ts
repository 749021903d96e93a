import { join } from 'node:path';
import { writeWhole } from '../files/whole.js';
import { canonical } from './hash.js';
import type { PlanRecord } from './plan.js';
import { readPlan, orNull } from './read.js';

/** Writes a JSON file whole or not at all, and on disk when it returns. */
export async function writeJson(path: string, value: object): Promise<void> {
  await writeWhole(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** For what need not be there: any other error is thrown on. */
export function ignoreAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

/** Writes the plan only where it has changed, so that reading tools see a steady file. */
export async function writePlan(suiteFolder: string, plan: PlanRecord): Promise<void> {
  const before = orNull(readPlan(suiteFolder));
  if (before === null || canonical(before) !== canonical(plan)) await writeJson(join(suiteFolder, 'plan.json'), plan);
}
