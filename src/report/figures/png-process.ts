/**
 * A process of its own that makes PNGs of SVGs, one for each message, until it is let go. What pixels take, the C library's
 * allocator keeps as long as a process runs: of hundreds of networks more than all else that a report needs.
 */
import { toPng } from './png.js';

process.on('message', async (svg: string) => {
  process.send?.(await toPng(svg));
});
