/**
 * How well models of repeat buying foresee what customers will buy and spend: fitted on the older part of a history, judged
 * on the newer one, beside two answers that need no model (each customer goes on as before; everybody does as the average did).
 */
import { bootstrap, bootstrapDefaults } from '../bootstrap.js';
import type { Interval } from '../bootstrap.js';
import { fitGammaGamma, spendCorrelation } from '../lifetime/gamma-gamma.js';
import type { SpendModel } from '../lifetime/gamma-gamma.js';
import { fitRepeatBuying } from '../lifetime/fit-repeat-buying.js';
import type { PurchaseHistory, SpendingBuyers } from '../lifetime/purchase-history.js';
import type { RepeatModel, RepeatModelName } from '../lifetime/repeat-buyers.js';

/** Of predictions beside what happened, by customer. */
export interface ForesightScores {
  /** Predicted total over the true one, less one. */
  readonly purchasesBias: number;
  readonly purchasesMae: number;
  readonly purchasesCorrelation: number;
  readonly spendBias: number;
  readonly spendMae: number;
  /** Share of the later spend that came from the tenth of customers with the highest predicted spend. */
  readonly topTenthShare: number;
}

export interface Foresight {
  readonly name: string;
  readonly scores: ForesightScores;
  readonly interval: Readonly<Record<keyof ForesightScores, Interval>>;
}

export interface FittedClv {
  readonly customers: number;
  readonly repeatCustomers: number;
  readonly models: readonly {
    readonly name: RepeatModelName;
    readonly parameters: Readonly<Record<string, number>>;
    readonly logLikelihood: number;
  }[];
  readonly spend: {
    readonly parameters: Readonly<Record<string, number>>;
    readonly logLikelihood: number;
    /** Of purchases and mean spend; the model supposes none. */
    readonly correlation: number;
  } | null;
}

export interface ClvEvaluation extends FittedClv {
  readonly fitTo: string;
  readonly lastDay: string;
  readonly horizon: number;
  readonly laterPurchases: number;
  readonly laterSpend: number;
  readonly foresight: readonly Foresight[];
  readonly notes: readonly string[];
}

interface Fitted {
  readonly models: readonly RepeatModel[];
  readonly spend: SpendModel | null;
}

export function fitClv(buyers: SpendingBuyers, names: readonly RepeatModelName[]): FittedClv {
  return described(buyers, fit(buyers, names));
}

export function evaluateClv(
  history: PurchaseHistory,
  names: readonly RepeatModelName[],
  seed: number,
): ClvEvaluation {
  const { buyers, later, fitTo, lastDay, notes } = history;
  const fitted = fit(buyers, names);
  const answers = [...modelAnswers(history, fitted), ...naiveAnswers(history)];
  return {
    ...described(buyers, fitted),
    fitTo,
    lastDay,
    horizon: later.horizon,
    laterPurchases: sum(later.purchases),
    laterSpend: sum(later.spend),
    foresight: answers.map((answer) => judge(history, answer, seed)),
    notes,
  };
}

function fit(buyers: SpendingBuyers, names: readonly RepeatModelName[]): Fitted {
  const models = names.map((name) => fitRepeatBuying(name, buyers));
  const { repeats, meanSpend } = buyers;
  return { models, spend: meanSpend === null ? null : fitGammaGamma(repeats, meanSpend) };
}

function described({ repeats, meanSpend }: SpendingBuyers, { models, spend }: Fitted): FittedClv {
  return {
    customers: repeats.length,
    repeatCustomers: repeats.filter((x) => x > 0).length,
    models: models.map(({ name, parameters, logLikelihood }) => ({ name, parameters, logLikelihood })),
    spend:
      spend === null || meanSpend === null
        ? null
        : {
            parameters: spend.parameters,
            logLikelihood: spend.logLikelihood,
            correlation: spendCorrelation(repeats, meanSpend),
          },
  };
}

/** Predictions by customer (n). */
interface Predicted {
  readonly name: string;
  readonly purchases: Float64Array;
  readonly spend: Float64Array;
}

function modelAnswers({ buyers, later }: PurchaseHistory, { models, spend }: Fitted): Predicted[] {
  const { repeats, lastAt, observed, meanSpend } = buyers;
  return models.map((model) => {
    const purchases = repeats.map((x, i) =>
      model.expectedPurchases(x, lastAt[i]!, observed[i]!, later.horizon),
    );
    const each = repeats.map((x, i) => spend?.expectedSpend(x, meanSpend[i]!) ?? meanSpend[i]!);
    return { name: model.name, purchases, spend: purchases.map((n, i) => n * each[i]!) };
  });
}

function naiveAnswers({ buyers, later }: PurchaseHistory): Predicted[] {
  const { repeats, observed, meanSpend } = buyers;
  const typical = sum(repeats.map((x, i) => x * meanSpend[i]!)) / sum(repeats);
  const asBefore = repeats.map((x, i) => (observed[i] === 0 ? 0 : (x / observed[i]!) * later.horizon));
  const average = (sum(repeats) / sum(observed)) * later.horizon;
  const same = new Float64Array(repeats.length).fill(average);
  return [
    { name: 'goes on as before', purchases: asBefore, spend: asBefore.map((n, i) => n * meanSpend[i]!) },
    { name: 'as the average', purchases: same, spend: same.map((n) => n * typical) },
  ];
}

function judge({ later }: PurchaseHistory, predicted: Predicted, seed: number): Foresight {
  const { name, purchases, spend } = predicted;
  // Equal predictions stay in the order of the customers, which says nothing about what they spend.
  const order = Int32Array.from(purchases.keys()).sort((i, j) => spend[j]! - spend[i]! || i - j);
  const columns = [
    ...momentsOf(purchases, later.purchases),
    spend,
    later.spend,
    spend.map((value, i) => Math.abs(value - later.spend[i]!)),
  ];
  const measure = (counts: Int32Array): ForesightScores => {
    const [a, b, error, aa, bb, ab, paid, laterPaid, paidError] = sums(columns, counts);
    const n = sum(counts);
    return {
      purchasesBias: a! / b! - 1,
      purchasesMae: error! / n,
      purchasesCorrelation: correlation([n, a!, b!, aa!, bb!, ab!]),
      spendBias: paid! / laterPaid! - 1,
      spendMae: paidError! / n,
      topTenthShare: spendOfFirst(n / 10, order, later.spend, counts) / laterPaid!,
    };
  };
  const rows = purchases.length;
  const interval = bootstrap({ y: new Uint8Array(rows) }, measure, {
    ...bootstrapDefaults,
    draw: 'rows',
    seed,
  });
  return { name, scores: measure(new Int32Array(rows).fill(1)), interval };
}

/** By customer: both values, their difference, squares and product. */
function momentsOf(a: Float64Array, b: Float64Array): Float64Array[] {
  return [
    a,
    b,
    a.map((value, i) => Math.abs(value - b[i]!)),
    a.map((value) => value * value),
    b.map((value) => value * value),
    a.map((value, i) => value * b[i]!),
  ];
}

/** The sum of each column (n), rows counted as often as they were drawn. */
function sums(columns: readonly Float64Array[], counts: Int32Array): number[] {
  return columns.map((column) => {
    let all = 0;
    for (let i = 0; i < counts.length; i++) all += counts[i]! * column[i]!;
    return all;
  });
}

function sum(values: Float64Array | Int32Array): number {
  let all = 0;
  for (let i = 0; i < values.length; i++) all += values[i]!;
  return all;
}

/** Pearson's, from a count and the sums of both values, their squares and products; 0 for a constant. */
function correlation([n, a, b, aa, bb, ab]: [number, number, number, number, number, number]): number {
  const [spreadA, spreadB] = [n * aa - a * a, n * bb - b * b];
  const isConstant = spreadA <= 1e-12 * n * aa || spreadB <= 1e-12 * n * bb;
  return isConstant ? 0 : (n * ab - a * b) / Math.sqrt(spreadA * spreadB);
}

function spendOfFirst(places: number, order: Int32Array, spend: Float64Array, counts: Int32Array): number {
  let taken = 0;
  let all = 0;
  for (let k = 0; k < order.length && taken < places; k++) {
    const i = order[k]!;
    const copies = Math.min(counts[i]!, places - taken);
    taken += copies;
    all += copies * spend[i]!;
  }
  return all;
}
