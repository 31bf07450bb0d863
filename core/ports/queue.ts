/**
 * Recurring work handed out to one of several processes at a time. A queue delivers at least once, never promises exactly once, and
 * keeps its schedule while nobody runs: what fell due meanwhile is delivered once when somebody works again. Whoever works makes a
 * repeat harmless.
 */
export interface Schedule {
  readonly name: string;
  readonly everyMs: number;
  /** Deliveries of one turn until it is given up; the next turn comes all the same. */
  readonly attempts: number;
  /** Before the second delivery; doubled before each further one. */
  readonly backoffMs: number;
}

export interface Delivery {
  readonly name: string;
  /** The same for every delivery of one turn. */
  readonly key: string;
}

export interface Queue {
  /** Makes the schedule what is given: adds, changes, removes. What is new is delivered at once. */
  schedule(schedules: readonly Schedule[]): Promise<void>;
  /** One turn at once beside the schedule; a key is asked for once. Letters, digits and dashes. */
  ask(schedule: Schedule, key: string): Promise<void>;
  /** From now on takes deliveries. One that rejects is delivered again, later. */
  work(take: (delivery: Delivery) => Promise<void>): Promise<void>;
  /** Takes no more and waits for those that are under way. */
  close(): Promise<void>;
}
