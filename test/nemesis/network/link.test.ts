import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { closeAfterTest } from "../../support/clean-up.ts";
import { until } from "../../support/until.ts";
import { Link } from "./link.ts";

/** A link to a server that answers each text with itself in capitals, and a connection through it. */
async function startEcho() {
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      heard.push(String(chunk));
      socket.write(String(chunk).toUpperCase());
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closeAfterTest({ close: () => void server.close() });
  const { port } = server.address() as AddressInfo;
  const link = closeAfterTest(await Link.open({ target: () => port }));
  return { link, heard, ...(await dial(link)) };
}

async function dial(link: Link) {
  const socket: Socket = connect(link.port, "127.0.0.1");
  closeAfterTest({ close: () => socket.destroy() });
  const answers: string[] = [];
  socket.on("error", () => {}).on("data", (chunk) => answers.push(String(chunk)));
  // An error is followed by its close.
  await new Promise((resolve) => socket.once("connect", resolve).once("close", resolve));
  return { socket, answers };
}

it("a link passes everything while it is open", async () => {
  const { socket, answers } = await startEcho();
  socket.write("a");
  await until(() => answers.join("") === "A");
});

it("a link that is cut ends its connections and takes no more, until it is open again", async () => {
  const { link, socket } = await startEcho();
  link.set("cut");
  await until(() => socket.closed);
  const { socket: refused } = await dial(link);
  await until(() => refused.closed);
  link.set("open");
  const { socket: again, answers } = await dial(link);
  again.write("b");
  await until(() => answers.join("") === "B");
});

it("a link that holds delivers later, in order, what it was given", async () => {
  const { link, socket, answers, heard } = await startEcho();
  link.set("hold");
  socket.write("a");
  const { socket: second, answers: secondAnswers } = await dial(link);
  second.write("b");
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(heard).toEqual([]);
  link.set("open");
  await until(() => answers.join("") === "A" && secondAnswers.join("") === "B");
});

it("a link that loses answers passes what is asked, and ends such connections when it is open again", async () => {
  const { link, socket, answers, heard } = await startEcho();
  link.set("lose-answers");
  socket.write("a");
  await until(() => heard.join("") === "a");
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(answers).toEqual([]);
  link.set("open");
  await until(() => socket.closed);
});

it("a link that delays passes everything in the end, in order", async () => {
  const { link, socket, answers } = await startEcho();
  link.set("delay");
  socket.write("a");
  await new Promise((resolve) => setTimeout(resolve, 20));
  socket.write("b");
  expect(answers).toEqual([]);
  await until(() => answers.join("") === "AB");
});
