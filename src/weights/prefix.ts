import type { TensorEntry } from './header.js';

/** What training tools put around a module, anywhere in a name: torch.compile, FSDP, activation checkpointing. */
const wrappers = /(^|\.)(_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module|_forward_module)(?=\.)/g;

/** What training tools and people put in front of every name. */
const common = new Set([
  'module',
  'model',
  'backbone',
  'state_dict',
  'state_dict_ema',
  'model_state_dict',
  'model_ema',
  'ema_model',
  'ema',
  'net',
  'network',
  'encoder',
  'base_model',
  'teacher',
  'student',
  'target',
  'online',
  'averaged_model',
]);
/** Parts that a prefix may have, and prefixes that are tried: files of people have one or two. */
const mostParts = 4;
const mostPrefixes = 24;

/** A file's tensors under the names that are left when a prefix is taken off. */
export interface View {
  /** Ends in a dot, or is empty. */
  readonly prefix: string;
  readonly entries: ReadonlyMap<string, TensorEntry>;
  /** Tensors that do not have the prefix, where only those with it were asked for. */
  readonly outside: readonly TensorEntry[];
  /** Wrappers that were taken out of names. */
  readonly wrappers: readonly string[];
}

/**
 * Every way to read a file's names: as they are, and without a prefix that some of them have. Names without it stay as
 * they are, so that a classifier beside a `backbone.` is found.
 */
export function viewsOf(entries: Iterable<TensorEntry>): View[] {
  const { named, wrappers: taken } = unwrapped(entries);
  const counts = new Map<string, number>([['', 0]]);
  for (const [name] of named) {
    let prefix = '';
    for (const part of name.split('.', mostParts)) {
      if (!common.has(part)) break;
      prefix += `${part}.`;
      counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
    }
  }
  const prefixes = [...counts.keys()].sort((one, other) => (counts.get(other) as number) - (counts.get(one) as number));
  const tried = ['', ...prefixes.filter((prefix) => prefix !== '').slice(0, mostPrefixes)];
  return tried.map((prefix) => {
    const seen = new Map<string, TensorEntry>();
    for (const [name, entry] of named) {
      if (prefix !== '' && name.startsWith(prefix)) seen.set(name.slice(prefix.length), entry);
    }
    for (const [name, entry] of named) {
      const rest = prefix === '' || !name.startsWith(prefix);
      if (rest) seen.set(seen.has(name) ? entry.name : name, entry);
    }
    return { prefix, entries: seen, outside: [], wrappers: taken };
  });
}

/** The tensors below a prefix and no others. */
export function viewBelow(entries: Iterable<TensorEntry>, prefix: string): View {
  const asked = prefix === '' || prefix.endsWith('.') ? prefix : `${prefix}.`;
  const seen = new Map<string, TensorEntry>();
  const outside: TensorEntry[] = [];
  const { named, wrappers: taken } = unwrapped(entries);
  for (const [name, entry] of named) {
    const below = [entry.name, name].find((each) => each.startsWith(asked));
    if (below === undefined) outside.push(entry);
    else seen.set(below.slice(asked.length), entry);
  }
  return { prefix: asked, entries: seen, outside, wrappers: taken };
}

/** Names without wrappers; a name that two tensors would then have stays as it is. */
function unwrapped(entries: Iterable<TensorEntry>): { named: [string, TensorEntry][]; wrappers: string[] } {
  const all = [...entries];
  const taken = new Set<string>();
  const names = new Set(all.map(({ name }) => name));
  const named = all.map((entry): [string, TensorEntry] => {
    const bare = entry.name.replace(wrappers, '').replace(/^\./, '');
    if (bare === entry.name || names.has(bare)) return [entry.name, entry];
    for (const [, , wrapper] of entry.name.matchAll(wrappers)) taken.add(wrapper as string);
    names.add(bare);
    return [bare, entry];
  });
  return { named, wrappers: [...taken] };
}
