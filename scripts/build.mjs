// `npm run build`; with --install, as `npm pack` calls it, from a fresh clone too.
import { build, prepare } from './prepare.mjs';

await prepare({ install: process.argv.includes('--install'), compile: build });
