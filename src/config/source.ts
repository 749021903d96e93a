import { readFile, stat } from 'node:fs/promises';
import {
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
  type ParsedNode,
} from 'yaml';
import type { Path, PlacedProblem, Problem } from './problem.js';

/** A YAML file: its value, and where in its text each part of it stands. */
export interface Source {
  readonly file: string;
  readonly value: unknown;
  /** What YAML itself has against the text; then `value` is undefined. */
  readonly syntax: readonly PlacedProblem[];
  place(problem: Problem): PlacedProblem;
}

/** Larger than any suite a person writes (ten thousand seeds are half of it): what is beyond was not meant to be one. */
const mostBytes = 128 * 1024;
/** Of mappings and lists in each other; a suite has six. */
const deepest = 64;
/** Enough to mend a file by; a wrong indentation can give as many as there are lines. */
const mostSyntax = 50;

/** Reads a YAML file. A file that cannot be read as text is a source with one problem, at its beginning. */
export async function readSource(file: string): Promise<Source> {
  const about = await stat(file).catch((error: NodeJS.ErrnoException) => error);
  if (about instanceof Error) {
    return broken(
      file,
      about.code === 'ENOENT' ? 'there is no such file; check the path' : `cannot be read: ${about.message}`,
    );
  }
  if (about.isDirectory()) return broken(file, 'this is a folder; name a YAML file in it');
  // A device or a pipe has no size to be held to.
  if (!about.isFile()) return broken(file, 'this is no regular file; save the suite as one');
  if (about.size > mostBytes)
    return broken(
      file,
      `${about.size} bytes are too many for a suite (at most ${mostBytes}); is it another kind of file?`,
    );
  const bytes = await readFile(file);
  if (bytes.includes(0)) return broken(file, 'this is a binary file; a suite is YAML text');
  try {
    return parseSource(new TextDecoder('utf-8', { fatal: true }).decode(bytes), file);
  } catch (error) {
    if (error instanceof TypeError) return broken(file, 'this is not UTF-8 text; save the file as UTF-8');
    throw error;
  }
}

/** Parses YAML text; `file` is only its name. */
export function parseSource(text: string, file: string): Source {
  const counter = new LineCounter();
  const lines = text.split(/\r?\n/);
  const at = (offset: number, message: string): PlacedProblem => {
    const { line, col } = counter.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col), text: lines[line - 1] ?? '', message };
  };
  const document = compose(text, counter);
  if (!document) return broken(file, tooDeep);
  const doubled = document.errors.length > 0 ? [] : doubledKeys(document);
  if (!doubled) return broken(file, tooDeep);
  const syntax = [
    ...document.errors.slice(0, mostSyntax).map(({ pos, message, code }) => at(pos[0], explainSyntax(code, message))),
    ...doubled.slice(0, mostSyntax).map((offset) => at(offset, 'this key is there twice; keep one of the two')),
  ];
  if (document.contents === null && syntax.length === 0)
    return broken(file, 'the file is empty; a suite starts with `name:`');
  if (syntax.length > 0) return { file, value: undefined, syntax, place: ({ message }) => at(0, message) };
  const value = toValue(document);
  if (value instanceof Error) return broken(file, `anchors: ${value.message}; write the value out where it is used`);
  return {
    file,
    value,
    syntax,
    place: ({ path, on, message }) => at(offsetOf(document, path, on), message),
  };
}

/** Null where the parser, which calls itself for every level, ran out of stack. */
function compose(text: string, lineCounter: LineCounter): Document.Parsed | null {
  try {
    // The parser's own search for doubled keys compares each with every other.
    return parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false, merge: true });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

const tooDeep = `mappings and lists are nested more than ${deepest} deep; a suite has six levels`;

/** Offsets of keys that their mapping has already; null where the document is nested too deeply to be a suite. */
function doubledKeys(document: Document.Parsed): number[] | null {
  const offsets: number[] = [];
  const left: { node: unknown; depth: number }[] = [{ node: document.contents, depth: 0 }];
  for (let next = left.pop(); next; next = left.pop()) {
    const { node, depth } = next;
    if (depth > deepest) return null;
    if (isSeq(node)) for (const item of node.items) left.push({ node: item, depth: depth + 1 });
    if (!isMap(node)) continue;
    const seen = new Set<string>();
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : '';
      if (isScalar(key) && name !== '<<' && seen.has(name)) offsets.push(key.range?.[0] ?? 0);
      seen.add(name);
      for (const part of [key, value]) left.push({ node: part, depth: depth + 1 });
    }
  }
  return offsets.sort((a, b) => a - b);
}

function toValue(document: Document): unknown {
  try {
    const value = document.toJS({ maxAliasCount: 100 });
    // An anchor that holds itself becomes an object that does: nothing here can be that.
    JSON.stringify(value);
    return value;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function broken(file: string, message: string): Source {
  const problem = { file, line: 1, column: 1, text: '', message };
  return { file, value: undefined, syntax: [problem], place: (other) => ({ ...problem, message: other.message }) };
}

/** Where a path's key or value starts in the text; the nearest part above it that is there, if it is missing. */
function offsetOf(document: Document<ParsedNode>, path: Path, on: Problem['on']): number {
  let node: Node | null = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const [depth, part] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && String(isNode(item.key) ? item.key.toJSON() : item.key) === String(part),
      );
      if (!pair) return offset;
      const key = pair.key as Node;
      const value = pair.value as Node | null;
      const last = depth === path.length - 1;
      offset = (last && on === 'key') || !value?.range ? (key.range?.[0] ?? offset) : value.range[0];
      node = value;
    } else if (isSeq(node)) {
      const item = node.items[Number(part)] as Node | undefined;
      if (!item?.range) return offset;
      offset = item.range[0];
      node = item;
    } else return offset;
  }
  return offset;
}

/** The parser's codes in the words of somebody who has to mend the file. */
function explainSyntax(code: string, message: string): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'tabs cannot indent YAML; use spaces';
    case 'BAD_INDENT':
    case 'MISSING_CHAR':
    case 'BLOCK_AS_IMPLICIT_KEY':
      return `${lowerFirst(message)}; check the indentation and the colons of this line and the one above`;
    default:
      return `${lowerFirst(message)}; this is no valid YAML`;
  }
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
