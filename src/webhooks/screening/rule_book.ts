import type { AuditTrail } from "../../audit/audit_trail.ts";
import type { SecretBox } from "../../auth/secret_box.ts";
import type { Clock } from "../../core/clock.ts";
import { AppError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { Resolve } from "../../core/public_lookup.ts";
import { newWebhookSecret, signingKey, webhookKey } from "../../core/webhook_signature.ts";
import type { AuditAction } from "../../model/audit_entry.ts";
import type { Caller, ServerCaller } from "../../model/caller.ts";
import { type Filters, type MessageHookSetting, NO_FILTERS } from "../../model/filters.ts";
import type { Store } from "../../store/store.ts";
import { requireEndpointUrl } from "../endpoint_url.ts";
import { secretOwner } from "../secrets.ts";
import type { OpenHook } from "./message_hook.ts";
import type { Rules } from "./screening.ts";
import { WordList } from "./word_list.ts";

/** A hook that the environment configures; it takes the place of the administrators'. */
export interface ConfiguredHook {
  url: string;
  secret: string;
  onFailure: "allow" | "refuse";
}

export interface RuleBookOptions {
  store: Pick<Store, "settings">;
  box: SecretBox;
  audit: Pick<AuditTrail, "by">;
  clock: Clock;
  log: Log;
  allowedOrigins: readonly string[];
  configured: ConfiguredHook | null;
  resolve?: Resolve;
  /** Tells the other instances to read the rules again. */
  announce(): void;
}

export interface HookView {
  url: string;
  onFailure: "allow" | "refuse";
  /** True if the environment configures it. */
  fixed: boolean;
}

const FILTERS = "filters";
/** Id of the hook's setting. */
export const HOOK = "messageHook";
const OWNER = secretOwner(HOOK);

/** The filters and the hook, as administrators keep them and as this instance applies them. */
export class RuleBook {
  #rules: Rules | null = null;
  /** The sealed secret that was reported as unreadable: the rules are read every few seconds. */
  #reported = "";

  constructor(private readonly options: RuleBookOptions) {}

  /** Null while there are none. */
  get rules(): Rules | null {
    return this.#rules;
  }

  /** Reads the rules; until then none apply. */
  async refresh(): Promise<void> {
    const settings = new Map(
      (await this.options.store.settings.list()).map((row) => [row.id, row]),
    );
    const filters = (settings.get(FILTERS)?.value ?? NO_FILTERS) as Filters;
    const hook = await this.#open(settings.get(HOOK)?.value as MessageHookSetting | undefined);
    const { allow, newMemberSeconds } = filters.links;
    const isIdle = filters.words.length === 0 && allow === "any" && newMemberSeconds === 0;
    if (isIdle && hook === null) {
      this.#rules = null;
      return;
    }
    const filtersBy = settings.get(FILTERS)?.updatedBy ?? null;
    this.#rules = { filters, words: new WordList(filters.words), filtersBy, hook };
  }

  async filters(): Promise<Filters> {
    const found = await this.options.store.settings.byId(FILTERS);
    return (found?.value ?? NO_FILTERS) as Filters;
  }

  async setFilters(caller: Caller | ServerCaller, filters: Filters): Promise<Filters> {
    const hosts = filters.links.hosts.map((host) => host.toLowerCase());
    const value = { ...filters, links: { ...filters.links, hosts } };
    await this.#put(caller, FILTERS, value);
    await this.#changed(caller, "filters.changed", { words: String(filters.words.length) });
    return value;
  }

  /** Null if there is none. */
  async hook(): Promise<HookView | null> {
    const { configured, store } = this.options;
    if (configured !== null) {
      return { url: configured.url, onFailure: configured.onFailure, fixed: true };
    }
    const found = (await store.settings.byId(HOOK))?.value as MessageHookSetting | undefined;
    return found ? { url: found.url, onFailure: found.onFailure, fixed: false } : null;
  }

  /** Each call makes a new secret. */
  async setHook(
    caller: Caller | ServerCaller,
    { url, onFailure }: Omit<HookView, "fixed">,
  ): Promise<HookView & { secret: string }> {
    const { box, allowedOrigins, resolve } = this.options;
    this.#requireFree();
    await requireEndpointUrl(url, allowedOrigins, resolve);
    const secret = newWebhookSecret();
    const setting = { url, onFailure, sealedSecret: await box.seal(secret, OWNER) };
    await this.#put(caller, HOOK, setting satisfies MessageHookSetting);
    await this.#changed(caller, "hook.changed", { url: new URL(url).origin, onFailure });
    return { url, onFailure, fixed: false, secret };
  }

  async removeHook(caller: Caller | ServerCaller): Promise<void> {
    this.#requireFree();
    await this.options.store.settings.remove(HOOK);
    await this.#changed(caller, "hook.changed", { url: "none" });
  }

  async #open(setting: MessageHookSetting | undefined): Promise<OpenHook | null> {
    const { configured, box } = this.options;
    if (configured !== null) {
      const { url, secret, onFailure } = configured;
      return { url, key: signingKey(webhookKey(secret)!), onFailure };
    }
    if (setting === undefined) return null;
    const secret = await box.open(setting.sealedSecret, OWNER)
      .catch((error) => this.#unreadable(setting, error));
    return { url: setting.url, key: signingKey(webhookKey(secret)!), onFailure: setting.onFailure };
  }

  /**
   * Sealed under a key that is gone. The backend refuses the signature of another secret, so that
   * `onFailure` decides, and the server starts.
   */
  #unreadable({ sealedSecret }: MessageHookSetting, error: unknown): string {
    if (this.#reported !== sealedSecret) {
      const message =
        "Cannot read the secret of the message hook: set the hook again, or restore " +
        "the ENCRYPTION_KEY under which it was stored";
      this.options.log.error(message, { error });
    }
    this.#reported = sealedSecret;
    return newWebhookSecret();
  }

  #requireFree(): void {
    if (this.options.configured === null) return;
    const message = "Cannot change the message hook: MESSAGE_HOOK_URL configures it";
    throw new AppError("conflict", message);
  }

  async #put(caller: Caller | ServerCaller, id: string, value: unknown): Promise<void> {
    const updatedBy = caller.userId ?? caller.key.id;
    await this.options.store.settings.put({
      id,
      value,
      updatedBy,
      updatedAt: this.options.clock.now(),
    });
  }

  async #changed(
    caller: Caller | ServerCaller,
    action: AuditAction,
    details: Record<string, string>,
  ): Promise<void> {
    await this.options.audit.by(caller, { action, details });
    await this.refresh();
    this.options.announce();
  }
}
