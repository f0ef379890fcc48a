// Reads every stream from its first message as the operator, with a client that knows nothing of Chalkline, and has
// the CloudEvents SDK validate each event. Environment: NATS (host:port), SEED (the operator's nkey seed, a file).
import { readFileSync } from "node:fs";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, nkeyAuthenticator } from "@nats-io/transport-node";
import { CloudEvent } from "cloudevents";

const seed = new TextEncoder().encode(readFileSync(process.env.SEED, "utf8").trim());
const connection = await connect({
  servers: process.env.NATS,
  authenticator: nkeyAuthenticator(seed),
  inboxPrefix: "_INBOX_operator",
});
const manager = await jetstreamManager(connection);
let wrong = 0;
let total = 0;
for (const service of ["DIRECTORY", "GOALS", "OBSERVATIONS", "NOTIFICATIONS"]) {
  const stream = `EV_${service}`;
  const expected = (await manager.streams.info(stream)).state.messages;
  await manager.consumers.add(stream, {
    name: "operator_listen",
    ack_policy: "none",
    deliver_policy: "all",
    inactive_threshold: 30e9,
  });
  const consumer = await jetstream(connection).consumers.get(stream, "operator_listen");
  let read = 0;
  while (read < expected) {
    for await (const message of await consumer.fetch({ max_messages: 500, expires: 2000 })) {
      read += 1;
      try {
        new CloudEvent(message.json(), true);
        if (message.seq !== read) throw new Error(`sequence ${message.seq} where ${read} was expected`);
      } catch (error) {
        wrong += 1;
        console.error(`${stream} ${message.seq}: ${error.message}`);
      }
    }
  }
  await manager.consumers.delete(stream, "operator_listen");
  console.log(`${stream}: ${read} events`);
  total += read;
}
await connection.drain();
console.log(`${total} events read, ${wrong} of them wrong`);
process.exit(wrong || !total ? 1 : 0);
