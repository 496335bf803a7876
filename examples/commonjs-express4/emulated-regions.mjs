// Two emulated regions in this process, where the environment names no real ones. `npm start` loads it
// before the app; in production nothing does.
const names = Object.keys(process.env);
if (!names.some((name) => name.includes("WEB_PUBSUB_CONNECTION_STRING__"))) {
  const { startEmulator } = await import("express-resilient-pubsub/emulator");
  const app = `http://127.0.0.1:${process.env.PORT ?? 3000}`;
  const chat = {
    eventHandlers: [
      { urlTemplate: `${app}/api/webpubsub/hubs/{hub}/`, systemEvents: [], userEventPattern: "*" },
    ],
  };
  const start = () => startEmulator({ admin: { port: 0 }, hubs: { chat } });
  const [eastus, westus] = await Promise.all([start(), start()]);
  process.env.WEB_PUBSUB_CONNECTION_STRING__EASTUS__PRIMARY = eastus.connectionString;
  process.env.WEB_PUBSUB_CONNECTION_STRING__WESTUS__SECONDARY = westus.connectionString;
  console.log(`Two emulated regions, eastus and westus. To break eastus, and to heal it:
  curl -X PUT ${eastus.adminEndpoint}/faults -H "Content-Type: application/json" -d "{\\"kind\\":\\"crash\\"}"
  curl -X DELETE ${eastus.adminEndpoint}/faults`);
}
