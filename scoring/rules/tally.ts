/** Counts what a rule matched in the past: fraud and honest payments, their money, and who else would have acted. */
import { formatMoney } from '../../core/money.js';
import type { DryRunResult } from './dry-runs.js';
import type { ActiveRule, Rule } from './rule.js';

interface PastPayment {
  /** Minor units. */
  readonly amount: number;
  readonly currency: string;
  readonly atMs: number;
  /** Reported by now. */
  readonly fraud: boolean;
}

interface Others {
  readonly rules: readonly ActiveRule[];
  /** Null without a model. */
  readonly model: boolean | null;
}

interface Tally {
  matched(payment: PastPayment, others: Others): void;
  missed(payment: PastPayment): void;
  result(unknownFields: string[]): DryRunResult;
}

const VERBS: Readonly<Record<Rule['action'], string>> = {
  block: 'blocked',
  review: 'sent to review',
  challenge: 'challenged',
};

/** @param matureBeforeMs an earlier payment without a report is good, a later one may still be reported. */
export function createTally(rule: Rule, matureBeforeMs: number): Tally {
  const sums = {
    all: sum(),
    matched: sum(),
    fraud: sum(),
    good: sum(),
    undecided: sum(),
    missedFraud: sum(),
  };
  const onlyByThis = { ...sum(), fraud: 0 };
  const alsoByRules = new Map<string, { ruleId: string; matched: number; fraud: number }>();
  const alsoByModel = { ruleId: 'model', matched: 0, fraud: 0 };
  const currencies = new Set<string>();
  let hasModel = false;
  return {
    missed: (payment) => {
      add(sums.all, payment);
      if (payment.fraud) add(sums.missedFraud, payment);
    },
    matched: (payment, { rules, model }) => {
      const fraud = payment.fraud ? 1 : 0;
      currencies.add(payment.currency);
      add(sums.all, payment);
      add(sums.matched, payment);
      add(payment.fraud ? sums.fraud : payment.atMs < matureBeforeMs ? sums.good : sums.undecided, payment);
      for (const { ruleId } of rules) {
        const known = alsoByRules.get(ruleId) ?? { ruleId, matched: 0, fraud: 0 };
        alsoByRules.set(ruleId, { ruleId, matched: known.matched + 1, fraud: known.fraud + fraud });
      }
      hasModel ||= model !== null;
      if (model === true) {
        alsoByModel.matched++;
        alsoByModel.fraud += fraud;
      }
      if (rules.length > 0 || model === true) return;
      add(onlyByThis, payment);
      onlyByThis.fraud += fraud;
    },
    result: (unknownFields) => {
      const { all, matched, fraud, good, undecided, missedFraud } = sums;
      const [currency] = currencies.size === 1 ? currencies : [];
      const counted = ({ payments, amountPaise }: Sum, what: string): string =>
        payments === 0 ? `0 ${what}` : `${payments} ${what} (${money(amountPaise, currency)})`;
      const summary =
        `would have ${VERBS[rule.action]} ${matched.payments} of ${all.payments} payments: ` +
        `${counted(fraud, 'fraud')}, ${counted(good, 'good')}, ${counted(undecided, 'too new to tell')}; ` +
        `${onlyByThis.payments} of them no live rule${hasModel ? ' and not the model' : ''} would have caught`;
      return {
        summary,
        payments: all.payments,
        matched,
        fraud,
        good,
        undecided,
        missedFraud,
        alsoByRules: [...alsoByRules.values()].sort((a, b) => b.matched - a.matched),
        alsoByModel: hasModel ? alsoByModel : null,
        onlyByThis,
        unknownFields,
      };
    },
  };
}

interface Sum {
  payments: number;
  amountPaise: number;
}

function sum(): Sum {
  return { payments: 0, amountPaise: 0 };
}

function add(to: Sum, { amount }: PastPayment): void {
  to.payments++;
  to.amountPaise += amount;
}

function money(amount: number, currency: string | undefined): string {
  return currency === undefined ? `${amount} minor units` : formatMoney(BigInt(amount), currency);
}
