import { leaning } from '../statistics/verdict.js';
import { counted, listed, seedList } from './format.js';
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
export const labelOf = ({ variant }: Row): string =>
  variant.kind === 'step' ? variant.title : networkName(variant.title);

/** What all numbers of a picture were measured on, in a line: data, resolution, seeds. */
export function conditions({ plan, rows, testImages }: Study): string {
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
    ...(testImages === null ? [] : [counted(testImages, 'test image')]),
  ].join(' · ');
}

/** `helped`, `hurt`, or `unresolved` with the side of 0 that the interval lies on, if it does not cover it. */
export function verdictText({ verdict, delta }: Row): string {
  if (!verdict) return '';
  if (verdict.verdict !== 'unresolved') return verdict.verdict;
  const side = leaning(delta);
  return side === null ? 'unresolved' : `unresolved, leans ${side}`;
}
