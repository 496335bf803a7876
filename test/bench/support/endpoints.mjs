/** Options of the plugin for services at these URLs: the first is the primary. */
export const endpointsAt = (urls) =>
  urls.map((url, index) => ({
    name: `endpoint-${index}`,
    role: index === 0 ? "primary" : "secondary",
    connectionString: `Endpoint=${url};AccessKey=${"k".repeat(44)};Version=1.0;`,
  }));
