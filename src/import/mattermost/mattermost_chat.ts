import { createHash } from "node:crypto";
import { type Conversion, descriptionOf, nameOf, timeOf } from "../conversion.ts";
import type { LinePlace } from "./export_file.ts";
import type { MattermostChannel } from "./export_types.ts";

/** Where a message is: in its line, at the top or among the replies. */
export interface PostPlace extends LinePlace {
  at: number;
  /** -1 for the post itself. */
  reply: number;
}

/** A channel, or a direct chat, as it becomes known line by line. */
export class MattermostChat {
  readonly posts: PostPlace[] = [];
  /** Members, true for those who administer the channel. */
  readonly members = new Map<string, boolean>();
  /** The time of the last message of each author. */
  readonly #authors = new Map<string, number>();

  constructor(readonly id: string, private readonly channel: MattermostChannel | null) {}

  get isDirect(): boolean {
    return this.channel === null && this.members.size === 2;
  }

  addPost(user: string, place: PostPlace): void {
    this.posts.push(place);
    this.#authors.set(user, Math.max(this.#authors.get(user) ?? 0, place.at));
  }

  authors(): string[] {
    return [...this.#authors.keys()];
  }

  /** Returns false for a chat without people. Authors who are no members become former members. */
  emit(conversion: Conversion): boolean {
    const authors = this.authors();
    const present = this.members.size > 0 ? [...this.members.keys()] : authors;
    if (present.length === 0) {
      conversion.leaveOut("chats without people");
      return false;
    }
    const former = authors.filter((author) => !present.includes(author));
    const isDirect = this.isDirect && former.length === 0;
    const createdAt = this.posts.reduce((first, { at }) => Math.min(first, at), Date.now());
    conversion.emit({
      type: "chat",
      externalId: this.id,
      kind: isDirect ? "direct" : "group",
      name: isDirect
        ? undefined
        : nameOf(this.channel?.display_name, this.channel?.name) === "?"
        ? nameOf(present.join(", "))
        : nameOf(this.channel?.display_name, this.channel?.name),
      description: isDirect
        ? undefined
        : descriptionOf(this.channel?.purpose, this.channel?.header),
      createdAt: timeOf(createdAt),
      members: [
        ...present.map((person) => ({
          person: conversion.person(person),
          role: !isDirect && this.members.get(person) ? "admin" : undefined,
        })),
        ...former.map((person) => ({
          person: conversion.person(person),
          leftAt: timeOf(this.#authors.get(person)!),
        })),
      ],
    });
    return true;
  }
}

export function channelId(team: string, name: string): string {
  return `${team}:${name}`;
}

/** The same for the same people in any order; a group of many is hashed. */
export function directId(members: readonly string[]): string {
  const names = [...new Set(members)].sort().join("+");
  if (names.length <= 100) return `direct:${names}`;
  return `direct:${createHash("sha256").update(names).digest("base64url")}`.replaceAll("/", "-");
}
