import { readFile, stat } from 'node:fs/promises';
import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Parser,
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
/** In all, and of what they stand for in each other. */
const mostAliases = 100;
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
    return {
      file,
      line: Math.max(1, line),
      column: Math.max(1, col),
      text: lines[line - 1] ?? '',
      message: cut(message),
    };
  };
  if (nestsTooDeep(text)) return broken(file, tooDeep);
  // The parser's own search for doubled keys compares each with every other.
  const options = { lineCounter: counter, prettyErrors: false, uniqueKeys: false, merge: true } as const;
  const document = parseDocument(text, options);
  const { doubled, compound, aliases } = lookOver(document);
  if (aliases > mostAliases)
    return broken(
      file,
      `anchors: ${aliases} aliases are more than ${mostAliases}; write the values out where they are used`,
    );
  const syntax = once([
    ...document.errors.slice(0, mostSyntax).map(({ pos, message, code }) => at(pos[0], explainSyntax(code, message))),
    ...compound
      .slice(0, mostSyntax)
      .map((offset) => at(offset, 'a mapping or a list cannot be a key; write the name of a field')),
    ...doubled.slice(0, mostSyntax).map((offset) => at(offset, 'this key is there twice; keep one of the two')),
  ]);
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

const tooDeep = `mappings and lists are nested more than ${deepest} deep; a suite has six levels`;

/**
 * Whether a text nests more than a suite can, seen token by token: what builds documents calls itself for every level, and
 * is not to be given what it could run out of stack on.
 */
function nestsTooDeep(text: string): boolean {
  const parser = new Parser();
  for (const token of new Lexer().lex(text)) {
    for (const _ of parser.next(token));
    // A level is a mapping or list and what is being read in it.
    if (parser.stack.length > 2 * deepest) return true;
  }
  return false;
}

/** Offsets of keys that their mapping has already and of keys that are no names, and how many aliases there are. */
function lookOver(document: Document.Parsed): { doubled: number[]; compound: number[]; aliases: number } {
  const doubled: number[] = [];
  const compound: number[] = [];
  let aliases = 0;
  const left: unknown[] = [document.contents];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    if (isAlias(node)) aliases++;
    if (isSeq(node)) left.push(...node.items);
    if (!isMap(node)) continue;
    const seen = new Set<string>();
    for (const { key, value } of node.items) {
      left.push(key ?? null, value ?? null);
      if (isMap(key) || isSeq(key)) compound.push(key.range?.[0] ?? 0);
      if (!isScalar(key)) continue;
      const name = String(key.value);
      if (name !== '<<' && seen.has(name)) doubled.push(key.range?.[0] ?? 0);
      seen.add(name);
    }
  }
  return { doubled: doubled.sort((a, b) => a - b), compound: compound.sort((a, b) => a - b), aliases };
}

function toValue(document: Document): unknown {
  try {
    const value = document.toJS({ maxAliasCount: mostAliases });
    // An anchor that holds itself becomes an object that does: nothing here can be that.
    JSON.stringify(value);
    return value;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** An end that is missing for many brackets is said once. */
function once(problems: readonly PlacedProblem[]): PlacedProblem[] {
  return [...new Map(problems.map((one) => [`${one.line}:${one.column} ${one.message}`, one])).values()];
}

/** Names and values that are quoted can be as long as the file. */
const longestMessage = 1000;
const cut = (message: string): string =>
  message.length > longestMessage ? `${message.slice(0, longestMessage)}...` : message;

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
