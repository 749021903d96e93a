import { type Colours, dark, light, type Theme } from './theme.js';

/** What differs in colours alone, light and dark. */
export interface InThemes {
  readonly light: string;
  readonly dark: string;
}

/**
 * A theme whose colours are numbers, so that a picture is drawn once and coloured twice: drawing takes far longer. Holds
 * for what draws with the theme's colours as they are, or by its `derived`.
 */
export interface CodedTheme {
  readonly theme: Theme;
  /** The SVG that was drawn with it, in each theme's colours. */
  coloured(svg: string): InThemes;
}

export function codedTheme(): CodedTheme {
  const pairs: InThemes[] = [];
  const codes = new Map<string, string>();
  const code = (pair: InThemes): string => {
    const key = `${pair.light} ${pair.dark}`;
    const known = codes.get(key);
    if (known) return known;
    // Its first two digits differ, so that no short form is written for it.
    const made = `#01${pairs.length.toString(16).padStart(4, '0')}`;
    pairs.push({ light: svgColour(pair.light), dark: svgColour(pair.dark) });
    codes.set(key, made);
    return made;
  };
  const roles = Object.keys(light).filter((role) => role !== 'name' && role !== 'derived') as (keyof Colours)[];
  const theme = {
    ...light,
    ...Object.fromEntries(roles.map((role) => [role, code({ light: light[role], dark: dark[role] })])),
    derived: (of: (theme: Theme) => string) => code({ light: of(light), dark: of(dark) }),
  };
  const inTheme = (svg: string, name: Theme['name']) =>
    svg.replace(
      /(?<=(?:fill|stroke)=")#01([0-9A-F]{4})(?=")/g,
      (found, number: string) => pairs[Number.parseInt(number, 16)]?.[name] ?? found,
    );
  return { theme, coloured: (svg) => ({ light: inTheme(svg, 'light'), dark: inTheme(svg, 'dark') }) };
}

/** A colour as Skia writes it into SVG. */
function svgColour(colour: string): string {
  const channels = colour.startsWith('#')
    ? [1, 3, 5].map((at) => colour.slice(at, at + 2))
    : (colour.match(/\d+/g) ?? []).map((channel) => Number(channel).toString(16).padStart(2, '0'));
  if (channels.every((channel) => channel === 'ff')) return 'white';
  const short = channels.every(([first, second]) => first === second);
  return `#${channels.map((channel) => (short ? channel[0] : channel)).join('')}`.toUpperCase();
}
