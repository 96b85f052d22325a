/** `blockerId` wants nothing from `blockedId`, who is not told. */
export interface Block {
  blockerId: string;
  blockedId: string;
  createdAt: number;
}
