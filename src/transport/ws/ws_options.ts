import type { Config } from "../../config.ts";
import type { Log } from "../../core/log.ts";
import type { CommandTable } from "../command_table.ts";
import type { HelloServices } from "../hello.ts";
import type { SocketAdmission } from "../socket_admission.ts";

export interface WsTransportOptions {
  commands: CommandTable;
  services: HelloServices;
  log: Log;
  /** Web pages that may connect; clients that are no browsers send no Origin. */
  corsOrigins: Config["corsOrigins"];
  /** Pages of this server itself may connect too: by this address, or the one they asked for. */
  publicUrl: Config["publicUrl"];
  /** Counts sockets, and may refuse one. */
  admission: SocketAdmission;
  limits: {
    frameBytes: number;
    socketBufferBytes: number;
    helloTimeMs: number;
  };
}
