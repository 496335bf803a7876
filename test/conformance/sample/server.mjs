// A chat server as people write it with Microsoft's packages alone, against the service in Azure.
// Nothing in here knows of the emulator; the connection string comes from the environment.
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { WebPubSubEventHandler } from "@azure/web-pubsub-express";
import express from "express";

const hub = "sample_chat";
const service = new WebPubSubServiceClient(process.env.WebPubSubConnectionString, hub);

const handler = new WebPubSubEventHandler(hub, {
  path: "/eventhandler",
  handleConnect(request, response) {
    if (!request.context.userId) return response.fail(401, "Who are you?");
    response.setState("spoken", 0);
    response.success({ groups: ["lobby"] });
  },
  async onConnected({ context }) {
    await service.sendToAll({ type: "system", message: `${context.userId} joined` });
  },
  async handleUserEvent(request, response) {
    const { userId, states } = request.context;
    const spoken = states.spoken + 1;
    await service.group("lobby").sendToAll({ from: userId, message: request.data, spoken });
    response.setState("spoken", spoken);
    response.success(`You have spoken ${spoken} times.`, "text");
  },
  async onDisconnected({ context }) {
    await service.sendToAll({ type: "system", message: `${context.userId} left` });
  },
});

const app = express();
app.use(handler.getMiddleware());
app.get("/negotiate", async (request, response) => {
  const token = await service.getClientAccessToken({ userId: request.query.id });
  response.json({ url: token.url });
});

const server = app.listen(0, "127.0.0.1", () => {
  console.log(`listening on ${server.address().port}`);
});
