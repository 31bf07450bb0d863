import { describe, expect, it } from '@jest/globals';
import { forecastAlarms, judgedWeeks } from '../../reporting/forecast-alarms.js';
import { forecastReport } from '../support/forecast-report.js';

const usual = { ...forecastReport().accuracy[0]!, span: 'week' as const };

describe('the alarm about forecasts', () => {
  it.each([
    ['nothing', { bias: 0.02, coverage80: 0.8 }, []],
    ['a lean to the high side', { bias: 0.12 }, ['Forecasts were 12.0 % too high.']],
    ['a lean to the low side', { bias: -0.2 }, ['Forecasts were 20.0 % too low.']],
    ['intervals that hold too little', { coverage80: 0.5 }, ['The 80 % intervals held 50.0 % of the weeks.']],
    ['intervals that hold too much', { coverage80: 1 }, ['The 80 % intervals held 100.0 % of the weeks.']],
    ['nothing while there is little to tell', { bias: 0.5, fromDays: 10 }, []],
    ['nothing where nothing came', { bias: null }, []],
  ])('says %s', (_, fields, expected) => {
    expect(forecastAlarms([{ ...usual, ...fields }])).toEqual(expected);
  });

  it('judges weeks of the platform only', () => {
    expect(
      judgedWeeks([
        { ...usual, level: 'kind' },
        { ...usual, span: 'quarter' },
      ]),
    ).toBeNull();
    expect(forecastAlarms([])).toEqual([]);
  });
});
