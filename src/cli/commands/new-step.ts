import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { createCatalogue } from '../../roadmap/catalogue.js';
import { isStepId } from '../../roadmap/check-step.js';
import { UsageError } from '../errors.js';
import { packageName } from '../../shell/program.js';
import { note, printJson } from '../output.js';

export function newStepCommand(): Command {
  return new Command('new-step')
    .description('write a step of your own to start from, as a file in this folder')
    .argument('<name>', 'lower-case words and hyphens')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      '\nExample:\n  ablate new-step wider-kernels\n  then: plugins: [./wider-kernels.ts] and the step on the road',
    )
    .action(async (name: string, { json }: { json?: boolean }) => {
      if (!isStepId(name))
        throw new UsageError(
          `"${name.slice(0, 60)}" is no name for a step; use lower-case words and hyphens, at most 60 characters, such as wider-kernels`,
        );
      if (createCatalogue().has(name)) throw new UsageError(`there is a step "${name}" already; choose another name`);
      const file = `${name}.ts`;
      await writeFile(file, template(name), { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
        throw error.code === 'EEXIST' ? new UsageError(`${file} exists already; it was left as it is`) : error;
      });
      if (json) printJson({ schema: 'ablate/new-step/1', file });
      note(`wrote ${file}; in a suite beside it: plugins: [./${file}], and ${name} on the road`);
    });
}

function template(id: string): string {
  const title = id.replaceAll('-', ' ').replace(/^./, (letter) => letter.toUpperCase());
  return `import { defineStep } from '${packageName()}';
import { z } from 'zod';

export default defineStep({
  id: '${id}',
  title: '${title}',
  claim: 'One sentence: what this change does, and why it should help.',
  // What the network must have, by the step that gives it; leave it out if nothing must.
  requires: { 'depthwise-conv': { has: ({ block }) => block.groups !== 1, why: 'the reason, as the end of a sentence' } },
  options: z.strictObject({
    kernel: z
      .int()
      .min(1)
      .max(63)
      .refine((kernel) => kernel % 2 === 1, 'expected an odd number, so that the kernel has a centre')
      .default(13)
      .describe('What the option means; the road may say ${id}: 15.'),
  }),
  main: 'kernel',
  // A changed copy: the network itself is frozen. Its fields are those of ConvNetwork in src/architecture/network.ts.
  apply: (network, { kernel }) => ({ ...network, block: { ...network.block, kernel } }),
});
`;
}
