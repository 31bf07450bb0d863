/**
 * State machines: a table state -> event -> state, and one pure step. Nothing else assigns a status. An event that a state does
 * not list is stale or not allowed there, and the step says so with null: the caller decides whether that is a refusal
 * (a command) or nothing new (a late webhook).
 */
export type StateTable<State extends string, Event extends string> = Readonly<
  Record<State, Readonly<Partial<Record<Event, State>>>>
>;

/** The state after the event, or null when the state does not take it. */
export function advance<State extends string, Event extends string>(
  table: StateTable<State, Event>,
  state: State,
  event: Event,
): State | null {
  return table[state][event] ?? null;
}
