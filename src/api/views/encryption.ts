import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { toTimestamp } from "../../core/clock.ts";
import type { Device } from "../../model/device.ts";
import type { StoredWelcome } from "../../model/handshake.ts";
import { chatId, deviceId, id, timestamp, userId } from "../fields.ts";

export const DeviceView = lazy(() =>
  z.object({
    id: deviceId,
    userId,
    name: z.string(),
    signatureKey: z.string().describe("Ed25519, 32 bytes in base64url"),
    createdAt: timestamp,
  }).meta({ id: "Device" })
);

export type DeviceView = z.infer<ReturnType<typeof DeviceView>>;

export function deviceView({ id, userId, name, signatureKey, createdAt }: Device): DeviceView {
  return { id, userId, name, signatureKey, createdAt: toTimestamp(createdAt) };
}

export const WelcomeView = lazy(() =>
  z.object({
    id,
    chatId,
    deviceId,
    rev: z.int().describe("The revision of the Commit that it belongs to"),
    generation: z.int().describe("Generation of the MLS group of the Welcome"),
    epoch: z.int().describe("The epoch that the device joins in"),
    message: z.string().describe("Base64url of an MLSMessage (RFC 9420)"),
    createdAt: timestamp,
  }).meta({ id: "MlsWelcome" })
);

export type WelcomeView = z.infer<ReturnType<typeof WelcomeView>>;

export function welcomeView(welcome: StoredWelcome): WelcomeView {
  const { id, chatId, deviceId, rev, generation, epoch, message, createdAt } = welcome;
  return {
    id,
    chatId,
    deviceId,
    rev,
    generation,
    epoch,
    message,
    createdAt: toTimestamp(createdAt),
  };
}
