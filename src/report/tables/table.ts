/** A table as text, before anything is escaped: Markdown, HTML and the terminal print the same one. */
export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}

interface Column {
  readonly heading: string;
  /** Numbers stand to the right. */
  readonly right?: boolean;
  /** Left out where there is little room. */
  readonly spare?: boolean;
}
