/* One connection to a broker: TLS as docs/protocol.md wants it, and MQTT.js, whose messages wait in a queue. */

import net from 'node:net';
import tls from 'node:tls';
import mqtt from 'mqtt';
import { isIssued, isWithin } from './messages.js';

const LIMIT_S = 10;
const WRONG_DATES = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'];

export const seconds = () => performance.now() / 1000; // nobody sets this clock
export const wait = (delay) => new Promise((done) => setTimeout(done, 1000 * delay));

/** When to repeat a message (7): after 2 s, 4 s ... 120 s, each times a random number of 0.5 to 1. */
export class Repeats {
  due = 0;
  ceiling = 1;
  later(delay) {
    this.ceiling = Math.min(2 * this.ceiling, 120);
    this.due = seconds() + (delay ?? this.ceiling * (0.5 + Math.random() / 2));
  }
}

/** What a broker owes has a deadline: MQTT.js waits for ever. */
async function within(promise, what) {
  let timer;
  const late = new Promise((_, failed) => {
    timer = setTimeout(() => failed(new Error(`no ${what} in time`)), 1000 * LIMIT_S);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function handshake(options) {
  return new Promise((done, failed) => {
    const socket = tls.connect(options, () => done(socket.setTimeout(0)));
    socket.on('error', failed).setTimeout(1000 * LIMIT_S, () => socket.destroy(new Error('no TLS handshake in time')));
  });
}

/** Chain and name of the broker's certificate are always checked; its dates by `time`, which a signed answer told. Without
    one, the dates do not count if `skipsDates` (7): this machine's clock may be wrong. */
async function secured({ host, port, anchors, time, skipsDates, ...login }) {
  const options = { host, port, servername: net.isIP(host) ? '' : host, ca: anchors.map(String), ...login };
  try {
    return await handshake(options);
  } catch (error) {
    if (!WRONG_DATES.includes(error.code) || !(skipsDates || time)) throw error;
    // Node reports one error of a chain, so the others are looked for here: an anchor has to be the issuer itself.
    const socket = await handshake({ ...options, rejectUnauthorized: false });
    const shown = socket.getPeerX509Certificate();
    const isNamed = net.isIP(host) ? shown.checkIP(host) : shown.checkHost(host);
    if (isNamed && isIssued(shown, anchors) && isWithin(shown, time, time)) return socket;
    socket.destroy();
    throw error;
  }
}

export class Link {
  #waiting = [];
  #wake = () => {};
  #ended = null;

  /** Connected and subscribed: nothing may be published before the SUBACK (1). */
  static async open(id, { username, password, will, topics, ...how }) {
    const link = new Link();
    const socket = await secured(how);
    const options = { clientId: id, protocolVersion: 5, clean: true, keepalive: 20, reconnectPeriod: 0, username, password, will };
    link.client = new mqtt.MqttClient(() => socket, options);
    link.client.on('message', (topic, payload) => link.#take({ topic, payload }));
    link.client.on('error', (error) => link.#end(error));
    link.client.on('close', () => link.#end(new Error('the connection is lost')));
    link.client.on('connect', () => link.#take('connected'));
    try {
      if (!(await link.next(LIMIT_S))) throw new Error('no CONNACK in time');
      await link.subscribe(topics);
      return link;
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  async subscribe(topics) {
    const granted = await within(this.client.subscribeAsync(topics, { qos: 1 }), 'SUBACK');
    if (granted.some(({ qos }) => qos > 2)) throw new Error(`the broker refuses a subscription to ${topics.join(' or ')}`);
  }

  /** With QoS 1. The broker's PUBACK says nothing about the service. */
  async publish(topic, payload) {
    await within(this.client.publishAsync(topic, payload, { qos: 1 }), 'PUBACK');
  }

  /** The next message; undefined if there is none for so many seconds. Throws when the connection has ended. */
  async next(limit) {
    if (!this.#waiting.length && !this.#ended)
      await new Promise((done) => {
        const timer = setTimeout(done, 1000 * Math.max(0, Math.min(limit, 3600)));
        this.#wake = () => done(clearTimeout(timer));
      });
    if (this.#ended) throw this.#ended;
    return this.#waiting.shift();
  }

  async close() {
    await Promise.race([this.client.endAsync().catch(() => {}), wait(2)]);
  }

  #take(message) {
    if (this.#waiting.length < 64) this.#waiting.push(message); // others may flood a shared account
    this.#wake();
  }
  #end(error) {
    this.#ended ??= error;
    this.#wake();
  }
}
