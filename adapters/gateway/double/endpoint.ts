/** One endpoint of the double: what it is called with and what it answers. Routes are written `METHOD /path/*`, `*` being an id. */
import type { Json } from './wire.js';
import type { World } from './world.js';

export interface Call {
  /** What stood for each `*`. */
  readonly ids: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Json;
  /** Lower case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** @throws Refused */
export type Endpoint = (world: World, call: Call) => object | Promise<object>;
export type Endpoints = Readonly<Record<string, Endpoint>>;
