import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FINDINGS, modelFinding, resolve, ruleFinding } from '../../scoring/precedence.js';
import type { Finding } from '../../scoring/precedence.js';
import { ACTIONS } from '../../scoring/request.js';

const pairs = FINDINGS.flatMap((a) => FINDINGS.map((b) => [a, b] as const));

/** Written out here a second time, as people read it: left beats right. */
const ORDER =
  'final-block-list > final-block-rule > allow-list > block-list > original-block > block-rule > model-block > ' +
  'capped-review > review-rule > model-review > explored-challenge > challenge-rule > model-challenge > nothing';

describe('the table of precedence', () => {
  it('is the documented order', () => {
    expect(FINDINGS.join(' > ')).toBe(ORDER);
  });

  it('has the action that each finding is named after', () => {
    for (const finding of FINDINGS.slice(0, -1))
      expect(finding.split('-')).toContain(resolve([finding]).action);
  });

  it.each(pairs)('%s beside %s: the one further left decides, in either order', (a, b) => {
    const order = ORDER.split(' > ');
    const winner = order.indexOf(a) <= order.indexOf(b) ? a : b;
    const { action } = resolve([winner]);
    expect(resolve([a, b])).toEqual({ decidedBy: winner, action });
    expect(resolve([b, a])).toEqual({ decidedBy: winner, action });
  });

  it('lets an allow list undo every finding but the final ones', () => {
    for (const finding of FINDINGS) {
      const { action } = resolve([finding, 'allow-list']);
      expect(action).toBe(finding.startsWith('final-') ? 'block' : 'allow');
    }
  });

  it('takes the most severe action of what no list touches', () => {
    const untouched = FINDINGS.filter((finding) => !finding.endsWith('-list'));
    const severity = (finding: Finding): number => ACTIONS.indexOf(resolve([finding]).action);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...untouched), { minLength: 1 }), (findings) => {
        const most = Math.max(...findings.map(severity));
        expect(ACTIONS.indexOf(resolve(findings).action)).toBe(most);
      }),
    );
  });

  it('allows what nothing was found about', () => {
    expect(resolve([])).toEqual({ decidedBy: 'nothing', action: 'allow' });
  });

  it('has a finding for whatever rules and models can do', () => {
    for (const action of ACTIONS) expect(resolve([modelFinding(action)]).action).toBe(action);
    for (const action of ['challenge', 'review', 'block'] as const)
      expect(resolve([ruleFinding({ action, overridable: true })]).action).toBe(action);
    expect(ruleFinding({ action: 'block', overridable: false })).toBe('final-block-rule');
  });
});
