import type { Layout } from '../layout.js';

/**
 * A rule: a pattern over this project's name, what it becomes, and a layout where it is not PyTorch's own. Braces stand
 * for several tensors that are one here, joined along the first axis: `self.{query,key,value}.weight`.
 */
export interface Rule {
  readonly from: RegExp;
  readonly to: string | ((...groups: string[]) => string);
  readonly layout?: Layout;
}

/** The names of a tool for one family of networks. */
export interface RuleSet {
  readonly rules: readonly Rule[];
  /** What the names of all but the classifier begin with; files of the trunk alone leave it out. */
  readonly root?: string;
  /** Other names of the same tool: read, not written. */
  readonly also?: RuleSet;
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

/** The tensors that a name with braces stands for. */
export function spread(name: string): readonly string[] {
  const [braces, inside = ''] = /\{([^}]*)\}/.exec(name) ?? [];
  return braces === undefined ? [name] : inside.split(',').map((part) => name.replace(braces, () => part));
}
