import type { InThemes } from '../figures/both-themes.js';
import { drawInThemes, type Figure } from '../figures/render.js';
import { light } from '../figures/theme.js';
import { dataUrl, escapeHtml } from './escape.js';

/**
 * A picture in four forms, of which the browser shows the one for its width and its light or dark setting.
 *
 * @param wide its wide forms, drawn
 */
export function htmlFigure(figure: Figure, wide: InThemes): string {
  const narrow = drawInThemes(figure, 'narrow');
  const size = (layout: 'wide' | 'narrow'): string => {
    const { width, height } = figure.draw(light, layout);
    return `width="${width}" height="${height}"`;
  };
  const source = (svg: string, layout: 'wide' | 'narrow', media: string) =>
    `<source media="${media}" ${size(layout)} srcset="${svgUrl(svg)}">`;
  return `<figure id="${escapeHtml(figure.name)}">
<picture>
${source(narrow.dark, 'narrow', 'screen and (max-width: 640px) and (prefers-color-scheme: dark)')}
${source(narrow.light, 'narrow', 'screen and (max-width: 640px)')}
${source(wide.dark, 'wide', 'screen and (prefers-color-scheme: dark)')}
<img ${size('wide')} alt="${escapeHtml(figure.alt)}" src="${svgUrl(wide.light)}">
</picture>
<figcaption>${escapeHtml(figure.title)}. <a download="${escapeHtml(figure.name)}.csv" href="${dataUrl('text/csv', figure.csv)}">Its numbers as CSV</a></figcaption>
</figure>`;
}

/** In base64, since a srcset ends an address at its first space. */
function svgUrl(svg: string): string {
  const compact = svg.replace(/^<\?xml[^>]*>\s*/, '').replace(/\s*\n\s*/g, ' ');
  return `data:image/svg+xml;base64,${Buffer.from(compact).toString('base64')}`;
}
