/**
 * Makes invoices, whole or not at all, in the caller's transaction: lines, tax, credit and the ledger's entry. The same again (a period
 * of a subscription, or a cause) is the first one, by unique indexes. Many are as few statements as one. Locks: the
 * subscriptions by id, then the ledger's end.
 */
import type { PoolClient } from 'pg';
import { dayOf, formatDay } from '../../core/days.js';
import { assert } from '../../core/errors.js';
import { newId } from '../../core/ids.js';
import { jsonRows } from '../../core/json-rows.js';
import { entryOf } from '../ledger/templates.js';
import type { Entry } from '../ledger/templates.js';
import { publishEvents } from '../notices/publish.js';
import type { NewEvent } from '../notices/publish.js';
import { compose } from './draft.js';
import type { Composed, InvoiceDraft } from './draft.js';
import { issuedEvents } from './tell.js';

export interface IssuedInvoice {
  readonly invoiceId: string;
  /** To be paid, in minor units; 0 is paid at once. */
  readonly totalPaise: bigint;
  /** False: it was there. */
  readonly isNew: boolean;
}

interface Issued {
  /** In the order of the drafts. */
  readonly invoices: readonly IssuedInvoice[];
  /** For `postEntries`, last in the transaction. */
  readonly entries: readonly Entry[];
}

/**
 * The caller posts the entries, in the same transaction. Drafts of one subscription use its credit in their order.
 * @throws AppError when a line's tax class is unknown or its sum impossible (draft.ts): nothing may be committed.
 */
export async function issueInvoices(
  client: PoolClient,
  drafts: readonly InvoiceDraft[],
  now: number,
): Promise<Issued> {
  const credits = await lockCredits(client, drafts);
  const before = new Map(credits);
  const known = await findIssued(client, drafts);
  const made = new Map<string, Made>();
  for (const draft of drafts) {
    const name = nameOf(draft);
    if (name !== null && (known.has(name) || made.has(name))) continue;
    const id = draft.subscriptionId ?? '';
    const composed = compose(draft, credits.get(id) ?? 0n, dayOf(now));
    if (draft.subscriptionId !== null) credits.set(id, (credits.get(id) ?? 0n) - composed.creditPaise);
    const invoiceId = newId('inv', { now: () => now });
    made.set(name ?? invoiceId, { ...composed, draft, invoiceId });
  }
  const fresh = await insertInvoices(client, [...made.values()], now);
  await insertLines(client, fresh);
  await writeCredits(client, before, credits);
  await publishEvents(client, fresh.flatMap(toEvents), now);
  // A twin without a subscription, which no lock holds back, may have been faster.
  const raced = fresh.length < made.size ? await findIssued(client, drafts) : known;
  const isFresh = new Set(fresh.map(({ invoiceId }) => invoiceId));
  const unnamed = [...made].filter(([name, { invoiceId }]) => name === invoiceId).map(([, one]) => one);
  const invoices = drafts.map((draft) => {
    const name = nameOf(draft);
    const one = name === null ? unnamed.find((other) => other.draft === draft) : made.get(name);
    if (one !== undefined && isFresh.has(one.invoiceId))
      return { invoiceId: one.invoiceId, totalPaise: one.totalPaise, isNew: one.draft === draft };
    const first = raced.get(name ?? '');
    assert(first !== undefined, 'an invoice that was not made was there');
    return { ...first, isNew: false };
  });
  return { invoices, entries: fresh.flatMap((one) => entriesOf(one, now)) };
}

interface Made extends Composed {
  readonly draft: InvoiceDraft;
  readonly invoiceId: string;
}

/** What may be invoiced once; null: as often as asked. */
function nameOf({ kind, subscriptionId, payerId, period, cause }: InvoiceDraft): string | null {
  if (cause !== null) return `cause ${subscriptionId ?? payerId} ${cause}`;
  if (kind !== 'recurring') return null;
  assert(subscriptionId !== null && period !== null, 'a recurring invoice is of a subscription and a period');
  return `period ${subscriptionId} ${formatDay(period.startDay)}`;
}

async function lockCredits(
  client: PoolClient,
  drafts: readonly InvoiceDraft[],
): Promise<Map<string, bigint>> {
  const ids = [...new Set(drafts.flatMap(({ subscriptionId }) => subscriptionId ?? []))];
  if (ids.length === 0) return new Map();
  const { rows } = await client.query<{ subscription_id: string; credit_paise: bigint }>(
    `SELECT subscription_id, credit_paise FROM subscriptions WHERE subscription_id = ANY($1)
     ORDER BY subscription_id FOR UPDATE`,
    [ids],
  );
  return new Map(rows.map((row) => [row.subscription_id, row.credit_paise]));
}

interface Named {
  name: string;
  invoice_id: string;
  total_paise: bigint;
}

async function findIssued(
  client: PoolClient,
  drafts: readonly InvoiceDraft[],
): Promise<Map<string, Omit<IssuedInvoice, 'isNew'>>> {
  const { rows } = await client.query<Named>(
    `SELECT 'period ' || i.subscription_id || ' ' || i.period_start_on AS name, i.invoice_id, i.total_paise
     FROM unnest($1::text[], $2::date[]) AS asked (subscription_id, period_start_on)
     JOIN invoices i USING (subscription_id, period_start_on) WHERE i.kind = 'recurring' AND i.status <> 'void'
     UNION ALL
     SELECT 'cause ' || owner || ' ' || asked.cause, i.invoice_id, i.total_paise
     FROM unnest($3::text[], $4::text[]) AS asked (owner, cause)
     JOIN invoices i ON coalesce(i.subscription_id, i.payer_id) = owner AND i.cause = asked.cause`,
    [
      ...columns(
        drafts
          .filter(({ kind, cause }) => kind === 'recurring' && cause === null)
          .map(({ subscriptionId, period }) => [subscriptionId, formatDay(period?.startDay ?? 0)]),
      ),
      ...columns(
        drafts
          .filter(({ cause }) => cause !== null)
          .map(({ subscriptionId, payerId, cause }) => [subscriptionId ?? payerId, cause]),
      ),
    ],
  );
  return new Map(rows.map((row) => [row.name, { invoiceId: row.invoice_id, totalPaise: row.total_paise }]));
}

function columns(pairs: readonly (readonly [string | null, string | null])[]): [unknown[], unknown[]] {
  return [pairs.map(([first]) => first), pairs.map(([, second]) => second)];
}

/** Answers those that were not there. */
async function insertInvoices(client: PoolClient, made: readonly Made[], now: number): Promise<Made[]> {
  if (made.length === 0) return [];
  const { rows } = await client.query<{ invoice_id: string }>({
    name: 'insert-invoices',
    text: `INSERT INTO invoices (invoice_id, payer_id, counterparty_id, subscription_id, kind, period, period_start_on,
         period_end_on, cause, status, currency, total_paise, net_paise, tax_paise, round_off_paise, credit_paise, issued_at,
         due_at, paid_at, changed_at)
       SELECT invoice_id, payer_id, counterparty_id, subscription_id, kind, period, period_start_on, period_end_on, cause,
         CASE total_paise WHEN 0 THEN 'paid' ELSE 'open' END, currency, total_paise, net_paise, tax_paise, round_off_paise,
         credit_paise, issued, to_timestamp(due / 1000.0), CASE total_paise WHEN 0 THEN issued END, issued
       FROM json_to_recordset($1) AS row(invoice_id text, payer_id text, counterparty_id text, subscription_id text,
         kind text, period integer, period_start_on date, period_end_on date, cause text, currency text,
         total_paise bigint, net_paise bigint, tax_paise bigint, round_off_paise bigint, credit_paise bigint, due float8),
         to_timestamp($2 / 1000.0) AS issued
       ON CONFLICT DO NOTHING RETURNING invoice_id`,
    values: [jsonRows(made.map(toRow)), now],
  });
  const inserted = new Set(rows.map(({ invoice_id }) => invoice_id));
  return made.filter(({ invoiceId }) => inserted.has(invoiceId));
}

function toRow({ draft, ...made }: Made): object {
  return {
    invoice_id: made.invoiceId,
    payer_id: draft.payerId,
    counterparty_id: draft.counterpartyId,
    subscription_id: draft.subscriptionId,
    kind: draft.kind,
    period: draft.period?.number ?? null,
    period_start_on: draft.period && formatDay(draft.period.startDay),
    period_end_on: draft.period && formatDay(draft.period.endDay),
    cause: draft.cause,
    currency: draft.currency,
    total_paise: made.totalPaise,
    net_paise: made.netPaise,
    tax_paise: made.taxPaise,
    round_off_paise: made.roundOffPaise,
    credit_paise: made.creditPaise,
    due: draft.dueAt,
  };
}

async function insertLines(client: PoolClient, made: readonly Made[]): Promise<void> {
  const rows = made.flatMap(({ invoiceId, lines }) =>
    lines.map((line, i) => ({
      invoice_id: invoiceId,
      line: i + 1,
      kind: line.kind,
      description: line.description,
      quantity: line.quantity,
      unit_paise: line.unitPaise,
      amount_paise: line.amountPaise,
      tax_class: line.taxClass,
      tax_rate: line.taxRate,
      tax_paise: line.taxPaise,
      from_on: line.fromDay === null ? null : formatDay(line.fromDay),
      to_on: line.toDay === null ? null : formatDay(line.toDay),
    })),
  );
  if (rows.length === 0) return;
  await client.query({
    name: 'insert-invoice-lines',
    text: `INSERT INTO invoice_lines SELECT * FROM json_to_recordset($1) AS row(invoice_id text, line integer, kind text,
      description text, quantity integer, unit_paise bigint, amount_paise bigint, tax_class text, tax_rate integer,
      tax_paise bigint, from_on date, to_on date)`,
    values: [jsonRows(rows)],
  });
}

async function writeCredits(
  client: PoolClient,
  before: ReadonlyMap<string, bigint>,
  after: ReadonlyMap<string, bigint>,
): Promise<void> {
  const changed = [...after].filter(([id, credit]) => credit !== before.get(id));
  if (changed.length === 0) return;
  await client.query(
    `UPDATE subscriptions s SET credit_paise = c.credit FROM unnest($1::text[], $2::bigint[]) AS c (id, credit)
     WHERE s.subscription_id = c.id`,
    columns(changed.map(([id, credit]) => [id, credit.toString()])),
  );
}

function toEvents({ invoiceId, totalPaise, draft }: Made): NewEvent[] {
  const { payerId, subscriptionId, kind, currency, dueAt } = draft;
  return issuedEvents({ invoiceId, payerId, subscriptionId, kind, currency, totalPaise }, dueAt);
}

/** An invoice that moves no money at all is not in the books. */
function entriesOf({ invoiceId, draft, ...made }: Made, now: number): Entry[] {
  if (made.netPaise === 0n && made.totalPaise === 0n && made.creditPaise === 0n) return [];
  return [
    entryOf({
      key: `invoice:${invoiceId}`,
      kind: 'invoice-issued',
      occurredAt: now,
      currency: draft.currency,
      party: draft.payerId,
      amounts: {
        total: made.totalPaise,
        credit: made.creditPaise,
        net: made.netPaise,
        tax: made.taxPaise,
        roundOff: made.roundOffPaise,
      },
    }),
  ];
}
