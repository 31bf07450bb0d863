/**
 * What may be written down of an error: logs and job runs are read by more people than addresses are meant for. Messages of others
 * (PostgreSQL, HTTP libraries) quote what they were given, so whatever looks like an address, a UPI id, a phone number or a login is
 * taken out, and of a malformed value (SQLSTATE class 22) the value itself.
 */

/** name@host: e-mail, UPI ids, and the login of a connection string. */
const ADDRESS = /[^\s"'<>()=,;]+@[^\s"'<>()=,;]+/g;
/** With the country's number, or ten digits and more in a row, or the Indian way of five and five. */
const NUMBER = /(?<![\w.])(?:\+\d(?:[ -]?\d){7,14}|\d{10,15}|\d{5}[ -]\d{5})(?!\w)/g;
const MALFORMED = /^22/;
const QUOTED_VALUE = /: ".*$/s;

export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return scrub(String(error));
  const isMalformed = 'code' in error && MALFORMED.test(String(error.code));
  return scrub(isMalformed ? error.message.replace(QUOTED_VALUE, '') : error.message);
}

/** The stack begins with the message. */
export function errorStack(error: Error): string {
  return scrub((error.stack ?? '').replace(error.message, () => errorText(error)));
}

function scrub(text: string): string {
  return text.replace(ADDRESS, '[address]').replace(NUMBER, '[number]');
}
