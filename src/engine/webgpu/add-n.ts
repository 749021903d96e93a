import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';

type Tf = typeof import('@tensorflow/tfjs-core');
type AddN = (given: { inputs: TensorInfo[]; backend: KernelBackend }) => TensorInfo;

/** A program may read seven tensors and write one: WebGPU promises no more buffers than eight. */
const most = 7;

/** Sums of many tensors a few at a time: the backend's own puts them all into one program, which is then refused. */
export function replaceAddN(tf: Tf): void {
  const original = tf.getKernel('AddN', 'webgpu').kernelFunc as unknown as AddN;
  const addN: AddN = ({ inputs, backend }) => {
    if (inputs.length <= most) return original({ inputs, backend });
    const first = original({ inputs: inputs.slice(0, most), backend });
    const sum = addN({ inputs: [first, ...inputs.slice(most)], backend });
    backend.disposeData(first.dataId);
    return sum;
  };
  tf.unregisterKernel('AddN', 'webgpu');
  tf.registerKernel({ kernelName: 'AddN', backendName: 'webgpu', kernelFunc: addN as never });
}
