import type { Step } from '../step.js';
import { depthwiseConv } from './depthwise-conv.js';
import { fewerActivations } from './fewer-activations.js';
import { fewerNorms } from './fewer-norms.js';
import { finalNorm } from './final-norm.js';
import { gelu } from './gelu.js';
import { increaseWidth } from './increase-width.js';
import { invertedBottleneck } from './inverted-bottleneck.js';
import { kernelSize } from './kernel-size.js';
import { layerNorm } from './layer-norm.js';
import { layerScale } from './layer-scale.js';
import { moveUpDepthwise } from './move-up-depthwise.js';
import { patchifyStem } from './patchify-stem.js';
import { separateDownsampling } from './separate-downsampling.js';
import { stageRatio } from './stage-ratio.js';
import { trainingRecipe } from './training-recipe.js';

/** The paper's steps in its order. */
export const paperSteps = [
  trainingRecipe,
  stageRatio,
  patchifyStem,
  depthwiseConv,
  increaseWidth,
  invertedBottleneck,
  moveUpDepthwise,
  kernelSize,
  gelu,
  fewerActivations,
  fewerNorms,
  layerNorm,
  finalNorm,
  separateDownsampling,
  layerScale,
  // A step's own option type matters only to itself; the road checks options through the step's schema.
] as unknown as readonly Step[];
