import { Command } from 'commander';
import { z } from 'zod';
import { fieldsOf, type JsonSchema } from '../../config/fields.js';
import { suiteSchema } from '../../config/suite.js';
import { createCatalogue } from '../../roadmap/catalogue.js';
import type { Step } from '../../roadmap/step.js';
import { UsageError } from '../errors.js';
import { hintFor } from '../explain-hint.js';
import { printJson, printText } from '../output.js';

export function explainCommand(): Command {
  return new Command('explain')
    .description('say what a step, or a field of a suite or recipe, does')
    .argument('<name>', "a step's name, or a field with those above it: kernel-size, network.scale, recipe.drop_path")
    .option('--json', 'one JSON document on stdout')
    .addHelpText('after', '\nExamples:\n  ablate explain kernel-size\n  ablate explain recipe.optimizer')
    .action((name: string, { json }: { json?: boolean }) => {
      const catalogue = createCatalogue();
      const step = catalogue.get(name);
      if (step)
        return json
          ? printJson({ schema: 'ablate/explain/1', kind: 'step', ...stepFacts(step) })
          : printText(stepText(step));
      const fields = fieldsOf(z.toJSONSchema(suiteSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema);
      const found = fields.filter((field) => field.path === name || field.path.startsWith(`${name}.`));
      if (found.length === 0) {
        const hint = hintFor(
          name,
          [...catalogue.keys()],
          fields.map(({ path }) => path),
        );
        throw new UsageError(`there is no step or field "${name}"; ${hint}`);
      }
      if (json) return printJson({ schema: 'ablate/explain/1', kind: 'field', fields: found });
      printText(
        found
          .map(
            ({ path, about, values, preset }) =>
              `${path}${values ? ` (${values})` : ''}${preset ? `, default ${preset}` : ''}\n    ${about}`,
          )
          .join('\n'),
      );
    });
}

function stepFacts({ id, title, section, group, claim, requires, main, measured, options }: Step) {
  return {
    id,
    title,
    section,
    group,
    claim,
    requires,
    main,
    measured,
    options: z.toJSONSchema(options, { io: 'input', unrepresentable: 'any' }),
  };
}

function stepText(step: Step): string {
  const { id, title, section, group, claim, requires, main, measured } = step;
  const place = [section && `section ${section}`, group].filter(Boolean).join(', ');
  const options = fieldsOf(stepFacts(step).options as JsonSchema);
  return [
    `${id}: ${title}${place ? ` (${place})` : ''}`,
    '',
    claim,
    ...(measured
      ? [
          `The paper measured ${measured.from.toFixed(1)} -> ${measured.to.toFixed(1)} (ImageNet-1K top-1, ResNet-50 regime).`,
        ]
      : []),
    ...Object.entries(requires).map(([needed, reason]) => `Needs ${needed}: ${reason}.`),
    ...(options.length > 0 ? ['', 'Options:'] : ['', 'No options.']),
    ...options.map(
      ({ path, about, preset }) =>
        `  ${path}${preset ? ` (default ${preset})` : ''}: ${about}${path === main ? ` Short form: ${id}: VALUE` : ''}`,
    ),
  ].join('\n');
}
