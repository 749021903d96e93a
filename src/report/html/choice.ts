import type { Study } from '../study.js';
import { escapeHtml } from './escape.js';
import type { PageNetwork } from './page-data.js';

/** Where a reader chooses two networks; shown by the page's script, which answers. Empty for fewer than two networks. */
export function choiceSection({ whole }: Study, networks: readonly PageNetwork[]): string {
  if (networks.length < 2) return '';
  const place = (name: string | undefined, otherwise: number): number => {
    const found = networks.findIndex((one) => one.name === name);
    return found < 0 ? otherwise : found;
  };
  const before = place(whole?.start.network, 0);
  const after = place(whole?.end.network, networks.length - 1);
  const options = (chosen: number): string =>
    networks
      .map(({ label }, at) => `<option value="${at}"${at === chosen ? ' selected' : ''}>${escapeHtml(label)}</option>`)
      .join('');
  return `
<section class="compare" aria-labelledby="compare" data-with-script hidden>
<h2 id="compare">Any two networks</h2>
<div class="choice"><label>from <select>${options(before)}</select></label> <label>to <select>${options(after)}</select></label> <button type="button">the other way round</button></div>
<output></output>
</section>`;
}
