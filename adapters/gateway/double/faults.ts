/**
 * Faults by name, planned for a call and a number of times. "After success" means that the effect is there and only the answer
 * is lost or wrong: what a client must treat as unknown. `duplicate-receipt` is the answer to the second of two deliveries of
 * one request.
 */
export const FAULTS = [
  'timeout',
  'timeout-after-success',
  'server-error',
  'server-error-after-success',
  'bad-gateway',
  'too-many-requests',
  'reset',
  'reset-after-success',
  'html-body',
  'malformed-json',
  'duplicate-receipt',
  'lock-error',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface PlannedFault {
  readonly fault: Fault;
  /** Method and path with `*` for an id, for instance `GET /v1/orders/*`. */
  readonly on: string;
  times: number;
}

/** Whether the fault's call has its effect before things go wrong. */
export function hasEffect(fault: Fault): boolean {
  switch (fault) {
    case 'timeout-after-success':
    case 'server-error-after-success':
    case 'reset-after-success':
    case 'html-body':
    case 'malformed-json':
    case 'duplicate-receipt':
      return true;
    case 'timeout':
    case 'server-error':
    case 'bad-gateway':
    case 'too-many-requests':
    case 'reset':
    case 'lock-error':
      return false;
  }
}

/** The fault for this call, counted down. @param call for instance `POST /v1/orders`. */
export function takeFault(planned: PlannedFault[], call: string): Fault | null {
  const index = planned.findIndex(({ on }) => matches(on, call));
  const found = planned[index];
  if (found === undefined) return null;
  found.times -= 1;
  if (found.times <= 0) planned.splice(index, 1);
  return found.fault;
}

function matches(on: string, call: string): boolean {
  const wanted = on.split('/');
  const parts = call.split('/');
  return wanted.length === parts.length && wanted.every((part, i) => part === '*' || part === parts[i]);
}
