import { expect, it } from '@jest/globals';
import { advance } from '../../core/state.js';
import type { StateTable } from '../../core/state.js';

const DOOR: StateTable<'open' | 'shut', 'open' | 'close'> = {
  open: { close: 'shut' },
  shut: { open: 'open' },
};

it('takes the step that the table has and no other', () => {
  expect(advance(DOOR, 'open', 'close')).toBe('shut');
  expect(advance(DOOR, 'shut', 'open')).toBe('open');
  expect(advance(DOOR, 'shut', 'close')).toBeNull();
});
