// A plugin in a process in which sinon has faked timers, but those that are named.
import { type FakeMethod, install } from "@sinonjs/fake-timers";
import { resilientPubSub } from "express-resilient-pubsub";
import { startEmulator } from "express-resilient-pubsub/emulator";

async function main(): Promise<void> {
  const { connectionString } = await startEmulator();
  const toNotFake = (process.argv[2] ?? "").split(",").filter(Boolean) as FakeMethod[];
  const clock = install({ toNotFake });
  const pubsub = resilientPubSub({
    hub: "chat",
    endpoints: [{ name: "east", role: "primary", connectionString }],
    negotiate: { allowAnonymous: true },
  });
  const outcome = await pubsub.ready().then(
    () => "ready",
    (error) => String(error.code),
  );
  await pubsub.close();
  clock.uninstall();
  console.log(`${outcome}\nclosed`);
  process.exit();
}

void main();
