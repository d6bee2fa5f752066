#!/usr/bin/env node
/* A Latchkey device for Node.js 18 and newer, with MQTT.js. The section numbers are those of docs/protocol.md.

     npm ci
     node device.js ID --broker mqtts://HOST:PORT --user @bootstrap --password-file F --server-ca F --key-file F --dir DIR

   It proves itself by a symmetric key (--key-file: one base64 line), requests a certificate, connects with it, applies
   configurations, publishes readings and renews the certificate. It may be stopped at any moment: its state is one file. */

import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Link, Repeats, seconds, wait } from './link.js';
import { byService, certificateRequest, certificatesIn, endOf, es256, hs256, isUnderstood, jws, opened, underKey,
  unsealed } from './messages.js';

const text = { type: 'string' };
const { positionals: [ID], values: flags } = parseArgs({ allowPositionals: true, options: { broker: text, user: text,
  'password-file': text, 'server-ca': text, 'key-file': text, group: text, dir: text, once: { type: 'boolean' } } });
const setting = (flag, variable) => flags[flag] ?? process.env[variable] ?? usage(`--${flag} is missing`);
const read = (file) => fs.readFileSync(file, 'utf8').trim();

function usage(why) {
  console.error(`device.js: ${why}; usage: device.js ID --broker URL --user NAME --password-file F --server-ca F --key-file F ` +
    '[--group G] --dir DIR [--once]');
  process.exit(64);
}
if (!ID) usage('the id is missing');
const BROKER = new URL(setting('broker', 'LATCHKEY_BOOTSTRAP_URL'));
const LOGIN = { username: setting('user', 'LATCHKEY_BOOTSTRAP_USER'),
  password: read(setting('password-file', 'LATCHKEY_BOOTSTRAP_PASSWORD_FILE')) };
const ANCHORS = certificatesIn(read(setting('server-ca', 'LATCHKEY_SERVER_CA_FILE')));
const KEY_LINE = read(setting('key-file'));
const KEY = Buffer.from(KEY_LINE, 'base64');
if (!/^[\w+/-]+=*$/.test(KEY_LINE) || /^[0-9a-f]+$/i.test(KEY_LINE) || KEY.length < 32 || KEY.length > 64)
  usage('the key has to be one base64 line of 32 to 64 bytes'); // hexadecimal digits would be another key
const STATE = path.join(setting('dir'), 'state.json');
const REQUESTS = `provisioning/v1/${ID}/request`;
const RESPONSES = `provisioning/v1/${ID}/response`;

const say = (step, members) => console.log(JSON.stringify({ step, ...members }));
const complain = (error) => console.error(`device.js: ${error.message}`);

// --- what the device remembers: one file, replaced whole, so each step is durable before the next begins

fs.mkdirSync(path.dirname(STATE), { recursive: true, mode: 0o700 });
const state = fs.existsSync(STATE) ? JSON.parse(read(STATE)) : { credentials: [], config: { version: 0 } };

function save() {
  const sync = (name) => {
    const file = fs.openSync(name);
    fs.fsyncSync(file);
    fs.closeSync(file);
  };
  fs.writeFileSync(`${STATE}.new`, JSON.stringify(state), { mode: 0o600 });
  sync(`${STATE}.new`);
  fs.renameSync(`${STATE}.new`, STATE);
  sync(path.dirname(STATE));
}

// --- the time (7): the greatest server_time and what passed since it was heard; undefined before a signed answer came

let heard;
const time = () => (heard === undefined ? undefined : state.serverTime + seconds() - heard);

function learn(serverTime) {
  if (serverTime <= (time() ?? state.serverTime ?? 0)) return;
  state.serverTime = serverTime;
  heard = seconds();
  save();
}

// --- requests and answers (2, 3)

const REQUEST = 'provisioning-request+jws';
const group = flags.group && { kid: flags.group };
const byKey = (typ, message) => jws(typ, { alg: 'HS256', ...group }, message, hs256(KEY));
const leafOf = (credential) => certificatesIn(credential.chain)[0];
const anchorsOf = ({ ca }) => ca?.map((der) => new crypto.X509Certificate(Buffer.from(der, 'base64'))) ?? ANCHORS;
const verifier = (isByService, anchors) =>
  isByService ? byService(anchors, time() ?? state.serverTime, time()) : underKey(KEY);

function newRequest() {
  const { privateKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  state.request = { id: crypto.randomBytes(16).toString('base64url'), key: privateKey.export({ type: 'pkcs8', format: 'pem' }) };
  save();
}

let rejections = 0; // final ones in a row
let notBefore = 0;

/** The open request on one connection; `credential`: the one to be renewed, whose certificate is then the proof. */
class Exchange {
  repeats = new Repeats();

  constructor(link, credential) {
    Object.assign(this, { link, credential });
    if (!state.request) newRequest();
    this.repeats.due = notBefore;
  }

  send() {
    const { id, key } = state.request;
    const request = { request_id: id, device_id: ID, credential: { type: 'x509', csr: certificateRequest(key) },
      attributes: { model: 'example' }, ...(this.nonce ? { nonce: this.nonce } : { issued_at: Math.floor(Date.now() / 1000) }) };
    const message = this.credential ? jws(REQUEST, { alg: 'ES256', 'x5t#S256': fingerprint(leafOf(this.credential)) }, request,
      es256(this.credential.key)) : byKey(REQUEST, request);
    this.hadNonce = Boolean(this.nonce);
    this.nonce = undefined;
    this.link.publish(REQUESTS, message).catch(complain);
    this.repeats.later();
  }

  /** True when a new credential is stored. */
  on(payload) {
    const isSigned = payload[0] === 0x65; // e, as every JWS begins
    const anchors = this.credential ? anchorsOf(this.credential.connections[0]) : ANCHORS;
    const answer = isSigned ? opened('provisioning-response+jws', payload, verifier(this.credential, anchors)) : plain(payload);
    if (!answer || answer.device_id !== ID || answer.request_id !== state.request.id) return false;
    if (!isSigned && !['rejected', 'retry'].includes(answer.status)) return false; // anybody can write the others too
    say('answer', { status: answer.status, code: answer.code });
    if (isSigned) learn(answer.server_time);
    const status = isUnderstood(answer, ANSWER) ? answer.status : 'retry';
    if (status === 'accepted' && this.keep(answer)) return true;
    if (status === 'challenge' && !this.hadNonce) {
      this.nonce = answer.nonce;
      this.repeats.due = 0;
      return false;
    }
    const delay = answer.retry_after_s;
    if (isSigned && status === 'rejected' && delay === undefined) this.repeats.later(this.after(answer.code));
    else this.repeats.later(delay && (isSigned ? Math.min(delay, 7 * 86400) : Math.min(Math.max(delay, 2), 3600)));
    return false;
  }

  /** 7: this request_id is finished. The first conflict is cured by another one; other rejections need an operator. */
  after(code) {
    newRequest();
    if (code === 'conflict' && !this.hadConflict) return (this.hadConflict = true) && 0;
    const delay = Math.min(60 * 2 ** Math.min(rejections++, 16), 86400);
    notBefore = seconds() + delay;
    return delay;
  }

  /** Stores it beside the older one. False if it is not for the key of the request. */
  keep({ generation, credential, connection, request_id: request }) {
    const chain = credential.chain.map((der) => new crypto.X509Certificate(Buffer.from(der, 'base64')));
    if (!chain[0].checkPrivateKey(crypto.createPrivateKey(state.request.key))) return false;
    const added = { generation, request, key: state.request.key, chain: chain.join(''), connections: [connection],
      renewAfter: credential.renew_after, isByService: Boolean(this.credential) };
    state.credentials = [added, ...state.credentials.filter((other) => other.generation !== generation)];
    save();
    rejections = notBefore = 0;
    return true;
  }
}

const ANSWER = ['request_id', 'device_id', 'status', 'server_time', 'code', 'retry_after_s', 'nonce', 'generation', 'credential',
  'connection', 'tracking_id', 'message', 'config_version', 'config', 'sealed'];
const CONFIGURATION = ['device_id', 'session', 'state', 'config_version', 'confirmed', 'config', 'sealed', 'connection'];
const fingerprint = (certificate) => crypto.createHash('sha256').update(certificate.raw).digest('base64url');

function plain(payload) {
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}

/** On the bootstrap connection, until a credential is stored or the time is over. */
async function enrol(limit) {
  const link = await Link.open(ID, { host: BROKER.hostname, port: Number(BROKER.port || 8883), anchors: ANCHORS, time: time(),
    skipsDates: true, ...LOGIN, topics: [RESPONSES] });
  try {
    const exchange = new Exchange(link);
    for (const end = seconds() + limit; seconds() < end;) {
      const message = await link.next(Math.min(exchange.repeats.due, end) - seconds());
      if (message ? exchange.on(message.payload) : exchange.repeats.due <= seconds() && exchange.send()) return;
    }
  } finally {
    await link.close();
  }
}

// --- the operational connection (5, 6)

/** 6: the told connection is this one, perhaps with other rights. Without `ca` the device keeps its anchors. */
const isSame = (known, told) => ['host', 'port', 'tls', 'topics'].every((name) => known[name] === told[name]) &&
  (told.ca === undefined || String(known.ca) === String(told.ca));
/** 6: the service has not heard `ready` for this version, so the message is no answer to it. */
const asksForReady = (message) => ['config', 'sealed', 'connection'].some((name) => name in message);
/** A topic of a filter: each wildcard becomes the level `reading`. */
const topicOf = (filter) => filter?.replace(/(?<=^|\/)[+#](?=\/|$)/g, 'reading');

let stop = async () => {};
/** 5: the last session in which `connected` was said. In memory only: after a power cut it is left out. */
let lastSession;

/** One session with one credential at one of its connections. Runs until the connection is lost or something newer is
    stored; false if the service never answered. */
async function operate(credential, where) {
  const session = crypto.randomBytes(9).toString('base64url');
  const statuses = `${where.topics}/status`;
  const goodbye = JSON.stringify({ status: 'disconnected', session });
  const link = await Link.open(ID, { host: where.host, port: where.port, anchors: anchorsOf(where), time: time(),
    cert: credential.chain, key: credential.key, will: { topic: statuses, payload: goodbye, qos: 1 },
    topics: [`${where.topics}/config`, RESPONSES] });
  const repeats = new Repeats();
  const subscribed = new Set();
  let confirmed = 0, status, deadline = seconds() + 60, worked = false, exchange, nextReading = Infinity, readings = 0;

  /** Repeated until a configuration answers it. */
  function tell(members) {
    status = { ...members, session };
    const proved = { ...status, device_id: ID, connection: { host: where.host, port: where.port } };
    const isSigned = status.status === 'connected' && confirmed < credential.generation;
    const message = !isSigned ? JSON.stringify(status) : byKey('provisioning-status+jws', proved);
    link.publish(statuses, message).catch(complain);
    repeats.later();
  }
  async function leave() {
    await Promise.race([link.publish(statuses, goodbye).catch(complain), wait(2)]);
  }
  stop = leave;

  /** What this message changes is durable before it is acted upon. True: another connection is to be tried. */
  function keep(message) {
    confirmed = message.confirmed ?? 0;
    if (state.request?.id === credential.request) delete state.request;
    if (confirmed >= credential.generation)
      state.credentials = state.credentials.filter(({ generation }) => generation >= credential.generation);
    const config = message.config ?? (message.sealed && unsealed(message.sealed, KEY).config);
    if (config && message.config_version > state.config.version) state.config = { version: message.config_version, config };
    if (credential.connections[0] === where) credential.connections = [where]; // it works, so the one before goes
    const known = credential.connections.find((each) => message.connection && isSame(each, message.connection));
    if (known) Object.assign(known, { publish: [], subscribe: [] }, message.connection); // its rights may be others
    const moves = message.connection && !known;
    if (moves) credential.connections = [message.connection, where];
    save();
    return moves;
  }

  async function onReady() {
    if (status) say('ready', { config_version: state.config.version });
    status = undefined;
    nextReading = Math.min(nextReading, seconds());
    // 6: the broker knows the rights by now, because the configuration has come.
    for (const filter of where.subscribe ?? [])
      if (!subscribed.has(filter)) await link.subscribe([filter]).then(() => subscribed.add(filter), complain);
  }

  async function report() {
    const topic = topicOf(where.publish?.[0]);
    const interval = state.config.config?.report_interval_s;
    const reports = topic && Number.isInteger(interval) && interval >= 1 && interval <= 86400;
    nextReading = seconds() + (reports ? interval : 60);
    if (!reports) return;
    const reading = { number: ++readings, load: Number(os.loadavg()[0].toFixed(2)) };
    await link.publish(topic, JSON.stringify(reading)).then(() => say('reading', { topic }), complain);
  }

  async function onConfiguration(payload) {
    const message = opened('provisioning-config+jws', payload, verifier(credential.isByService, anchorsOf(where)));
    if (message?.device_id !== ID || message.session !== session || !isUnderstood(message, CONFIGURATION)) return false;
    if (message.config_version < state.config.version) return false;
    worked = true;
    if (!asksForReady(message) || status?.config_version !== message.config_version) deadline = seconds() + 60;
    if (keep(message)) return true;
    const version = state.config.version;
    if (version < message.config_version) tell({ status: 'failed', code: 'config_missing' });
    // Apply state.config.config here. If that fails: tell({ status: 'failed', code, message }).
    else if (message.state === 'ready' && !asksForReady(message)) await onReady();
    else if (status?.config_version !== version) tell({ status: 'ready', config_version: version });
    return false;
  }

  try {
    say('connected', { generation: credential.generation, session });
    tell({ status: 'connected', generation: credential.generation, previous: lastSession });
    lastSession = session;
    while (status === undefined || seconds() < deadline) {
      const due = [nextReading, status && repeats.due, exchange?.repeats.due, seconds() + 5].filter((each) => each !== undefined);
      const message = await link.next(Math.min(...due) - seconds());
      if (message?.topic === `${where.topics}/config` && (await onConfiguration(message.payload))) return true;
      else if (message?.topic === RESPONSES && exchange?.on(message.payload)) return true;
      else if (message && !message.topic.startsWith(`${where.topics}/`) && message.topic !== RESPONSES)
        say('received', { topic: message.topic, payload: message.payload.toString() });
      if (status && repeats.due <= seconds()) tell(status);
      if (nextReading <= seconds()) {
        await report();
        if (flags.once) return await leave(), process.exit(0);
      }
      if (worked && !exchange && (time() ?? Date.now() / 1000) >= credential.renewAfter) {
        say('renewing', { generation: credential.generation });
        exchange = new Exchange(link, credential);
      }
      if (exchange && exchange.repeats.due <= seconds()) exchange.send();
    }
  } catch (error) {
    complain(error);
  } finally {
    if (worked) await leave();
    await link.close();
  }
  return worked;
}

// --- the life of the device (7): the newest credential that works, else the one before, else a new request

/** A broker may be away for a moment: so long it is tried again. False: it did not work. */
async function tryFor(limit, attempt) {
  const pause = new Repeats();
  for (const end = seconds() + limit; seconds() < end; await wait(pause.due - seconds())) {
    if (await attempt().catch(complain)) return true;
    pause.later();
  }
  return false;
}

async function live() {
  for (const credential of state.credentials) {
    if (endOf(leafOf(credential)) < (time() ?? Date.now() / 1000)) continue;
    for (const where of [...credential.connections])
      if (await tryFor(60, () => operate(credential, where))) return true;
  }
  await enrol(state.credentials.length ? 60 : Infinity);
  return true;
}

for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => stop().then(() => process.exit(0)));
for (let pause = new Repeats();;) {
  const worked = await live().catch(complain);
  if (worked) pause = new Repeats();
  pause.later();
  await wait(pause.due - seconds());
}
