import { EnvironmentError } from '../engine.js';
import { packageVersion } from '../packages.js';
import { installCommand } from '../../shell/program.js';

/** What the engine needs from npm: both are optional dependencies, since they are large and most runs need neither. */
export const WEBGPU_PACKAGES = ['webgpu', '@tensorflow/tfjs-backend-webgpu'] as const;

/** The command that brings them. */
export const webgpuInstall = (): string => `${installCommand()} --include=optional`;

/** The part of the WebGPU API that is used here; its types come with those of browsers only. */
export interface GpuAdapter {
  readonly info: {
    readonly vendor: string;
    readonly architecture: string;
    readonly device: string;
    readonly description: string;
    /** Software: it computes on the CPU. */
    readonly isFallbackAdapter: boolean;
  };
  readonly limits: Readonly<Record<string, number>>;
  requestDevice(descriptor: { readonly requiredLimits: Readonly<Record<string, number>> }): Promise<GpuDevice>;
}

export interface GpuDevice {
  readonly lost: Promise<{ readonly message: string }>;
  addEventListener(type: 'uncapturederror', listener: (event: { readonly error: Error }) => void): void;
}

export interface FoundAdapter {
  /** The entry point of the API, which tfjs looks for at `navigator.gpu`. */
  readonly gpu: object;
  readonly adapter: GpuAdapter;
  /** As the driver calls it, with "(software)" where it computes on the CPU. */
  readonly name: string;
  readonly software: boolean;
}

interface Dawn {
  create(options: readonly string[]): {
    requestAdapter(options: { readonly powerPreference: 'high-performance' }): Promise<GpuAdapter | null>;
  };
  readonly globals: object;
}

/** Throws an `EnvironmentError` with the next command where a package is missing; loads nothing. */
export function requirePackages(): void {
  const missing = WEBGPU_PACKAGES.filter((name) => packageVersion(name) === null);
  if (missing.length === 0) return;
  throw new EnvironmentError(
    `The webgpu engine is not installed here: ${missing.join(' and ')} missing.\n` +
      `Next: ${webgpuInstall()}, or --device cpu or --device wasm`,
  );
}

/**
 * The fastest adapter that Dawn (Chromium's WebGPU, the npm package `webgpu`) finds: over Vulkan on Linux, Metal on macOS,
 * Direct3D 12 on Windows.
 *
 * @throws EnvironmentError if a package is missing, has no build for this system, or there is no adapter.
 */
export async function findAdapter(): Promise<FoundAdapter> {
  requirePackages();
  const { create, globals } = await loadDawn();
  Object.assign(globalThis, globals);
  const gpu = create([]);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) {
    throw new EnvironmentError(
      `WebGPU finds no device here${process.platform === 'linux' ? ': no Vulkan library or no driver that it can load' : ''}.\n` +
        `Next: ${adapterAdvice()}, or --device cpu or --device wasm`,
    );
  }
  const { vendor, architecture, device, description, isFallbackAdapter: software } = adapter.info;
  // Dawn writes the device's name in small letters and dashes; the description is the driver's.
  const parts = [device.replace(/-+$/, '') || `${vendor} ${architecture}`, description];
  const name = parts.filter((part) => part.trim() !== '').join(', ');
  return { gpu, adapter, name: software ? `${name} (software)` : name, software };
}

/** What to do where there is no adapter. */
export const adapterAdvice = (): string =>
  process.platform === 'linux'
    ? 'sudo apt-get install libvulkan1 and the Vulkan driver of the GPU (AMD and Intel: mesa-vulkan-drivers; NVIDIA: its own)'
    : 'update the driver of the GPU';

async function loadDawn(): Promise<Dawn> {
  // By a variable: the program is built where the package is not installed, too.
  const name: string = WEBGPU_PACKAGES[0];
  try {
    return (await import(name)) as Dawn;
  } catch (error) {
    throw new EnvironmentError(
      `Dawn does not load on ${process.platform} ${process.arch}: ${(error as Error).message}\n` +
        'Next: --device cpu or --device wasm',
    );
  }
}
