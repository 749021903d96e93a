// `npm run ablate -- ARGS`: the program from a clone, installed and built first where needed.
import { prepare } from './prepare.mjs';

prepare();
await import('../bin/ablate.js');
