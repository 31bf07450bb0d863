import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { neural } from '../../../models/neural/neural.js';
import { otherPrograms, type OtherPrograms } from '../../support/other-program.js';
import { mixedSample } from '../frames.js';

/** Fits on a thread as a server does, while a timer counts the turns of the event loop; then is refused, and ends by itself. */
const PROGRAM = `
import { neural } from './models/neural/neural.js';
import { sequence } from './models/neural/sequence.js';
import { mixedSample } from './test/models/frames.js';

const { frame, y } = mixedSample(600, 1);
const settings = { ...neural.defaults, hidden: [8], epochs: 5 };
let turns = 0;
let reports = 0;
const timer = setInterval(() => turns++, 1);
const model = await neural.fit(frame, y, { settings, seed: 1, onProgress: () => reports++ });
clearInterval(timer);
const refusal = await sequence
  .fit(frame, y, { settings: sequence.defaults, seed: 1 })
  .then(() => null, ({ name, kind, code }) => ({ name, kind, code }));
console.log(JSON.stringify({ turned: turns > 0, reported: reports > 0, refusal, model: model.toJSON() }));
`;

describe('training', () => {
  let programs: OtherPrograms;
  beforeAll(async () => {
    programs = await otherPrograms(['core', 'features', 'models', 'test/models']);
  });
  afterAll(() => programs.close());

  it('happens on a thread of its own, which reports, refuses and ends, and gives the same net as here', async () => {
    const { child, firstLine } = await programs.start(PROGRAM);
    if (child.exitCode === null) await once(child, 'exit');
    const { model, ...seen } = JSON.parse(firstLine) as { model: unknown };
    expect(seen).toEqual({
      turned: true,
      reported: true,
      refusal: { name: 'AppError', kind: 'bad-input', code: 'no-steps' },
    });
    expect(child.exitCode).toBe(0);
    const { frame, y } = mixedSample(600, 1);
    const here = await neural.fit(frame, y, {
      settings: { ...neural.defaults, hidden: [8], epochs: 5 },
      seed: 1,
    });
    expect(model).toEqual(JSON.parse(JSON.stringify(here.toJSON())));
  });
});
