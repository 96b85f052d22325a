import { session } from "./session.js";

/**
 * What another tab has written to localStorage is seen in this one a little later, even by whoever
 * waited for its lock.
 */
const SEEN_AFTER_MS = 500;
/** Tabs that no lock keeps apart are unlikely to meet if each waits for up to so long. */
const SPREAD_MS = 2_000;

/** A refusal of the server, by REST or by the socket: RFC 9457 problem details. */
export class ApiError extends Error {
  constructor(problem) {
    const faults = (problem.errors ?? []).map(({ message }) => message);
    super(faults.length > 0 ? faults.join("; ") : problem.detail);
    this.code = problem.code;
    this.status = problem.status;
    this.retryAfter = problem.retryAfter;
    this.errors = problem.errors ?? [];
  }
}

/** Nothing was answered: whether the server has done it is not known. */
export class OfflineError extends Error {
  constructor(options) {
    super("The server cannot be reached", options);
  }
}

/** One call of the REST interface. A token that has expired is renewed, and the call made again. */
export async function call(method, path, body) {
  const token = session.get()?.accessToken;
  try {
    return await send(method, path, body, token);
  } catch (error) {
    if (!token || error.status !== 401) throw error;
    await renew(token);
    return await send(method, path, body, session.get()?.accessToken);
  }
}

/** Signs in by `register` or `login`, and keeps the tokens. */
export async function signIn(path, body) {
  const answer = await send("POST", path, body);
  if (!answer.twoFactorRequired) session.set(answer);
  return answer;
}

/**
 * A new pair of tokens in place of the one that holds `staleToken`. A refresh token works once, and
 * its reuse ends the session, so no two tabs may try at once: the second finds what the first got.
 */
export function renew(staleToken) {
  return exclusively(async () => {
    await pause(navigator.locks ? SEEN_AFTER_MS : Math.random() * SPREAD_MS);
    const kept = session.get();
    if (kept === null) throw new ApiError({ code: "unauthenticated", detail: "Signed out" });
    if (kept.accessToken !== staleToken) return;
    const { refreshToken } = kept;
    try {
      session.set(await send("POST", "/auth/refresh-token", { refreshToken }));
    } catch (error) {
      const isOver = error instanceof ApiError && error.status === 401;
      if (isOver && session.get()?.refreshToken === refreshToken) session.clear();
      throw error;
    }
  });
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

let queue = Promise.resolve();

/** Over all tabs where the browser has locks (in secure contexts), otherwise within this one. */
function exclusively(work) {
  if (navigator.locks) return navigator.locks.request("realtimechat.renew", work);
  const result = queue.then(work);
  queue = result.catch(() => {});
  return result;
}

async function send(method, path, body, token) {
  const headers = {
    ...(token && { authorization: `Bearer ${token}` }),
    ...(body && { "content-type": "application/json" }),
  };
  const response = await fetch(`/api${path}`, {
    method,
    headers,
    body: body && JSON.stringify(body),
  })
    .catch((cause) => {
      throw new OfflineError({ cause });
    });
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  const { status } = response;
  throw new ApiError(
    answer ?? { code: "internal", status, detail: `The server answered ${status}` },
  );
}
