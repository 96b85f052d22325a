import { toTimestamp } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { Caller } from "../model/caller.ts";
import type { Identity } from "../model/identity.ts";
import type { Session } from "../model/session.ts";
import { bind, type Bound } from "../operations/handler.ts";
import { isCaller } from "../operations/rate_key.ts";
import { profileView } from "../api/views/user.ts";
import type { AccountChanges } from "./account_changes.ts";
import type { AccountLinks } from "./account_links.ts";
import type { AccountMail } from "./account_mail.ts";
import type { Accounts } from "./accounts.ts";
import type { AuditTrail } from "../audit/audit_trail.ts";
import * as credentials from "../api/operations/credentials.ts";
import type { EmailChanges } from "./email_changes.ts";
import type { EmailConfirmation } from "./email_confirmation.ts";
import type { EmailUndo } from "./email_undo.ts";
import type { HeldKeys } from "./held_keys.ts";
import type { OneTimeTokens } from "./one_time_tokens.ts";
import * as operations from "../api/operations/auth.ts";
import type { Passwords } from "./passwords.ts";
import * as providers from "../api/operations/providers.ts";
import type { ProviderProofs } from "./providers/proofs.ts";
import type { ProviderSignIn } from "./providers/sign_in.ts";
import type { Reauthentication } from "./reauthentication.ts";
import type { StepUp } from "./step_up.ts";
import type { SecondFactor } from "./second_factor.ts";
import * as factors from "../api/operations/second_factor.ts";
import * as sessionOperations from "../api/operations/sessions.ts";
import type { Sessions } from "./sessions.ts";
import type { SignIn, SignInResult } from "./sign_in.ts";

export interface AuthServices {
  accounts: Accounts;
  sessions: Sessions;
  signIn: SignIn;
  secondFactor: SecondFactor;
  passwords: Passwords;
  links: AccountLinks;
  emailConfirmation: EmailConfirmation;
  emailChanges: EmailChanges;
  emailUndo: EmailUndo;
  providerSignIn: ProviderSignIn;
  providerProofs: ProviderProofs;
  reauthentication: Reauthentication;
  proof: StepUp;
  tokens: OneTimeTokens;
  heldNames: HeldKeys;
  audit: AuditTrail;
  changes: AccountChanges;
  mail: AccountMail;
}

export function authHandlers(services: AuthServices): Bound[] {
  return [
    ...signInMethods(services),
    ...sessionHandlers(services),
    ...secondFactorHandlers(services),
    ...credentialHandlers(services),
    ...emailHandlers(services),
    ...providerHandlers(services),
  ];
}

function signInMethods({ accounts, sessions, signIn, mail }: AuthServices): Bound[] {
  return [
    bind(operations.register, async (visitor, { deviceName, ...registration }) => {
      const user = await accounts.register(visitor, registration);
      mail.verification(user);
      const { pair, deviceToken } = await sessions.open(user.id, visitor, deviceName);
      return { user: profileView(user), ...pair, deviceToken };
    }),
    bind(operations.login, async (visitor, input) => {
      return signInView(await signIn.withPassword(visitor, input));
    }),
    bind(operations.refreshToken, async (visitor, { refreshToken }) => {
      return await sessions.refresh(refreshToken, visitor);
    }),
    bind(operations.logout, async (caller) => {
      await sessions.endOwn(caller, caller.sessionId, "logout");
    }),
  ];
}

function sessionHandlers({ sessions }: AuthServices): Bound[] {
  return [
    bind(sessionOperations.listSessions, async (caller) => {
      const found = await sessions.list(caller.userId);
      return { items: found.map((session) => sessionView(session, caller)), next: null };
    }),
    bind(sessionOperations.endSession, async (caller, { sessionId }) => {
      await sessions.endOwn(caller, sessionId);
    }),
    bind(sessionOperations.endOtherSessions, async (caller) => {
      return { ended: await sessions.endOthers(caller) };
    }),
  ];
}

function secondFactorHandlers({ secondFactor, signIn }: AuthServices): Bound[] {
  return [
    bind(factors.enableSecondFactor, (caller) => secondFactor.begin(caller)),
    bind(factors.verifySecondFactor, async (visitor, { challenge, code }) => {
      if (challenge !== undefined) {
        return signInView(await signIn.withChallenge(visitor, challenge, code)) as SignedInView;
      }
      if (isCaller(visitor)) return { recoveryCodes: await secondFactor.confirm(visitor, code) };
      const message =
        "Cannot verify the code: it needs the challenge of a sign-in or an access token";
      throw new AppError("unauthenticated", message);
    }),
    bind(factors.disableSecondFactor, async (caller, { code }) => {
      await secondFactor.disable(caller, code);
    }),
    bind(factors.renewRecoveryCodes, async (caller, { code }) => {
      return { recoveryCodes: await secondFactor.renewCodes(caller, code) };
    }),
    bind(factors.getSecondFactor, (caller) => secondFactor.state(caller)),
  ];
}

function credentialHandlers(services: AuthServices): Bound[] {
  const { reauthentication, passwords, accounts, proof } = services;
  return [
    bind(credentials.reauthenticate, async (caller, input) => {
      return { authenticatedAt: toTimestamp(await reauthentication.prove(caller, input)) };
    }),
    bind(credentials.changePassword, async (caller, input) => {
      await passwords.change(caller, input);
    }),
    bind(credentials.forgotPassword, (_visitor, { email }) => {
      passwords.forgot(email);
      return Promise.resolve(ACCEPTED);
    }),
    bind(credentials.resetPassword, async (visitor, { token, password }) => {
      await passwords.reset(visitor, token, password);
    }),
    bind(credentials.changeUsername, async (caller, { username }) => {
      proof.require(caller, "Cannot change the username");
      return profileView(await accounts.rename(caller, username));
    }),
  ];
}

function emailHandlers({ emailConfirmation, emailChanges, emailUndo }: AuthServices): Bound[] {
  return [
    bind(credentials.askVerification, async (caller) => {
      await emailConfirmation.askAgain(caller);
      return ACCEPTED;
    }),
    bind(credentials.verifyEmail, async (visitor, input) => {
      await emailConfirmation.confirm(visitor, input);
    }),
    bind(credentials.changeEmail, async (caller, { email }) => {
      await emailChanges.request(caller, email);
      return ACCEPTED;
    }),
    bind(credentials.confirmEmailChange, async (visitor, input) => {
      await emailChanges.confirm(visitor, input);
    }),
    bind(credentials.undoEmailChange, async (visitor, { token, password }) => {
      await emailUndo.undo(visitor, token, password);
    }),
  ];
}

function providerHandlers({ providerSignIn, providerProofs }: AuthServices): Bound[] {
  return [
    bind(providers.google, async (visitor, input) => {
      return signInView(await providerSignIn.signIn(visitor, "google", input));
    }),
    bind(providers.facebook, async (visitor, input) => {
      return signInView(await providerSignIn.signIn(visitor, "facebook", input));
    }),
    bind(providers.oidc, async (visitor, { provider, ...input }) => {
      return signInView(await providerSignIn.signIn(visitor, provider, input));
    }),
    bind(providers.listProviders, () => {
      return Promise.resolve({ items: providerProofs.offered(), next: null });
    }),
    bind(providers.startOAuth, (visitor, { provider, redirectUri }) => {
      return providerProofs.start(visitor, provider, redirectUri);
    }),
    bind(providers.listIdentities, async (caller) => {
      return { items: (await providerSignIn.list(caller)).map(identityView), next: null };
    }),
    bind(providers.linkIdentity, async (caller, { provider, ...proof }) => {
      await providerSignIn.link(caller, provider, proof);
    }),
    bind(providers.unlinkIdentity, async (caller, { provider }) => {
      await providerSignIn.unlink(caller, provider);
    }),
  ];
}

const ACCEPTED = { accepted: true } as const;

type SignedInView = Exclude<ReturnType<typeof signInView>, { twoFactorRequired: true }>;

function signInView(result: SignInResult) {
  if ("challenge" in result) return { twoFactorRequired: true as const, ...result };
  const { user, pair, deviceToken } = result;
  return { user: profileView(user), ...pair, deviceToken };
}

function sessionView(session: Session, caller: Caller) {
  const { id, deviceName, userAgent, address } = session;
  return {
    id,
    deviceName,
    userAgent,
    address,
    createdAt: toTimestamp(session.createdAt),
    lastUsedAt: toTimestamp(session.lastUsedAt),
    expiresAt: toTimestamp(session.expiresAt),
    current: id === caller.sessionId,
  };
}

function identityView({ provider, email, linkedAt }: Identity) {
  return { provider, email, linkedAt: toTimestamp(linkedAt) };
}
