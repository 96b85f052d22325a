import type { Clock } from "../core/clock.ts";
import { fieldError, notFound } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import type { Caller, ServerCaller } from "../model/caller.ts";
import { visibleTo } from "../model/membership.ts";
import type { Message } from "../model/message.ts";
import type { Report, ReportReason } from "../model/report.ts";
import type { AuditTrail } from "../audit/audit_trail.ts";
import type { Store } from "../store/store.ts";
import { messageView } from "../api/views/message.ts";

export interface NewReport {
  userId: string;
  messageId?: string;
  reason: ReportReason;
  details: string;
}

export interface ReportsOptions {
  store: Pick<Store, "reports" | "users" | "messages" | "memberships">;
  audit: AuditTrail;
  clock: Clock;
  /** True if the caller may learn that the person exists. */
  mayName(callerId: string, userId: string): Promise<boolean>;
}

/** Reports of users to the administrators. The reported user is not notified. */
export class Reports {
  constructor(private readonly options: ReportsOptions) {}

  /** Stores a copy of the message, so that deleting the message does not delete the evidence. */
  async create(caller: Caller, { userId, messageId, reason, details }: NewReport): Promise<Report> {
    if (userId === caller.userId) {
      throw fieldError(
        "invalid_request",
        "userId",
        "Cannot report this user: it is your own account",
      );
    }
    const message = messageId === undefined
      ? null
      : await this.#visibleMessage(caller.userId, messageId);
    const isKnown = message?.senderId === userId ||
      await this.options.mayName(caller.userId, userId);
    if (!isKnown || !await this.options.store.users.byId(userId)) throw notFound("user", userId);
    if (message && message.senderId !== userId) {
      throw fieldError(
        "invalid_request",
        "messageId",
        "Cannot report the message: another user sent it",
      );
    }
    const report: Report = {
      id: newId(),
      reporterId: caller.userId,
      userId,
      messageId: message?.id ?? null,
      reason,
      details,
      evidence: message && JSON.stringify(messageView(message)),
      createdAt: this.options.clock.now(),
      resolvedAt: null,
      resolvedBy: null,
    };
    await this.options.store.reports.create(report);
    const note = { action: "user.reported" as const, details: { reportId: report.id } };
    await this.options.audit.own(caller.userId, caller, note);
    return report;
  }

  list(query: { open: boolean; before: string | null; limit: number }): Promise<Report[]> {
    return this.options.store.reports.list(query);
  }

  /** Resolving a report again changes nothing. */
  async resolve(
    caller: Caller | ServerCaller,
    reportId: string,
    decision: string,
  ): Promise<Report> {
    const report = await this.options.store.reports.resolve(
      reportId,
      caller.userId,
      this.options.clock.now(),
    );
    if (!report) throw notFound("report", reportId);
    await this.options.audit.by(caller, {
      action: "report.resolved",
      details: { reportId, decision },
    });
    return report;
  }

  /** A former member has still seen the messages sent before leaving. */
  async #visibleMessage(userId: string, messageId: string): Promise<Message> {
    const message = await this.options.store.messages.byId(messageId);
    const member = message && await this.options.store.memberships.of(message.chatId, userId);
    const seen = member && visibleTo(member, [message]).length > 0 &&
      (member.leftAt === null || message.createdAt <= member.leftAt);
    if (!seen) throw notFound("message", messageId);
    return message;
  }
}
