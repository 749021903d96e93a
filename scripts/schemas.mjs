// Writes the JSON schemas that give editors completion in suites and recipes, and docs/suite.md, from the zod schemas.
// Run: node scripts/schemas.mjs   (a test holds that the files are current)
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

await prepare();
const { editorSchemas, suiteReference } = await import('../dist/config/reference.js');
for (const [name, schema] of Object.entries(editorSchemas())) {
  writeFileSync(join(root, 'schemas', name), `${JSON.stringify(schema, null, 2)}\n`);
}
writeFileSync(join(root, 'docs', 'suite.md'), suiteReference());
