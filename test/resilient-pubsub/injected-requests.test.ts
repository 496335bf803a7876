import inject from "light-my-request";
import { describeInjected, type Send } from "./support/injected-requests.ts";

const byLightMyRequest: Send = async (app, { method, url, headers, body }) => {
  const {
    statusCode,
    headers: answered,
    payload,
  } = await inject(app, {
    method,
    url,
    ...(headers && { headers }),
    ...(body !== undefined && { payload: body }),
  });
  return { status: statusCode, headers: answered, body: payload };
};

describe("injected by light-my-request, as of Fastify,", () => describeInjected(byLightMyRequest));
