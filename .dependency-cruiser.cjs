// The folders' arrows: what each may import besides itself. docs/architecture.md says why.
const pure = ['config', 'layers', 'architecture', 'roadmap', 'cost'];
/** Words for people and whole files, below everything. */
const everywhere = ['words', 'files'];
const may = {
  words: [],
  files: [],
  random: [],
  shell: [],
  config: [],
  engine: ['random', 'shell'],
  layers: ['engine'],
  architecture: ['layers', 'engine', 'config'],
  roadmap: ['architecture', 'layers', 'config', 'random'],
  cost: ['architecture', 'layers'],
  weights: ['architecture', 'layers', 'engine', 'shell'],
  inference: ['architecture', 'engine', 'weights', 'layers', 'data', 'training', 'config', 'random'],
  data: ['config', 'random', 'shell'],
  records: ['architecture', 'layers', 'engine', 'config'],
  training: ['records', 'architecture', 'layers', 'engine', 'data', 'weights', 'config', 'random'],
  experiment: [
    'records',
    'training',
    'data',
    'engine',
    'cost',
    'roadmap',
    'architecture',
    'layers',
    'weights',
    'config',
    'random',
    'shell',
    'statistics/summary',
    // What plug-ins import as `ablate`: handed to them as it is, so that there is one of it.
    'index',
  ],
  bench: [
    'records',
    'experiment',
    'data',
    'training',
    'engine',
    'architecture',
    'layers',
    'cost',
    'roadmap',
    'weights',
    'config',
    'random',
    'statistics/summary',
    'report/figures',
    'report/tables',
  ],
  authoring: ['experiment', 'training', 'engine', 'architecture', 'layers', 'roadmap', 'config', 'random'],
  statistics: ['random'],
  report: ['statistics', 'records', 'experiment', 'cost', 'roadmap', 'architecture', 'layers', 'config'],
};

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(may).map(([folder, allowed]) => ({
      name: `${folder}-imports`,
      comment: `${folder} may import ${allowed.join(', ') || 'no other folder'}`,
      severity: 'error',
      from: { path: `^src/${folder}/` },
      to: { path: '^src/', pathNot: [folder, ...everywhere, ...allowed].map((name) => `^src/${name}(/|\\.ts$)`) },
    })),
    {
      name: 'pure-folders-load-no-tensor-library',
      comment: 'they answer in milliseconds; types are welcome',
      severity: 'error',
      from: { path: `^src/(${pure.join('|')})/` },
      to: { path: '@tensorflow', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true, dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.cjs', '.mjs', '.json'],
    },
  },
};
