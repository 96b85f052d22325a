import type { Store } from "../../../src/store/store.ts";
import { abandonedGroupContract } from "./abandoned_groups.ts";
import { accountContract } from "./accounts.ts";
import { apiKeyContract } from "./api_keys.ts";
import { arrivalContract } from "./arrivals.ts";
import { auditContract } from "./audit.ts";
import { botContract } from "./bots.ts";
import { blockContract } from "./blocks.ts";
import { boundedListContract } from "./bounded_lists.ts";
import { chatContract } from "./chats.ts";
import { contactContract } from "./contacts.ts";
import { customDataContract } from "./custom_data.ts";
import { encryptionContract } from "./encryption.ts";
import { erasureContract } from "./erasures.ts";
import { historyBackupContract } from "./history_backups.ts";
import { identityContract } from "./identities.ts";
import { leaseContract } from "./leases.ts";
import { lifecycleContract } from "./lifecycle.ts";
import { mediaContract } from "./media.ts";
import { membershipContract } from "./memberships.ts";
import { messageContract } from "./messages.ts";
import { notificationContract } from "./notifications.ts";
import { oneTimeTokenContract } from "./one_time_tokens.ts";
import { outboxContract } from "./outbox.ts";
import { pushDeviceContract } from "./push_devices.ts";
import { shownPushContract } from "./shown_pushes.ts";
import { raceContract } from "./races.ts";
import { reportContract } from "./reports.ts";
import { rowPortContract } from "./row_port.ts";
import { searchContract } from "./search.ts";
import { sessionContract } from "./sessions.ts";
import { statisticContract } from "./statistics.ts";
import { settingContract } from "./settings.ts";
import { userContract } from "./users.ts";
import { webhookContract } from "./webhooks.ts";

/** An empty store, and as many more instances on the same database as requested. */
export interface OpenedStore extends AsyncDisposable {
  store: Store;
  /**
   * Opens another instance on the same database, as a second process would; disposal closes it too.
   */
  second(): Promise<Store>;
}

export type OpenStore = () => Promise<OpenedStore>;

/** Registers a test that gets a fresh, empty store. */
export type ContractTest = (
  title: string,
  run: (store: Store, opened: OpenedStore) => Promise<void>,
) => void;

/**
 * Contract of every Store adapter. A new entity is a new file beside this one and a line in the
 * list below.
 */
const CONTRACTS: Record<string, (test: ContractTest) => void> = {
  lifecycle: lifecycleContract,
  users: userContract,
  accounts: accountContract,
  sessions: sessionContract,
  arrivals: arrivalContract,
  "API keys": apiKeyContract,
  chats: chatContract,
  memberships: membershipContract,
  messages: messageContract,
  search: searchContract,
  blocks: blockContract,
  bots: botContract,
  contacts: contactContract,
  "custom data": customDataContract,
  reports: reportContract,
  identities: identityContract,
  "one-time tokens": oneTimeTokenContract,
  audit: auditContract,
  erasures: erasureContract,
  media: mediaContract,
  leases: leaseContract,
  notifications: notificationContract,
  "push devices": pushDeviceContract,
  "history backups": historyBackupContract,
  "shown pushes": shownPushContract,
  outbox: outboxContract,
  settings: settingContract,
  statistics: statisticContract,
  webhooks: webhookContract,
  encryption: encryptionContract,
  "abandoned groups": abandonedGroupContract,
  races: raceContract,
  "bounded lists": boundedListContract,
  rows: rowPortContract,
};

/** `options` are those of Deno.test: `ignore`, where the service behind the adapter is absent. */
export function storeContract(
  name: string,
  open: OpenStore,
  options: Pick<Deno.TestDefinition, "ignore" | "sanitizeOps" | "sanitizeResources"> = {},
): void {
  for (const [area, contract] of Object.entries(CONTRACTS)) {
    contract((title, run) => {
      Deno.test({
        ...options,
        name: `${name} store, ${area}: ${title}`,
        fn: async () => {
          await using opened = await open();
          await run(opened.store, opened);
        },
      });
    });
  }
}
