/** The parts of Slack's export that are converted; any of them may be missing. */
export interface SlackUser {
  id: string;
  name?: string;
  is_bot?: boolean;
  real_name?: string;
  profile?: {
    display_name?: string;
    real_name?: string;
    title?: string;
    bot_id?: string;
    image_512?: string;
    image_192?: string;
  };
}

export interface SlackChannel {
  id: string;
  name?: string;
  /** Seconds. */
  created?: number;
  creator?: string;
  members?: string[];
  purpose?: { value?: string };
  topic?: { value?: string };
  pins?: { id?: string; created?: number }[];
}

export interface SlackFile {
  id: string;
  name?: string;
  title?: string;
  /** `tombstone` and `hidden_by_limit` have no bytes, `external` ones are elsewhere. */
  mode?: string;
  is_external?: boolean;
  url_private?: string;
  url_private_download?: string;
}

export interface SlackAttachment {
  fallback?: string;
  title?: string;
  title_link?: string;
  text?: string;
}

export interface SlackMessage {
  type?: string;
  subtype?: string;
  user?: string;
  bot_id?: string;
  /** Name of a bot. */
  username?: string;
  user_profile?: { real_name?: string; display_name?: string; name?: string };
  text?: string;
  /** Seconds with six decimals; names the message within its channel. */
  ts?: string;
  thread_ts?: string;
  edited?: { user?: string; ts?: string };
  reactions?: { name: string; users?: string[] }[];
  file?: SlackFile;
  files?: SlackFile[];
  attachments?: SlackAttachment[];
  /** The new name, of `channel_name`. */
  name?: string;
  inviter?: string;
}
