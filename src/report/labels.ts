import { noun } from '../words/counted.js';
import type { Judged } from '../statistics/family.js';
import type { UnresolvedReason } from '../statistics/verdict.js';
import { counted, grouped, listed, percent, seedList } from './format.js';
import type { Row, Study } from './study.js';

/** Names of networks as papers write them; any other is printed as it is. */
const networkNames: Readonly<Record<string, string>> = {
  resnet: 'ResNet',
  resnext: 'ResNeXt',
  convnext: 'ConvNeXt',
  swin: 'Swin',
};

/** `resnet-50` -> `ResNet-50`, `swin-t` -> `Swin-T`. */
function networkName(name: string): string {
  const [family, ...rest] = name.split('-');
  const known = networkNames[family ?? ''];
  if (!known) return name;
  return [known, ...rest.map((part) => (/^[a-z]{1,2}$/.test(part) ? part.toUpperCase() : part))].join('-');
}

/** A variant as figures and tables call it. */
export const labelOf = ({ variant }: Pick<Row, 'variant'>): string =>
  variant.kind === 'step' ? variant.title : networkName(variant.title);

/** What all numbers of a picture were measured on, in a line: data, resolution, seeds. */
export function conditions(study: Study): string {
  const known = conditionsOfStudy.get(study);
  if (known !== undefined) return known;
  const words = conditionsInWords(study);
  conditionsOfStudy.set(study, words);
  return words;
}

/** Every picture asks, in each of its forms. */
const conditionsOfStudy = new WeakMap<Study, string>();

function conditionsInWords({ plan, rows, testImages }: Study): string {
  const seeds = new Set(rows.flatMap(({ bySeed }) => [...bySeed.keys()]));
  const resolutions = [...new Set(plan.variants.map(({ resolution }) => `${resolution}×${resolution}`))];
  const epochs = [
    ...new Set(
      rows.flatMap(({ states }) =>
        states.flatMap(({ status, files }) => (status === 'done' && files.run ? [files.run.spec.recipe.epochs] : [])),
      ),
    ),
  ].sort((a, b) => a - b);
  return [
    plan.dataset,
    `${listed(resolutions)} pixels`,
    ...(epochs.length > 0
      ? [`${listed(epochs.map(String))} ${epochs.length === 1 && epochs[0] === 1 ? 'epoch' : 'epochs'}`]
      : []),
    seeds.size === 0
      ? 'no finished run yet'
      : seeds.size === 1
        ? `one seed (${seedList([...seeds])})`
        : `${counted(seeds.size, 'seed')} (${seedList([...seeds])})`,
    ...(testImages.length === 0
      ? []
      : [`${listed(testImages.map(grouped))} test ${noun(testImages.at(-1) ?? 0, 'image')}`]),
  ].join(' · ');
}

const reasons: Readonly<Record<UnresolvedReason, string>> = {
  'not run': 'not run yet',
  'at chance': 'at chance, not judged',
  'not comparable': 'not comparable',
  'changes nothing': 'changes nothing here',
  'no pairs': 'no seed in common',
  'one seed': 'one seed, not judged',
  'two seeds': 'two seeds, not judged',
  'no spread': 'no spread, not judged',
  'below the floor': 'unresolved, less than the test set can tell',
  'interval holds 0': 'unresolved',
};

/** `helps`, `hurts`, `equivalent` or why it is none; with its lean, or what keeps two networks from being compared. */
export function verdictText({ judged, change }: Pick<Row, 'judged' | 'change'>, margin: number | null = null): string {
  if (!judged) return '';
  const { verdict, lean } = judged;
  if (verdict.verdict === 'equivalent') return `equivalent${margin === null ? '' : ` within ±${percent(margin)}`}`;
  if (verdict.verdict !== 'unresolved') return verdict.verdict;
  const words = reasons[verdict.why];
  if (change?.because) return `${words}: ${change.because}`;
  return lean === null ? words : `${words}, leans ${lean}`;
}

/** The colour's name of a verdict, for figures: those that claim something have one. */
export const claimOf = (judged: Judged | null): 'helps' | 'hurts' | 'equivalent' | null =>
  judged && judged.verdict.verdict !== 'unresolved' ? judged.verdict.verdict : null;

/** What is said of two steps together, of what they give beyond the sum of each. */
export const togetherWords = {
  helps: 'more than their sum',
  hurts: 'less than their sum',
  equivalent: 'their sum',
  unresolved: 'unresolved',
} as const;
