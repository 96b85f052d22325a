/** The parts of Mattermost's bulk export that are converted, by the type of their line. */
export interface MattermostLine {
  type: string;
  channel?: MattermostChannel;
  user?: MattermostUser;
  bot?: { username: string; display_name?: string; description?: string };
  post?: MattermostPost;
  direct_channel?: MattermostDirectChannel;
  direct_post?: MattermostPost;
}

export interface MattermostChannel {
  team: string;
  name: string;
  display_name?: string;
  header?: string;
  purpose?: string;
}

export interface MattermostUser {
  username: string;
  nickname?: string;
  first_name?: string;
  last_name?: string;
  position?: string;
  teams?: {
    name: string;
    channels?: { name: string; roles?: string }[] | null;
  }[] | null;
}

export interface MattermostDirectChannel {
  members?: string[] | null;
  /** In exports of later versions. */
  participants?: { username: string }[] | null;
}

/** A post, or a reply within one. Times are milliseconds. */
export interface MattermostPost {
  team?: string;
  channel?: string;
  channel_members?: string[];
  user: string;
  /** Empty for what people have written. */
  type?: string;
  message?: string;
  create_at: number;
  edit_at?: number | null;
  reactions?: { user: string; emoji_name: string }[] | null;
  replies?: MattermostPost[] | null;
  attachments?: { path: string }[] | null;
  is_pinned?: boolean | null;
  props?: Record<string, unknown> | null;
}
