import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { LIMIT_SPECS, type Limits } from "../limits.ts";
import {
  chatId,
  clientId,
  cursor,
  deviceId,
  id,
  ids,
  limit,
  line,
  page,
  rev,
  userId,
} from "../fields.ts";
import { operation } from "../operation.ts";
import { HandshakeView } from "../views/handshake.ts";
import { DeviceView, WelcomeView } from "../views/encryption.ts";

const tag = "Encryption";

/** Bytes in base64url without padding, four characters for three bytes. */
const encoded = (about: string, maxBytes: number) =>
  z.string().min(1).max(Math.ceil(maxBytes * 4 / 3))
    .regex(/^[A-Za-z0-9_-]+$/, "must be base64url without padding")
    .meta({ description: about });

const keyPackage = lazy(() =>
  encoded(
    "Base64url of a KeyPackage, bare or as an MLSMessage (RFC 9420)",
    LIMIT_SPECS.keyPackageBytes.max,
  )
);
const mlsMessage = lazy(() =>
  encoded("Base64url of an MLSMessage (RFC 9420)", LIMIT_SPECS.commitBytes.max)
);

/** Bytes for the rest of a request with several MLS objects of maximum size. */
const REST_OF_BODY = 64 * 1024;
const commitBody = ({ commitBytes }: Limits) => 4 * commitBytes + REST_OF_BODY;
const uploadBody = ({ keyPackages, keyPackageBytes }: Limits) =>
  Math.ceil((keyPackages + 1) * keyPackageBytes * 4 / 3) + REST_OF_BODY;

export const registerDevice = operation({
  name: "device.register",
  summary: "Register a device for encrypted chats",
  description: "Every 100 chats count as one more use of the limit.",
  tag,
  access: "session",
  limit: "write",
  input: () =>
    z.strictObject({
      name: line({ max: 100 }),
      signatureKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/, "must be 32 bytes in base64url")
        .meta({ description: "Ed25519, 32 bytes in base64url" }),
    }),
  output: DeviceView,
  rest: {
    method: "POST",
    path: "/devices",
    status: 201,
    also: { 200: "The device that was registered with this key before" },
  },
  errors: ["conflict"],
});

export const listDevices = operation({
  name: "device.list",
  summary: "The caller's devices, oldest first",
  tag,
  access: "session",
  limit: "read",
  input: () => z.strictObject({}),
  output: () => page(DeviceView()),
  rest: { method: "GET", path: "/devices" },
});

export const removeDevice = operation({
  name: "device.remove",
  summary: "Remove a device, its key packages and the Welcomes that wait for it",
  description: "Every 100 chats count as one more use of the limit.",
  tag,
  access: "session",
  limit: "write",
  input: () => z.strictObject({ deviceId }),
  output: null,
  rest: { method: "DELETE", path: "/devices/:deviceId", status: 204 },
  errors: ["not_found"],
});

export const listChatDevices = operation({
  name: "device.ofChat",
  summary: "The devices of everyone in a chat",
  tag,
  access: "session",
  limit: "read",
  input: () => z.strictObject({ chatId }),
  output: () => page(DeviceView()),
  rest: { method: "GET", path: "/chats/:chatId/devices" },
  errors: ["not_found"],
});

export const uploadKeyPackages = operation({
  name: "keyPackage.upload",
  summary: "Upload key packages, each to be handed out once",
  tag,
  access: "session",
  limit: "write",
  input: () =>
    z.strictObject({
      deviceId,
      keyPackages: z.array(keyPackage()).max(LIMIT_SPECS.keyPackages.max).default([]),
      lastResort: keyPackage().optional()
        .describe(
          "Handed out repeatedly when there is no other; replaces the earlier one",
        ),
    }),
  output: () =>
    z.object({
      remaining: z.int().describe("Key packages that wait, the last resort not counted"),
    }),
  rest: { method: "POST", path: "/devices/:deviceId/key-packages", bodyLimit: uploadBody },
  errors: ["not_found", "conflict"],
});

export const claimKeyPackages = operation({
  name: "keyPackage.claim",
  summary: "Take a key package of each device of a person",
  tag,
  access: "session",
  limit: "join",
  input: () =>
    z.strictObject({
      userId,
      deviceIds: ids(deviceId, { max: LIMIT_SPECS.devices.max }).optional()
        .describe("Only of these devices"),
    }),
  output: () => page(z.object({ deviceId, keyPackage: z.string() })),
  rest: { method: "POST", path: "/users/:userId/key-packages/claim" },
  errors: ["not_found"],
});

const welcome = lazy(() =>
  z.strictObject({
    deviceIds: ids(deviceId, { max: LIMIT_SPECS.groupMembers.max }),
    message: mlsMessage(),
  }).optional()
);

export const commit = operation({
  name: "mls.commit",
  summary: "Change a chat's MLS group, and with it who is a member",
  tag,
  access: "session",
  limit: "write",
  input: () =>
    z.strictObject({
      chatId,
      epoch: z.int().min(0).describe("The epoch that the Commit is for: the chat's current one"),
      commit: mlsMessage().describe(
        "Base64url of an MLSMessage: a Commit as an mls_public_message",
      ),
      groupInfo: mlsMessage()
        .describe("Base64url of an MLSMessage: the GroupInfo after it, with tree and external_pub"),
      welcome: welcome(),
      addUserIds: ids(userId, { min: 0, max: LIMIT_SPECS.groupMembers.max }).default([]),
      removeUserIds: ids(userId, { min: 0, max: LIMIT_SPECS.groupMembers.max }).default([]),
      clientId,
    }),
  output: () => z.object({ rev, epoch: z.int().describe("The epoch that the Commit began") }),
  rest: {
    method: "POST",
    path: "/chats/:chatId/mls/commit",
    status: 201,
    also: { 200: "The result of an earlier request with this clientId" },
    bodyLimit: commitBody,
  },
  errors: ["chat_frozen", "forbidden", "not_found", "conflict", "stale_epoch"],
});

export const restart = operation({
  name: "mls.restart",
  summary: "Begin a chat's MLS group again, in place of one that cannot be used",
  tag,
  access: "session",
  limit: "write",
  input: () =>
    z.strictObject({
      chatId,
      generation: z.int().min(1).max(999_999_999)
        .describe("Of the new group: the chat's and one; its group id is `<chatId>/<generation>`"),
      commit: mlsMessage().describe(
        "Base64url of an MLSMessage: the new group's first Commit, epoch 0",
      ),
      groupInfo: mlsMessage()
        .describe("Base64url of an MLSMessage: the GroupInfo after it, with tree and external_pub"),
      welcome: welcome(),
      clientId,
    }),
  output: () => z.object({ rev, generation: z.int(), epoch: z.int() }),
  rest: {
    method: "POST",
    path: "/chats/:chatId/mls/restart",
    status: 201,
    also: { 200: "The result of an earlier request with this clientId" },
    bodyLimit: commitBody,
  },
  errors: ["chat_frozen", "forbidden", "not_found", "conflict", "stale_epoch"],
});

export const listCommits = operation({
  name: "mls.commits",
  summary: "The Commits of a chat after a revision, in order",
  tag,
  access: "session",
  limit: "read",
  input: () =>
    z.strictObject({
      chatId,
      after: rev.default(0),
      limit,
      cursor: cursor.optional().describe("In place of `after`"),
    }),
  output: () => page(HandshakeView()),
  rest: { method: "GET", path: "/chats/:chatId/mls/commits" },
  errors: ["not_found", "conflict"],
});

export const getGroupInfo = operation({
  name: "mls.groupInfo",
  summary: "The latest GroupInfo of a chat, to join by oneself",
  tag,
  access: "session",
  limit: "read",
  input: () => z.strictObject({ chatId }),
  output: () =>
    z.object({
      generation: z.int().describe("Of the MLS group; higher after each restart"),
      epoch: z.int(),
      groupInfo: z.string().describe("Base64url of an MLSMessage (RFC 9420)"),
    }),
  rest: { method: "GET", path: "/chats/:chatId/mls/group-info" },
  errors: ["not_found", "conflict"],
});

export const listWelcomes = operation({
  name: "mls.welcomes",
  summary: "The Welcomes that wait for a device, oldest first",
  tag,
  access: "session",
  limit: "read",
  input: () => z.strictObject({ deviceId, limit }),
  output: () => page(WelcomeView()),
  rest: { method: "GET", path: "/devices/:deviceId/welcomes" },
  errors: ["not_found"],
});

export const takeWelcome = operation({
  name: "mls.welcomeTaken",
  summary: "Say that a Welcome was taken: it is forgotten",
  tag,
  access: "session",
  limit: "write",
  input: () => z.strictObject({ deviceId, welcomeId: id }),
  output: null,
  rest: { method: "DELETE", path: "/devices/:deviceId/welcomes/:welcomeId", status: 204 },
  errors: ["not_found"],
});
