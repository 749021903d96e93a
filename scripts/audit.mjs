// Holds the packages that a user of this program gets to what npm's registry knows of their faults: anything high or worse
// that scripts/audit-exceptions.json does not name with a reason ends with code 1, and so does an exception that nothing needs
// any more. What is less, or of tools that stay here, is not worth a red build on the day it is found: `npm audit` lists it.
// Where the registry does not answer, it is said and nothing is judged.
//     node scripts/audit.mjs
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';

const file = new URL('audit-exceptions.json', import.meta.url);
const judged = ['high', 'critical'];

/**
 * What is wrong, in sentences, of npm's report and the exceptions: `{ advisory, package, reason }`, each by the advisory's name
 * such as GHSA-xxxx-xxxx-xxxx. Null where the report is none, because the registry did not answer.
 */
export function judge(report, exceptions) {
  if (!report?.vulnerabilities) return null;
  const found = new Map();
  for (const { via } of Object.values(report.vulnerabilities)) {
    for (const cause of via) {
      // A text is the name of a package that has the fault itself.
      if (typeof cause === 'string' || !judged.includes(cause.severity)) continue;
      found.set(`${cause.name} ${cause.url.split('/').at(-1)}`, cause);
    }
  }
  const known = new Set(exceptions.map((one) => `${one.package} ${one.advisory}`));
  const fresh = [...found].filter(([key]) => !known.has(key));
  const stale = exceptions.filter((one) => !found.has(`${one.package} ${one.advisory}`));
  const unreasoned = exceptions.filter(({ reason }) => typeof reason !== 'string' || reason.length < 20);
  return [
    ...fresh.map(
      ([, { name, severity, title, range, url }]) =>
        `${name} ${range}: ${severity}: ${title} (${url}); take a version without it, or say in scripts/audit-exceptions.json why it does not touch this program`,
    ),
    ...stale.map((one) => `${one.package}: ${one.advisory} is excepted and no longer found; take the exception out`),
    ...unreasoned.map((one) => `${one.package}: ${one.advisory} is excepted without a reason`),
  ];
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const words = ['audit', '--json', '--package-lock-only', '--omit=dev', '--fetch-retries=0', '--fetch-timeout=20000'];
  const { stdout, error } = spawnSync('npm', words, { cwd, encoding: 'utf8', timeout: 60_000, maxBuffer: 1 << 28 });
  const report = parse(stdout ?? '');
  const problems = judge(report, JSON.parse(readFileSync(file, 'utf8')));
  if (problems === null)
    console.error(
      `known faults of packages: not looked up, the registry does not answer: ${report?.message ?? error?.message ?? 'no JSON'}`,
    );
  else if (problems.length === 0)
    console.error(`known faults of packages: none of high severity or worse that has no reason`);
  for (const problem of problems ?? []) console.error(problem);
  process.exitCode = problems?.length > 0 ? 1 : 0;
}
