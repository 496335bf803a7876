import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from "@nestjs/common";
import type { Response } from "express";
import { FanOutError } from "express-resilient-pubsub";

/** No region took a message. */
@Catch(FanOutError)
export class FanOutErrorFilter implements ExceptionFilter<FanOutError> {
  readonly #logger = new Logger(FanOutErrorFilter.name);

  catch(error: FanOutError, host: ArgumentsHost): void {
    this.#logger.error(error);
    const response = host.switchToHttp().getResponse<Response>();
    response.status(503).json({ error: "no region took it" });
  }
}
