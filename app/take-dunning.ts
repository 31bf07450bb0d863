/**
 * One turn of dunning's steps in a running server: who has paid is cleared, then what is due is asked of the gate and taken. A link is a
 * payment of its own by the debt's key, so the same debt has the same link however often it is named.
 */
import type { Pool } from 'pg';
import { takeSteps } from '../billing/dunning/act.js';
import type { PayLink } from '../billing/dunning/act.js';
import { relievePaid } from '../billing/dunning/relieve.js';
import { createPayment } from '../billing/payments/create.js';
import type { Clock } from '../core/clock.js';
import type { Log } from '../core/log.js';
import type { Gateway } from '../core/ports/gateway.js';
import type { Decide } from '../scoring/decide.js';

interface DunningDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  readonly decide: Decide;
  /** Null: messages go without a link. */
  readonly gateway: Gateway | null;
}

/** Answers how many payers were cleared and steps dealt with. */
export async function takeDunning({ gateway, ...deps }: DunningDeps): Promise<number> {
  const cleared = await relievePaid(deps.pool, deps.clock.now());
  const linkTo = gateway && ((debt: PayLink) => linkFor({ ...deps, gateway }, debt));
  return cleared + (await takeSteps({ ...deps, linkTo }));
}

async function linkFor(
  deps: Omit<DunningDeps, 'gateway'> & { readonly gateway: Gateway },
  { payerId, invoiceId, owedPaise, currency }: PayLink,
): Promise<string | null> {
  const body = {
    payerId,
    currency,
    amountPaise: Number(owedPaise),
    reference: invoiceId,
    collect: 'link',
  } as const;
  const { linkUrl } = await createPayment(deps, body, `dunning:${invoiceId}:${owedPaise}`);
  return linkUrl;
}
