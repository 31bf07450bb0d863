/** A merchant's months at the gateway's double: attempts that fail and are tried again, refunds, disputes, settlements. */
import type { GatewayDouble } from '../../adapters/gateway/double/double.js';
import { raiseDispute, resolveDispute } from '../../adapters/gateway/double/settlements.js';
import type { Gateway } from '../../core/ports/gateway.js';
import { seededRandom } from '../../core/random.js';

const INSTRUMENTS = [
  { method: 'upi' },
  { method: 'upi' },
  { method: 'netbanking', bank: 'HDFC' },
  { method: 'netbanking', bank: 'SBIN' },
  { method: 'wallet', wallet: 'mobikwik' },
] as const;
const REASONS = ['insufficient_funds', 'bank_technical_error', 'incorrect_otp', 'payment_timed_out'] as const;
const HOUR_MS = 3_600_000;

interface Played {
  readonly orders: number;
  readonly hoursBetween: number;
}

/** Time passes on the double: `orders` orders, each with up to three attempts. */
export async function playHistory(
  { gateway, double }: { readonly gateway: Gateway; readonly double: GatewayDouble },
  { orders, hoursBetween }: Played,
): Promise<void> {
  const random = seededRandom(7);
  for (let number = 0; number < orders; number++) {
    const created = await gateway.orders.create({
      amountPaise: BigInt(20_000 + random.below(300_000)),
      receipt: `term_${number}`,
    });
    if (created.kind !== 'ok') throw new Error(`the double refused an order: ${created.kind}`);
    const orderId = created.value.id;
    const instrument = INSTRUMENTS[random.below(INSTRUMENTS.length)] ?? INSTRUMENTS[0];
    for (let attempt = 0; attempt < 3; attempt++) {
      const isPaid = random.unit() < 0.7;
      const reason = REASONS[random.below(REASONS.length)] ?? REASONS[0];
      const verdict = isPaid ? { outcome: 'success' as const } : { outcome: 'failure' as const, reason };
      const { payment } = double.pay({ orderId, instrument, verdict });
      await double.advance(60_000);
      if (isPaid) {
        await follow(gateway, double, payment.id, number);
        break;
      }
      if (random.unit() < 0.4) break;
    }
    await double.advance(hoursBetween * HOUR_MS);
  }
}

/** Some are refunded in part, some disputed, of which half are lost. */
async function follow(
  gateway: Gateway,
  double: GatewayDouble,
  paymentId: string,
  number: number,
): Promise<void> {
  const payment = double.world.payments.get(paymentId);
  if (payment === undefined) throw new Error('the double forgot a payment');
  if (number % 9 === 0) {
    const idempotencyKey = `refund_of_${paymentId}`;
    await gateway.refunds.create({ paymentId, amountPaise: 100_00n, idempotencyKey });
  }
  if (number % 23 === 1) {
    const dispute = raiseDispute(double.world, payment, payment.amount, 'goods_not_received');
    if (number % 2 === 0) resolveDispute(double.world, dispute, 'lost');
  }
}
