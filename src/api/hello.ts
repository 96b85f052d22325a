import { z } from "zod";
import { lazy } from "../core/lazy.ts";
import { flag } from "./fields.ts";
import { Cursors } from "./operations/chats.ts";

/** The first message on a socket: the access token, and the revisions that the client has. */
export const HelloInput = lazy(() =>
  z.strictObject({
    token: z.string().min(1).max(4096),
    cursors: Cursors().optional(),
    changedOnly: flag.default(false),
    compact: flag.default(false).describe(
      "Leave out of messages and receipts in events what has its usual value, as CompactMessage says",
    ),
  })
);

export type HelloInput = z.infer<ReturnType<typeof HelloInput>>;
