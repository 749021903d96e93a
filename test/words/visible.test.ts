import { expect, it } from 'vitest';
import { visible } from '../../src/words/visible.js';

it('what a terminal would obey is shown', () => {
  expect(visible('a\tb\nc')).toBe('a\tb\nc');
  expect(visible('\x1b[2J\x07 \x9b31m \r')).toBe('\\x1b[2J\\x07 \\x9b31m \\x0d');
  expect(visible('a\u202eb\u2066')).toBe('a\\u202eb\\u2066');
  expect(visible('é 数 🙂')).toBe('é 数 🙂');
});
