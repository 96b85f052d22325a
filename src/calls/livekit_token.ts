import { SignJWT } from "jose";
import type { LiveKitKey } from "../model/calls.ts";

export interface Grant {
  room: string;
  /** The person's id. */
  identity: string;
  name: string;
  /** True for those who may mute and remove others. */
  roomAdmin: boolean;
  expiresAt: number;
  now: number;
}

/** Returns the JWT (HS256) by which LiveKit lets a person into one room. */
export function liveKitToken(key: LiveKitKey, grant: Grant): Promise<string> {
  const { room, identity, name, roomAdmin, expiresAt, now } = grant;
  const video = {
    room,
    roomJoin: true,
    roomAdmin,
    canPublish: true,
    canSubscribe: true,
    canPublishData: true,
  };
  return new SignJWT({ name, video })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setIssuer(key.apiKey)
    .setSubject(identity)
    .setNotBefore(Math.floor(now / 1000) - 10)
    .setExpirationTime(Math.floor(expiresAt / 1000))
    .sign(new TextEncoder().encode(key.apiSecret));
}
