/** Changes of the lists: checked and made canonical, written together, in effect here before they are answered. */
import type { Pool } from 'pg';
import Type from 'typebox';
import type { Static } from 'typebox';
import type { Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { makeChange } from '../changes.js';
import type { LiveRules } from '../live-rules.js';
import { idSchema, instantSchema, invalidField, printable, toInstant } from '../request.js';
import { canonicalValue, LIST_KINDS, LIST_SUBJECTS } from './entry.js';
import { addListChanges } from './store.js';
import type { NewListChange } from './store.js';

const Place = {
  kind: Type.Enum(LIST_KINDS),
  subject: Type.Enum(LIST_SUBJECTS),
  value: idSchema('An id, an address or a range, a domain, 6 to 8 first digits of a card, a country code.'),
};
const MAX_ENTRIES = 1000;
const closed = { additionalProperties: false } as const;

export const NewEntries = Type.Object(
  {
    entries: Type.Array(
      Type.Object(
        {
          ...Place,
          overridable: Type.Optional(
            Type.Boolean({ default: true, description: 'Of a block; false: an allow list cannot undo it.' }),
          ),
          expiresAt: Type.Optional(
            instantSchema('On the list until before this instant; an allow needs one.'),
          ),
          reason: printable(300, 'In plain words, for whoever helps the payer.'),
        },
        closed,
      ),
      { minItems: 1, maxItems: MAX_ENTRIES },
    ),
    actor: idSchema('Who changes the lists.'),
  },
  closed,
);
export type NewEntries = Static<typeof NewEntries>;

export const Removals = Type.Object(
  {
    entries: Type.Array(Type.Object(Place, closed), { minItems: 1, maxItems: MAX_ENTRIES }),
    reason: printable(300, 'Why; kept in the history.'),
    actor: idSchema('Who changes the lists.'),
  },
  closed,
);
export type Removals = Static<typeof Removals>;

interface ListAdminDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly rules: Pick<LiveRules, 'refresh'>;
}

interface Changed {
  /** Of the lists after the change. */
  readonly version: number;
}

/** All entries of a request or none. @throws AppError `bad-input` that names the entry. */
export interface ListAdmin {
  /** An entry for a value that is on the list replaces the one before. */
  add(request: NewEntries, key: string | null): Promise<Changed>;
  /** Removing what is not there is no fault. */
  remove(request: Removals, key: string | null): Promise<Changed>;
}

export function createListAdmin(deps: ListAdminDeps): ListAdmin {
  const write = async (
    changes: readonly NewListChange[],
    { actor, key }: { readonly actor: string; readonly key: string | null },
  ): Promise<Changed> => {
    const answer = await makeChange(
      deps,
      { key, request: ['lists', changes, actor] },
      async (client, at) => ({
        version: await addListChanges(client, changes, { actor, at }),
      }),
    );
    await deps.rules.refresh();
    return answer;
  };
  return {
    add: async ({ entries, actor }, key) =>
      write(
        entries.map((entry, i) => inPlace(i, () => newEntry(entry))),
        { actor, key },
      ),
    remove: async ({ entries, reason, actor }, key) => {
      const changes = entries.map(({ kind, subject, value }, i) =>
        inPlace(i, () => ({
          change: 'remove' as const,
          kind,
          subject,
          value: canonicalValue(subject, value),
          reason,
        })),
      );
      return write(changes, { actor, key });
    },
  };
}

function newEntry(entry: NewEntries['entries'][number]): NewListChange {
  const { kind, subject, overridable, reason } = entry;
  const expiresAt = toInstant(entry.expiresAt, 'expiresAt');
  if (kind === 'allow' && expiresAt === null)
    throw invalidField('expiresAt', 'is required: nobody is let through for ever');
  if (kind === 'allow' && overridable !== undefined)
    throw invalidField('overridable', 'is only for the kind block');
  const value = canonicalValue(subject, entry.value);
  return { change: 'add', kind, subject, value, overridable: overridable ?? true, expiresAt, reason };
}

/** Says which of the entries is at fault. */
function inPlace<T>(index: number, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const errors = error.details['errors'];
    const placed = Array.isArray(errors)
      ? (errors as { field: string; message: string }[]).map(({ field, message }) => ({
          field: `entries.${index}.${field}`,
          message,
        }))
      : [];
    throw new AppError(error.kind, error.code, `entries.${index}.${error.message}`, {
      details: { errors: placed },
      cause: error,
    });
  }
}
