/** `blockerId` has blocked `blockedId`, who is not notified. */
export interface Block {
  blockerId: string;
  blockedId: string;
  createdAt: number;
}
