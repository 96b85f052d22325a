import type { ProfileView } from "../api/views/user.ts";
import { ChatError } from "./chat_error.ts";
import type { ClientEvents } from "./client_events.ts";
import { type ChatClientOptions, type CheckedOptions, checkedOptions } from "./client_options.ts";
import { Emitter } from "./emitter.ts";
import { type KeyStore, memoryKeyStore } from "./mls/key_store.ts";
import { DEFAULT_TIMEOUT_MS, type Input, type Output, Rest } from "./rest.ts";
import { SignIn } from "./sign_in.ts";

/** The signed-in user, or a challenge to be answered with a second factor. */
export type SignInResult = { user: ProfileView } | { challenge: string };

/** The ways to sign in, and the signed-in user: the base of `ChatClient`. */
export abstract class SessionClient extends Emitter<ClientEvents> {
  /** @internal */
  protected readonly rest: Rest;
  /** @internal */
  protected readonly session: SignIn;
  /** @internal */
  protected readonly storage: KeyStore;

  /** @internal */
  protected readonly options: CheckedOptions;

  /** Throws `misuse` for options that can never work. */
  constructor(given: ChatClientOptions) {
    super();
    this.options = checkedOptions(given);
    this.storage = this.options.storage ?? memoryKeyStore();
    this.rest = new Rest(this.options);
    const { token, timeoutMs = DEFAULT_TIMEOUT_MS } = this.options;
    this.session = new SignIn(this.rest, this.storage, () => this.ended(), { token, timeoutMs });
  }

  /**
   * A user has signed in, or is still signed in: restores their stored state.
   * @internal
   */
  protected abstract began(): Promise<void>;

  /**
   * The session is over.
   * @internal
   */
  protected abstract ended(): void;

  /** Null if no user is signed in. */
  get user(): ProfileView | null {
    return this.session.user;
  }

  get userId(): string {
    if (this.user) return this.user.id;
    throw new ChatError("signed_out", "Nobody is signed in");
  }

  async register(account: Input<"auth.register">): Promise<ProfileView> {
    return await this.#start(await this.rest.call("auth.register", account));
  }

  /**
   * With a second factor there is no session yet: pass the challenge and a code to
   * `answerChallenge`.
   */
  async signIn(credentials: Input<"auth.login">): Promise<SignInResult> {
    const deviceToken = await this.session.deviceToken();
    return await this.#begin(await this.rest.call("auth.login", { deviceToken, ...credentials }));
  }

  /**
   * `code`: six digits from the authenticator, or a recovery code. Throws `unauthenticated` if it
   * is wrong.
   */
  async answerChallenge(challenge: string, code: string): Promise<ProfileView> {
    const answer = await this.rest.call("secondFactor.verify", { challenge, code });
    return await this.#start(answer as Extract<typeof answer, { user: unknown }>);
  }

  /**
   * Signs in with the `idToken` of Google's SDK, or with a `code`; creates an account on first use.
   */
  async signInWithGoogle(proof: Input<"auth.google">): Promise<SignInResult> {
    return await this.#begin(await this.rest.call("auth.google", proof));
  }

  /**
   * Signs in with the `idToken` of Facebook's SDK, or with a `code`; creates an account on first
   * use.
   */
  async signInWithFacebook(proof: Input<"auth.facebook">): Promise<SignInResult> {
    return await this.#begin(await this.rest.call("auth.facebook", proof));
  }

  /**
   * Signs in with an `idToken` or a `code` of any provider that `auth.providers` lists; creates an
   * account on first use.
   */
  async signInWith(proof: Input<"auth.oidc">): Promise<SignInResult> {
    return await this.#begin(await this.rest.call("auth.oidc", proof));
  }

  async #begin(answer: Output<"auth.login">): Promise<SignInResult> {
    if ("twoFactorRequired" in answer) return { challenge: answer.challenge };
    return { user: await this.#start(answer) };
  }

  /** Uses the session that another way of signing in (a provider, a second factor) returned. */
  async useSession(
    pair: {
      user: ProfileView;
      accessToken: string;
      refreshToken: string;
      expiresIn: number;
      deviceToken?: string;
    },
  ): Promise<ProfileView> {
    return await this.#start(pair);
  }

  /** Resumes the session of an earlier run; null if there is none. */
  async resume(): Promise<ProfileView | null> {
    const user = await this.session.resume();
    if (user) await this.began();
    return user;
  }

  async signOut(): Promise<void> {
    await this.session.withToken((token) => this.rest.call("auth.logout", {}, token)).catch(
      () => {},
    );
    await this.session.end();
  }

  /**
   * The person of the app's own sign-in, as the server knows them. Another person than before ends
   * this client.
   * @internal
   */
  protected async greeted(user: ProfileView): Promise<void> {
    if (!this.options.token || this.user?.id === user.id) return;
    try {
      await this.#start({ user, accessToken: "", refreshToken: "", expiresIn: 0 });
    } catch (error) {
      this.emit("fault", error);
      await this.session.end();
      throw error;
    }
  }

  async #start(pair: Parameters<SignIn["begin"]>[0]): Promise<ProfileView> {
    const user = await this.session.begin(pair);
    await this.began();
    return user;
  }
}
