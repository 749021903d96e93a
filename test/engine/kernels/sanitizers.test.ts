import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { cacheRoot, keyOf, packageRoot, publish } from '../../../src/engine/tensorflow/setup/cache.js';
import { execute } from '../../../src/engine/tensorflow/setup/process.js';
import { withLock } from '../../../src/engine/tensorflow/setup/lock.js';
import { requireCompiler } from '../../../src/engine/tensorflow/setup/tools.js';

/** The kernels without TensorFlow: all but their registration. */
const folder = join(packageRoot, 'native', 'kernels');
const sources = readdirSync(folder)
  .filter((name) => name.endsWith('.cc') && !/^(op|ops-.*|module)\.cc$/.test(name))
  .map((name) => join(folder, name));
const headers = [folder, join(folder, 'test')].flatMap((place) =>
  readdirSync(place)
    .filter((name) => name.endsWith('.h'))
    .map((name) => join(place, name)),
);

const FLAGS = ['-O1', '-g1', '-std=c++17', '-Wno-psabi', '-ffp-contract=fast', '-fno-sanitize-recover=all', '-pthread'];

/** Built once for the present sources and kept in the cache: it takes longer than everything else here. */
async function build(
  compiler: string,
  program: string,
  extra: readonly string[],
  { files = sources, uninstrumented = '' } = {},
): Promise<string> {
  const flags = [...FLAGS, ...extra];
  const driver = join(folder, 'test', program);
  const built = join(
    cacheRoot(),
    `sanitized-${keyOf([...files, ...headers, driver], `${compiler} ${flags.join(' ')}`)}`,
  );
  if (existsSync(built)) return join(built, 'driver');
  mkdirSync(cacheRoot(), { recursive: true });
  await publish(built, async (temporary) => {
    const rest = [...files, driver];
    const objects: string[] = [];
    const compile = async (): Promise<void> => {
      for (let source = rest.shift(); source; source = rest.shift()) {
        const object = join(temporary, `${basename(source)}.o`);
        objects.push(object);
        const { code, stderr } = await execute(compiler, [
          ...flags.filter((flag) => basename(source) !== uninstrumented || !flag.startsWith('-fsanitize=')),
          ...['-c', source, '-o', object],
        ]);
        if (code !== 0) throw new Error(stderr);
      }
    };
    await Promise.all(Array.from({ length: availableParallelism() }, compile));
    const { code, stderr } = await execute(compiler, [...flags, ...objects, '-o', join(temporary, 'driver')]);
    if (code !== 0) throw new Error(stderr);
    for (const object of objects) rmSync(object);
  });
  return join(built, 'driver');
}

/** Why the compiler cannot build and run with a sanitizer; null if it can. */
async function lacks(compiler: string, sanitizer: string): Promise<string | null> {
  const scratch = mkdtempSync(join(tmpdir(), 'ablate-sanitizer-'));
  try {
    const [source, program] = [join(scratch, 'probe.cc'), join(scratch, 'probe')];
    writeFileSync(source, 'int main() { return 0; }');
    const compiled = await execute(compiler, [`-fsanitize=${sanitizer}`, source, '-o', program]);
    if (compiled.code !== 0) return compiled.stderr.trim();
    const ran = await execute(program, []);
    return ran.code === 0 ? null : ran.stderr.trim();
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

const cpu = existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '';
/** Vectors of eight, where the CPU has them, for what stores whole ones beside narrow tiles; the others see vectors of four. */
const wider = /\bavx2\b/.test(cpu) && /\bfma\b/.test(cpu) ? ['-march=haswell'] : [];

describe.each(['address', 'undefined', 'thread'])('under the %s sanitizer', (sanitizer) => {
  let program = '';
  let reason: string | null = null;
  beforeAll(async () => {
    const { program: compiler } = await requireCompiler();
    reason = await lacks(compiler, sanitizer);
    if (reason !== null) return;
    program = await withLock(
      join(cacheRoot(), 'sanitized.lock'),
      () => {},
      () => build(compiler, 'driver.cc', [`-fsanitize=${sanitizer}`, ...(sanitizer === 'address' ? wider : [])]),
    );
  }, 400_000);

  test('every kernel is clean and gives the same bits from any number of threads and callers', async (context) => {
    context.skip(reason !== null, `the compiler lacks the ${sanitizer} sanitizer: ${reason}`);
    const { code, stdout, stderr } = await execute(program, []);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^[1-9]\d* cases\n$/);
    expect(code).toBe(0);
  }, 120_000);
});

describe.runIf(/\bavx512f\b/.test(cpu))('AMX, emulated beside vectors of AVX-512', () => {
  let program = '';
  beforeAll(async () => {
    const { program: compiler } = await requireCompiler();
    const reason = await lacks(compiler, 'address');
    const sanitizers = reason === null ? ['-fsanitize=address'] : [];
    const flags = ['-march=skylake-avx512', '-DABLATE_EMULATES_AMX', ...sanitizers];
    const products = sources.filter((file) =>
      /^(amx|band|dense|elementwise|panels|pieces|pool|product|profile|tap|winograd)/.test(basename(file)),
    );
    program = await withLock(
      join(cacheRoot(), 'sanitized.lock'),
      () => {},
      // What vectors do is instrumented above; with AVX-512's wide tiles that takes most of a minute to compile.
      () => build(compiler, 'amx-driver.cc', flags, { files: products, uninstrumented: 'product.cc' }),
    );
  }, 400_000);

  test('its products are those of vectors, and it reads and writes nothing else', async () => {
    const { code, stdout, stderr } = await execute(program, []);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^[1-9]\d* cases\n$/);
    expect(code).toBe(0);
  }, 120_000);
});
