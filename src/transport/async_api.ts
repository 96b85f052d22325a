import { z } from "zod";
import { lazy } from "../core/lazy.ts";
import { incarnation, sync } from "../api/operations/chats.ts";
import { PROBLEM } from "../http/problem_schema.ts";
import { API_PREFIX } from "../http/rest_transport.ts";
import { hasRequired } from "../http/openapi_input.ts";
import { type JsonSchema, OpenApiSchemas } from "../http/openapi_schemas.ts";
import type { Operation } from "../api/operation.ts";
import { chatId, sessionId, timestamp, userId } from "../api/fields.ts";
import { ProfileView } from "../api/views/user.ts";
import { EVENT_SCHEMAS, type EventSchema } from "../api/event_schemas.ts";
import { HelloInput } from "../api/hello.ts";

export interface AsyncApiOptions {
  version: string;
  publicUrl: string | null;
  /** Port in the document's server URL if there is no public URL. */
  port: number;
}

interface Message {
  name: string;
  summary: string;
  payload: JsonSchema;
}

const CHANNEL = { $ref: "#/channels/ws" };

const DESCRIPTION =
  "Commands and events of `/ws` (subprotocol `realtimechat.v1`), text frames of JSON. The first frame, " +
  "within the time for it, is `hello`. A frame may hold several events, as an array in order. " +
  "Socket.IO has the same commands as events with an acknowledgement, and the same events.";

/**
 * The input and output of `hello`, which exists on sockets only. It has the form of an operation,
 * without a handler.
 */
const hello = lazy(() => ({
  name: "hello",
  summary: "Authenticate the socket, and name the revisions that the client has",
  input: HelloInput(),
  output: z.object({
    user: ProfileView(),
    sessionId,
    serverTime: timestamp,
    blockedUserIds: z.array(userId).describe("Users whose messages the client hides in groups"),
    incarnation: incarnation(),
    sync: sync.output.omit({ incarnation: true }).optional()
      .describe("Changes since the cursors, if cursors were given"),
  }),
}));

/**
 * Returns the document of the sockets (AsyncAPI 3.0), generated from the schemas that validate
 * commands.
 */
export function asyncApiDocument(operations: readonly Operation[], options: AsyncApiOptions) {
  const schemas = new OpenApiSchemas();
  schemas.components.Problem = PROBLEM;
  const commands = [hello(), ...operations.filter(({ socket }) => socket)];
  const events = Object.entries(EVENT_SCHEMAS);
  const messages: Record<string, Message> = { error: ERROR };
  for (const command of commands) {
    messages[command.name] = commandMessage(command, schemas);
    messages[replyName(command)] = replyMessage(command, schemas);
  }
  for (const [name, event] of events) {
    messages[eventName(name)] = eventMessage(name, event, schemas);
  }
  const compact = compactMessages(schemas);
  Object.assign(messages, compact);
  messages[BATCH] = batchMessage(events.map(([name]) => eventName(name)));
  return {
    asyncapi: "3.0.0",
    info: {
      title: "RealTimeChat",
      version: options.version,
      description: DESCRIPTION,
      license: { name: "MIT" },
      tags: [{ name: "Realtime", description: "Commands and events of one connection" }],
    },
    defaultContentType: "application/json",
    servers: { self: serverOf(options) },
    channels: {
      ws: {
        address: "/ws",
        bindings: { ws: { method: "GET" } },
        messages: Object.fromEntries(
          Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
        ),
      },
    },
    operations: {
      ...Object.fromEntries(commands.map((command) => [command.name, commandOperation(command)])),
      events: {
        action: "send",
        channel: CHANNEL,
        summary: "Events that the server sends by itself: one event in a frame, or several",
        description: "A durable event has the revision of its chat; missed events come by " +
          "catching up. Several events in one frame are an array, in order.",
        messages: [...events.map(([name]) => eventName(name)), ...Object.keys(compact), BATCH]
          .map(inChannel),
      },
    },
    components: { messages, schemas: schemas.components },
  };
}

type Command =
  & Pick<Operation, "name" | "summary" | "input" | "forms" | "output">
  & Partial<Pick<Operation, "limit" | "rest">>;

const replyName = ({ name }: Command) => `${name}.reply`;
/** A prefix, because commands and events may share a name. */
const eventName = (name: string) => `event.${name}`;
const inChannel = (message: string) => ({ $ref: `#/channels/ws/messages/${message}` });

/** Returns the rules of a command that its summary does not say. */
function describeCommand({ limit, rest }: Command): string {
  if (limit === undefined) return "The first frame of a connection. Events follow its reply.";
  const alike = rest
    ? `The same as ${rest.method} ${API_PREFIX}${rest.path}.`
    : "There is no REST call for it.";
  return `${alike} Counts against the rate limit \`${limit}\`.`;
}

function commandOperation(command: Command) {
  return {
    action: "receive",
    channel: CHANNEL,
    summary: command.summary,
    description: describeCommand(command),
    messages: [inChannel(command.name)],
    reply: { channel: CHANNEL, messages: [inChannel(replyName(command)), inChannel("error")] },
  };
}

const idOf = (...types: string[]) =>
  ({
    description: "Chosen by the client, which matches replies by it",
    type: types,
    maxLength: 64,
  }) as unknown as JsonSchema;

const ID = idOf("number", "string");

function commandMessage(command: Command, schemas: OpenApiSchemas): Message {
  const { name, summary } = command;
  const data = schemas.input(command);
  const required = hasRequired(data, schemas) ? ["id", "cmd", "data"] : ["id", "cmd"];
  return { name, summary, payload: record({ id: ID, cmd: { const: name }, data }, required) };
}

function replyMessage(command: Command, schemas: OpenApiSchemas): Message {
  const data = command.output === null
    ? { type: "object" as const }
    : schemas.convert(command.output, "output");
  return {
    name: replyName(command),
    summary: `Answers ${command.name}`,
    payload: record({ id: ID, ok: { const: true }, data }),
  };
}

const ERROR: Message = {
  name: "error",
  summary: "Refuses a command; `id` is null if the frame has no readable id",
  payload: record({
    id: idOf("number", "string", "null"),
    ok: { const: false },
    error: { $ref: "#/components/schemas/Problem" },
  }),
};

const REVISION: JsonSchema = { type: "integer", format: "int64", minimum: 1 };

function eventMessage(name: string, event: EventSchema, schemas: OpenApiSchemas): Message {
  const { summary, scope } = event;
  const after: JsonSchema = {
    type: "integer",
    format: "int64",
    description: "`rev - 1` if it is left out",
  };
  const common = { event: { const: name }, data: schemas.convert(event.data(), "output") };
  const inChat = { ...common, chatId: schemas.convert(chatId, "output") };
  const payload = scope === "person"
    ? record(common)
    : scope === "chat"
    ? record(inChat)
    : record({ ...inChat, rev: REVISION, after }, ["event", "chatId", "rev", "data"]);
  return { name: eventName(name), summary, payload };
}

/** Returns the events that are shorter for connections that said `compact` in hello. */
function compactMessages(schemas: OpenApiSchemas): Record<string, Message> {
  const messages: Record<string, Message> = {};
  for (const [event, { compact, ...schema }] of Object.entries(EVENT_SCHEMAS)) {
    if (!compact) continue;
    const name = `${eventName(event)}.compact`;
    const summary = `${schema.summary}; for connections with \`compact\``;
    const { payload } = eventMessage(event, { ...schema, data: compact }, schemas);
    messages[name] = { name, summary, payload };
  }
  return messages;
}

const BATCH = "events";

/** Under load the server sends the pending events of a socket in one frame. */
function batchMessage(events: readonly string[]): Message {
  const forms = events.map((name) => ({ $ref: `#/components/messages/${name}/payload` }));
  return {
    name: BATCH,
    summary: "Several events in one frame: an array, in the order in which they happened",
    payload: { type: "array", minItems: 1, items: { oneOf: forms } } as JsonSchema,
  };
}

/** Returns an object schema. All fields are required unless `required` names fewer. */
function record(properties: Record<string, JsonSchema>, required = Object.keys(properties)) {
  return { type: "object", properties, required } as JsonSchema;
}

function serverOf({ publicUrl, port }: AsyncApiOptions) {
  if (publicUrl === null) return { host: `localhost:${port}`, protocol: "ws" };
  const { host, protocol } = new URL(publicUrl);
  return { host, protocol: protocol === "https:" ? "wss" : "ws" };
}
