import { z } from "zod";
import { flag } from "./fields.ts";
import { Cursors } from "./operations/chats.ts";

/** The first message on a socket: who connects, and up to where they know what happened. */
export const HelloInput = z.strictObject({
  token: z.string().min(1).max(4096),
  cursors: Cursors.optional(),
  changedOnly: flag.default(false),
});

export type HelloInput = z.infer<typeof HelloInput>;
