// Certificates for tests, made by openssl(1): an authority of our own and what it signs.

import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });

/** A self-signed authority in `folder`: {certificate, key} are paths, ca is its PEM. */
export function makeAuthority(folder, name = 'authority') {
  const certificate = join(folder, `${name}.pem`), key = join(folder, `${name}.key`);
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '90', '-subj', `/CN=titled test ${name}`,
    '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign', '-keyout', key, '-out', certificate);
  return { certificate, key, ca: readFileSync(certificate) };
}

/** A server's certificate for localhost and 127.0.0.1 (or other `names`), its chain behind it. `type`: arguments of `openssl req` for
 *  the key. */
export function makeCertificate(folder, authority, name = 'server', { days = 90, names = 'DNS:localhost,IP:127.0.0.1', type = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'] } = {}) {
  const certificate = join(folder, `${name}.pem`), key = join(folder, `${name}.key`), request = join(folder, `${name}.csr`);
  const extensions = join(folder, `${name}.ext`);
  writeFileSync(extensions, `basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName=${names}\n`);
  openssl('req', '-new', ...type, '-nodes', '-subj', `/CN=localhost/O=${name}`, '-keyout', key, '-out', request);
  const pem = openssl('x509', '-req', '-in', request, '-CA', authority.certificate, '-CAkey', authority.key, '-CAcreateserial', '-days', String(days), '-extfile', extensions);
  writeFileSync(certificate, Buffer.concat([pem, readFileSync(authority.certificate)]));
  chmodSync(key, 0o600);
  return { certificate, key, ca: authority.ca };
}
