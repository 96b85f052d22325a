export const T0 = Date.parse("2021-03-04T05:06:07.000Z");

/** The time so many seconds after the first one. */
export const at = (seconds: number) => new Date(T0 + seconds * 1000).toISOString();

export function aPerson(externalId: string, fields: Record<string, unknown> = {}) {
  return { type: "person", externalId, name: `${externalId} Example`, ...fields };
}

export function aGroup(
  externalId: string,
  members: (string | Record<string, unknown>)[],
  fields: Record<string, unknown> = {},
) {
  return {
    type: "chat",
    externalId,
    kind: "group",
    name: `Group ${externalId}`,
    createdAt: at(0),
    members: members.map((one) => typeof one === "string" ? { person: one } : one),
    ...fields,
  };
}

let count = 0;

export function aMessage(chat: string, author: string, fields: Record<string, unknown> = {}) {
  count++;
  return {
    type: "message",
    externalId: `message-${count}`,
    chat,
    author,
    at: at(count),
    ...(!("text" in fields) && { text: `text ${count}` }),
    ...fields,
  };
}
