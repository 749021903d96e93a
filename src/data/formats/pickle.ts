import { DataError } from '../error.js';

/** A numpy array of bytes in a pickle. */
export interface PickledBytes {
  readonly shape: readonly number[];
  readonly values: Uint8Array;
}

/** What a pickle of this reader's may hold: Python's str and bytes of protocol 2 are one and come as bytes. */
export type Pickled =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | PickledBytes
  | Pickled[]
  | Map<string, Pickled>
  | Named
  | Dtype
  | Mark;

interface Named {
  readonly callable: Callable;
}
interface Dtype {
  dtype: string;
}
type Mark = typeof mark;
const mark = Symbol('mark');

/** All that may be called by name, and none of it is: each is read as what numpy means by it. */
const callables = {
  'numpy.core.multiarray _reconstruct': 'array',
  'numpy._core.multiarray _reconstruct': 'array',
  'numpy ndarray': 'ndarray',
  'numpy dtype': 'dtype',
  '_codecs encode': 'encode',
} as const;
type Callable = (typeof callables)[keyof typeof callables];

const isBytes = (value: Pickled | undefined): value is Uint8Array => value instanceof Uint8Array;
export const isPickledBytes = (value: Pickled | undefined): value is PickledBytes =>
  typeof value === 'object' && value !== null && 'values' in value && 'shape' in value;

/**
 * Reads the pickles that CIFAR is published as: dictionaries, lists, numbers, text and numpy's arrays of bytes, in
 * protocols 2 to 4. It is no Python: an opcode or a name outside of this list is refused, nothing is ever executed.
 * Throws a `DataError` that names the file.
 */
export function readPickle(bytes: Uint8Array, file: string): Pickled {
  const refuse = (what: string): DataError => new DataError(`${file}: not a CIFAR pickle: ${what}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const memo = new Map<number, Pickled>();
  const stack: Pickled[] = [];
  let at = 0;

  const pop = (): Pickled => {
    const value = stack.pop();
    if (value === undefined || value === mark) throw refuse(`byte ${at} takes a value that is not there`);
    return value;
  };
  const pair = (): Pickled[] => {
    const value = pop();
    return [pop(), value];
  };
  const toMark = (): Pickled[] => {
    const from = stack.lastIndexOf(mark);
    if (from < 0) throw refuse(`byte ${at} takes values that are not there`);
    return stack.splice(from).slice(1);
  };
  const take = (length: number): Uint8Array => {
    if (length < 0 || at + length > bytes.length) throw refuse(`cut off: byte ${at} wants ${length} more`);
    at += length;
    return bytes.subarray(at - length, at);
  };
  const uint = (size: 1 | 2 | 4): number => {
    take(size);
    return size === 1
      ? view.getUint8(at - 1)
      : size === 2
        ? view.getUint16(at - 2, true)
        : view.getUint32(at - 4, true);
  };
  const line = (): string => {
    const end = bytes.indexOf(10, at);
    if (end < 0) throw refuse('a name without an end');
    return latin1(take(end + 1 - at).subarray(0, -1));
  };
  const remember = (key: number) => {
    const value = stack.at(-1);
    if (value === undefined || value === mark) throw refuse(`byte ${at} keeps a value that is not there`);
    memo.set(key, value);
  };
  const recall = (key: number) => {
    const value = memo.get(key);
    if (value === undefined) throw refuse(`byte ${at} recalls a value that was not kept`);
    stack.push(value);
  };
  const named = (module: string, name: string) => {
    const full = `${module} ${name}`;
    if (!Object.hasOwn(callables, full)) throw refuse(`it names ${module}.${name}`.slice(0, 80));
    stack.push({ callable: callables[full as keyof typeof callables] });
  };
  const put = (pairs: Pickled[]) => {
    const target = stack.at(-1);
    if (!(target instanceof Map) || pairs.length % 2 !== 0) throw refuse(`byte ${at} fills no dictionary`);
    for (let pair = 0; pair < pairs.length; pair += 2)
      target.set(textOf(pairs[pair], refuse), pairs[pair + 1] as Pickled);
  };
  const append = (values: Pickled[]) => {
    const target = stack.at(-1);
    if (!Array.isArray(target)) throw refuse(`byte ${at} fills no list`);
    for (const value of values) target.push(value);
  };

  for (;;) {
    const code = String.fromCharCode(uint(1));
    switch (code) {
      case '\x80': {
        const protocol = uint(1);
        if (protocol < 2 || protocol > 4) throw refuse(`protocol ${protocol}, expected 2 to 4`);
        break;
      }
      case '\x95':
        take(8);
        break;
      case '.': {
        const value = pop();
        if (stack.length > 0 || at !== bytes.length) throw refuse(`bytes after its end at ${at}`);
        return value;
      }
      case '(':
        stack.push(mark);
        break;
      case '}':
        stack.push(new Map());
        break;
      case ']':
      case ')':
        stack.push([]);
        break;
      case 'N':
        stack.push(null);
        break;
      case '\x88':
      case '\x89':
        stack.push(code === '\x88');
        break;
      case 'K':
        stack.push(uint(1));
        break;
      case 'M':
        stack.push(uint(2));
        break;
      case 'J':
        stack.push(uint(4) | 0);
        break;
      case 'U':
      case 'C':
        stack.push(take(uint(1)));
        break;
      case 'T':
      case 'B':
        stack.push(take(uint(4)));
        break;
      case 'X':
        stack.push(Buffer.from(take(uint(4))).toString('utf8'));
        break;
      case '\x8c':
        stack.push(Buffer.from(take(uint(1))).toString('utf8'));
        break;
      case 'c':
        named(line(), line());
        break;
      case '\x93': {
        const name = textOf(pop(), refuse);
        named(textOf(pop(), refuse), name);
        break;
      }
      case 'q':
        remember(uint(1));
        break;
      case 'r':
        remember(uint(4));
        break;
      case '\x94':
        remember(memo.size);
        break;
      case 'h':
        recall(uint(1));
        break;
      case 'j':
        recall(uint(4));
        break;
      case '\x85':
        stack.push([pop()]);
        break;
      case '\x86':
      case '\x87': {
        const tuple: Pickled[] = [pop(), pop()];
        if (code === '\x87') tuple.push(pop());
        stack.push(tuple.reverse());
        break;
      }
      case 't':
        stack.push(toMark());
        break;
      case 'a':
        append([pop()]);
        break;
      case 'e':
        append(toMark());
        break;
      case 's':
        put(pair());
        break;
      case 'u':
        put(toMark());
        break;
      case 'R': {
        const values = pop();
        const called = pop();
        const isNamed = typeof called === 'object' && called !== null && 'callable' in called;
        if (!isNamed || !Array.isArray(values)) throw refuse(`byte ${at} calls what is no name`);
        stack.push(meant(called.callable, values, refuse));
        break;
      }
      case 'b': {
        const state = pop();
        const target = pop();
        stack.push(built(target, state, refuse));
        break;
      }
      default:
        throw refuse(`opcode 0x${code.charCodeAt(0).toString(16)} at byte ${at - 1}`);
    }
  }
}

type Refuse = (what: string) => DataError;

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

function textOf(value: Pickled | undefined, refuse: Refuse): string {
  if (typeof value === 'string') return value;
  if (isBytes(value)) return latin1(value);
  throw refuse('a name that is no text');
}

/** What a call gives: an array or a type to be filled by its state, or bytes that Python 3 wrote as text. */
function meant(callable: Callable, values: readonly Pickled[], refuse: Refuse): Pickled {
  if (callable === 'array') return { shape: [], values: new Uint8Array() };
  if (callable === 'dtype') return { dtype: textOf(values[0], refuse) };
  if (callable === 'encode' && typeof values[0] === 'string') return new Uint8Array(Buffer.from(values[0], 'latin1'));
  throw refuse(`it calls ${callable}`);
}

/** numpy's states: of an array `(version, shape, type, Fortran's order, bytes)`; a type's says its byte order. */
function built(target: Pickled, state: Pickled, refuse: Refuse): Pickled {
  if (!Array.isArray(state) || typeof target !== 'object' || target === null) throw refuse('a state of another kind');
  if ('dtype' in target) return target;
  const [, shape, dtype, fortran, values] = state;
  const isType = typeof dtype === 'object' && dtype !== null && 'dtype' in dtype;
  if (!isPickledBytes(target) || !isType || dtype.dtype !== 'u1' || fortran !== false) {
    throw refuse('an array that is not of unsigned bytes, row by row');
  }
  const areSides = Array.isArray(shape) && shape.every((side) => typeof side === 'number' && side >= 0);
  const sides = areSides ? (shape as number[]) : [];
  if (!areSides || !isBytes(values) || sides.reduce((product, side) => product * side, 1) !== values.length) {
    throw refuse('an array whose shape is not that of its bytes');
  }
  return { shape: sides, values };
}
