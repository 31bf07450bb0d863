import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { stackShape } from '../../../../models/forecast/neural/stack.js';
import { trainStacks } from '../../../../models/forecast/neural/stack-crew.js';
import { otherPrograms, type OtherPrograms } from '../../../support/other-program.js';
import { makeSeries } from '../worlds.js';

/** Trains three stacks on two threads as a server does, while a timer counts the turns of the event loop. */
const PROGRAM = `
import { stackShape } from './models/forecast/neural/stack.js';
import { trainStacks } from './models/forecast/neural/stack-crew.js';
import { makeSeries } from './test/models/forecast/worlds.js';

const stages = [[makeSeries({ n: 40, season: 4, swing: 0.2, noise: 0.1 })]];
const requests = [1, 2, 3].map((seed) => ({
  shape: stackShape(8, 4, 4, [2, 1]), season: 4, seed, stages, firstSteps: 21, laterSteps: 1, batchRows: 8,
}));
let turns = 0;
const reports = [];
const timer = setInterval(() => turns++, 1);
const trained = await trainStacks(requests, 2, (done, total) => reports.push([done, total]));
clearInterval(timer);
console.log(JSON.stringify({
  turned: turns > 0,
  last: reports.at(-1),
  trained: trained.map((stack) => stack.map((stage) => stage.map((values) => [...values]))),
}));
`;

describe('a crew of stacks', () => {
  let programs: OtherPrograms;
  beforeAll(async () => {
    programs = await otherPrograms(['core', 'features', 'models', 'test/models']);
  });
  afterAll(() => programs.close());

  it('trains on threads what is trained here, reports all steps and ends', async () => {
    const { child, firstLine } = await programs.start(PROGRAM);
    if (child.exitCode === null) await once(child, 'exit');
    expect(child.exitCode).toBe(0);
    const { trained, ...seen } = JSON.parse(firstLine) as { trained: number[][][][] };
    expect(seen).toEqual({ turned: true, last: [63, 63] });
    const stages = [[makeSeries({ n: 40, season: 4, swing: 0.2, noise: 0.1 })]];
    const shape = stackShape(8, 4, 4, [2, 1]);
    const here = await trainStacks(
      [1, 2, 3].map((seed) => ({
        shape,
        season: 4,
        seed,
        stages,
        firstSteps: 21,
        laterSteps: 1,
        batchRows: 8,
      })),
      1,
    );
    expect(trained).toEqual(here.map((stack) => stack.map((stage) => stage!.map((values) => [...values]))));
  });
});
