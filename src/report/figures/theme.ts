/** The family that every text is drawn in, on every machine. */
export const fontFamily = 'DejaVu Sans Condensed';

/** Colours of Okabe & Ito's palette, which the common forms of colour blindness tell apart, on two backgrounds. */
export interface Colours {
  readonly background: string;
  readonly band: string;
  readonly grid: string;
  readonly text: string;
  readonly quiet: string;
  /** A network on the road, the road's start, and a network that it is to beat. */
  readonly road: string;
  readonly base: string;
  readonly comparator: string;
  readonly cost: string;
  readonly helped: string;
  readonly hurt: string;
}

export interface Theme extends Colours {
  readonly name: 'light' | 'dark';
  /** A colour that is made from a theme's own. */
  derived(of: (theme: Theme) => string): string;
}

export const light: Theme = {
  name: 'light',
  background: '#ffffff',
  band: '#f3f5f7',
  grid: '#e3e6e9',
  text: '#1b1f24',
  quiet: '#626b75',
  road: '#0072b2',
  base: '#8b959e',
  comparator: '#e69f00',
  cost: '#aa3377',
  helped: '#00795a',
  hurt: '#c2410c',
  derived: (of) => of(light),
};

export const dark: Theme = {
  name: 'dark',
  background: '#14181d',
  band: '#1b2127',
  grid: '#2b323a',
  text: '#e8eaed',
  quiet: '#9aa4ae',
  road: '#4aa8e0',
  base: '#78838d',
  comparator: '#f0b429',
  cost: '#e58bbf',
  helped: '#3ecf9f',
  hurt: '#ff8a5c',
  derived: (of) => of(dark),
};

/** Along a road, from its start to its end: Viridis without its lightest (or, on dark, darkest) part. */
export const alongRoad = (theme: Theme, share: number): string => theme.derived(({ name }) => onViridis(name, share));

function onViridis(name: Theme['name'], share: number): string {
  const stops = name === 'light' ? viridis.slice(0, -2) : viridis.slice(2);
  const at = share * (stops.length - 1);
  const from = Math.min(Math.floor(at), stops.length - 2);
  const [a, b] = [stops[from] as Colour, stops[from + 1] as Colour];
  const mixed = a.map((value, i) => Math.round(value + (at - from) * ((b[i] as number) - value)));
  return `rgb(${mixed.join(', ')})`;
}

type Colour = readonly [number, number, number];
const viridis: readonly Colour[] = [
  [68, 1, 84],
  [71, 45, 123],
  [59, 82, 139],
  [44, 114, 142],
  [33, 145, 140],
  [40, 174, 128],
  [94, 201, 98],
  [173, 220, 48],
  [253, 231, 37],
];
