import { drawSvg, type Figure } from '../figures/render.js';
import { dark, light } from '../figures/theme.js';
import { dataUrl, escapeHtml } from './escape.js';

/**
 * A picture in four forms, of which the browser shows the one for its width and its light or dark setting.
 *
 * @param lightWide the form that most readers see, drawn
 */
export function htmlFigure(figure: Figure, lightWide: string): string {
  const source = (theme: typeof light, layout: 'wide' | 'narrow', media: string) => {
    const drawing = figure.draw(theme, layout);
    const size = `width="${drawing.width}" height="${drawing.height}"`;
    return `<source media="${media}" ${size} srcset="${svgUrl(drawSvg(drawing, theme))}">`;
  };
  const wide = figure.draw(light, 'wide');
  return `<figure id="${escapeHtml(figure.name)}">
<picture>
${source(dark, 'narrow', 'screen and (max-width: 640px) and (prefers-color-scheme: dark)')}
${source(light, 'narrow', 'screen and (max-width: 640px)')}
${source(dark, 'wide', 'screen and (prefers-color-scheme: dark)')}
<img width="${wide.width}" height="${wide.height}" alt="${escapeHtml(figure.alt)}" src="${svgUrl(lightWide)}">
</picture>
<figcaption>${escapeHtml(figure.title)}. <a download="${escapeHtml(figure.name)}.csv" href="${dataUrl('text/csv', figure.csv)}">Its numbers as CSV</a></figcaption>
</figure>`;
}

/** In base64, since a srcset ends an address at its first space. */
function svgUrl(svg: string): string {
  const compact = svg.replace(/^<\?xml[^>]*>\s*/, '').replace(/\s*\n\s*/g, ' ');
  return `data:image/svg+xml;base64,${Buffer.from(compact).toString('base64')}`;
}
