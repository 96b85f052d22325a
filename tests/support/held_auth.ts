import { AuditTrail } from "../../src/audit/audit_trail.ts";
import { createAuth } from "../../src/auth/create_auth.ts";
import type { AuthServices } from "../../src/auth/handlers.ts";
import type { PasswordHasher } from "../../src/auth/password_hasher.ts";
import { BcryptHasher } from "../../src/auth/password_hasher_bcrypt.ts";
import { type SecretBox, secretBox } from "../../src/auth/secret_box.ts";
import { Tokens } from "../../src/auth/tokens.ts";
import { jsonLog } from "../../src/core/log.ts";
import { logMailer } from "../../src/mail/mailer_log.ts";
import type { Visitor } from "../../src/model/caller.ts";
import { MemoryRateLimiter } from "../../src/cluster/local/rate_limiter.ts";
import type { Store } from "../../src/store/store.ts";
import { MovableClock } from "./movable_clock.ts";
import { openStoreOf } from "./people.ts";
import { TempDir } from "./temp_dir.ts";
import { testConfig } from "./test_config.ts";

export const VISITOR: Visitor = {
  transport: "rest",
  address: "192.0.2.1",
  userAgent: "Test/1.0",
  requestId: "r",
};

/** Blocks its callers while it is closed, so that something else can happen in between. */
export class Gate {
  #open: Promise<void> = Promise.resolve();
  #release = () => {};
  #arrived = Promise.withResolvers<void>();

  /** Closes the gate; resolves once a caller waits at it. */
  close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    [this.#open, this.#release] = [promise, resolve];
    this.#arrived = Promise.withResolvers<void>();
    return this.#arrived.promise;
  }

  open(): void {
    this.#release();
  }

  async pass(): Promise<void> {
    this.#arrived.resolve();
    await this.#open;
  }
}

interface HeldParts {
  auth: AuthServices;
  store: Store;
  folder: TempDir;
  hasher: BcryptHasher;
  /** Passed after a secret was checked or opened. */
  gate: Gate;
  /** Passed before a secret is sealed. */
  sealGate: Gate;
  clock: MovableClock;
}

/** The account services on a real store, whose checks of secrets can be blocked. */
export class HeldAuth implements AsyncDisposable {
  readonly auth: AuthServices;
  readonly store: Store;
  readonly gate: Gate;
  readonly sealGate: Gate;

  private constructor(private readonly parts: HeldParts) {
    this.auth = parts.auth;
    this.store = parts.store;
    this.gate = parts.gate;
    this.sealGate = parts.sealGate;
  }

  static async open(environment: Record<string, string>): Promise<HeldAuth> {
    const folder = await TempDir.make("held_auth");
    const config = testConfig(folder.join("data"), environment);
    const [store, gate, sealGate] = [await openStoreOf(config), new Gate(), new Gate()];
    const hasher = new BcryptHasher(4);
    const log = jsonLog("error", () => {});
    const clock = new MovableClock();
    const auth = createAuth({
      localRegistration: true,
      store,
      clock,
      log,
      hasher: heldHasher(hasher, gate),
      tokens: new Tokens(config.tokens, clock),
      limiter: new MemoryRateLimiter(clock),
      mailer: logMailer(log, { secrets: true }),
      box: heldBox(gate, sealGate),
      audit: new AuditTrail(store, clock),
      providers: [],
      onSessionsEnded: () => {},
      onDevicesRemoved: () => Promise.resolve(),
      reservedNames: [],
      maxSessions: 100,
      sessionLifetimeMs: Infinity,
      proofWindowMs: 300_000,
      baseUrl: "https://chat.example.org",
      product: "RealTimeChat",
    });
    return new HeldAuth({ auth, store, folder, hasher, gate, sealGate, clock });
  }

  /** Moves the clock forward. */
  ahead(ms: number): void {
    this.parts.clock.ahead += ms;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.auth.mail.idle();
    this.parts.hasher.close();
    await this.store.close();
    await this.parts.folder[Symbol.asyncDispose]();
  }
}

function heldHasher(hasher: BcryptHasher, gate: Gate): PasswordHasher {
  return {
    hash: (...args) => hasher.hash(...args),
    verify: async (...args) => {
      const same = await hasher.verify(...args);
      await gate.pass();
      return same;
    },
    isOutdated: (hash) => hasher.isOutdated(hash),
    close: () => hasher.close(),
  };
}

function heldBox(gate: Gate, sealGate: Gate): SecretBox {
  const box = secretBox(["x".repeat(43)]);
  return {
    ...box,
    seal: async (...args) => {
      await sealGate.pass();
      return await box.seal(...args);
    },
    open: async (...args) => {
      const secret = await box.open(...args);
      await gate.pass();
      return secret;
    },
  };
}
