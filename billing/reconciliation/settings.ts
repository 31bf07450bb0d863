/** What reconciliation may do by itself and how long it waits for the others, with the reason for each number. */
export interface ReconciliationSettings {
  readonly roundingPaise: bigint;
  readonly maxFeeBasisPoints: bigint;
  readonly gstPercent: bigint;
  readonly reReadDays: number;
  readonly compareDays: number;
  readonly settledWithinDays: number;
  readonly creditedWithinDays: number;
  readonly gatewayName: string;
}

export const RECONCILIATION: ReconciliationSettings = {
  // Fee and tax are each rounded once; more than that is not rounding.
  roundingPaise: 2n,
  // The dearest listed method is 3 % and its GST, 3.54 %: a fee above this is for a person to look at.
  maxFeeBasisPoints: 500n,
  // GST on the gateway's services.
  gstPercent: 18n,
  // Rows come late over a weekend with bank holidays, not later.
  reReadDays: 7,
  // Webhooks are sent again for up to 15 days and disputes are raised within weeks: the books may still move.
  compareDays: 45,
  // Two working days, and the longest row of bank holidays with its weekend.
  settledWithinDays: 7,
  // Hours by the gateway's word; a statement may be a weekend behind.
  creditedWithinDays: 3,
  // Bank credits that name the gateway must belong to a settlement; others are none of its business.
  gatewayName: 'razorpay',
};
