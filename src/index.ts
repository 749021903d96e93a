/**
 * What a plug-in builds with: steps, layers and trees. Import it as `ablate`; see docs/extending.md and examples/plugins.
 */
export type { Block, BlockSlots, ConvNetwork, Network, SlotLayer } from './architecture/network.js';
export type { Recipe } from './config/recipe.js';
export { type Leaf, leaf, type Residual, type Sequential, sequential, type TreeNode } from './architecture/tree.js';
export type { Activation, Ops } from './engine/ops.js';
export {
  type DrawSpec,
  defineLayer,
  type ForwardContext,
  type Init,
  LayerError,
  type LayerKind,
  type Operations,
  type ParameterSpec,
  type Shape,
} from './layers/layer.js';
export {
  defineStep,
  type Measured,
  type RecipeContext,
  type Requirement,
  type Step,
  type StepDefinition,
} from './roadmap/step.js';
export { type AskedSet, defineStrategy, type OwnStrategy } from './roadmap/strategies/own.js';
