import { endpointsFromEnv } from "express-resilient-pubsub";
import { createApp } from "./app.js";

const { app, pubsub } = createApp(endpointsFromEnv());
const port = process.env.PORT ?? 3000;
const server = app.listen(port, (error) => {
  if (error) throw error; // the port is taken
  console.log(`Listens on http://localhost:${port}`);
});

function stop() {
  server.close();
  void pubsub.close({ drainInMs: 10_000 });
}
process.once("SIGTERM", stop).once("SIGINT", stop);
