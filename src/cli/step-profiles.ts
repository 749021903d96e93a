import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ProfiledStep, profileStep } from '../bench/profile-step.js';
import { type ProfileLine, profileTable } from '../bench/profile.js';
import type { Provenance } from '../bench/provenance.js';
import { provenanceText } from '../bench/provenance.js';
import { type StepNetwork, type StepSize, stepTask } from '../bench/task.js';
import { counted } from '../words/counted.js';
import { printJson, printText } from './output.js';
import { textTable } from './table.js';

/** A network with where its step's time went. */
export interface NetworkProfile {
  readonly name: string;
  readonly profile: ProfiledStep;
}

/** Profiles some steps of a network. */
export async function profileNetwork(network: StepNetwork, size: StepSize, steps: number): Promise<NetworkProfile> {
  const folder = await mkdtemp(join(tmpdir(), 'ablate-bench-'));
  try {
    const path = join(folder, 'task.json');
    await writeFile(path, JSON.stringify(stepTask(network, size)));
    return { name: network.name, profile: await profileStep(path, size.threads, steps) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const giga = (value: number): string => (value / 1e9).toFixed(0);

/** A table a network, and what its floors are made of. */
export function printProfiles(
  profiles: readonly NetworkProfile[],
  size: StepSize,
  steps: number,
  source: Provenance,
): void {
  const what = `batch ${size.batch}, ${size.precision}, ${counted(size.threads, 'thread')}, means of ${counted(steps, 'step')}`;
  for (const { name, profile } of profiles) {
    const { columns, rows } = profileTable(profile);
    const { float32, bfloat16, bytes } = profile.rates;
    printText(
      [
        `${name}, ${what}`,
        textTable(columns, rows),
        `Floor: multiply-adds at ${giga(float32)} G/s in float32 and ${giga(bfloat16)} G/s of bfloat16 factors, or what is read and written at ${giga(bytes)} GB/s, as measured just now; of each kernel whichever takes longer.`,
        '',
      ].join('\n'),
    );
  }
  printText(provenanceText(source));
}

/** The same as one document; layers are whole there. */
export function printProfilesAsJson(
  profiles: readonly NetworkProfile[],
  size: StepSize,
  steps: number,
  source: Provenance,
): void {
  const line =
    (kind: 'kind' | 'layer') =>
    ([name, { seconds, floor }]: readonly [string | null, ProfileLine]) => ({
      [kind]: name,
      seconds,
      floorSeconds: floor,
    });
  printJson({
    schema: 'ablate/bench-step-profile/1',
    ...size,
    steps,
    ...source,
    networks: profiles.map(({ name, profile: { kinds, layers, whole, rates } }) => ({
      network: name,
      seconds: whole.seconds,
      floorSeconds: whole.floor,
      rates,
      kinds: [...kinds].map(line('kind')),
      layers: [...layers].map(line('layer')),
    })),
  });
}
