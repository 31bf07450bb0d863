/**
 * Sends fuzzed requests over real connections and judges the answers: each must be the answer of its route or a problem
 * document of the 4xx kind. What the server wrote to its log meanwhile is searched for what only a payer's text holds.
 */
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { Writable } from 'node:stream';
import fc from 'fast-check';
import { PAYER_TEXT } from './fuzzed-requests.js';
import type { FuzzedRequest } from './fuzzed-requests.js';

interface FuzzSettings {
  readonly url: string;
  readonly requests: fc.Arbitrary<FuzzedRequest>;
  readonly count: number;
  readonly seed: number;
}

interface FuzzReport {
  readonly statuses: Readonly<Record<string, number>>;
  /** Answers by the code of their problem. */
  readonly codes: Readonly<Record<string, number>>;
  /** What is wrong, each with the request that shows it. */
  readonly faults: readonly string[];
}

const CALLERS = 16;
/** Drawn at once: a request may be a megabyte. */
const DRAWN = 200;
const SHOWN = 400;

/** The one queue that these requests can fill: that it is full is said at once, and when to come back. */
const BOUNDED = 'dry-runs-busy';

interface Answered {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export async function fuzz({ url, requests, count, seed }: FuzzSettings): Promise<FuzzReport> {
  const agent = new http.Agent({ keepAlive: true });
  const statuses: Record<string, number> = {};
  const codes: Record<string, number> = {};
  const faults: string[] = [];
  try {
    for (let done = 0; done < count; done += DRAWN) {
      const drawn = fc.sample(requests, { numRuns: Math.min(DRAWN, count - done), seed: seed + done });
      const ask = async (): Promise<void> => {
        for (let request = drawn.pop(); request !== undefined; request = drawn.pop()) {
          const answered = await send(agent, url, request);
          statuses[answered.status] = (statuses[answered.status] ?? 0) + 1;
          const code = codeOf(answered);
          if (code !== null) codes[code] = (codes[code] ?? 0) + 1;
          if (!isExpected(answered, code)) faults.push(`${show(answered)} to ${showRequest(request)}`);
        }
      };
      await Promise.all(Array.from({ length: CALLERS }, ask));
    }
  } finally {
    agent.destroy();
  }
  return { statuses, codes, faults };
}

function isExpected({ status }: Answered, code: string | null): boolean {
  if (status >= 200 && status < 300) return code === null;
  if (status === 503) return code === BOUNDED;
  return status >= 400 && status < 500 && code !== null;
}

/** Of a problem document; null for anything else. */
function codeOf({ contentType, body }: Answered): string | null {
  if (!contentType.startsWith('application/problem+json')) return null;
  const problem = JSON.parse(body) as { code?: unknown };
  return typeof problem.code === 'string' ? problem.code : null;
}

function send(agent: http.Agent, url: string, { path, headers, payload }: FuzzedRequest): Promise<Answered> {
  return new Promise((resolve) => {
    const length = { 'content-length': payload.length };
    const request = http.request(new URL(path, url), {
      agent,
      method: 'POST',
      headers: { ...headers, ...length },
    });
    let answered = false;
    request.on('response', (response) => {
      answered = true;
      const { statusCode: status = 0 } = response;
      const contentType = response.headers['content-type'] ?? '';
      text(response).then(
        (body) => resolve({ status, contentType, body }),
        (error: unknown) => resolve({ status: 0, contentType: '', body: String(error) }),
      );
    });
    // A server that refuses a long body may close while it is still being written: the answer counts. One that closes
    // a kept connection just as it is used again has not seen the request.
    request.on('error', (error) => {
      if (answered) return;
      if (request.reusedSocket) resolve(send(agent, url, { path, headers, payload }));
      else resolve({ status: 0, contentType: '', body: String(error) });
    });
    request.end(payload);
  });
}

function show({ status, contentType, body }: Answered): string {
  return `${status} ${contentType} ${body.slice(0, SHOWN)}`;
}

function showRequest({ path, headers, payload }: FuzzedRequest): string {
  return `${path} ${JSON.stringify(headers).slice(0, SHOWN)} ${JSON.stringify(payload.toString('latin1').slice(0, SHOWN))}`;
}

interface SearchedLog {
  readonly destination: Writable;
  /** Lines so far. */
  lines(): number;
  /** Lines that hold a piece of a payer's text. */
  readonly leaks: readonly string[];
}

export function searchedLog(): SearchedLog {
  let lines = 0;
  const leaks: string[] = [];
  const destination = new Writable({
    decodeStrings: false,
    write(line: unknown, _encoding, done) {
      lines++;
      if (PAYER_TEXT.test(String(line))) leaks.push(String(line).slice(0, SHOWN));
      done();
    },
  });
  return { destination, lines: () => lines, leaks };
}
