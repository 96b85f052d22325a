import { dirname, join } from "node:path";

/** An export as Slack writes it: https://slack.com/help/articles/220556107. */
export const SLACK_EXPORT: Record<string, unknown> = {
  "users.json": [
    {
      id: "U1ANN",
      team_id: "T1",
      name: "ann.example",
      deleted: false,
      real_name: "Ann Example",
      profile: {
        title: "Kites",
        real_name: "Ann Example",
        display_name: "Ann",
        email: "ann@example.com",
        image_192: "https://secure.gravatar.com/avatar/0?d=https",
      },
      is_bot: false,
    },
    {
      id: "U2BEN",
      team_id: "T1",
      name: "ben",
      deleted: true,
      profile: { real_name: "Ben Example", display_name: "" },
      is_bot: false,
    },
    {
      id: "U3BOT",
      team_id: "T1",
      name: "deploybot",
      profile: { real_name: "Deploy", display_name: "", bot_id: "B3BOT" },
      is_bot: true,
    },
    { id: "U4CEM", team_id: "T1", name: "cem", profile: { real_name: "Cem", display_name: "" } },
    { id: "USLACKBOT", team_id: "T1", name: "slackbot", profile: { real_name: "Slackbot" } },
  ],
  "channels.json": [
    {
      id: "C1GENERAL",
      name: "general",
      created: 1_614_834_000,
      creator: "U1ANN",
      is_archived: false,
      is_general: true,
      members: ["U1ANN", "U3BOT", "U4CEM"],
      topic: { value: "", creator: "", last_set: 0 },
      purpose: { value: "Everything &amp; more", creator: "U1ANN", last_set: 1_614_834_000 },
      pins: [{ id: "1614834400.000300", type: "C", created: 1_614_834_500, user: "U4CEM" }],
    },
    {
      id: "C2OLD",
      name: "old-project",
      created: 1_614_834_000,
      creator: "U2BEN",
      is_archived: true,
      members: [],
      topic: { value: "over", creator: "", last_set: 0 },
      purpose: { value: "", creator: "", last_set: 0 },
    },
    // Without messages, it has no folder.
    {
      id: "C3QUIET",
      name: "quiet",
      created: 1_614_834_000,
      creator: "U1ANN",
      is_archived: false,
      members: ["U1ANN"],
      topic: { value: "" },
      purpose: { value: "" },
    },
  ],
  "groups.json": [],
  "mpims.json": [{
    id: "G1MPIM",
    name: "mpdm-ann.example--ben--cem-1",
    created: 1_614_834_000,
    creator: "U1ANN",
    members: ["U1ANN", "U2BEN", "U4CEM"],
    topic: { value: "" },
    purpose: { value: "Group messaging" },
  }],
  "dms.json": [
    { id: "D1ANNBEN", created: 1_614_834_000, members: ["U1ANN", "U2BEN"] },
    { id: "D2SELF", created: 1_614_834_000, members: ["U4CEM", "U4CEM"] },
  ],
  "general/2021-03-04.json": [
    {
      type: "message",
      subtype: "channel_join",
      user: "U4CEM",
      inviter: "U1ANN",
      text: "<@U4CEM> has joined the channel",
      ts: "1614834200.000100",
    },
    {
      client_msg_id: "7c0f2d6a",
      type: "message",
      text:
        "Hello <@U4CEM> &amp; <@U2BEN|ben>, see <https://example.com/a?b=1&amp;c=2|the page> in " +
        "<#C2OLD|old-project> *today* ~never~ `a *b* <!channel>` :wave::skin-tone-3: 1 &lt; 2",
      user: "U1ANN",
      ts: "1614834300.000200",
      team: "T1",
      thread_ts: "1614834300.000200",
      reply_count: 2,
      reply_users: ["U2BEN"],
      edited: { user: "U1ANN", ts: "1614834350.000000" },
      reactions: [
        { name: "+1", users: ["U4CEM", "U2BEN"], count: 2 },
        { name: "thumbsup", users: ["U1ANN"], count: 1 },
        { name: "partyparrot", users: ["U4CEM"], count: 1 },
        { name: "flag-de", users: ["U9GONE"], count: 1 },
      ],
      blocks: [{ type: "rich_text" }],
    },
    {
      type: "message",
      text: "In the thread",
      user: "U2BEN",
      ts: "1614834310.000100",
      thread_ts: "1614834300.000200",
      parent_user_id: "U1ANN",
    },
    {
      type: "message",
      subtype: "bot_message",
      text: "",
      bot_id: "B3BOT",
      username: "Deploy",
      ts: "1614834400.000300",
      attachments: [{
        fallback: "Deployed",
        title: "Build 7",
        title_link: "https://ci.example.com/7",
      }],
    },
    {
      type: "message",
      subtype: "bot_message",
      text: "from a hook",
      bot_id: "B9HOOK",
      username: "Weather",
      ts: "1614834401.000000",
    },
    {
      type: "message",
      subtype: "tombstone",
      text: "This message was deleted.",
      user: "USLACKBOT",
      ts: "1614834402.000000",
      hidden: true,
    },
    {
      type: "message",
      subtype: "channel_topic",
      user: "U1ANN",
      text: "…",
      ts: "1614834403.000000",
    },
    {
      type: "message",
      subtype: "channel_name",
      user: "U1ANN",
      name: "general",
      old_name: "all",
      text: "…",
      ts: "1614834404.000000",
    },
  ],
  "general/2021-03-05.json": [
    {
      type: "message",
      text: "",
      files: [
        {
          id: "F1",
          name: "flag.png",
          mode: "hosted",
          url_private: "https://files.slack.com/files-pri/T1-F1/flag.png?t=xoxe-1",
        },
        { id: "F2", mode: "tombstone" },
        {
          id: "F4",
          name: "old.png",
          mode: "hidden_by_limit",
          url_private: "https://files.slack.com/files-pri/T1-F4/old.png",
        },
        {
          id: "F3",
          name: "sheet",
          is_external: true,
          mode: "external",
          url_private: "https://docs.example.com/sheet",
        },
      ],
      upload: false,
      user: "U1ANN",
      ts: "1614920000.000100",
    },
    {
      type: "message",
      subtype: "thread_broadcast",
      text: "Also for everybody",
      user: "U5GUEST",
      user_profile: { real_name: "Guest Example", display_name: "", name: "guest" },
      ts: "1614920001.000000",
      thread_ts: "1614834300.000200",
    },
    {
      type: "message",
      text: "of a root that is missing",
      user: "U1ANN",
      ts: "1614920002.000000",
      thread_ts: "1600000000.000000",
    },
    {
      type: "message",
      subtype: "me_message",
      text: "waves",
      user: "U4CEM",
      ts: "1614920003.000000",
    },
  ],
  "old-project/2021-03-04.json": [
    { type: "message", text: "It is done", user: "U2BEN", ts: "1614834300.000000" },
  ],
  "mpdm-ann.example--ben--cem-1/2021-03-04.json": [
    { type: "message", text: "Just us three", user: "U4CEM", ts: "1614834300.000000" },
  ],
  "D1ANNBEN/2021-03-04.json": [
    { type: "message", text: "Hi", user: "U1ANN", ts: "1614834300.000000" },
    { type: "message", text: "Hi, Ann", user: "U2BEN", ts: "1614834301.000000" },
  ],
  "D2SELF/2021-03-04.json": [
    { type: "message", text: "note to myself", user: "U4CEM", ts: "1614834300.000000" },
  ],
};

export async function writeSlackExport(folder: string, picture: Uint8Array): Promise<void> {
  for (const [path, content] of Object.entries(SLACK_EXPORT)) {
    await Deno.mkdir(join(folder, dirname(path)), { recursive: true });
    await Deno.writeTextFile(join(folder, path), JSON.stringify(content));
  }
  await Deno.mkdir(join(folder, "__uploads", "F1"), { recursive: true });
  await Deno.writeFile(join(folder, "__uploads", "F1", "flag.png"), picture);
}
