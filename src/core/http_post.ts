/** Maximum number of bytes read of a response; anything longer is cut off unread. */
export const MAX_ANSWER_BYTES = 16 * 1024;

export interface HttpAnswer {
  status: number;
  headers: Headers;
  body: string;
}

export interface PostRequest {
  headers: Record<string, string>;
  body: Uint8Array<ArrayBuffer>;
  /** Maximum number of bytes read of the response; `MAX_ANSWER_BYTES` by default. */
  maxAnswerBytes?: number;
  /** Aborts the request at any stage: on the timeout, or on a drain. */
  signal: AbortSignal;
}

/**
 * Sends one POST and reads the start of the response. Redirects are not followed: one could lead to
 * an address that the check of the URL would have rejected. Throws whatever `fetch` throws,
 * including a `TimeoutError`.
 */
export async function post(
  url: string | URL,
  { headers, body, signal, maxAnswerBytes }: Omit<PostRequest, "body"> & { body: BodyInit },
): Promise<HttpAnswer> {
  const init = { method: "POST", headers, body, redirect: "manual", signal } as const;
  const response = await fetch(url, init);
  return {
    status: response.status,
    headers: response.headers,
    body: response.body ? await readStart(response.body, maxAnswerBytes) : "",
  };
}

/** Aborts after `timeoutMs` milliseconds, or when `signal` does. */
export function deadline(timeoutMs: number, signal?: AbortSignal): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs);
  return signal ? AbortSignal.any([timeout, signal]) : timeout;
}

/**
 * Returns the start of a response as text. Leaving the loop early cancels the stream, and with it
 * the connection.
 */
export async function readStart(
  chunks: AsyncIterable<Uint8Array>,
  max: number = MAX_ANSWER_BYTES,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let left = max;
  for await (const chunk of chunks) {
    text += decoder.decode(chunk.subarray(0, left), { stream: true });
    left -= chunk.length;
    if (left <= 0) break;
  }
  return text;
}
