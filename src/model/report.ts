export type ReportReason = "spam" | "abuse" | "violence" | "sexual" | "impersonation" | "other";

export interface Report {
  id: string;
  reporterId: string;
  userId: string;
  messageId: string | null;
  reason: ReportReason;
  details: string;
  /**
   * The message as it was when it was reported, so that deleting it does not delete the evidence.
   */
  evidence: string | null;
  createdAt: number;
  resolvedAt: number | null;
  resolvedBy: string | null;
}
