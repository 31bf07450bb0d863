/**
 * Lists by pages, newest first. Ids grow with time (core/ids.ts): a page is what comes before the last id of the page before, so what is
 * made meanwhile shifts nothing. Only the filters that were asked for are in the statement, so that each choice has its own plan.
 */
import Type from 'typebox';
import { idSchema } from '../scoring/request.js';

const LIMIT = 20;

/** Of a query string, beside the filters. */
export const PAGE = {
  before: Type.Optional(idSchema('The last id of the page before.')),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: LIMIT })),
};

export interface Page {
  readonly before?: string | undefined;
  readonly limit?: number | undefined;
}

/**
 * What follows `WHERE`, and the statement's values.
 * @param equal wanted values by column; undefined: any. @param given the values of `$1` and so on before it.
 */
export function pageOf(
  { before, limit = LIMIT }: Page,
  id: string,
  equal: Readonly<Record<string, string | undefined>>,
  given: readonly unknown[] = [],
): { readonly clause: string; readonly values: unknown[] } {
  const values = [...given];
  const conditions: [string, string | undefined][] = Object.entries(equal).map(([column, value]) => [
    `${column} =`,
    value,
  ]);
  const wanted = [...conditions, [`${id} <`, before] as const].flatMap(([left, value]) =>
    value === undefined ? [] : [`${left} $${values.push(value)}`],
  );
  const where = wanted.length === 0 ? 'true' : wanted.join(' AND ');
  return { clause: `${where} ORDER BY ${id} DESC LIMIT $${values.push(limit)}`, values };
}
