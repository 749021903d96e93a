/**
 * Loaded into `ablate run` and its workers by troubles.mjs: from one file operation on the disk takes nothing more, or the
 * process asks for more memory than there is. `ABLATE_TROUBLE` says which, where and when.
 */
import fs from 'node:fs';
import { kindOf, meetOperations, who } from './file-operations.mjs';

const trouble = JSON.parse(process.env.ABLATE_TROUBLE ?? 'null');

if (who && trouble) {
  const { by, kind, operation, moment, at, code, flag } = trouble;
  let left = at;
  const fail = (path, syscall) => {
    throw Object.assign(new Error(`${code}: ${syscall} '${path}'`), {
      code,
      syscall,
      ...(syscall === 'open' && { path }),
    });
  };
  const begin = (path) => {
    fs.mkdirSync(flag, { recursive: true });
    if (code === 'memory') exhaust();
    fail(path, operation);
  };
  await meetOperations((path, name, when) => {
    // Full for everybody, and for whatever else is tried.
    if (code !== 'memory' && kindOf(path) && when === 'before' && name !== 'rm' && fs.existsSync(flag))
      fail(path, name);
    if (who !== by || name !== operation || when !== moment || kindOf(path) !== kind || --left !== 0) return undefined;
    return moment === 'amid' ? () => begin(path) : begin(path);
  });
}

/** More numbers than the process may keep. */
function exhaust() {
  const kept = [];
  for (;;) kept.push(new Array(1e6).fill(kept.length));
}
