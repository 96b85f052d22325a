import { step as accountsAndChats } from "./0001_accounts_and_chats.ts";
import { step as signInAndAudit } from "./0002_sign_in_and_audit.ts";
import { step as encryption } from "./0003_encryption.ts";
import { step as mediaAndNotifications } from "./0004_media_and_notifications.ts";
import { step as outboxById } from "./0005_outbox_by_id.ts";
import { step as meta } from "./0006_meta.ts";
import { step as purgeEarlierDeletions } from "./0007_purge_earlier_deletions.ts";
import { step as abandonedGroups } from "./0008_abandoned_groups.ts";
import { step as contacts } from "./0009_contacts.ts";
import { step as storageUsage } from "./0010_storage_usage.ts";
import { step as groupGenerations } from "./0011_group_generations.ts";
import { step as searchByBlocks } from "./0012_search_by_blocks.ts";
import { step as withdrawals } from "./0013_withdrawals.ts";
import { step as history } from "./0014_history.ts";
import { step as refreshSuccessors } from "./0015_refresh_successors.ts";
import { step as tusDetails } from "./0016_tus_details.ts";
import { step as emojiInOneForm } from "./0017_emoji_in_one_form.ts";
import { step as usersByRole } from "./0018_users_by_role.ts";
import { step as webhooks } from "./0019_webhooks.ts";
import { step as apiKeys } from "./0020_api_keys.ts";
import { step as ownUsers } from "./0021_own_users.ts";
import { step as customData } from "./0022_custom_data.ts";
import { step as historyBackups } from "./0023_history_backups.ts";
import { step as revokedTokens } from "./0024_revoked_tokens.ts";
import { step as bots } from "./0025_bots.ts";
import { step as importedChats } from "./0026_imported_chats.ts";
import { step as usersByCreation } from "./0027_users_by_creation.ts";
import { step as frozenChats } from "./0028_frozen_chats.ts";
import { step as statistics } from "./0029_statistics.ts";
import { step as shadows } from "./0030_shadows.ts";
import { step as fewerPages } from "./0031_fewer_pages.ts";
import { step as sessionsAndReportsInPages } from "./0032_sessions_and_reports_in_pages.ts";
import type { SchemaStep } from "./step.ts";

/**
 * The schema, as the steps that lead to it, one file each. A released step is never changed; a
 * change is a new step at the end. `user_version` is the number of steps that a file has had.
 *
 * Columns are named as the fields of the model (see `table.ts`).
 */
export const SCHEMA_STEPS: readonly SchemaStep[] = [
  accountsAndChats,
  signInAndAudit,
  encryption,
  mediaAndNotifications,
  outboxById,
  meta,
  purgeEarlierDeletions,
  abandonedGroups,
  contacts,
  storageUsage,
  groupGenerations,
  searchByBlocks,
  withdrawals,
  history,
  refreshSuccessors,
  tusDetails,
  emojiInOneForm,
  usersByRole,
  webhooks,
  apiKeys,
  ownUsers,
  customData,
  historyBackups,
  revokedTokens,
  bots,
  importedChats,
  usersByCreation,
  frozenChats,
  statistics,
  shadows,
  fewerPages,
  sessionsAndReportsInPages,
];
