interface Exception {
  readonly advisory: string;
  readonly package: string;
  readonly reason: string;
}
export function judge(report: object | null, exceptions: readonly Exception[]): string[] | null;
