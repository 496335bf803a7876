import { decodeDownstream, encodeAny, encodeUpstream } from "../support/protobuf.ts";
import { apiVersion, callRest, sendToAll } from "../support/rest.ts";
import { allRoles, type ConnectOptions, createScene } from "../support/scene.ts";
import { SocketClient } from "../support/socket-client.ts";

const scene = createScene();
const protobufProtocol = "protobuf.webpubsub.azure.v1";
const reliableProtobufProtocol = "protobuf.reliable.webpubsub.azure.v1";

type Emulator = Awaited<ReturnType<typeof scene.emulator>>;

const nextOf = async (client: SocketClient) => {
  const { data, isBinary } = await client.next();
  expect(isBinary).toBe(true);
  return decodeDownstream(data);
};

const ask = (client: SocketClient, message: object) => {
  client.send(encodeUpstream(message));
  return nextOf(client);
};

async function connectProtobuf(emulator: Emulator, options: ConnectOptions = {}) {
  const client = await scene.connect(emulator, {
    protocols: [protobufProtocol],
    roles: allRoles,
    ...options,
  });
  const { system_message } = (await nextOf(client)) as {
    system_message: { connected_message: Record<string, string> };
  };
  return { client, connected: system_message.connected_message };
}

describe("a protobuf client", () => {
  test("hears first of all that it is connected", async () => {
    const emulator = await scene.emulator();
    const { client, connected } = await connectProtobuf(emulator, { userId: "ada" });
    expect(client.socket.protocol).toBe(protobufProtocol);
    expect(connected).toEqual({
      connection_id: expect.stringMatching(/^[\w-]{31}$/),
      user_id: "ada",
    });
  });

  test("joins, publishes, leaves, pings and is told of duplicates", async () => {
    const emulator = await scene.emulator();
    const { client } = await connectProtobuf(emulator);
    const json = await scene.connectJson(emulator, { groups: ["g"] });
    const join = { join_group_message: { group: "g", ack_id: 1 } };
    expect(await ask(client, join)).toEqual({ ack_message: { ack_id: 1, success: true } });
    // False is what a proto3 reader takes an absent success for.
    expect(await ask(client, join)).toEqual({
      ack_message: { ack_id: 1, error: { name: "Duplicate", message: expect.any(String) } },
    });
    const send = { group: "g", data: { text_data: "hi" } };
    expect(await ask(client, { send_to_group_message: send })).toEqual({
      data_message: { from: "group", group: "g", data: { text_data: "hi" } },
    });
    expect(await json.nextJson()).toMatchObject({ from: "group", dataType: "text", data: "hi" });
    const silently = { ...send, no_echo: true, ack_id: 2 };
    expect(await ask(client, { send_to_group_message: silently })).toMatchObject({
      ack_message: { ack_id: 2, success: true },
    });
    const leave = { leave_group_message: { group: "g", ack_id: 3 } };
    expect(await ask(client, leave)).toMatchObject({ ack_message: { success: true } });
    expect(await ask(client, { ping_message: {} })).toEqual({ pong_message: {} });
  });

  test.each([
    ["text", "hé", { text_data: "hé" }],
    ["json", { a: 1 }, { json_data: '{"a":1}' }],
    ["binary", "AP8=", { binary_data: Buffer.from([0, 255]) }],
    [
      "protobuf",
      encodeAny("type.example/T", Buffer.from([8, 1])).toString("base64"),
      { protobuf_data: { type_url: "type.example/T", value: Buffer.from([8, 1]) } },
    ],
  ])("gets %s from JSON clients, and the other way round", async (dataType, data, expected) => {
    const emulator = await scene.emulator();
    const { client } = await connectProtobuf(emulator, { groups: ["g"] });
    const json = await scene.connectJson(emulator, { roles: allRoles });
    json.send({ type: "sendToGroup", group: "g", dataType, data });
    expect(await nextOf(client)).toEqual({
      data_message: { from: "group", group: "g", data: expected },
    });
    await json.ask({ type: "joinGroup", group: "g", ackId: 1 });
    client.send(encodeUpstream({ send_to_group_message: { group: "g", data: expected } }));
    expect(await json.nextJson()).toMatchObject({ dataType, data });
  });

  test("raises events, gets the reply before the ack, and invokes", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    appServer.answer = ({ event, bytes, headers }) =>
      event === "user.echo"
        ? { headers: { "Content-Type": String(headers["content-type"]) }, body: bytes }
        : { status: 204 };
    const { client } = await connectProtobuf(emulator);
    const any = { type_url: "type.example/T", value: Buffer.from([8, 1]) };
    const event = { event: "echo", ack_id: 1, data: { protobuf_data: any } };
    expect(await ask(client, { event_message: event })).toEqual({
      data_message: { from: "server", data: { protobuf_data: any } },
    });
    expect(await nextOf(client)).toEqual({ ack_message: { ack_id: 1, success: true } });
    const calls = await appServer.nextEvents(3);
    expect(calls[2]?.headers["content-type"]).toBe("application/x-protobuf");
    const invocation = { event: "echo", invocation_id: "i", data: { text_data: "hi" } };
    expect(await ask(client, { invoke_event_message: invocation })).toEqual({
      invoke_response_message: {
        invocation_id: "i",
        success: true,
        data: { text_data: "hi" },
      },
    });
  });

  test("hears why it is closed", async () => {
    const emulator = await scene.emulator();
    const { client } = await connectProtobuf(emulator);
    await callRest(emulator, {
      method: "POST",
      path: `/api/hubs/chat/:closeConnections?reason=bye&${apiVersion}`,
    });
    expect(await nextOf(client)).toEqual({
      system_message: {
        disconnected_message: { reason: "Application server closed the connection. Reason: bye" },
      },
    });
    expect(await client.closed).toEqual({ code: 1000, reason: "" });
  });

  test.each([
    ["garbage", Buffer.from([255, 255, 255]), 1007],
    ["an empty message", Buffer.alloc(0), 1007],
    // Row 5 of the differences (E).
    ["a text frame", '{"type":"ping"}', 1003],
    ["a blank group", encodeUpstream({ join_group_message: { group: " " } }), 1007],
  ])("is closed after %s", async (_what, frame, code) => {
    const emulator = await scene.emulator();
    const { client } = await connectProtobuf(emulator);
    client.send(frame);
    expect((await client.closed).code).toBe(code);
  });

  test("hears a pong while an app server takes its time", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    const { client } = await connectProtobuf(emulator);
    await appServer.nextEvents(2);
    appServer.answer = () => new Promise(() => {});
    const data = { text_data: "x" };
    client.send(encodeUpstream({ event_message: { event: "e", ack_id: 1, data } }));
    await appServer.events.take();
    expect(await ask(client, { ping_message: {} })).toEqual({ pong_message: {} });
  });
});

test("a reliable protobuf client recovers what it has not acknowledged", async () => {
  const emulator = await scene.emulator();
  const protocols = [reliableProtobufProtocol];
  const { client, connected } = await connectProtobuf(emulator, { protocols });
  for (const text of ["1", "2"]) await sendToAll(emulator, text);
  const message = (sequence_id: number, text_data: string) => ({
    data_message: { from: "server", data: { text_data }, sequence_id },
  });
  expect(await nextOf(client)).toEqual(message(1, "1"));
  expect(await nextOf(client)).toEqual(message(2, "2"));
  client.send(encodeUpstream({ sequence_ack_message: { sequence_id: 1 } }));
  expect(await ask(client, { ping_message: {} })).toEqual({ pong_message: {} });
  client.terminate();
  await client.closed;
  await sendToAll(emulator, "3");

  const url = new URL(`${emulator.endpoint.replace("http", "ws")}/client/hubs/chat`);
  url.searchParams.set("awps_connection_id", String(connected.connection_id));
  url.searchParams.set("awps_reconnection_token", String(connected.reconnection_token));
  const again = new SocketClient(url.href, protocols);
  scene.defer(() => again.terminate());
  expect(await nextOf(again)).toEqual(message(2, "2"));
  expect(await nextOf(again)).toEqual(message(3, "3"));
});
