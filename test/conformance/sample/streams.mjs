// Streams to a group with Microsoft's client, as people write them against the service in Azure;
// told only the URLs of two clients, it says what the second one hears of the first.
import { WebPubSubClient } from "@azure/web-pubsub-client";

const [publisher, reader] = process.argv.slice(2).map((url) => new WebPubSubClient(url));
await Promise.all([publisher.start(), reader.start()]);
await reader.joinGroup("g");
const isLastHeard = new Promise((resolve) => {
  reader.onGroupStream(async (stream) => {
    for await (const { data } of stream) {
      console.log(data);
      if (data === "stream 10") resolve();
    }
  });
});
for (let turn = 1; turn <= 10; turn += 1) {
  const stream = await publisher.openGroupStream("g");
  await stream.write(`stream ${turn}`, "text");
  await stream.end();
}
await isLastHeard;
console.log("ended");
process.exit();
