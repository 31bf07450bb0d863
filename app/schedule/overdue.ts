/** When a job counts as forgotten by the queue: it has not begun for one and a half intervals, or began in a future that is not to come. */
/** How much later than its interval a job may begin before it counts as forgotten. */
const SLACK_MS = 60_000;

/** Also when its newest run lies in the future: the clock has gone back, and the queue waits for that future. */
export function isOverdue(startedAt: number, everyMs: number, now: number): boolean {
  return startedAt > now + SLACK_MS || startedAt < now - everyMs - Math.max(everyMs / 2, SLACK_MS);
}
