import { fileURLToPath } from "node:url";
import { requireService } from "../../support/services.ts";
import { Peer, run } from "./peer.ts";

const SOURCES = fileURLToPath(new URL("centrifuge", import.meta.url));

/** `centrifuge` in Go: it fans out what clients publish to a channel, and keeps nothing. */
export function startCentrifuge(): Promise<Peer | null> {
  return Peer.start({
    name: "centrifuge in Go",
    prepare: async (folder) => {
      const program = folder.join("centrifuge");
      await run(requireService("go"), ["build", "-mod=readonly", "-o", program, "."], SOURCES);
      return { program, args: [] };
    },
    // A measured server gets one core.
    env: { GOMAXPROCS: "1" },
  });
}
