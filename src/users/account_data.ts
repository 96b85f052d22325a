import { toTimestamp, toTimestampOrNull } from "../core/clock.ts";
import { inPages } from "../core/in_pages.ts";
import { type AuditEntry, isEntryFor } from "../model/audit_entry.ts";
import type { Report } from "../model/report.ts";
import type { Session } from "../model/session.ts";
import type { Store } from "../store/store.ts";
import { profileView } from "../api/views/user.ts";
import { type ExportSection, lazily, type PersonalData } from "./personal_data.ts";

const PAGE = 200;

/**
 * Personal data of the account itself: profile, sessions, linked providers, blocks, reports, audit
 * trail.
 */
export class AccountData implements PersonalData {
  readonly name = "account";

  constructor(
    private readonly store: Pick<
      Store,
      | "users"
      | "sessions"
      | "identities"
      | "blocks"
      | "reports"
      | "audit"
      | "oneTimeTokens"
      | "statistics"
    >,
  ) {}

  sections(userId: string): ExportSection[] {
    const { users, sessions, identities, blocks, reports } = this.store;
    return [
      {
        name: "profile",
        rows: lazily(async () => {
          const user = await users.byId(userId);
          return user
            ? [{ ...profileView(user), lastSeenAt: toTimestampOrNull(user.lastSeenAt) }]
            : [];
        }),
      },
      {
        name: "sessions",
        rows: viewed(inPages(PAGE, (page) => sessions.ofUser(userId, page)), session),
      },
      {
        name: "linkedProviders",
        rows: lazily(async () =>
          (await identities.ofUser(userId)).map(({ provider, subject, email, linkedAt }) => ({
            provider,
            subject,
            email,
            linkedAt: toTimestamp(linkedAt),
          }))
        ),
      },
      {
        name: "blocked",
        rows: lazily(async () =>
          (await blocks.by(userId)).map(({ blockedId, createdAt }) => ({
            userId: blockedId,
            blockedAt: toTimestamp(createdAt),
          }))
        ),
      },
      {
        name: "reportsMade",
        rows: viewed(inPages(PAGE, (page) => reports.byReporter(userId, page)), report),
      },
      { name: "audit", rows: this.#audit(userId) },
    ];
  }

  /** The row stays, anonymized, because chats keep tombstones and refer to their senders. */
  async erase(userId: string): Promise<void> {
    const { sessions, blocks, reports, audit, oneTimeTokens, statistics } = this.store;
    await oneTimeTokens.deleteForUser(userId);
    for (const { blockedId } of await blocks.by(userId)) await blocks.remove(userId, blockedId);
    for (const { blockerId } of await blocks.against(userId)) {
      await blocks.remove(blockerId, userId);
    }
    await reports.redactReportsAbout(userId);
    await reports.redactBy(userId);
    await audit.redactTracesOf(userId);
    await sessions.deleteAllOf(userId);
    await statistics.deleteActiveOf(userId);
  }

  async *#audit(userId: string): AsyncIterable<unknown> {
    for await (const entry of inPages(PAGE, (page) => this.store.audit.ofUser(userId, page))) {
      if (isEntryFor(userId, entry)) yield auditRow(entry, userId);
    }
  }
}

async function* viewed<Row>(
  rows: AsyncIterable<Row>,
  view: (row: Row) => unknown,
): AsyncIterable<unknown> {
  for await (const row of rows) yield view(row);
}

/** The origin of an action is personal data of its actor, and is left out for other users. */
function auditRow(entry: AuditEntry, userId: string) {
  const own = entry.actorId === userId;
  const { address, userAgent } = entry;
  return {
    ...entry,
    at: toTimestamp(entry.at),
    address: own ? address : null,
    userAgent: own ? userAgent : null,
  };
}

function session({ refreshHash: _, previousHash: __, ...row }: Session) {
  return {
    ...row,
    createdAt: toTimestamp(row.createdAt),
    lastUsedAt: toTimestamp(row.lastUsedAt),
    authenticatedAt: toTimestamp(row.authenticatedAt),
    rotatedAt: toTimestampOrNull(row.rotatedAt),
    expiresAt: toTimestamp(row.expiresAt),
    endedAt: toTimestampOrNull(row.endedAt),
  };
}

/** The deciding administrator is that person's data, and is left out. */
function report({ reporterId: _, resolvedBy: __, evidence: ___, ...row }: Report) {
  return {
    ...row,
    createdAt: toTimestamp(row.createdAt),
    resolvedAt: toTimestampOrNull(row.resolvedAt),
  };
}
