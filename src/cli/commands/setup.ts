import { Command } from 'commander';
import { Exit, exitCodes } from '../errors.js';
import { note, printJson, printText } from '../output.js';
import { setupTensorflow } from '../../engine/tensorflow/setup/setup.js';
import { command } from '../../shell/program.js';

export function setupCommand(): Command {
  return new Command('setup')
    .description('build the tensorflow engine: TensorFlow from PyPI, its addon for Node and the fused kernels')
    .option('--gpu', 'with CUDA 12, for NVIDIA GPUs (Linux x64, 12 GB of disk)')
    .option('--force', 'build again although everything is there')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      '\nIt needs python3 with pip and g++ or clang++, about a minute and 1.5 GB, once for all clones of this user.\n' +
        'The cache is $ABLATE_CACHE, else $XDG_CACHE_HOME/ablate, else ~/.cache/ablate. Cut off, it goes on next time.\n\n' +
        'Examples:\n  ablate setup\n  ABLATE_CACHE=/scratch/ablate ablate setup --gpu',
    )
    .action(async (options: { gpu?: boolean; force?: boolean; json?: boolean }) => {
      const stopping = new AbortController();
      const stop = () => stopping.abort(new Exit(exitCodes.interrupted));
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, stop);
      const result = await setupTensorflow({
        flavour: options.gpu ? 'gpu' : 'cpu',
        force: options.force ?? false,
        progress: (line) => note(`setup: ${line}`),
        signal: stopping.signal,
      });
      if (options.json) printJson({ schema: 'ablate/setup/1', ...result });
      else
        printText(`The tensorflow engine is ready: TensorFlow ${result.tensorflow}, ${result.device}, ${result.cache}`);
      if (options.gpu && result.device === 'cpu') note(`it finds no GPU here; next: ${command('doctor --gpu')}`);
    });
}
