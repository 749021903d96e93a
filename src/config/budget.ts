import { z } from 'zod';

const time = /^(?:(\d{1,4})h)? ?(?:(\d{1,5})m)?$/;

/** What a study may cost: hours and minutes as `2h`, `90m` or `1h 30m`, or a number of runs. */
export const budgetSchema = z.union([
  z
    .string()
    .regex(time, 'write a time as 2h, 90m or 1h 30m, or a number of runs as { runs: 60 }')
    // Of what is no time that is said already.
    .refine((text) => !time.test(text) || millisecondsOf(text) > 0, 'a budget is above 0'),
  z.strictObject({
    runs: z.int().positive().max(1_000_000).describe('Runs in all, the trials of rates and sweeps counted.'),
  }),
]);

export type BudgetConfig = z.infer<typeof budgetSchema>;

/** Of a time as a suite writes it. */
export function millisecondsOf(text: string): number {
  const [, hours = '0', minutes = '0'] = time.exec(text) ?? [];
  return (Number(hours) * 60 + Number(minutes)) * 60_000;
}
