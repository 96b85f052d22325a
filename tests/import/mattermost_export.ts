/** A bulk export: https://docs.mattermost.com/onboard/bulk-loading-data-format.html. */
export const MATTERMOST_EXPORT: unknown[] = [
  { type: "version", version: 1, info: { generator: "mattermost-server", version: "9.5.0" } },
  { type: "role", role: { name: "channel_user" } },
  { type: "team", team: { name: "kites", display_name: "Kites", type: "O" } },
  {
    type: "channel",
    channel: {
      team: "kites",
      name: "town-square",
      display_name: "Town Square",
      type: "O",
      header: "",
      purpose: "For everybody",
    },
  },
  {
    type: "channel",
    channel: { team: "kites", name: "left", display_name: "Left by all", type: "P" },
  },
  {
    type: "user",
    user: {
      username: "ann",
      email: "ann@example.com",
      nickname: "Annie",
      first_name: "Ann",
      last_name: "Example",
      position: "Pilot",
      roles: "system_user",
      teams: [{
        name: "kites",
        roles: "team_user",
        channels: [{ name: "town-square", roles: "channel_user channel_admin" }],
      }],
    },
  },
  {
    type: "user",
    user: {
      username: "ben",
      email: "ben@example.com",
      nickname: "",
      first_name: "Ben",
      last_name: "Example",
      teams: [{
        name: "kites",
        roles: "team_user",
        channels: [{ name: "town-square", roles: "channel_user" }],
      }],
    },
  },
  { type: "user", user: { username: "gone", email: "gone@example.com", teams: [] } },
  { type: "bot", bot: { username: "helper", owner: "ann", display_name: "Helper" } },
  // In no order of time: the export goes by ids.
  {
    type: "post",
    post: {
      team: "kites",
      channel: "town-square",
      user: "ben",
      type: "",
      message: "The second one",
      create_at: 1_614_834_500_000,
      is_pinned: true,
      reactions: null,
      replies: null,
    },
  },
  {
    type: "post",
    post: {
      team: "kites",
      channel: "town-square",
      user: "ann",
      type: "",
      message: "Hello @ben and @gone, a **kite** :tada:",
      create_at: 1_614_834_300_000,
      edit_at: 1_614_834_350_000,
      reactions: [
        { user: "ben", create_at: 1_614_834_301_000, emoji_name: "+1_medium_skin_tone" },
        { user: "gone", create_at: 1_614_834_301_000, emoji_name: "our_logo" },
      ],
      replies: [
        {
          user: "gone",
          type: "",
          message: "An answer, between",
          create_at: 1_614_834_400_000,
          reactions: [{ user: "ann", create_at: 1_614_834_401_000, emoji_name: "heart" }],
          attachments: [{ path: "20210304/files/flag.png" }, { path: "missing.png" }],
        },
        { user: "ben", type: "", message: "An answer, after", create_at: 1_614_834_600_000 },
      ],
      attachments: [],
    },
  },
  {
    type: "post",
    post: {
      team: "kites",
      channel: "town-square",
      user: "ben",
      type: "system_join_channel",
      message: "ben joined the channel.",
      create_at: 1_614_834_200_000,
    },
  },
  {
    type: "post",
    post: {
      team: "kites",
      channel: "town-square",
      user: "ann",
      type: "system_header_change",
      message: "ann updated the header",
      create_at: 1_614_834_210_000,
    },
  },
  { type: "direct_channel", direct_channel: { members: ["ann", "ben"], header: "" } },
  { type: "direct_channel", direct_channel: { members: ["ann", "ben", "gone"], header: "" } },
  {
    type: "direct_post",
    direct_post: {
      channel_members: ["ben", "ann"],
      user: "ann",
      message: "In private",
      create_at: 1_614_834_700_000,
      replies: [{ user: "ben", message: "Yes", create_at: 1_614_834_701_000 }],
    },
  },
  {
    type: "direct_post",
    direct_post: {
      channel_members: ["ann", "ben", "gone"],
      user: "gone",
      message: "We three",
      create_at: 1_614_834_800_000,
    },
  },
  // Two at one moment, by one person.
  {
    type: "direct_post",
    direct_post: {
      channel_members: ["ann", "ben", "gone"],
      user: "gone",
      message: "We three again",
      create_at: 1_614_834_800_000,
    },
  },
];
