/** Everything that the mechanisms share while the days go by. */
import type { Agenda } from './agenda.js';
import type { Conditions } from './declines.js';
import type { Journal } from './journal.js';
import type { Network } from './network.js';
import type { Outage } from './issuers.js';
import type { Payer } from './payers.js';
import type { School } from './schools.js';
import type { Streams } from './chance.js';
import type { Truth } from './truth.js';

export interface World extends Conditions {
  /** Replaced when live traffic branches off the history. */
  random: Streams;
  outages: Outage[];
  readonly network: Network;
  readonly schools: readonly School[];
  readonly payers: Payer[];
  readonly agenda: Agenda;
  readonly journal: Journal;
  readonly truth: Truth | null;
}

export const CURRENCY = 'INR';
