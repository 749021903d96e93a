import { counted } from '../words/counted.js';

/** What was chosen among several or left out while a split was listed, or could not be checked. */
export interface Remark {
  readonly kind: 'chosen' | 'dropped' | 'unchecked';
  /** How many files, pictures, ... it is about. */
  readonly count: number;
  /** What they are, and what became of them: "file", "left out: no picture by its ending". */
  readonly noun: string;
  readonly what: string;
  /** The first of their names. */
  readonly names: readonly string[];
  /** Whether runs warn of it, too. What every folder has (hidden files, fields without use) is told by `data check`. */
  readonly warn: boolean;
}

const mostNames = 3;

/** Counts what is remarked upon, one remark for each `what`. */
export interface Remarks {
  add(about: Pick<Remark, 'kind' | 'noun' | 'what'> & { readonly quiet?: boolean }, name: string, count?: number): void;
  /** Takes over another's. */
  join(remarks: readonly Remark[]): void;
  all(): Remark[];
}

export function createRemarks(): Remarks {
  const found = new Map<string, Remark>();
  const put = (remark: Remark): void => {
    const before = found.get(remark.what);
    const names = [...(before?.names ?? []), ...remark.names].slice(0, mostNames);
    found.set(remark.what, { ...remark, count: (before?.count ?? 0) + remark.count, names });
  };
  return {
    add({ kind, noun, what, quiet = false }, name, count = 1) {
      put({ kind, noun, what, count, names: [name], warn: !quiet });
    },
    join: (remarks) => remarks.forEach(put),
    all: () => [...found.values()],
  };
}

/** "train: 4 files left out: no picture by its ending: a/notes.txt, b/list.csv, b/more.csv, ..." */
export function remarkText(split: string, { count, noun, what, names }: Remark): string {
  const more = count > names.length ? ', ...' : '';
  return `${split}: ${counted(count, noun)} ${what}: ${names.join(', ')}${more}`;
}

interface Remarked {
  readonly split: string;
  readonly remarks: readonly Remark[];
}

/** The sentences that a run on these splits warns with. */
export function warningsOf(...splits: readonly Remarked[]): string[] {
  return splits.flatMap(({ split, remarks }) =>
    remarks.filter(({ warn }) => warn).map((remark) => remarkText(split, remark)),
  );
}
