/**
 * What people do with cases. Closing is two durable steps: the verdict with its case, then its label through the same
 * path as every reported outcome. Between them the case says that its label is due; whoever touches the case next, or the
 * sweep, reports it, and since a payment is reported once as the same outcome, a label is neither lost nor doubled.
 */
import type { Pool, PoolClient } from 'pg';
import Type from 'typebox';
import type { Static } from 'typebox';
import type { Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { makeChange } from '../changes.js';
import type { ReportOutcome } from '../outcomes.js';
import { idSchema, printable } from '../request.js';
import { VERDICT_OUTCOMES, VERDICTS } from './case.js';
import type { Case, CaseAct, CaseStep, Verdict } from './case.js';
import { findCase, noteReport, openCase, requireCase, takeStep, unreportedVerdicts } from './store.js';

const actor = idSchema('Who does it.');
const note = printable(2000, 'In plain words; kept for ever.');
const closed = { additionalProperties: false } as const;

export const NewCase = Type.Object(
  { decisionId: idSchema('Any decision, for instance a block that the payer disputes.'), actor, note },
  closed,
);
export const Assignment = Type.Object(
  { assignee: idSchema('Who looks at it from now on.'), actor, note: Type.Optional(note) },
  closed,
);
export const Note = Type.Object({ actor, note }, closed);
export const Closing = Type.Object(
  { verdict: Type.Enum(VERDICTS, { description: 'Becomes a label, known from now on.' }), actor, note },
  closed,
);
type NewCase = Static<typeof NewCase>;
type Assignment = Static<typeof Assignment>;
type Note = Static<typeof Note>;
type Closing = Static<typeof Closing>;

/** Every change answers the case after it. @throws AppError `not-found`; `conflict` for what its state forbids. */
export interface CaseAdmin {
  /** For a decision that did not open one by itself; one that is there already is answered as it is. */
  open(request: NewCase, key: string | null): Promise<Case>;
  assign(caseId: string, request: Assignment, key: string | null): Promise<Case>;
  note(caseId: string, request: Note, key: string | null): Promise<Case>;
  /** Returns when the label is durable. */
  close(caseId: string, request: Closing, key: string | null): Promise<Case>;
  reopen(caseId: string, request: Note, key: string | null): Promise<Case>;
  /** Reports the verdicts that a crash left unreported; answers how many. */
  reportVerdicts(): Promise<number>;
}

interface CaseAdminDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly reportOutcome: ReportOutcome;
}

interface Request {
  readonly actor: string;
  readonly assignee?: string;
  readonly verdict?: Verdict;
  readonly note?: string;
}

export function createCaseAdmin(deps: CaseAdminDeps): CaseAdmin {
  const { pool } = deps;

  async function report(caseId: string | null): Promise<number> {
    const due = await unreportedVerdicts(pool, caseId);
    for (const closedCase of due) {
      const { paymentId, verdict } = closedCase;
      const outcome = VERDICT_OUTCOMES[verdict];
      const { reportId } = await deps.reportOutcome({ paymentId, outcome, source: 'review' }, null);
      await noteReport(pool, closedCase, reportId);
    }
    return due.length;
  }

  const step =
    (act: CaseAct) =>
    async (caseId: string, request: Request, key: string | null): Promise<Case> => {
      // A verdict that is still due is reported before the case moves on.
      await report(caseId);
      const change = { key, request: ['cases', act, caseId, request] };
      const answer = await makeChange(deps, change, async (client, at) => {
        if (request.verdict !== undefined) await requireNewWord(client, caseId, request.verdict);
        return takeStep(client, caseId, { ...contentOf(request, at), event: act });
      });
      if (act === 'close') await report(caseId);
      return answer;
    };

  return {
    open: ({ decisionId, ...request }, key) =>
      makeChange(deps, { key, request: ['cases', 'open', decisionId, request] }, (client, at) =>
        openCase(client, decisionId, contentOf(request, at)),
      ),
    assign: step('assign'),
    note: step('note'),
    close: step('close'),
    reopen: step('reopen'),
    reportVerdicts: () => report(null),
  };
}

function contentOf(request: Request, at: number): Omit<CaseStep, 'event'> {
  const { actor: by, assignee = null, verdict = null, note: text = null } = request;
  return { actor: by, assignee, verdict, note: text, at };
}

/**
 * The newest report on a payment is what holds, and each outcome is reported once: a word that was taken back cannot be
 * given again, since nothing after this point would hear it.
 */
async function requireNewWord(client: PoolClient, caseId: string, verdict: Verdict): Promise<void> {
  const { paymentId } = requireCase(await findCase(client, caseId));
  const { rows } = await client.query<{ outcome: string }>(
    'SELECT outcome FROM outcome_reports WHERE payment_id = $1 AND outcome = ANY($2) ORDER BY sequence DESC',
    [paymentId, Object.values(VERDICT_OUTCOMES)],
  );
  const place = rows.findIndex(({ outcome }) => outcome === VERDICT_OUTCOMES[verdict]);
  if (place <= 0) return;
  const message = `this payment was called ${verdict} before and that was taken back: a payment's label changes once`;
  throw new AppError('conflict', 'verdict-taken-back', message);
}
