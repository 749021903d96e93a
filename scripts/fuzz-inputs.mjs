// Suites, recipes, weights and command lines as nobody wrote them, each from a number: text and bytes changed, and input made
// by the program's own grammars (the schemas, the options of its commands). What is opened must be what it says; all else must
// be refused by the error that carries the right exit code, with its place and a sentence. Used by scripts/fuzz.mjs and, in
// short, by tests.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { stringify } from 'yaml';

const root = fileURLToPath(new URL('..', import.meta.url));

export const fuzzKinds = ['suites', 'recipes', 'safetensors', 'commands'];

/** What the kinds read with, and the words that their grammars are made of. */
export async function partsOf(parts) {
  const optionsOf = new Map();
  for (const [name, { load }] of Object.entries(parts.commands)) {
    const command = await load();
    optionsOf.set(
      name,
      [command, ...command.commands].flatMap(({ options }) => options.map(({ long }) => long)),
    );
  }
  return { ...parts, optionsOf, stepNames: parts.paperSteps.map(({ id }) => id) };
}

/** `program`: what is read with, of src in tests and of dist else. */
export function prepareFuzz(kind, folder, program) {
  // Nothing here may fetch, compile or train: there is no data and no engine.
  process.env.ABLATE_CACHE = join(folder, 'none');
  return kinds[kind](folder, program);
}

const kinds = { suites, recipes, safetensors, commands };

/** The value that a number stands for. */
const drawn = (arbitrary, number) => fc.sample(arbitrary, { seed: number, numRuns: 1 })[0];

function suites(folder, { openSuite, stepNames, modelNames, ConfigError }) {
  const made = structured(readSchema('suite'), { stepNames, modelNames }).map((value) => stringify(value));
  const text = fc.oneof(made, edited(shipped('suites').map(hasten)));
  const file = join(folder, 'suite.yaml');
  return async (number) => {
    writeFileSync(file, drawn(text, number));
    try {
      const { variants, suite } = await openSuite(file, [], { run: false });
      if (variants.length === 0 || suite.seeds.length === 0) throw new Error('a suite of nothing was opened');
      return 'opened';
    } catch (error) {
      return refusedBy(ConfigError, error);
    }
  };
}

function recipes(folder, { parseRecipe, ConfigError }) {
  const made = structured(readSchema('recipe'), {}).map((value) => stringify(value));
  const text = fc.oneof(made, edited(shipped('recipes')));
  const file = join(folder, 'recipe.yaml');
  return async (number) => {
    writeFileSync(file, drawn(text, number));
    const { recipe, problems } = await parseRecipe(file);
    if ((recipe === null) !== problems.length > 0) throw new Error('neither a recipe nor a problem, or both');
    return recipe ? 'opened' : refusedBy(ConfigError, new ConfigError(problems));
  };
}

/** What a person is told of a wrong file: places, sentences, and not more than can be read. */
function refusedBy(ConfigError, error) {
  if (!(error instanceof ConfigError)) throw error;
  const { problems } = error;
  if (problems.length === 0 || problems.length > 200) throw new Error(`${problems.length} problems`);
  if (error.render().length > 20_000) throw new Error(`${error.render().length} characters of problems`);
  for (const problem of problems) {
    const { line, column, message } = problem;
    const isPlaced = line >= 1 && column >= 1;
    if (
      !isPlaced ||
      message.length < 12 ||
      message.length > 1100 ||
      /undefined|\[object|\n\s+at |Invalid input/.test(message)
    )
      throw new Error(`a problem that helps nobody: ${JSON.stringify(problem)}`);
  }
  return 'refused';
}

const readSchema = (name) => JSON.parse(readFileSync(join(root, 'schemas', `${name}.schema.json`), 'utf8'));

const shipped = (kind) =>
  readdirSync(join(root, 'configs', kind)).map((name) => readFileSync(join(root, 'configs', kind, name), 'utf8'));

/** Thousands are opened: networks of a few channels do. */
const hasten = (text) =>
  text.replace(/network: \{ base: ([\w-]+).*/, 'network: { base: $1, scale: { resolution: 32, width: 1/16 } }');

const odd = fc.constantFrom(
  ...[null, true, false, 0, -1, 1, 2, 7, 0.5, 1e-9, 1e9, 1e308, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53],
  ...['', ' ', 'off', 'on', 'x', '1/4', '1/0', '../..', '/etc', '__proto__', 'constructor', '\u001b[2J', 'é', '0x10'],
  ...[[], {}, [[]], [null], { a: 1 }, { sweep: [1, 2], adopt: 1 }, { sweep: [], adopt: null }, { extends: 'compact' }],
);

/** Values that a schema admits, some left out, some other than it says. */
function structured(schema, words) {
  const { stepNames = [], modelNames = [] } = words;
  const steps = fc.constantFrom('gelu', ...stepNames);
  const entry = fc.oneof(
    { weight: 4, arbitrary: steps },
    { weight: 2, arbitrary: fc.tuple(steps, odd).map(([name, value]) => ({ [name]: value })) },
    { weight: 1, arbitrary: odd },
  );
  const special = {
    road: fc.uniqueArray(entry, { maxLength: 6 }),
    compare: fc.array(fc.constantFrom('swin-t', ...modelNames), { maxLength: 2 }),
    base: fc.constantFrom('resnet-50', 'resnet-50', 'convnext-tiny', 'swin-t', 'nope'),
    plugins: fc.oneof(fc.constant([]), fc.array(fc.constantFrom('./a.ts', '../b.ts', ''), { maxLength: 2 })),
    recipe: fc.oneof(fc.constantFrom('compact', 'swin', './none.yaml'), fc.constant({ extends: 'compact', epochs: 1 })),
    extends: fc.constantFrom('compact', 'compact-sgd', 'nope'),
    replaces: fc.constantFrom('compact-sgd', null),
    'dataset.name': fc.constantFrom('fashion-mnist', 'cifar-10', 'folder', 'nope'),
    // Small, so that thousands are built in minutes.
    scale: fc.constantFrom({ resolution: 32, width: '1/16' }, { resolution: 64, width: '1/8' }, { width: 0 }),
  };
  return arbitraryOf(schema, '');

  function arbitraryOf(part, path) {
    const name = path.split('.').at(-1);
    const own = special[path] ?? special[name];
    const right = own ?? fc.oneof(...alternatives(part).map((one) => plain(one, path)));
    return fc.oneof({ weight: 60, arbitrary: right }, { weight: 1, arbitrary: odd });
  }

  function alternatives(part) {
    const several = part.anyOf ?? (Array.isArray(part.type) ? part.type.map((type) => ({ ...part, type })) : [part]);
    return several;
  }

  function plain(part, path) {
    if (part.anyOf) return arbitraryOf(part, path);
    if ('const' in part) return fc.constant(part.const);
    if (part.enum) return fc.constantFrom(...part.enum);
    if (part.type === 'object') return mapping(part, path);
    if (part.type === 'array') {
      if (part.prefixItems) return fc.tuple(...part.prefixItems.map((item) => arbitraryOf(item, path)));
      return fc.array(arbitraryOf(part.items ?? {}, path), { maxLength: 4 });
    }
    if (part.type === 'integer' || part.type === 'number') return number(part);
    if (part.type === 'boolean') return fc.boolean();
    if (part.type === 'null') return fc.constant(null);
    if (part.type === 'string') return fc.constantFrom('a', 'a-suite', 'x y', 'rand-m9-mstd0.5-inc1', '1/4');
    return odd;
  }

  function mapping({ properties = {}, required = [] }, path) {
    const entries = Object.entries(properties).map(([key, part]) => {
      const value = arbitraryOf(part, path === '' ? key : `${path}.${key}`);
      const isNeeded = required.includes(key) || special[key] !== undefined;
      return [key, fc.option(value, { freq: isNeeded ? 30 : 1, nil: undefined })];
    });
    const more = fc.option(fc.constantFrom('nope', '__proto__', 'Name'), { freq: 1, nil: undefined });
    return fc
      .tuple(fc.record(Object.fromEntries(entries)), fc.integer({ min: 0, max: 19 }), more)
      .map(([known, chance, extra]) => {
        const present = Object.entries(known).filter(([, value]) => value !== undefined);
        return Object.fromEntries(chance === 0 && extra ? [...present, [extra, 1]] : present);
      });
  }
}

function number({ type, minimum, exclusiveMinimum, maximum, exclusiveMaximum }) {
  const least = minimum ?? exclusiveMinimum ?? 0;
  const most = Math.min(maximum ?? exclusiveMaximum ?? 100, least + 100);
  return type === 'integer'
    ? fc.integer({ min: Math.ceil(least), max: Math.floor(most) })
    : fc.double({ min: least, max: most, noNaN: true });
}

/** Texts with some pieces changed for others of all, for what YAML takes for its own, or for any bytes. */
function edited(texts) {
  const scrap = [
    ': ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '\n',
    '  ',
    '\t',
    '&a ',
    '*a',
    '<<: ',
    '"',
    "'",
    '!!',
    '|\n',
    '? ',
    '#',
    '.nan',
    '-1',
    '1e999',
    'null',
    '__proto__',
    'é',
    '0x',
    '~',
    '%',
    '\u001b',
    '---\n',
    '\r',
  ];
  const pieces = texts.map((text) => text.replace(/^#.*\n/gm, '').split(/(?<=[\s,:[\]{}])/));
  const every = [...new Set(pieces.flat())];
  const change = fc.record({
    at: fc.nat(100_000),
    count: fc.nat(3),
    by: fc.oneof(fc.constantFrom(...scrap), fc.constantFrom(...every), fc.string({ unit: 'binary', maxLength: 6 })),
  });
  return fc
    .tuple(fc.nat(texts.length - 1), fc.array(change, { minLength: 1, maxLength: 5 }))
    .map(([which, changes]) => {
      const parts = [...pieces[which]];
      for (const { at, count, by } of changes) parts.splice(at % parts.length, count, by);
      return parts.join('');
    });
}

function safetensors(folder, { openWeights, WeightsError }) {
  const file = join(folder, 'w.safetensors');
  const whole = readFileSync(join(root, 'test/fixtures/weights/types.safetensors'));
  const length = Number(whole.readBigUInt64LE());
  const header = JSON.parse(whole.toString('utf8', 8, 8 + length));
  const data = whole.subarray(8 + length);
  const dtype = fc.constantFrom('F32', 'F16', 'BF16', 'F64', 'I64', 'BOOL', 'U8', 'F8_E4M3', 'X', 3, null);
  const sizes = fc.array(fc.oneof(fc.nat(4), fc.constantFrom(-1, 0.5, 2 ** 53, 1e300, '1', null)), { maxLength: 4 });
  const tensor = fc.record(
    { dtype, shape: sizes, data_offsets: fc.oneof(sizes, fc.tuple(fc.nat(64), fc.nat(64))) },
    { requiredKeys: [] },
  );
  const names = fc.constantFrom(
    ...Object.keys(header),
    '',
    '__proto__',
    '__metadata__',
    'a\u0000b',
    '\ud800',
    'x'.repeat(3000),
  );
  const change = fc.tuple(names, fc.oneof(tensor, odd));
  const withHeader = (text, rest) => {
    const bytes = Buffer.from(text);
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(bytes.length));
    return Buffer.concat([size, bytes, rest]);
  };
  const structured = fc.array(change, { minLength: 1, maxLength: 2 }).map((changes) => {
    const entries = [
      ...Object.entries(header).filter(([name]) => !changes.some(([other]) => other === name)),
      ...changes,
    ];
    const text = `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value) ?? 'null'}`).join(',')}}`;
    return withHeader(text, data);
  });
  const edits = fc.array(fc.record({ at: fc.nat(whole.length - 1), kind: fc.nat(4), byte: fc.nat(255) }), {
    minLength: 1,
    maxLength: 4,
  });
  const bytes = edits.map((changes) => {
    let made = Buffer.from(whole);
    for (const { at, kind, byte } of changes) {
      // As often in the header as in what is behind it, which is longer.
      const place = byte % 2 === 0 ? 8 + length + (at % data.length) : at % (8 + length);
      if (kind === 0) made = made.subarray(0, place);
      else if (kind === 1)
        made = Buffer.concat([made.subarray(0, place), Buffer.alloc(1 + (byte % 9), byte), made.subarray(place)]);
      else if (kind === 2) made = Buffer.concat([made.subarray(0, place), made.subarray(place + 1 + (byte % 9))]);
      else if (place < made.length) made[place] = byte;
    }
    return made;
  });
  const deep = fc.integer({ min: 100, max: 5000 }).map((depth) => withHeader(`{"a":${'['.repeat(depth)}`, data));
  const any = fc.oneof(
    { weight: 10, arbitrary: structured },
    { weight: 10, arbitrary: bytes },
    { weight: 1, arbitrary: deep },
  );
  return async (number) => {
    writeFileSync(file, drawn(any, number));
    try {
      const opened = await openWeights(file);
      try {
        for (const { name, shape } of opened.entries.values()) {
          const values = await opened.readNumbers(name).catch((error) => {
            if (error instanceof WeightsError) return null;
            throw error;
          });
          const count = shape.reduce((product, size) => product * size, 1);
          if (values && values.length !== count) throw new Error(`${values.length} values of ${count}`);
        }
      } finally {
        await opened.close();
      }
      return 'opened';
    } catch (error) {
      if (!(error instanceof WeightsError)) throw error;
      if (!error.message.startsWith(file) || error.message.length > 1000 || error.message.length < file.length + 12)
        throw new Error(`a refusal that helps nobody: ${error.message}`);
      return 'refused';
    }
  };
}

/** Commands that fetch, compile or compute where their line is right: theirs always has a mistake. */
const working = ['run', 'submit', 'setup', 'bench', 'doctor', 'predict', 'evaluate', 'check-step', 'data'];

function commands(folder, { commands: known, main, optionsOf }) {
  const work = join(folder, 'work');
  const values = fc.constantFrom(
    ...[
      'suite.yaml',
      'wrong.yaml',
      'nowhere.yaml',
      'out',
      '.',
      '',
      '-',
      '--',
      '/dev/null',
      '/proc/x',
      'a/b/c',
      'résumé',
    ],
    ...[
      'resnet-50',
      'swin-t',
      'gelu',
      'compact',
      'fashion-mnist',
      'float32',
      'wasm',
      'paper',
      'timm',
      'show',
      'check',
      'list',
    ],
    ...[
      '0',
      '-1',
      '1',
      '7',
      '1/4',
      '1e9',
      'NaN',
      '0-3',
      '9-1',
      '0-99999999999',
      'x'.repeat(500),
      '\u001b[2J',
      '__proto__',
    ],
    ...['recipe.epochs=2', 'seeds=[0]', 'road.0=off', 'a=', '=', 'network.scale.width=1/16', 'gelu,kernel-size=9', '*'],
  );
  const line = fc.constantFrom(...Object.keys(known), 'nope', 'help').chain((name) => {
    const flags = optionsOf.get(name) ?? [];
    const flag = fc.constantFrom('--json', '--help', '--set', '--nope', '-x', ...flags);
    const words = fc.array(
      fc.oneof(
        values,
        flag,
        fc.tuple(flag, values).map(([one, value]) => [one, value]),
      ),
      { maxLength: 5 },
    );
    return words.map((all) => [name, ...all.flat()]);
  });
  return async (number) => {
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work, { recursive: true });
    writeFileSync(join(work, 'suite.yaml'), plainSuite);
    writeFileSync(join(work, 'wrong.yaml'), plainSuite.replace('gelu', 'geluu'));
    let words = drawn(line, number);
    if (working.includes(words[0])) words = [...words.filter((word) => word !== '--'), '--no-such-option'];
    const { status, stdout, stderr } = await main(words, work);
    const where = `ablate ${words.join(' ')}`;
    if (![0, 2, 3].includes(status)) throw new Error(`${where}: exit code ${status}: ${stderr}`);
    if (/\n\s+at .*:\d+:\d+|error of its own|\[object Object\]/.test(stderr)) throw new Error(`${where}: ${stderr}`);
    if (status === 0) return 'opened';
    // Its answer is the list of problems.
    if (words[0] === 'validate' && words.includes('--json') && stdout !== '') return 'refused';
    if (stderr.trim().length < 12) throw new Error(`${where}: exit code ${status} without a word`);
    // The place: an option, an argument, a command or a file, by its name.
    if (!/'|"|`|--|:\d+:\d+|[\w/]+:|<\w+>|suite|\(add --help/.test(stderr))
      throw new Error(`${where}: without its place: ${stderr}`);
    if (status === 2 && stdout !== '' && !words.includes('validate'))
      throw new Error(`${where}: refused, and answered: ${stdout}`);
    return 'refused';
  };
}

const plainSuite = `name: plain
dataset: { name: fashion-mnist, train_limit: 640 }
network: { base: resnet-50, scale: { resolution: 32, width: 1/16, stem_stride: 2 } }
recipe: { extends: compact, epochs: 2 }
road: [patchify-stem, gelu]
`;
