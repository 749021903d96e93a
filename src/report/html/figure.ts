import type { DrawnFigure, Figure } from '../figures/render.js';
import { dataUrl, escapeHtml } from './escape.js';

/**
 * A picture in four forms, of which the browser shows the one for its width and its light or dark setting.
 *
 * @param wide its wide forms, and `narrow` its narrow ones, drawn
 */
export function htmlFigure(figure: Figure, wide: DrawnFigure, narrow: DrawnFigure): string {
  const size = ({ width, height }: DrawnFigure): string => `width="${width}" height="${height}"`;
  const source = (svg: string, form: DrawnFigure, media: string) =>
    `<source media="${media}" ${size(form)} srcset="${svgUrl(svg)}">`;
  return `<figure id="${escapeHtml(figure.name)}">
<div class="frame"><picture>
${source(narrow.dark, narrow, 'screen and (max-width: 640px) and (prefers-color-scheme: dark)')}
${source(narrow.light, narrow, 'screen and (max-width: 640px)')}
${source(wide.dark, wide, 'screen and (prefers-color-scheme: dark)')}
<img ${size(wide)} alt="${escapeHtml(figure.alt)}" src="${svgUrl(wide.light)}">
</picture></div>
<figcaption>${escapeHtml(figure.title)}. ${figure.note === undefined ? '' : `${escapeHtml(figure.note)} `}<a download="${escapeHtml(figure.name)}.csv" href="${dataUrl('text/csv', figure.csv)}">Its numbers as CSV</a></figcaption>
</figure>`;
}

/** In base64, since a srcset ends an address at its first space. */
function svgUrl(svg: string): string {
  const compact = svg.replace(/^<\?xml[^>]*>\s*/, '').replace(/\s*\n\s*/g, ' ');
  return `data:image/svg+xml;base64,${Buffer.from(compact).toString('base64')}`;
}
