import {
  type Conversion,
  FILES_PER_MESSAGE,
  mentionsOf,
  nameOf,
  type OutLine,
  timeOf,
} from "../conversion.ts";
import { reactionsOf } from "../reactions_of.ts";
import type { SlackAttachment, SlackChannel, SlackMessage } from "./export_types.ts";
import { fromSlackText } from "./markup.ts";
import { isJoin, isLeave, msOf } from "./slack_channel.ts";
import type { SlackFiles } from "./slack_files.ts";
import type { SlackPeople } from "./slack_people.ts";

/** Kinds of messages that people and bots have written. */
const WRITTEN = new Set([
  "",
  "file_share",
  "file_comment",
  "thread_broadcast",
  "reply_broadcast",
  "me_message",
  "bot_message",
]);

export interface SlackMessagesOptions {
  conversion: Conversion;
  people: SlackPeople;
  files: SlackFiles;
  channel: SlackChannel;
}

/** Writes the messages of one channel, in the order of their times. */
export class SlackMessages {
  /** Written messages: a reply to any other becomes a plain message. */
  readonly #written = new Set<string>();
  readonly #pins: ReadonlyMap<string, number>;

  constructor(private readonly options: SlackMessagesOptions) {
    const pins = options.channel.pins ?? [];
    this.#pins = new Map(pins.map(({ id = "", created = 0 }) => [id, created * 1000]));
  }

  async add(message: SlackMessage): Promise<void> {
    const { people, conversion } = this.options;
    const { ts, subtype = "" } = message;
    const author = people.authorOf(message);
    if (author === null) return conversion.leaveOut("messages without an author");
    if (this.#written.has(ts!)) return conversion.leaveOut("messages that occur twice");
    const base = {
      type: "message",
      externalId: ts,
      chat: this.options.channel.id,
      author: conversion.person(author),
      at: timeOf(msOf(ts!)),
    };
    const lines = WRITTEN.has(subtype)
      ? await this.#content(base, message)
      : this.#system(base, message, author);
    if (lines.length === 0) {
      return conversion.leaveOut(WRITTEN.has(subtype) ? "empty messages" : `messages (${subtype})`);
    }
    for (const line of lines) conversion.emit(line);
    this.#written.add(ts!);
  }

  /** A message, and further ones for files that it has no room for. */
  async #content(base: OutLine, message: SlackMessage): Promise<OutLine[]> {
    const { conversion, people, files } = this.options;
    const { media, links } = await files.of(message);
    const { text, mentioned } = fromSlackText(textOf(message), people);
    const whole = [text, ...links].filter((part) => part.trim() !== "").join("\n");
    if (whole === "" && media.length === 0) return [];
    const { edited, ts, subtype } = message;
    const pinnedAt = this.#pins.get(ts!);
    const first = {
      ...base,
      text: whole === "" ? undefined : subtype === "me_message" ? `_${whole}_` : whole,
      mentions: mentionsOf(mentioned.map((id) => conversion.person(id))),
      replyTo: this.#replied(message),
      media: media.slice(0, FILES_PER_MESSAGE),
      reactions: this.#reactions(message),
      editedAt: edited?.ts === undefined ? undefined : timeOf(msOf(edited.ts)),
      pinnedAt: pinnedAt === undefined ? undefined : timeOf(pinnedAt),
    };
    const lines: OutLine[] = [first];
    for (let at = FILES_PER_MESSAGE; at < media.length; at += FILES_PER_MESSAGE) {
      const externalId = `${ts}+${at / FILES_PER_MESSAGE}`;
      lines.push({ ...base, externalId, media: media.slice(at, at + FILES_PER_MESSAGE) });
    }
    return lines;
  }

  /** Joining, leaving and a new name are reported; a deleted message keeps its place. */
  #system(base: OutLine, { subtype = "", name, inviter }: SlackMessage, author: string): OutLine[] {
    const { conversion, people } = this.options;
    const person = base.author;
    if (subtype === "tombstone") return [{ ...base, deletedAt: base.at }];
    if (isJoin(subtype)) {
      const by = inviter !== undefined && people.has(inviter) ? inviter : author;
      const system = { type: "member.joined", people: [person], by: conversion.person(by) };
      return [{ ...base, system }];
    }
    if (isLeave(subtype)) {
      return [{ ...base, system: { type: "member.left", people: [person], by: person } }];
    }
    if (subtype !== "channel_name" && subtype !== "group_name") return [];
    return [{ ...base, system: { type: "chat.renamed", by: person, name: nameOf(name) } }];
  }

  #replied({ ts, thread_ts: thread }: SlackMessage): string | undefined {
    if (thread === undefined || thread === ts) return undefined;
    if (this.#written.has(thread)) return thread;
    this.options.conversion.leaveOut("references of replies to messages that are missing");
    return undefined;
  }

  #reactions({ reactions = [] }: SlackMessage) {
    const { people, conversion } = this.options;
    const named = reactions.flatMap(({ name, users = [] }) =>
      users.filter((id) => people.has(id))
        .map((id) => ({ name, person: conversion.person(id) }))
    );
    return reactionsOf(named, () => conversion.leaveOut("reactions with emoji of one's own"));
  }
}

/** Bots often write into attachments only. */
function textOf({ text = "", attachments = [] }: SlackMessage): string {
  return text.trim() !== "" ? text : attachments.map(attachmentText).filter(Boolean).join("\n");
}

function attachmentText({ title, title_link: link, text, fallback }: SlackAttachment): string {
  const heading = title && link ? `<${link}|${title}>` : title;
  const body = [heading, text].filter(Boolean).join("\n");
  return body || fallback || "";
}
