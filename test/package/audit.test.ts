import { expect, it } from 'vitest';
import { judge } from '../../scripts/audit.mjs';

const advisory = (name: string, severity: string, id: string) => ({
  source: 1,
  name,
  severity,
  title: 'A fault',
  range: '<2.0.0',
  url: `https://github.com/advisories/${id}`,
});
/** As `npm audit --json` answers: `b` only depends on `a`. */
const report = {
  auditReportVersion: 2,
  vulnerabilities: {
    a: { name: 'a', via: [advisory('a', 'high', 'GHSA-aaaa-aaaa-aaaa'), advisory('a', 'low', 'GHSA-aaaa-aaaa-bbbb')] },
    b: { name: 'b', via: ['a'] },
    c: { name: 'c', via: [advisory('c', 'critical', 'GHSA-cccc-cccc-cccc')] },
    e: { name: 'e', via: [advisory('e', 'moderate', 'GHSA-eeee-eeee-eeee')] },
  },
};
const reason = 'read by nothing that a person from outside can reach';

it('what is high or worse needs a reason by its name', () => {
  const problems = judge(report, [{ package: 'c', advisory: 'GHSA-cccc-cccc-cccc', reason }]);
  expect(problems).toEqual([expect.stringMatching(/^a <2\.0\.0: high: A fault .*GHSA-aaaa-aaaa-aaaa/)]);
});

it('a reason is a sentence, and goes when it is not needed', () => {
  const exceptions = [
    { package: 'a', advisory: 'GHSA-aaaa-aaaa-aaaa', reason: '' },
    { package: 'c', advisory: 'GHSA-cccc-cccc-cccc', reason },
    { package: 'd', advisory: 'GHSA-dddd-dddd-dddd', reason },
  ];
  expect(judge(report, exceptions)).toEqual([
    'd: GHSA-dddd-dddd-dddd is excepted and no longer found; take the exception out',
    'a: GHSA-aaaa-aaaa-aaaa is excepted without a reason',
  ]);
});

it('no answer is no judgement', () => {
  expect(judge({ message: '405 Method Not Allowed' }, [])).toBeNull();
  expect(judge(null, [])).toBeNull();
  expect(judge({ vulnerabilities: {} }, [])).toEqual([]);
});
