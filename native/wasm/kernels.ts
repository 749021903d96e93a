/**
 * Kernels for the wasm engine, in AssemblyScript: what tfjs's backend lacks or does slowly. They work in that backend's
 * own memory, on addresses of float32 tensors; maps are [N, H, W, C]. Compiled by `node scripts/build-wasm.mjs`.
 *
 * Sums run in a fixed order; long ones in float64.
 */
export { convolution, convolutionScratch, convolutionInputGradient, convolutionInputGradientScratch } from './kernels/dense';
export { convolutionFilterGradient, convolutionFilterGradientScratch } from './kernels/dense-filter';
export { depthwise, depthwiseFilterGradient, depthwiseScratch } from './kernels/depthwise';
export { columnSums, geluColumnGradient } from './kernels/columns';
export { gelu, geluGradient, reluGradient } from './kernels/activation';
export { layerNorm, layerNormGradient } from './kernels/layer-norm';
export { adamW, copy, sgd } from './kernels/optimizer';
export { batchNorm, batchNormGradient, normalise } from './kernels/batch-norm';
export { roundsOnce } from './kernels/vectors';
export { residual, residualGradient } from './kernels/residual';
export { maxPool, maxPoolGradient } from './kernels/max-pool';
export { windowAttention, windowAttentionGradient, windowAttentionScratch } from './kernels/window-attention';
