import type { Config } from "../config.ts";
import { quote } from "../core/errors.ts";
import { type Check, fault, type Finding, fine, warning } from "./finding.ts";

/** Maximum clock difference in milliseconds that tokens and signatures tolerate. */
const MAX_SKEW_MS = 5_000;

const REQUEST_MS = 10_000;

/** Checks that the keys that verify ID tokens can be fetched. */
export function oauthCheck(
  subject: string,
  cure: string,
  configurationUrl: string,
  prove?: () => Promise<void>,
  issuer?: string,
): Check {
  return {
    subject,
    cure,
    async run() {
      const { jwks_uri, issuer: named } = await jsonOf(configurationUrl);
      if (issuer !== undefined && named !== issuer && named !== `${issuer}/`) {
        throw new Error(`${configurationUrl} is of the issuer ${quote(named)}`);
      }
      const { keys } = await jsonOf(String(jwks_uri));
      if (!Array.isArray(keys) || keys.length === 0) throw new Error(`${jwks_uri} has no keys`);
      await prove?.();
      return [fine(subject, `its ${keys.length} keys can be fetched`)];
    },
  };
}

/** Checks that Facebook accepts the app's id and secret. */
export async function proveFacebookApp({ clientId, clientSecret, graphUrl }: {
  clientId: string;
  clientSecret: string;
  graphUrl: string;
}): Promise<void> {
  const token = encodeURIComponent(`${clientId}|${clientSecret}`);
  const response = await get(`${graphUrl}/${clientId}?fields=id&access_token=${token}`);
  await response.body?.cancel();
  // The error's text is left out, because it would repeat the URL, which contains the secret.
  if (!response.ok) {
    throw new Error(`Facebook refuses the app's id and secret (${response.status})`);
  }
}

/** Compares this host's clock with others: the database's, and the Date header of other servers. */
export function clockCheck(clocks: Record<string, () => Promise<number>>): Check {
  const subject = "Clock";
  return {
    subject,
    cure: "see whether the network lets requests out",
    async run() {
      const findings: Finding[] = [];
      for (const [name, read] of Object.entries(clocks)) {
        const skew = await read().catch(() => null);
        if (skew === null) continue;
        const seconds = (Math.abs(skew) / 1000).toFixed(1);
        const direction = skew > 0 ? "behind" : "ahead of";
        if (Math.abs(skew) > MAX_SKEW_MS) {
          const text = `this host is ${seconds} s ${direction} ${name}: set its clock by NTP`;
          findings.push(fault(subject, text));
        } else findings.push(fine(subject, `this host agrees with ${name} within ${seconds} s`));
      }
      return findings;
    },
  };
}

/**
 * Milliseconds by which the server's clock is ahead of this host's; throws if the server sends no
 * time.
 */
export async function skewByDate(url: string, now: () => number = Date.now): Promise<number> {
  const asked = now();
  const response = await get(url);
  await response.body?.cancel();
  const date = Date.parse(response.headers.get("date") ?? "");
  if (Number.isNaN(date)) throw new Error(`${url} sends no Date`);
  // The header has whole seconds, so half a second is the best estimate of the rest.
  return date + 500 - (asked + now()) / 2;
}

/** Checks the proxy in front of the server by requests to PUBLIC_URL. */
export function proxyCheck(publicUrl: string, trustedProxy: Config["trustedProxy"]): Check {
  const subject = "Proxy";
  return {
    subject,
    cure: "start the server, and see that PUBLIC_URL leads to it",
    async run() {
      const health = await jsonOf(`${publicUrl}/healthz`);
      if (health.status !== "ok") throw new Error(`${publicUrl}/healthz is not this server's`);
      const findings = [fine(subject, `${publicUrl} leads to a server of this kind`)];
      findings.push(await webSocketFinding(subject, publicUrl));
      if (trustedProxy === null && publicUrl.startsWith("https:")) {
        const text =
          "PUBLIC_URL is https, so a proxy stands in front, and TRUSTED_PROXY is not set: " +
          "all clients would have the proxy's address, and share its limits";
        findings.push(warning(subject, text));
      }
      return findings;
    },
  };
}

function webSocketFinding(subject: string, publicUrl: string): Promise<Finding> {
  const socket = new WebSocket(`${publicUrl.replace(/^http/, "ws")}/ws`, "realtimechat.v1");
  return new Promise((resolve) => {
    const end = (finding: Finding) => {
      clearTimeout(timer);
      resolve(finding);
      socket.close();
    };
    const text = "/ws cannot be opened: have the proxy pass Upgrade and Connection on";
    const timer = setTimeout(() => end(fault(subject, text)), REQUEST_MS);
    socket.onopen = () => end(fine(subject, "WebSockets pass it"));
    socket.onerror = () => end(fault(subject, text));
  });
}

async function jsonOf(url: string): Promise<Record<string, unknown>> {
  const response = await get(url);
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`${new URL(url).origin} answers ${response.status}`);
  }
  return Object(await response.json());
}

function get(url: string): Promise<Response> {
  return fetch(url, { signal: AbortSignal.timeout(REQUEST_MS) });
}
