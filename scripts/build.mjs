// `npm run build`, and what `npm pack` runs first: everything that is made, made, from a fresh clone too.
import { build, prepare } from './prepare.mjs';

prepare({ compile: build });
