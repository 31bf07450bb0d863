/**
 * How arrears are dealt with, as data: stages by age, channels, tone, quiet hours, caps, reasons that need patience, what is withheld
 * and when, plans and contacts. A campaign is checked as a whole, gets a number and never changes; every step names the number of its
 * own. Conditions of a stage are all required, and the last stage whose conditions hold is the payer's. Times are Indian.
 */
import Type from 'typebox';
import type { Static } from 'typebox';
import Value from 'typebox/value';
import { AppError } from '../../core/errors.js';

const CHANNELS = ['email', 'sms'] as const;
export type Channel = (typeof CHANNELS)[number];

/** Milder first. */
const TONES = ['friendly', 'firm', 'final'] as const;
export type Tone = (typeof TONES)[number];

const LONGEST_DAYS = 365;
const days = (description: string) => Type.Integer({ minimum: 0, maximum: LONGEST_DAYS, description });
const paise = (description: string) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });
const share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
const tag = Type.String({ pattern: '^[a-z][a-z0-9-]{0,39}$' });
const tags = (description: string) => Type.Array(tag, { maxItems: 20, description });
const CLOSED = { additionalProperties: false } as const;

const Stage = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z][a-z0-9-]{0,39}$' }),
    afterDays: days('Least age of the oldest debt.'),
    leastOwedPaise: Type.Optional(paise('Not for less.')),
    leastInvoices: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    tagsIn: Type.Optional(tags('Only for payers with one of these.')),
    tagsOut: Type.Optional(tags('Not for payers with one of these.')),
    tone: Type.Enum(TONES),
    channels: Type.Array(Type.Enum(CHANNELS), { minItems: 1, maxItems: CHANNELS.length }),
    isListed: Type.Boolean({ description: 'A person should get in touch, where it pays.' }),
  },
  CLOSED,
);
export type Stage = Static<typeof Stage>;

export const Campaign = Type.Object(
  {
    leastOwedPaise: paise('Less than this is not asked for.'),
    stages: Type.Array(Stage, { minItems: 1, maxItems: 20 }),
    quiet: Type.Object(
      {
        fromMinute: Type.Integer({ minimum: 0, maximum: 1439 }),
        untilMinute: Type.Integer({ minimum: 0, maximum: 1439 }),
      },
      {
        ...CLOSED,
        description: 'No message in between, minutes after midnight; over midnight when from > until.',
      },
    ),
    caps: Type.Object(
      {
        perWeek: Type.Integer({
          minimum: 1,
          maximum: 14,
          description: 'Messages to one payer in seven days.',
        }),
        leastHoursBetween: Type.Integer({ minimum: 0, maximum: 168 }),
      },
      CLOSED,
    ),
    patience: Type.Object(
      {
        technicalDays: days('Nothing is said of a fault of bank or network that is no older.'),
        optOutDays: days('A paused or cancelled mandate leads to a friendly word alone for so long.'),
        likelyDays: days('Who pays unasked is not asked for so long.'),
        likelyRecovery: share('Probability from which somebody counts as paying unasked.'),
      },
      CLOSED,
    ),
    gentleChurnProbability: share('From here on the tone stays friendly: losing the payer costs more.'),
    silentTags: tags('Payers with one of these are left to people.'),
    suspension: Type.Object(
      {
        noticeAfterDays: days('Age of a debt at which suspension is announced.'),
        noticeDays: Type.Integer({
          minimum: 1,
          maximum: 60,
          description: 'From the notice to the suspension.',
        }),
        leastOwedPaise: paise('Not for less, for each subscription.'),
        exemptTags: tags('Nothing is withheld from payers with one of these.'),
        blocksSiblings: Type.Boolean({
          description: 'One debt withholds everything of the payer, also what others are for.',
        }),
      },
      CLOSED,
    ),
    plan: Type.Object(
      {
        afterDays: days('Offered from this age on.'),
        leastOwedPaise: paise('Not for less.'),
        leastValuePaise: paise('Lifetime value from which somebody counts as valuable.'),
        mostChurnProbability: share('Not to whom is likely to leave.'),
        parts: Type.Integer({ minimum: 2, maximum: 12 }),
        everyDays: Type.Integer({ minimum: 1, maximum: 60 }),
        openDays: Type.Integer({ minimum: 1, maximum: 60, description: 'How long it may be accepted.' }),
        graceDays: days('How late a part may come.'),
      },
      CLOSED,
    ),
    contact: Type.Object(
      {
        paisePerMinute: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
        minutes: Type.Record(Type.String({ maxLength: 40 }), Type.Number({ minimum: 0.5, maximum: 240 }), {
          description: 'How long it takes by class of the last decline; `other` for the rest.',
        }),
        leastGainRatio: Type.Number({ minimum: 0, maximum: 1000, description: 'Expected gain over cost.' }),
        leastDaysBetween: days('Between two contacts with one payer.'),
      },
      CLOSED,
    ),
  },
  CLOSED,
);
export type Campaign = Static<typeof Campaign>;

/** What stands until somebody adopts another. */
export const BUILT_IN: Campaign = {
  leastOwedPaise: 20_00, // A message costs the payer more attention than this is worth.
  stages: [
    // Two days in which most failed debits succeed again by themselves.
    { name: 'reminder', afterDays: 2, tone: 'friendly', channels: ['email'], isListed: false },
    { name: 'second-reminder', afterDays: 5, tone: 'friendly', channels: ['email', 'sms'], isListed: false },
    { name: 'urgent', afterDays: 10, tone: 'firm', channels: ['email', 'sms'], isListed: true },
    { name: 'collection', afterDays: 21, tone: 'firm', channels: ['email', 'sms'], isListed: true },
    { name: 'last-word', afterDays: 45, tone: 'final', channels: ['email'], isListed: true },
  ],
  quiet: { fromMinute: 21 * 60, untilMinute: 8 * 60 }, // What parents accept, and within what the regulator asks of lenders.
  caps: { perWeek: 3, leastHoursBetween: 20 },
  patience: {
    technicalDays: 4, // Retries after a technical fault are over by then.
    optOutDays: 10, // Pausing a mandate is a right: first a new way to pay, then the ordinary stages.
    likelyDays: 5,
    likelyRecovery: 0.85,
  },
  gentleChurnProbability: 0.4,
  silentTags: ['disputed', 'hardship', 'legal'],
  suspension: {
    noticeAfterDays: 12,
    noticeDays: 4, // Two school days at the least, wherever the weekend falls.
    leastOwedPaise: 100_00,
    exemptTags: ['never-suspend'],
    blocksSiblings: false,
  },
  plan: {
    afterDays: 7,
    leastOwedPaise: 2_000_00,
    leastValuePaise: 10_000_00,
    mostChurnProbability: 0.2,
    parts: 3,
    everyDays: 14,
    openDays: 10,
    graceDays: 3,
  },
  contact: {
    paisePerMinute: 5_00, // A clerk's hour at 300 rupees.
    minutes: { mandate: 9, instrument: 8, limit: 7, risk: 8, other: 5 }, // Helping with a new mandate takes longer than a reminder.
    leastGainRatio: 1,
    leastDaysBetween: 3,
  },
};

/** @throws AppError `bad-campaign` that says what does not fit and how it must be. */
export function checkCampaign(value: unknown): Campaign {
  if (!Value.Check(Campaign, value)) {
    const [fault] = Value.Errors(Campaign, value);
    throw refuse(`${fault?.instancePath ?? ''} ${fault?.message ?? 'does not fit'}`);
  }
  const { stages, quiet, suspension, contact } = value;
  if (new Set(stages.map(({ name }) => name)).size < stages.length)
    throw refuse('stages need different names');
  const isInOrder = stages.every(({ afterDays }, i) => afterDays >= (stages[i - 1]?.afterDays ?? 0));
  if (!isInOrder) throw refuse('stages must be in the order of afterDays');
  if (quiet.fromMinute === quiet.untilMinute) throw refuse('quiet must leave a part of the day');
  if (suspension.noticeAfterDays < (stages[0]?.afterDays ?? 0))
    throw refuse('suspension may not be announced before the first stage');
  if (contact.minutes['other'] === undefined) throw refuse('contact.minutes needs `other`');
  return value;
}

function refuse(what: string): AppError {
  return new AppError('bad-input', 'bad-campaign', `this campaign cannot be adopted: ${what.trim()}`);
}
