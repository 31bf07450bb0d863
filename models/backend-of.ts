/** What trained a model that is made of others: the backend of its net, where it has one. */
import type { Model } from './contract.js';

export function backendOf(members: readonly Model[]): Pick<Model, 'backend'> {
  const backend = members.find((member) => member.backend !== undefined)?.backend;
  return backend === undefined ? {} : { backend };
}
