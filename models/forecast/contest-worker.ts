/** A thread that holds the contests of the series it is sent, one message a batch, until contest-crew.ts ends it. */
import { parentPort } from 'node:worker_threads';
import type { ContestBatch } from './contest-crew.js';
import { holdContest } from './contest.js';

parentPort?.on('message', ({ series, dates, season, h }: ContestBatch) => {
  const contests = series.map((y, i) => holdContest(y, { season, h, dates: dates[i]! }));
  parentPort?.postMessage(
    contests,
    contests.map(({ paths }) => paths.buffer as ArrayBuffer),
  );
});
