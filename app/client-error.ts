/**
 * What is answered when a request is no HTTP, before any route sees it: a problem document like every other refusal. Nothing
 * is logged: the error holds the caller's bytes.
 */
import type { Socket } from 'node:net';
import { newId } from '../core/ids.js';
import type { Failure } from './problem.js';
import { PROBLEM_TYPE, toProblem } from './problem.js';

const MALFORMED: Failure = {
  status: 400,
  code: 'malformed-request',
  detail: 'this is not a request as HTTP/1.1 has it',
};

/** By the code of Node's error (nodejs.org/api/http.html, "Event: 'clientError'"). */
const FAILURES: Readonly<Record<string, Failure>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    code: 'headers-too-large',
    detail: 'the headers are longer than 16 KiB',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: 'request-timeout',
    detail: 'the request did not arrive in time',
  },
};

/** Answers and hangs up; says nothing to who has gone. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const failure = FAILURES[error.code ?? ''] ?? MALFORMED;
  const problem = toProblem(failure, newId('req'));
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${failure.status} ${problem.title}\r\nContent-Type: ${PROBLEM_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
