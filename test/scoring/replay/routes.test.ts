import { describe, expect, it } from '@jest/globals';
import { decideOn, httpWorld } from '../../app/http-world.js';
import { body } from '../world.js';

const current = httpWorld();

describe('GET /v1/decisions/:decisionId/replay', () => {
  it('answers part by part for a decision and 404 for what was never decided', async () => {
    const { app } = current();
    const { decisionId } = (await decideOn(app, body('pay_1'))).json<{ decisionId: string }>();
    const found = await app.inject(`/v1/decisions/${decisionId}/replay`);
    expect([found.statusCode, found.json()]).toMatchObject([
      200,
      { decisionId, outcome: 'equal', parts: [{}] },
    ]);
    const missing = await app.inject('/v1/decisions/dec_none/replay');
    expect([missing.statusCode, missing.json()]).toMatchObject([404, { code: 'decision-not-found' }]);
  });
});
