/**
 * The page on which a payer pays: our own HTML, no inline script, and the gateway's checkout script. Its policy names the one origin
 * that the script comes from; what the page knows is in its attributes. Where an additional factor is required, ways to pay
 * without one are not offered (razorpay.com/docs/payments/payment-gateway/web-integration/standard).
 */
import { formatMoney } from '../../core/money.js';
import type { Gateway } from '../../core/ports/gateway.js';
import { AUTHORISATION } from '../mandates/registration.js';
import type { PaymentView } from '../payments/payment.js';

export interface PayPage {
  readonly html: string;
  /** Content-Security-Policy. */
  readonly policy: string;
}

export const PAY_SCRIPT_PATH = '/pay/checkout.js';

export function payPage(payment: PaymentView, checkout: Gateway['checkout']): PayPage {
  const { paymentId, status, amountPaise, currency, description, orderId, authentication } = payment;
  const isMandate = payment.purpose === AUTHORISATION.purpose;
  // Saved instruments may pay without a second factor; a mandate belongs to a customer and is always approved with one.
  const customer = authentication === 'required' && !isMandate ? null : payment.customerId;
  const amount = formatMoney(BigInt(amountPaise), currency);
  const isOpen = orderId !== null && (status === 'created' || status === 'attempted');
  const attributes = {
    payment: paymentId,
    key: checkout.keyId,
    order: orderId ?? '',
    amount: String(amountPaise),
    currency,
    description: description ?? '',
    authentication,
    customer: customer ?? '',
    mandate: isMandate ? 'yes' : '',
  };
  const written = Object.entries(attributes)
    .map(([name, value]) => `data-${name}="${escape(value)}"`)
    .join(' ');
  const scripts = `<script src="${escape(checkout.scriptUrl)}"></script><script src="${PAY_SCRIPT_PATH}" defer></script>`;
  const action = isOpen
    ? `<button id="pay" ${written}>Pay ${escape(amount)}</button>${scripts}<noscript><p>Paying needs JavaScript.</p></noscript>`
    : '';
  return {
    html: `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Pay ${escape(amount)}</title></head><body><main><h1>${escape(amount)}</h1>
<p>${escape(description ?? '')}</p><p id="status" role="status">${escape(STATUS_TEXT[status])}</p>${action}</main></body></html>`,
    policy: policyFor(new URL(checkout.scriptUrl).origin),
  };
}

const STATUS_TEXT: Readonly<Record<PaymentView['status'], string>> = {
  created: '',
  attempted: 'The last try did not go through. You have not been charged.',
  authorized: 'Your payment has arrived and is being confirmed.',
  paid: 'Paid. Thank you.',
  refunded: 'This payment went back to you.',
  cancelled: 'This payment is no longer wanted. Please do not pay.',
};

/** Checkout opens a frame of its own origin and styles what it adds; Razorpay's frame is its API's. */
function policyFor(origin: string): string {
  const gateway = origin === 'https://checkout.razorpay.com' ? `${origin} https://api.razorpay.com` : origin;
  return [
    "default-src 'none'",
    `script-src 'self' ${origin}`,
    `frame-src ${gateway}`,
    `connect-src 'self' ${gateway}`,
    "img-src 'self' data: https:",
    "style-src 'unsafe-inline'",
    `form-action ${gateway}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/**
 * Wallets and pay-later debit without an additional factor. A new mandate on UPI is approved in the payer's own app, opened or by a
 * code: asking for a UPI id is closed for them (India rules U9).
 */
export const PAY_SCRIPT = `'use strict';
const button = document.getElementById('pay');
const say = (text) => { document.getElementById('status').textContent = text; };
const inOwnApp = {
  blocks: { upi: { name: 'UPI', instruments: [{ method: 'upi', flows: ['intent', 'qr'] }] } },
  sequence: ['block.upi', 'card', 'emandate'],
  preferences: { show_default_blocks: false },
};
button?.addEventListener('click', () => {
  const { payment, key, order, amount, currency, description, authentication, customer, mandate } = button.dataset;
  const hide = authentication === 'required' ? [{ method: 'wallet' }, { method: 'paylater' }] : [];
  const checkout = new Razorpay({
    key, order_id: order, amount: Number(amount), currency, name: document.title, description,
    ...(customer && !mandate ? { customer_id: customer, remember_customer: true } : {}),
    ...(mandate ? { customer_id: customer, recurring: '1' } : {}),
    config: { display: { hide, ...(mandate ? inOwnApp : {}) } },
    modal: { ondismiss: () => say('Not paid yet.') },
    handler: async (answer) => {
      button.disabled = true;
      say('Confirming your payment.');
      const reply = await fetch('/pay/' + payment, {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(answer),
      });
      if (!reply.ok) { say('Your payment is being confirmed. Please do not pay again.'); return; }
      location.reload();
    },
  });
  checkout.on('payment.failed', ({ error }) => say(error.description));
  checkout.open();
});
`;

function escape(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}
