/** Text as it stands in HTML, in content and in quoted attributes. */
export const escapeHtml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');

/** A file as a data: address, so that a page needs nothing beside itself. */
export const dataUrl = (type: string, content: string): string =>
  `data:${type};charset=utf-8,${encodeURIComponent(content).replaceAll("'", '%27')}`;
