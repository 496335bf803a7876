import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import serverless from "serverless-http";
import { describeInjected, type Send } from "./support/injected-requests.ts";

const byServerlessHttp: Send = async (app, { method, url, headers = {}, body = "" }) => {
  const { pathname: path, searchParams } = new URL(url, "http://injected");
  const queryStringParameters = Object.fromEntries(searchParams);
  const asked = { httpMethod: method, path, queryStringParameters };
  const event = { ...asked, headers, body, isBase64Encoded: false };
  const context = { requestContext: { identity: { sourceIp: "192.0.2.1" } } };
  const answer = await serverless(app)({ ...event, ...context }, {});
  // biome-ignore lint/suspicious/noExplicitAny: it has no type
  const { statusCode, headers: answered, body: text } = answer as Record<string, any>;
  return { status: statusCode, headers: answered, body: text };
};

/** As adapters do that have the whole body, in one form or another, and no socket to read it from. */
const byReadyBody =
  (bodyOf: (text: string) => unknown): Send =>
  (app, { method, url, headers = {}, body }) =>
    new Promise((resolve) => {
      const socket = Object.assign(new Socket(), { readable: false });
      const req = Object.assign(new IncomingMessage(socket), { method, url, complete: true });
      Object.assign(req.headers, headers);
      if (body !== undefined) Object.assign(req, { body: bodyOf(body) });
      // They can be read as well, but say that they have been.
      req._read = () => {
        if (body !== undefined) req.push(body);
        req.push(null);
      };
      const res = new ServerResponse(req);
      const end = res.end.bind(res);
      let written = "";
      res.write = ((part: unknown) => {
        written += String(part);
        return true;
      }) as typeof res.write;
      res.end = ((part = "") => {
        written += String(part);
        resolve({ status: res.statusCode, headers: res.getHeaders(), body: written });
        return end();
      }) as typeof res.end;
      app(req as never, res as never);
    });

describe.each<[string, Send]>([
  ["by serverless-http", byServerlessHttp],
  ["by an adapter that gives the bytes", byReadyBody((text) => Buffer.from(text))],
  ["by an adapter that gives the text", byReadyBody((text) => text)],
  ["by an adapter that gives what it has parsed", byReadyBody((text) => JSON.parse(text))],
])("injected %s,", (_, send) => describeInjected(send));
