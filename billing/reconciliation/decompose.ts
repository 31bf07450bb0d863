/**
 * Whether a difference is, to the paisa, the sum of refunds and chargebacks that are known to have been taken out of a payment, or
 * else rounding. Nothing is guessed: when two explanations would book differently there is none.
 */
export interface Claim {
  /** Of the refund or the dispute. */
  readonly id: string;
  readonly kind: 'refund' | 'chargeback';
  readonly amountPaise: bigint;
  /** The ledger has it already. */
  readonly isBooked: boolean;
}

export interface Explanation {
  readonly claims: readonly Claim[];
  readonly roundingPaise: bigint;
}

/** Every subset of so many is looked at; a payment with more is for a person. */
const MAX_CLAIMS = 10;

/** @param restPaise what fee and tax have left over. */
export function decompose(
  restPaise: bigint,
  claims: readonly Claim[],
  roundingPaise: bigint,
): Explanation | null {
  if (restPaise === 0n) return { claims: [], roundingPaise: 0n };
  const sums = claims.length > MAX_CLAIMS ? [] : subsets(claims).filter((some) => sum(some) === restPaise);
  const [first] = sums;
  if (first !== undefined) {
    const isClear = sums.every((some) => effect(some) === effect(first));
    return isClear ? { claims: first, roundingPaise: 0n } : null;
  }
  const size = restPaise < 0n ? -restPaise : restPaise;
  return size <= roundingPaise ? { claims: [], roundingPaise: restPaise } : null;
}

function subsets(claims: readonly Claim[]): (readonly Claim[])[] {
  const all: (readonly Claim[])[] = [[]];
  for (const claim of claims) all.push(...all.map((some) => [...some, claim]));
  return all.slice(1);
}

function sum(claims: readonly Claim[]): bigint {
  return claims.reduce((total, { amountPaise }) => total + amountPaise, 0n);
}

/** What booking these would do to the ledger. */
function effect(claims: readonly Claim[]): string {
  const unbooked = (kind: Claim['kind']): bigint =>
    sum(claims.filter((claim) => claim.kind === kind && !claim.isBooked));
  return `${unbooked('refund')} ${unbooked('chargeback')}`;
}
