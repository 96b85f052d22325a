import { z } from "zod";
import { customInput } from "../api/custom_data.ts";
import { instant, line, text } from "../api/fields.ts";
import { LIMIT_SPECS } from "../api/limits.ts";
import { username } from "../api/operations/auth.ts";
import { externalId } from "../api/operations/own_users.ts";
import { fullyQualified, isOneEmoji } from "../core/emoji.ts";
import { AppError, quote } from "../core/errors.ts";
import { lazy } from "../core/lazy.ts";
import { HISTORY_RULES } from "../model/chat.ts";
import { SYSTEM_TYPES } from "../model/message.ts";
import { validate } from "../operations/dispatcher.ts";

const emoji = z.string().max(64).overwrite(fullyQualified)
  .refine(isOneEmoji, "must be one emoji");

const people = (max: number) =>
  z.array(externalId()).max(max)
    .refine((ids) => new Set(ids).size === ids.length, "must not name one person twice");

const PersonLine = lazy(() =>
  z.strictObject({
    type: z.literal("person"),
    externalId: externalId(),
    name: line({ max: 100 }).optional(),
    username: username().optional(),
    bio: text({ min: 0, max: 500 }).optional(),
    picture: z.string().min(1).max(2048).optional(),
    custom: customInput().optional(),
    bot: z.boolean().default(false),
  })
);

const Member = lazy(() =>
  z.strictObject({
    person: externalId(),
    role: z.enum(["owner", "admin", "member"]).default("member"),
    joinedAt: instant.optional(),
    leftAt: instant.optional(),
  })
);

const ChatLine = lazy(() =>
  z.strictObject({
    type: z.literal("chat"),
    externalId: externalId(),
    kind: z.enum(["direct", "group"]),
    name: line({ max: 100 }).optional(),
    description: text({ min: 0, max: 1000 }).default(""),
    history: z.enum(HISTORY_RULES).default("all"),
    createdAt: instant,
    custom: customInput().default(null),
    members: z.array(Member()).min(1).max(LIMIT_SPECS.groupMembers.max)
      .refine(
        (members) => new Set(members.map(({ person }) => person)).size === members.length,
        "must not name one person twice",
      ),
  })
    .refine(({ kind, name }) => kind === "direct" || name !== undefined, {
      path: ["name"],
      message: "is required for a group",
    })
    .refine(({ kind, members }) => kind === "group" || members.length === 2, {
      path: ["members"],
      message: "must be two people for a direct chat",
    })
);

const MediaSource = lazy(() =>
  z.strictObject({
    path: z.string().min(1).max(1024).optional(),
    url: z.string().max(2048).pipe(z.url({ protocol: /^https?$/, error: "must be a URL" }))
      .optional(),
    name: z.string().min(1).max(255).optional(),
  }).refine(({ path, url }) => (path === undefined) !== (url === undefined), {
    message: "must have either path or url",
  })
);

const MessageLine = lazy(() =>
  z.strictObject({
    type: z.literal("message"),
    externalId: externalId(),
    chat: externalId(),
    author: externalId(),
    at: instant,
    text: text().optional(),
    mentions: people(LIMIT_SPECS.mentions.max).default([]),
    replyTo: externalId().optional(),
    media: z.array(MediaSource()).max(LIMIT_SPECS.mediaPerMessage.max).default([]),
    reactions: z.array(z.strictObject({ emoji, people: people(LIMIT_SPECS.groupMembers.max) }))
      .max(LIMIT_SPECS.reactionKinds.max).default([])
      .refine(
        (all) => new Set(all.map((one) => one.emoji)).size === all.length,
        "must not name one emoji twice",
      ),
    editedAt: instant.optional(),
    deletedAt: instant.optional(),
    pinnedAt: instant.optional(),
    custom: customInput().default(null),
    system: z.strictObject({
      type: z.enum(SYSTEM_TYPES),
      people: people(LIMIT_SPECS.groupMembers.max).default([]),
      by: externalId().nullable().default(null),
      name: line({ max: 100 }).optional(),
    }).optional(),
  }).refine(
    (line) => line.text || line.media.length > 0 || line.system || line.deletedAt !== undefined,
    { path: ["text"], message: "is required, or media, system or deletedAt" },
  ).refine(({ text, media, system }) => !system || (!text && media.length === 0), {
    path: ["system"],
    message: "goes without text and media",
  })
);

export type PersonLine = z.infer<ReturnType<typeof PersonLine>>;
export type ChatLine = z.infer<ReturnType<typeof ChatLine>>;
export type MessageLine = z.infer<ReturnType<typeof MessageLine>>;
export type MediaOfLine = MessageLine["media"][number];
export type ImportLine = PersonLine | ChatLine | MessageLine;

/** A line with its number in the file, from 1. */
export interface Numbered<Line> {
  number: number;
  line: Line;
}

/** Throws `invalid_request` with the reason. */
export function parseLine(json: string): ImportLine {
  const input = jsonOf(json);
  const type = (input as { type?: unknown } | null)?.type;
  if (type === "message") return validate(MessageLine(), input);
  if (type === "chat") return validate(ChatLine(), input);
  if (type === "person") return validate(PersonLine(), input);
  throw new AppError(
    "invalid_request",
    `type must be person, chat or message, not ${typeof type === "string" ? quote(type) : "this"}`,
  );
}

function jsonOf(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new AppError("invalid_request", `not JSON: ${(error as Error).message}`);
  }
}
