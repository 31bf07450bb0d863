import { describe, expect, it } from '@jest/globals';
import { suggestion } from '../../ingest/nearest-name.js';

describe('suggestion', () => {
  it.each([
    ['tx amount', ' (did you mean "TX_AMOUNT"?)'],
    ['TX_AMUONT', ' (did you mean "TX_AMOUNT"?)'],
    ['customerId', ' (did you mean "CUSTOMER_ID"?)'],
    ['TX_DATETIMES', ' (did you mean "TX_DATETIME"?)'],
    ['colour', ''],
    ['', ''],
  ])('for "%s" is "%s"', (name, expected) => {
    expect(suggestion(name, ['TX_AMOUNT', 'TX_DATETIME', 'CUSTOMER_ID'])).toBe(expected);
  });
});
