// Compiles native/wasm/kernels.ts into src/engine/wasm/kernels-binary.ts, which is kept in the repository: the compiler is
// 100 MB, its result 12 KB. A test holds the result to the source. Run after changing the kernels.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'native', 'wasm', 'kernels.ts');
const folder = mkdtempSync(join(tmpdir(), 'ablate-wasm-'));
const output = join(folder, 'kernels.wasm');
// Our module lives in the memory of tfjs's: it brings no data, no stack and no allocator.
const flags = ['-O3', '--enable', 'simd', '--runtime', 'stub', '--importMemory', '--noExportMemory', '-o', output];
const compiler = ['--yes', '--package', 'assemblyscript@0.28.20', 'asc'];
const { status } = spawnSync('npx', [...compiler, source, ...flags], { stdio: 'inherit', cwd: root });
if (status !== 0) process.exit(status ?? 1);

const bytes = readFileSync(output);
const lines = bytes.toString('base64').match(/.{1,108}/g);
const hash = createHash('sha256').update(readFileSync(source)).digest('hex');
writeFileSync(
  join(root, 'src', 'engine', 'wasm', 'kernels-binary.ts'),
  `// Made by \`node scripts/build-wasm-kernels.mjs\` from native/wasm/kernels.ts; do not edit.
/** SHA-256 of the source. */
export const SOURCE_HASH = '${hash}';

/** The module, in base64. */
export const BINARY = [
${lines.map((line) => `  '${line}',`).join('\n')}
].join('');
`,
);
rmSync(folder, { recursive: true });
process.stdout.write(`${bytes.length} bytes\n`);
