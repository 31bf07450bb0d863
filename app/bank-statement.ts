/**
 * A bank statement as CSV, read into credits. Which column is what is told by name; days may be written 2026-06-03, 03/06/2026 or
 * 03-06-2026, amounts 1,23,456.78. Lines without an amount to our credit are debits and are left out; anything else that
 * cannot be read stops the import with its line, before anything is stored.
 */
import type { BankCredit } from '../billing/reconciliation/credits.js';
import { openDuckdb } from '../core/duckdb.js';
import { AppError } from '../core/errors.js';

export interface StatementColumns {
  readonly day: string;
  readonly amount: string;
  readonly narration: string;
  readonly utr: string;
  readonly reference: string;
}

/** These need not be there. */
const OPTIONAL: readonly (keyof StatementColumns)[] = ['narration', 'utr', 'reference'];

type Line = Readonly<Record<string, string | null>>;

/** @throws AppError `bad-input` that names the column or the line. */
export async function readStatement(file: string, columns: StatementColumns): Promise<BankCredit[]> {
  const db = await openDuckdb(':memory:', { threads: 1 });
  try {
    const lines = await db
      .rows<Line>('SELECT * FROM read_csv($1, header = true, all_varchar = true)', [file])
      .catch((cause: unknown) => {
        throw unreadable(`${file} cannot be read as CSV with a header: check the path and the file`, cause);
      });
    requireColumns(file, lines[0], columns);
    return lines.flatMap((line, index) => toCredit(line, columns, `${file}, record ${index + 1}`) ?? []);
  } finally {
    db.close();
  }
}

function requireColumns(file: string, line: Line | undefined, columns: StatementColumns): void {
  if (line === undefined) return;
  for (const [meaning, name] of Object.entries(columns) as [keyof StatementColumns, string][]) {
    if (!(name in line) && !OPTIONAL.includes(meaning))
      throw unreadable(
        `${file} has no column ${name}: name it with --${meaning}; it has ${Object.keys(line).join(', ')}`,
      );
  }
}

function toCredit(line: Line, columns: StatementColumns, at: string): BankCredit | null {
  const field = (name: keyof StatementColumns): string => (line[columns[name]] ?? '').trim();
  const amountPaise = readPaise(field('amount'), at);
  if (amountPaise <= 0n) return null;
  return {
    reference: field('reference') || null,
    creditedOn: readDay(field('day'), at),
    amountPaise,
    currency: 'INR',
    utr: field('utr') || null,
    narration: field('narration'),
  };
}

function readPaise(text: string, at: string): bigint {
  if (text === '') return 0n;
  const [, sign = '', rupees, paise = ''] = /^(-?)(?:₹\s*)?([\d,]+)(?:\.(\d{1,2}))?$/.exec(text) ?? [];
  if (rupees === undefined) throw unreadable(`${at}: the amount is not rupees and paise such as 1,23,456.78`);
  return BigInt(`${sign}${rupees.replaceAll(',', '')}${paise.padEnd(2, '0')}`);
}

function readDay(text: string, at: string): string {
  const day = text.replace(/^(\d{2})[/-](\d{2})[/-](\d{4})$/, '$3-$2-$1');
  const instant = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : NaN;
  // 31 June would roll over into July.
  if (Number.isNaN(instant) || new Date(instant).toISOString().slice(0, 10) !== day)
    throw unreadable(`${at}: the day is not a date such as 2026-06-03 or 03/06/2026`);
  return day;
}

function unreadable(message: string, cause?: unknown): AppError {
  return new AppError('bad-input', 'statement-unreadable', message, { cause });
}
