import type { Layout } from '../layout.js';

/** A rule: a pattern over this project's name, what it becomes, and a layout where it is not PyTorch's own. */
export interface Rule {
  readonly from: RegExp;
  readonly to: string | ((...groups: string[]) => string);
  readonly layout?: Layout;
}

export interface ForeignName {
  readonly name: string;
  readonly layout: Layout;
}

/** The first rule that fits decides; a name that none fits stays as it is. */
export function rename(name: string, layout: Layout, rules: readonly Rule[]): ForeignName {
  for (const rule of rules) {
    const match = rule.from.exec(name);
    if (!match) continue;
    const { to } = rule;
    const made = typeof to === 'string' ? to : to(...match.slice(1));
    return { name: name.replace(rule.from, () => made), layout: rule.layout ?? layout };
  }
  return { name, layout };
}
