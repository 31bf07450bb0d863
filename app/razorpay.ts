/** Razorpay itself, for commands that read its history: never the double, whose memory is empty at every start. */
import { createRazorpayGateway } from '../adapters/gateway/razorpay/gateway.js';
import { AppError } from '../core/errors.js';
import type { Gateway } from '../core/ports/gateway.js';
import type { Cli } from './cli-io.js';

export function openRazorpay({ config, log }: Pick<Cli, 'config' | 'log'>): Gateway {
  const { razorpay, paymentGateway } = config();
  if (razorpay === null || paymentGateway !== 'razorpay') {
    const message = 'there is no gateway to read from: set RAZORPAY_KEY_ID and RAZORPAY_KEY_SECRET';
    throw new AppError('bad-input', 'gateway-missing', message);
  }
  const onBreaker = (isOpen: boolean): void => log.warn({ event: 'gateway-breaker', isOpen });
  return createRazorpayGateway({ ...razorpay, doubleUrl: null, onBreaker });
}
