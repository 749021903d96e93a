/**
 * The files from PyPI that `ablate setup` builds on, each pinned to the SHA-256 that PyPI publishes for it. Only the
 * shared libraries and C headers inside are used, so one wheel serves whatever Python is installed.
 */
export type Flavour = 'cpu' | 'gpu';

export interface Wheel {
  readonly package: string;
  readonly version: string;
  /** CPython tag of the wheel's file name; null for wheels that are the same for every Python. */
  readonly python: string | null;
  readonly platform: string;
  readonly sha256: string;
}

export const TENSORFLOW_VERSION = '2.21.0';

const tensorflow = (name: string, platform: string, sha256: string): Wheel => ({
  package: name,
  version: TENSORFLOW_VERSION,
  python: 'cp312',
  platform,
  sha256,
});

const cuda = (name: string, version: string, platform: string, sha256: string): Wheel => ({
  package: `nvidia-${name}-cu12`,
  version,
  python: null,
  platform: `${platform}_x86_64`,
  sha256,
});

/** What TensorFlow's extra `and-cuda` names: CUDA 12.9, cuDNN 9 and what they need. */
const CUDA: readonly Wheel[] = [
  cuda('cublas', '12.9.3.13', 'manylinux_2_27', 'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72'),
  cuda('cuda-cupti', '12.8.90', 'manylinux_2_17', 'ea0cb07ebda26bb9b29ba82cda34849e73c166c18162d3913575b0c9db9a6182'),
  cuda('cuda-nvcc', '12.9.86', 'manylinux_2_12', '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0'),
  cuda('cuda-nvrtc', '12.9.86', 'manylinux_2_12', '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4'),
  cuda('cuda-runtime', '12.9.79', 'manylinux_2_17', '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3'),
  cuda('cudnn', '9.28.0.42', 'manylinux_2_27', '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375'),
  cuda('cufft', '11.4.1.4', 'manylinux_2_17', 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28'),
  cuda('curand', '10.3.10.19', 'manylinux_2_27', '49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e'),
  cuda('cusolver', '11.7.5.82', 'manylinux_2_27', '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88'),
  cuda('cusparse', '12.5.10.65', 'manylinux_2_17', '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78'),
  cuda('nccl', '2.32.3', 'manylinux_2_27', 'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c'),
  cuda('nvjitlink', '12.9.86', 'manylinux_2_12', 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9'),
];

const WHEELS: Readonly<Record<string, readonly Wheel[]>> = {
  'cpu-linux-x64': [
    tensorflow(
      'tensorflow-cpu',
      'manylinux_2_27_x86_64',
      'dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb',
    ),
  ],
  'cpu-linux-arm64': [
    tensorflow(
      'tensorflow',
      'manylinux_2_27_aarch64',
      'b07d15737406533898e36c7ef7944b1be18e9028dc521b9229952c537bbc5552',
    ),
  ],
  'gpu-linux-x64': [
    tensorflow(
      'tensorflow',
      'manylinux_2_27_x86_64',
      'b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0',
    ),
    ...CUDA,
  ],
};

/** The wheels for this operating system and processor; null where TensorFlow has none that we can use. */
export const wheelsFor = (
  flavour: Flavour,
  platform = process.platform,
  arch = process.arch,
): readonly Wheel[] | null => WHEELS[`${flavour}-${platform}-${arch}`] ?? null;

/** Bytes of free disk that downloading and unpacking need, rounded up. */
export const diskNeeded = (flavour: Flavour): number => (flavour === 'gpu' ? 12e9 : 1.5e9);
