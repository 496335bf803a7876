import { endpointsFromEnv } from "express-resilient-pubsub";
import { createApp } from "./app.js";

const { app, pubsub } = createApp(endpointsFromEnv());
const server = app.listen(process.env.PORT ?? 3000, (error) => {
  if (error) throw error; // the port is taken
  console.log(`Listens on http://localhost:${server.address().port}`);
});

function stop() {
  server.close();
  void pubsub.close({ drainInMs: 10_000 });
}
process.once("SIGTERM", stop).once("SIGINT", stop);
