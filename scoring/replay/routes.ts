/** The time machine over HTTP: one decision, made again. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Pool } from 'pg';
import Type from 'typebox';
import { AppError } from '../../core/errors.js';
import { findDecision } from '../decisions.js';
import { idSchema } from '../request.js';
import { ReplayReport } from './report.js';

/** Outside this process. @throws AppError `unavailable` when too many wait or it fails. */
export type ReplayDecision = (decisionId: string) => Promise<ReplayReport>;

interface ReplayRoutesDeps {
  readonly pool: Pool;
  readonly replay: ReplayDecision;
}

export function replayRoutes({ pool, replay }: ReplayRoutesDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/v1/decisions/:decisionId/replay',
      {
        schema: {
          tags: ['decisions'],
          summary: 'One decision made again from the facts, rules, lists and model of its instant',
          description:
            'Folds the history anew in a program of its own: takes seconds, with many payments minutes.',
          params: Type.Object({ decisionId: idSchema('As in the answer.') }),
          response: { 200: ReplayReport },
        },
      },
      async (request) => {
        const { decisionId } = request.params;
        if ((await findDecision(pool, decisionId)) === null)
          throw new AppError('not-found', 'decision-not-found', 'no decision has this id');
        return replay(decisionId);
      },
    );
  };
}
