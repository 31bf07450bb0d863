/**
 * How many of a thing, for people: `1 invoice`, `0 invoices`. The verb is the caller's; nouns whose plural takes more than an s are not
 * counted this way.
 */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
