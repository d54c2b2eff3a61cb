/** What all workers must hear at once, in time if the link is good; the heartbeat makes up for what is missed. */
import { keys } from '@muster/protocol';
import { closeRedis, duplicateRedis, type Logger, type RedisClient } from '@muster/runtime';
import { readControlNotice, type ControlNotice, type TickStore } from '@muster/tick-state';

export class ControlChannel {
  private constructor(private readonly subscriber: RedisClient) {}

  /** Subscribes, on a connection of its own. */
  static async open(
    { redis, prefix }: TickStore,
    log: Logger,
    onNotice: (notice: ControlNotice) => void,
  ): Promise<ControlChannel> {
    const subscriber = duplicateRedis(redis);
    subscriber.on('message', (_channel, message) => {
      try {
        onNotice(readControlNotice(message));
      } catch (error) {
        log.warn({ err: error }, 'unreadable notice on the control channel');
      }
    });
    await subscriber.subscribe(keys.control(prefix));
    return new ControlChannel(subscriber);
  }

  /** Drops the connection and makes another. */
  reconnect(): void {
    this.subscriber.disconnect(true);
  }

  close(): Promise<void> {
    return closeRedis(this.subscriber);
  }
}
