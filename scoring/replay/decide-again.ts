/**
 * One logged decision made again, by the function that made it, from parts that were built again; and every part compared
 * with what was logged. What cannot be built again is unknown, and then so is what follows from it.
 */
import { FEATURE_NAMES } from '../../features/definitions.js';
import type { PaymentFact, PaymentRequest } from '../../ingest/facts.js';
import type { ReplayableDecision } from '../decisions.js';
import { findingsOf, paymentWithInstant } from '../entries.js';
import { hashOfPolicy } from '../policy-settings.js';
import { Answer } from '../request.js';
import { score } from '../score.js';
import type { Circumstances, FraudModel } from '../score.js';
import type { Past } from './past.js';
import { comparePart, compareVectors, outcomeOf, unknownPart } from './report.js';
import type { PartReport, ReplayReport } from './report.js';

/** A payment as the facts tell it and what the fold knew when it came; or why they do not. */
export type Rebuilt =
  | { readonly fact: PaymentFact; readonly vector: Float32Array; readonly featureSetHash: string }
  | { readonly missing: string };

/** Without the facts, the logged request and vector still tell whether the rest follows from them. */
export async function decideAgain(
  logged: ReplayableDecision,
  rebuilt: Rebuilt,
  past: Past,
): Promise<ReplayReport> {
  const parts = [
    inputsPart(logged, rebuilt),
    vectorPart(logged, rebuilt),
    ...(await verdictParts(logged, rebuilt, past)),
  ];
  const { decisionId, paymentId, decidedAt } = logged;
  return { decisionId, paymentId, decidedAt, outcome: outcomeOf(parts), parts };
}

function inputsPart(logged: ReplayableDecision, rebuilt: Rebuilt): PartReport {
  if ('missing' in rebuilt) return unknownPart('inputs', rebuilt.missing);
  const decidedAt = new Date(rebuilt.fact.knownAt).toISOString();
  return comparePart(
    'inputs',
    { ...logged.payment, decidedAt: logged.decidedAt },
    { ...paymentWithInstant(rebuilt.fact), decidedAt },
  );
}

function vectorPart(logged: ReplayableDecision, rebuilt: Rebuilt): PartReport {
  if ('missing' in rebuilt) return unknownPart('vector', rebuilt.missing);
  if (logged.featureSetHash === rebuilt.featureSetHash)
    return compareVectors(FEATURE_NAMES, logged.vector, rebuilt.vector);
  return unknownPart('vector', otherFeatures(logged, rebuilt.featureSetHash));
}

function otherFeatures({ featureSetHash }: ReplayableDecision, running: string): string {
  return `it was decided over the feature set ${featureSetHash.slice(0, 12)} and ${running.slice(0, 12)} runs now: replay it with the version of the program that decided`;
}

async function verdictParts(logged: ReplayableDecision, rebuilt: Rebuilt, past: Past): Promise<PartReport[]> {
  const model = await modelOf(logged, past);
  const modelPart =
    'lost' in model
      ? unknownPart('model', model.lost)
      : comparePart('model', { modelVersion: logged.modelVersion }, { modelVersion: model.used?.version });
  const ground = await groundOf(logged, rebuilt, past);
  if ('lost' in ground)
    return [
      unknownPart('rules', ground.lost),
      unknownPart('lists', ground.lost),
      unknownPart('churn', ground.lost),
      modelPart,
      unknownPart('policy', ground.lost),
      unknownPart('answer', ground.lost),
    ];
  const { evidence, subject, rules, lists, policy, circumstances, churn } = ground;
  const verdict = score({
    subject,
    decisionId: logged.decisionId,
    featureSetHash: logged.featureSetHash,
    atMs: Date.parse(logged.decidedAt),
    rules,
    lists,
    policy,
    circumstances: { ...circumstances, ...churn.used },
    model: 'lost' in model ? null : model.used,
  });
  const found = findingsOf(verdict);
  const { ruleSetHash, listVersion } = evidence;
  const { policyHash, propensity } = logged;
  const ruleHits = { rules: found.rules, shadowRules: found.shadowRules };
  return [
    comparePart(
      'rules',
      { ruleSetHash, rules: evidence.rules, shadowRules: evidence.shadowRules },
      { ruleSetHash: rules.hash, ...ruleHits },
    ),
    comparePart(
      'lists',
      { listVersion, lists: evidence.lists },
      { listVersion: lists.version(), lists: found.lists },
    ),
    churn.part,
    modelPart,
    ...('lost' in model
      ? [unknownPart('policy', model.lost), unknownPart('answer', model.lost)]
      : [
          comparePart(
            'policy',
            { policyHash, propensity },
            { policyHash: hashOfPolicy(policy), propensity: verdict.propensity },
          ),
          comparePart('answer', answerOf(logged), verdict.answer),
        ]),
  ];
}

/** The registry refuses a model whose bytes are not the ones that its version names. */
async function modelOf(
  { modelVersion }: ReplayableDecision,
  past: Past,
): Promise<{ readonly used: FraudModel | null } | { readonly lost: string }> {
  if (modelVersion === null) return { used: null };
  const model = await past.model(modelVersion);
  return 'unavailable' in model ? { lost: model.unavailable } : { used: model };
}

const NOT_LOGGED = 'an earlier version of the program decided it and did not log all that it depended on';

/** What the answer depended on besides the model; or why that is lost. */
async function groundOf(logged: ReplayableDecision, rebuilt: Rebuilt, past: Past) {
  const { evidence, signals, policyHash, circumstances } = logged;
  if (evidence === undefined || signals === null || policyHash === null || circumstances === null)
    return { lost: NOT_LOGGED };
  if ('missing' in rebuilt && logged.vector.length !== FEATURE_NAMES.length) return { lost: rebuilt.missing };
  if (!('missing' in rebuilt) && rebuilt.featureSetHash !== logged.featureSetHash)
    return { lost: otherFeatures(logged, rebuilt.featureSetHash) };
  const rules = await past.rules(evidence.ruleSetHash);
  if (rules === null) return { lost: `rules with the hash ${evidence.ruleSetHash} were never in effect` };
  const policy = await past.policy(policyHash);
  if (policy === null) return { lost: `a policy with the hash ${policyHash} was never in use` };
  const lists = await past.lists(evidence.listVersion);
  const [payment, vector] =
    'missing' in rebuilt ? [logged.payment, logged.vector] : [rebuilt.fact, rebuilt.vector];
  const churn = await churnOf(circumstances, payment, past);
  return { evidence, rules, lists, policy, circumstances, churn, subject: { payment, signals, vector } };
}

/** What the night that the decision names says of the payer; without its scores, the logged still tell whether the rest follows. */
async function churnOf(
  { churn: logged }: Circumstances,
  payment: PaymentRequest,
  past: Past,
): Promise<{ readonly used: Pick<Circumstances, 'churn'>; readonly part: PartReport }> {
  if (logged === undefined) return { used: {}, part: comparePart('churn', null, null) };
  const night = await past.churnNight(logged.scoredAt);
  if (night === null) {
    const lost = `the churn scores of ${logged.scoredAt} are no longer stored`;
    return { used: { churn: logged }, part: unknownPart('churn', lost) };
  }
  const churn = night.of(payment);
  return { used: { churn }, part: comparePart('churn', logged, churn) };
}

/** Without what only this one answer has. */
function answerOf(logged: ReplayableDecision): Record<string, unknown> {
  const fields = Object.keys(Answer.properties).filter((name) => name !== 'decisionId');
  return Object.fromEntries(Object.entries(logged).filter(([name]) => fields.includes(name)));
}
