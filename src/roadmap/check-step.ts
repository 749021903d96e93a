import type { Step } from './step.js';

/** Longer ids would not fit into names of folders beside each other. */
const longestId = 60;

/** Throws an `Error` that says what keeps a plug-in's export from being a step; its id becomes part of folders' names. */
export function checkStep(step: Step): void {
  const { id, title, claim, section, group, requires, main, options, apply, recipe, startsFrom } = step as Readonly<
    Record<keyof Step, unknown>
  >;
  const where = step.definedAt ? ` (${step.definedAt})` : '';
  const refuse = (message: string): never => {
    throw new Error(`the step ${JSON.stringify(id)}${where}: ${message}`);
  };
  if (typeof id !== 'string' || !isStepId(id))
    refuse(
      `its id must be lower-case words, digits and hyphens, at most ${longestId} characters, such as wider-kernels`,
    );
  for (const [name, value] of Object.entries({ title, claim }))
    if (typeof value !== 'string' || value === '') refuse(`its ${name} must be text`);
  for (const [name, value] of Object.entries({ section, group }))
    if (value !== null && typeof value !== 'string') refuse(`its ${name} must be text or left out`);
  if (typeof apply !== 'function')
    refuse('its apply must be a function from one network to another, or its recipe one from one recipe to another');
  if (recipe !== null && recipe !== undefined && typeof recipe !== 'function')
    refuse('its recipe must be a function from one recipe to another, such as (recipe) => ({ ...recipe, ema: null })');
  if (startsFrom !== undefined && startsFrom !== 'recipe' && startsFrom !== 'base_recipe')
    refuse('its startsFrom must be "recipe" or "base_recipe", or left out');
  if (typeof (options as Step['options'] | undefined)?.safeParse !== 'function')
    refuse('its options must be a zod object, such as z.strictObject({ kernel: z.int().default(13) })');
  const { shape } = options as { shape?: object };
  const names = Object.keys(shape ?? {});
  if (main !== null && (typeof main !== 'string' || (shape && !names.includes(main))))
    refuse(`its main option must be one of its options (${names.join(', ') || 'it has none'})`);
  for (const [giver, requirement] of Object.entries((requires ?? {}) as Readonly<Record<string, unknown>>)) {
    const { has, why } = (requirement ?? {}) as { has?: unknown; why?: unknown };
    if (typeof has !== 'function' || typeof why !== 'string')
      refuse(
        `what it requires of ${giver} must be a property of the network: { has: ({ block }) => block.groups !== 1, why: '...' }`,
      );
  }
}

/** Whether a name can be a step's: lower-case words, digits and hyphens, of a length that folders' names take. */
export function isStepId(name: string): boolean {
  return name.length <= longestId && /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name);
}
