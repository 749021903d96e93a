/** A word of a shell command, in quotes where it needs them. */
export const quoted = (word: string): string =>
  /^[\w./,:=@+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
