/** JSON nested deeper is refused, as in safetensors: no header needs it, and some parsers take minutes over it. */
const deepest = 128;

/** Parses bytes of JSON, or says in a word what they are not: UTF-8, JSON, or nested so deep. */
export function parseJson(bytes: Uint8Array): { readonly value: unknown } | { readonly wrong: string } {
  if (depthOf(bytes) > deepest) return { wrong: `nested more than ${deepest} deep` };
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { wrong: 'no UTF-8' };
  }
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { wrong: 'no JSON' };
  }
}

/** How deep brackets and braces outside of strings are nested. */
function depthOf(bytes: Uint8Array): number {
  let depth = 0;
  let most = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inString) {
      if (byte === 0x5c) at++;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x5b || byte === 0x7b) most = Math.max(most, ++depth);
    else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return most;
}
