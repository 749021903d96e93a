/**
 * The paper's Figures 3 and 4 for any two variants: the same block of both networks side by side, its layers as boxes from
 * top to bottom, widths on the arrows, the shortcut beside them, and what differs marked.
 */
import { createCanvas, loadImage } from '@napi-rs/canvas';
import type { Model } from '../architecture/model.js';
import type { Leaf, Residual, TreeNode } from '../architecture/tree.js';
import { walk } from '../architecture/walk.js';
import type { ActivationOptions } from '../layers/activation.js';
import type { ConvOptions } from '../layers/conv.js';
import type { LinearOptions } from '../layers/linear.js';
import type { WindowAttentionOptions } from '../layers/window-attention.js';
import { registerFonts } from './figures/fonts.js';
import { fontFamily } from './figures/theme.js';

/** A box of the drawing. */
export interface BlockLayer {
  readonly text: string;
  /** Channels that leave it. */
  readonly width: number;
  /** Norms and activations are drawn small, as in the paper. */
  readonly minor: boolean;
}

export interface BlockColumn {
  readonly title: string;
  readonly layers: readonly BlockLayer[];
  readonly inputWidth: number;
  readonly activation: string | null;
  readonly residuals: readonly { readonly from: number; readonly to: number }[];
}

/** The second block of a network's third stage (its last stage in a network that has fewer): no stride, identity shortcut. */
export function typicalBlock(model: Model, title = model.name): BlockColumn {
  const visits = new Map<string, { input: readonly number[]; output: readonly number[] }>();
  walk(model.tree, model.input, ({ path, node, input, output }) =>
    visits.set(`${node.kind}:${path}`, { input, output }),
  );
  const { node, path } = pickBlock(model);
  const layers: BlockLayer[] = [];
  const residuals: { from: number; to: number }[] = [];
  let activation: string | null = null;
  let inputWidth = 0;
  const follow = (at: TreeNode, above: string): void => {
    const here = at.name && above ? `${above}.${at.name}` : above || at.name;
    if (at.kind === 'sequential') for (const child of at.children) follow(child, here);
    else if (at.kind === 'residual') {
      const from = layers.length;
      follow(at.branch, here);
      residuals.push({ from, to: layers.length });
      activation = at.activation && activationName(at.activation);
    } else {
      const shapes = visits.get(`leaf:${here}`);
      if (layers.length === 0) inputWidth = shapes?.input.at(-1) ?? 0;
      layers.push({ ...describe(at), width: shapes?.output.at(-1) ?? 0 });
    }
  };
  follow({ ...node, name: '' } as TreeNode, path);
  return { title, layers, inputWidth, activation, residuals };
}

/** An SVG of two blocks with the differences marked; text is text, so that it can be searched and restyled. */
export function blockDiagram(left: BlockColumn, right: BlockColumn): string {
  const kept = commonLayers(left.layers, right.layers);
  const columns = [
    drawColumn(left, kept.left, 40, 'removed'),
    drawColumn(right, kept.right, 40 + columnWidth + gap, 'added'),
  ];
  const height = Math.max(...columns.map((column) => column.height)) + 20;
  const width = 2 * columnWidth + gap + 80;
  const label = `Blocks of ${left.title} and ${right.title}; layers that only one of them has are marked`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(label)}" font-family="'${fontFamily}', 'DejaVu Sans', sans-serif" font-size="14">
<title>${escapeXml(label)}</title>
<rect width="${width}" height="${height}" fill="#fff"/>
${columns.map(({ svg }) => svg).join('\n')}
</svg>
`;
}

/** The same as PNG, at `scale` pixels a unit. Skia draws no markers, so that the arrows' heads are paths. */
export async function blockDiagramPng(left: BlockColumn, right: BlockColumn, scale = 2): Promise<Buffer> {
  registerFonts();
  const image = await loadImage(Buffer.from(blockDiagram(left, right)));
  const canvas = createCanvas(scale * image.width, scale * image.height);
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toBuffer('image/png');
}

const columnWidth = 240;
const gap = 60;
const boxHeight = 36;
const step = 66;

function drawColumn(column: BlockColumn, kept: ReadonlySet<number>, x: number, mark: 'added' | 'removed') {
  const middle = x + columnWidth / 2;
  const top = (at: number) => 92 + at * step;
  const parts = [
    `<text x="${middle}" y="30" text-anchor="middle" font-weight="bold" font-size="16">${escapeXml(column.title)}</text>`,
  ];
  const color = mark === 'added' ? { fill: '#e3f4e8', line: '#1a7f37' } : { fill: '#fdeceb', line: '#b3261e' };
  const arrow = (from: number, to: number, width: number) =>
    `<path d="M${middle} ${from}V${to}" stroke="#333"/><path d="M${middle} ${to}l-4 -7h8z" fill="#333"/><text x="${middle + 14}" y="${(from + to) / 2 + 4}" font-size="11" fill="#555">${width}-d</text>`;
  parts.push(arrow(48, top(0), column.inputWidth));
  column.layers.forEach((layer, at) => {
    const same = kept.has(at);
    const half = layer.minor ? 60 : 95;
    const style = same
      ? 'fill="#f4f4f6" stroke="#555"'
      : `fill="${color.fill}" stroke="${color.line}" stroke-width="2"`;
    const dash = same || mark === 'added' ? '' : ' stroke-dasharray="5 3"';
    parts.push(
      `<rect x="${middle - half}" y="${top(at)}" width="${2 * half}" height="${boxHeight}" rx="5" ${style}${dash}/>`,
    );
    parts.push(
      `<text x="${middle}" y="${top(at) + 23}" text-anchor="middle"${layer.minor ? ' font-size="12"' : ''}>${escapeXml(layer.text)}</text>`,
    );
    parts.push(arrow(top(at) + boxHeight, top(at + 1), layer.width));
  });
  for (const { from, to } of column.residuals) {
    // The add of one branch and the fork of the next share the gap between two boxes: add first.
    const start = top(from) - 4;
    const end = top(to) - 17;
    const side = x + 6;
    parts.push(
      `<path d="M${middle} ${start}H${side}V${end}H${middle - 10}" fill="none" stroke="#333"/><path d="M${middle - 8} ${end}l-7 -4v8z" fill="#333"/>`,
    );
    parts.push(
      `<circle cx="${middle}" cy="${end}" r="8" fill="#fff" stroke="#333"/><path d="M${middle - 4} ${end}h8M${middle} ${end - 4}v8" stroke="#333"/>`,
    );
  }
  const foot = top(column.layers.length) + 8;
  if (column.activation)
    parts.push(`<text x="${middle}" y="${foot + 12}" text-anchor="middle" font-size="12">${column.activation}</text>`);
  return { svg: parts.join('\n'), height: foot + 24 };
}

/** Which boxes of either side are in their longest common subsequence. */
function commonLayers(left: readonly BlockLayer[], right: readonly BlockLayer[]) {
  const key = ({ text, width }: BlockLayer) => `${text}|${width}`;
  const lengths = Array.from({ length: left.length + 1 }, () => new Array<number>(right.length + 1).fill(0));
  const at = (row: number, column: number) => (lengths[row] as number[])[column] as number;
  for (let row = left.length - 1; row >= 0; row--) {
    for (let column = right.length - 1; column >= 0; column--) {
      const same = key(left[row] as BlockLayer) === key(right[column] as BlockLayer);
      (lengths[row] as number[])[column] = same
        ? at(row + 1, column + 1) + 1
        : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const kept = { left: new Set<number>(), right: new Set<number>() };
  for (let row = 0, column = 0; row < left.length && column < right.length; ) {
    if (key(left[row] as BlockLayer) === key(right[column] as BlockLayer)) {
      kept.left.add(row++);
      kept.right.add(column++);
    } else if (at(row + 1, column) >= at(row, column + 1)) row++;
    else column++;
  }
  return kept;
}

function pickBlock({ tree }: Model): { node: Residual | TreeNode; path: string } {
  const stages = tree.children.filter(({ name }) => name.startsWith('stages.'));
  const stage = stages[Math.min(2, stages.length - 1)] as Extract<TreeNode, { kind: 'sequential' }>;
  const blocks = stage.children.find(({ name }) => name === 'blocks') as Extract<TreeNode, { kind: 'sequential' }>;
  const node = (blocks.children[1] ?? blocks.children[0]) as TreeNode;
  return { node, path: `${stage.name}.blocks.${node.name}` };
}

const activationName = (kind: 'relu' | 'gelu'): string => (kind === 'relu' ? 'ReLU' : 'GELU');

function describe({ layer, options, name }: Leaf): { text: string; minor: boolean } {
  switch (layer.kind) {
    case 'conv': {
      const { kernel, groups, out } = options as ConvOptions;
      const depthwise = groups === out && groups > 1;
      const prefix = depthwise ? 'd' : groups > 1 ? `g${groups} ` : '';
      return { text: `${prefix}${kernel}×${kernel}, ${out}`, minor: false };
    }
    case 'linear':
      return { text: `linear, ${(options as LinearOptions).out}`, minor: false };
    case 'window-attention': {
      const { window, shift, heads } = options as WindowAttentionOptions;
      return { text: `MSA ${shift > 0 ? 'shifted ' : ''}w${window}×${window}, H=${heads}`, minor: false };
    }
    case 'batch-norm':
      return { text: 'BN', minor: true };
    case 'layer-norm':
      return { text: 'LN', minor: true };
    case 'activation':
      return { text: activationName((options as ActivationOptions).kind), minor: true };
    default:
      return { text: name || layer.kind, minor: false };
  }
}

const escapeXml = (text: string): string =>
  text.replace(
    /[&<>"]/g,
    (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[character] as string,
  );
