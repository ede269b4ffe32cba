// Uses the door as the clients graphql-ws and graphql-sse do; prints one JSON object of what they saw.
import { createClient as createEventClient } from "graphql-sse";
import { createClient as createSocketClient } from "graphql-ws";
import WebSocket from "ws";

const [http, token] = process.argv.slice(2);
const url = http.replace("http", "ws");
const seen = {};

async function collect(client, payload) {
  const heard = [];
  try {
    for await (const result of client.iterate(payload)) heard.push(result);
  } catch (error) {
    heard.push({ thrown: Array.isArray(error) ? error.map((e) => e.extensions.code) : String(error.code ?? error) });
  }
  return heard;
}

const operations = {
  query: { query: "{ me }" },
  mutation: { query: 'mutation { make(draft: {title: "x"}) }' },
  subscription: { query: "subscription ($to: Int!) { count(to: $to) { number } }", variables: { to: 3 } },
  parse: { query: "{" },
  validation: { query: "{ nope }" },
  coercion: { query: "subscription ($to: Int!) { count(to: $to) { number } }", variables: { to: "x" } },
  refused: { query: "subscription { refused { number } }" },
};

const events = [];
const socket = createSocketClient({
  url,
  webSocketImpl: WebSocket,
  lazy: false,
  keepAlive: 50,
  connectionParams: { authorization: `Bearer ${token}` },
  on: {
    opened: () => events.push("opened"),
    connected: () => events.push("connected"),
    pong: () => events.includes("pong") || events.push("pong"),
  },
});
seen.socket = {};
for (const [name, payload] of Object.entries(operations)) seen.socket[name] = await collect(socket, payload);
seen.together = await Promise.all([1, 2, 3, 4, 5].map((to) =>
  collect(socket, { query: `subscription { count(to: ${to}, everyS: 0.01) { number } }` }).then((all) => all.length)));

// One that is stopped in the middle, and the id freed.
const started = socket.iterate({ query: "subscription { count(to: 100000, everyS: 0.01) { number } }" });
seen.stopped = [(await started.next()).value, (await started.return()).done];
await new Promise((done) => setTimeout(done, 120));
await socket.dispose();
seen.events = events;

const strangers = createSocketClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams: { token: "nobody" } });
seen.stranger = await collect(strangers, operations.query);

const stream = createEventClient({ url: http, retryAttempts: 0, headers: { authorization: `Bearer ${token}` } });
seen.stream = {};
for (const [name, payload] of Object.entries(operations)) seen.stream[name] = await collect(stream, payload);
stream.dispose();

console.log(JSON.stringify(seen));
process.exit(0);
