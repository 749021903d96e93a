/**
 * Control characters, which terminals obey, and marks that turn the direction of writing, which hide what a text says; lines
 * and tabs stay.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const hidden = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;

/** A text as a terminal may be given it, whoever wrote it: `\x1b` for the escape character. */
export const visible = (text: string): string =>
  text.replace(hidden, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, '0')}`;
  });
