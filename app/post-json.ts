/** What the demo asks of the running server, over HTTP like anybody: one JSON document there, one back. */
export interface Address {
  readonly url: string;
  readonly apiKey: string | null;
}

/** @throws Error with the answer when it is a refusal. */
export async function postJson(
  { url, apiKey }: Address,
  path: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<unknown> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
    },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${JSON.stringify(answer)}`);
  return answer;
}
