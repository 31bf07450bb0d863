import { describe, expect, it } from '@jest/globals';
import { judge, readCheck } from '../../reporting/guardrails.js';
import type { AnswerFigures, JudgedFigures } from '../../reporting/guardrails.js';
import { DEFAULT_GUARDRAILS } from '../../scoring/guardrail-settings.js';

const SOUND: AnswerFigures = { decisions: 1000, blocked: 2, failed: 0, slow: 0, p99Ms: 2 };

function breached(fields: Partial<JudgedFigures>): string[] {
  const figures = {
    answers: SOUND,
    former: null,
    calibration: { payments: 0, expected: 0, frauds: 0 },
    ...fields,
  };
  const rails = judge(figures, DEFAULT_GUARDRAILS);
  return rails.filter((rail) => rail.breached).map(({ guardrail }) => guardrail);
}

describe('the guardrails', () => {
  it.each`
    what                                              | figures                                                                              | expected
    ${'nothing of a sound model'}                     | ${{ answers: SOUND }}                                                                | ${[]}
    ${'a model that blocks one in ten'}               | ${{ answers: { ...SOUND, blocked: 100 } }}                                           | ${['blocks']}
    ${'not a share that chance may have made'}        | ${{ answers: { ...SOUND, decisions: 300, blocked: 8 } }}                             | ${[]}
    ${'four times the blocks of the former champion'} | ${{ answers: { ...SOUND, blocked: 15 }, former: { ...SOUND, blocked: 1 } }}          | ${['blocks']}
    ${'not as many blocks as the former champion'}    | ${{ answers: { ...SOUND, blocked: 15 }, former: { ...SOUND, blocked: 14 } }}         | ${[]}
    ${'answers that are no numbers'}                  | ${{ answers: { ...SOUND, failed: 40 } }}                                             | ${['failures']}
    ${'a model that rests'}                           | ${{ answers: { ...SOUND, slow: 900 } }}                                              | ${['slow-answers']}
    ${'a slow hundredth'}                             | ${{ answers: { ...SOUND, p99Ms: 41 } }}                                              | ${['p99-latency']}
    ${'nothing while decisions are few'}              | ${{ answers: { decisions: 299, blocked: 299, failed: 299, slow: 299, p99Ms: 500 } }} | ${[]}
    ${'three times the frauds announced'}             | ${{ calibration: { payments: 10_000, expected: 30, frauds: 90 } }}                   | ${['calibration']}
    ${'a third of the frauds announced'}              | ${{ calibration: { payments: 10_000, expected: 90, frauds: 25 } }}                   | ${['calibration']}
    ${'not a calibration that chance may have made'}  | ${{ calibration: { payments: 10_000, expected: 30, frauds: 65 } }}                   | ${[]}
    ${'nothing while frauds are few'}                 | ${{ calibration: { payments: 10_000, expected: 2, frauds: 19 } }}                    | ${[]}
    ${'all of it at once'}                            | ${{ answers: { decisions: 1000, blocked: 500, failed: 100, slow: 100, p99Ms: 90 } }} | ${['blocks', 'failures', 'slow-answers', 'p99-latency']}
  `('breach $what', ({ figures, expected }) => {
    expect(breached(figures as Partial<JudgedFigures>)).toEqual(expected);
  });

  it('say the figures that they judged', () => {
    const figures = {
      answers: { ...SOUND, blocked: 100 },
      former: SOUND,
      calibration: { payments: 10_000, expected: 30, frauds: 90 },
    };
    const [blocks, , , , calibration] = judge(figures, DEFAULT_GUARDRAILS);
    expect(blocks?.text).toBe(
      'the model would block 100 of 1000 decisions (10.00 %), limit 0.80 %, the former champion 0.20 %',
    );
    expect(calibration?.text).toContain(
      '90 frauds came of 30.0 announced in 10000 payments let through (3.00 times',
    );
  });

  it('read a stored look only in its present form', () => {
    const check = { at: 1, modelVersion: null, standing: 'no-model', decisions: 0, rails: [], note: null };
    expect(readCheck(check)).toEqual(check);
    expect(readCheck({ ...check, standing: 'fine' })).toBeNull();
  });
});
