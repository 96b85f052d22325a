import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Mailer } from "../mail/mailer.ts";
import type { Device } from "../model/device.ts";
import { MailTemplates } from "../mail/mail_templates.ts";
import { type RateLimiter, requireUse } from "../cluster/rate_limiter.ts";
import type { Store } from "../store/store.ts";
import { AccountChanges, type AccountChangesOptions } from "./account_changes.ts";
import { AccountLinks } from "./account_links.ts";
import { AccountMail } from "./account_mail.ts";
import { Accounts } from "./accounts.ts";
import { BruteForceGuard } from "./brute_force_guard.ts";
import type { AuditTrail } from "../audit/audit_trail.ts";
import { EmailChanges } from "./email_changes.ts";
import { EmailConfirmation } from "./email_confirmation.ts";
import { EmailUndo } from "./email_undo.ts";
import type { AuthServices } from "./handlers.ts";
import { HeldKeys } from "./held_keys.ts";
import type { IdentityProvider } from "./providers/identity_provider.ts";
import { MailLimit } from "./mail_limit.ts";
import { OneTimeTokens } from "./one_time_tokens.ts";
import type { PasswordHasher } from "./password_hasher.ts";
import { Passwords } from "./passwords.ts";
import { ProviderProofs } from "./providers/proofs.ts";
import { ProviderSignIn } from "./providers/sign_in.ts";
import { Reauthentication } from "./reauthentication.ts";
import { StepUp } from "./step_up.ts";
import { SecondFactor } from "./second_factor.ts";
import { ReservedNames } from "./reserved_names.ts";
import type { SecretBox } from "./secret_box.ts";
import { Sessions } from "./sessions.ts";
import { SignIn } from "./sign_in.ts";
import type { Tokens } from "./tokens.ts";

export interface AuthOptions {
  store: Store;
  clock: Clock;
  log: Log;
  hasher: PasswordHasher;
  tokens: Tokens;
  limiter: RateLimiter;
  mailer: Mailer;
  box: SecretBox;
  providers: IdentityProvider[];
  onSessionsEnded: AccountChangesOptions["onSessionsEnded"];
  /** Called with the encryption devices that an account change removed. */
  onDevicesRemoved: (userId: string, devices: Device[]) => Promise<void>;
  audit: AuditTrail;
  /** False if accounts with a password cannot be opened. */
  localRegistration: boolean;
  /** Usernames that cannot be chosen. */
  reservedNames: readonly string[];
  maxSessions: number;
  /** Milliseconds after which a session ends, however often it refreshes. */
  sessionLifetimeMs: number;
  /** Milliseconds for which a proof of identity counts as recent. */
  proofWindowMs: number;
  /** Base URL of the links in mails; without a trailing slash. */
  baseUrl: string;
  /** Product name shown in mails and in authenticator apps. */
  product: string;
}

/**
 * A session refreshes once in a while; far more often means a loop or an attacker who guesses.
 */
const REFRESHES = { count: 120, periodMs: 60_000 };

/** Creates the services of authentication and connects them. */
export function createAuth(options: AuthOptions): AuthServices {
  const { store, clock, log, limiter, mailer, box, hasher, audit, product: issuer } = options;
  const tokens = new OneTimeTokens(store, clock);
  const mail = new AccountMail({
    mailer,
    templates: new MailTemplates(issuer),
    tokens,
    limit: new MailLimit(limiter),
    baseUrl: options.baseUrl,
    clock,
    log,
  });
  const guard = new BruteForceGuard(limiter, store);
  const proof = new StepUp(clock, options.proofWindowMs);
  const changes = new AccountChanges({
    ...options,
    audit,
    onDevicesRemoved: (userId, devices) =>
      mail.inBackground(
        "Announcing removed encryption devices",
        () => options.onDevicesRemoved(userId, devices),
      ),
  });
  const held = new HeldKeys(tokens, "held_email");
  const heldNames = new HeldKeys(tokens, "held_username");
  const reserved = new ReservedNames(options.reservedNames);
  const accounts = new Accounts({
    store,
    hasher,
    changes,
    held,
    heldNames,
    reserved,
    localRegistration: options.localRegistration,
    product: issuer,
    audit,
    clock,
  });
  const sessions = createSessions(options, changes, mail);
  const shared = { store, accounts, sessions, tokens, guard, proof, audit, changes, mail, clock };
  const secondFactor = new SecondFactor({ ...shared, box, log, issuer });
  const signIn = new SignIn({ ...shared, secondFactor });
  const links = new AccountLinks(store, tokens, signIn);
  const proofs = new ProviderProofs(options.providers, tokens);
  const providerSignIn = new ProviderSignIn({ ...shared, signIn, proofs });
  return {
    ...shared,
    heldNames,
    signIn,
    secondFactor,
    providerSignIn,
    providerProofs: proofs,
    links,
    passwords: new Passwords({ ...shared, signIn, links }),
    emailConfirmation: new EmailConfirmation({ ...shared, links }),
    emailChanges: new EmailChanges({ ...shared, links, held }),
    emailUndo: new EmailUndo({ ...shared, links }),
    reauthentication: new Reauthentication({ ...shared, signIn, secondFactor, providerSignIn }),
  };
}

function createSessions(
  options: AuthOptions,
  changes: AccountChanges,
  mail: AccountMail,
): Sessions {
  const { store, tokens, clock, limiter } = options;
  return new Sessions({
    store,
    tokens,
    changes,
    clock,
    onEnded: options.onSessionsEnded,
    maxPerUser: options.maxSessions,
    lifetimeMs: options.sessionLifetimeMs,
    onReuse: (user, visitor) => mail.notice("refresh_token_reused", user, visitor),
    limitRefresh: (sessionId) => {
      const refusal = "Cannot refresh: this session refreshes too often";
      return requireUse(limiter, `refresh_session:${sessionId}`, REFRESHES, refusal);
    },
  });
}
