/** SQL literals and identifiers for statements that DuckDB cannot take as parameters (COPY, views, table functions). */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
