/**
 * Many rows as one parameter: `json_to_recordset($1)` reads them back with their types. An amount is written as decimal text,
 * since JSON's numbers are doubles to most readers.
 */
export function jsonRows(rows: readonly object[]): string {
  return JSON.stringify(rows, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}
