import { startEmulator } from "../../../src/emulator/index.ts";
import { AppServer } from "./app-server.ts";
import { SocketClient } from "./socket-client.ts";
import { clientUrl } from "./tokens.ts";

// Run as a process of its own: it must end by itself, since nobody calls process.exit().
async function main(): Promise<void> {
  const appServer = await AppServer.start();
  const emulator = await startEmulator({ hubs: { chat: appServer.hub } });
  const client = new SocketClient(clientUrl(emulator, "chat"));
  await client.opened;
  client.send("hello");
  await appServer.nextEvents(3);
  await emulator.inject({ kind: "blackhole" });
  await emulator.clear();
  await emulator.close();
  await client.closed;
  await appServer.close();
  console.log("closed");
}

void main();
