// Compiles native/wasm/resize.ts into src/data/augment/resize-module.ts, which is kept in the repository: the compiler is
// 100 MB, its result less than 1 KB. A test holds the result to the source. Run after changing it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'native', 'wasm', 'resize.ts');
const folder = mkdtempSync(join(tmpdir(), 'ablate-wasm-'));
const output = join(folder, 'resize.wasm');
const flags = ['-O3', '--noAssert', '--enable', 'simd', '--runtime', 'stub', '--importMemory', '--noExportMemory'];
const compiler = ['--yes', '--package', 'assemblyscript@0.28.20', 'asc'];
const { status } = spawnSync('npx', [...compiler, source, ...flags, '-o', output], { stdio: 'inherit', cwd: root });
if (status !== 0) process.exit(status ?? 1);

const lines = readFileSync(output)
  .toString('base64')
  .match(/.{1,108}/g);
const hash = createHash('sha256').update(readFileSync(source)).digest('hex');
writeFileSync(
  join(root, 'src', 'data', 'augment', 'resize-module.ts'),
  `// Made by \`node scripts/build-wasm-resize.mjs\` from native/wasm/resize.ts; do not edit.
/** SHA-256 of the source. */
export const sourceHash = '${hash}';

/** The module, in base64. */
export const resizeModule = [
${lines.map((line) => `  '${line}',`).join('\n')}
].join('');
`,
);
rmSync(folder, { recursive: true });
