const malloc = {
  MALLOC_MMAP_MAX_: '0',
  MALLOC_TRIM_THRESHOLD_: String(2 ** 40),
  // Other arenas have no room for what is larger than 64 MiB, and each would keep its own.
  MALLOC_ARENA_MAX: '1',
};

/**
 * Environment of a process that trains: has glibc's malloc keep what large tensors free for the next ones. By default it
 * gives each back to the system at once, and a step at 224 pixels spends much of its time in getting the same memory
 * cleared and handed out again. It is read once, when a process starts; other C libraries do not know it. What the user
 * has set stays.
 */
export function keptMemory(): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(malloc).filter(([name]) => process.env[name] === undefined));
}
