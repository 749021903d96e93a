import type { Command } from 'commander';

interface CommandEntry {
  readonly about: string;
  load(): Promise<Command>;
}

/** All commands, in the order of `ablate --help`. */
export const commands = {
  run: {
    about: 'train what a suite asks for and is not done yet',
    load: async () => (await import('./commands/run.js')).runCommand(),
  },
  plan: {
    about: 'list every run of a suite with its cost and what is done; train nothing',
    load: async () => (await import('./commands/plan.js')).planCommand(),
  },
  status: {
    about: "say where a suite's runs stand",
    load: async () => (await import('./commands/status.js')).statusCommand(),
  },
  submit: {
    about: "hand a suite's runs to a cluster",
    load: async () => (await import('./commands/submit.js')).submitCommand(),
  },
  report: {
    about: 'write figures, tables and a page from the records',
    load: async () => (await import('./commands/report.js')).reportCommand(),
  },
  compare: {
    about: 'set any two trained networks side by side, also of two suites',
    load: async () => (await import('./commands/compare.js')).compareCommand(),
  },
  flops: {
    about: 'count multiply-adds and parameters, exactly',
    load: async () => (await import('./commands/flops.js')).flopsCommand(),
  },
  steps: {
    about: 'list the steps that a road can name',
    load: async () => (await import('./commands/steps.js')).stepsCommand(),
  },
  explain: {
    about: 'say what a step, or a field of a suite or recipe, does',
    load: async () => (await import('./commands/explain.js')).explainCommand(),
  },
  'new-step': {
    about: 'write a step of your own to start from',
    load: async () => (await import('./commands/new-step.js')).newStepCommand(),
  },
  'check-step': {
    about: 'check a step of your own: shapes, cost, gradients, engines',
    load: async () => (await import('./commands/check-step.js')).checkStepCommand(),
  },
  validate: {
    about: 'check suites without training',
    load: async () => (await import('./commands/validate.js')).validateCommand(),
  },
  recipe: {
    about: 'list recipes; show what one sets over a run',
    load: async () => (await import('./commands/recipe.js')).recipeCommand(),
  },
  models: {
    about: 'list the networks that go by a name',
    load: async () => (await import('./commands/models.js')).modelsCommand(),
  },
  data: {
    about: 'fetch and check a dataset',
    load: async () => (await import('./commands/data.js')).dataCommand(),
  },
  predict: {
    about: 'what a network sees in pictures; logits and gradients',
    load: async () => (await import('./commands/predict.js')).predictCommand(),
  },
  evaluate: {
    about: 'top-1 and top-5 of weights on a dataset',
    load: async () => (await import('./commands/evaluate.js')).evaluateCommand(),
  },
  import: {
    about: "take weights of timm or torchvision over into this program's names",
    load: async () => (await import('./commands/import.js')).importCommand(),
  },
  export: {
    about: 'write weights under the names of timm or torchvision',
    load: async () => (await import('./commands/export.js')).exportCommand(),
  },
  names: {
    about: "list a network's parameters with their names elsewhere",
    load: async () => (await import('./commands/names.js')).namesCommand(),
  },
  summary: {
    about: "a network's layers with shapes, cost and receptive field; blocks drawn side by side",
    load: async () => (await import('./commands/summary.js')).summaryCommand(),
  },
  bench: {
    about: 'measure speed on this machine, beside PyTorch',
    load: async () => (await import('./commands/bench.js')).benchCommand(),
  },
  setup: {
    about: 'build the tensorflow engine',
    load: async () => (await import('./commands/setup.js')).setupCommand(),
  },
  doctor: {
    about: 'say what each engine has and misses here',
    load: async () => (await import('./commands/doctor.js')).doctorCommand(),
  },
} as const satisfies Readonly<Record<string, CommandEntry>>;

export type CommandName = keyof typeof commands;
