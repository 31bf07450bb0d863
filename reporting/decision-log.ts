/** The whole decision log for the warehouse, read backwards a page at a time so that memory stays bounded. */
import type { DecisionQuery, RecordedDecision } from '../scoring/decisions.js';
import type { GateDecision } from './warehouse.js';

const PAGE_ROWS = 2000;

/** `latest` answers the newest first, as `latestDecisions` of the gate does. */
export async function* readDecisionLog(
  latest: (query: DecisionQuery) => Promise<readonly RecordedDecision[]>,
): AsyncGenerator<GateDecision> {
  let before: string | null = null;
  do {
    const page: readonly RecordedDecision[] = await latest({ limit: PAGE_ROWS, action: null, before });
    for (const decision of page) yield toGateDecision(decision);
    before = page.length < PAGE_ROWS ? null : (page.at(-1)?.decisionId ?? null);
  } while (before !== null);
}

function toGateDecision(decision: RecordedDecision): GateDecision {
  const { decisionId, paymentId, action, fraudProbability, modelVersion } = decision;
  const decidedAt = Date.parse(decision.decidedAt);
  // The gate's policy has turned the model's threshold into the action.
  return { decisionId, paymentId, action, fraudProbability, flagProbability: null, modelVersion, decidedAt };
}
