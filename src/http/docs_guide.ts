/** The head of `/docs`: everything a developer needs before the first call. */
export const GUIDE = `<header class="guide">
  <h1>RealTimeChat API</h1>
  <p>
    REST below, live events on sockets, one library for both. The documents:
    <a href="/api/openapi.json">OpenAPI</a> for REST, <a href="/api/asyncapi.json">AsyncAPI</a> for
    the sockets. Common generators make clients of them.
  </p>
  <section>
    <h2>1. Sign in</h2>
    <p>
      Register, or sign in with <code>POST /api/auth/login</code>. Send the <code>accessToken</code>
      with every call; on this page, paste it under <b>Authorize</b>. It lives for
      <code>expiresIn</code> seconds: then <code>POST /api/auth/refresh-token</code> exchanges the
      <code>refreshToken</code>, which works once, for a new pair.
    </p>
    <pre><code>curl $SERVER/api/auth/register -H "Content-Type: application/json" \\
  -d '{"username": "ann", "email": "ann@example.org",
       "password": "a long password"}'

curl $SERVER/api/chats -H "Authorization: Bearer $ACCESS_TOKEN"</code></pre>
  </section>
  <section>
    <h2>2. Receive events</h2>
    <p>
      The first frame on <code>/ws</code> is <code>hello</code>; after its reply, events come without
      being asked for, one in a frame or several as an array. The same commands and events are on
      Socket.IO: <code>io(url, { auth: { token } })</code>.
    </p>
    <pre><code>const socket = new WebSocket("ws://localhost:5000/ws", "realtimechat.v1");
socket.onopen = () =&gt;
  socket.send(JSON.stringify({ id: 1, cmd: "hello", data: { token } }));
socket.onmessage = ({ data }) =&gt; {
  for (const frame of [JSON.parse(data)].flat()) console.log(frame);
};</code></pre>
  </section>
  <section>
    <h2>3. Or use the library</h2>
    <p>
      The client library keeps one socket, catches up after a pause, sends what was written offline,
      and encrypts. <code>deno task build:client</code> writes it as an npm package.
    </p>
    <pre><code>import { ChatClient } from "realtimechat-client";

const client = new ChatClient({ url: "http://localhost:5000" });
await client.signIn({ identifier: "ann", password: "a long password" });
client.on("message.created", ({ data }) =&gt; console.log(data.text));
client.connect();</code></pre>
  </section>
  <section>
    <h2>Good to know</h2>
    <ul>
      <li>An error is <code>application/problem+json</code> with a stable <code>code</code>, and a
        <code>detail</code> that may be shown to people.</li>
      <li>A <code>clientId</code> makes sending a message safe to repeat.</li>
      <li>A list has <code>items</code> and <code>next</code>: give <code>next</code> as
        <code>cursor</code> for the page after it.</li>
      <li>After <code>429</code>, wait for the seconds in <code>Retry-After</code>.</li>
    </ul>
  </section>
</header>
`;

/** Light or dark like the system, with the colors of Swagger UI's dark mode. */
export const GUIDE_STYLE = `:root {
  color-scheme: light dark;
  --page: #fff;
  --text: #24292f;
  --quiet: #57606a;
  --code: #f3f5f8;
  --line: #d9dee5;
  --link: #0b5cad;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #1c2022;
    --text: #e4e6e6;
    --quiet: #b5bcc0;
    --code: #2a2f32;
    --line: #3c4448;
    --link: #7ab8ff;
  }
}
body { margin: 0; background: var(--page); }
.guide {
  max-width: 1420px;
  margin: 0 auto;
  padding: 32px 20px 8px;
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 520px), 1fr));
  gap: 8px 40px;
  box-sizing: border-box;
  color: var(--text);
  font: 15px/1.55 system-ui, sans-serif;
}
.guide h1, .guide > p { grid-column: 1 / -1; margin: 0; }
.guide h1 { font-size: 30px; line-height: 1.2; }
.guide h2 { font-size: 18px; margin: 20px 0 4px; }
.guide p, .guide ul { margin: 0 0 8px; max-width: 72ch; }
.guide section { min-width: 0; }
.guide ul { padding-left: 20px; }
.guide a { color: var(--link); }
.guide code { font: 13px/1.5 ui-monospace, monospace; background: var(--code); padding: 1px 4px; border-radius: 4px; }
.guide pre { margin: 0; padding: 12px 14px; overflow-x: auto; background: var(--code); border: 1px solid var(--line); border-radius: 8px; }
.guide pre code { padding: 0; background: none; }
.swagger-ui .info { margin: 24px 0; }
.swagger-ui .info .title, .swagger-ui .info .main > a { display: none; }
`;
