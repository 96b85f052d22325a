import { createHmac } from "node:crypto";
import type { TurnServer } from "../model/calls.ts";

/**
 * Returns credentials that coturn and other TURN servers with a shared secret accept until they
 * expire ("A REST API for Access to TURN Services", draft-uberti-behave-turn-rest-00).
 */
export function turnCredentials({ urls, secret }: TurnServer, userId: string, expiresAt: number) {
  const username = `${Math.floor(expiresAt / 1000)}:${userId}`;
  const credential = createHmac("sha1", secret).update(username).digest("base64");
  return { urls: [...urls], username, credential };
}
