// Compiles native/wasm/*.ts into TypeScript that is kept in the repository: the compiler is 100 MB, its results 20 KB each. Tests
// hold the results to the sources. Run after changing one.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashOfSource, modules, root } from './wasm-modules.mjs';

const common = ['-O3', '--enable', 'simd', '--runtime', 'stub', '--importMemory', '--noExportMemory'];
const compiler = ['--yes', '--package', 'assemblyscript@0.28.20', 'asc'];
const folder = mkdtempSync(join(tmpdir(), 'ablate-wasm-'));

for (const { source, output, name, flags } of modules) {
  const binary = join(folder, `${name}.wasm`);
  const args = [...compiler, join(root, source), ...common, ...flags, '-o', binary];
  const { status } = spawnSync('npx', args, { stdio: 'inherit', cwd: root });
  if (status !== 0) process.exit(status ?? 1);
  const bytes = readFileSync(binary);
  const lines = bytes.toString('base64').match(/.{1,108}/g);
  writeFileSync(
    join(root, output),
    `// Made by \`node scripts/build-wasm.mjs\` from ${source}; do not edit.
/** SHA-256 of the source. */
export const sourceHash = '${hashOfSource(source)}';

/** The module, in base64. */
export const ${name} = [
${lines.map((line) => `  '${line}',`).join('\n')}
].join('');
`,
  );
  process.stdout.write(`${output}: ${bytes.length} bytes\n`);
}
rmSync(folder, { recursive: true });
