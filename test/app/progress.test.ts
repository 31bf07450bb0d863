import { describe, expect, it } from '@jest/globals';
import { openProgress } from '../../app/progress.js';
import { testTerminal } from '../support/terminal.js';

describe('progress', () => {
  it('is a bar with count, rate and time left at a terminal', () => {
    const terminal = testTerminal(true);
    const progress = openProgress(terminal.stderr, 'features', 200_000);
    progress.update(50_000);
    progress.update(200_000);
    progress.finish();
    expect(terminal.errors()).toMatch(/features\s+█{24} 2,00,000\/2,00,000 \| [\d,]+\/s \| [\d.]+ s in all/);
  });

  it('counts without a bar while the total is unknown, and takes the total when it becomes known', () => {
    const terminal = testTerminal(true);
    const progress = openProgress(terminal.stderr, 'rows');
    progress.update(10);
    progress.update(20, 40);
    progress.finish();
    expect(terminal.errors()).toMatch(/rows\s+0 \| 0\/s/);
    expect(terminal.errors()).toMatch(/█{12}░{12} 20\/40 \|/);
  });

  it('says that it failed', () => {
    const terminal = testTerminal(true);
    const progress = openProgress(terminal.stderr, 'rows', 10);
    progress.fail();
    expect(terminal.errors()).toContain('failed');
  });

  it('is one line at the start and one at the end elsewhere', () => {
    const terminal = testTerminal(false);
    const progress = openProgress(terminal.stderr, 'rows', 10);
    for (let done = 0; done <= 10; done++) progress.update(done);
    progress.finish();
    expect(terminal.errors()).toMatch(/^rows: started\nrows: done, 10 in \d+\.\d s \([\d,]+\/s\)\n$/);
  });
});
