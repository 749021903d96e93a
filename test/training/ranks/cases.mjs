const sgd = { name: 'sgd', learning_rate: 0.05, weight_decay: 0.01 };
const plain = { drop_path: 0, ema: null, clip_gradient_norm: null };

/** Networks and recipes that several ranks train as one process does. */
export const cases = {
  convnext: { base: 'convnext-tiny' },
  'convnext by SGD in bfloat16 where the CPU has it': {
    base: 'convnext-tiny',
    precision: 'auto',
    recipe: { optimizer: sgd },
  },
  'resnet with batch norm': { base: 'resnet-50', recipe: { optimizer: sgd } },
  'resnet by AdamW': { base: 'resnet-50', recipe: plain },
  swin: { base: 'swin-t', network: { widthScale: 1 / 4, windows: 'divisors' } },
};
