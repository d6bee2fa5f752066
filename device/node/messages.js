/* The messages of docs/protocol.md: how they are signed, verified, sealed. No input or output. */

import crypto from 'node:crypto';

const KP_JWT = '1.3.6.1.5.5.7.3.37';
// The extension extKeyUsage, critical, with that one usage, in DER: Node does not say whether an extension is critical.
const CRITICAL_KP_JWT = Buffer.from('0603551d250101ff040c300a06082b06010505070325', 'hex');

export const mac = (key, data) => crypto.createHmac('sha256', key).update(data).digest();
const from64 = (text) => Buffer.from(text, 'base64url');
const to64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

// --- signing (1: a JWS is the Compact Serialization of RFC 7515, and ES256 is R||S)

export function jws(typ, header, message, sign) {
  const text = `${to64({ typ, ...header })}.${to64(message)}`;
  return `${text}.${sign(Buffer.from(text)).toString('base64url')}`;
}
export const hs256 = (key) => (data) => mac(key, data);
export const es256 = (key) => (data) => crypto.sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' });

// --- verifying (3): the device knows how a message has to be signed before it reads the header

export const underKey = (key) => (header, text, signature) =>
  header.alg === 'HS256' && signature.length === 32 &&
  crypto.timingSafeEqual(mac(mac(key, 'provisioning-response v1'), text), signature);

/** `earliest`, `latest`: a signer that ended before, or begins after that time is refused; undefined: no such limit. */
export const byService = (anchors, earliest, latest) => (header, text, signature) => {
  const [der, ...more] = header.x5c;
  const signer = new crypto.X509Certificate(Buffer.from(der, 'base64'));
  return header.alg === 'ES256' && more.length === 0 && signature.length === 64 && isIssued(signer, anchors) &&
    !signer.ca && signer.keyUsage?.join() === KP_JWT && signer.raw.includes(CRITICAL_KP_JWT) &&
    signer.subjectAltName === 'URI:urn:latchkey:answers:v1' && isWithin(signer, earliest, latest) &&
    crypto.verify('sha256', text, { key: signer.publicKey, dsaEncoding: 'ieee-p1363' }, signature);
};

/** The content of a genuine message; undefined for any other, which the device drops. */
export function opened(typ, payload, verifies) {
  try {
    const [head, body, signature, ...more] = payload.toString('latin1').split('.');
    const header = JSON.parse(from64(head));
    if (more.length || header.typ !== typ) return undefined;
    if (Object.keys(header).some((name) => !['typ', 'alg', 'x5c'].includes(name))) return undefined;
    if (!verifies(header, Buffer.from(`${head}.${body}`), from64(signature))) return undefined;
    return JSON.parse(from64(body));
  } catch {
    return undefined; // anybody may have sent it
  }
}

/** 1: a message with a member that is critical and not known is not used. */
export const isUnderstood = (message, known) =>
  message.critical === undefined ||
  (Array.isArray(message.critical) && message.critical.every((name) => known.includes(name)));

// --- certificates

export const certificatesIn = (pem) =>
  pem.match(/-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/g).map((each) => new crypto.X509Certificate(each));
export const isIssued = (certificate, anchors) =>
  anchors.some((anchor) => certificate.checkIssued(anchor) && certificate.verify(anchor.publicKey));
const unixTime = (text) => Date.parse(text) / 1000;
export const endOf = (certificate) => unixTime(certificate.validTo);
export const isWithin = (certificate, earliest, latest) =>
  !(endOf(certificate) < earliest) && !(unixTime(certificate.validFrom) > latest);

/** DER (X.690): tag, length, content. */
function der(tag, ...parts) {
  const content = Buffer.concat(parts);
  const size = content.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

/** A PKCS#10 request (RFC 2986) for this P-256 key, in base64. The service ignores its subject: it has none. */
export function certificateRequest(key) {
  const publicKey = crypto.createPublicKey(key).export({ type: 'spki', format: 'der' });
  const info = der(0x30, Buffer.from('020100', 'hex'), der(0x30), publicKey, der(0xa0));
  const ecdsaWithSha256 = Buffer.from('300a06082a8648ce3d040302', 'hex');
  const signature = der(0x03, Buffer.from([0]), crypto.sign('sha256', info, key));
  return der(0x30, info, ecdsaWithSha256, signature).toString('base64');
}

// --- sealed (3): this device sends no encryption_key, so its secrets are sealed under its key

/** The secrets of a message; {} if they cannot be opened. */
export function unsealed(sealed, key) {
  try {
    const [head, none, iv, text, tag, ...more] = sealed.split('.');
    const { alg, enc, ...others } = JSON.parse(from64(head));
    if (alg !== 'dir' || enc !== 'A256GCM' || Object.keys(others).length || none || more.length) return {};
    const cipher = crypto.createDecipheriv('aes-256-gcm', mac(key, 'provisioning-sealed v1'), from64(iv), { authTagLength: 16 });
    cipher.setAAD(Buffer.from(head)).setAuthTag(from64(tag));
    return JSON.parse(Buffer.concat([cipher.update(from64(text)), cipher.final()]));
  } catch {
    return {};
  }
}
