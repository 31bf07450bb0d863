/**
 * The double's checkout: a script that defines `Razorpay` as Standard Checkout does, the payer's page, and the bank's page with
 * its Success and Failure buttons. The answer goes to the opener's handler, or as a form to `callback_url`. Of a card number only
 * network and last digits leave the request.
 */
import { linkCallback } from './link-callback.js';
import { document, escape, hidden } from './page.js';
import { payOrder, readyVerdict } from './pay.js';
import type { CheckoutSuccess, PayerAttempt } from './pay.js';
import { known } from './refuse.js';
import type { Instrument, WirePayment } from './wire.js';
import type { Verdict } from './verdicts.js';
import type { World } from './world.js';

/** In the page of the merchant. Cross-window messages are taken from the double's origin only. */
export const CHECKOUT_SCRIPT = `(() => {
  const origin = new URL(document.currentScript.src).origin;
  window.Razorpay = function Razorpay(options) {
    const listeners = {};
    let frame = null;
    this.on = (name, listener) => { (listeners[name] ??= []).push(listener); return this; };
    this.close = () => { frame?.remove(); frame = null; window.removeEventListener('message', receive); };
    const receive = ({ origin: from, data }) => {
      if (from !== origin || !frame) return;
      if (data.failed) { (listeners['payment.failed'] ?? []).forEach((listener) => listener({ error: data.failed })); return; }
      this.close();
      if (data.dismissed) { options.modal?.ondismiss?.(); return; }
      if (!options.callback_url) { options.handler?.(data.success); return; }
      const form = Object.assign(document.createElement('form'), { method: 'POST', action: options.callback_url });
      for (const [name, value] of Object.entries(data.success)) {
        form.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }));
      }
      document.body.append(form);
      form.submit();
    };
    this.open = () => {
      const page = new URL('/double/checkout', origin);
      page.searchParams.set('order_id', options.order_id ?? '');
      page.searchParams.set('framed', '1');
      for (const name of ['email', 'contact']) page.searchParams.set(name, options.prefill?.[name] ?? '');
      page.searchParams.set('customer_id', options.customer_id ?? '');
      page.searchParams.set('remember', options.remember_customer ? '1' : '');
      frame = Object.assign(document.createElement('iframe'), { src: page.href, title: 'Payment' });
      frame.style.cssText = 'position:fixed;inset:0;width:100%;height:100%;border:0;z-index:2147483647;background:#fff';
      document.body.append(frame);
      window.addEventListener('message', receive);
    };
  };
})();
`;

/** Carried from page to page. */
const CARRIED = ['order_id', 'framed', 'email', 'contact', 'customer_id', 'remember'];

export function payerPage(world: World, fields: URLSearchParams): string {
  const order = known(world.orders, fields.get('order_id'));
  if (order.status === 'paid') return document('Paid', '<p>This order is paid.</p>');
  const carried = hidden(fields, CARRIED);
  const form = (method: string, input: string): string =>
    `<form method="post" action="/double/checkout">${carried}<input type="hidden" name="method" value="${method}">${input}<button>Pay</button></form>`;
  return document(
    `Pay ${(order.amount_due / 100).toFixed(2)} ${order.currency}`,
    form('upi', '<label>UPI id <input name="vpa" value="success@razorpay" required></label>') +
      form(
        'card',
        '<label>Card number <input name="number" inputmode="numeric" autocomplete="off" required></label>',
      ) +
      form(
        'netbanking',
        '<label>Bank <select name="bank"><option>HDFC<option>ICIC<option>SBIN</select></label>',
      ) +
      form('wallet', '<label>Wallet <select name="wallet"><option>paytm<option>phonepe</select></label>') +
      (order.token?.method === 'emandate'
        ? form('emandate', '<input type="hidden" name="bank" value="HDFC">')
        : '') +
      '<button onclick="parent.postMessage({ dismissed: true }, \'*\')">Cancel</button>',
  );
}

/** The payer's choice: the bank's page, or the result. */
export function payerChoice(world: World, fields: URLSearchParams): string {
  const attempt = payerAttempt(fields);
  const chosen = bankChoice(fields);
  const verdict = chosen ?? readyVerdict(world, attempt);
  if (verdict === null) return bankPage(fields, attempt);
  const { payment, answer } = payOrder(world, attempt, verdict);
  return resultPage(world, payment, answer, fields);
}

function bankChoice(fields: URLSearchParams): Verdict | null {
  const reason = fields.get('reason');
  switch (fields.get('outcome')) {
    case 'success':
      return { outcome: 'success' };
    case 'failure':
      return { outcome: 'failure', ...(reason === null || reason === '' ? {} : { reason }) };
    default:
      return null;
  }
}

function payerAttempt(fields: URLSearchParams): PayerAttempt {
  const text = (name: string): string | undefined => fields.get(name) ?? undefined;
  const digits = (text('number') ?? '').replace(/\D/g, '');
  const last5 = text('last5') ?? (digits === '' ? undefined : digits.slice(-5));
  const network = text('network') ?? cardNetwork(digits);
  const method = text('method') ?? 'upi';
  const instrument: Instrument = {
    method,
    vpa: text('vpa'),
    bank: text('bank'),
    wallet: text('wallet'),
    card:
      method === 'card'
        ? { last4: (last5 ?? '').slice(-4), network, type: 'debit', issuer: 'HDFC' }
        : undefined,
  };
  const customerId = fields.get('customer_id') ?? '';
  return {
    orderId: fields.get('order_id') ?? '',
    instrument,
    email: fields.get('email') || 'payer@example.com',
    contact: fields.get('contact') || '+919000000000',
    isRemembered: fields.get('remember') === '1',
    ...(customerId === '' ? {} : { customerId }),
    ...(last5 === undefined ? {} : { last5 }),
  };
}

function cardNetwork(digits: string): string {
  return digits.startsWith('4') ? 'Visa' : digits.startsWith('5') ? 'MasterCard' : 'RuPay';
}

const REASONS = [
  'payment_failed',
  'insufficient_funds',
  'incorrect_otp',
  'card_expired',
  'bank_technical_error',
];

function bankPage(fields: URLSearchParams, { instrument, last5 }: PayerAttempt): string {
  const carried = hidden(fields, [...CARRIED, 'method', 'vpa', 'bank', 'wallet']);
  const card =
    last5 === undefined
      ? ''
      : `<input type="hidden" name="last5" value="${escape(last5)}"><input type="hidden" name="network" value="${escape(instrument.card?.network ?? '')}">`;
  const reasons = REASONS.map((reason) => `<option>${reason}`).join('');
  return document(
    'Your bank',
    `<form method="post" action="/double/checkout">${carried}${card}<p>Let this payment</p>
<button name="outcome" value="success">Success</button>
<button name="outcome" value="failure">Failure</button> <label>because of <select name="reason">${reasons}</select></label></form>`,
  );
}

function resultPage(
  world: World,
  payment: WirePayment,
  answer: CheckoutSuccess | null,
  fields: URLSearchParams,
): string {
  const link = world.links.get(world.plans.get(payment.order_id)?.linkId ?? '');
  const callback = answer !== null && link !== undefined ? linkCallback(world, link, payment) : null;
  const message = answer === null ? { failed: failedEvent(payment) } : { success: answer };
  const again = `/double/checkout?${new URLSearchParams([...fields].filter(([name]) => CARRIED.includes(name))).toString()}`;
  return document(
    answer === null ? 'Payment failed' : 'Payment successful',
    `<p>${escape(payment.id)}: ${payment.status}</p>` +
      (answer === null ? `<a href="${escape(again)}">Try again</a>` : '') +
      (callback === null ? '' : `<a href="${escape(callback)}">Back to the merchant</a>`) +
      `<script>parent.postMessage(${JSON.stringify(message).replaceAll('<', '\\u003c')}, '*')</script>`,
  );
}

/** What `payment.failed` gives in the browser. */
function failedEvent(payment: WirePayment): object {
  return {
    code: payment.error_code,
    description: payment.error_description,
    source: payment.error_source,
    step: payment.error_step,
    reason: payment.error_reason,
    metadata: { payment_id: payment.id, order_id: payment.order_id },
  };
}
