import { join } from 'node:path';
import type { BudgetConfig } from '../config/budget.js';
import { strategyName } from '../config/strategy.js';
import { askedOf, budgetKey, choosePart, leastPrice, limitOf, type RunCosts } from '../experiment/budget.js';
import type { Plan } from '../experiment/plan.js';
import type { OpenedSuite } from '../experiment/suite.js';
import type { BudgetPart, BudgetRecord } from '../records/plan.js';
import { readPlan, orNull } from '../records/read.js';
import { counted } from '../words/counted.js';
import { UsageError } from './errors.js';
import { duration } from './progress-state.js';
import { countRuns, timeRuns } from './run-costs.js';
import { networksLeft } from './select.js';

type Selection = Parameters<typeof timeRuns>[2] & { readonly only?: string };

/** What a suite's budget pays for, as its plan keeps it, and among which of its networks a command looks: null is all. */
export interface Bought {
  readonly budget: BudgetRecord;
  readonly among: readonly string[] | null;
}

/**
 * What the budget pays for: of the whole suite and, where `--only` leaves some of its networks, of those by themselves, so
 * that it is not spent on others. Both as the last plan has them, while that is of the same suite and budget, so that they
 * stay when runs are done. Throws a `UsageError` where that is nothing.
 */
export async function buy(opened: OpenedSuite, plan: Plan, options: Selection): Promise<Bought> {
  const { name, budget: asked } = opened.suite;
  const left = networksLeft(plan.runs, options.only);
  const among = left?.length === 0 ? null : left;
  const last = orNull(readPlan(join(options.out, name)))?.budget;
  const before = last?.key === budgetKey(opened) ? last : null;
  if (before && partOf({ budget: before, among })) return { budget: before, among };
  const costs = typeof asked === 'string' ? await timeRuns(opened, plan, options) : countRuns;
  const choose = (these: readonly string[] | null) =>
    choosePart(opened, plan, limitOf(asked as BudgetConfig), costs, these);
  const whole =
    before && before.kept.length > 0
      ? before
      : { ...recordOf(opened, costs, choose(null)), ...(before?.only && { only: before.only }) };
  const part = among === null ? null : choose(among);
  const budget = part && among ? { ...whole, only: [...(whole.only ?? []), { among, ...part }] } : whole;
  if (partOf({ budget, among })) return { budget, among };
  throw new UsageError(tooLittle(opened, plan, costs, among));
}

/** What is paid for of the networks that a command looks at; null where that is nothing, or not known. */
export function partOf(bought: Bought | null): BudgetPart | null {
  if (!bought) return null;
  const { budget, among } = bought;
  if (among === null) return budget.kept.length > 0 ? budget : null;
  return (budget.only ?? []).find((one) => String([...one.among].sort()) === String([...among].sort())) ?? null;
}

function recordOf(opened: OpenedSuite, { basis }: RunCosts, part: BudgetPart | null): BudgetRecord {
  const { suite, variants } = opened;
  const nothing = {
    ...{ spent: 0, basis, kept: [] },
    leftOut: variants.map(({ variant }) => ({ variant: variant.name, seeds: suite.seeds })),
  };
  return { asked: askedOf(suite.budget as BudgetConfig), key: budgetKey(opened), ...(part ?? nothing) };
}

function tooLittle(opened: OpenedSuite, plan: Plan, costs: RunCosts, among: readonly string[] | null): string {
  const { price, networks } = leastPrice(opened, plan, costs, among);
  const { suite } = opened;
  const strategy = strategyName(suite.strategy);
  const least = costs.basis === null ? counted(Math.ceil(price), 'run') : `about ${duration(price)} (${costs.basis})`;
  const what = networks > 1 ? `${counted(networks, 'network')} that are read together` : 'its first network';
  return `the budget of ${askedOf(suite.budget as BudgetConfig)} in ${opened.file} is less than the least that ${strategy} can use, ${least}: ${what}, with one seed each; raise it, or shorten ${networks > 1 ? 'the runs or the strategy' : 'the runs'}`;
}
