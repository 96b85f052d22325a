import { type Conversion, descriptionOf, nameOf, timeOf } from "../conversion.ts";
import type { SlackChannel, SlackMessage } from "./export_types.ts";
import { fromSlackText } from "./markup.ts";
import type { SlackPeople } from "./slack_people.ts";

export type SlackKind = "channel" | "mpim" | "dm";

const JOINED = new Set(["channel_join", "group_join"]);
const LEFT = new Set(["channel_leave", "group_leave"]);

/** The times of a person in a channel, in milliseconds. */
interface Stay {
  joinedAt: number | null;
  lastAt: number;
}

/**
 * The authors of a channel's messages, who have to be known before the first message is written.
 */
export class SlackHistory {
  readonly stays = new Map<string, Stay>();
  firstAt = Infinity;

  constructor(private readonly people: SlackPeople) {}

  add(message: SlackMessage): void {
    const author = this.people.authorOf(message);
    const at = msOf(message.ts!);
    this.firstAt = Math.min(this.firstAt, at);
    if (author === null) return;
    this.people.ensure(author, message);
    const stay = this.stays.get(author) ?? { joinedAt: null, lastAt: at };
    stay.lastAt = Math.max(stay.lastAt, at);
    if (JOINED.has(message.subtype ?? "")) stay.joinedAt = at;
    this.stays.set(author, stay);
  }
}

/**
 * Writes the line of a chat, and returns false for one without people. Authors who are no members
 * any more become former members.
 */
export function emitChannel(
  conversion: Conversion,
  { channel, kind, people, history }: {
    channel: SlackChannel;
    kind: SlackKind;
    people: SlackPeople;
    history: SlackHistory;
  },
): boolean {
  const { id, created, creator, purpose, topic } = channel;
  const listed = (channel.members ?? []).filter((person) => people.has(person));
  const authors = [...history.stays.keys()];
  const present = [...new Set(listed.length > 0 ? listed : authors)];
  if (present.length === 0) {
    conversion.leaveOut("chats without people");
    return false;
  }
  const createdAt = Math.min(created === undefined ? Infinity : created * 1000, history.firstAt);
  const former = authors.filter((author) => !present.includes(author));
  const text = (value = "") => fromSlackText(value, people).text;
  // A chat with oneself, or with someone whose account is missing, is a group of those who are
  // there.
  const isDirect = kind === "dm" && present.length === 2 && former.length === 0;
  const member = (person: string, hasLeft: boolean) => {
    const stay = history.stays.get(person);
    return {
      person: conversion.person(person),
      role: person === creator && !hasLeft && !isDirect ? "owner" : undefined,
      joinedAt: hasLeft || !stay?.joinedAt ? undefined : timeOf(stay.joinedAt),
      leftAt: hasLeft ? timeOf(stay!.lastAt) : undefined,
    };
  };
  conversion.emit({
    type: "chat",
    externalId: id,
    kind: isDirect ? "direct" : "group",
    name: isDirect ? undefined : chatName(channel, kind, present, people),
    description: isDirect ? undefined : descriptionOf(text(purpose?.value), text(topic?.value)),
    createdAt: timeOf(Number.isFinite(createdAt) ? createdAt : 0),
    members: [
      ...present.map((person) => member(person, false)),
      ...former.map((person) => member(person, true)),
    ],
  });
  return true;
}

function chatName(
  { name, id }: SlackChannel,
  kind: SlackKind,
  present: readonly string[],
  people: SlackPeople,
): string {
  if (kind === "channel") return nameOf(name, id);
  return nameOf(present.map((person) => people.nameOf(person)).join(", "), name, id);
}

export function isJoin(subtype: string): boolean {
  return JOINED.has(subtype);
}

export function isLeave(subtype: string): boolean {
  return LEFT.has(subtype);
}

/** Milliseconds of a `ts`, whose decimals name the message. */
export function msOf(ts: string): number {
  return Math.floor(Number(ts) * 1000);
}
