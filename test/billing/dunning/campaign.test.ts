import { describe, expect, it } from '@jest/globals';
import { BUILT_IN, checkCampaign } from '../../../billing/dunning/campaign.js';

describe('a campaign', () => {
  it('that is built in can be adopted', () => {
    expect(checkCampaign(JSON.parse(JSON.stringify(BUILT_IN)))).toEqual(BUILT_IN);
  });

  const [first, ...rest] = BUILT_IN.stages;
  const faults: [string, object, RegExp][] = [
    ['an unknown field', { colour: 'red' }, /colour/],
    ['no stage', { stages: [] }, /stages/],
    ['stages out of order', { stages: [...rest, first] }, /order of afterDays/],
    ['two stages of one name', { stages: [first, first] }, /different names/],
    ['no hour to speak', { quiet: { fromMinute: 60, untilMinute: 60 } }, /part of the day/],
    [
      'a suspension without a notice',
      { suspension: { ...BUILT_IN.suspension, noticeDays: 0 } },
      /noticeDays/,
    ],
    [
      'a suspension before a word',
      { suspension: { ...BUILT_IN.suspension, noticeAfterDays: 1 } },
      /first stage/,
    ],
    ['no usual length of a call', { contact: { ...BUILT_IN.contact, minutes: {} } }, /other/],
  ];
  it.each(faults)('with %s is refused with the reason', (_fault, fields, message) => {
    expect(() => checkCampaign({ ...BUILT_IN, ...fields })).toThrow(message);
  });
});
