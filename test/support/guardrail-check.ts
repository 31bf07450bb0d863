/** A look of the guardrails for pages: a model that blocks too many was taken out. */
import type { GuardrailCheck } from '../../reporting/guardrails.js';
import { CHAMPION } from './shadow-log.js';

export function guardrailCheck(fields: Partial<GuardrailCheck> = {}): GuardrailCheck {
  return {
    at: Date.UTC(2026, 5, 1, 6),
    modelVersion: CHAMPION,
    standing: 'rolled-back',
    decisions: 1000,
    rails: [
      {
        guardrail: 'blocks',
        value: 0.1,
        limit: 0.02,
        breached: true,
        text: 'the model would block 100 of 1000 decisions (10.00 %), limit 2.00 %',
      },
      {
        guardrail: 'p99-latency',
        value: 2,
        limit: 40,
        breached: false,
        text: '99 % of 1000 decisions were scored within 2.0 ms, limit 40 ms',
      },
    ],
    note: 'production is back at 41b09e77c3d8',
    ...fields,
  };
}
