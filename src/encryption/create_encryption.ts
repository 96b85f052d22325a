import type { Rates } from "../api/rate_limits.ts";
import type { ChatAccess } from "../chats/chat_access.ts";
import type { ChatWriter } from "../chats/chat_writer.ts";
import type { ContactGate } from "../chats/contact_gate.ts";
import type { ContactPolicy } from "../chats/contact_policy.ts";
import type { RateLimiter } from "../cluster/rate_limiter.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Store } from "../store/store.ts";
import { ClaimBudget } from "./claim_budget.ts";
import { Commits, type CommitsOptions } from "./commits.ts";
import { Devices } from "./devices.ts";
import { HistoryBackups } from "./history_backups.ts";
import { KeyPackages, type KeyPackagesOptions } from "./key_packages.ts";
import { EncryptionNotices, type SendToUsers } from "./notices.ts";
import { Welcomes } from "./welcomes.ts";

export interface EncryptionOptions {
  store: Store;
  writer: ChatWriter;
  access: ChatAccess;
  gate: ContactGate;
  contactPolicy: ContactPolicy;
  limiter: RateLimiter;
  rates: Rates;
  send: SendToUsers;
  clock: Clock;
  log: Log;
  limits:
    & CommitsOptions["limits"]
    & KeyPackagesOptions["limits"]
    & { devices: number; historyBackupParts: number; historyBackupPartBytes: number };
}

export function createEncryption(options: EncryptionOptions) {
  const { store, writer, access, gate, contactPolicy, limiter, rates, clock, log, limits } =
    options;
  const notices = new EncryptionNotices(store, options.send);
  const budget = new ClaimBudget({ store, limiter, rates, log });
  return {
    notices,
    devices: new Devices(store, access, notices, clock, limits),
    keyPackages: new KeyPackages({ store, contactPolicy, budget, notices, clock, limits }),
    commits: new Commits({ store, writer, access, gate, contactPolicy, notices, clock, limits }),
    welcomes: new Welcomes(store),
    backups: new HistoryBackups(store, clock, limits),
  };
}
