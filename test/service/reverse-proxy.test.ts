import { resilientPubSub } from "express-resilient-pubsub";
import { closeAfterTest } from "../support/clean-up.ts";
import { serve } from "../support/serve.ts";

it("calls and health checks go through the reverse proxy, signed for the instance itself", async () => {
  const requests: { method?: string; url?: string; audience?: string }[] = [];
  const proxy = await serve(({ method = "", url = "", headers }, res) => {
    const payload = headers.authorization?.split(".")[1];
    const audience = payload && JSON.parse(Buffer.from(payload, "base64url").toString()).aud;
    requests.push({ method, url, audience });
    res.statusCode = method === "HEAD" ? 200 : 202;
    res.end();
  });
  closeAfterTest(proxy);
  const pubsub = closeAfterTest(
    resilientPubSub({
      hub: "chat",
      endpoints: [
        {
          name: "eastus",
          role: "primary",
          connectionString: "Endpoint=https://east.example;AccessKey=k",
          reverseProxyEndpoint: proxy.url,
        },
      ],
      negotiate: { allowAnonymous: true },
    }),
  );
  await pubsub.broadcast("hi", { excludedConnections: ["a b"] });
  const path = "/api/hubs/chat/:send?api-version=2024-12-01&excluded=a%20b";
  expect(requests).toContainEqual({
    method: "HEAD",
    url: "/api/health?api-version=2024-12-01",
    audience: undefined,
  });
  expect(requests).toContainEqual({
    method: "POST",
    url: path,
    audience: `https://east.example${path}`,
  });
});
