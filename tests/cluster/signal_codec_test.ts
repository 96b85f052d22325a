import assert from "node:assert/strict";
import type { Signal } from "../../src/cluster/broker.ts";
import { decodeSignals, encodeSignal } from "../../src/cluster/shared/signal_codec.ts";

const CHAT = "019b7c3e-26fe-7000-8000-000000000003";
const USER = "019b7c3e-26fe-7000-8000-000000000001";
const [CHAT_HEX, USER_HEX] = [CHAT, USER].map((id) => id.replaceAll("-", ""));

/**
 * As release 8fed8a9 encodes them: during a rolling deployment, its instances and this release's
 * exchange them.
 */
const FROZEN: [Signal, string][] = [
  [{ type: "chat", chatId: CHAT, rev: 300 }, `01${CHAT_HEX}ac02`],
  [{ type: "chat", chatId: CHAT, rev: 7, membersAfter: 5 }, `02${CHAT_HEX}0705`],
  [{ type: "typing", chatId: CHAT, userId: USER, typing: true }, `03${CHAT_HEX}${USER_HEX}`],
  [{ type: "typing", chatId: CHAT, userId: USER, typing: false }, `04${CHAT_HEX}${USER_HEX}`],
  [
    { type: "typing", chatId: CHAT, userId: USER, typing: false, silent: true },
    `05${CHAT_HEX}${USER_HEX}`,
  ],
  [
    { type: "sessions", sessionIds: ["s"] },
    `0026${new TextEncoder().encode('{"type":"sessions","sessionIds":["s"]}').toHex()}`,
  ],
];

for (const [signal, hex] of FROZEN) {
  Deno.test(`${hex.slice(0, 2)}: encodeSignal writes the bytes of release 8fed8a9 for ${signal.type}`, () => {
    const bytes = Uint8Array.fromHex(hex);
    assert.deepEqual(encodeSignal(signal), bytes);
    assert.deepEqual(decodeSignals(bytes), { signals: [signal], gap: false });
  });
}
