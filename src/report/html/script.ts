import { readFileSync } from 'node:fs';

/** The page's script as it stands beside this file, where the build puts it too. */
export const pageScript = (): string => readFileSync(new URL('./page-script.js', import.meta.url), 'utf8');
