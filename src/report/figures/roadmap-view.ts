import type { Unit } from '../format.js';
import type { Row } from '../study.js';
import type { Axis } from './axis.js';
import type { Head } from './head.js';
import type { Layout } from './render.js';
import type { Theme } from './theme.js';

/** A line of the picture; null is the gap above the networks to beat. */
export type Line = Row | null;

/** What configuration and marks share; sizes in units of the picture. */
export interface RoadmapView {
  readonly lines: readonly Line[];
  readonly accuracy: Axis;
  readonly cost: Axis;
  readonly unit: Unit;
  readonly theme: Theme;
  readonly layout: Layout;
  readonly size: {
    readonly width: number;
    readonly row: number;
    readonly text: number;
    readonly sections: number;
    readonly labels: number;
    readonly foot: number;
  };
  /** Whether a line joins the costs: the variants follow each other. */
  readonly joined: boolean;
  readonly head: Head;
  readonly top: number;
}
