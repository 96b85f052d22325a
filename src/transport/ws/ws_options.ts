import type { Config } from "../../config.ts";
import type { Log } from "../../core/log.ts";
import type { CommandTable } from "../command_table.ts";
import type { HelloServices } from "../hello.ts";
import type { SocketAdmission } from "../socket_admission.ts";

export interface WsTransportOptions {
  commands: CommandTable;
  services: HelloServices;
  log: Log;
  /** Origins of web pages that may connect; clients that are not browsers send no Origin. */
  corsOrigins: Config["corsOrigins"];
  /**
   * Pages of this server may connect too: from this URL, or from the host that the request names.
   */
  publicUrl: Config["publicUrl"];
  /** Counts sockets, and may refuse one. */
  admission: SocketAdmission;
  limits: {
    frameBytes: number;
    socketBufferBytes: number;
    helloTimeMs: number;
  };
}
