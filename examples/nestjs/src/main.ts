import "reflect-metadata";
import { NestFactory } from "@nestjs/core";
import { AppModule } from "./app.module.js";
import { FanOutErrorFilter } from "./fan-out-error.filter.js";
import { PUBSUB } from "./pubsub.module.js";

const app = await NestFactory.create(AppModule);
app.use(app.get(PUBSUB)); // here, so that it stands before Nest's body parsers
app.useGlobalFilters(new FanOutErrorFilter());
app.enableShutdownHooks(); // SIGTERM closes the server, and PubSubModule the plugin
await app.listen(process.env.PORT ?? 3000);
console.log(`Listens on ${await app.getUrl()}`);
